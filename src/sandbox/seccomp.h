// seccomp: which system calls a process may make, and with what arguments. system_calls.h lists them.
#pragma once

#include <optional>

#include "sandbox/part.h"
#include "sandbox/sandbox.h"
#include "wasi/host/path_arguments.h"

namespace ermine::sandbox {

// For all threads. `paths` with directories: the required arguments of openat2 and of calls on a descriptor itself.
// Precondition: no_new_privs.
Part filter_system_calls(const Policy& policy, const std::optional<wasi::host::PathArguments>& paths);

}  // namespace ermine::sandbox
