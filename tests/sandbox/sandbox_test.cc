// What the process sandbox refuses: every attempt is made in a process of its own that has confined itself in the same
// way as the command, from C++, as code that has broken out of WebAssembly would make it.

#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "confined.h"

namespace ermine::sandbox {
namespace {

Policy only(bool landlock, bool seccomp) {
  Policy p;
  p.mode = Mode::kRequired;
  p.landlock = landlock;
  p.seccomp = seccomp;
  p.runs_guests = true;
  p.machine_code = true;
  return p;
}

struct Forbidden {
  const char* name;
  long number;
  long arguments[4];
};
#define CALL(name, ...)                \
  {                                    \
    #name, SYS_##name, { __VA_ARGS__ } \
  }
// Arguments that would fail or do nothing if a call were allowed, so that a hole in the filter does no harm.
const Forbidden kForbidden[] = {
    // Other programs and processes
    CALL(execve, 0, 0, 0),
    CALL(execveat, -1, 0, 0, 0),
    CALL(clone, SIGCHLD, 0, 0, 0),
    CALL(kill, 1, 0),
    CALL(tkill, 1, 0),
    CALL(tgkill, 1, 1, 0),
    CALL(rt_sigqueueinfo, 1, 0, 0),
    CALL(pidfd_open, 1, 0),
    CALL(pidfd_send_signal, -1, 0, 0, 0),
    CALL(pidfd_getfd, -1, 0, 0),
    CALL(ptrace, 0, -1, 0, 0),
    CALL(process_vm_readv, 1, 0, 0, 0),
    CALL(process_vm_writev, 1, 0, 0, 0),
    CALL(process_madvise, -1, 0, 0, 0),
    CALL(kcmp, 1, 1, 0, 0),
    CALL(wait4, -1, 0, WNOHANG, 0),
    CALL(setpgid, -1, -1),
    CALL(setsid),
    CALL(setpriority, 0, 1 << 30, 0),
    CALL(sched_setscheduler, -1, 0, 0),
    // The network
    CALL(socket, AF_INET, SOCK_STREAM, 0),
    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, 0),
    CALL(connect, -1, 0, 0),
    CALL(bind, -1, 0, 0),
    CALL(listen, -1, 0),
    CALL(setsockopt, -1, 0, 0, 0),
    // Ways around the filter
    CALL(io_uring_setup, 0, 0),
    CALL(io_uring_enter, -1, 0, 0, 0),
    CALL(io_uring_register, -1, 0, 0, 0),
    CALL(seccomp, 9, 0, 0),
    CALL(bpf, -1, 0, 0),
    CALL(userfaultfd, -1),
    CALL(perf_event_open, 0, 0, -1, -1),
    CALL(personality, 0xffffffff),
    // The identity and the environment of the process
    CALL(setuid, -1),
    CALL(setgid, -1),
    CALL(setresuid, -1, -1, -1),
    CALL(setgroups, -1, 0),
    CALL(capset, 0, 0),
    CALL(unshare, 0),
    CALL(setns, -1, 0),
    CALL(chroot, 0),
    CALL(pivot_root, 0, 0),
    CALL(mount, 0, 0, 0, 0),
    CALL(umount2, 0, 0),
    CALL(open_tree, -1, 0, 0),
    CALL(move_mount, -1, 0, -1, 0),
    CALL(fsopen, 0, 0),
    CALL(chdir, 0),
    CALL(fchdir, -1),
    CALL(umask, 022),
    // Files through other ways than names beneath a directory
    CALL(open_by_handle_at, -1, 0, 0),
    CALL(name_to_handle_at, -1, 0, 0, 0),
    CALL(mknodat, -1, 0, 0, 0),
    CALL(fchmodat, -1, 0, 0),
    CALL(fchmod, -1, 0),
    CALL(fchownat, -1, 0, 0, 0),
    CALL(fchown, -1, 0, 0),
    CALL(setxattr, 0, 0, 0, 0),
    CALL(fsetxattr, -1, 0, 0, 0),
    CALL(inotify_init1, -1),
    CALL(fanotify_init, -1, 0),
    CALL(quotactl, -1, 0, 0, 0),
    CALL(swapon, 0, 0),
    // The machine
    CALL(reboot, 0, 0, 0, 0),
    CALL(init_module, 0, 0, 0),
    CALL(finit_module, -1, 0, 0),
    CALL(delete_module, 0, 0),
    CALL(kexec_load, 0, 1 << 30, 0, 0),
    CALL(sethostname, 0, -1),
    CALL(settimeofday, -1, -1),
    CALL(clock_settime, -1, 0),
    CALL(adjtimex, 0),
    CALL(syslog, -1, 0, 0),
    CALL(acct, -1),
    CALL(keyctl, -1, 0, 0, 0),
    CALL(add_key, 0, 0, 0, 0),
    CALL(request_key, 0, 0, 0, 0),
    CALL(shmget, 0, 0, 0),
    CALL(msgget, -1, 0),
    CALL(semget, -1, -1, 0),
    CALL(mq_open, 0, 0, 0, 0),
    CALL(setrlimit, -1, 0),
    CALL(getrlimit, -1, 0),
    CALL(pkey_mprotect, 0, 0, 0, 0),
    CALL(remap_file_pages, 0, 0, 0, 0),
    CALL(get_robust_list, 1, 0, 0),
    CALL(setitimer, -1, 0, 0),
    CALL(timer_create, -1, 0, 0),
    CALL(dup, -1),
    CALL(dup3, -1, -1, 0),
    CALL(splice, -1, 0, -1, 0),
    CALL(copy_file_range, -1, 0, -1, 0),
    // The status of files, which Landlock does not cover
    CALL(newfstatat, -1, 0, 0, 0),
    CALL(statx, -1, 0, 0, 0),
    CALL(faccessat, -1, 0, 0),
    CALL(faccessat2, -1, 0, 0, 0),
    CALL(statfs, 0, 0),
    CALL(getcwd, 0, 0),
    CALL(getxattr, 0, 0, 0, 0),
#ifdef SYS_fork
    CALL(stat, 0, 0),
    CALL(lstat, 0, 0),
    CALL(access, 0, 0),
    CALL(readlink, 0, 0, 0),
    CALL(utimes, 0, 0),
    CALL(open, 0, 0, 0),
    CALL(fork),
    CALL(vfork),
    CALL(iopl, -1),
    CALL(ioperm, -1, -1, -1),
    CALL(modify_ldt, -1, 0, 0),
#endif
};

TEST(Seccomp, RefusesCallsThatNoProgramNeeds) {
  const Policy options = only(false, true);
  for (const Forbidden& f : kForbidden) {
    const int error = confined(options, [&] {
      const long r = syscall(f.number, f.arguments[0], f.arguments[1], f.arguments[2], f.arguments[3]);
      if (r == 0 && (f.number == SYS_clone)) _exit(kSucceeded);  // a grandchild
      return r;
    });
    EXPECT_EQ(error, EPERM) << f.name << ": " << (error == kSucceeded ? "succeeded" : strerror(error));
  }
  // The C library falls back to clone(), whose flags are visible to the filter.
  EXPECT_EQ(confined(options, [] { return syscall(SYS_clone3, 0, 0); }), ENOSYS);
  EXPECT_EQ(confined(options, [] { return ioctl(0, TIOCSTI, "x"); }), EPERM);
  EXPECT_EQ(confined(options, [] { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }), EPERM);
  EXPECT_EQ(confined(options, [] { return syscall(SYS_tgkill, getpid(), gettid(), 0); }), kSucceeded);
  EXPECT_EQ(confined(options, [] { return syscall(0x12345, 0); }), EPERM);  // one that is not known yet
}

TEST(Seccomp, WithoutItTheSameAttemptsGetThrough) {
  const Policy none = only(false, false);
  EXPECT_EQ(confined(none, [] { return socket(AF_INET, SOCK_STREAM, 0); }), kSucceeded);
  EXPECT_EQ(confined(none, [] { return kill(getpid(), 0); }), kSucceeded);
  EXPECT_EQ(confined(none, [] { return syscall(SYS_execve, "/nowhere", 0, 0); }), ENOENT);
  EXPECT_EQ(confined(none, [] { return syscall(SYS_umask, 022); }), kSucceeded);
}

#if defined(__x86_64__)
// Numbers mean other calls in the 32-bit tables: a process that uses those is ended.
TEST(Seccomp, EndsAProcessThatUsesTheOtherCallTable) {
  EXPECT_EQ(confined(only(false, true),
                     [] {
                       long result = 20;  // getpid there
                       asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
                       return result;
                     }),
            kDied);
  // The x32 calls have the same architecture and a bit in the number.
  EXPECT_EQ(confined(only(false, true), [] { return syscall(0x40000000 + SYS_socket, AF_INET, SOCK_STREAM, 0); }),
            EPERM);
}
#endif

class Landlock : public testing::Test {
 protected:
  void SetUp() override {
    version_ = syscall(444, nullptr, 0, 1);
    if (version_ < 1) GTEST_SKIP() << "this kernel has no Landlock";
    root_ = (std::filesystem::temp_directory_path() / "ermine-landlock-XXXXXX").string();
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
    for (const char* d : {"/granted", "/granted/sub", "/kept", "/other"}) {
      std::filesystem::create_directory(root_ + d);
      std::ofstream(root_ + d + "/file") << "text";
    }
    std::filesystem::create_symlink(root_ + "/other/file", root_ + "/granted/link");
    options_ = only(true, false);
    options_.directories = {{root_ + "/granted", true}, {root_ + "/kept", false}};
  }
  void TearDown() override {
    std::error_code ignored;
    if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
  }
  std::string at(const char* path) { return path[0] == '/' ? path : root_ + "/" + path; }
  int opens(const char* path, int flags) {
    return confined(options_, [&] { return open(at(path).c_str(), flags, 0600); });
  }
  long version_ = 0;
  std::string root_;
  Policy options_;
};

TEST_F(Landlock, LeavesOnlyTheGrantedDirectories) {
  EXPECT_EQ(opens("granted/file", O_RDWR), kSucceeded);
  EXPECT_EQ(opens("granted/sub/new", O_RDWR | O_CREAT), kSucceeded);
  EXPECT_EQ(opens("kept/file", O_RDONLY), kSucceeded);
  EXPECT_EQ(opens("kept", O_RDONLY | O_DIRECTORY), kSucceeded);
  for (const char* path : {"other/file", "granted/link", "granted/../other/file", "/etc/passwd", "/proc/self/mem",
                           "/proc/self/exe", "/dev/null", "/proc/self/environ"})
    EXPECT_EQ(opens(path, O_RDONLY), EACCES) << path;
  for (const char* path : {"other", "/", "/proc", "/tmp", "/proc/self/fd", "/proc/self/root"})
    EXPECT_EQ(opens(path, O_RDONLY | O_DIRECTORY), EACCES) << path;
  for (const char* path : {"other/new", "/tmp/ermine-landlock-new", "kept/new"})
    EXPECT_EQ(opens(path, O_WRONLY | O_CREAT), EACCES) << path;
}

TEST_F(Landlock, KeepsReadOnlyDirectoriesReadOnly) {
  EXPECT_EQ(opens("kept/file", O_WRONLY), EACCES);
  auto refused = [&](const char* what, auto&& attempt, int otherwise = EACCES) {
    const int error = confined(options_, attempt);
    EXPECT_TRUE(error == EACCES || error == otherwise) << what << ": " << error;
  };
  for (const std::string d : {"kept", "other"}) {
    const std::string file = root_ + "/" + d + "/file", made = root_ + "/" + d + "/made";
    const std::string from = root_ + "/granted/file", to = root_ + "/granted/moved";
    refused("unlink", [&] { return unlink(file.c_str()); });
    refused("mkdir", [&] { return mkdir(made.c_str(), 0700); });
    refused("symlink", [&] { return symlink("x", made.c_str()); });
    refused("mkfifo", [&] { return mkfifo(made.c_str(), 0600); });
    refused("rename in", [&] { return rename(from.c_str(), made.c_str()); }, EXDEV);
    refused("rename out", [&] { return rename(file.c_str(), to.c_str()); }, EXDEV);
    refused("link in", [&] { return link(from.c_str(), made.c_str()); }, EXDEV);
    refused("link out", [&] { return link(file.c_str(), to.c_str()); }, EXDEV);
    refused("rmdir", [&] { return rmdir((root_ + "/" + d).c_str()); });
    if (version_ >= 3) refused("truncate", [&] { return truncate(file.c_str(), 0); });
  }
  EXPECT_EQ(confined(options_, [&] { return unlink((root_ + "/granted/file").c_str()); }), kSucceeded);
  EXPECT_EQ(confined(options_, [&] { return mkdir((root_ + "/granted/made").c_str(), 0700); }), kSucceeded);
  // Programs may not make devices and fifos, anywhere.
  EXPECT_EQ(confined(options_, [&] { return mkfifo((root_ + "/granted/fifo").c_str(), 0600); }), EACCES);
}

TEST_F(Landlock, LeavesNoNetwork) {
  if (version_ < 4) GTEST_SKIP() << "this kernel's Landlock knows no network";
  auto attempt = [&](auto&& call) {
    return confined(options_, [&] {
      int s = socket(AF_INET, SOCK_STREAM, 0);
      if (s < 0) _exit(kNotSetUp);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(9);
      return call(s, reinterpret_cast<const sockaddr*>(&address), socklen_t{sizeof address});
    });
  };
  EXPECT_EQ(attempt([](int s, const sockaddr* a, socklen_t n) { return connect(s, a, n); }), EACCES);
  EXPECT_EQ(attempt([](int s, const sockaddr* a, socklen_t n) { return bind(s, a, n); }), EACCES);
}

TEST_F(Landlock, WithoutItTheSameAttemptsGetThrough) {
  options_.landlock = false;
  EXPECT_EQ(opens("other/file", O_RDONLY), kSucceeded);
  EXPECT_EQ(opens("/etc/passwd", O_RDONLY), kSucceeded);
  EXPECT_EQ(opens("kept/file", O_WRONLY), kSucceeded);
}

}  // namespace
}  // namespace ermine::sandbox
