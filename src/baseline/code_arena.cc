#include "baseline/code_arena.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace ermine::baseline {

namespace {
// Calls reach everything in it with 32-bit distances.
constexpr size_t kCapacity = size_t{1} << 30;
constexpr size_t kPage = 4096;
}  // namespace

CodeArena* CodeArena::get() {
  static CodeArena* const arena = []() -> CodeArena* {
    auto* a = new CodeArena;  // lives as long as the process
    if (a->map()) return a;
    delete a;
    return nullptr;
  }();
  return arena;
}

bool CodeArena::map() {
  file_ = memfd_create("ermine-code", MFD_CLOEXEC);
  if (file_ < 0) return false;
  void* write = MAP_FAILED;
  void* execute = MAP_FAILED;
  if (ftruncate(file_, kCapacity) == 0) {
    write = mmap(nullptr, kCapacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_, 0);
    execute = mmap(nullptr, kCapacity, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_NORESERVE, file_, 0);
  }
  if (write == MAP_FAILED || execute == MAP_FAILED) {
    if (write != MAP_FAILED) munmap(write, kCapacity);
    if (execute != MAP_FAILED) munmap(execute, kCapacity);
    close(file_);
    return false;
  }
  write_ = static_cast<uint8_t*>(write);
  execute_ = static_cast<const uint8_t*>(execute);
  limit_ = kCapacity;
  free_.emplace(0, kCapacity);
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
  if (size == 0 || size > limit_ || used_ > limit_ - size) return {};
  for (auto it = free_.begin(); it != free_.end(); ++it) {
    if (it->second < size) continue;
    size_t offset = it->first, rest = it->second - size;
    free_.erase(it);
    if (rest) free_.emplace(offset + size, rest);
    used_ += size;
    return {write_ + offset, execute_ + offset, size};
  }
  return {};
}

void CodeArena::free(const Block& block) {
  if (block.size == 0) return;
  auto offset = static_cast<size_t>(block.write - write_);
  std::lock_guard lock(mutex_);
  // Gives the memory back to the system; the pages read as zero afterwards.
  (void)fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(block.size));
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
