// Plugin: a plug-in with its state, and the calls into it; thread-safe, as extism.h says.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "ermine/extism.h"
#include "extism/compiled.h"
#include "extism/session.h"

// The handles of the C interface to a Plugin.
struct ExtismPlugin {};
struct ExtismCurrentPlugin {};

// Ends the call that runs at that moment, from any thread.
struct ExtismCancelHandle {
  void cancel() const {
    const std::lock_guard hold(lock_);
    if (running_) running_->interrupt();
  }
  // For the plug-in's thread.
  void begin(const ermine::StoreRef& store) {
    const std::lock_guard hold(lock_);
    running_ = store.interrupt_handle();
  }
  void end(const ermine::StoreRef& store) {
    const std::lock_guard hold(lock_);
    running_.reset();
    // One that came too late must not end the next call.
    (void)store.check_interrupt();
  }

 private:
  mutable std::mutex lock_;
  std::optional<ermine::InterruptHandle> running_;
};

namespace ermine::extism {

class Plugin : public ExtismPlugin, public ExtismCurrentPlugin {
 public:
  using Vars = std::map<std::string, std::string, std::less<>>;
  // The last response to an HTTP request.
  struct Http {
    uint16_t status = 0;
    std::map<std::string, std::string> headers;
  };

  // Errors: those of Session::create and Session::link.
  static Result<std::unique_ptr<Plugin>> create(std::shared_ptr<const CompiledPlugin> compiled);

  // ---- For the embedder
  const uint8_t* id() const { return id_; }
  const ExtismCancelHandle& cancel_handle() const { return cancel_; }
  bool has_function(std::string_view name);
  bool configure(std::string_view json);
  void allow_http_headers();
  // See extism_plugin_call_with_host_context().
  int32_t call(std::string_view name, std::string_view input, void* host_context);
  std::string_view output();
  // Null if there is none.
  const char* error();
  // Frees all blocks.
  void reset();

  // ---- For the functions that it calls, on its thread
  ExtismCurrentPlugin* as_current() { return this; }
  static Plugin& of(ExtismCurrentPlugin& current) { return static_cast<Plugin&>(current); }
  Kernel& kernel() { return session_->kernel(); }
  Wasi* wasi() { return session_->wasi(); }
  const Manifest& manifest() const { return compiled_->manifest(); }
  const PluginConfig& config() const { return config_; }
  Vars& vars() { return vars_; }
  Http& http() { return http_; }
  bool allows_http_headers() const { return allows_http_headers_; }
  void* host_context() const { return host_context_; }
  const std::string& uuid() const { return uuid_; }

 private:
  class Run;
  explicit Plugin(std::shared_ptr<const CompiledPlugin> compiled);
  Result<void> begin_session();
  Result<Func> prepare(std::string_view name, std::string_view input);
  int32_t conclude(std::string_view name, const Result<std::vector<Val>>& results);
  void note(std::string_view name, std::string error);

  const std::shared_ptr<const CompiledPlugin> compiled_;
  uint8_t id_[16];
  std::string uuid_;  // the same as text
  ExtismCancelHandle cancel_;
  // Held by all functions for the embedder; by the same thread more than once if host functions call them.
  std::recursive_mutex lock_;
  std::unique_ptr<Session> session_;
  bool needs_session_ = false;  // the one that is there has ended
  bool running_ = false;
  void* host_context_ = nullptr;
  std::optional<std::string> error_;
  PluginConfig config_;
  Vars vars_;
  Http http_;
  bool allows_http_headers_ = false;
};

}  // namespace ermine::extism
