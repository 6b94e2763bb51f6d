// Running components: CompiledComponent is made once and instantiated in any number of stores; ComponentInstance is an
// instance of one in a store; ComponentLinker has what components import from outside.
//
// Calls between the components within one component are adapters, WebAssembly like any other code. A call from outside,
// and one of an import, passes dynamic Values.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "component/runtime/handles.h"
#include "component/runtime/plan.h"
#include "component/validation/validator.h"
#include "component/value/value.h"
#include "ermine/component/detail/cursor.h"
#include "runtime/extern_value.h"

namespace ermine::component {

// A class of the host, and the resource type that it stands for in one function. Null: a resource of any type.
struct HostClass {
  const void* resource_class = nullptr;
  std::shared_ptr<const ResourceType> type;
};

// What the C++ types of one function mean in a component.
struct HostTypes {
  std::vector<HostClass> classes;
  std::vector<std::pair<const detail::TypeShape*, TypeUse>> streams;  // streams and futures
};

// An element type of streams or futures that was found to have the shape. (host_types.h)
struct CheckedElement {
  uint32_t instance = 0;
  TypeUse element;
  const detail::TypeShape* shape = nullptr;
  HostTypes types;
};

// Immutable; shared between threads.
class CompiledComponent {
 public:
  // `bytes` stay valid as long as `owner`. `features` are those of the component model; core features are the engine's.
  // Errors: those of decode() and validate(), and kUnsupported for what cannot be run yet.
  static Result<std::shared_ptr<const CompiledComponent>> compile(std::shared_ptr<engine::Engine> engine,
                                                                  std::span<const uint8_t> bytes,
                                                                  std::shared_ptr<const void> owner,
                                                                  FeatureSet features = FeatureSet::defaults());

  const std::shared_ptr<engine::Engine>& engine() const { return engine_; }
  const ValidComponent& valid() const { return *valid_; }
  const Types& types() const { return valid_->types; }
  const Plan& plan() const { return plan_; }
  // Its imports and exports.
  const ComponentType& type() const { return types().components[valid().body.type]; }

  // The modules of the adapters that a step makes, made once. (adapter_code.h)
  struct AdapterCode;
  Result<const AdapterCode*> adapters(size_t step) const;

 private:
  CompiledComponent() = default;

  std::shared_ptr<engine::Engine> engine_;
  std::shared_ptr<const ValidComponent> valid_;
  Plan plan_;
  mutable std::mutex mutex_;  // guards adapters_
  mutable std::map<size_t, std::shared_ptr<const AdapterCode>> adapters_;
};

// A function of the host. The result is there exactly if the function's type has one.
using HostComponentFunc =
    std::function<Result<std::optional<Value>>(runtime::Store& store, std::span<const Value> arguments)>;

// One that may answer later: its type is async. An error of its own is a trap in the caller. (host_async.h)
class HostReply;
using AsyncHostFunc =
    std::function<Result<void>(runtime::Store& store, std::vector<Value> arguments, const HostReply& reply)>;

// Something that can be imported.
struct LinkItem {
  std::shared_ptr<const HostComponentFunc> func;
  std::shared_ptr<const AsyncHostFunc> async_func;
  std::shared_ptr<const detail::HostFunc> typed_func;
  std::shared_ptr<const ResourceType> resource;
  std::shared_ptr<ComponentInstance> component;  // an export of it, or (a name in the linker) all of its exports
  PlanItem item;
  std::map<std::string, LinkItem, std::less<>> items;  // otherwise an instance with these
};

// What components import, by name; an import of an instance finds an instance of that name, or of a version that is
// compatible (component/model/version.h), of several the highest.
class ComponentLinker {
 public:
  // A later definition of a name replaces an earlier one.
  void define(std::string_view name, LinkItem item);
  // A function or a resource type: of an instance, or (empty) a definition of its own. The reference is valid until the
  // linker changes.
  LinkItem& item(std::string_view instance, std::string_view name);
  // An instance.
  LinkItem& item(std::string_view instance) { return at(instance); }
  void define_func(std::string_view name, HostComponentFunc func);
  void define_func(std::string_view instance, std::string_view name, HostComponentFunc func);
  void define_async_func(std::string_view name, AsyncHostFunc func);
  void define_async_func(std::string_view instance, std::string_view name, AsyncHostFunc func);
  void define_resource(std::string_view instance, std::string_view name, std::shared_ptr<const ResourceType> type);
  // The exports of the instance as the instance `name`.
  void define_instance(std::string_view name, std::shared_ptr<ComponentInstance> instance);
  const LinkItem* find(std::string_view name) const;
  // Of exactly this name.
  const LinkItem* find_exactly(std::string_view name) const;

 private:
  LinkItem& at(std::string_view name);
  std::map<std::string, LinkItem, std::less<>> items_;
  std::map<std::string, std::string, std::less<>> compatible_;  // by compatible_key(): the name
};

// The adapters of a call of an asynchronous function (component/adapter/adapter.h, add_async).
struct AsyncAdapters {
  runtime::FuncRef* params = nullptr;
  runtime::FuncRef* result = nullptr;
};

// Belongs to its store, and must not be used after it. Used by one thread at a time, as the store.
class ComponentInstance : public std::enable_shared_from_this<ComponentInstance> {
 public:
  ~ComponentInstance();
  // The store is being destroyed, which the instance may outlive: an end of a stream that the host has keeps it. What
  // its handles own is destroyed now, on the store's thread, and then it lets go of what the host gave it.
  void end_handles();
  void end_imports() { imports_.clear(); }
  // Errors: kLink, kLimit, and those of running code.
  static Result<std::shared_ptr<ComponentInstance>> instantiate(runtime::Store& store,
                                                                std::shared_ptr<const CompiledComponent> component,
                                                                const ComponentLinker& linker);

  const CompiledComponent& component() const { return *component_; }
  // The exported function; a name in an exported instance is written behind its name: "instance", "name". Null: none.
  const PlanFunc* find_func(std::string_view name) const;
  const PlanFunc* find_func(std::string_view instance, std::string_view name) const;
  // Calls an exported function. If its type is async, runs the store's event loop until it has returned: an error of
  // any task of this component is one of the call. Errors: kUsage if the arguments do not fit; those of running code,
  // after which no function of this instance can be called again. See host_async.h for calls that do not wait.
  Result<std::optional<Value>> call(const PlanFunc& func, std::span<const Value> arguments);
  // kUsage unless these are arguments for the function.
  Result<void> check_arguments(const PlanFunc& func, std::span<const Value> arguments) const;
  // The event loop of the store.
  Scheduler& scheduler() { return *scheduler_; }
  // How many tasks of this component failed in the event loop, and the error of the last one.
  uint64_t failures() const { return failures_; }
  const Error& last_failure() const { return failure_; }
  void fail(const Error& error);

  // ---- For the functions in this folder
  runtime::Store& store() { return *store_; }
  const Plan& plan() const { return component_->plan(); }
  const Types& types() const { return component_->types(); }
  InstanceState& state(uint32_t instance) { return states_[instance]; }
  const ResourceType* resource(uint32_t index) const { return resources_[index].get(); }
  const std::shared_ptr<const ResourceType>& shared_resource(uint32_t index) const { return resources_[index]; }
  // The resource type that a handle type means in a component instance.
  const ResourceType* resource_of(uint32_t instance, ResourceId id) const;
  const std::shared_ptr<const ResourceType>& shared_resource_of(uint32_t instance, ResourceId id) const;
  runtime::FuncRef* func(const CoreItem& item);
  runtime::Memory* memory(const CoreItem& item);
  runtime::Table* table(const CoreItem& item);
  const LinkItem& import(uint32_t index) const { return imports_[index]; }
  const AsyncAdapters& async_adapters(const MadeFunc* made) const { return async_adapters_[made - plan().made.data()]; }

  // The begin and end of a call that does not block, or of realloc, a destructor, a start function: each is a task.
  // `instance`: the callee; null: the host.
  void enter_call(InstanceState* instance);
  Result<void> exit_call();
  Result<uint32_t> add_borrow(InstanceState& state, const ResourceType* type, uint64_t rep);
  // Looks up a handle and lends it for the current call.
  Result<uint64_t> lend(InstanceState& state, uint32_t handle, const ResourceType* type);
  Result<uint64_t> take_own(InstanceState& state, uint32_t handle, const ResourceType* type);
  // Runs the destructor of a resource that nothing owns any more. `caller`: the instance that drops it; null: the host.
  Result<void> destroy_resource(const ResourceType& type, uint64_t rep, const InstanceState* caller);
  Result<void> drop_handle(InstanceState& state, uint32_t handle, const ResourceType* type);
  const LinkItem& import(const PlanFunc& func) const { return imports_[func.import]; }
  const HostTypes& host_types_of_import(const PlanFunc& func) const { return import_types_[func.import]; }
  Result<std::optional<Value>> call_import(const PlanFunc& func, std::span<const Value> arguments);
  // The last that were compared.
  std::vector<CheckedElement>& checked_elements() const { return checked_elements_; }

 private:
  ComponentInstance() = default;
  Result<void> link(const ComponentLinker& linker);
  Result<void> link_types();
  Result<void> run_steps();
  Result<runtime::ExternValue> extern_value(const CoreItem& item);
  Result<void> instantiate_core(const PlanCoreInstance& core, uint32_t index);
  Result<void> make_adapters(size_t step);
  Result<runtime::FuncRef*> make_func(const MadeFunc& made);
  Result<std::optional<Value>> call_lifted(const PlanFunc& func, std::span<const Value> arguments);

  runtime::Store* store_ = nullptr;
  Scheduler* scheduler_ = nullptr;
  std::shared_ptr<const CompiledComponent> component_;
  std::vector<LinkItem> imports_;
  std::vector<HostTypes> import_types_;  // of typed functions, parallel to imports_
  std::deque<InstanceState> states_;
  std::vector<std::shared_ptr<const ResourceType>> resources_;
  std::vector<runtime::Instance*> core_instances_;
  std::vector<runtime::FuncRef*> made_;  // null: not made yet
  std::vector<AsyncAdapters> async_adapters_;  // parallel to Plan::made
  mutable std::vector<CheckedElement> checked_elements_;
  uint64_t failures_ = 0;
  Error failure_;
};

// The host function for a MadeFunc other than an adapter. (made_funcs.cc)
Result<std::shared_ptr<const runtime::HostFunction>> host_function(const std::shared_ptr<ComponentInstance>& instance,
                                                                   const MadeFunc& made);

// What names of the same interface in compatible versions have in common: "a:b/c@1" of "a:b/c@1.2.0". Empty: a name
// without version.
std::string compatible_key(std::string_view name);
// The entry of this name, or of a compatible one. Null: none.
const PlanItem* find_compatible(const PlanExports& exports, std::string_view name);

// Calls a core function of a component. An exception of the guest becomes a trap.
Result<void> call_core(runtime::Store& store, runtime::FuncRef* func, runtime::Slot* slots);

}  // namespace ermine::component
