// The exit codes of a process that runs programs.
#pragma once

#include "ermine/error.h"

namespace ermine::launch {

// A program's own exit code is passed on; these are Ermine's.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,  // the module cannot be read, is invalid, lacks an import, …
  kUsage = 2,   // the command line or the request is wrong
  kBug = 70,    // the process aborted: a bug of the engine
  kOutOfMemory = 71,
  kNoSandbox = 72,  // the process sandbox cannot be set up, and nothing was run
  kTrapped = 134,   // the program trapped, or a limit stopped it or the work on its module
};

// The exit code for the end of a program; for an exit, the program's own.
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
