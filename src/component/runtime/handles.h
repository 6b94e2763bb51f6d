// The state of component instances: their handles, to resources, waitables and so on, and whether they can be entered.
// (CanonicalABI.md, "Component Instance State", "Table State", "Resource State".)
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "component/model/limits.h"
#include "component/runtime/threads.h"
#include "ermine/result.h"
#include "runtime/store.h"

namespace ermine::component {

class ComponentInstance;
struct InstanceState;
enum class AdapterTrap : uint8_t;

// A resource type of a running component, or of the host. Its address is its identity.
struct ResourceType {
  InstanceState* implementer = nullptr;  // null: the host
  runtime::FuncRef* destructor = nullptr;  // of a guest; null: none
  std::function<Result<void>(uint64_t rep)> host_destructor;  // may be empty
  const void* host_class = nullptr;  // of the host: identifies the C++ class (ermine/component/resource.h); null: none
};

enum class HandleKind : uint8_t {
  kFree,
  kResource,
  kSubtask,
  kWaitableSet,
  kStreamReader,
  kStreamWriter,
  kFutureReader,
  kFutureWriter,
  kErrorContext,
};
std::string_view handle_kind_name(HandleKind kind);  // for messages: "stream reader"

// What a handle that is no resource refers to.
struct HandleObject {
  explicit HandleObject(HandleKind k) : kind(k) {}
  const HandleKind kind;
};

// A handle in a table.
struct HandleEntry {
  const ResourceType* type = nullptr;  // of a resource
  uint64_t rep = 0;
  bool own = false;
  HandleKind kind = HandleKind::kResource;
  uint32_t lends = 0;
  uint32_t next_free = 0;  // of a free entry
  Task* scope = nullptr;  // a borrow: the task that must drop it before it returns
  std::shared_ptr<HandleObject> object;  // of another kind
};

class HandleTable {
 public:
  // Index 0 is never used. An error if there are kMaxHandles already.
  Result<uint32_t> add(HandleEntry entry);
  Result<uint32_t> add(std::shared_ptr<HandleObject> object);
  // An error unless it is a handle of this type.
  Result<HandleEntry*> get(uint32_t index, const ResourceType* type);
  // An error unless it is a handle of another kind, for which T::is() holds.
  template <class T>
  Result<std::shared_ptr<T>> get(uint32_t index) {
    ERMINE_ASSIGN(const std::shared_ptr<HandleObject>* object, find(index, T::kNoun));
    if (!T::is((*object)->kind)) return wrong_kind(index, T::kNoun);
    return std::static_pointer_cast<T>(*object);
  }
  // Takes the handle out; the caller has checked that it may.
  void remove(uint32_t index);
  HandleEntry& at(uint32_t index) { return entries_[index]; }
  Error wrong_kind(uint32_t index, std::string_view expected) const;
  // Empties the table, when nothing can use it any more: destroys the host's resources that the handles own.
  void destroy_host_resources();

 private:
  Result<const std::shared_ptr<HandleObject>*> find(uint32_t index, std::string_view expected) const;
  std::vector<HandleEntry> entries_{HandleEntry{.kind = HandleKind::kFree}};
  uint32_t objects_ = 0;  // those that are no resources
  uint32_t free_ = 0;  // the first of the list of free entries; the last one that was freed is used first
};

// A handle that was lent to a call, until its subtask has been resolved.
struct Loan {
  InstanceState* lender;
  uint32_t handle;
};
void end_loans(std::vector<Loan>& loans);

// The state of one component instance, apart from its core instances.
struct InstanceState {
  ComponentInstance* root = nullptr;
  InstanceState* parent = nullptr;
  runtime::Global* flags = nullptr;  // see component/adapter/adapter.h
  HandleTable handles;
  // Tasks wait before they start while this is not zero, or while `exclusive` is not null if they need it to be.
  uint32_t backpressure = 0;
  Thread* exclusive = nullptr;
  uint32_t waiting_to_enter = 0;
  ThreadQueue entering;  // those that wait to start
  ThreadQueue excluded;  // those that wait for `exclusive` only
  ThreadTable threads;
  bool sees_tasks = false;  // see PlanInstance

  int32_t flag() const { return static_cast<int32_t>(*flags->cell); }
  void set_flag(int32_t value) { *flags->cell = static_cast<uint32_t>(value); }
};

// The error of a rule of the component model that a guest broke.
Error component_trap(std::string message);
Error component_trap(AdapterTrap code);

// Enters an instance with those around it, except those that the caller is in (CanonicalABI.md, `entering_set`). They
// stay entered, and so cannot be entered again, unless leave() is called: nothing can run in an instance that trapped.
class Entering {
 public:
  Entering(InstanceState* callee, const InstanceState* caller);
  bool possible() const;
  Result<void> enter();
  void leave();

 private:
  template <class F>
  void for_each(F&& f) const;
  InstanceState* callee_;
  const InstanceState* caller_;
};

}  // namespace ermine::component
