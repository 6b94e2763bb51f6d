// Landlock: which files a process may reach, whatever its user is.
#pragma once

#include <span>

#include "sandbox/part.h"
#include "sandbox/sandbox.h"

namespace ermine::sandbox {

// Allows files beneath these directories and no others, TCP to and on the granted ports only, beyond the sockets that
// are already open, no signals to other processes and no abstract sockets of theirs, as far as the kernel supports
// that. The seccomp filter refuses what Landlock does not cover (the status of files, times, lookups of names).
// Precondition: no_new_privs.
Part restrict_files(std::span<const Directory> directories, const NetworkPolicy& network);

}  // namespace ermine::sandbox
