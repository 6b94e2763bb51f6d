#include "cli/lockdown.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ermine::cli {
namespace {

// A sanitizer's runtime opens and inspects things of its own at the end.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ERMINE_SANITIZED 1
#endif
#endif
#ifdef ERMINE_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Landlock's interface as of Linux 6.12; the C library's kernel headers may be older than the kernel.
namespace landlock {
struct RulesetAttr {
  uint64_t handled_access_fs, handled_access_net, scoped;
};
struct [[gnu::packed]] PathBeneathAttr {
  uint64_t allowed_access;
  int32_t parent_fd;
};
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;  // the same on all architectures
constexpr uint64_t kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3, kRemoveDir = 1 << 4,
                   kRemoveFile = 1 << 5, kMakeDir = 1 << 7, kMakeReg = 1 << 8, kMakeSym = 1 << 12, kRefer = 1 << 13,
                   kTruncate = 1 << 14, kIoctlDev = 1 << 15;
constexpr uint64_t kAllOfFirstVersion = (1 << 13) - 1;
constexpr uint64_t kBindTcp = 1, kConnectTcp = 2;
constexpr uint64_t kAbstractUnixSocket = 1, kSignal = 2;
}  // namespace landlock

std::string failed(const char* what) { return std::string(what) + " could not be set up: " + std::strerror(errno); }

std::string apply_landlock(const RunOptions& options) {
  using namespace landlock;
  long version = syscall(kCreateRuleset, nullptr, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
  if (version < 1) return {};  // not built in, or not enabled
  RulesetAttr attr{};
  attr.handled_access_fs = kAllOfFirstVersion;
  if (version >= 2) attr.handled_access_fs |= kRefer;
  if (version >= 3) attr.handled_access_fs |= kTruncate;
  if (version >= 5) attr.handled_access_fs |= kIoctlDev;
  if (version >= 4) attr.handled_access_net = kBindTcp | kConnectTcp;
  if (version >= 6) attr.scoped = kAbstractUnixSocket | kSignal;
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  int ruleset = static_cast<int>(syscall(kCreateRuleset, &attr, size, 0));
  if (ruleset < 0) return failed("Landlock");
  for (const Directory& d : options.directories) {
    uint64_t access = kReadFile | kReadDir;
    if (d.access == WasiDirAccess::kReadWrite)
      access |= kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeReg | kMakeSym | kRefer | kTruncate;
    PathBeneathAttr rule{access & attr.handled_access_fs, open(d.host.c_str(), O_PATH | O_CLOEXEC)};
    bool added = rule.parent_fd >= 0 && syscall(kAddRule, ruleset, 1 /* LANDLOCK_RULE_PATH_BENEATH */, &rule, 0) == 0;
    std::string problem = added ? "" : failed("Landlock");
    if (rule.parent_fd >= 0) close(rule.parent_fd);
    if (!added) {
      close(ruleset);
      return problem;
    }
  }
  long rc = syscall(kRestrictSelf, ruleset, 0);
  std::string problem = rc == 0 ? "" : failed("Landlock");
  close(ruleset);
  return problem;
}

// What running a program takes: files, polling, memory, threads, time. No new processes, no programs, no new
// sockets, no changes to what the process is.
constexpr int kAllowed[] = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_openat,
    SYS_openat2,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_lseek,
    SYS_getdents64,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_readlinkat,
    SYS_utimensat,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_fsync,
    SYS_fdatasync,
    SYS_fcntl,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_fstatfs,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_accept4,
    SYS_recvmsg,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_sendto,
    SYS_shutdown,
    SYS_getsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_memfd_create,
    SYS_membarrier,
    SYS_mincore,
    SYS_msync,
    SYS_futex,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getcpu,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_getrusage,
    SYS_times,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_delete,
    SYS_timer_gettime,
    SYS_getrandom,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
    SYS_uname,
    SYS_sysinfo,
    SYS_prlimit64,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_poll
    SYS_poll,
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_getdents,
    SYS_epoll_wait,
    SYS_time,
    SYS_dup2,
    SYS_pipe,
    SYS_select,
    SYS_arch_prctl,
#endif
#ifdef SYS_getrlimit
    SYS_getrlimit,
#endif
#ifdef SYS_riscv_flush_icache
    SYS_riscv_flush_icache,
#endif
};

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
constexpr uint32_t kArchitecture = 0;  // no filter
#endif

class Filter {
 public:
  void load(uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  // The low half of a system call's argument; all that the checks below look at.
  void load_argument(unsigned index) { load(uint32_t{offsetof(seccomp_data, args)} + index * 8); }
  void load_number() { load(offsetof(seccomp_data, nr)); }
  void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }
  // If the loaded value equals, answers.
  void if_equal(uint32_t value, uint32_t action) {
    jump(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    answer(action);
  }
  void if_any_bit(uint32_t bits, uint32_t action) {
    jump(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    answer(action);
  }
  void unless_equal(uint32_t value, uint32_t action) {
    jump(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    answer(action);
  }
  // If the number in hand is not this one, skips what `body` adds.
  template <class F>
  void for_call(int number, F&& body) {
    size_t at = code_.size();
    jump(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 0);
    body();
    code_[at].jf = static_cast<uint8_t>(code_.size() - at - 1);
  }
  // If the loaded value is one of these, answers; by binary search, since the kernel runs the filter once for
  // every number when it is installed, to cache the answers.
  void if_any(std::vector<uint32_t> values, uint32_t action) {
    std::sort(values.begin(), values.end());
    std::vector<Range> ranges;
    for (uint32_t v : values) {
      if (!ranges.empty() && v <= ranges.back().high + 1) ranges.back().high = v;
      else ranges.push_back({v, v});
    }
    std::vector<size_t> otherwise;
    search(ranges, action, otherwise);
    for (size_t at : otherwise) code_[at].k = static_cast<uint32_t>(code_.size() - at - 1);
  }
  bool install() {
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0) return true;
    // A thread that has a filter of its own already cannot be synchronized; take this one alone, then.
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  struct Range {
    uint32_t low, high;
  };
  // `otherwise` collects the jumps to what follows.
  void search(std::span<const Range> ranges, uint32_t action, std::vector<size_t>& otherwise) {
    if (ranges.size() > 1) {
      size_t middle = ranges.size() / 2;
      jump(BPF_JMP | BPF_JGE | BPF_K, ranges[middle].low, 0, 1);
      size_t to_upper = code_.size();
      add(BPF_JMP | BPF_JA, 0);
      search(ranges.first(middle), action, otherwise);
      code_[to_upper].k = static_cast<uint32_t>(code_.size() - to_upper - 1);
      search(ranges.subspan(middle), action, otherwise);
      return;
    }
    jump(BPF_JMP | BPF_JGE | BPF_K, ranges[0].low, 0, 2);
    jump(BPF_JMP | BPF_JGT | BPF_K, ranges[0].high, 1, 0);
    answer(action);
    otherwise.push_back(code_.size());
    add(BPF_JMP | BPF_JA, 0);
  }
  void add(int code, uint32_t k) { code_.push_back({static_cast<uint16_t>(code), 0, 0, k}); }
  void jump(int code, uint32_t k, uint8_t yes, uint8_t no) {
    code_.push_back({static_cast<uint16_t>(code), yes, no, k});
  }
  std::vector<sock_filter> code_;
};

std::string apply_seccomp() {
  if (kArchitecture == 0) return {};
  constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
  constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
  Filter f;
  f.load(offsetof(seccomp_data, arch));
  f.unless_equal(kArchitecture, SECCOMP_RET_KILL_PROCESS);
  f.load_number();
  f.if_any({std::begin(kAllowed), std::end(kAllowed)}, kAllow);
  // Threads, but no processes. clone3 hides its flags in memory; without it the C library uses clone.
  f.if_equal(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  f.for_call(SYS_clone, [&] {
    f.load_argument(0);
    f.if_any_bit(CLONE_THREAD, kAllow);
    f.answer(kRefuse);
  });
  f.for_call(SYS_ioctl, [&] {
    f.load_argument(1);
    for (uint32_t request : {FIONREAD, TCGETS, TIOCGWINSZ}) f.if_equal(request, kAllow);
    f.answer(kRefuse);
  });
  // Signals to itself only, as abort() and the C library's threads send them.
  f.for_call(SYS_tgkill, [&] {
    f.load_argument(0);
    f.if_equal(static_cast<uint32_t>(getpid()), kAllow);
    f.answer(kRefuse);
  });
  f.for_call(SYS_prctl, [&] {
    f.load_argument(0);
    f.if_equal(PR_SET_NAME, kAllow);
    f.answer(kRefuse);
  });
  f.answer(kRefuse);
  return f.install() ? std::string() : failed("seccomp");
}

}  // namespace

std::vector<std::string> lock_down(const RunOptions& options) {
  std::vector<std::string> warnings;
  if (kSanitized || (!options.landlock && !options.seccomp)) return warnings;
  // Neither is to be had by an unprivileged process otherwise.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return {failed("no_new_privs")};
  if (options.landlock)
    if (std::string problem = apply_landlock(options); !problem.empty())
      warnings.push_back(problem + "; --no-landlock does without");
  if (options.seccomp)
    if (std::string problem = apply_seccomp(); !problem.empty())
      warnings.push_back(problem + "; --no-seccomp does without");
  return warnings;
}

}  // namespace ermine::cli
