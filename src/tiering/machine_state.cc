#include "tiering/machine_state.h"

#include <map>
#include <mutex>
#include <shared_mutex>

namespace ermine::tiering {

namespace {

// Only code that runs is certain to exist: so its end is known without looking at it.
struct Known {
  const uint8_t* end;
  const MachineCode* code;
};
struct KnownStates {
  std::shared_mutex mutex;
  std::map<const uint8_t*, Known> by_begin;
};
// Never destroyed: threads may run code while the program ends.
KnownStates& known_states() {
  static auto* const states = new KnownStates;
  return *states;
}

// Of the frames of inlined functions, from this one to those around it. The code has checked that they fit.
void store_headers(const MachineCode& code, const MachineCode::Inlined& innermost, runtime::Slot* fp,
                   runtime::InstanceContext* ctx) {
  for (const MachineCode::Inlined* i = &innermost; i != nullptr; i = code.inlined_at(i->caller)) {
    runtime::Slot* const header = fp + i->frame + i->code->param_slots;
    header[runtime::kHeaderCallerPc] = reinterpret_cast<runtime::Slot>(i->call);
    header[runtime::kHeaderCallerCtx] = reinterpret_cast<runtime::Slot>(ctx);
  }
}

}  // namespace

void remember_state(const MachineCode& code) {
  KnownStates& states = known_states();
  std::lock_guard lock(states.mutex);
  states.by_begin.emplace(code.code, Known{code.code + code.code_size, &code});
}

void forget_state(const uint8_t* begin) {
  KnownStates& states = known_states();
  std::lock_guard lock(states.mutex);
  states.by_begin.erase(begin);
}

bool find_state(const platform::FaultContext& fault, runtime::Slot** fp, runtime::InstanceContext** ctx) {
  const auto* const pc = reinterpret_cast<const uint8_t*>(fault.pc());
  KnownStates& states = known_states();
  std::shared_lock lock(states.mutex);
  auto it = states.by_begin.upper_bound(pc);
  if (it == states.by_begin.begin()) return false;
  const Known& known = std::prev(it)->second;
  if (pc >= known.end) return false;
  const MachineCode& code = *known.code;
  const auto* const at = reinterpret_cast<const uint64_t*>(fault.reg(code.state.register_number) +
                                                           static_cast<uintptr_t>(int64_t{code.state.offset}));
  *fp = reinterpret_cast<runtime::Slot*>(at[0]);
  *ctx = reinterpret_cast<runtime::InstanceContext*>(at[1]);
  if (const MachineCode::Inlined* const inlined = code.inlined_at(code.position_of(pc))) {
    store_headers(code, *inlined, *fp, *ctx);
    *fp += inlined->frame;
  }
  return true;
}

}  // namespace ermine::tiering
