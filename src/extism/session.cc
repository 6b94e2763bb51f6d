#include "extism/session.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "ermine/printable.h"
#include "ermine/wasi_stream.h"

namespace ermine::extism {
namespace {

Result<Wasi> make_wasi(const Manifest& manifest) {
  WasiConfig config;
  constexpr std::string_view kReadOnly = "ro:";
  for (const auto& [host, guest] : manifest.allowed_paths) {
    const bool read_only = host.starts_with(kReadOnly);
    config.preopen_dir(read_only ? host.substr(kReadOnly.size()) : host, guest,
                       read_only ? WasiDirAccess::kReadOnly : WasiDirAccess::kReadWrite);
  }
  // Extism's switch for debugging plug-ins.
  if (getenv("EXTISM_ENABLE_WASI_OUTPUT") != nullptr)
    config.inherit_stdio().stdin_stream(std::make_shared<MemoryInputPipe>(std::string()));
  return Wasi::create(std::move(config));
}

// A function that initialises something: without parameters and results.
std::optional<Func> initializer(const Instance& instance, const char* name) {
  std::optional<Func> func = instance.get_func(name);
  if (func && func->type() != FuncType()) func.reset();
  return func;
}

// Languages whose programs have a runtime export a function that begins it.
Result<void> initialize(const Instance& instance) {
  if (const std::optional<Func> haskell = instance.get_func("hs_init")) {
    if (const std::optional<Func> reactor = initializer(instance, "_initialize")) ERMINE_TRY(reactor->call({}));
    // Without arguments: their number, and the address of the list.
    ERMINE_TRY(haskell->call({int32_t{0}, int32_t{0}}));
    return {};
  }
  const char* const name = instance.get_func("__wasm_call_ctors") ? "__wasm_call_ctors" : "_initialize";
  if (const std::optional<Func> func = initializer(instance, name)) ERMINE_TRY(func->call({}));
  return {};
}

}  // namespace

Session::Session(const CompiledPlugin& compiled, void* data)
    : compiled_(compiled), store_(compiled.engine()), linker_(compiled.linker().clone()) {
  store_.set_data(data);
}

Result<std::unique_ptr<Session>> Session::create(const CompiledPlugin& compiled, void* data) {
  std::unique_ptr<Session> session(new Session(compiled, data));
  ERMINE_ASSIGN(session->kernel_, Kernel::create(session->store_));
  if (compiled.with_wasi()) { ERMINE_ASSIGN(session->wasi_, make_wasi(compiled.manifest())); }
  return session;
}

void Session::begin_run() {
  if (compiled_.fuel()) (void)store_.set_fuel(*compiled_.fuel());  // the engine has it: Config::consume_fuel
  begin_time();
}

void Session::begin_time() {
  constexpr uint64_t kLongest = uint64_t{1000} * 60 * 60 * 24 * 365;  // that the clock can add without an overflow
  const std::optional<uint64_t> timeout = compiled_.manifest().timeout_ms;
  if (timeout) store_.set_timeout(std::chrono::milliseconds(std::min(*timeout, kLongest)));
}

// Extism's limit is on what memories grow by after the instantiation, the kernel's included, and on what the main
// module begins with.
void Session::limit_memory(uint64_t present) {
  if (!compiled_.manifest().max_pages) return;
  StoreLimits limits;
  limits.total_memory_bytes = present + uint64_t{*compiled_.manifest().max_pages} * 65536;
  limits.fail_on_grow = true;
  store_.set_limits(limits);
}

Result<void> Session::link() {
  for (const auto& [name, module] : compiled_.linked()) {
    ERMINE_TRY(check_imports(module));
    ERMINE_ASSIGN(const Instance instance, linker_.instantiate(store_, module));
    if (const std::optional<Func> func = initializer(instance, "_initialize")) ERMINE_TRY(func->call({}));
    ERMINE_TRY(linker_.instance(name, instance));
  }
  return check_imports(compiled_.main());
}

Result<void> Session::check_imports(const Module& module) {
  for (const ImportType& import : module.imports()) {
    const std::string name = printable(import.module) + "::" + printable(import.name);
    const bool is_func = import.type.kind == ExternKind::kFunc;
    std::optional<Extern> found;
    if (linker_.has(import.module, import.name) && (is_func || import.module != kEnvModule))
      found = linker_.get(store_, import.module, import.name);
    const bool wasi = import.module.starts_with("wasi");
    // Hosts look for the first part of this text, which is the original library's.
    if (!found || found->kind() != import.type.kind)
      return Error(ErrorKind::kLink, "unknown import: `" + name + "` has not been defined; the plug-in imports it as " +
                                         import.type.to_string() +
                                         (wasi ? ", of WASI, which with_wasi enables"
                                               : "; give it as a host function, or as a module of the manifest"));
    if (is_func && found->func()->type() != import.type.func)
      return Error(ErrorKind::kLink, "the plug-in imports " + name + " as a function " + import.type.func.to_string() +
                                         ", and it is one of type " + found->func()->type().to_string());
  }
  return {};
}

Result<Instance> Session::main() {
  if (main_) return *main_;
  const uint64_t present = compiled_.linked_memory() + kernel_->size();
  limit_memory(present);
  ERMINE_ASSIGN(const Instance instance, linker_.instantiate(store_, compiled_.main()));
  limit_memory(present + compiled_.main_memory());
  main_ = instance;
  ERMINE_TRY(initialize(instance));
  return instance;
}

}  // namespace ermine::extism
