// Resources of running components: resource types, the handles of each component instance, and the scopes of calls that
// borrows and loans belong to. (CanonicalABI.md, "Table State", "Resource State", "Subtask State".)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "component/model/limits.h"
#include "ermine/result.h"
#include "runtime/store.h"

namespace ermine::component {

class ComponentInstance;
struct InstanceState;

// A resource type of a running component, or of the host. Its address is its identity.
struct ResourceType {
  InstanceState* implementer = nullptr;  // null: the host
  runtime::FuncRef* destructor = nullptr;  // of a guest; null: none
  std::function<Result<void>(uint64_t rep)> host_destructor;
};

// A handle in a table.
struct HandleEntry {
  const ResourceType* type = nullptr;  // null: the entry is free
  uint64_t rep = 0;
  bool own = false;
  uint32_t lends = 0;
  uint32_t scope = 0;  // a borrow: the depth of the call that it lasts for
  uint32_t next_free = 0;  // of a free entry
};

class HandleTable {
 public:
  // Index 0 is never used. An error if there are kMaxHandles already.
  Result<uint32_t> add(const HandleEntry& entry);
  // An error unless it is a handle of this type.
  Result<HandleEntry*> get(uint32_t index, const ResourceType* type);
  // Takes the handle out; the caller has checked that it may.
  void remove(uint32_t index);
  HandleEntry& at(uint32_t index) { return entries_[index]; }

 private:
  std::vector<HandleEntry> entries_{1};
  uint32_t free_ = 0;  // the first of the list of free entries; the last one that was freed is used first
};

// A call into a component instance.
struct CallScope {
  struct Loan {
    InstanceState* lender;
    uint32_t handle;
  };
  uint32_t borrows = 0;  // handles that the callee must drop before it returns
  std::vector<Loan> loans;
  uint64_t context[2] = {};  // `context.get` and `context.set`
};

// The state of one component instance, apart from its core instances.
struct InstanceState {
  ComponentInstance* root = nullptr;
  InstanceState* parent = nullptr;
  uint32_t backpressure = 0;  // only asynchronous functions wait for it
  runtime::Global* flags = nullptr;  // see component/adapter/adapter.h
  HandleTable handles;

  int32_t flag() const { return static_cast<int32_t>(*flags->cell); }
  void set_flag(int32_t value) { *flags->cell = static_cast<uint32_t>(value); }
};

// The error of a rule of the component model that a guest broke.
Error component_trap(std::string message);

// Enters an instance with those around it, except those that the caller is in (CanonicalABI.md, `entering_set`). They
// stay entered, and so cannot be entered again, unless leave() is called: nothing can run in an instance that trapped.
class Entering {
 public:
  Entering(InstanceState* callee, const InstanceState* caller);
  Result<void> enter();
  void leave();

 private:
  template <class F>
  void for_each(F&& f) const;
  InstanceState* callee_;
  const InstanceState* caller_;
};

}  // namespace ermine::component
