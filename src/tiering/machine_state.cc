#include "tiering/machine_state.h"

#include <map>
#include <mutex>
#include <shared_mutex>

namespace ermine::tiering {

namespace {

struct Known {
  const uint8_t* end;
  MachineCode::State state;
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

}  // namespace

void remember_state(const MachineCode& code) {
  KnownStates& states = known_states();
  std::lock_guard lock(states.mutex);
  states.by_begin.emplace(code.code, Known{code.code + code.code_size, code.state});
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
  const auto* const at = reinterpret_cast<const uint64_t*>(fault.reg(known.state.register_number) +
                                                           static_cast<uintptr_t>(int64_t{known.state.offset}));
  *fp = reinterpret_cast<runtime::Slot*>(at[0]);
  *ctx = reinterpret_cast<runtime::InstanceContext*>(at[1]);
  return true;
}

}  // namespace ermine::tiering
