// System calls without the C library's wrappers. Returns after a system call are mispredicted if the kernel clears the
// processor's return predictions, so each wrapper function costs some 7 ns.
#pragma once

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace ermine::wasi::host {

// The result of the call, or a negative error code. Pointers are passed as numbers.
[[gnu::always_inline]] inline long system_call(long call, long a, long b, long c, long d = 0) {
#if defined(__x86_64__) && defined(__linux__)
  long result;
  register long r10 asm("r10") = d;
  asm volatile("syscall" : "=a"(result) : "a"(call), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__) && defined(__linux__)
  register long x8 asm("x8") = call;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
#else
  const long result = ::syscall(call, a, b, c, d);
  return result < 0 ? -errno : result;
#endif
}
// fstat() as a call of its own: newer C libraries use the call for the status of a path, which is refused in the
// sandbox.
inline int file_status(int fd, struct stat& out) { return static_cast<int>(::syscall(SYS_fstat, fd, &out)); }
inline long as_number(const void* p) { return reinterpret_cast<long>(p); }

}  // namespace ermine::wasi::host
