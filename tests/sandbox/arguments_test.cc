// System calls that are allowed with some arguments and refused with others, both ways.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "confined.h"
#include "wasi/host/files.h"
#include "wasi/host/path_arguments.h"

namespace ermine::sandbox {
namespace {

Policy running() {
  Policy p;
  p.mode = Mode::kRequired;
  p.landlock = false;
  p.runs_guests = p.machine_code = true;
  return p;
}
Policy without_machine_code() {
  Policy p = running();
  p.machine_code = false;
  return p;
}
Policy reading() {
  Policy p;
  p.mode = Mode::kRequired;
  p.landlock = false;
  return p;
}

#define REFUSED(policy, expression) EXPECT_EQ(confined(policy, [&] { return long(expression); }), EPERM) << #expression
#define ALLOWED(policy, expression) \
  EXPECT_EQ(confined(policy, [&] { return long(expression); }), kSucceeded) << #expression

TEST(SandboxArguments, LimitsOfThisProcessCanBeReadOnly) {
  rlimit limit{};
  ALLOWED(running(), syscall(SYS_prlimit64, 0, RLIMIT_STACK, nullptr, &limit));
  REFUSED(running(), syscall(SYS_prlimit64, 0, RLIMIT_STACK, &limit, nullptr));
  REFUSED(running(), syscall(SYS_prlimit64, 0, RLIMIT_STACK, 1ul << 32, nullptr));  // only the upper half is set
  REFUSED(running(), syscall(SYS_prlimit64, getppid(), RLIMIT_STACK, nullptr, &limit));
  REFUSED(running(), syscall(SYS_prlimit64, getppid(), RLIMIT_CPU, &limit, nullptr));
}

TEST(SandboxArguments, FlagsOfADescriptorButNoSignalsFromIt) {
  ALLOWED(running(), fcntl(0, F_GETFL));
  ALLOWED(running(), fcntl(0, F_SETFL, fcntl(0, F_GETFL)));
  REFUSED(running(), fcntl(0, F_SETFL, O_ASYNC));
  for (int command : {F_SETOWN, F_GETOWN, F_SETOWN_EX, F_SETSIG, F_DUPFD, F_DUPFD_CLOEXEC, F_SETFD, F_SETLK,
                      F_OFD_SETLK, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ, F_ADD_SEALS, F_SET_RW_HINT})
    REFUSED(running(), fcntl(0, command, getppid())) << command;
}

TEST(SandboxArguments, NothingIsWritableAndExecutable) {
  auto map = [](int protection) {
    return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
  };
  auto change = [](int protection) {
    void* p = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, protection);
  };
  ALLOWED(running(), map(PROT_READ | PROT_WRITE));
  ALLOWED(running(), map(PROT_READ | PROT_EXEC));
  ALLOWED(running(), change(PROT_READ | PROT_WRITE));
  ALLOWED(running(), change(PROT_READ | PROT_EXEC));
  for (int protection : {PROT_WRITE | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC}) {
    REFUSED(running(), map(protection));
    REFUSED(running(), change(protection));
  }
  // And without machine code, no memory becomes executable.
  for (const Policy& policy : {without_machine_code(), reading()}) {
    ALLOWED(policy, map(PROT_READ | PROT_WRITE));
    REFUSED(policy, map(PROT_READ | PROT_EXEC));
    REFUSED(policy, map(PROT_EXEC));
    REFUSED(policy, change(PROT_READ | PROT_EXEC));
  }
}

// The engine seals mappings that never change; in the sandbox as well.
TEST(SandboxArguments, MemoryCanBeSealed) {
  const auto seal = [] {
    void* p = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return syscall(462 /* mseal */, p, 4096, 0);
  };
  if (seal() != 0) GTEST_SKIP() << "this kernel has no mseal";
  ALLOWED(running(), seal());
  ALLOWED(reading(), seal());
}

TEST(SandboxArguments, OtherUsesOfCallsThatAreNeeded) {
  timespec t{};
  int word = 0;
  // glibc's threads work; anything else that clone() can start does not.
  ALLOWED(running(), [] {
    pthread_t thread;
    return -pthread_create(
               &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr) -
           pthread_join(thread, nullptr);
  }());
  REFUSED(running(), syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWNET, 0, 0, 0, 0));
  REFUSED(running(), syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_PTRACE, 0, 0, 0, 0));
  REFUSED(running(), syscall(SYS_clone, CLONE_VM | CLONE_VFORK, 0, 0, 0, 0));
  REFUSED(running(), syscall(SYS_clone, CLONE_NEWUSER, 0, 0, 0, 0));
  ALLOWED(running(), syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  for (int operation : {FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE_PI, FUTEX_WAIT_REQUEUE_PI,
                        FUTEX_FD, FUTEX_WAKE_OP})
    REFUSED(running(), syscall(SYS_futex, &word, operation, 1, 0, &word, 0)) << operation;
  ALLOWED(running(), syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &t));
  clockid_t parents = 0;
  ASSERT_EQ(clock_getcpuclockid(getpid(), &parents), 0);
  REFUSED(running(), syscall(SYS_clock_gettime, parents, &t));
  REFUSED(running(), syscall(SYS_clock_getres, parents, &t));
  for (int advice : {100 /* MADV_HWPOISON */, 101 /* MADV_SOFT_OFFLINE */, MADV_DONTFORK, MADV_MERGEABLE})
    REFUSED(running(), madvise(reinterpret_cast<void*>(uintptr_t{4096}), 0, advice)) << advice;
  REFUSED(running(), syscall(SYS_fallocate, 0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
  for (unsigned long request : {TIOCSTI, TIOCSCTTY, TIOCSPGRP, TIOCGWINSZ, FIONBIO, FIOASYNC})
    REFUSED(running(), ioctl(0, request, &word)) << request;
}

TEST(SandboxArguments, WithoutDirectoriesEveryPathIsRefused) {
  for (const Policy& policy : {running(), reading()}) {
    REFUSED(policy, syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY));
    open_how how{};
    REFUSED(policy, syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof how));
    char buffer[10];
    REFUSED(policy, syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", buffer, sizeof buffer));
    REFUSED(policy, syscall(SYS_utimensat, AT_FDCWD, "/tmp", nullptr, 0));
    REFUSED(policy, syscall(SYS_utimensat, 0, "x", nullptr, 0));
    REFUSED(policy, syscall(SYS_utimensat, 3, nullptr, nullptr, 0));
    REFUSED(policy, syscall(SYS_unlinkat, AT_FDCWD, "/tmp/ermine-nothing", 0));
    REFUSED(policy, syscall(SYS_mkdirat, AT_FDCWD, "/tmp", 0700));
    REFUSED(policy, syscall(SYS_getdents64, 0, 0, 0));
  }
  // A process that only reads is allowed even less.
  REFUSED(reading(), syscall(SYS_memfd_create, "x", 0));
  REFUSED(reading(), syscall(SYS_accept4, 0, 0, 0, 0));
  REFUSED(reading(), eventfd(0, 0));
  REFUSED(reading(), fcntl(0, F_GETFL));
  REFUSED(reading(), ftruncate(1, 0));
}

// Set up as by the command: the kernel decides what lies beneath a directory, for all code.
class SandboxPaths : public testing::Test {
 protected:
  void SetUp() override {
    root_ = (std::filesystem::temp_directory_path() / "ermine-paths-XXXXXX").string();
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
    for (const char* d : {"/in", "/in/sub", "/out"}) std::filesystem::create_directory(root_ + d);
    for (const char* f : {"/in/file", "/in/sub/file", "/out/file"}) std::ofstream(root_ + f) << "text";
    std::filesystem::create_symlink("file", root_ + "/in/link");
    std::filesystem::create_symlink("../out/file", root_ + "/in/leads_out");
    in_ = open((root_ + "/in").c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_GE(in_, 0);
  }
  void TearDown() override {
    if (in_ >= 0) close(in_);
    std::error_code ignored;
    if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
  }
  // In a child process, because the arguments are then fixed.
  template <class F>
  int attempt(bool writable, F&& f) {
    const pid_t child = fork();
    if (child == 0) {
      const std::optional<wasi::host::PathArguments> fixed = wasi::host::fix_path_arguments();
      if (!fixed || !fixed->openat2) _exit(kNotSetUp);
      fixed_ = *fixed;
      Policy p = running();
      p.directories = {{root_ + "/in", writable}};
      Result<std::vector<std::string>> notes = confine(p);
      if (!notes || !notes->empty()) _exit(kNotSetUp);
      errno = 0;
      _exit(f() < 0 ? errno : kSucceeded);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : kDied;
  }
  static wasi::host::GuestPath path(const char* text) {
    wasi::host::GuestPath p;
    (void)p.assign(text);
    return p;
  }
  static int answer(wasi::host::HostError e) {
    errno = e == wasi::host::HostError::kOutside ? EXDEV : static_cast<int>(e);
    return errno == 0 ? 0 : -1;
  }
  // Through open_beneath().
  static int opens(int dir, const char* name, int flags) {
    const auto fd = wasi::host::open_beneath(dir, name, flags, 0666);
    return answer(fd.error);
  }

  std::string root_;
  int in_ = -1;
  wasi::host::PathArguments fixed_;
};

#define PATHS(writable, expression) attempt(writable, [&] { return long(expression); })

TEST_F(SandboxPaths, OperationsOfAGuestPass) {
  for (const char* name : {"file", "sub/file", "link", "sub/../file", "./sub/.././link"}) {
    EXPECT_EQ(PATHS(false, opens(in_, name, O_RDONLY | O_NONBLOCK)), kSucceeded) << name;
    EXPECT_EQ(PATHS(false, answer(wasi::host::stat_path(in_, path(name), true).error)), kSucceeded) << name;
    EXPECT_EQ(PATHS(false, answer(wasi::host::stat_path(in_, path(name), false).error)), kSucceeded) << name;
    EXPECT_EQ(
        PATHS(true, answer(wasi::host::set_times_path(in_, path(name), true, {}, {wasi::host::TimeChange::To::kNow}))),
        kSucceeded);
  }
  char buffer[10];
  EXPECT_EQ(PATHS(false, answer(wasi::host::readlink_path(in_, path("link"), buffer, sizeof buffer).error)),
            kSucceeded);
  EXPECT_EQ(PATHS(false, answer(wasi::host::readlink_path(in_, path("sub/../link"), buffer, sizeof buffer).error)),
            kSucceeded);
  EXPECT_EQ(PATHS(true, opens(in_, "sub/new", O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK)), kSucceeded);
  EXPECT_EQ(PATHS(true, opens(in_, "sub/new", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK)), kSucceeded);
  EXPECT_EQ(PATHS(true, opens(in_, "sub/synced", O_RDWR | O_CREAT | O_SYNC | O_NONBLOCK)),
            kSucceeded);  // without openat2
  EXPECT_EQ(PATHS(true, answer(wasi::host::rename_path(in_, path("sub/new"), in_, path("new")))), kSucceeded);
  EXPECT_EQ(PATHS(true, answer(wasi::host::link_path(in_, path("new"), in_, path("sub/linked")))), kSucceeded);
  EXPECT_EQ(PATHS(true, answer(wasi::host::create_directory(in_, path("sub/made")))), kSucceeded);
  EXPECT_EQ(PATHS(true, answer(wasi::host::unlink_file(in_, path("new")))), kSucceeded);
  for (const char* name : {"leads_out", "../out/file", ".."}) {
    EXPECT_EQ(PATHS(false, opens(in_, name, O_RDONLY | O_NONBLOCK)), EXDEV) << name;
    EXPECT_EQ(PATHS(false, answer(wasi::host::stat_path(in_, path(name), true).error)), EXDEV) << name;
  }
}

TEST_F(SandboxPaths, TheWalkOfGuestPathsPasses) {
  for (const char* name : {"file", "sub/file", "link", "sub/../file"}) {
    EXPECT_EQ(PATHS(false, (wasi::host::force_path_walker(true), opens(in_, name, O_RDONLY | O_NONBLOCK))), kSucceeded)
        << name;
    EXPECT_EQ(PATHS(false, (wasi::host::force_path_walker(true), opens(in_, name, O_PATH))), kSucceeded) << name;
  }
  EXPECT_EQ(PATHS(false, (wasi::host::force_path_walker(true), opens(in_, "leads_out", O_RDONLY | O_NONBLOCK))), EXDEV);
}

TEST_F(SandboxPaths, OtherPathsAreRefused) {
  const std::string out = root_ + "/out/file";
  struct stat st;
  EXPECT_EQ(PATHS(true, syscall(SYS_newfstatat, in_, out.c_str(), &st, 0)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_openat, in_, out.c_str(), O_PATH)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_openat, AT_FDCWD, "file", O_RDONLY)), EPERM);
  EXPECT_EQ(PATHS(false, syscall(SYS_openat, in_, "file", O_RDWR)), EPERM);
  EXPECT_EQ(PATHS(false, syscall(SYS_openat, in_, "x", O_CREAT, 0600)), EPERM);
  EXPECT_EQ(PATHS(false, syscall(SYS_unlinkat, in_, "file", 0)), EPERM);
  // A forged request, or parts of two.
  open_how free{};
  free.flags = O_PATH;
  EXPECT_EQ(PATHS(true, syscall(SYS_openat2, in_, out.c_str(), &free, sizeof free)), EPERM);
  for (uintptr_t off : {8, 16, 24})
    EXPECT_EQ(PATHS(true, syscall(SYS_openat2, in_, out.c_str(), fixed_.begin + off, sizeof free)), EPERM) << off;
  EXPECT_EQ(
      PATHS(true, syscall(SYS_openat2, in_, out.c_str(), fixed_.begin + wasi::host::PathArguments::kSize, sizeof free)),
      EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_openat2, AT_FDCWD, "in", fixed_.begin, sizeof free)), EPERM);
  // Each prepared request stays beneath its directory: it opens at most a link itself.
  for (uintptr_t at = 0; at < wasi::host::PathArguments::kSize; at += wasi::host::PathArguments::kStride)
    for (const char* name : {out.c_str(), "../out/file", "leads_out"}) {
      const int error = attempt(true, [&]() -> long {
        const long fd = syscall(SYS_openat2, in_, name, fixed_.begin + at, sizeof free);
        if (fd >= 0 && syscall(SYS_fstat, fd, &st) == 0 && S_ISLNK(st.st_mode)) return errno = ELOOP, -1;
        return fd;
      });
      EXPECT_LT(error, kSucceeded) << at << " " << name;
    }
  // A path that is not one of the prepared ones.
  char buffer[10];
  EXPECT_EQ(PATHS(true, syscall(SYS_readlinkat, in_, "link", buffer, sizeof buffer)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_readlinkat, in_, "", buffer, sizeof buffer)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_utimensat, in_, out.c_str(), nullptr, 0)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_utimensat, in_, nullptr, nullptr, 0)), kSucceeded);
  EXPECT_EQ(PATHS(false, syscall(SYS_utimensat, in_, nullptr, nullptr, 0)), EPERM);
  EXPECT_EQ(PATHS(false, syscall(SYS_utimensat, in_, fixed_.empty, nullptr, AT_EMPTY_PATH)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_utimensat, AT_FDCWD, fixed_.empty, nullptr, AT_EMPTY_PATH)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_renameat2, in_, "file", in_, "link", 2 /* RENAME_EXCHANGE */)), EPERM);
  EXPECT_EQ(PATHS(true, syscall(SYS_linkat, in_, "leads_out", in_, "x", AT_SYMLINK_FOLLOW)), EPERM);
}

TEST_F(SandboxPaths, TheKnownRequestsCannotBeChanged) {
  void* probe = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool seals = syscall(462 /* mseal */, probe, 4096, 0) == 0;
  if (!seals) GTEST_SKIP() << "this kernel has no mseal";
  auto page = [&] { return reinterpret_cast<void*>(fixed_.begin); };
  EXPECT_EQ(PATHS(true, mprotect(page(), 4096, PROT_READ | PROT_WRITE)), EPERM);
  EXPECT_EQ(PATHS(true, munmap(page(), 4096)), EPERM);
  EXPECT_EQ(PATHS(true, madvise(page(), 4096, MADV_DONTNEED)), EPERM);
  EXPECT_EQ(PATHS(true, mremap(page(), 8192, 4096, 0) == MAP_FAILED ? -1 : 0), EPERM);
  EXPECT_EQ(PATHS(true, mmap(page(), 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                                MAP_FAILED
                            ? -1
                            : 0),
            EPERM);
}

}  // namespace
}  // namespace ermine::sandbox
