// ExecutionHooks: the interface between the runtime and the tier that runs a module first (the interpreter). A tier
// provides one constant record; the runtime never names a tier.
//
// Entering: call() in runtime/call.h checks stacks, copies the arguments into a frame at ExecContext::stack_top, saves
// the ExecContext fields that belong to an entry (stack_top, last_*, exit_sp), makes the ExecContext the thread's
// current one, and calls `enter`. The results of `enter`:
//   true                       returned; results at frame[0..]
//   false, trap != kNone       trapped; kHost: `error` says why
//   false, exception != 0      an exception that is not caught in this entry
// In the latter two cases last_pc, last_fp and last_ctx are those of the innermost frame, and call() makes an Error
// with a backtrace. Code that calls out (host function, builtin) first sets last_* and stack_top (above all live
// slots).
#pragma once

#include "runtime/context.h"

namespace ermine::runtime {

struct ExecutionHooks {
  const char* name;
  // Runs a WebAssembly function (func->host == null). `frame` lies on the value stack and holds the arguments.
  bool (*enter)(ExecContext* exec, FuncRef* func, Slot* frame);
  // FuncCode of host functions: its entry calls FuncRef::host.
  FuncCode* host_code;
};

}  // namespace ermine::runtime
