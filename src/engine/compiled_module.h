// CompiledModule: makes a module from bytes that can be instantiated: decoded, validated, its exports indexed. Its code
// (translated function by function on the first call) is made once for each set of options. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/memory_image.h"
#include "runtime/instance.h"

namespace ermine::engine {

class CompiledModule : public std::enable_shared_from_this<CompiledModule> {
 public:
  // `bytes` stay valid as long as `owner`. Errors: kMalformed, kInvalid, kUnsupported.
  static Result<std::shared_ptr<const CompiledModule>> compile(std::shared_ptr<Engine> engine,
                                                               std::span<const uint8_t> bytes,
                                                               std::shared_ptr<const void> owner,
                                                               std::string_view name);
  // Of a module that is valid already, whose types are in the engine's registry.
  static Result<std::shared_ptr<const CompiledModule>> from_valid(std::shared_ptr<Engine> engine,
                                                                  std::shared_ptr<const wasm::Module> module,
                                                                  std::string_view name);
  static Result<void> validate(Engine& engine, std::span<const uint8_t> bytes);

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const wasm::Module& module() const { return *shared_->module; }
  const std::shared_ptr<const runtime::SharedModule>& shared() const { return shared_; }
  Result<std::shared_ptr<const runtime::ModuleCode>> code(const runtime::CodeOptions& options) const;
  // The code of all functions, for instances with the engine's settings.
  Result<void> make_all_code() const;
  // The image of the module's data, made when it is instantiated for the second time, so that a program that runs once
  // does not pay for it. Null if there is none (yet).
  const MemoryImage* memory_image() const;

 private:
  CompiledModule() = default;
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<const runtime::SharedModule> shared_;
  mutable std::mutex mutex_;  // guards the members below
  mutable std::vector<std::shared_ptr<const runtime::ModuleCode>> codes_;
  mutable std::unique_ptr<const MemoryImage> image_;
  mutable unsigned uses_ = 0;  // calls of memory_image(), up to the one that made it
};

}  // namespace ermine::engine
