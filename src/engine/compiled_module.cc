#include "engine/compiled_module.h"

#include "binary/decoder.h"
#include "binary/validator.h"
#include "runtime/export_index.h"
#include "runtime/memory.h"
#include "runtime/offsets.h"

namespace ermine::engine {

namespace {

Result<std::shared_ptr<const wasm::Module>> decode_and_validate(Engine& engine, std::span<const uint8_t> bytes,
                                                                std::shared_ptr<const void> owner) {
  ERMINE_ASSIGN(auto module, binary::decode(bytes, std::move(owner), engine.registry(), engine.features()));
  binary::ValidateOptions options;
  options.threads = engine.config().parallelism;
  ERMINE_TRY(binary::validate(*module, options));
  return module;
}

}  // namespace

Result<std::shared_ptr<const CompiledModule>> CompiledModule::compile(std::shared_ptr<Engine> engine,
                                                                      std::span<const uint8_t> bytes,
                                                                      std::shared_ptr<const void> owner,
                                                                      std::string_view name) {
  if (const auto& ready = engine->ready(); !ready) return ready.error().clone();
  ERMINE_ASSIGN(auto module, decode_and_validate(*engine, bytes, std::move(owner)));
  return from_valid(std::move(engine), std::move(module), name);
}

Result<std::shared_ptr<const CompiledModule>> CompiledModule::from_valid(std::shared_ptr<Engine> engine,
                                                                         std::shared_ptr<const wasm::Module> module,
                                                                         std::string_view name) {
  if (const auto& ready = engine->ready(); !ready) return ready.error().clone();
  auto shared = std::make_shared<runtime::SharedModule>();
  shared->exports = std::make_unique<runtime::ExportIndex>(*module);
  shared->module = std::move(module);
  shared->given_name = name;
  std::shared_ptr<CompiledModule> compiled(new CompiledModule);
  compiled->engine_ = std::move(engine);
  compiled->shared_ = std::move(shared);
  return std::shared_ptr<const CompiledModule>(std::move(compiled));
}

Result<void> CompiledModule::validate(Engine& engine, std::span<const uint8_t> bytes) {
  ERMINE_TRY(decode_and_validate(engine, bytes, nullptr));
  return {};
}

Result<std::shared_ptr<const runtime::ModuleCode>> CompiledModule::code(const runtime::CodeOptions& options) const {
  std::lock_guard lock(mutex_);
  for (const auto& code : codes_)
    if (code->options() == options) return code;
  const tiering::Tiers& tiers = engine_->tiers();
  return codes_.emplace_back(std::make_shared<tiering::TieredCode>(
      shared_->module, shared_->name(), options, tiers,
      tiering::Policy::of(options, static_cast<unsigned>(tiers.compiled.size()))));
}

Result<void> CompiledModule::make_all_code() const {
  const runtime::StoreOptions store = engine_->store_options();
  const bool guarded = std::ranges::all_of(module().memories, [&](const wasm::MemoryType& type) {
    return !runtime::offsets::can_be_guarded(type) || runtime::Memory::wants_guard(type, store.memory);
  });
  ERMINE_ASSIGN(auto made, code(engine_->code_options(guarded)));
  return const_cast<runtime::ModuleCode&>(*made).make_all();  // instances share code and never change it
}

const MemoryImage* CompiledModule::memory_image() const {
  std::lock_guard lock(mutex_);
  if (uses_ < 2 && ++uses_ == 2) image_ = MemoryImage::create(module());
  return image_.get();
}

}  // namespace ermine::engine
