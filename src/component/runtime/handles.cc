#include "component/runtime/handles.h"

#include "base/format.h"
#include "component/adapter/adapter.h"

namespace ermine::component {

Error component_trap(std::string message) { return Error(ErrorKind::kTrap, std::move(message)); }

Result<uint32_t> HandleTable::add(const HandleEntry& entry) {
  if (free_ != 0) {
    const uint32_t index = free_;
    free_ = entries_[index].next_free;
    entries_[index] = entry;
    return index;
  }
  if (entries_.size() > kMaxHandles)
    return component_trap(
        base::format("too many handles in a component instance: at most {} are supported", kMaxHandles));
  entries_.push_back(entry);
  return static_cast<uint32_t>(entries_.size() - 1);
}

Result<HandleEntry*> HandleTable::get(uint32_t index, const ResourceType* type) {
  if (index >= entries_.size() || entries_[index].type == nullptr)
    return component_trap(base::format("unknown handle index {}", index));
  HandleEntry& entry = entries_[index];
  if (entry.type == type) return &entry;
  const auto kind = [](const ResourceType* t) { return t->implementer ? "guest-defined" : "host-defined"; };
  const bool same = (entry.type->implementer == nullptr) == (type->implementer == nullptr);
  return component_trap(
      base::format("handle index {} used with the wrong type, expected {:t} resource but found a {:t}{:t} resource",
                   index, kind(type), same ? "different " : "", kind(entry.type)));
}

void HandleTable::remove(uint32_t index) {
  HandleEntry& entry = entries_[index];
  entry = {};
  entry.next_free = free_;
  free_ = index;
}

Entering::Entering(InstanceState* callee, const InstanceState* caller) : callee_(callee), caller_(caller) {}

template <class F>
void Entering::for_each(F&& f) const {
  for (InstanceState* entered = callee_; entered != nullptr; entered = entered->parent) {
    for (const InstanceState* outer = caller_; outer != nullptr; outer = outer->parent)
      if (outer == entered) return;
    f(*entered);
  }
}

Result<void> Entering::enter() {
  bool idle = true;
  for_each([&](const InstanceState& state) { idle &= state.flag() == kInstanceIdle; });
  if (!idle) return component_trap(std::string(adapter_trap_message(AdapterTrap::CannotEnter)));
  for_each([](InstanceState& state) { state.set_flag(kInstanceRuns); });
  return {};
}

void Entering::leave() {
  for_each([](InstanceState& state) { state.set_flag(kInstanceIdle); });
}

}  // namespace ermine::component
