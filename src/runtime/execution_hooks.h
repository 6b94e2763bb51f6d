// ExecutionHooks: what the runtime needs of the tier that runs a module first (the interpreter).
// A tier gives one constant record; the runtime never names a tier.
//
// Entering: call() in runtime/call.h checks stacks, copies the arguments into a frame at
// ExecContext::stack_top, saves the ExecContext fields that belong to an entry (stack_top, last_*,
// exit_sp), makes the ExecContext the thread's current one, and calls `enter`. What `enter` leaves:
//   true                       returned; results at frame[0..]
//   false, trap != kNone       trapped; kHost: `error` says why
//   false, exception != 0      an exception that nothing in this entry catches
// with last_pc, last_fp and last_ctx at the innermost frame in the latter two cases, which call() turns
// into an Error with a backtrace. Code that calls out (host function, builtin) sets last_* and stack_top
// (above all live slots) before.
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
