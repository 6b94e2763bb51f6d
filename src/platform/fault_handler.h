// Catches memory faults (SIGSEGV, SIGBUS) on the threads of this process, and passes on those that are for the handlers
// installed before.
#pragma once

#include <cstdint>

namespace ermine::platform {

// A thread stopped at a fault. Valid in the handler only.
class FaultContext {
 public:
  FaultContext(void* machine_context, uintptr_t address) : context_(machine_context), address_(address) {}
  uintptr_t address() const { return address_; }  // that was accessed
  uintptr_t pc() const;
  void set_pc(uintptr_t pc);  // where the thread continues if the handler returns true
  // By the processor's own register number (x86-64: rax 0, rcx 1, rdx 2, rbx 3, rsp 4, ..., r15 15).
  uintptr_t reg(int number) const;
  void set_reg(int number, uintptr_t value);

 private:
  void* context_;
  uintptr_t address_;
};

// Runs in a signal handler: only async-signal-safe work. False: not handled, the previous handler is called.
using FaultHandler = bool (*)(FaultContext& fault);

// Installs the process's only handler. Later calls do nothing. False if the system refuses.
bool install_fault_handler(FaultHandler handler);

// Gives the calling thread an alternate signal stack for its lifetime, unless it has one. The handler runs there, so
// that it can run when the stack is full. Cheap after the thread's first call.
void ensure_alternate_stack();

}  // namespace ermine::platform
