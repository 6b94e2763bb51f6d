// HostGrants: what a program is granted by its host, whatever interface it uses. A plain value: nothing of it is opened
// before the program's state is made (Wasi::create).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/detail/language.h"

namespace ermine {

enum class DirectoryAccess : uint8_t { kReadWrite, kReadOnly };

struct DirectoryGrant {
  std::string host_path, guest_path;
  DirectoryAccess access = DirectoryAccess::kReadWrite;
};

struct HostGrants {
  std::vector<std::string> arguments;  // the first is the program's name
  std::vector<std::string> environment;  // "NAME=value"
  // Host descriptors for input, output and errors; they stay the caller's and must outlive the program. Without them
  // the program reads nothing, and its output is discarded.
  std::optional<std::array<int, 3>> stdio;
  std::vector<DirectoryGrant> directories;
  std::vector<std::string> listeners;  // addresses of listening TCP sockets, "host:port"
  uint32_t max_open_files = 4096;
  uint64_t max_written_bytes = ~uint64_t{0};
  // Called with one line for each call of the program to its host.
  std::function<void(std::string_view)> trace;
};

}  // namespace ermine
