#include "component/adapter/adapter.h"
#include "component/runtime/adapter_code.h"
#include "component/runtime/component_instance.h"

namespace ermine::component {

Result<std::shared_ptr<const CompiledComponent>> CompiledComponent::compile(std::shared_ptr<engine::Engine> engine,
                                                                            std::span<const uint8_t> bytes,
                                                                            std::shared_ptr<const void> owner,
                                                                            FeatureSet features) {
  ValidateOptions options;
  options.features = features;
  options.core_features = engine->features();
  options.registry = engine->registry();
  options.threads = engine->config().parallelism;
  ERMINE_ASSIGN(auto valid, validate(bytes, std::move(owner), options));
  std::shared_ptr<CompiledComponent> compiled(new CompiledComponent);
  compiled->engine_ = std::move(engine);
  compiled->valid_ = std::move(valid);
  ERMINE_ASSIGN(compiled->plan_, make_plan(*compiled->valid_, compiled->engine_));
  return std::shared_ptr<const CompiledComponent>(std::move(compiled));
}

Result<const CompiledComponent::AdapterCode*> CompiledComponent::adapters(size_t step) const {
  std::lock_guard lock(mutex_);
  std::shared_ptr<const AdapterCode>& code = adapters_[step];
  if (!code) { ERMINE_ASSIGN(code, AdapterCode::make(*this, plan_.steps[step])); }
  return code.get();
}

}  // namespace ermine::component
