#include "component/runtime/handles.h"

#include <utility>

#include "base/format.h"
#include "component/adapter/adapter.h"

namespace ermine::component {

Error component_trap(std::string message) { return Error(ErrorKind::kTrap, std::move(message)); }
Error component_trap(AdapterTrap code) { return component_trap(std::string(adapter_trap_message(code))); }

std::string_view handle_kind_name(HandleKind kind) {
  switch (kind) {
    case HandleKind::kFree: return "free";
    case HandleKind::kResource: return "resource";
    case HandleKind::kSubtask: return "subtask";
    case HandleKind::kWaitableSet: return "waitable set";
    case HandleKind::kStreamReader: return "readable end of a stream";
    case HandleKind::kStreamWriter: return "writable end of a stream";
    case HandleKind::kFutureReader: return "readable end of a future";
    case HandleKind::kFutureWriter: return "writable end of a future";
    case HandleKind::kErrorContext: return "error context";
  }
  return "";
}

Result<uint32_t> HandleTable::add(HandleEntry entry) {
  if (free_ != 0) {
    const uint32_t index = free_;
    free_ = entries_[index].next_free;
    entries_[index] = std::move(entry);
    return index;
  }
  if (entries_.size() > kMaxHandles)
    return component_trap(
        base::format("too many handles in a component instance: at most {} are supported", kMaxHandles));
  entries_.push_back(std::move(entry));
  return static_cast<uint32_t>(entries_.size() - 1);
}

Result<uint32_t> HandleTable::add(std::shared_ptr<HandleObject> object) {
  const HandleKind kind = object->kind;
  if (objects_ >= kMaxWaitables)
    return component_trap(
        base::format("too many waitables in a component instance: at most {} are supported", kMaxWaitables));
  ++objects_;
  return add(HandleEntry{.kind = kind, .object = std::move(object)});
}

Result<HandleEntry*> HandleTable::get(uint32_t index, const ResourceType* type) {
  if (index >= entries_.size() || entries_[index].kind == HandleKind::kFree)
    return component_trap(base::format("unknown handle index {}", index));
  HandleEntry& entry = entries_[index];
  if (entry.type == type) return &entry;
  if (entry.kind != HandleKind::kResource) return wrong_kind(index, "resource");
  const auto kind = [](const ResourceType* t) { return t->implementer ? "guest-defined" : "host-defined"; };
  const bool same = (entry.type->implementer == nullptr) == (type->implementer == nullptr);
  return component_trap(
      base::format("handle index {} used with the wrong type, expected {:t} resource but found a {:t}{:t} resource",
                   index, kind(type), same ? "different " : "", kind(entry.type)));
}

Result<const std::shared_ptr<HandleObject>*> HandleTable::find(uint32_t index, std::string_view expected) const {
  if (index >= entries_.size() || entries_[index].kind == HandleKind::kFree)
    return component_trap(base::format("unknown handle index {}", index));
  if (entries_[index].kind == HandleKind::kResource) return wrong_kind(index, expected);
  return &entries_[index].object;
}

Error HandleTable::wrong_kind(uint32_t index, std::string_view expected) const {
  return component_trap(base::format("handle index {} used with the wrong type, expected a {:t} but found a {:t}",
                                     index, expected, handle_kind_name(entries_[index].kind)));
}

void HandleTable::remove(uint32_t index) {
  HandleEntry& entry = entries_[index];
  if (entry.object) --objects_;
  entry = HandleEntry{.kind = HandleKind::kFree, .next_free = free_};
  free_ = index;
}

void end_loans(std::vector<Loan>& loans) {
  for (const Loan& loan : loans) --loan.lender->handles.at(loan.handle).lends;
  loans.clear();
}

void HandleTable::destroy_host_resources() {
  const std::vector<HandleEntry> entries = std::exchange(entries_, {HandleEntry{.kind = HandleKind::kFree}});
  objects_ = free_ = 0;
  for (const HandleEntry& entry : entries)
    if (entry.kind == HandleKind::kResource && entry.own && entry.type && !entry.type->implementer &&
        entry.type->host_destructor)
      (void)entry.type->host_destructor(entry.rep);
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

bool Entering::possible() const {
  bool idle = true;
  for_each([&](const InstanceState& state) { idle &= state.flag() == kInstanceIdle; });
  return idle;
}

Result<void> Entering::enter() {
  if (!possible()) return component_trap(AdapterTrap::CannotEnter);
  for_each([](InstanceState& state) { state.set_flag(kInstanceRuns); });
  return {};
}

void Entering::leave() {
  for_each([](InstanceState& state) { state.set_flag(kInstanceIdle); });
}

}  // namespace ermine::component
