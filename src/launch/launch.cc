#include "launch/launch.h"

#include <algorithm>

#include "base/format.h"
#include "launch/exit_code.h"
#include "launch/load.h"

namespace ermine::launch {
namespace {

// Functions that compilers' runtimes import in addition to WASI and that have an obvious meaning here: Emscripten's
// notification that memory has grown.
Result<void> define_emscripten_functions(Linker& linker) {
  return linker.func_wrap("env", "emscripten_notify_memory_growth", [](uint32_t) {});
}

}  // namespace

Launch::Launch(Program&& program, InputFile&& file, Wasi&& wasi)
    : program_(std::move(program)), engine_(program_.config), file_(std::move(file)), wasi_(std::move(wasi)) {}

Result<Launch> Launch::open(Program program) {
  ERMINE_ASSIGN(InputFile file, InputFile::open(program.module));
  std::vector<Preload> preloads;
  for (const auto& [name, path] : program.preloads) {
    ERMINE_ASSIGN(InputFile preload, InputFile::open(path));
    preloads.push_back({name, std::move(preload), {}});
  }
  const bool writes = std::any_of(program.grants.directories.begin(), program.grants.directories.end(),
                                  [](const DirectoryGrant& d) { return d.access == DirectoryAccess::kReadWrite; });
  // The process may be confined afterwards, and then it cannot open the plug-in.
  if (!program.grants.network.http.empty() && !program.grants.http.pool) {
    ERMINE_ASSIGN(program.grants.http.pool, HttpPool::open(program.grants.http.pool_options));
  }
  ERMINE_ASSIGN(Wasi wasi, Wasi::create(WasiConfig(std::move(program.grants))));
  Launch launch(std::move(program), std::move(file), std::move(wasi));
  launch.preloads_ = std::move(preloads);
  launch.writes_ = writes;
  return launch;
}

Result<Module> Launch::load(InputFile& file) const {
  if (program_.on_load) program_.on_load(module_name(file));
  return load_module(engine_, file, program_.max_module_bytes, reading());
}

// A program that may write files could truncate the file that its module is mapped from.
Reading Launch::reading() const { return writes_ ? Reading::kCopy : Reading::kMap; }

Result<void> Launch::make_store() {
  store_.emplace(engine_, program_.limits);
  if (program_.fuel) ERMINE_TRY(store_->set_fuel(*program_.fuel));
  return {};
}

Result<void> Launch::load() {
  if (program_.on_load) program_.on_load(module_name(file_));
  ERMINE_ASSIGN(auto program, load_program(engine_, file_, program_.max_module_bytes, reading()));
  if (auto* component = std::get_if<Component>(&program)) {
    if (!preloads_.empty())
      return Error(Error(ErrorKind::kUsage, "modules cannot be preloaded for a component").with_context(file_.path()));
    component_ = std::move(*component);
    ERMINE_TRY(link_component());
    return make_store();
  }
  module_ = std::move(std::get<Module>(program));
  for (Preload& preload : preloads_) { ERMINE_ASSIGN(preload.module, load(preload.file)); }
  linker_.emplace(engine_);
  // Preloaded modules may import from it as well.
  ERMINE_TRY(preloads_.empty() ? wasi_.add_to_linker(*linker_, *module_) : wasi_.add_to_linker(*linker_));
  ERMINE_TRY(define_emscripten_functions(*linker_));
  return make_store();
}

Result<void> Launch::link_component() {
  component_linker_.emplace(engine_);
  ERMINE_TRY(wasi_.add_to_linker(*component_linker_, *component_));
  if (program_.unknown_imports_trap) ERMINE_TRY(component_linker_->define_unknown_imports_as_traps(*component_));
  if (program_.unknown_imports_default)
    return Error(ErrorKind::kUsage, "missing imports of a component cannot be replaced by functions that return zeros");
  return {};
}

const Module* Launch::preloaded(std::string_view name) const {
  const auto at = std::ranges::find(preloads_, name, &Preload::name);
  return at == preloads_.end() || !at->module ? nullptr : &*at->module;
}

Result<Instance> Launch::instantiate(const Module& module) {
  last_module_ = module;
  if (!program_.unknown_imports_trap && !program_.unknown_imports_default) return linker_->instantiate(*store_, module);
  // The definitions that stand for this module's missing imports must not replace the exports that it provides to the
  // modules after it, so they go into a linker of their own.
  Linker linker = linker_->clone();
  if (program_.unknown_imports_trap) ERMINE_TRY(linker.define_unknown_imports_as_traps(module));
  if (program_.unknown_imports_default) ERMINE_TRY(linker.define_unknown_imports_as_defaults(*store_, module));
  return linker.instantiate(*store_, module);
}

Result<Instance> Launch::instantiate() {
  for (const Preload& preload : preloads_) {
    ERMINE_ASSIGN(Instance instance, instantiate(*preload.module));
    ERMINE_TRY(initialize(instance));
    for (const ExportType& e : preload.module->exports())
      if (linker_->has(preload.name, e.name))
        return Error(ErrorKind::kUsage, base::format("{}: its export '{}' is provided already under the name '{}', by "
                                                     "the host or by another module",
                                                     preload.file.path(), e.name, preload.name));
    ERMINE_TRY(linker_->instance(preload.name, instance));
  }
  return instantiate(*module_);
}

Result<void> Launch::initialize(const Instance& instance) {
  if (std::optional<Func> init = instance.get_func("_initialize")) return init->call({}, {});
  return {};
}

Result<bool> Launch::start(const Instance& instance) {
  ERMINE_TRY(initialize(instance));
  std::optional<Func> start = instance.get_func("_start");
  if (!start) return false;
  if (const FuncType type = start->type(); !type.params.empty() || !type.results.empty())
    return Error(
        ErrorKind::kUsage,
        base::format("a program's _start has neither parameters nor results; this one has {}", type.to_string()));
  ERMINE_TRY(start->call({}, {}));
  return true;
}

Result<ComponentInstance> Launch::instantiate_component() {
  return component_linker_->instantiate(*store_, *component_);
}

Result<bool> Launch::start(const ComponentInstance& instance) {
  // Of any version of WASI 0.3 or 0.2.
  std::optional<ComponentFunc> run = instance.get_func("wasi:cli/run@0.3.1", "run");
  if (!run) run = instance.get_func("wasi:cli/run@0.2.12", "run");
  if (!run) return false;
  using Outcome = component::Expected<void, std::monostate>;
  ERMINE_ASSIGN(const TypedComponentFunc<Outcome()> start, run->typed<Outcome()>());
  ERMINE_ASSIGN(const Outcome outcome, start());
  if (!outcome) return Error::exit(kFailed);
  return true;
}

}  // namespace ermine::launch
