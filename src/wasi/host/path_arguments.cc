#include "wasi/host/path_arguments.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wasi/host/path.h"

namespace ermine::wasi::host {
namespace {

// The C library's headers may be older than the kernel; the number is the same on all architectures.
constexpr long kMseal = 462;
constexpr unsigned kRequests = PathArguments::kSize / PathArguments::kStride;
// O_DSYNC and O_SYNC are not here: they are rare, and paths can be resolved without openat2.
constexpr int kOptions[] = {O_CREAT, O_DIRECTORY, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW};
static_assert(kRequests == 4u << std::size(kOptions));
constexpr unsigned kPathOnly = 3;  // the position of O_RDONLY, O_WRONLY and O_RDWR
constexpr mode_t kMode = 0666;

struct alignas(PathArguments::kStride) Request {
  open_how how;
};
static_assert(sizeof(Request) == PathArguments::kStride);

// Written once, before there are other threads.
const Request* g_requests = nullptr;
PathArguments g_arguments;

unsigned index_of(int flags) {
  unsigned index = (flags & O_PATH) != 0 ? kPathOnly : static_cast<unsigned>(flags & O_ACCMODE);
  for (unsigned i = 0; i < std::size(kOptions); ++i)
    if ((flags & kOptions[i]) != 0) index |= 4u << i;
  return index;
}

int flags_of(unsigned index) {
  const unsigned access = index % 4;
  int flags = access == kPathOnly ? O_PATH | O_CLOEXEC : static_cast<int>(access) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  for (unsigned i = 0; i < std::size(kOptions); ++i)
    if ((index & 4u << i) != 0) flags |= kOptions[i];
  return flags;
}

}  // namespace

std::optional<PathArguments> fix_path_arguments() {
  if (g_requests != nullptr) return g_arguments;
  // Twice the size, for alignment; the rest is never touched.
  const size_t reserved = 2 * PathArguments::kSize;
  void* p = mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return std::nullopt;
  PathArguments a;
  a.openat2 = openat2_works();
  a.begin = (reinterpret_cast<uintptr_t>(p) + PathArguments::kSize - 1) & ~(PathArguments::kSize - 1);
  auto* requests = reinterpret_cast<Request*>(a.begin);
  for (unsigned i = 0; i < kRequests; ++i) {
    open_how& how = requests[i].how;
    how.flags = static_cast<uint64_t>(static_cast<uint32_t>(flags_of(i)));
    how.mode = (how.flags & O_CREAT) != 0 ? kMode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  }
  // The bytes after a request are zero. Requests are identified by their beginning, so this is not one.
  a.empty = a.begin + sizeof(open_how);
  if (mprotect(p, reserved, PROT_READ) != 0) {
    munmap(p, reserved);
    return std::nullopt;
  }
  // Linux 6.10 and newer. Older kernels would let code that has broken out undo the line above.
  (void)syscall(kMseal, p, reserved, 0);
  g_requests = requests;
  g_arguments = a;
  return a;
}

bool path_arguments_are_fixed() { return g_requests != nullptr; }

const open_how* fixed_how(int flags, mode_t mode) {
  if (g_requests == nullptr || !openat2_works() || ((flags & O_CREAT) != 0 && mode != kMode)) return nullptr;
  const unsigned index = index_of(flags);
  return flags_of(index) == flags ? &g_requests[index].how : nullptr;
}

const char* empty_path() {
  return g_requests != nullptr ? reinterpret_cast<const char*>(g_requests) + sizeof(open_how) : "";
}

}  // namespace ermine::wasi::host
