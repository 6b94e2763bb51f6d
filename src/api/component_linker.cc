// ComponentLinker, in a library that has components.
#include "ermine/component/linker.h"

#include "base/format.h"
#include "component/runtime/component_instance.h"
#include "component/runtime/host_async.h"
#include "component/runtime/host_handle.h"
#include "engine/engine.h"

namespace ermine {

struct ComponentLinkerState {
  Engine engine;
  component::ComponentLinker items;
  bool shadowing = false;

  Result<component::LinkItem*> add(std::string_view interface, std::string_view name) {
    if (interface.empty()) {
      if (items.find_exactly(name) && !shadowing) return known(name, "the component");
      component::LinkItem& item = items.item({}, name);
      item = {};
      return &item;
    }
    component::LinkItem& instance = items.item(interface);
    if (instance.component)
      return Error(ErrorKind::kUsage,
                   base::format("'{}' is defined already, as the exports of an instance", interface));
    const auto [item, added] = instance.items.try_emplace(std::string(name));
    if (!added && !shadowing) return known(name, interface);
    if (!added) item->second = {};
    return &item->second;
  }
  static Error known(std::string_view name, std::string_view interface) {
    return {ErrorKind::kUsage,
            base::format("'{}' of '{}' is defined already (see ComponentLinker::allow_shadowing)", name, interface)};
  }
  Result<void> add_instance(std::string_view name, component::LinkItem item) {
    if (items.find_exactly(name) && !shadowing)
      return Error(ErrorKind::kUsage,
                   base::format("'{}' is defined already (see ComponentLinker::allow_shadowing)", name));
    items.define(name, std::move(item));
    return {};
  }
};

ComponentLinker::ComponentLinker(const Engine& engine)
    : state_(std::make_unique<ComponentLinkerState>(ComponentLinkerState{engine, {}, false})) {}
ComponentLinker::ComponentLinker(std::unique_ptr<ComponentLinkerState> state) : state_(std::move(state)) {}
ComponentLinker::~ComponentLinker() = default;
ComponentLinker::ComponentLinker(ComponentLinker&&) noexcept = default;
ComponentLinker& ComponentLinker::operator=(ComponentLinker&&) noexcept = default;
ComponentLinker ComponentLinker::clone() const {
  return ComponentLinker(std::make_unique<ComponentLinkerState>(*state_));
}
Engine ComponentLinker::engine() const { return state_->engine; }
ComponentLinker& ComponentLinker::allow_shadowing(bool allow) {
  state_->shadowing = allow;
  return *this;
}

Result<void> ComponentLinker::define_func(std::string_view interface, std::string_view name,
                                          component::detail::HostFunc function) {
  ERMINE_ASSIGN(component::LinkItem * item, state_->add(interface, name));
  item->typed_func = std::make_shared<const component::detail::HostFunc>(std::move(function));
  return {};
}

Result<void> ComponentLinker::func(std::string_view interface, std::string_view name, ComponentCallback callback) {
  ERMINE_ASSIGN(component::LinkItem * item, state_->add(interface, name));
  item->func = std::make_shared<const component::HostComponentFunc>(
      [callback = std::move(callback)](runtime::Store& store, std::span<const component::Value> arguments) {
        ComponentCaller caller(&store);
        return callback(caller, arguments);
      });
  return {};
}

Result<void> ComponentLinker::func_async(std::string_view interface, std::string_view name,
                                         AsyncComponentCallback callback) {
  ERMINE_ASSIGN(component::LinkItem * item, state_->add(interface, name));
  item->async_func = std::make_shared<const component::AsyncHostFunc>(
      [callback = std::move(callback)](runtime::Store& store, std::vector<component::Value> arguments,
                                       const component::HostReply& reply) {
        ComponentCaller caller(&store);
        return callback(caller, component::ValueReply(reply), std::move(arguments));
      });
  return {};
}

Result<void> ComponentLinker::define_class(std::string_view interface, std::string_view name,
                                           const void* resource_class, void (*destroy)(uint64_t rep)) {
  ERMINE_ASSIGN(component::LinkItem * item, state_->add(interface, name));
  auto type = std::make_shared<component::ResourceType>();
  type->host_class = resource_class;
  type->host_destructor = [destroy](uint64_t rep) -> Result<void> {
    destroy(rep);
    return {};
  };
  item->resource = std::move(type);
  return {};
}

Result<HostResourceType> ComponentLinker::resource(std::string_view interface, std::string_view name,
                                                   std::function<Result<void>(uint64_t rep)> destructor) {
  ERMINE_ASSIGN(component::LinkItem * item, state_->add(interface, name));
  auto type = std::make_shared<component::ResourceType>();
  type->host_destructor = std::move(destructor);
  item->resource = type;
  return HostResourceType(std::move(type));
}

component::Resource HostResourceType::make(uint64_t rep) const {
  return component::Resource(component::HostHandle::make_host(impl_, rep));
}

Result<void> ComponentLinker::instance(std::string_view name, const ComponentInstance& instance) {
  component::LinkItem item;
  item.item = {component::Sort::Instance, instance.impl()->plan().root};
  item.component = instance.impl();
  return state_->add_instance(name, std::move(item));
}

Result<void> ComponentLinker::instance(std::string_view name, const ComponentInstance& instance,
                                       std::string_view exported) {
  const component::Plan& plan = instance.impl()->plan();
  const component::PlanItem* found = component::find_compatible(plan.exports[plan.root], exported);
  if (!found || found->sort != component::Sort::Instance)
    return Error(ErrorKind::kUsage, base::format("the instance exports no instance '{}'", exported));
  component::LinkItem item;
  item.item = *found;
  item.component = instance.impl();
  return state_->add_instance(name, std::move(item));
}

Result<void> ComponentLinker::define_unknown_imports_as_traps(const Component& component) {
  for (const component::PlanImport& import : component.impl()->plan().imports) {
    if (import.path.size() > 2) continue;
    const std::string_view name = import.path.back();
    const std::string_view interface = import.path.size() == 2 ? import.path.front() : std::string_view();
    const component::LinkItem* found = state_->items.find(import.path.front());
    if (found && (interface.empty() || found->component || found->items.contains(name))) continue;
    // Of the name that a compatible version has already, so that its other definitions are found.
    component::LinkItem& item =
        found ? const_cast<component::LinkItem*>(found)->items[std::string(name)] : state_->items.item(interface, name);
    if (import.sort != component::Sort::Func) {
      item.resource = std::make_shared<component::ResourceType>();
      continue;
    }
    const std::string text = interface.empty() ? std::string(name) : std::string(interface) + "." + std::string(name);
    item.func = std::make_shared<const component::HostComponentFunc>(
        [text](runtime::Store&, std::span<const component::Value>) -> Result<std::optional<component::Value>> {
          return Error::trap(TrapCode::kHost, base::format("the import `{}` is not defined", text));
        });
  }
  return {};
}

Result<ComponentInstance> ComponentLinker::instantiate(StoreRef store, const Component& component) const {
  ERMINE_ASSIGN(auto instance,
                component::ComponentInstance::instantiate(*store.impl(), component.impl(), state_->items));
  return ComponentInstance(std::move(instance));
}

}  // namespace ermine
