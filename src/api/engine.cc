// Engine and Module.
#include "api/convert.h"
#include "engine/compiled_module.h"
#include "platform/mapped_file.h"
#include "runtime/export_index.h"
#include "wasm/limits.h"

namespace ermine {

Engine::Engine() : Engine(Config()) {}
Engine::Engine(const Config& config) : impl_(engine::Engine::create(config)) {}
const Config& Engine::config() const { return impl_->config(); }
CodeCounts Engine::code_counts() const { return impl_->code_counts(); }
std::vector<std::string> Engine::late_libraries() const { return impl_->late_libraries(); }
Result<void> Engine::open_libraries() const { return impl_->open_libraries(); }

namespace {
// Text that Module::from_text compiles. A build without the text format has no advice to give.
bool looks_like_text(std::span<const uint8_t> bytes) {
#ifdef ERMINE_HAS_TEXT
  auto first = bytes.begin();
  while (first != bytes.end() && *first <= ' ' && *first != 0) ++first;
  return first != bytes.end() && (*first == '(' || *first == ';');
#else
  return false;
#endif
}

Result<Module> compile_owned(const Engine& engine, std::span<const uint8_t> bytes, std::shared_ptr<const void> owner,
                             std::string_view name) {
  const bool is_text = looks_like_text(bytes);  // before the owner is gone
  auto compiled = engine::CompiledModule::compile(engine.impl(), bytes, std::move(owner), name);
  if (compiled) return Module(*std::move(compiled));
  if (is_text)
    return Error(ErrorKind::kMalformed, "magic header not detected: this is text; Module::from_text() compiles it", 0);
  return std::move(compiled).error();
}
}  // namespace

Result<Module> Module::compile(const Engine& engine, std::span<const uint8_t> bytes, std::string_view name) {
  return compile(engine, std::vector<uint8_t>(bytes.begin(), bytes.end()), name);
}

Result<Module> Module::compile(const Engine& engine, std::vector<uint8_t>&& bytes, std::string_view name) {
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  std::span<const uint8_t> view(*owner);
  return compile_owned(engine, view, std::move(owner), name);
}

Result<Module> Module::from_file(const Engine& engine, const std::string& path, std::string_view name) {
  ERMINE_ASSIGN(platform::FileBytes file, platform::map_file(path, wasm::kMaxModuleSize));
  Result<Module> module = compile_owned(engine, file.bytes, std::move(file.owner), name);
  if (!module) return Error(std::move(module).error().with_context(path));
  return module;
}

Result<Module> Module::from_descriptor(const Engine& engine, int fd, std::string_view name) {
  ERMINE_ASSIGN(platform::FileBytes file, platform::map_descriptor(fd, std::string(name), wasm::kMaxModuleSize));
  return compile_owned(engine, file.bytes, std::move(file.owner), name);
}

Result<void> Module::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  return engine::CompiledModule::validate(*engine.impl(), bytes);
}

Result<void> Module::compile_functions() const { return impl_->make_all_code(); }

Engine Module::engine() const { return Engine(impl_->shared_engine()); }
std::span<const uint8_t> Module::bytes() const { return impl_->module().bytes; }
std::string_view Module::name() const { return impl_->shared()->name(); }

std::vector<ImportType> Module::imports() const {
  const wasm::Module& m = impl_->module();
  std::vector<ImportType> out;
  out.reserve(m.imports.size());
  for (const wasm::Import& i : m.imports) out.push_back({i.module, i.name, api::import_type(m, i.kind, i.index)});
  return out;
}

std::vector<ExportType> Module::exports() const {
  const wasm::Module& m = impl_->module();
  std::vector<ExportType> out;
  out.reserve(m.exports.size());
  for (const wasm::Export& e : m.exports) out.push_back({e.name, api::import_type(m, e.kind, e.index)});
  return out;
}

std::optional<ExternType> Module::get_export(std::string_view name) const {
  const wasm::Export* e = impl_->shared()->exports->find(name);
  if (!e) return std::nullopt;
  return api::import_type(impl_->module(), e->kind, e->index);
}

std::vector<CustomSection> Module::custom_sections() const {
  std::vector<CustomSection> out;
  for (const wasm::CustomSection& c : impl_->module().customs) out.push_back({c.name, c.bytes});
  return out;
}

std::optional<std::span<const uint8_t>> Module::custom_section(std::string_view name) const {
  for (const wasm::CustomSection& c : impl_->module().customs)
    if (c.name == name) return c.bytes;
  return std::nullopt;
}

std::string_view Module::function_name(uint32_t func_index) const {
  const wasm::Module& m = impl_->module();
  return func_index < m.functions.size() ? m.function_name(func_index) : std::string_view();
}

}  // namespace ermine
