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
#include <array>
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

// The filter is worked out by the compiler, and short: the kernel checks, translates and compiles it in every process,
// and runs it once for every number of a system call to cache the answers. Hence a set of bits, of whose words a binary
// search finds the right one (28 us; a search among the numbers is twice as long and takes 43; nothing takes 14).
struct Program {
  std::array<sock_filter, 255> code{};  // so that every jump fits in its 8 bits
  unsigned size = 0;
  unsigned own_pid = 0;  // the instruction that is to know the process's number
};

class Assembler {
 public:
  enum Label : uint8_t {
    kNext,
    kHere,
    kAllow,
    kRefuse,
    kNoSuchCall,
    kKill,
    kBit,
    kOther,
    kClone,
    kIoctl,
    kTgkill,
    kPrctl,
    kLabels
  };

  constexpr void load(uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  // The low half of a system call's argument; all that the checks below look at.
  constexpr void load_argument(unsigned index) { load(uint32_t{offsetof(seccomp_data, args)} + index * 8); }
  constexpr void load_number() { load(offsetof(seccomp_data, nr)); }
  constexpr void answer(uint32_t action) { add(BPF_RET | BPF_K, action); }
  constexpr unsigned if_equal(uint32_t value, Label yes, Label no) { return jump(BPF_JEQ, value, yes, no); }
  constexpr void if_any_bit(uint32_t bits, Label yes, Label no) { jump(BPF_JSET, bits, yes, no); }
  constexpr void bind(Label label) { positions_[label] = program_.size; }

  // Goes to kAllow if the loaded value is one of these, all less than 32 * kWords, else on to kOther, which follows.
  template <size_t n>
  constexpr void search(const int (&values)[n]) {
    std::array<uint32_t, kWords + 1> words{};  // the last stands for all that is greater
    for (int v : values) words[static_cast<unsigned>(v) / 32] |= 1u << (v % 32);
    pick(words.data(), 0, kWords);
    bind(kBit);
    add(BPF_ST, 0);
    add(BPF_ALU | BPF_AND | BPF_K, 31);
    add(BPF_ST, 1);
    add(BPF_MISC | BPF_TXA, 0);
    add(BPF_LDX | BPF_MEM, 1);
    add(BPF_ALU | BPF_RSH | BPF_X, 0);
    if_any_bit(1, kAllow, kNext);
    add(BPF_LD | BPF_MEM, 0);
  }

  constexpr Program finish() {
    for (unsigned at = 0; at < program_.size; ++at) {
      sock_filter& code = program_.code[at];
      if (code.code == (BPF_JMP | BPF_JA)) code.k = positions_[yes_[at]] - at - 1;
      else if (BPF_CLASS(code.code) == BPF_JMP) {
        resolve(code.jt, yes_[at], at);
        resolve(code.jf, no_[at], at);
      }
    }
    return program_;
  }

 private:
  static constexpr unsigned kWords = 16;

  // Goes to kBit with the value's word in the index register. It is known that this is one from `low` to `high`. Where
  // all these are empty there is nothing to do: the answer is kOther.
  constexpr Label pick(const uint32_t* words, unsigned low, unsigned high) {
    if (std::all_of(words + low, words + high + 1, [](uint32_t w) { return w == 0; })) return kOther;
    if (low == high) {
      add(BPF_LDX | BPF_IMM, words[low]);
      jump(BPF_JA, 0, kBit, kBit);
      return kHere;
    }
    const unsigned middle = (low + high + 1) / 2;
    const unsigned at = jump(BPF_JGE, middle * 32, kHere, kHere);
    no_[at] = pick(words, low, middle - 1);
    if (no_[at] == kHere) program_.code[at].jf = 0;
    const unsigned upper = program_.size;
    yes_[at] = pick(words, middle, high);
    if (yes_[at] == kHere) program_.code[at].jt = static_cast<uint8_t>(upper - at - 1);
    return kHere;
  }
  constexpr void resolve(uint8_t& offset, Label label, unsigned at) const {
    if (label == kNext) offset = 0;
    else if (label != kHere) offset = static_cast<uint8_t>(positions_[label] - at - 1);
  }
  constexpr unsigned jump(int test, uint32_t k, Label yes, Label no) {
    yes_[program_.size] = yes;
    no_[program_.size] = no;
    add(BPF_JMP | test | BPF_K, k);
    return program_.size - 1;
  }
  constexpr void add(int code, uint32_t k) { program_.code[program_.size++] = {static_cast<uint16_t>(code), 0, 0, k}; }

  Program program_;
  std::array<Label, 255> yes_{}, no_{};
  std::array<unsigned, kLabels> positions_{};
};

consteval Program make_program() {
  using A = Assembler;
  A a;
  a.load(offsetof(seccomp_data, arch));
  a.if_equal(kArchitecture, A::kNext, A::kKill);
  a.load_number();
  a.search(kAllowed);
  a.bind(A::kOther);
  // Threads, but no processes. clone3 hides its flags in memory; without it the C library uses clone.
  a.if_equal(SYS_clone3, A::kNoSuchCall, A::kNext);
  a.if_equal(SYS_clone, A::kClone, A::kNext);
  a.if_equal(SYS_ioctl, A::kIoctl, A::kNext);
  a.if_equal(SYS_tgkill, A::kTgkill, A::kNext);
  a.if_equal(SYS_prctl, A::kPrctl, A::kRefuse);
  a.bind(A::kClone);
  a.load_argument(0);
  a.if_any_bit(CLONE_THREAD, A::kAllow, A::kRefuse);
  a.bind(A::kIoctl);
  a.load_argument(1);
  for (uint32_t request : {FIONREAD, TCGETS}) a.if_equal(request, A::kAllow, A::kNext);
  a.if_equal(TIOCGWINSZ, A::kAllow, A::kRefuse);
  // Signals to itself only, as abort() and the C library's threads send them.
  a.bind(A::kTgkill);
  a.load_argument(0);
  const unsigned own_pid = a.if_equal(0, A::kAllow, A::kRefuse);
  a.bind(A::kPrctl);
  a.load_argument(0);
  a.if_equal(PR_SET_NAME, A::kAllow, A::kRefuse);
  a.bind(A::kRefuse);
  a.answer(SECCOMP_RET_ERRNO | EPERM);
  a.bind(A::kNoSuchCall);
  a.answer(SECCOMP_RET_ERRNO | ENOSYS);
  a.bind(A::kKill);
  a.answer(SECCOMP_RET_KILL_PROCESS);
  a.bind(A::kAllow);
  a.answer(SECCOMP_RET_ALLOW);
  Program program = a.finish();
  program.own_pid = own_pid;
  return program;
}
constexpr Program kProgram = make_program();

std::string apply_seccomp() {
  if (kArchitecture == 0) return {};
  Program program = kProgram;
  program.code[program.own_pid].k = static_cast<uint32_t>(getpid());
  sock_fprog filter{static_cast<unsigned short>(program.size), program.code.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0) return {};
  // A thread that has a filter of its own already cannot be synchronized; take this one alone, then.
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return {};
  return failed("seccomp");
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
