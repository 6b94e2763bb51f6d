#include "tiering/code_arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ermine/config.h"

namespace ermine::tiering {

namespace {
// Calls reach all of it with 32-bit distances.
constexpr size_t kCapacity = Config::kCodeCacheSizeRange.most;
// Space for 16 million functions at once.
constexpr size_t kTables = size_t{128} << 20;
constexpr size_t kGuard = 1 << 20;
// The reservation: tables, a guard, code. (The mapping itself has guards at both ends.)
constexpr size_t kCodeOffset = kTables + kGuard;

// The maximum that the system may allow.
#if defined(__aarch64__)
constexpr size_t kPage = 65536;
#else
constexpr size_t kPage = 4096;
#endif
constexpr size_t whole_pages(size_t size) { return (size + kPage - 1) & ~(kPage - 1); }

// Whether freed code is not executable until it is used again: otherwise emulators of AArch64 do not notice that the
// code changes.
#if defined(__aarch64__)
constexpr bool kCloseFreed = true;
#else
constexpr bool kCloseFreed = false;
#endif

// A process that may not write a file of this size would be killed when it tries.
bool may_write_file() {
  rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= kCapacity);
}

// As a call of its own: newer C libraries use the call for the status of a path, which the process sandbox refuses.
int status_of(int file, struct stat& out) { return static_cast<int>(syscall(SYS_fstat, file, &out)); }

// A descriptor that cannot be mistaken for a standard stream if the process has none: output of a guest must not become
// code.
int open_file() {
  const int file = memfd_create("ermine-code", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0 || file > STDERR_FILENO) return file;
  const int higher = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(file);
  return higher;
}
}  // namespace

CodeArena::CodeArena() : limit_(kCapacity), free_code_(kCapacity), free_tables_(kTables) {}

CodeArena* CodeArena::get() {
  static CodeArena* const arena = new CodeArena;  // lives as long as the process
  return arena;
}

void CodeArena::watch(Watcher watcher) {
  std::lock_guard lock(mutex_);
  watcher_ = watcher;
  if (space_) watcher(execute_, execute_ + kCapacity);
}

// Precondition: the lock is held.
bool CodeArena::reserve() {
  if (space_) return true;
  auto space = platform::Mapping::reserve(kCodeOffset + kCapacity);
  if (!space) {
    limit_ = 0;  // permanently
    return false;
  }
  space_ = *std::move(space);
  execute_ = space_.base() + kCodeOffset;
  if (watcher_ != nullptr) watcher_(execute_, execute_ + kCapacity);
  return true;
}

bool CodeArena::choose(Kind kind) {
  std::lock_guard lock(mutex_);
  if (!mapped_ && !chosen_) kind_ = kind;
  chosen_ = true;
  return kind_ == kind;
}

// The usual way: on systems without overcommit, anonymous memory would be counted in full.
bool CodeArena::map_file() {
  const int file = open_file();
  if (file < 0) return false;
  struct stat st;
  const int sharing = kind_ == Kind::kPrivate ? MAP_PRIVATE : MAP_SHARED;
  if (ftruncate(file, kCapacity) != 0 || status_of(file, st) != 0 ||
      mmap(execute_, kCapacity, PROT_READ | PROT_EXEC, sharing | MAP_NORESERVE | MAP_FIXED, file, 0) != execute_) {
    close(file);
    return false;
  }
  // The file of executable code cannot be truncated. And the mapping stays executable only: a debugger's breakpoints do
  // not need write access, but its copies of pages are given back with the code.
  (void)fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  if (kind_ == Kind::kFile && !kCloseFreed) platform::seal(execute_, kCapacity);
  file_ = file;
  file_device_ = st.st_dev;
  file_number_ = st.st_ino;
  return true;
}

// A mapping of shared memory that can be mapped a second time, from a size of zero.
bool CodeArena::map_anonymous() {
  void* p =
      mmap(execute_, kCapacity, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return p == execute_;
}

bool CodeArena::map() {
  if (mapped_) return true;
  if (!reserve()) return false;
  if (kind_ != Kind::kAnonymous && !may_write_file()) kind_ = Kind::kAnonymous;
  if (!(kind_ == Kind::kAnonymous ? map_anonymous() : map_file())) {
    limit_ = 0;  // permanently
    return false;
  }
  mapped_ = true;
  return true;
}

void CodeArena::lower_limit(size_t bytes) {
  std::lock_guard lock(mutex_);
  limit_ = std::min(limit_, bytes);
}

// Precondition: the lock is held. The charge must be given back if the memory is not used.
bool CodeArena::charge(size_t size) {
  if (size == 0 || size > limit_ || used_ > limit_ - size) return false;
  used_ += size;
  return true;
}

CodeArena::Block CodeArena::allocate(size_t size) {
  size = whole_pages(size);
  std::lock_guard lock(mutex_);
  if (!charge(size)) return {};
  const auto offset = map() ? free_code_.take(size) : std::nullopt;
  if (!offset) {
    used_ -= size;
    return {};
  }
  if (kCloseFreed) (void)mprotect(execute_ + *offset, size, PROT_READ | PROT_EXEC);
  return {execute_ + *offset, size};
}

// Gives the memory back to the system; afterwards it reads as zero.
void CodeArena::free(const Block& block) {
  if (block.size == 0) return;
  auto* at = const_cast<uint8_t*>(block.execute);
  const auto offset = static_cast<size_t>(at - execute_);
  std::lock_guard lock(mutex_);
  if (kind_ == Kind::kAnonymous) {
    void* window = mremap(at, 0, block.size, MREMAP_MAYMOVE);
    if (window != MAP_FAILED) {
      if (mprotect(window, block.size, PROT_READ | PROT_WRITE) == 0) (void)madvise(window, block.size, MADV_REMOVE);
      munmap(window, block.size);
    }
  } else if (file_is_ours()) {
    (void)fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                    static_cast<off_t>(block.size));
  }
  if (kind_ == Kind::kPrivate) (void)madvise(at, block.size, MADV_DONTNEED);
  if (kCloseFreed) (void)mprotect(at, block.size, PROT_NONE);
  used_ -= block.size;
  free_code_.give_back(offset, block.size);
}

// A host that closes descriptors that it did not open may have given the number to a file of its own.
bool CodeArena::file_is_ours() const {
  struct stat st;
  return status_of(file_, st) == 0 && st.st_dev == file_device_ && st.st_ino == file_number_;
}

bool CodeArena::write(const uint8_t* at, std::span<const uint8_t> bytes) {
  const auto offset = static_cast<size_t>(at - execute_);
  if (kind_ == Kind::kAnonymous) {
    const size_t skip = offset % kPage, size = whole_pages(skip + bytes.size());
    void* window = mremap(execute_ + (offset - skip), 0, size, MREMAP_MAYMOVE);
    if (window == MAP_FAILED) return false;
    const bool open = mprotect(window, size, PROT_READ | PROT_WRITE) == 0;
    if (open) std::memcpy(static_cast<uint8_t*>(window) + skip, bytes.data(), bytes.size());
    munmap(window, size);
    return open;
  }
  if (!file_is_ours()) return false;
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = pwrite(file_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

CodeArena::Table CodeArena::allocate_table(size_t count) {
  const size_t bytes = whole_pages(count * sizeof(void*));
  std::lock_guard lock(mutex_);
  if (!charge(bytes)) return {};
  const auto offset = reserve() ? free_tables_.take(bytes) : std::nullopt;
  if (!offset || !space_.commit(*offset, bytes)) {
    if (offset) free_tables_.give_back(*offset, bytes);
    used_ -= bytes;
    return {};
  }
  // Zeros are null pointers.
  return {{reinterpret_cast<std::atomic<const void*>*>(space_.base() + *offset), count}, bytes};
}

void CodeArena::free_table(const Table& table) {
  if (table.bytes == 0) return;
  const auto offset = static_cast<size_t>(reinterpret_cast<uint8_t*>(table.slots.data()) - space_.base());
  std::lock_guard lock(mutex_);
  // Memory that could not be given back is not zero: it is not used again.
  if (!space_.decommit(offset, table.bytes)) return;
  used_ -= table.bytes;
  free_tables_.give_back(offset, table.bytes);
}

}  // namespace ermine::tiering
