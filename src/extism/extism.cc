// The functions of ermine/extism.h.
#include "ermine/extism.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "extism/compiled.h"
#include "extism/host_function.h"
#include "extism/log.h"
#include "extism/plugin.h"

namespace {

using namespace ermine;
using namespace ermine::extism;

Plugin* plugin_of(ExtismPlugin* plugin) { return static_cast<Plugin*>(plugin); }
Plugin* plugin_of(ExtismCurrentPlugin* plugin) { return static_cast<Plugin*>(plugin); }

std::string_view view(const uint8_t* bytes, ExtismSize size) {
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
}

// Gives the embedder the text of an error, if it asks for one.
std::nullptr_t refuse(char** errmsg, const std::string& message) {
  if (errmsg != nullptr) *errmsg = strdup(message.c_str());
  return nullptr;
}

// Callers of foreign functions, such as JNA, may pass a true `bool` as another number than 1. The compiler must not
// assume that there is none.
bool is_true(int value) {
  asm("" : "+r"(value));
  return value != 0;
}

using Functions = std::vector<std::shared_ptr<HostFunction>>;

// Takes the functions from their handles. The embedder's type is const because of how it is declared.
Result<Functions> take(const ExtismFunction** handles, ExtismSize count) {
  Functions functions;
  for (const ExtismFunction* handle : std::span(handles, handles != nullptr ? count : 0)) {
    if (handle == nullptr) return Error(ErrorKind::kUsage, "a host function is null");
    std::shared_ptr<HostFunction>& function = const_cast<ExtismFunction*>(handle)->function;
    if (!function)
      return Error(ErrorKind::kUsage, "a host function belongs to another plug-in already: make one for each");
    functions.push_back(std::exchange(function, nullptr));
  }
  return functions;
}

Result<std::shared_ptr<const CompiledPlugin>> compile(std::string_view source, const ExtismFunction** functions,
                                                      ExtismSize count, bool wasi, std::optional<uint64_t> fuel) {
  ERMINE_ASSIGN(Functions taken, take(functions, count));
  return CompiledPlugin::create(source, std::move(taken), wasi, fuel);
}

ExtismCompiledPlugin* new_compiled(std::string_view source, const ExtismFunction** functions, ExtismSize count,
                                   bool wasi, std::optional<uint64_t> fuel, char** errmsg) {
  Result<std::shared_ptr<const CompiledPlugin>> compiled = compile(source, functions, count, wasi, fuel);
  if (!compiled) return refuse(errmsg, "Unable to compile the plug-in: " + compiled.error().to_string());
  return new ExtismCompiledPlugin{*std::move(compiled)};
}

ExtismPlugin* new_plugin(std::shared_ptr<const CompiledPlugin> compiled, char** errmsg) {
  Result<std::unique_ptr<Plugin>> plugin = Plugin::create(std::move(compiled));
  if (!plugin) return refuse(errmsg, "Unable to create the plug-in: " + plugin.error().to_string());
  return plugin->release();
}

ExtismPlugin* new_plugin(std::string_view source, const ExtismFunction** functions, ExtismSize count, bool wasi,
                         std::optional<uint64_t> fuel, char** errmsg) {
  const std::unique_ptr<ExtismCompiledPlugin> compiled(new_compiled(source, functions, count, wasi, fuel, errmsg));
  return compiled ? new_plugin(compiled->compiled, errmsg) : nullptr;
}

std::vector<ExtismValType> types(const ExtismValType* from, ExtismSize count) {
  if (from == nullptr) return {};
  return {from, from + count};
}

const char* level_or_error(const char* level) { return level != nullptr ? level : "error"; }

}  // namespace

// ---- Host functions

ExtismFunction* extism_function_new(const char* name, const ExtismValType* inputs, ExtismSize n_inputs,
                                    const ExtismValType* outputs, ExtismSize n_outputs, ExtismFunctionType func,
                                    void* user_data, void (*free_user_data)(void*)) {
  if (name == nullptr || func == nullptr || !base::is_utf8(name)) return nullptr;
  auto function = std::make_shared<HostFunction>();
  function->name = name;
  function->params = types(inputs, n_inputs);
  function->results = types(outputs, n_outputs);
  function->call = func;
  function->user_data = user_data;
  function->free_user_data = free_user_data;
  return new ExtismFunction{std::move(function)};
}

void extism_function_free(ExtismFunction* f) { delete f; }

void extism_function_set_namespace(ExtismFunction* ptr, const char* namespace_) {
  if (ptr != nullptr && ptr->function && namespace_ != nullptr) ptr->function->module = namespace_;
}

// ---- Plug-ins

ExtismCompiledPlugin* extism_compiled_plugin_new(const uint8_t* wasm, ExtismSize wasm_size,
                                                 const ExtismFunction** functions, ExtismSize n_functions,
                                                 bool with_wasi, char** errmsg) {
  return new_compiled(view(wasm, wasm_size), functions, n_functions, is_true(with_wasi), std::nullopt, errmsg);
}

ExtismCompiledPlugin* extism_compiled_plugin_new_with_fuel_limit(const uint8_t* wasm, ExtismSize wasm_size,
                                                                 const ExtismFunction** functions,
                                                                 ExtismSize n_functions, bool with_wasi,
                                                                 uint64_t fuel_limit, char** errmsg) {
  return new_compiled(view(wasm, wasm_size), functions, n_functions, is_true(with_wasi), fuel_limit, errmsg);
}

void extism_compiled_plugin_free(ExtismCompiledPlugin* plugin) { delete plugin; }

ExtismPlugin* extism_plugin_new(const uint8_t* wasm, ExtismSize wasm_size, const ExtismFunction** functions,
                                ExtismSize n_functions, bool with_wasi, char** errmsg) {
  return new_plugin(view(wasm, wasm_size), functions, n_functions, is_true(with_wasi), std::nullopt, errmsg);
}

ExtismPlugin* extism_plugin_new_with_fuel_limit(const uint8_t* wasm, ExtismSize wasm_size,
                                                const ExtismFunction** functions, ExtismSize n_functions,
                                                bool with_wasi, uint64_t fuel_limit, char** errmsg) {
  return new_plugin(view(wasm, wasm_size), functions, n_functions, is_true(with_wasi), fuel_limit, errmsg);
}

ExtismPlugin* extism_plugin_new_from_compiled(const ExtismCompiledPlugin* compiled, char** errmsg) {
  if (compiled == nullptr) return refuse(errmsg, "the compiled plug-in is null");
  return new_plugin(compiled->compiled, errmsg);
}

void extism_plugin_new_error_free(char* err) { free(err); }

void extism_plugin_free(ExtismPlugin* plugin) { delete plugin_of(plugin); }

const uint8_t* extism_plugin_id(ExtismPlugin* plugin) { return plugin != nullptr ? plugin_of(plugin)->id() : nullptr; }

bool extism_plugin_config(ExtismPlugin* plugin, const uint8_t* json, ExtismSize json_size) {
  return plugin != nullptr && plugin_of(plugin)->configure(view(json, json_size));
}

void extism_plugin_allow_http_response_headers(ExtismPlugin* plugin) {
  if (plugin != nullptr) plugin_of(plugin)->allow_http_headers();
}

bool extism_plugin_function_exists(ExtismPlugin* plugin, const char* func_name) {
  return plugin != nullptr && func_name != nullptr && plugin_of(plugin)->has_function(func_name);
}

int32_t extism_plugin_call(ExtismPlugin* plugin, const char* func_name, const uint8_t* data, ExtismSize data_len) {
  return extism_plugin_call_with_host_context(plugin, func_name, data, data_len, nullptr);
}

int32_t extism_plugin_call_with_host_context(ExtismPlugin* plugin, const char* func_name, const uint8_t* data,
                                             ExtismSize data_len, void* host_context) {
  if (plugin == nullptr || func_name == nullptr) return -1;
  return plugin_of(plugin)->call(func_name, view(data, data_len), host_context);
}

ExtismSize extism_plugin_output_length(ExtismPlugin* plugin) {
  return plugin != nullptr ? plugin_of(plugin)->output().size() : 0;
}

const uint8_t* extism_plugin_output_data(ExtismPlugin* plugin) {
  if (plugin == nullptr) return nullptr;
  return reinterpret_cast<const uint8_t*>(plugin_of(plugin)->output().data());
}

const char* extism_plugin_error(ExtismPlugin* plugin) {
  return plugin != nullptr ? plugin_of(plugin)->error() : nullptr;
}

const char* extism_error(ExtismPlugin* plugin) { return extism_plugin_error(plugin); }

bool extism_plugin_reset(ExtismPlugin* plugin) {
  if (plugin == nullptr) return false;
  plugin_of(plugin)->reset();
  return true;
}

const ExtismCancelHandle* extism_plugin_cancel_handle(const ExtismPlugin* plugin) {
  return plugin != nullptr ? &static_cast<const Plugin*>(plugin)->cancel_handle() : nullptr;
}

bool extism_plugin_cancel(const ExtismCancelHandle* handle) {
  if (handle == nullptr) return false;
  handle->cancel();
  return true;
}

// ---- For host functions

void* extism_current_plugin_host_context(ExtismCurrentPlugin* plugin) {
  return plugin != nullptr ? plugin_of(plugin)->host_context() : nullptr;
}

uint8_t* extism_current_plugin_memory(ExtismCurrentPlugin* plugin) {
  return plugin != nullptr ? plugin_of(plugin)->kernel().data() : nullptr;
}

ExtismMemoryHandle extism_current_plugin_memory_alloc(ExtismCurrentPlugin* plugin, ExtismSize n) {
  if (plugin == nullptr) return 0;
  const Result<uint64_t> offset = plugin_of(plugin)->kernel().alloc(n);
  return offset ? *offset : 0;
}

ExtismSize extism_current_plugin_memory_length(ExtismCurrentPlugin* plugin, ExtismMemoryHandle n) {
  return plugin != nullptr ? plugin_of(plugin)->kernel().length(n) : 0;
}

void extism_current_plugin_memory_free(ExtismCurrentPlugin* plugin, ExtismMemoryHandle ptr) {
  if (plugin != nullptr) plugin_of(plugin)->kernel().free(ptr);
}

// ---- The process

bool extism_log_file(const char* filename, const char* log_level) {
  return log_to_file(filename != nullptr ? filename : "stderr", level_or_error(log_level));
}

bool extism_log_custom(const char* log_level) { return log_to_buffer(level_or_error(log_level)); }

void extism_log_drain(ExtismLogDrainFunctionType handler) { drain_log(handler); }

const char* extism_version(void) { return ERMINE_EXTISM_VERSION; }
