// The result of setting up a part of the process sandbox.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

namespace ermine::sandbox {

struct Part {
  enum State : unsigned char { kUp, kMissing, kFailed } state = kUp;
  std::string problem;  // if it failed

  static Part missing() { return {kMissing, {}}; }
  static Part failed() { return {kFailed, std::strerror(errno)}; }
};

}  // namespace ermine::sandbox
