// Instantiation: links the imports and runs the steps of the plan.
#include "component/runtime/component_instance.h"

#include "base/format.h"
#include "component/runtime/adapter_imports.h"
#include "component/runtime/same_type.h"
#include "component/runtime/scheduler.h"
#include "engine/import_match.h"
#include "engine/instantiate.h"
#include "runtime/call.h"

namespace ermine::component {

// ---- Linking

void ComponentLinker::define_func(std::string_view name, HostComponentFunc func) {
  items_[std::string(name)].func = std::make_shared<const HostComponentFunc>(std::move(func));
}
void ComponentLinker::define_func(std::string_view instance, std::string_view name, HostComponentFunc func) {
  items_[std::string(instance)].items[std::string(name)].func =
      std::make_shared<const HostComponentFunc>(std::move(func));
}
void ComponentLinker::define_async_func(std::string_view name, AsyncHostFunc func) {
  items_[std::string(name)].async_func = std::make_shared<const AsyncHostFunc>(std::move(func));
}
void ComponentLinker::define_async_func(std::string_view instance, std::string_view name, AsyncHostFunc func) {
  items_[std::string(instance)].items[std::string(name)].async_func =
      std::make_shared<const AsyncHostFunc>(std::move(func));
}
void ComponentLinker::define_resource(std::string_view instance, std::string_view name,
                                      std::shared_ptr<const ResourceType> type) {
  items_[std::string(instance)].items[std::string(name)].resource = std::move(type);
}
void ComponentLinker::define_instance(std::string_view name, std::shared_ptr<ComponentInstance> instance) {
  LinkItem item;
  item.item = {Sort::Instance, instance->plan().root};
  item.component = std::move(instance);
  define(name, std::move(item));
}
const LinkItem* ComponentLinker::find(std::string_view name) const {
  const auto found = items_.find(name);
  return found == items_.end() ? nullptr : &found->second;
}

namespace {

// "`a` of `b`" for messages.
std::string path_text(const std::vector<std::string_view>& path) {
  std::string out;
  for (size_t i = path.size(); i-- > 0;) out += base::format("{:t}`{}`", out.empty() ? "" : " of ", path[i]);
  return out;
}

std::optional<LinkItem> inner_item(const LinkItem& from, std::string_view name) {
  if (from.component) {
    if (from.item.sort != Sort::Instance) return std::nullopt;
    const PlanExports& exports = from.component->plan().exports[from.item.index];
    const auto found = exports.find(name);
    if (found == exports.end()) return std::nullopt;
    LinkItem item;
    item.component = from.component;
    item.item = found->second;
    return item;
  }
  const auto found = from.items.find(name);
  if (found == from.items.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Result<void> ComponentInstance::link(const ComponentLinker& linker) {
  for (const PlanImport& import : plan().imports) {
    const LinkItem* top = linker.find(import.path.front());
    std::optional<LinkItem> item;
    if (top) item = *top;
    for (size_t i = 1; item && i < import.path.size(); ++i) item = inner_item(*item, import.path[i]);
    const bool is_func = import.sort == Sort::Func;
    if (item && item->component) {
      if (&item->component->store() != store_)
        return Error(ErrorKind::kUsage,
                     base::format("import {:t}: the instance belongs to another store", path_text(import.path)));
      if (item->item.sort != import.sort) item.reset();
      else if (!is_func && item->item.index != kNoIndex)
        item->resource = item->component->shared_resource(item->item.index);
    }
    if (item && is_func && item->async_func && !types().funcs[import.type].is_async)
      return Error(ErrorKind::kLink,
                   base::format("import {:t}: an asynchronous host function was given, and the type is not async",
                                path_text(import.path)));
    if (!item || (is_func ? !item->func && !item->async_func && !item->component : !item->resource))
      return Error(ErrorKind::kLink, base::format("unknown import {:t}: a {:t} was expected", path_text(import.path),
                                                  is_func ? "function" : "resource type"));
    imports_.push_back(std::move(*item));
  }
  for (const PlanResource& resource : plan().resources)
    resources_.push_back(resource.is_import ? imports_[resource.import].resource : nullptr);
  // The types of functions of other components, now that the resource types are known.
  for (size_t i = 0; i < imports_.size(); ++i) {
    const LinkItem& item = imports_[i];
    if (plan().imports[i].sort != Sort::Func || !item.component) continue;
    const PlanFunc& func = item.component->plan().funcs[item.item.index];
    if (!same_func_type({*this, 0}, plan().imports[i].type, {*item.component, func.instance}, func.type))
      return Error(ErrorKind::kLink, base::format("incompatible import type for {:t}: the function that is given has "
                                                  "another type",
                                                  path_text(plan().imports[i].path)));
  }
  return {};
}

// ---- Instantiation

Result<std::shared_ptr<ComponentInstance>> ComponentInstance::instantiate(
    runtime::Store& store, std::shared_ptr<const CompiledComponent> component, const ComponentLinker& linker) {
  std::shared_ptr<ComponentInstance> made(new ComponentInstance);
  made->store_ = &store;
  made->scheduler_ = &Scheduler::of(store);
  made->component_ = std::move(component);
  const Plan& plan = made->plan();
  for (const PlanInstance& instance : plan.instances) {
    InstanceState& state = made->states_.emplace_back();
    state.root = made.get();
    if (instance.parent != kNoIndex) state.parent = &made->states_[instance.parent];
    state.sees_tasks = instance.sees_tasks;
    state.flags = store.new_global({wasm::kI32, true});
    state.set_flag(kInstanceRuns);
  }
  ERMINE_TRY(made->link(linker));
  made->core_instances_.resize(plan.core_instances.size());
  made->made_.resize(plan.made.size());
  made->async_adapters_.resize(plan.made.size());
  const Scheduler::CallsFromHost calls(*made->scheduler_);
  ERMINE_TRY(made->run_steps());
  return made;
}

Result<void> ComponentInstance::run_steps() {
  const Plan& plan = this->plan();
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    switch (step.kind) {
      case PlanStep::kInstantiate: ERMINE_TRY(instantiate_core(plan.core_instances[step.index], step.index)); break;
      case PlanStep::kAdapters: ERMINE_TRY(make_adapters(i)); break;
      case PlanStep::kResource: {
        const PlanResource& resource = plan.resources[step.index];
        auto type = std::make_shared<ResourceType>();
        type->implementer = &states_[resource.instance];
        if (resource.destructor) {
          ERMINE_ASSIGN(const runtime::ExternValue value, extern_value(*resource.destructor));
          type->destructor = value.func;
        }
        resources_[step.index] = std::move(type);
        break;
      }
      case PlanStep::kReady: states_[step.index].set_flag(kInstanceIdle); break;
    }
  }
  return {};
}

Result<runtime::ExternValue> ComponentInstance::extern_value(const CoreItem& item) {
  if (item.source == CoreItem::kExport) {
    runtime::Instance& instance = *core_instances_[item.from];
    return engine::export_value(instance, instance.module().exports[item.item]);
  }
  runtime::FuncRef*& func = made_[item.from];
  if (!func) {
    ERMINE_ASSIGN(const auto host, host_function(shared_from_this(), plan().made[item.from]));
    func = store_->host_func(host);
  }
  return runtime::ExternValue(func);
}

runtime::FuncRef* ComponentInstance::func(const CoreItem& item) {
  const Result<runtime::ExternValue> value = extern_value(item);
  return value ? value->func : nullptr;
}

runtime::Memory* ComponentInstance::memory(const CoreItem& item) {
  runtime::Instance& instance = *core_instances_[item.from];
  return instance.memory(instance.module().exports[item.item].index);
}

runtime::Table* ComponentInstance::table(const CoreItem& item) {
  runtime::Instance& instance = *core_instances_[item.from];
  return instance.table(instance.module().exports[item.item].index);
}

Result<void> ComponentInstance::instantiate_core(const PlanCoreInstance& core, uint32_t index) {
  std::vector<runtime::ExternValue> imports;
  imports.reserve(core.imports.size());
  for (const CoreItem& item : core.imports) {
    ERMINE_ASSIGN(const runtime::ExternValue value, extern_value(item));
    imports.push_back(value);
  }
  // A start function runs as a task of its own.
  enter_call(&states_[core.instance]);
  ERMINE_ASSIGN(core_instances_[index], engine::instantiate(*store_, *plan().modules[core.module], imports));
  return exit_call();
}

Result<void> ComponentInstance::make_adapters(size_t step) {
  ERMINE_ASSIGN(const CompiledComponent::AdapterCode* code, component_->adapters(step));
  for (const CompiledComponent::AdapterCode::Part& part : code->parts) {
    std::vector<runtime::ExternValue> imports;
    imports.reserve(part.imports.size());
    for (const AdapterImport& import : part.imports) {
      switch (import.kind) {
        case AdapterImport::Kind::kMemory: imports.emplace_back(memory(code->memories[import.number])); break;
        case AdapterImport::Kind::kFunc: {
          ERMINE_ASSIGN(const runtime::ExternValue func, extern_value(code->funcs[import.number]));
          imports.push_back(func);
          break;
        }
        case AdapterImport::Kind::kFlags: imports.emplace_back(states_[import.number].flags); break;
        case AdapterImport::Kind::kIntrinsic: {
          ERMINE_ASSIGN(const auto host, intrinsic_function(shared_from_this(), *code, import));
          imports.emplace_back(store_->host_func(host));
          break;
        }
      }
    }
    ERMINE_ASSIGN(runtime::Instance * instance, engine::instantiate(*store_, *part.module, imports));
    for (uint32_t i = 0; i < part.made.size(); ++i) {
      const auto adapter = engine::find_export(*instance, base::format("{}", i));
      if (!adapter) return Error(ErrorKind::kUnsupported, "an adapter is missing");
      const uint32_t number = part.made[i];
      if (plan().made[number].kind != MadeFunc::kAsyncCall) {
        made_[number] = adapter->func;
        continue;
      }
      AsyncAdapters& adapters = async_adapters_[number];
      (adapters.params ? adapters.result : adapters.params) = adapter->func;
    }
  }
  return {};
}

const ResourceType* ComponentInstance::resource_of(uint32_t instance, ResourceId id) const {
  return shared_resource_of(instance, id).get();
}

const std::shared_ptr<const ResourceType>& ComponentInstance::shared_resource_of(uint32_t instance,
                                                                                 ResourceId id) const {
  static const std::shared_ptr<const ResourceType> kUnknown = std::make_shared<ResourceType>();
  const auto& known = plan().instances[instance].resources;
  const auto found = known.find(id);
  return found == known.end() ? kUnknown : resources_[found->second];
}

}  // namespace ermine::component
