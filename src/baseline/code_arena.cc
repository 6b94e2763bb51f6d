#include "baseline/code_arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace ermine::baseline {

namespace {
// Calls reach everything in it with 32-bit distances.
constexpr size_t kCapacity = size_t{1} << 30;
// The largest that the system may have.
#if defined(__aarch64__)
constexpr size_t kPage = 65536;
#else
constexpr size_t kPage = 4096;
#endif

// Whether what is freed is not executable until it is used again: emulators that translate AArch64's code see only by
// that that there will be other code.
#if defined(__aarch64__)
constexpr bool kCloseFreed = true;
#else
constexpr bool kCloseFreed = false;
#endif

// All ways give the same pages at two addresses, to execute them at one given. A memfd is the usual one: where a
// system promises no more memory than it has, anonymous memory would be counted in full.
void* map_file(size_t size, int sharing, void* execute) {
  const int file = memfd_create("ermine-code", MFD_CLOEXEC);
  if (file < 0) return MAP_FAILED;
  void* write = MAP_FAILED;
  if (ftruncate(file, static_cast<off_t>(size)) == 0 &&
      mmap(execute, size, PROT_READ | PROT_EXEC, sharing | MAP_NORESERVE | MAP_FIXED, file, 0) == execute)
    write = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  close(file);
  return write;
}
void* map_anonymous(size_t size, void* execute) {
  void* write = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (write == MAP_FAILED) return write;
  // From nothing to somewhere: a second mapping of what is shared.
  if (mremap(write, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, execute) == execute &&
      mprotect(execute, size, PROT_READ | PROT_EXEC) == 0)
    return write;
  munmap(write, size);
  return MAP_FAILED;
}
}  // namespace

CodeArena* CodeArena::get() {
  static CodeArena* const arena = []() -> CodeArena* {
    void* execute = mmap(nullptr, kCapacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (execute == MAP_FAILED) return nullptr;
    auto* a = new CodeArena;  // lives as long as the process
    a->execute_ = static_cast<uint8_t*>(execute);
    a->limit_ = kCapacity;
    a->free_.emplace(0, kCapacity);
    return a;
  }();
  return arena;
}

bool CodeArena::choose(Kind kind) {
  std::lock_guard lock(mutex_);
  if (write_ == nullptr && !chosen_) kind_ = kind;
  chosen_ = true;
  return kind_ == kind;
}

bool CodeArena::map() {
  if (write_ != nullptr) return true;
  void* write = kind_ == Kind::kAnonymous
                    ? map_anonymous(kCapacity, execute_)
                    : map_file(kCapacity, kind_ == Kind::kPrivate ? MAP_PRIVATE : MAP_SHARED, execute_);
  if (write == MAP_FAILED) {
    limit_ = 0;  // and never again
    return false;
  }
  write_ = static_cast<uint8_t*>(write);
  return true;
}

const uint8_t* CodeArena::end() const { return execute_ + kCapacity; }

void CodeArena::lower_limit(size_t bytes) {
  std::lock_guard lock(mutex_);
  limit_ = std::min(limit_, bytes);
}

CodeArena::Block CodeArena::allocate(size_t size) {
  size = (size + kPage - 1) & ~(kPage - 1);
  std::lock_guard lock(mutex_);
  if (size == 0 || size > limit_ || used_ > limit_ - size || !map()) return {};
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    if (it->second < size) continue;
    size_t offset = it->first, rest = it->second - size;
    free_.erase(it);
    if (rest) free_.emplace(offset + size, rest);
    used_ += size;
    if (kCloseFreed) (void)mprotect(const_cast<uint8_t*>(execute_) + offset, size, PROT_READ | PROT_EXEC);
    return {write_ + offset, execute_ + offset, size};
  }
  return {};
}

void CodeArena::free(const Block& block) {
  if (block.size == 0) return;
  auto offset = static_cast<size_t>(block.write - write_);
  std::lock_guard lock(mutex_);
  // Gives the memory back to the system; the pages read as zero afterwards.
  (void)madvise(block.write, block.size, MADV_REMOVE);
  if (kind_ == Kind::kPrivate) (void)madvise(const_cast<uint8_t*>(block.execute), block.size, MADV_DONTNEED);
  if (kCloseFreed) (void)mprotect(const_cast<uint8_t*>(block.execute), block.size, PROT_NONE);
  used_ -= block.size;
  auto it = free_.emplace(offset, block.size).first;
  auto next = std::next(it);
  if (next != free_.end() && it->first + it->second == next->first) {
    it->second += next->second;
    free_.erase(next);
  }
  if (it != free_.begin()) {
    auto before = std::prev(it);
    if (before->first + before->second == it->first) {
      before->second += it->second;
      free_.erase(it);
    }
  }
}

}  // namespace ermine::baseline
