#include "sandbox/status_handler.h"

#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>

namespace ermine::sandbox {

namespace {

#ifndef SYS_SECCOMP
constexpr int SYS_SECCOMP = 1;
#endif

// The arguments of the call that was trapped, and where its result goes.
struct TrappedCall {
  const char* path;
  long descriptor, status;
  void set_result(long value) const { *result = static_cast<decltype(+*result)>(value); }
#if defined(__x86_64__)
  explicit TrappedCall(ucontext_t& context) : registers(context.uc_mcontext.gregs) {
    path = reinterpret_cast<const char*>(registers[REG_RSI]);
    descriptor = registers[REG_RDI], status = registers[REG_RDX], result = &registers[REG_RAX];
  }
  greg_t *registers, *result;
#else
  explicit TrappedCall(ucontext_t& context) : registers(context.uc_mcontext.regs) {
    path = reinterpret_cast<const char*>(registers[1]);
    descriptor = static_cast<long>(registers[0]), status = static_cast<long>(registers[2]), result = &registers[0];
  }
  decltype(mcontext_t::regs[0])*registers, *result;
#endif
};

void handle(int, siginfo_t* info, void* context) {
  if (info->si_code != SYS_SECCOMP || info->si_syscall != SYS_newfstatat) return;
  const int before = errno;
  const TrappedCall call(*static_cast<ucontext_t*>(context));
  if (*call.path != 0) call.set_result(-EPERM);
  else call.set_result(syscall(SYS_fstat, call.descriptor, call.status) == 0 ? 0 : -errno);
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
