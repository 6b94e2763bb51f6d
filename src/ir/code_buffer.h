// The register code of a function while it is made. Faster than a vector: appending is inline, and room is made for
// many instructions at once.
#pragma once

#include <cstring>
#include <memory>

#include "runtime/context.h"

namespace ermine::ir {

class CodeBuffer {
 public:
  uint32_t size() const { return size_; }
  runtime::Code& operator[](size_t i) { return units_[i]; }
  const runtime::Code* begin() const { return units_.get(); }
  const runtime::Code* end() const { return units_.get() + size_; }
  void clear() { size_ = 0; }

  // Adds units of zero; returns the first one's index.
  [[gnu::always_inline]] uint32_t append(unsigned units) {
    const uint32_t at = size_;
    if (at + units > capacity_) [[unlikely]]
      grow(at + units);
    size_ = at + units;
    for (unsigned i = 0; i < units; ++i) units_[at + i] = 0;
    return at;
  }
  void shrink(uint32_t size) { size_ = size; }
  // Takes one unit out.
  void remove(uint32_t at) {
    std::memmove(&units_[at], &units_[at + 1], (size_ - at - 1) * sizeof(runtime::Code));
    --size_;
  }

 private:
  [[gnu::noinline]] void grow(uint32_t needed) {
    const uint32_t capacity = needed * 2 + 256;
    std::unique_ptr<runtime::Code[]> larger(new runtime::Code[capacity]);
    if (size_ != 0) std::memcpy(larger.get(), units_.get(), size_ * sizeof(runtime::Code));
    units_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<runtime::Code[]> units_;
  uint32_t size_ = 0, capacity_ = 0;
};

}  // namespace ermine::ir
