// Instantiation: runs the steps of the plan.
#include "component/runtime/component_instance.h"

#include "base/format.h"
#include "component/runtime/adapter_imports.h"
#include "component/runtime/scheduler.h"
#include "engine/import_match.h"
#include "engine/instantiate.h"
#include "runtime/call.h"

namespace ermine::component {

ComponentInstance::~ComponentInstance() { end_handles(); }

void ComponentInstance::end_handles() {
  for (InstanceState& state : states_) state.handles.destroy_host_resources();
}

Result<std::shared_ptr<ComponentInstance>> ComponentInstance::instantiate(
    runtime::Store& store, std::shared_ptr<const CompiledComponent> component, const ComponentLinker& linker) {
  std::shared_ptr<ComponentInstance> made(new ComponentInstance);
  made->store_ = &store;
  made->scheduler_ = &Scheduler::of(store);
  made->component_ = std::move(component);
  made->scheduler_->add_instance(made);
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
