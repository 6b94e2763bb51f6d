#include "extism/plugin.h"

#include <sys/random.h>

#include <array>
#include <utility>
#include <vector>

#include "ermine/printable.h"
#include "extism/log.h"

namespace ermine::extism {
namespace {

// What extism_plugin_call() returns.
constexpr int32_t kFailed = -1, kTrapped = 134;

// Hosts compare with the first three of these texts.
std::string text_of(const Error& error) {
  if (error.kind() == ErrorKind::kTrap && error.trap_code() == TrapCode::kInterrupted) return "timeout";
  if (error.limit() == Limit::kTotalMemoryBytes) return "oom";
  if (error.kind() == ErrorKind::kTrap && error.trap_code() == TrapCode::kOutOfFuel) return "plugin ran out of fuel";
  return error.to_string();
}

int32_t code_of(const Error& error) {
  if (error.kind() == ErrorKind::kExit) return error.exit_code();
  if (error.kind() != ErrorKind::kTrap || error.trap_code() == TrapCode::kOutOfFuel) return kFailed;
  return kTrapped;
}

std::string uuid_text(const uint8_t* id) {
  std::string out;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[id[i] >> 4];
    out += "0123456789abcdef"[id[i] & 15];
  }
  return out;
}

}  // namespace

// While it exists, code of the plug-in may run.
class Plugin::Run {
 public:
  explicit Run(Plugin& plugin, void* host_context) : plugin_(plugin) {
    plugin.running_ = true;
    plugin.host_context_ = host_context;
    plugin.session_->begin_run();
    plugin.cancel_.begin(plugin.session_->store());
  }
  ~Run() {
    plugin_.session_->end_run();
    plugin_.cancel_.end(plugin_.session_->store());
    plugin_.host_context_ = nullptr;
    plugin_.running_ = false;
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  Plugin& plugin_;
};

Plugin::Plugin(std::shared_ptr<const CompiledPlugin> compiled)
    : compiled_(std::move(compiled)), config_(compiled_->manifest().config) {
  // Does not fail for so few bytes, except before the kernel has any randomness: then it waits.
  (void)!getrandom(id_, sizeof id_, 0);
  id_[6] = static_cast<uint8_t>((id_[6] & 0x0f) | 0x40);  // version 4, RFC 9562
  id_[8] = static_cast<uint8_t>((id_[8] & 0x3f) | 0x80);
  uuid_ = uuid_text(id_);
}

Result<std::unique_ptr<Plugin>> Plugin::create(std::shared_ptr<const CompiledPlugin> compiled) {
  std::unique_ptr<Plugin> plugin(new Plugin(std::move(compiled)));
  ERMINE_TRY(plugin->begin_session());
  return plugin;
}

Result<void> Plugin::begin_session() {
  ERMINE_ASSIGN(session_, Session::create(*compiled_, this));
  const Run run(*this, nullptr);
  return session_->link();
}

bool Plugin::has_function(std::string_view name) {
  const std::optional<ExternType> type = compiled_->main().get_export(name);
  if (!type || type->kind != ExternKind::kFunc || !type->func.params.empty()) return false;
  return type->func.results.empty() || type->func.results == std::vector{ValType::i32()};
}

bool Plugin::configure(std::string_view json) {
  const std::lock_guard hold(lock_);
  return update_config(config_, json);
}

void Plugin::allow_http_headers() {
  const std::lock_guard hold(lock_);
  allows_http_headers_ = true;
}

std::string_view Plugin::output() {
  const std::lock_guard hold(lock_);
  return kernel().output_bytes();
}

const char* Plugin::error() {
  const std::lock_guard hold(lock_);
  return error_ ? error_->c_str() : nullptr;
}

void Plugin::reset() {
  const std::lock_guard hold(lock_);
  kernel().reset();
}

// Everything before the call: the instance, the input, the function.
Result<Func> Plugin::prepare(std::string_view name, std::string_view input) {
  Result<Instance> instance = session_->main();
  if (!instance) {
    // What is initialised in part is not used.
    needs_session_ = true;
    return std::move(instance).error();
  }
  kernel().reset();
  ERMINE_ASSIGN(const uint64_t block, kernel().alloc_bytes(input));
  if (block != 0) kernel().set_input({block, input.size()});
  const std::optional<Func> func = instance->get_func(name);
  if (!func) return Error(ErrorKind::kUsage, "Function not found: " + printable(name));
  const FuncType type = func->type();
  if (!type.params.empty() || type.results.size() > 1)
    return Error(ErrorKind::kUsage, "the function " + printable(name) + " has the type " + type.to_string() +
                                        "; hosts call functions without parameters, with one result or none");
  // Initialising had a time of its own.
  session_->begin_time();
  return *func;
}

int32_t Plugin::call(std::string_view name, std::string_view input, void* host_context) {
  const std::lock_guard hold(lock_);
  if (running_) {
    note(name, "the plug-in is running: a host function cannot call its own plug-in");
    return kFailed;
  }
  error_.reset();
  if (needs_session_) {
    if (Result<void> begun = begin_session(); !begun) {
      note(name, text_of(begun.error()));
      return kFailed;
    }
    needs_session_ = false;
  }
  const Run run(*this, host_context);
  const Result<Func> func = prepare(name, input);
  if (!func) {
    note(name, text_of(func.error()));
    return kFailed;
  }
  const Result<std::vector<Val>> results = func->call({});
  needs_session_ = name == "_start";
  return conclude(name, results);
}

// How the call ended, and the error: the plug-in's own, if it set one, counts more than that of the engine.
int32_t Plugin::conclude(std::string_view name, const Result<std::vector<Val>>& results) {
  const bool exhausted = !results && results.error().trap_code() == TrapCode::kOutOfFuel;
  const std::optional<std::string_view> message = kernel().block(kernel().error());
  const bool has_message = message && !message->empty() && !exhausted;
  if (has_message) note(name, std::string(*message));
  if (results) {
    if (results->empty()) return EXTISM_SUCCESS;
    const Val& code = results->front();
    return code.kind() == ValKind::kI32 ? code.i32() : kFailed;
  }
  if (has_message) return kFailed;
  const int32_t code = code_of(results.error());
  if (code != EXTISM_SUCCESS) note(name, text_of(results.error()));
  return code;
}

void Plugin::note(std::string_view name, std::string error) {
  log(LogLevel::kError, kHostTarget, uuid_, "call of " + printable(name) + ": " + error);
  error_ = std::move(error);
}

}  // namespace ermine::extism
