// The collector's tables beside the heap: a mark bit for each 8 bytes, a state for each line.
//
// Marks: set on the first granule of every object that a collection found alive, so between collections they are also
// the starts of all old objects.
// Lines of blocks: free ones can be allocated into. A fresh run of lines, called a hole, is filled with objects one
// after the other from its first line on, and the rest is filled by a filler when a collection begins at the latest; so
// its objects can be found by walking. Lines of large arrays are cards.
#pragma once

#include <cstring>

#include "platform/mapping.h"
#include "runtime/gc/space.h"

namespace ermine::runtime::gc {

inline constexpr uint32_t kLineSize = 128;
inline constexpr uint32_t kLinesPerBlock = kBlockSize / kLineSize;

enum LineState : uint8_t {
  kLineFree = 0,
  kLineLive = 1,  // holds (part of) an object that survived a collection
  kLineFreshHead = 2,  // a hole's first line
  kLineFresh = 3,
};
// Bits of a large array's lines.
inline constexpr uint8_t kCardDirty = 1;  // references were stored in this line since the last collection
inline constexpr uint8_t kCardLogged = 2;  // on the first line: the array is in the log of large objects

class SideTables {
 public:
  bool open(uint64_t heap_size) {
    const uint64_t marks = heap_size / 64, lines = heap_size / kLineSize;
    auto mapping = platform::Mapping::reserve(marks + lines);
    if (!mapping || !mapping->commit(0, marks + lines)) return false;
    mapping_ = *std::move(mapping);
    marks_ = reinterpret_cast<uint64_t*>(mapping_.base());
    lines_ = mapping_.base() + marks;
    return true;
  }

  bool marked(uint32_t offset) const { return marks_[offset >> 9] >> (offset >> 3 & 63) & 1; }
  // Whether it was not marked before.
  bool mark(uint32_t offset) {
    uint64_t& word = marks_[offset >> 9];
    const uint64_t bit = uint64_t{1} << (offset >> 3 & 63);
    if (word & bit) return false;
    word |= bit;
    return true;
  }
  void unmark(uint32_t offset) { marks_[offset >> 9] &= ~(uint64_t{1} << (offset >> 3 & 63)); }
  void unmark_block(uint32_t block) { std::memset(marks_ + (block >> 9), 0, kBlockSize / 64); }
  // The last marked granule in [low, offset], or 0.
  uint32_t mark_at_or_before(uint32_t offset, uint32_t low) const {
    for (uint32_t at = offset & ~7u;; at -= 8) {
      if (marked(at)) return at;
      if (at <= low) return 0;
    }
  }
  uint64_t mark_word(uint32_t offset) const { return marks_[offset >> 9]; }

  uint8_t& line(uint32_t offset) { return lines_[offset / kLineSize]; }
  uint8_t* lines_of(uint32_t offset) { return lines_ + offset / kLineSize; }

 private:
  platform::Mapping mapping_;
  uint64_t* marks_ = nullptr;
  uint8_t* lines_ = nullptr;
};

}  // namespace ermine::runtime::gc
