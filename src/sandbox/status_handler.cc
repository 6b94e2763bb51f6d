#include "sandbox/status_handler.h"

#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ermine::sandbox {

namespace {

#ifndef SYS_SECCOMP
constexpr int SYS_SECCOMP = 1;
#endif

// The registers, and which of them the call that was trapped has its first three arguments in, and its result.
#if defined(__x86_64__)
using Register = greg_t;
Register* trapped_registers(ucontext_t& context, std::array<unsigned, 4>& at) {
  at = {REG_RDI, REG_RSI, REG_RDX, REG_RAX};
  return context.uc_mcontext.gregs;
}
#else
using Register = unsigned long long;
Register* trapped_registers(ucontext_t& context, std::array<unsigned, 4>& at) {
  at = {0, 1, 2, 0};
  return context.uc_mcontext.regs;
}
#endif

void handle(int, siginfo_t* info, void* context) {
  if (info->si_code != SYS_SECCOMP || info->si_syscall != SYS_newfstatat) return;
  const int before = errno;
  std::array<unsigned, 4> at;
  Register* const registers = trapped_registers(*static_cast<ucontext_t*>(context), at);
  long result = -EPERM;
  if (*reinterpret_cast<const char*>(registers[at[1]]) == 0)
    result = syscall(SYS_fstat, registers[at[0]], registers[at[2]]) == 0 ? 0 : -errno;
  registers[at[3]] = static_cast<Register>(result);
  errno = before;
}

}  // namespace

bool handle_status_calls() {
  struct sigaction action{};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  return sigaction(SIGSYS, &action, nullptr) == 0;
}

}  // namespace ermine::sandbox
