#include "extism/compiled.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ermine/printable.h"
#include "ermine/wasi.h"
#include "extism/env.h"
#include "extism/plugin.h"

namespace ermine::extism {
namespace {

// One engine for all plug-ins, and one for those with fuel, whose code counts. Never destroyed: plug-ins may run until
// the process ends.
const Engine& engine(bool fuel) {
  static auto* const without = new Engine();
  if (!fuel) return *without;
  static auto* const with = [] {
    Config config;
    config.consume_fuel = true;
    return new Engine(config);
  }();
  return *with;
}

bool is_binary(std::string_view source) { return source.starts_with(std::string_view("\0asm", 4)); }

bool is_text(std::string_view source) {
  const size_t begin = source.find_first_not_of(" \t\r\n");
  if (begin == source.npos) return false;
  source.remove_prefix(begin);
  if (source.starts_with(";;") || source.starts_with("(;")) return true;
  if (!source.starts_with('(')) return false;
  const size_t word = source.find_first_not_of(" \t\r\n", 1);
  return word != source.npos && source.substr(word).starts_with("module");
}

// Messages and backtraces have the name that the module gives itself.
Result<Module> compile(const Engine& engine, std::string_view bytes) {
  if (is_text(bytes)) return Module::from_text(engine, bytes);
  return Module::compile(engine, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

std::string_view view(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Bytes of the memories that an instance defines.
uint64_t own_memory(const Module& module) {
  std::vector<MemoryType> types = module.summary().memory_types;
  const auto imported = std::ranges::count_if(
      module.imports(), [](const ImportType& import) { return import.type.kind == ExternKind::kMemory; });
  uint64_t bytes = 0;
  for (const MemoryType& type : std::span(types).subspan(static_cast<size_t>(imported)))
    bytes += type.min * type.page_size();
  return bytes;
}

// Puts modules into an order in which each follows those that it imports from.
class Ordering {
 public:
  Ordering(std::vector<NamedModule>& modules, std::vector<NamedModule>& out)
      : modules_(modules), states_(modules.size()), out_(out) {}

  Result<void> add_imports_of(const Module& module) {
    for (const ImportType& import : module.imports()) {
      const auto found = std::ranges::find(modules_, import.module, &NamedModule::name);
      if (found != modules_.end()) ERMINE_TRY(add(static_cast<size_t>(found - modules_.begin())));
    }
    return {};
  }

 private:
  enum class State : uint8_t { kNew, kUnderWay, kDone };

  Result<void> add(size_t number) {
    if (states_[number] == State::kDone) return {};
    if (std::exchange(states_[number], State::kUnderWay) == State::kUnderWay)
      return Error(ErrorKind::kLink, "the module " + printable(modules_[number].name) +
                                         " imports from itself, by way of other modules: that cannot be linked");
    ERMINE_TRY(add_imports_of(modules_[number].module));
    states_[number] = State::kDone;
    out_.push_back(modules_[number]);
    return {};
  }

  std::vector<NamedModule>& modules_;
  std::vector<State> states_;
  std::vector<NamedModule>& out_;
};

}  // namespace

Result<void> CompiledPlugin::read(std::string_view source, std::vector<NamedModule>& modules) {
  if (is_binary(source) || is_text(source)) {
    ERMINE_ASSIGN(Module module, compile(engine_, source));
    modules.push_back({kMainModule, std::move(module)});
    return {};
  }
  ERMINE_ASSIGN(manifest_, parse_manifest(source));
  for (ModuleSource& each : std::exchange(manifest_.modules, {})) {
    std::string name = each.name;
    if (name == kEnvModule || std::ranges::find(modules, name, &NamedModule::name) != modules.end())
      return Error(ErrorKind::kUsage, "the manifest has two modules with the name " + printable(name) +
                                          ", or it is the host's own: give each another name");
    ERMINE_ASSIGN(const std::vector<uint8_t> bytes, load(std::move(each)));
    Result<Module> module = compile(engine_, view(bytes));
    if (!module) return std::move(module).error().with_context("module " + name);
    modules.push_back({std::move(name), *std::move(module)});
  }
  return {};
}

Result<void> CompiledPlugin::order(std::vector<NamedModule> modules) {
  const auto main = std::ranges::find(modules, kMainModule, &NamedModule::name);
  main_ = std::move(main->module);
  modules.erase(main);
  ERMINE_TRY(Ordering(modules, linked_).add_imports_of(*main_));
  if (!manifest_.max_pages) return {};
  for (const NamedModule& each : linked_) linked_memory_ += own_memory(each.module);
  main_memory_ = own_memory(*main_);
  return {};
}

Result<void> CompiledPlugin::define(std::vector<std::shared_ptr<HostFunction>> functions) {
  // An embedder may replace functions of extism:host/env and WASI by its own.
  linker_.allow_shadowing(true);
  ERMINE_TRY(define_env(linker_));
  if (with_wasi_)
    ERMINE_TRY(Wasi::add_to_linker(linker_, [](Caller& caller) { return caller.data_as<Plugin>().wasi(); }));
  for (std::shared_ptr<HostFunction>& function : functions) ERMINE_TRY(extism::define(linker_, std::move(function)));
  return {};
}

Result<std::shared_ptr<const CompiledPlugin>> CompiledPlugin::create(
    std::string_view source, std::vector<std::shared_ptr<HostFunction>> functions, bool with_wasi,
    std::optional<uint64_t> fuel) {
  std::shared_ptr<CompiledPlugin> plugin(new CompiledPlugin(extism::engine(fuel.has_value())));
  plugin->with_wasi_ = with_wasi;
  plugin->fuel_ = fuel;
  std::vector<NamedModule> modules;
  ERMINE_TRY(plugin->read(source, modules));
  ERMINE_TRY(plugin->order(std::move(modules)));
  ERMINE_TRY(plugin->define(std::move(functions)));
  return std::shared_ptr<const CompiledPlugin>(std::move(plugin));
}

}  // namespace ermine::extism
