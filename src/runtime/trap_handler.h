// Turns hardware faults into traps. A fault is a trap exactly if its pc is in a registered region of code, and its
// address is one that an out-of-bounds access of one of the running instance's memories can have. Then the context's
// last_pc, last_fp and last_ctx are set from the region's registers, its trap is set to kMemoryOutOfBounds, and the
// thread continues at the region's exit stub, with all registers unchanged.
//
// Any other fault of such code is a bug of the engine: below a memory, in another's memory (even of the same store), in
// a stack's guard, anywhere. It never becomes a guest's trap, because it is unknown what else went wrong: a report is
// written to standard error, and the signal ends the process.
//
// Faults of other code go to the handler that was installed before.
#pragma once

#include <cstdint>

#include "platform/fault_handler.h"
#include "runtime/context.h"

namespace ermine::runtime {

// Code that may access guarded memories. Register numbers are the processor's own encoding (x86-64: rax 0, rcx 1, rdx
// 2, rbx 3, rsp 4, rbp 5, rsi 6, rdi 7, r8..r15; AArch64: x0..x30).
struct TrapRegion {
  const void* begin;
  const void* end;
  void (*exit_stub)();  // gets the context in ctx_register
  static constexpr int kFaultPc = -1;
  int pc_register;  // or kFaultPc: the position is the address of the faulting instruction
  int fp_register;
  int ctx_register;
  static constexpr int kAnyMemory = -1;
  int memory_register;  // holds the base of the memory that is accessed; kAnyMemory: it may be any of the instance's
  // Null, or finds the frame and the context where the region has code that keeps them elsewhere, and may access any of
  // the instance's memories. False: not there.
  bool (*find_state)(const platform::FaultContext& fault, Slot** fp, InstanceContext** ctx) = nullptr;
};

// Thread-safe; regions are never removed. Installs the signal handlers with the first.
void register_trap_region(const TrapRegion& region);

// Of the innermost call() on this thread; null outside of calls. None of these is inline: a compiler may keep the
// address of a thread-local variable, and a fiber can be suspended in a call on one thread and continue on another.
ExecContext* current_exec();
void set_current_exec(ExecContext* exec);
// The same at the beginning of a call: gives the thread an alternate signal stack as well, if it has none. Returns the
// context that was current.
ExecContext* enter_exec(ExecContext* exec);

}  // namespace ermine::runtime
