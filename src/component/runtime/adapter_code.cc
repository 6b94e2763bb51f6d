#include "component/runtime/adapter_code.h"

#include <map>
#include <tuple>

#include "base/format.h"

namespace ermine::component {

namespace {

// Gives items numbers in the order in which they come.
class Numbers {
 public:
  explicit Numbers(std::vector<CoreItem>& items) : items_(items) {}
  CoreNumber operator()(const CoreItem& item) {
    const auto [entry, added] =
        known_.emplace(std::tuple(item.source, item.from, item.item), static_cast<CoreNumber>(items_.size()));
    if (added) items_.push_back(item);
    return entry->second;
  }

 private:
  std::vector<CoreItem>& items_;
  std::map<std::tuple<CoreItem::Source, uint32_t, uint32_t>, CoreNumber> known_;
};

}  // namespace

Result<std::shared_ptr<const CompiledComponent::AdapterCode>> CompiledComponent::AdapterCode::make(
    const CompiledComponent& component, const PlanStep& step) {
  const Plan& plan = component.plan();
  auto code = std::make_shared<AdapterCode>();
  Numbers memory_number(code->memories), func_number(code->funcs);
  AdapterModule module;
  std::vector<uint32_t> added;
  // An exception has a tag, and components neither import tags nor get them from the host.
  const bool may_throw =
      std::ranges::any_of(plan.modules, [](const auto& compiled) { return !compiled->module().tags.empty(); });
  const auto finish = [&]() -> Result<void> {
    AdapterModule::Finished finished = module.finish();
    Part part;
    part.imports = std::move(finished.imports);
    part.made = std::move(added);
    added.clear();
    auto bytes = std::make_shared<const std::vector<uint8_t>>(std::move(finished.bytes));
    const std::span<const uint8_t> view(*bytes);
    Result<std::shared_ptr<const engine::CompiledModule>> compiled =
        engine::CompiledModule::compile(component.engine(), view, std::move(bytes), "component adapters");
    if (!compiled) return std::move(compiled.error()).with_context("adapters of a component");
    part.module = *std::move(compiled);
    code->parts.push_back(std::move(part));
    return {};
  };
  const auto side = [&](const PlanOptions& options, uint32_t instance, FuncId type) {
    AdapterSide s;
    s.types = &component.types();
    s.type = type;
    s.instance = instance;
    s.encoding = options.encoding;
    s.is_async = options.is_async;
    s.sees_tasks = plan.instances[instance].sees_tasks;
    if (options.memory) {
      const CoreItem& item = *options.memory;
      const wasm::Module& definer = plan.modules[plan.core_instances[item.from].module]->module();
      const wasm::MemoryType& memory = definer.memories[definer.exports[item.item].index];
      s.memory = AdapterMemory{memory_number(item), memory.is64, static_cast<uint8_t>(memory.page_log2)};
    }
    if (options.realloc) s.realloc = func_number(*options.realloc);
    if (options.post_return) s.post_return = func_number(*options.post_return);
    return s;
  };
  for (uint32_t i = step.index; i < step.end; ++i) {
    const MadeFunc& made = plan.made[i];
    const bool is_async = made.kind == MadeFunc::kAsyncCall;
    if (made.kind != MadeFunc::kAdapter && !is_async) continue;
    const PlanFunc& func = plan.funcs[made.target];
    AdapterRequest request;
    request.name = func.name;
    request.lower = side(made.options, made.instance, made.type);
    request.lift = side(func.options, func.instance, func.type);
    if (!is_async) request.callee = func_number(func.callee);
    for (uint32_t entered = func.instance; entered != kNoIndex; entered = plan.instances[entered].parent) {
      bool holds_caller = false;
      for (uint32_t c = made.instance; c != kNoIndex; c = plan.instances[c].parent) holds_caller |= c == entered;
      if (holds_caller) break;
      request.entered.push_back(entered);
    }
    request.may_throw = may_throw;
    const auto add = [&] { return is_async ? module.add_async(request) : module.add(request); };
    Result<uint32_t> number = add();
    if (!number && number.error().kind() == ErrorKind::kLimit && !added.empty()) {
      ERMINE_TRY(finish());
      number = add();
    }
    if (!number) return std::move(number).error();
    added.insert(added.end(), is_async ? 2 : 1, i);
  }
  if (!added.empty()) ERMINE_TRY(finish());
  return std::shared_ptr<const AdapterCode>(std::move(code));
}

}  // namespace ermine::component
