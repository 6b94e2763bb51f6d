// FreeRanges: the free parts of a range of offsets. First fit; neighbours merge.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <optional>

namespace ermine::tiering {

class FreeRanges {
 public:
  explicit FreeRanges(size_t size) { free_.emplace(0, size); }

  std::optional<size_t> take(size_t size) {
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if (it->second < size) continue;
      const size_t offset = it->first, left = it->second - size;
      free_.erase(it);
      if (left != 0) free_.emplace(offset + size, left);
      return offset;
    }
    return std::nullopt;
  }

  // Returns an allocated range.
  void give_back(size_t offset, size_t size) {
    auto it = free_.emplace(offset, size).first;
    auto next = std::next(it);
    if (next != free_.end() && it->first + it->second == next->first) {
      it->second += next->second;
      free_.erase(next);
    }
    if (it == free_.begin()) return;
    auto before = std::prev(it);
    if (before->first + before->second != it->first) return;
    before->second += it->second;
    free_.erase(it);
  }

 private:
  std::map<size_t, size_t> free_;  // size by offset
};

}  // namespace ermine::tiering
