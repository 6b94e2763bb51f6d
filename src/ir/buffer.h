// A growing array of trivial data, for the translator's code and operand stack. With a vector, appending is a call if
// it grows, and its size is a division if the element size is not a power of two; this array keeps a count.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

namespace ermine::ir {

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }
  T& back() { return items_[size_ - 1]; }
  const T* begin() const { return items_.get(); }
  const T* end() const { return items_.get() + size_; }
  void clear() { size_ = 0; }
  void shrink(uint32_t size) { size_ = size; }
  void pop_back() { --size_; }

  // Adds `n` items, which the caller writes, and returns the first one. There is space for one more after them.
  [[gnu::always_inline]] T* append(uint32_t n) {
    if (size_ + n >= capacity_) [[unlikely]]
      grow(size_ + n + 1);
    T* at = items_.get() + size_;
    size_ += n;
    return at;
  }
  // Removes one item.
  void remove(uint32_t at) {
    std::memmove(&items_[at], &items_[at + 1], (size_ - at - 1) * sizeof(T));
    --size_;
  }

 private:
  [[gnu::noinline]] void grow(uint32_t needed) {
    const uint32_t capacity = needed * 2 + 64;
    std::unique_ptr<T[]> larger(new T[capacity]);
    if (size_ != 0) std::memcpy(static_cast<void*>(larger.get()), items_.get(), size_ * sizeof(T));
    items_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<T[]> items_;
  uint32_t size_ = 0, capacity_ = 0;
};

}  // namespace ermine::ir
