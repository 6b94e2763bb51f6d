// The system calls of a confined process: for which task each is, and what its arguments must be. What is not here is
// refused with EPERM. A filter sees an argument's value, never what it points to.
//
// A call is here because something that is named makes it, and it is harmless because of what stands beside it: it acts
// on this process, on a descriptor that is held already, or on names that Landlock or its arguments keep inside of the
// granted directories. tests/sandbox/calls_test.cc makes every call there is, with hostile arguments.
#pragma once

#include <sys/syscall.h>

#include <cstdint>

namespace ermine::sandbox {

// Each task needs what the ones before it need.
enum class Task : uint8_t {
  kRead,  // modules are read and described
  kRun,  // guests run
  kFiles,  // with directories
  kChange,  // with directories that may be changed
};

// What is looked at before the call is allowed.
enum class Check : uint8_t {
  kNone,
  kNoSuchCall,  // refused with ENOSYS: the C library goes another way
  kProtection,  // mmap, mprotect: nothing is writable and executable; nothing is executable without machine code
  kAdvice,  // madvise: of what gives memory back
  kFutex,  // futex: waiting and waking alone
  kThread,  // clone: a thread of this process, nothing else new
  kOwnThread,  // tgkill: this process
  kOwnLimits,  // prlimit64: reads the limits of this process
  kClock,  // clock_gettime, clock_getres: the system's clocks and this process's, not another's
  kTerminal,  // ioctl: is it a terminal, how much can be read
  kFlags,  // fcntl: the flags of a descriptor, but no signals when it is ready; seals, which only take rights away
  kNoMode,  // fallocate: no other mode
  kOpen,  // openat: not for looking alone (O_PATH), which Landlock lets pass; only reading if nothing is granted more
  kBeneath,  // openat2: one of the known requests, all of which stay beneath a directory that is held
  kStream,  // utimensat: a standard stream, without a path
  kDescriptorOrNoPath,  // utimensat: no path at all, which means the descriptor, or the known empty one
  kDescriptor,  // readlinkat: the known empty path, which means the descriptor
  kNoFlags,  // linkat, renameat2: no flags
  kCount,
};

// A number that is here twice is looked at as the greater task says.
struct SystemCall {
  int number;
  Task from;
  Check check = Check::kNone;
};

constexpr SystemCall kSystemCalls[] = {
    // What is held already: the module, standard streams, the output.
    {SYS_read, Task::kRead},
    {SYS_write, Task::kRead},
    {SYS_pread64, Task::kRead},
    {SYS_close, Task::kRead},
    {SYS_fstat, Task::kRead},  // loading: the size of a file
    {SYS_ioctl, Task::kRead, Check::kTerminal},
    // Memory of this process. Shared and private, also over what is mapped: memories, stacks, heaps, code.
    {SYS_mmap, Task::kRead, Check::kProtection},
    {SYS_mprotect, Task::kRead, Check::kProtection},
    {SYS_munmap, Task::kRead},
    {SYS_mremap, Task::kRead},  // realloc() of what is large; keeps the protection
    {SYS_madvise, Task::kRead, Check::kAdvice},
    {SYS_brk, Task::kRead},  // malloc(); not executable
#ifdef SYS_mseal
    {SYS_mseal, Task::kRead},  // takes rights away
#else
    {462, Task::kRead},  // mseal, on all architectures
#endif
    // Threads: validation, progress, deadlines, and what the C library does when one begins or ends.
    {SYS_clone, Task::kRead, Check::kThread},
    {SYS_clone3, Task::kRead, Check::kNoSuchCall},  // hides its flags in memory
    {SYS_set_robust_list, Task::kRead},  // of the calling thread
    {SYS_rseq, Task::kRead},  // of the calling thread
    {SYS_futex, Task::kRead, Check::kFutex},
    {SYS_sched_getaffinity,
     Task::kRead},  // how many threads are worth it; where a thread's stack is. Tells, and no more
    {SYS_gettid, Task::kRead},
    {SYS_getpid, Task::kRead},
    {SYS_exit, Task::kRead},
    {SYS_exit_group, Task::kRead},
    // Signals to this process: faults that are traps, --timeout, abort().
    {SYS_rt_sigaction, Task::kRead},
    {SYS_rt_sigprocmask, Task::kRead},
    {SYS_rt_sigreturn, Task::kRead},
    {SYS_restart_syscall, Task::kRead},  // what the kernel makes of a wait that a signal interrupted
    {SYS_tgkill, Task::kRead, Check::kOwnThread},
    // Time, chance, limits.
    {SYS_clock_gettime, Task::kRead, Check::kClock},  // where the kernel gives no faster way
    {SYS_getrandom, Task::kRead},  // random_get; where memory is reserved
    {SYS_prlimit64, Task::kRead, Check::kOwnLimits},  // how large the stack may be, and the address space

    // WASI on descriptors: what the standard streams and opened files are for.
    {SYS_readv, Task::kRun},
    {SYS_writev, Task::kRun},
    {SYS_pwrite64, Task::kRun},
    {SYS_preadv, Task::kRun},
    {SYS_pwritev, Task::kRun},
    {SYS_preadv2, Task::kRun},  // pipes, without waiting
    {SYS_pwritev2, Task::kRun},  // likewise, and appending to what is shared
    {SYS_lseek, Task::kRun},
    {SYS_ftruncate, Task::kRun},  // also memory for code and for images of memories
    {SYS_fallocate, Task::kRun, Check::kNoMode},
    {SYS_fadvise64, Task::kRun},
    {SYS_fsync, Task::kRun},
    {SYS_fdatasync, Task::kRun},
    {SYS_fcntl, Task::kRun, Check::kFlags},
    {SYS_utimensat, Task::kRun, Check::kStream},  // not what is in a directory that must not change
    // WASI on sockets, which are standard streams or were opened by --listen. None is made or connected. What a stream
    // that is a datagram socket may be told to send elsewhere, its own host has let it.
    {SYS_accept4, Task::kRun},
    {SYS_recvmsg, Task::kRun},
    {SYS_sendmsg, Task::kRun},
    {SYS_shutdown, Task::kRun},
    {SYS_getsockopt, Task::kRun},
    // Waiting, and being woken by a deadline.
    {SYS_ppoll, Task::kRun},
#ifdef SYS_poll
    {SYS_poll, Task::kRun},
#endif
    {SYS_eventfd2, Task::kRun},
    {SYS_sched_yield, Task::kRun},
    {SYS_clock_getres, Task::kRun, Check::kClock},
    {SYS_memfd_create, Task::kRun},  // memory without a name, for code and for images of memories
    {SYS_sigaltstack, Task::kRun},  // where faults are handled, of the calling thread

    // Names in directories. Landlock decides about opening, making and removing; the checks about the rest.
    {SYS_openat, Task::kFiles, Check::kOpen},
    {SYS_openat2, Task::kFiles, Check::kBeneath},
    {SYS_readlinkat, Task::kFiles, Check::kDescriptor},
    {SYS_getdents64, Task::kFiles},

    {SYS_utimensat, Task::kChange, Check::kDescriptorOrNoPath},  // Landlock knows no times
    {SYS_mkdirat, Task::kChange},
    {SYS_unlinkat, Task::kChange},
    {SYS_renameat2, Task::kChange, Check::kNoFlags},
    {SYS_linkat, Task::kChange, Check::kNoFlags},
    {SYS_symlinkat, Task::kChange},
};

}  // namespace ermine::sandbox
