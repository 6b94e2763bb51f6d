#include "tiering/known_code.h"

#include <map>
#include <mutex>
#include <shared_mutex>

namespace ermine::tiering {

namespace {

// Only code that runs is certain to exist: so its end is known without looking at it.
struct Known {
  const uint8_t *end, *data_end;
  const MachineCode* code;
};
struct KnownCodes {
  std::shared_mutex mutex;
  std::map<const uint8_t*, Known> by_begin;
};
// Never destroyed: threads may run code while the program ends.
KnownCodes& known_codes() {
  static auto* const codes = new KnownCodes;
  return *codes;
}

// Of the frames of inlined functions, from this one to those around it. The code has checked that they fit. Returns the
// context of the innermost one; `ctx` is that of the function around all.
runtime::InstanceContext* store_headers(const MachineCode& code, const MachineCode::Inlined* inlined, runtime::Slot* fp,
                                        runtime::InstanceContext* ctx) {
  if (inlined == nullptr) return ctx;
  runtime::InstanceContext* const callers = store_headers(code, code.inlined_at(inlined->caller), fp, ctx);
  runtime::Slot* const header = fp + inlined->frame + inlined->code->param_slots;
  header[runtime::kHeaderCallerPc] = reinterpret_cast<runtime::Slot>(inlined->call);
  header[runtime::kHeaderCallerCtx] = reinterpret_cast<runtime::Slot>(callers);
  return inlined->func != nullptr ? callers->func_refs[inlined->import]->ctx : callers;
}

// What lies at the address or in front of it. The lock is held.
const Known* find_known(const KnownCodes& codes, const uint8_t* address) {
  auto it = codes.by_begin.upper_bound(address);
  return it != codes.by_begin.begin() ? &std::prev(it)->second : nullptr;
}

}  // namespace

void remember_code(const MachineCode& code) {
  KnownCodes& codes = known_codes();
  std::lock_guard lock(codes.mutex);
  codes.by_begin.emplace(code.code, Known{code.code + code.code_size, code.code + code.total_size, &code});
}

void forget_code(const uint8_t* begin) {
  KnownCodes& codes = known_codes();
  std::lock_guard lock(codes.mutex);
  codes.by_begin.erase(begin);
}

bool find_state(const platform::FaultContext& fault, runtime::Slot** fp, runtime::InstanceContext** ctx) {
  const auto* const pc = reinterpret_cast<const uint8_t*>(fault.pc());
  KnownCodes& codes = known_codes();
  std::shared_lock lock(codes.mutex);
  const Known* const known = find_known(codes, pc);
  if (known == nullptr || pc >= known->end) return false;
  const MachineCode& code = *known->code;
  if (code.state.register_number == MachineCode::State::kInRegisters) return false;
  const auto* const at = reinterpret_cast<const uint64_t*>(fault.reg(code.state.register_number) +
                                                           static_cast<uintptr_t>(int64_t{code.state.offset}));
  *fp = reinterpret_cast<runtime::Slot*>(at[0]);
  *ctx = reinterpret_cast<runtime::InstanceContext*>(at[1]);
  if (const MachineCode::Inlined* const inlined = code.inlined_at(code.position_of(pc))) {
    *ctx = store_headers(code, inlined, *fp, *ctx);
    *fp += inlined->frame;
  }
  return true;
}

const MachineCode* find_code(const void* address) {
  const auto* const p = static_cast<const uint8_t*>(address);
  KnownCodes& codes = known_codes();
  std::shared_lock lock(codes.mutex);
  const Known* const known = find_known(codes, p);
  return known != nullptr && p < known->data_end ? known->code : nullptr;
}

}  // namespace ermine::tiering
