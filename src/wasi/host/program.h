// Program: what all versions of WASI know about one running program: what it was granted, and what it was refused. Each
// version makes its own state of it (preview1/context.h, preview2/context.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/wasi.h"
#include "wasi/host/error.h"
#include "wasi/host/files.h"
#include "wasi/host/grants.h"
#include "wasi/host/output_limit.h"

namespace ermine::wasi::host {

class Program {
 public:
  // Opens everything that is granted.
  static Result<Program> create(HostGrants&& grants);
  Program(Program&&) = default;

  const std::vector<std::string>& args() const { return args_; }
  const std::vector<std::string>& env() const { return env_; }  // "NAME=value"

  const std::vector<std::pair<std::string, std::string>>& config() const { return config_; }

  bool tracing() const { return static_cast<bool>(trace_); }
  void trace(std::string_view line) const { trace_(line); }

  OutputLimit output;
  // The refused accesses, for hints.
  WasiRefusals refusals;
  bool grants_directories() const { return grants_directories_; }
  bool grants_listeners() const { return grants_listeners_; }
  uint32_t max_open_files() const { return max_open_files_; }
  const HttpGrants& http_grants() const { return http_grants_; }
  // Null: none is granted.
  const tls::Client* tls() const { return tls_.get(); }

  // Of the plug-in for wasi:keyvalue (keyvalue/plugin.h); null if none is granted.
  std::shared_ptr<void> key_value_stores;

  // Records a refusal that the user could lift, and returns the error. `path`: the program's.
  HostError noted(HostError error, std::string_view path) {
    if (error == HostError::kOutside || error == HostError::kReadOnly) [[unlikely]]
      record_refusal(error == HostError::kOutside ? refusals.escaping_path : refusals.read_only_path, path);
    return error;
  }

 protected:
  Program() = default;
  OpenedGrants take_grants() { return std::move(opened_); }
  void set_variable(std::string_view name, std::string_view value);

 private:
  [[gnu::cold]] static void record_refusal(std::string& first, std::string_view path);

  OpenedGrants opened_;
  std::vector<std::string> args_, env_;
  std::vector<std::pair<std::string, std::string>> config_;
  std::function<void(std::string_view)> trace_;
  uint32_t max_open_files_ = 0;
  HttpGrants http_grants_;
  std::shared_ptr<tls::Client> tls_;
  bool grants_directories_ = false, grants_listeners_ = false;
};

// Whether opening a file would change something, which a directory that is granted read-only does not allow.
inline bool changes(const OpenRequest& request) { return request.write || request.create || request.truncate; }

}  // namespace ermine::wasi::host
