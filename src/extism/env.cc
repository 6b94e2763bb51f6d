#include "extism/env.h"

#include <climits>
#include <string>
#include <utility>

#include "ermine/caller.h"
#include "extism/http.h"
#include "extism/log.h"
#include "extism/plugin.h"

namespace ermine::extism {
namespace {

Plugin& plugin_of(Caller& caller) { return caller.data_as<Plugin>(); }
Kernel& kernel_of(Caller& caller) { return plugin_of(caller).kernel(); }

Result<void> pay_for(Caller& caller, size_t bytes) { return caller.consume_fuel(bytes / kBytesPerFuel); }

// The bytes of a block that the plug-in passes to `function`, valid until the kernel changes.
Result<std::string_view> argument(Caller& caller, const char* function, uint64_t offset) {
  const std::optional<std::string_view> bytes = kernel_of(caller).block(offset);
  if (!bytes)
    return Error(ErrorKind::kUsage, std::string(function) + ": there is no block of memory at the offset " +
                                        std::to_string(offset) + "; pass what alloc returned, and was not freed");
  ERMINE_TRY(pay_for(caller, bytes->size()));
  return *bytes;
}

// A value for the plug-in, which owns the block from now on.
Result<uint64_t> give(Caller& caller, std::string_view bytes) {
  ERMINE_TRY(pay_for(caller, bytes.size()));
  return kernel_of(caller).alloc_bytes(bytes);
}

// Without the value, and also with an empty one, the plug-in gets 0.
template <class Map>
Result<uint64_t> look_up(Caller& caller, const char* function, const Map& map, uint64_t key) {
  ERMINE_ASSIGN(const std::string_view name, argument(caller, function, key));
  const auto found = map.find(name);
  kernel_of(caller).free(key);
  if (found == map.end()) return uint64_t{0};
  return give(caller, found->second);
}

Result<uint64_t> config_get(Caller& caller, uint64_t key) {
  return look_up(caller, "config_get", plugin_of(caller).config(), key);
}

Result<uint64_t> var_get(Caller& caller, uint64_t key) {
  return look_up(caller, "var_get", plugin_of(caller).vars(), key);
}

Result<void> var_set(Caller& caller, uint64_t key, uint64_t value) {
  // What each variable counts in addition to its bytes, as in Extism.
  constexpr uint64_t kOverhead = 48;
  Plugin& plugin = plugin_of(caller);
  Kernel& kernel = plugin.kernel();
  const uint64_t most = plugin.manifest().max_var_bytes;
  if (most == 0)
    return Error(ErrorKind::kLimit, "var_set: the manifest allows no variables (memory.max_var_bytes is 0)");
  ERMINE_ASSIGN(const std::string_view name, argument(caller, "var_set", key));
  if (value == 0) {
    if (const auto found = plugin.vars().find(name); found != plugin.vars().end()) plugin.vars().erase(found);
    kernel.free(key);
    return {};
  }
  ERMINE_ASSIGN(const std::string_view bytes, argument(caller, "var_set", value));
  uint64_t size = kOverhead + name.size() + bytes.size();
  for (const auto& [other, content] : plugin.vars())
    if (other != name) size += kOverhead + other.size() + content.size();
  if (size > most)
    return Error(ErrorKind::kLimit, "var_set: the variables would take " + std::to_string(size) +
                                        " bytes, and the manifest allows " + std::to_string(most) +
                                        " (memory.max_var_bytes)");
  plugin.vars().insert_or_assign(std::string(name), std::string(bytes));
  kernel.free(value);
  kernel.free(key);
  return {};
}

template <LogLevel level>
Result<void> log_at(Caller& caller, uint64_t message) {
  if (logs(level)) {
    ERMINE_ASSIGN(const std::string_view text, argument(caller, "log", message));
    log(level, kPluginTarget, plugin_of(caller).uuid(), text);
  }
  kernel_of(caller).free(message);
  return {};
}

int32_t get_log_level(Caller&) {
  const LogLevel level = log_level();
  return level == LogLevel::kOff ? INT_MAX : static_cast<int32_t>(level);
}

Result<uint64_t> http_request(Caller& caller, uint64_t request, uint64_t body) {
  Plugin& plugin = plugin_of(caller);
  Kernel& kernel = plugin.kernel();
  plugin.http() = {};
  ERMINE_ASSIGN(const std::string_view json, argument(caller, "http_request", request));
  ERMINE_ASSIGN(const HttpRequest parsed, parse_http_request(json));
  kernel.free(request);
  ERMINE_ASSIGN(const std::string_view content, argument(caller, "http_request", body));
  ERMINE_ASSIGN(HttpResponse response, make_http_request(caller.store(), plugin.manifest(), parsed, content));
  kernel.free(body);
  plugin.http() = {response.status, std::move(response.headers)};
  return give(caller, response.body);
}

uint32_t http_status_code(Caller& caller) { return plugin_of(caller).http().status; }

Result<uint64_t> http_headers(Caller& caller) {
  Plugin& plugin = plugin_of(caller);
  if (!plugin.allows_http_headers()) return uint64_t{0};
  return give(caller, http_headers_json(plugin.http().headers));
}

}  // namespace

Result<void> define_env(Linker& linker) {
  Result<void> done;
  const auto add = [&](const char* name, auto function) {
    if (done) done = linker.func_wrap(kEnvModule, name, function);
  };
  // Blocks of memory
  add("alloc", [](Caller& c, uint64_t size) { return kernel_of(c).alloc(size); });
  add("free", [](Caller& c, uint64_t at) { kernel_of(c).free(at); });
  add("length", [](Caller& c, uint64_t at) { return kernel_of(c).length(at); });
  add("length_unsafe", [](Caller& c, uint64_t at) { return kernel_of(c).length(at); });
  add("load_u8", [](Caller& c, uint64_t at) { return uint32_t{kernel_of(c).load<uint8_t>(at)}; });
  add("load_u64", [](Caller& c, uint64_t at) { return kernel_of(c).load<uint64_t>(at); });
  add("store_u8", [](Caller& c, uint64_t at, uint32_t byte) { kernel_of(c).store(at, static_cast<uint8_t>(byte)); });
  add("store_u64", [](Caller& c, uint64_t at, uint64_t value) { kernel_of(c).store(at, value); });
  add("reset", [](Caller& c) { kernel_of(c).reset(); });
  add("memory_bytes", [](Caller& c) { return kernel_of(c).size(); });
  // Input, output and error
  add("input_load_u8", [](Caller& c, uint64_t at) { return uint32_t{kernel_of(c).load_input<uint8_t>(at)}; });
  add("input_load_u64", [](Caller& c, uint64_t at) { return kernel_of(c).load_input<uint64_t>(at); });
  add("input_set", [](Caller& c, uint64_t at, uint64_t size) { kernel_of(c).set_input({at, size}); });
  add("input_offset", [](Caller& c) { return kernel_of(c).input().offset; });
  add("input_length", [](Caller& c) { return kernel_of(c).input().size; });
  add("output_set", [](Caller& c, uint64_t at, uint64_t size) { kernel_of(c).set_output({at, size}); });
  add("output_offset", [](Caller& c) { return kernel_of(c).output().offset; });
  add("output_length", [](Caller& c) { return kernel_of(c).output().size; });
  add("error_set", [](Caller& c, uint64_t at) { kernel_of(c).set_error(at); });
  add("error_get", [](Caller& c) { return kernel_of(c).error(); });
  // The host
  add("config_get", &config_get);
  add("var_get", &var_get);
  add("var_set", &var_set);
  add("http_request", &http_request);
  add("http_status_code", &http_status_code);
  add("http_headers", &http_headers);
  add("log_trace", &log_at<LogLevel::kTrace>);
  add("log_debug", &log_at<LogLevel::kDebug>);
  add("log_info", &log_at<LogLevel::kInfo>);
  add("log_warn", &log_at<LogLevel::kWarn>);
  add("log_error", &log_at<LogLevel::kError>);
  add("get_log_level", &get_log_level);
  return done;
}

}  // namespace ermine::extism
