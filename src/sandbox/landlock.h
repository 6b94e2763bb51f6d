// Landlock: which files a process may reach, whatever its user is.
#pragma once

#include "sandbox/part.h"
#include "sandbox/sandbox.h"

namespace ermine::sandbox {

// The version of the kernel's interface; negative, with errno: there is none.
long landlock_version();

// Allows files beneath the policy's directories, its libraries for reading, and no others, TCP to and on the granted
// ports only, beyond the sockets that are already open, no signals to other processes and no abstract sockets of
// theirs, as far as the kernel supports that. The seccomp filter refuses what Landlock does not cover (the status of
// files, times, lookups of names). Precondition: no_new_privs.
Part restrict_files(const Policy& policy);

}  // namespace ermine::sandbox
