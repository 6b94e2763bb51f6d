// The second wall around a running program: should it ever break out of WebAssembly, the kernel still
// refuses it every file outside of the granted directories (Landlock) and every system call that running
// a program does not need (seccomp). Applied by the command once everything is loaded, for the rest of the
// process's life.
#pragma once

#include <string>
#include <vector>

#include "cli/run_options.h"

namespace ermine::cli {

// Applies what the options leave on and the kernel has. What a kernel lacks is passed over in silence: the
// first wall does not depend on it. Returns warnings about walls that should have worked and did not.
std::vector<std::string> lock_down(const RunOptions& options);

}  // namespace ermine::cli
