// OffsetStack: a stack of 32-bit offsets in address space of its own. It cannot move, and its growth may fail: push()
// then returns false. The collector's work must not depend on the C++ heap.
#pragma once

#include <algorithm>
#include <cstdint>

#include "platform/mapping.h"

namespace ermine::runtime::gc {

class OffsetStack {
 public:
  // Space for `capacity` entries, committed as it fills.
  bool open(uint64_t capacity) {
    auto mapping = platform::Mapping::reserve(capacity * sizeof(uint32_t));
    if (!mapping) return false;
    mapping_ = *std::move(mapping);
    begin_ = top_ = committed_ = reinterpret_cast<uint32_t*>(mapping_.base());
    end_ = begin_ + capacity;
    return true;
  }
  bool empty() const { return top_ == begin_; }
  size_t size() const { return static_cast<size_t>(top_ - begin_); }
  [[nodiscard]] bool push(uint32_t offset) {
    if (top_ == committed_ && !grow()) [[unlikely]]
      return false;
    *top_++ = offset;
    return true;
  }
  uint32_t pop() { return *--top_; }
  uint32_t operator[](size_t i) const { return begin_[i]; }
  void clear() { top_ = begin_; }
  // Gives memory back except for a small part. Precondition: empty().
  void shrink() {
    constexpr uint64_t kKept = 1 << 20;
    const auto used = static_cast<uint64_t>(committed_ - begin_) * sizeof(uint32_t);
    if (used > kKept) mapping_.discard(kKept, used - kKept);
  }

 private:
  bool grow() {
    if (committed_ == end_) return false;
    const auto have = static_cast<uint64_t>(committed_ - begin_);
    const uint64_t more = std::min(std::max<uint64_t>(have, 1 << 14), static_cast<uint64_t>(end_ - committed_));
    if (!mapping_.commit(have * sizeof(uint32_t), more * sizeof(uint32_t))) return false;
    committed_ += more;
    return true;
  }

  platform::Mapping mapping_;
  uint32_t* begin_ = nullptr;
  uint32_t* top_ = nullptr;
  uint32_t* committed_ = nullptr;
  uint32_t* end_ = nullptr;
};

}  // namespace ermine::runtime::gc
