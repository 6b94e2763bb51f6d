#include "cli/output_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/command.h"
#include "cli/deadline.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

// Signals that end a process from outside: a terminal sends them to both processes, a user to the one whose number is
// known; and the signal of --timeout, which the waiting process must not get.
class EndingSignals {
 public:
  EndingSignals() {
    sigemptyset(&all_);
    for (int s : kAll) sigaddset(&all_, s);
  }
  void hold_back() { sigprocmask(SIG_BLOCK, &all_, &before_); }
  void let_through() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  // Forwarded to the process that writes; the waiting one must clean up afterwards.
  void pass_on_to(pid_t writer) {
    g_writer = writer;
    for (int s : kAll) signal(s, [](int signal) { kill(g_writer, signal); });
  }

 private:
  static constexpr int kAll[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGALRM};
  static inline pid_t g_writer = 0;
  sigset_t all_, before_;
};

// In the waiting process: decides about the file, and ends with the exit code of the other process.
[[noreturn]] void conclude(int status, const std::string& temporary, const std::string& target,
                           const std::string& path) {
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
  if (code == kOk && rename(temporary.c_str(), target.c_str()) == 0) _exit(kOk);
  if (code == kOk) {
    print_error("cannot write '" + printable(path) + "': " + std::strerror(errno));
    code = kFailed;
  }
  unlink(temporary.c_str());
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  _exit(code);
}

}  // namespace

OutputFile::~OutputFile() {
  if (file_ != nullptr && !to_stdout()) std::fclose(file_);
}

Error OutputFile::error() const {
  return Error(ErrorKind::kIo, "cannot write " +
                                   (to_stdout() ? std::string("to standard output") : "'" + printable(path_) + "'") +
                                   ": " + std::strerror(error_));
}

Result<void> OutputFile::expect_binary() const {
  if (to_stdout() && isatty(STDOUT_FILENO))
    return Error(ErrorKind::kUsage, "a module would be written to the terminal; name a file with -o");
  return {};
}

Result<void> OutputFile::open() {
  if (to_stdout()) {
    file_ = stdout;
    return {};
  }
  auto failed = [this] {
    error_ = errno;
    return error();
  };
  // If the path is not a regular file (a device, a pipe), it is written to directly; a file must not replace it.
  struct stat st;
  const bool exists = stat(path_.c_str(), &st) == 0;
  if (exists && !S_ISREG(st.st_mode)) {
    file_ = std::fopen(path_.c_str(), "wbe");
    if (file_ == nullptr) return failed();
    return {};
  }
  // If the path is a link, the file behind it is replaced.
  std::string target = path_;
  if (char* real = realpath(path_.c_str(), nullptr)) {
    target = real;
    std::free(real);
  }
  std::string temporary = target + ".XXXXXX";
  EndingSignals signals;
  signals.hold_back();
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) {
    signals.let_through();
    return failed();
  }
  const mode_t mask = umask(0);
  umask(mask);
  (void)fchmod(fd, exists ? st.st_mode & 0777 : 0666 & ~mask);
  const pid_t writer = fork();
  if (writer > 0) {
    signals.pass_on_to(writer);
    drop_deadline();
    signals.let_through();
    close(fd);
    int status = 0;
    while (waitpid(writer, &status, 0) < 0 && errno == EINTR) {}
    conclude(status, temporary, target, path_);
  }
  signals.let_through();
  if (writer < 0) {
    error_ = errno;
    unlink(temporary.c_str());
    close(fd);
    return error();
  }
  // Without the waiting process, nothing would rename or remove the file.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  go_on_with_deadline();
  file_ = fdopen(fd, "wb");
  if (file_ == nullptr) return failed();
  return {};
}

bool OutputFile::write(std::string_view bytes) {
  if (error_ != 0) return false;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) error_ = errno;
  return error_ == 0;
}

Result<void> OutputFile::finish() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  if (!to_stdout()) {
    if (std::fclose(file_) != 0 && error_ == 0) error_ = errno;
    file_ = nullptr;
  }
  if (error_ == 0) return {};
  if (to_stdout()) std::clearerr(stdout);  // the caller reports the error, so finish_output() must not report it again
  return error();
}

}  // namespace ermine::cli
