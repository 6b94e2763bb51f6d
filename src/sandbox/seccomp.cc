#include "sandbox/seccomp.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox/cover.h"
#include "sandbox/filter_assembler.h"
#include "sandbox/status_handler.h"
#include "sandbox/system_calls.h"
#include "wasi/host/path_arguments.h"

namespace ermine::sandbox {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "sandbox/seccomp.cc: the system calls of this machine are not known"
#endif

using A = FilterAssembler;
constexpr A::Label kAllow = A::kFirstFree, kRefuse = kAllow + 1, kKill = kAllow + 2, kChecks = kAllow + 3;
constexpr A::Label label_of(Check check) { return static_cast<A::Label>(kChecks + static_cast<unsigned>(check)); }

// A descriptor, not the current directory (AT_FDCWD), which is never granted.
constexpr uint32_t kNegative = 0x80000000;
// The flags of the C library's threads; nothing else is new for the thread.
constexpr uint32_t kThreadFlags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD |
                                  CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED;
constexpr uint32_t kClocks = CLOCK_TAI + 1;
// The flags of open() with which it changes something.
constexpr uint32_t kChanges = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

struct SocketOption {
  uint16_t level, name;
};
constexpr SocketOption kSocketOptions[] = {
    {SOL_SOCKET, SO_REUSEADDR},   {SOL_SOCKET, SO_KEEPALIVE},        {SOL_SOCKET, SO_RCVBUF},
    {SOL_SOCKET, SO_SNDBUF},      {IPPROTO_TCP, TCP_NODELAY},        {IPPROTO_TCP, TCP_KEEPIDLE},
    {IPPROTO_TCP, TCP_KEEPINTVL}, {IPPROTO_TCP, TCP_KEEPCNT},        {IPPROTO_IP, IP_TTL},
    {IPPROTO_IPV6, IPV6_V6ONLY},  {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
};

// Emits the code from the label of a check on: to kAllow or kRefuse. An int is in the lower half of its argument; the
// kernel ignores the upper half, also of flags.
constexpr void write_check(A& a, Check check) {
  a.bind(label_of(check));
  switch (check) {
    case Check::kNone:
    case Check::kCount: break;
    case Check::kNoSuchCall: a.answer(SECCOMP_RET_ERRNO | ENOSYS); break;
    case Check::kProtection:
      a.load_low(2);
      a.if_any_bit(PROT_EXEC, A::kNext, kAllow);
      a.if_any_bit(Late::kNotExecutable, kRefuse, kAllow);
      break;
    case Check::kAdvice:
      a.load_low(2);
      a.if_equal(MADV_DONTNEED, kAllow, A::kNext);
      a.if_equal(MADV_REMOVE, kAllow, kRefuse);
      break;
    case Check::kFutex:
      a.load_low(1);
      a.clear_bits(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
      static_assert(FUTEX_WAIT == 0 && FUTEX_WAKE == 1 && FUTEX_WAKE_BITSET == FUTEX_WAIT_BITSET + 1);
      a.if_at_least(FUTEX_WAKE + 1, A::kNext, kAllow);
      a.if_at_least(FUTEX_WAKE_BITSET + 1, kRefuse, A::kNext);
      a.if_at_least(FUTEX_WAIT_BITSET, kAllow, kRefuse);
      break;
    case Check::kThread:
      a.load_low(0);
      a.if_any_bit(~kThreadFlags, kRefuse, A::kNext);
      a.if_any_bit(CLONE_THREAD, kAllow, kRefuse);
      break;
    case Check::kOwnThread:
      a.load_low(0);
      a.if_equal(Late::kOwnPid, kAllow, kRefuse);
      break;
    case Check::kOwnLimits:
      a.load_low(0);
      a.if_equal(0, A::kNext, kRefuse);
      for (bool high : {false, true}) {
        high ? a.load_high(2) : a.load_low(2);
        a.if_equal(0, high ? kAllow : A::kNext, kRefuse);
      }
      break;
    case Check::kClock:
      a.load_low(0);
      a.if_at_least(kClocks, kRefuse, kAllow);
      break;
    case Check::kTerminal:
      a.load_low(1);
      a.if_equal(TCGETS, kAllow, A::kNext);
      a.if_equal(FIONREAD, kAllow, kRefuse);
      break;
    case Check::kFlags:
      a.load_low(1);
      a.if_equal(F_GETFL, kAllow, A::kNext);
      a.if_equal(F_ADD_SEALS, kAllow, A::kNext);
      a.if_equal(F_SETFL, A::kNext, kRefuse);
      a.load_low(2);
      a.if_any_bit(O_ASYNC, kRefuse, kAllow);
      break;
    case Check::kNoMode:
      a.load_low(1);
      a.if_equal(0, kAllow, kRefuse);
      break;
    case Check::kOpenLibrary:
      a.load_low(2);
      a.if_any_bit(kChanges | O_PATH, label_of(Check::kOpen), kAllow);
      break;
    case Check::kOpen:
      a.load_low(0);
      a.if_any_bit(kNegative, kRefuse, A::kNext);
      a.load_low(2);
      a.if_any_bit(Late::kNotOpened, kRefuse, kAllow);
      break;
    case Check::kStatus:
      a.load_low(0);
      a.if_any_bit(kNegative, kRefuse, A::kNext);
      a.load_low(3);
      a.if_equal(AT_EMPTY_PATH, A::kNext, kRefuse);
      a.answer(SECCOMP_RET_TRAP);
      break;
    case Check::kBeneath:
      a.load_low(0);
      a.if_any_bit(kNegative, kRefuse, A::kNext);
      a.load_high(2);
      a.if_equal(Late::kRequestsHigh, A::kNext, kRefuse);
      a.load_low(2);
      a.subtract(Late::kRequestsLow);
      a.if_any_bit(~uint32_t{wasi::host::PathArguments::kSize - wasi::host::PathArguments::kStride}, kRefuse, kAllow);
      break;
    case Check::kStream:
      a.load_low(0);
      a.if_at_least(STDERR_FILENO + 1, kRefuse, A::kNext);
      // The rest serves for the mode as well: 0 is 0 in the upper half, too.
      a.bind(label_of(Check::kNoMode));
      for (bool high : {false, true}) {
        high ? a.load_high(1) : a.load_low(1);
        a.if_equal(0, high ? kAllow : A::kNext, kRefuse);
      }
      break;
    case Check::kDescriptorOrNoPath:
      a.load_low(1);
      a.if_equal(0, A::kNext, label_of(Check::kDescriptor));
      a.load_high(1);
      a.if_equal(0, kAllow, label_of(Check::kDescriptor));
      break;
    case Check::kDescriptor:
      a.load_low(0);
      a.if_any_bit(kNegative, kRefuse, A::kNext);
      a.load_low(1);
      a.if_equal(Late::kEmptyLow, A::kNext, kRefuse);
      a.load_high(1);
      a.if_equal(Late::kEmptyHigh, kAllow, kRefuse);
      break;
    case Check::kNoFlags:
      a.load_low(4);
      a.if_equal(0, kAllow, kRefuse);
      break;
    case Check::kSocket:
      a.load_low(2);
      a.if_equal(0, A::kNext, kRefuse);
      a.load_low(0);
      a.if_equal(AF_INET, A::kTwoFurther, A::kNext);
      a.if_equal(AF_INET6, A::kNext, kRefuse);
      a.load_low(1);
      a.clear_bits(SOCK_NONBLOCK | SOCK_CLOEXEC);
      a.if_equal(SOCK_RAW, kRefuse, A::kNext);  // has the bits of both others
      a.if_any_bit(Late::kNotSocketTypes, kRefuse, kAllow);
      break;
    case Check::kNoStream:
      a.load_low(0);
      a.if_at_least(STDERR_FILENO + 1, kAllow, kRefuse);
      break;
    case Check::kSocketOption: {
      a.load_low(1);
      // The level in the upper half, which no name reaches.
      a.shift_into_upper_half();
      a.or_low(2);
      for (const SocketOption& o : kSocketOptions) a.if_equal(uint32_t{o.level} << 16 | o.name, kAllow, A::kNext);
      a.answer(SECCOMP_RET_ERRNO | EPERM);
      break;
    }
    case Check::kNoFastOpen:
      a.load_low(2);
      a.if_any_bit(MSG_FASTOPEN, kRefuse, kAllow);
      break;
    case Check::kNoAddress:
      for (bool high : {false, true}) {
        high ? a.load_high(4) : a.load_low(4);
        a.if_equal(0, high ? kAllow : A::kNext, kRefuse);
      }
      break;
  }
}

struct Allowed {
  Task task;
  Extras extras = 0;
};
constexpr bool applies(const SystemCall& line, Allowed allowed) {
  return line.from <= allowed.task && (line.extras & ~allowed.extras) == 0;
}
// Whether this row decides.
constexpr bool holds(const SystemCall& line, Allowed allowed) {
  return applies(line, allowed) && std::none_of(&line + 1, std::end(kSystemCalls), [&](const SystemCall& other) {
           return other.number == line.number && applies(other, allowed);
         });
}
constexpr bool uses(Allowed allowed, Check check) {
  return std::ranges::any_of(kSystemCalls, [&](const SystemCall& c) { return c.check == check && holds(c, allowed); });
}

constexpr Filter make_filter(Allowed task) {
  // Numbers with checked arguments are compared in any case, so the set does not need them.
  std::array<uint16_t, std::size(kSystemCalls)> unchecked{};
  size_t count = 0;
  for (const SystemCall& c : kSystemCalls)
    if (c.check == Check::kNone && holds(c, task)) unchecked[count++] = static_cast<uint16_t>(c.number);
  std::sort(unchecked.begin(), unchecked.begin() + count);
  const Cover cover({unchecked.data(), count});
  A a;
  a.begin(cover);
  a.load(offsetof(seccomp_data, arch));
  a.if_equal(kArchitecture, A::kNext, kKill);
  a.load_number();
  for (const SystemCall& c : kSystemCalls)
    if (c.check != Check::kNone && holds(c, task))
      a.if_equal(static_cast<uint32_t>(c.number), label_of(c.check), A::kNext);
  a.find(cover, kAllow, kRefuse);
  for (unsigned i = 1; i < static_cast<unsigned>(Check::kCount); ++i) {
    const auto check = static_cast<Check>(i);
    if (check == Check::kNoMode && uses(task, Check::kStream)) continue;  // a part of that
    if (uses(task, check) || (check == Check::kDescriptor && uses(task, Check::kDescriptorOrNoPath)) ||
        (check == Check::kOpen && uses(task, Check::kOpenLibrary)))
      write_check(a, check);
  }
  a.bind(kAllow);
  a.answer(SECCOMP_RET_ALLOW);
  a.bind(kRefuse);
  a.answer(SECCOMP_RET_ERRNO | EPERM);
  a.bind(kKill);
  a.answer(SECCOMP_RET_KILL_PROCESS);
  return a.finish();
}

// In the order of Task.
constexpr Filter kFilters[] = {make_filter({Task::kRead}), make_filter({Task::kRun}), make_filter({Task::kFiles}),
                               make_filter({Task::kChange})};

Extras extras_of(const Policy& policy) {
  if (!policy.runs_guests) return 0;
  Extras extras = policy.libraries.empty() ? 0 : extras::kLibraries;
  if (policy.network.tcp || policy.network.udp)
    extras |= extras::kSockets | (policy.network.listens ? extras::kListening : 0);
  return extras;
}

Task task_of(const Policy& policy) {
  if (!policy.runs_guests) return Task::kRead;
  if (policy.directories.empty()) return Task::kRun;
  return std::ranges::any_of(policy.directories, &Directory::writable) ? Task::kChange : Task::kFiles;
}

constexpr uint32_t low(uintptr_t address) { return static_cast<uint32_t>(address); }
constexpr uint32_t high(uintptr_t address) { return static_cast<uint32_t>(uint64_t{address} >> 32); }

}  // namespace

Part filter_system_calls(const Policy& policy, const std::optional<wasi::host::PathArguments>& paths) {
  const Task task = task_of(policy);
  // Without requests, openat may look names up as well.
  const uintptr_t requests = paths && paths->openat2 ? paths->begin : 0, empty_path = paths ? paths->empty : 0;
  const Extras extras = extras_of(policy);
  if ((extras & extras::kLibraries) != 0 && !handle_status_calls()) return Part::failed();
  Filter filter = extras == 0 ? kFilters[static_cast<size_t>(task)] : make_filter({task, extras});
  filter.set(Late::kNotSocketTypes,
             ~((policy.network.tcp ? uint32_t{SOCK_STREAM} : 0) | (policy.network.udp ? uint32_t{SOCK_DGRAM} : 0)));
  filter.set(Late::kOwnPid, static_cast<uint32_t>(getpid()));
  filter.set(Late::kNotExecutable, policy.machine_code ? PROT_WRITE : PROT_WRITE | PROT_EXEC);
  filter.set(Late::kNotOpened,
             task == Task::kRun ? ~0u  // it only opens libraries
                                : (requests != 0 ? O_PATH : 0) | (task == Task::kFiles ? kChanges : 0));
  filter.set(Late::kRequestsLow, low(requests));
  filter.set(Late::kRequestsHigh, high(requests));
  filter.set(Late::kEmptyLow, low(empty_path));
  filter.set(Late::kEmptyHigh, high(empty_path));
  const sock_fprog program{static_cast<unsigned short>(filter.size), filter.code.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0) return {};
  return errno == ENOSYS ? Part::missing() : Part::failed();
}

}  // namespace ermine::sandbox
