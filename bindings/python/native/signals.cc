// Ctrl-C during a call. Python's own handler only notes the signal, and its exception is raised by the main thread,
// which is in WebAssembly. So a handler in front of it also writes to a pipe, on which a thread of ermine._signals
// waits; that thread interrupts the store whose call runs on the main thread, with the GIL, so that the call cannot end
// meanwhile.
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core.h"

namespace ermine_python {

namespace {

int pipe_end = -1;
struct sigaction before;

void handle(int number, siginfo_t* info, void* context) {
  if ((before.sa_flags & SA_SIGINFO) != 0) before.sa_sigaction(number, info, context);
  else before.sa_handler(number);
  const int saved = errno;
  const char byte = 0;
  (void)!::write(pipe_end, &byte, 1);
  errno = saved;
}

// In front of Python's handler, if it is not there yet. False if signals are not handled by a function.
bool install(int fd) {
  struct sigaction now;
  if (sigaction(SIGINT, nullptr, &now) != 0) return false;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handle) return true;
  if ((now.sa_flags & SA_SIGINFO) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN)) return false;
  pipe_end = fd;
  before = now;
  now.sa_flags |= SA_SIGINFO;
  now.sa_sigaction = handle;
  return sigaction(SIGINT, &now, nullptr) == 0;
}

}  // namespace

void define_signals(py::module_& m) {
  main_thread = pthread_self();
  m.def("_install_sigint", install);
  m.def("_set_main_thread", [] { main_thread = pthread_self(); });
  m.def("_interrupt_main", [] {
    if (running_on_main != nullptr) ermine_interrupt_handle_interrupt(running_on_main->interrupt);
  });
}

}  // namespace ermine_python
