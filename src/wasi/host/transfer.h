// read() and write() without the way through the C library. Returns that follow a system call are mispredicted where
// the kernel clears what the processor knows of them, so that each function around one costs some 7 ns.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace ermine::wasi {

// The number of bytes, or an error code, negative.
[[gnu::always_inline]] inline long transfer(long call, int fd, void* buffer, size_t size) {
#if defined(__x86_64__) && defined(__linux__)
  long result;
  asm volatile("syscall" : "=a"(result) : "a"(call), "D"(fd), "S"(buffer), "d"(size) : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__) && defined(__linux__)
  register long x8 asm("x8") = call;
  register long x0 asm("x0") = fd;
  register void* x1 asm("x1") = buffer;
  register size_t x2 asm("x2") = size;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#else
  const long result = call == SYS_read ? ::read(fd, buffer, size) : ::write(fd, buffer, size);
  return result < 0 ? -errno : result;
#endif
}

}  // namespace ermine::wasi
