// CompiledPlugin: the modules of a plug-in, compiled, and everything that its instances share: what it may use, and a
// Linker with the functions of extism:host/env, of WASI and of the embedder. Immutable, for any number of plug-ins on
// any threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/linker.h"
#include "ermine/module.h"
#include "extism/host_function.h"
#include "extism/manifest.h"

namespace ermine::extism {

struct NamedModule {
  std::string name;
  Module module;
};

class CompiledPlugin {
 public:
  // `source`: a module in the binary or the text format, or a manifest. Errors: those of the manifest, its files and
  // its modules; kUsage for host functions that cannot be defined.
  static Result<std::shared_ptr<const CompiledPlugin>> create(std::string_view source,
                                                              std::vector<std::shared_ptr<HostFunction>> functions,
                                                              bool with_wasi, std::optional<uint64_t> fuel);

  const Engine& engine() const { return engine_; }
  const Manifest& manifest() const { return manifest_; }  // without the modules
  const Linker& linker() const { return linker_; }
  // Those that the main module imports from, each after the modules that it imports from itself.
  const std::vector<NamedModule>& linked() const { return linked_; }
  const Module& main() const { return *main_; }
  bool with_wasi() const { return with_wasi_; }
  // Of each call.
  std::optional<uint64_t> fuel() const { return fuel_; }
  // Bytes of the memories that the linked modules, and the main one, begin with; known if the manifest has a limit.
  uint64_t linked_memory() const { return linked_memory_; }
  uint64_t main_memory() const { return main_memory_; }

 private:
  explicit CompiledPlugin(const Engine& engine) : engine_(engine), linker_(engine) {}
  Result<void> read(std::string_view source, std::vector<NamedModule>& modules);
  Result<void> order(std::vector<NamedModule> modules);
  Result<void> define(std::vector<std::shared_ptr<HostFunction>> functions);

  Engine engine_;
  Manifest manifest_;
  Linker linker_;
  std::vector<NamedModule> linked_;
  std::optional<Module> main_;
  bool with_wasi_ = false;
  std::optional<uint64_t> fuel_;
  uint64_t linked_memory_ = 0, main_memory_ = 0;
};

}  // namespace ermine::extism

struct ExtismCompiledPlugin {
  std::shared_ptr<const ermine::extism::CompiledPlugin> compiled;
};
