// The process sandbox: should a guest ever break out of WebAssembly, the kernel still refuses this process every file
// outside of the granted directories (Landlock) and every system call that its task does not need (seccomp).
//
// A command opens what it was given, confines itself, and only then looks at a guest's first byte. What is confined
// stays so until the process ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine::cli::sandbox {

enum class Mode : uint8_t {
  kDefault,     // what the kernel has must work; what it lacks is noted
  kRequired,    // all of it, or nothing is run
  kBestEffort,  // what can be had; what cannot is noted
  kOff,
};

struct Directory {
  std::string path;
  bool writable = false;
};

// What a process is still to do.
struct Policy {
  Mode mode = Mode::kDefault;
  bool landlock = true, seccomp = true;
  bool runs_guests = false;    // else modules are read and described, and no more
  bool machine_code = false;   // needs memory that can be executed
  std::vector<Directory> directories;
  // Where the arguments are that openat2 and calls on a descriptor itself must have (wasi/host/path_arguments.h): the
  // first request, and the empty path. Without requests openat may look names up as well. Only with directories.
  uintptr_t path_requests = 0, empty_path = 0;
};

// Confines all threads of the process. Notes about what is missing; an error if the mode does not allow for it, in
// which case nothing is to be run.
Result<std::vector<std::string>> confine(const Policy& policy);

// "required", "best-effort", "off"; false if it is none of them.
bool parse_mode(std::string_view text, Mode& mode);

}  // namespace ermine::cli::sandbox
