// Context: the state of one WASI program, behind ermine::Wasi.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/wasi.h"
#include "wasi/host/grants.h"
#include "wasi/preview1/fd_table.h"

namespace ermine::wasi::preview1 {

class Context {
 public:
  static Result<std::shared_ptr<Context>> create(HostGrants&& grants);

  FdTable& descriptors() { return descriptors_; }
  const std::vector<std::string>& args() const { return args_; }
  const std::vector<std::string>& env() const { return env_; }  // "NAME=value"

  bool tracing() const { return static_cast<bool>(trace_); }
  void trace(std::string_view line) const { trace_(line); }

  // The number of bytes that may still be written, and the number of bytes written.
  bool limits_output() const { return max_written_ != ~uint64_t{0}; }
  uint64_t may_write() const { return written_ >= max_written_ ? 0 : max_written_ - written_; }
  void count_written(uint64_t bytes) { written_ += bytes; }
  uint64_t max_written() const { return max_written_; }

  // The refused accesses, for hints.
  WasiRefusals refusals;
  bool grants_directories() const { return grants_directories_; }
  bool grants_listeners() const { return grants_listeners_; }

 private:
  Context() = default;
  Result<void> take(host::OpenedGrants&& opened);

  FdTable descriptors_;
  std::vector<std::string> args_, env_;
  std::function<void(std::string_view)> trace_;
  uint64_t max_written_ = ~uint64_t{0};
  uint64_t written_ = 0;
  bool grants_directories_ = false, grants_listeners_ = false;
};

}  // namespace ermine::wasi::preview1
