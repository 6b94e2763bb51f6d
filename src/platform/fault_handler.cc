#include "platform/fault_handler.h"

#include <signal.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include <atomic>
#include <mutex>

#include "platform/mapping.h"

namespace ermine::platform {

namespace {

ucontext_t* machine(void* context) { return static_cast<ucontext_t*>(context); }

#if defined(__x86_64__)
constexpr int kRegisters[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
#endif

// The stack that handlers may use: enough to find the position of a fault.
constexpr uint64_t kHandlerStack = 256 << 10;

std::atomic<FaultHandler> g_handler{nullptr};
struct sigaction g_previous_segv, g_previous_bus;

void pass_on(int signal, siginfo_t* info, void* context) {
  struct sigaction& previous = signal == SIGSEGV ? g_previous_segv : g_previous_bus;
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    // With the default action the instruction faults again and ends the process as it would have ended without this
    // handler; a signal that was sent has no instruction to repeat and is sent again. (A real fault cannot be ignored.)
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
    if (info->si_code <= 0) raise(signal);
  } else {
    previous.sa_handler(signal);
  }
}

void on_signal(int signal, siginfo_t* info, void* context) {
  if (info->si_code > 0) {
    FaultContext fault(context, reinterpret_cast<uintptr_t>(info->si_addr));
    if (g_handler.load(std::memory_order_acquire)(fault)) return;
  }
  pass_on(signal, info, context);
}

// Frees the stack when the thread ends.
struct AlternateStack {
  Mapping mapping;

  AlternateStack() {
    stack_t current{};
    if (sigaltstack(nullptr, &current) == 0 && !(current.ss_flags & SS_DISABLE)) return;
    const uint64_t least = static_cast<uint64_t>(getauxval(AT_MINSIGSTKSZ));
    auto reserved = Mapping::reserve(least + kHandlerStack);
    if (!reserved || !reserved->commit(0, reserved->size())) return;
    stack_t stack{};
    stack.ss_sp = reserved->base();
    stack.ss_size = reserved->size();
    if (sigaltstack(&stack, nullptr) == 0) mapping = *std::move(reserved);
  }
  ~AlternateStack() {
    if (!mapping) return;
    // Another library may have installed a stack of its own since.
    stack_t current{};
    if (sigaltstack(nullptr, &current) != 0 || current.ss_sp != mapping.base()) return;
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    sigaltstack(&off, nullptr);
  }
};

}  // namespace

#if defined(__x86_64__)
uintptr_t FaultContext::pc() const { return static_cast<uintptr_t>(machine(context_)->uc_mcontext.gregs[REG_RIP]); }
void FaultContext::set_pc(uintptr_t pc) { machine(context_)->uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(pc); }
uintptr_t FaultContext::reg(int number) const {
  return static_cast<uintptr_t>(machine(context_)->uc_mcontext.gregs[kRegisters[number]]);
}
void FaultContext::set_reg(int number, uintptr_t value) {
  machine(context_)->uc_mcontext.gregs[kRegisters[number]] = static_cast<greg_t>(value);
}
#elif defined(__aarch64__)
uintptr_t FaultContext::pc() const { return machine(context_)->uc_mcontext.pc; }
void FaultContext::set_pc(uintptr_t pc) { machine(context_)->uc_mcontext.pc = pc; }
uintptr_t FaultContext::reg(int number) const {
  return number == 31 ? machine(context_)->uc_mcontext.sp : machine(context_)->uc_mcontext.regs[number];
}
void FaultContext::set_reg(int number, uintptr_t value) { machine(context_)->uc_mcontext.regs[number] = value; }
#else
#error "platform/fault_handler.cc: the registers of this machine are not known"
#endif

bool install_fault_handler(FaultHandler handler) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  if (g_handler.load(std::memory_order_relaxed)) return true;
  g_handler.store(handler, std::memory_order_release);
  struct sigaction action{};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  return sigaction(SIGSEGV, &action, &g_previous_segv) == 0 && sigaction(SIGBUS, &action, &g_previous_bus) == 0;
}

void ensure_alternate_stack() { thread_local AlternateStack stack; }

}  // namespace ermine::platform
