// Space: the heap's address space, allocated in runs of 4 KiB pages.
//
// One reservation below 4 GiB, so that an offset is a reference. Blocks (8 pages, aligned) are taken from the low end,
// large objects from the high end, so that the two do not fragment each other; free runs are kept by address and by
// length and merge with their neighbours. Pages are committed when first needed and may be discarded when free. The
// first block is never used: offset 0 is null.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "platform/mapping.h"

namespace ermine::runtime::gc {

inline constexpr uint32_t kPageSize = 4096;
inline constexpr uint32_t kBlockSize = 32768;
inline constexpr uint32_t kPagesPerBlock = kBlockSize / kPageSize;

enum class PageKind : uint8_t { kFree, kBlock, kLargeHead, kLargeRest };

class Space {
 public:
  // `bytes` can then be allocated. False if the system has no space.
  bool open(uint64_t bytes);
  bool is_open() const { return static_cast<bool>(region_); }
  uint8_t* base() const { return region_.base(); }
  uint32_t pages() const { return pages_; }
  uint64_t size() const { return uint64_t{pages_} * kPageSize; }
  uint64_t used_bytes() const { return uint64_t{used_pages_} * kPageSize; }
  uint64_t free_bytes() const { return size() - kBlockSize - used_bytes(); }

  PageKind kind(uint32_t offset) const { return static_cast<PageKind>(table_[offset / kPageSize] & kKindMask); }

  // The offset of a zeroed block, or 0. `bytes` of a large object: the same; if not `zeroed`, it is not initialised
  // until zero() was called for all of it, in ranges that begin and end at pages.
  uint32_t take_block();
  uint32_t take_large(uint64_t bytes, bool zeroed = true);
  void zero(uint32_t offset, uint64_t bytes);
  void give_back(uint32_t offset, uint64_t bytes);
  // Gives the memory of free pages back to the system, except for `keep` bytes of those that were in use.
  void discard(uint64_t keep);

 private:
  static constexpr uint8_t kKindMask = 3, kDirty = 4, kStale = 8;
  using Runs = std::map<uint32_t, uint32_t>;  // first page -> pages

  bool take(Runs::iterator run, uint32_t first, uint32_t count, PageKind kind, bool zeroed);
  template <uint8_t flag>
  void zero_pages(uint32_t first, uint32_t count);
  void add_run(uint32_t first, uint32_t count);
  void remove_run(Runs::iterator run);
  bool commit(uint32_t first, uint32_t count);

  platform::Mapping region_;
  platform::Mapping table_mapping_;
  uint8_t* table_ = nullptr;  // a byte a page: PageKind, kDirty if it may hold other than zeros, kStale if
                              // it is given out and zero() is still to come
  uint32_t pages_ = 0;
  uint32_t used_pages_ = 0;
  uint32_t committed_low_ = 0;   // pages below are committed,
  uint32_t committed_high_ = 0;  // and those from here on
  Runs runs_;
  std::set<std::pair<uint32_t, uint32_t>> by_length_;  // (pages, first)
};

}  // namespace ermine::runtime::gc
