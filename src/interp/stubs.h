// The few lines that cannot be written in C++ (stubs_*.S): entering the interpreter, leaving it in the middle, and
// continuing at an exception handler.
#pragma once

#include "interp/handler.h"
#include "interp/unwind.h"

namespace ermine::interp {

#pragma GCC visibility push(hidden)
extern "C" {

// Runs code at `pc` until it returns (true) or leaves through ermine_trap_exit (false). Saves and restores
// the callee-saved registers and ExecContext::exit_sp.
bool ermine_enter(const Code* pc, Slot* fp, InstanceContext* ctx, uint8_t* mem, uint64_t r0, ExecContext* exec);

// Leaves the innermost ermine_enter. Reached by a handler's tail call or from the fault handler: needs only ctx in its
// register.
__attribute__((preserve_none)) uint64_t ermine_trap_exit(ERMINE_HANDLER_PARAMS);

// Continues at `pc` in the activation that `target` describes.
[[noreturn]] void ermine_resume(const CatchTarget* target, const Code* pc, Slot* fp, InstanceContext* ctx,
                                uint8_t* mem);

// Called like a handler; x86-64 rax, AArch64 x2 + 16 is the address of a pointer to a FuncCode: runs its code, whatever
// it is. (The address is in the call instruction for a function of the instance, and 16 bytes before the code field of
// a FuncRef.)
void ermine_call_stub();

// Handler: slot @0 and, on AArch64, the next one <- native stack pointer (and return address) of this activation.
__attribute__((preserve_none)) uint64_t ermine_handler_enter_sp(ERMINE_HANDLER_PARAMS);
}
#pragma GCC visibility pop

}  // namespace ermine::interp
