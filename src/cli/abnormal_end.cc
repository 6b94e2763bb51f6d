#include "cli/abnormal_end.h"

#include <cxxabi.h>
#include <signal.h>
#include <unistd.h>

#include <new>
#include <string_view>
#include <system_error>
#include <typeinfo>

#include "cli/command.h"

namespace ermine::cli {
namespace {

// Without allocating, and with functions that are allowed in a signal handler.
[[noreturn]] void end(std::string_view message, ExitCode code) {
  (void)!write(STDERR_FILENO, message.data(), message.size());
  _exit(code);
}

[[noreturn]] void bug() {
  end("error: ermine has failed, which is a bug of its own, whatever the module is; please report it\n", kBug);
}

}  // namespace

void watch_for_aborts() {
  struct sigaction action{};
  action.sa_handler = [](int) { bug(); };
  sigaction(SIGABRT, &action, nullptr);
}

[[noreturn]] void end_by_exception() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type != nullptr && (*type == typeid(std::bad_alloc) || *type == typeid(std::bad_array_new_length)))
    end("error: out of memory\n", kOutOfMemory);
  // The C++ library throws this if the system cannot create a thread.
  if (type != nullptr && *type == typeid(std::system_error))
    end("error: the system cannot create more threads, or has no memory for them\n", kOutOfMemory);
  bug();
}

}  // namespace ermine::cli

// Called by the C++ library for an exception that is not caught: operator new's, because the engine throws none. The
// library's own version prints the demangled type, which adds 40 kB of demangler; the command catches the exceptions of
// its libraries.
namespace __gnu_cxx {
void __verbose_terminate_handler() { ermine::cli::end_by_exception(); }
}  // namespace __gnu_cxx
