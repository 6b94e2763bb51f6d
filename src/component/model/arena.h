// Arena: memory for the parts of a decoded component. Parts are trivially destructible and are freed together, so that
// a deeply nested component is freed without recursion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace ermine::component {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  template <class T>
  T* make(const T& value = T()) {
    static_assert(std::is_trivially_destructible_v<T>);
    return ::new (take(sizeof(T), alignof(T))) T(value);
  }
  // Null for no values.
  template <class T>
  T* copy_to_change(std::span<const T> values) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    if (values.empty()) return nullptr;
    void* at = take(values.size_bytes(), alignof(T));
    std::memcpy(at, values.data(), values.size_bytes());
    return static_cast<T*>(at);
  }
  template <class T>
  std::span<const T> copy(std::span<const T> values) {
    return {copy_to_change(values), values.size()};
  }
  template <class T>
  std::span<const T> copy(const std::vector<T>& values) {
    return copy(std::span<const T>(values));
  }

 private:
  static constexpr size_t kFirstBlock = 4096, kMaxBlock = 256 * 1024;

  void* take(size_t size, size_t alignment) {
    const uintptr_t at = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    if (next_ == nullptr || at + size > reinterpret_cast<uintptr_t>(end_)) return take_block(size);
    next_ = reinterpret_cast<std::byte*>(at + size);
    return reinterpret_cast<void*>(at);
  }
  void* take_block(size_t size) {
    const size_t block = size > block_ / 4 ? size : block_;
    blocks_.emplace_back(new std::byte[block]);  // aligned for every fundamental type
    std::byte* at = blocks_.back().get();
    if (block == size && size != block_) return at;  // the current block keeps its rest
    next_ = at + size;
    end_ = at + block;
    if (block_ < kMaxBlock) block_ *= 2;
    return at;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  size_t block_ = kFirstBlock;
};

}  // namespace ermine::component
