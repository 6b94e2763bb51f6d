// The core modules of the adapters that one step of a plan makes, compiled, with what their imports stand for.
#pragma once

#include <memory>
#include <vector>

#include "component/adapter/adapter.h"
#include "component/runtime/component_instance.h"

namespace ermine::component {

struct CompiledComponent::AdapterCode {
  struct Part {
    std::shared_ptr<const engine::CompiledModule> module;
    std::vector<AdapterImport> imports;
    // By the number of the adapter: in Plan::made. One for an asynchronous call is there twice, for its two adapters.
    std::vector<uint32_t> made;
  };
  std::vector<Part> parts;
  std::vector<CoreItem> memories, funcs;  // by CoreNumber

  static Result<std::shared_ptr<const AdapterCode>> make(const CompiledComponent& component, const PlanStep& step);
};

}  // namespace ermine::component
