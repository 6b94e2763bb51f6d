// Catching memory faults (SIGSEGV, SIGBUS) on the threads of this process, without taking them from
// whoever handled them before.
#pragma once

#include <cstdint>

namespace ermine::platform {

// A thread stopped at a fault. Valid in the handler only.
class FaultContext {
 public:
  FaultContext(void* machine_context, uintptr_t address) : context_(machine_context), address_(address) {}
  uintptr_t address() const { return address_; }  // that was accessed
  uintptr_t pc() const;
  void set_pc(uintptr_t pc);  // where the thread goes on when the handler returns true
  // By the machine's own register number (x86-64: rax 0, rcx 1, rdx 2, rbx 3, rsp 4, ..., r15 15).
  uintptr_t reg(int number) const;

 private:
  void* context_;
  uintptr_t address_;
};

// Runs in a signal handler: only async-signal-safe work. False: not ours, the previous handler gets it.
using FaultHandler = bool (*)(FaultContext& fault);

// Installs the process's one handler. Later calls do nothing. False if the system refuses.
bool install_fault_handler(FaultHandler handler);

// Gives the calling thread an alternate signal stack unless it has one, for the thread's life. The handler
// runs there, so that a full stack does not keep it from running. Cheap after the thread's first call.
void ensure_alternate_stack();

}  // namespace ermine::platform
