// The process sandbox: should a guest ever break out of WebAssembly, the kernel still refuses this process every file
// outside of the granted directories (Landlock) and every system call that its task does not need (seccomp).
//
// A process opens what its task needs, confines itself, and only then looks at a guest's first byte. What is confined
// stays so until the process ends. What it is to be confined to is a Policy; who makes it, the command or another
// program that runs guests, is of no concern here, and neither is how what is missing is told to people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine::sandbox {

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
};

// Confines all threads of the process; with directories, while it has one thread. Returns warnings about what is
// missing. An error, and nothing is to be run: kUnsupported if the mode does not allow for what is missing, kLimit if
// there is no memory.
Result<std::vector<std::string>> confine(const Policy& policy);

// "required", "best-effort", "off"; false if it is none of them.
bool parse_mode(std::string_view text, Mode& mode);

}  // namespace ermine::sandbox
