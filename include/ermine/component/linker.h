// ComponentLinker: gives names to what components import, and instantiates components with it.
//
//   ermine::ComponentLinker linker(engine);
//   ERMINE_TRY(linker.func_wrap("demo:host/log@1.0.0", "write", [](std::string_view text) {
//   std::puts(std::string(text).c_str()); })); ERMINE_TRY(linker.resource<Counter>("demo:host/counters@1.0.0",
//   "counter")); ERMINE_TRY(linker.func_wrap("demo:host/counters@1.0.0", "[constructor]counter", [](uint32_t start) {
//   return std::make_unique<Counter>(start); })); ERMINE_TRY(linker.func_wrap("demo:host/counters@1.0.0",
//   "[method]counter.next", [](Counter& counter) { return counter.next(); })); ERMINE_ASSIGN(ermine::ComponentInstance
//   instance, linker.instantiate(store, component));
//
// `interface` is the name of an imported instance; empty: `name` is imported by the component itself. An import finds
// the definition of its name, or else of a version that is compatible by Semantic Versioning, lower or higher:
// a:b/c@1.2.0 finds a:b/c@1.0.5, and a:b/c@0.2.1 finds a:b/c@0.2.6. Of several, the highest.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "ermine/component.h"
#include "ermine/component/detail/async_func.h"
#include "ermine/component/detail/host_func.h"

namespace ermine {

namespace component {
class ComponentLinker;
struct ResourceType;
}  // namespace component

// A function of the host over dynamic values. The arguments are those of the type that the component imports; the
// result is there exactly if that type has one, and must be of it. An Error ends the calling program, as a trap does.
using ComponentCallback = std::function<Result<std::optional<component::Value>>(
    ComponentCaller& caller, std::span<const component::Value> arguments)>;

// The same of a function whose type is async. Handles in the arguments are valid until the reply is answered. An Error
// ends the calling program.
using AsyncComponentCallback = std::function<Result<void>(ComponentCaller& caller, component::ValueReply reply,
                                                          std::vector<component::Value> arguments)>;

// A resource type of the host whose resources are numbers. Made by ComponentLinker::resource().
class HostResourceType {
 public:
  // A new resource. `rep` is the host's own; it is what the destructor is called with.
  component::Resource make(uint64_t rep) const;

  // For the library's own code.
  explicit HostResourceType(std::shared_ptr<const component::ResourceType> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const component::ResourceType> impl_;
};

// Not thread-safe while it is being changed; afterwards instantiate() may run on many threads at once. Definitions
// belong to no store, except instances: instantiating in another store than theirs fails.
class ComponentLinker {
 public:
  explicit ComponentLinker(const Engine& engine);
  ~ComponentLinker();
  ComponentLinker(ComponentLinker&&) noexcept;
  ComponentLinker& operator=(ComponentLinker&&) noexcept;
  ComponentLinker clone() const;  // shares the definitions made so far
  Engine engine() const;

  // Whether a definition may replace one of the same name; if not, that is kUsage. Off by default.
  ComponentLinker& allow_shadowing(bool allow);

  // From a lambda or function pointer; its signature determines the type. Its parameters and result are types of
  // component/func.h. `ComponentCaller&` may come first, and a Result of such a type may be returned: an Error in it
  // ends the calling program, which WIT's results do not. std::string_view and std::span<const T> of numbers refer to
  // the component's memory, T& of a resource to the object; all are valid during the call only. The callable may be
  // called on several threads, for several stores. Fails with kUsage if the name is defined.
  template <class F>
  Result<void> func_wrap(std::string_view interface, std::string_view name, F&& callable) {
    return define_func(interface, name, component::detail::make_host_func(std::forward<F>(callable)));
  }
  // The same for a function whose type in WIT is async: `callable` takes a component::Reply<R> for its result before
  // the parameters, and returns nothing or a Result<void>; it answers at once or later, from any thread. The parameters
  // exist until the answer; a std::string_view or span refers to a copy. (A function that never waits can be defined by
  // func_wrap() as well.)
  template <class F>
  Result<void> func_wrap_async(std::string_view interface, std::string_view name, F&& callable) {
    return define_func(interface, name, component::detail::make_async_host_func(std::forward<F>(callable)));
  }
  Result<void> func_async(std::string_view interface, std::string_view name, AsyncComponentCallback callback);
  // From a function whose type is known only at run time: that of the component that is linked.
  Result<void> func(std::string_view interface, std::string_view name, ComponentCallback callback);

  // A resource type whose resources are objects of a class that ERMINE_RESOURCE declared (component/declare.h). An
  // object is deleted when the component drops its resource, or when the instance that has it is destroyed.
  template <class T>
  Result<void> resource(std::string_view interface, std::string_view name) {
    static_assert(component::detail::kIsResource<T>, "declare the class: ERMINE_RESOURCE(Class, \"name\")");
    return define_class(interface, name, &component::detail::ClassTag<T>::tag,
                        [](uint64_t rep) { delete reinterpret_cast<T*>(static_cast<uintptr_t>(rep)); });
  }
  // A resource type whose resources are numbers. `destructor`, which may be empty, is called when one is dropped.
  Result<HostResourceType> resource(std::string_view interface, std::string_view name,
                                    std::function<Result<void>(uint64_t rep)> destructor);

  // All exports of an instance, as the instance `name`; or one of the instances that it exports.
  Result<void> instance(std::string_view name, const ComponentInstance& instance);
  Result<void> instance(std::string_view name, const ComponentInstance& instance, std::string_view exported);

  // Defines each unknown import of the component: functions that trap and name the import, resources that nothing
  // makes.
  Result<void> define_unknown_imports_as_traps(const Component& component);

  // Finds the imports and instantiates. kLink names all imports that are missing or have another type, with the types
  // in WIT; kLimit, and the errors of running code.
  Result<ComponentInstance> instantiate(StoreRef store, const Component& component) const;

  // For the library's own code.
  Result<void> define_func(std::string_view interface, std::string_view name, component::detail::HostFunc function);
  Result<void> define_class(std::string_view interface, std::string_view name, const void* resource_class,
                            void (*destroy)(uint64_t rep));

 private:
  explicit ComponentLinker(std::unique_ptr<struct ComponentLinkerState> state);
  std::unique_ptr<struct ComponentLinkerState> state_;
};

}  // namespace ermine
