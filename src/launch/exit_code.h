// The exit codes of a process that runs programs.
#pragma once

#include "ermine/error.h"

namespace ermine::launch {

// A program's own exit code is passed on; these are ours.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,  // the module cannot be read, is invalid, lacks an import, …
  kUsage = 2,   // what was asked for is wrong
  kBug = 70,    // the process aborted: a bug of the engine
  kOutOfMemory = 71,
  kNoSandbox = 72,  // the process sandbox cannot be set up, and nothing was run
  kTrapped = 134,   // the program trapped, or a limit stopped it or what was done with its module
};

// For how a program ended; of an exit, its own.
inline int exit_code(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kExit: return error.exit_code() & 0xff;
    case ErrorKind::kTrap:
    case ErrorKind::kException:
    case ErrorKind::kLimit: return kTrapped;
    case ErrorKind::kUsage: return kUsage;
    default: return kFailed;
  }
}

}  // namespace ermine::launch
