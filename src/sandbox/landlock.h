// Landlock: which files a process may reach, whoever it runs as.
#pragma once

#include <span>

#include "sandbox/part.h"
#include "sandbox/sandbox.h"

namespace ermine::sandbox {

// Files beneath these directories and no others, no TCP beyond the sockets that are open already, no signals to and no
// abstract sockets of other processes, as far as the kernel knows them. What Landlock does not cover (the status of
// files, times, names that are only looked up) is the filter's to refuse. Precondition: no_new_privs.
Part restrict_files(std::span<const Directory> directories);

}  // namespace ermine::sandbox
