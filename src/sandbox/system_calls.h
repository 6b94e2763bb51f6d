// The system calls of a confined process: for which task each is, and what its arguments must be. Any other call is
// refused with EPERM. A filter sees an argument's value, never what it points to.
//
// A call is listed because the code in its comment makes it, and it is harmless for the reason given there: it acts on
// this process, on a descriptor that is already held, or on names that Landlock or its arguments keep inside the
// granted directories. tests/sandbox/calls_test.cc makes every call that exists, with hostile arguments.
#pragma once

#include <sys/syscall.h>

#include <cstdint>

namespace ermine::sandbox {

// Each task needs what the earlier ones need.
enum class Task : uint8_t {
  kRead,  // modules are read and described
  kRun,  // guests run
  kFiles,  // with directories
  kChange,  // with directories that may be changed
};

// What a task has as well; may be combined. A row with several needs them all.
using Extras = uint8_t;
namespace extras {
inline constexpr Extras kSockets = 1, kListening = 2;  // of the network
inline constexpr Extras kLibraries = 4;  // with Landlock only: shared libraries are opened
}  // namespace extras

// What the filter checks before the call is allowed.
enum class Check : uint8_t {
  kNone,
  kNoSuchCall,  // refused with ENOSYS: the C library uses another call then
  kProtection,  // mmap, mprotect: nothing is writable and executable; nothing is executable without machine code
  kAdvice,  // madvise: values that give memory back
  kFutex,  // futex: only waiting and waking
  kThread,  // clone: a thread of this process, nothing else new
  kOwnThread,  // tgkill: of this process
  kOwnLimits,  // prlimit64: reads the limits of this process
  kClock,  // clock_gettime, clock_getres: the system's clocks and this process's, not another's
  kTerminal,  // ioctl: whether it is a terminal, how much can be read
  kFlags,  // fcntl: the flags of a descriptor, but no signals when it is ready; seals, which only take rights away
  kNoMode,  // fallocate: only mode 0
  kOpenLibrary,  // openat: anything for reading, which Landlock restricts to the libraries; else as kOpen
  kOpen,  // openat: not only for lookups (O_PATH), which Landlock permits; only for reading if nothing more is granted
  kStatus,  // newfstatat: of a descriptor; status_handler.h makes another call of it
  kBeneath,  // openat2: one of the known requests, all of which stay beneath a directory that is held open
  kStream,  // utimensat: a standard stream, without a path
  kDescriptorOrNoPath,  // utimensat: no path, which means the descriptor, or the known empty one
  kDescriptor,  // readlinkat: the known empty path, which means the descriptor
  kNoFlags,  // linkat, renameat2: no flags
  kSocket,  // socket: of IPv4 or IPv6, and the granted types, with their usual protocol
  kNoStream,  // bind, connect: not a standard stream
  kSocketOption,  // setsockopt: the options that WASI has
  kNoFastOpen,  // sendmsg: not to connect, which Landlock would not see
  kNoAddress,  // sendto: only where the socket is connected to
  kCount,
};

// If several rows of a number apply, the last one decides about its arguments.
struct SystemCall {
  int number;
  Task from;
  Check check = Check::kNone;
  Extras extras = 0;
};

constexpr SystemCall kSystemCalls[] = {
    // Descriptors that are already held: the module, standard streams, the output.
    {SYS_read, Task::kRead},
    {SYS_write, Task::kRead},
    {SYS_pread64, Task::kRead},
    {SYS_close, Task::kRead},
    {SYS_fstat, Task::kRead},  // loading: the size of a file
    {SYS_ioctl, Task::kRead, Check::kTerminal},
    // Memory of this process, shared and private, also in place of a mapping: memories, stacks, heaps, code.
    {SYS_mmap, Task::kRead, Check::kProtection},
    {SYS_mprotect, Task::kRead, Check::kProtection},
    {SYS_munmap, Task::kRead},
    {SYS_mremap, Task::kRead},  // realloc() of large blocks; keeps the protection
    {SYS_madvise, Task::kRead, Check::kAdvice},
    {SYS_brk, Task::kRead},  // malloc(); not executable
#ifdef SYS_mseal
    {SYS_mseal, Task::kRead},  // takes rights away
#else
    {462, Task::kRead},  // mseal, on all architectures
#endif
    // Threads: validation, progress, deadlines, and the C library's calls when a thread begins or ends.
    {SYS_clone, Task::kRead, Check::kThread},
    {SYS_clone3, Task::kRead, Check::kNoSuchCall},  // hides its flags in memory
    {SYS_set_robust_list, Task::kRead},  // of the calling thread
    {SYS_rseq, Task::kRead},  // of the calling thread
    {SYS_futex, Task::kRead, Check::kFutex},
    {SYS_sched_getaffinity,
     Task::kRead},  // how many threads are useful; where a thread's stack is. Only returns information
    {SYS_gettid, Task::kRead},
    {SYS_getpid, Task::kRead},
    {SYS_exit, Task::kRead},
    {SYS_exit_group, Task::kRead},
    // Signals to this process: faults that are traps, --timeout, abort().
    {SYS_rt_sigaction, Task::kRead},
    {SYS_rt_sigprocmask, Task::kRead},
    {SYS_rt_sigreturn, Task::kRead},
    {SYS_restart_syscall, Task::kRead},  // the kernel's replacement for a wait that a signal interrupted
    {SYS_tgkill, Task::kRead, Check::kOwnThread},
    // Time, random numbers, limits.
    {SYS_clock_gettime, Task::kRead, Check::kClock},  // if the kernel has no faster way
    {SYS_getrandom, Task::kRead},  // random_get; addresses of reservations
    {SYS_prlimit64, Task::kRead, Check::kOwnLimits},  // the limits of the stack and of the address space

    // WASI on descriptors: operations on the standard streams and opened files.
    {SYS_readv, Task::kRun},
    {SYS_writev, Task::kRun},
    {SYS_pwrite64, Task::kRun},
    {SYS_preadv, Task::kRun},
    {SYS_pwritev, Task::kRun},
    {SYS_preadv2, Task::kRun},  // pipes, without waiting
    {SYS_pwritev2, Task::kRun},  // the same, and appending to shared memory files
    {SYS_lseek, Task::kRun},
    {SYS_ftruncate, Task::kRun},  // also for memory of code and of memory images
    {SYS_fallocate, Task::kRun, Check::kNoMode},
    {SYS_fadvise64, Task::kRun},
    {SYS_fsync, Task::kRun},
    {SYS_fdatasync, Task::kRun},
    {SYS_fcntl, Task::kRun, Check::kFlags},
    {SYS_utimensat, Task::kRun, Check::kStream},  // not for files in a directory that must not change
    // WASI on sockets, which are standard streams or were opened by --listen. Without a grant of the network none is
    // made or
    // connected. If a standard stream is a datagram socket, the host that passed it allowed the program to send
    // anywhere.
    // Requests to the process that looks names up are messages on such a socket, too.
    {SYS_accept4, Task::kRun},
    {SYS_recvmsg, Task::kRun},
    {SYS_sendmsg, Task::kRun},
    {SYS_shutdown, Task::kRun},
    {SYS_getsockopt, Task::kRun},
    // WASI on sockets that are made because a part of the network is granted. TCP is connected and bound only to the
    // granted
    // ports, by Landlock; the addresses are checked by wasi/net/. A TCP socket that is granted only for connections
    // could not
    // listen, and of UDP the kernel restricts nothing but that it was granted.
    {SYS_socket, Task::kRun, Check::kSocket, extras::kSockets},
    {SYS_connect, Task::kRun, Check::kNoStream, extras::kSockets},
    {SYS_bind, Task::kRun, Check::kNoStream, extras::kSockets},
    {SYS_listen, Task::kRun, Check::kNoStream, extras::kListening},
    {SYS_setsockopt, Task::kRun, Check::kSocketOption,
     extras::kSockets},  // buffers, which the system bounds; keepalive
    {SYS_getsockname, Task::kRun, Check::kNone, extras::kSockets},  // only return information
    {SYS_getpeername, Task::kRun, Check::kNone, extras::kSockets},
    {SYS_sendmsg, Task::kRun, Check::kNoFastOpen, extras::kSockets},
    {SYS_sendto, Task::kRun, Check::kNoAddress, extras::kSockets},  // HTTP: OpenSSL and libcurl
    {SYS_recvfrom, Task::kRun, Check::kNone, extras::kSockets},
    // Waiting for many sockets: acts on descriptors that are held. A program without sockets has few streams that wait,
    // and does not need this code of the kernel.
    {SYS_epoll_create1, Task::kRun, Check::kNone, extras::kSockets},
    {SYS_epoll_ctl, Task::kRun, Check::kNone, extras::kSockets},
    {SYS_epoll_pwait, Task::kRun, Check::kNone, extras::kSockets},
    // Waiting, and being woken by a deadline.
    {SYS_ppoll, Task::kRun},
#ifdef SYS_poll
    {SYS_poll, Task::kRun},
#endif
    {SYS_eventfd2, Task::kRun},
    {SYS_sched_yield, Task::kRun},
    {SYS_clock_getres, Task::kRun, Check::kClock},
    {SYS_memfd_create, Task::kRun},  // anonymous memory files, for code and for images of memories
    {SYS_sigaltstack, Task::kRun},  // for the fault handler of the calling thread

    // Names in directories. Landlock decides about opening, making and removing; the checks decide about the rest.
    {SYS_openat, Task::kFiles, Check::kOpen},
    {SYS_openat2, Task::kFiles, Check::kBeneath},
    {SYS_readlinkat, Task::kFiles, Check::kDescriptor},
    {SYS_getdents64, Task::kFiles},
    // The dynamic linker opens shared libraries. (It maps them as any file that is held.)
    {SYS_openat, Task::kRun, Check::kOpenLibrary, extras::kLibraries},
    {SYS_newfstatat, Task::kRun, Check::kStatus, extras::kLibraries},

    {SYS_utimensat, Task::kChange, Check::kDescriptorOrNoPath},  // Landlock does not cover times
    {SYS_mkdirat, Task::kChange},
    {SYS_unlinkat, Task::kChange},
    {SYS_renameat2, Task::kChange, Check::kNoFlags},
    {SYS_linkat, Task::kChange, Check::kNoFlags},
    {SYS_symlinkat, Task::kChange},
};

}  // namespace ermine::sandbox
