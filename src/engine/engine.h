// Engine: the state that modules and stores share. Thread-safe.
#pragma once

#include <memory>

#include "ermine/config.h"
#include "platform/code_listener.h"
#include "runtime/execution_hooks.h"
#include "runtime/interrupt.h"
#include "runtime/module_code.h"
#include "runtime/store.h"
#include "tiering/tiered_code.h"
#include "wasm/features.h"
#include "wasm/type_registry.h"

namespace ermine::engine {

class Engine : public std::enable_shared_from_this<Engine> {
 public:
  // Moves values into their range.
  static std::shared_ptr<Engine> create(Config config);

  const Config& config() const { return config_; }
  wasm::FeatureSet features() const { return features_; }
  const std::shared_ptr<wasm::TypeRegistry>& registry() const { return registry_; }
  const runtime::ExecutionHooks& hooks() const { return hooks_; }
  const tiering::Tiers& tiers() const { return tiers_; }
  // For tests: other tiers than those of the build. Call it before there is any module.
  void use_tiers(tiering::Tiers tiers) { tiers_ = std::move(tiers); }
  runtime::MemoryOptions memory_options() const { return {config_.memory_reservation, config_.memory_guard}; }
  // Options for code; see CodeOptions::guarded. Precondition: ready().
  runtime::CodeOptions code_options(bool guarded) const;
  // Whether there is what the Config requests: the file of a profiler, the plug-in of a tier. Otherwise there are no
  // modules.
  const Result<void>& ready() const { return ready_; }
  CodeCounts code_counts() const;
  // As ermine::Engine has them.
  std::vector<std::string> late_libraries() const;
  Result<void> open_libraries() const;
  // For a store of this engine, which keeps the engine alive.
  runtime::StoreOptions store_options();

 private:
  explicit Engine(const Config& config);
  Result<void> add_machine_tiers();
  Config config_;
  wasm::FeatureSet features_;
  std::shared_ptr<wasm::TypeRegistry> registry_;
  platform::CodeListenerPtr listener_;  // made before any machine code; null: no profiler or debugger was requested
  std::shared_ptr<runtime::CodeCounters> counters_;  // null: this build makes no machine code
  const runtime::ExecutionHooks& hooks_;
  tiering::Tiers tiers_;
  std::shared_ptr<tiering::BackgroundCompiler> background_;  // null: no tier compiles in the background
  Result<void> ready_;
  runtime::DeadlineTimer timer_;
};

}  // namespace ermine::engine
