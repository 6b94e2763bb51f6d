// seccomp: which system calls a process may make, and with what arguments. What is allowed stands in system_calls.h.
#pragma once

#include "cli/sandbox/part.h"
#include "cli/sandbox/sandbox.h"

namespace ermine::cli::sandbox {

// For all threads. Precondition: no_new_privs.
Part filter_system_calls(const Policy& policy);

}  // namespace ermine::cli::sandbox
