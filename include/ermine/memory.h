// Memory: a linear memory of a store, or one shared between stores.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include "ermine/result.h"
#include "ermine/store.h"
#include "ermine/types.h"

namespace ermine {

namespace runtime {
class Memory;
}

// A memory that several stores, on several threads, may use at once. A reference-counted handle; thread-safe. Its bytes
// may change at any time: access them with atomics or where the program's own locks allow it.
class SharedMemory {
 public:
  // `type` must be shared and have a maximum. kLimit if there is not enough address space.
  static Result<SharedMemory> create(const Engine& engine, const MemoryType& type);

  MemoryType type() const;
  uint8_t* data() const;  // never moves
  uint64_t byte_size() const;  // never shrinks
  uint64_t size() const;  // pages
  // Returns the size before, in pages. kLimit beyond the maximum.
  Result<uint64_t> grow(uint64_t delta_pages) const;
  // Like memory.atomic.notify: wakes up to `count` waiters at the address and returns their number. kTrap if the
  // address is out of bounds.
  Result<uint32_t> atomic_notify(uint64_t address, uint32_t count) const;

  explicit SharedMemory(std::shared_ptr<runtime::Memory> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<runtime::Memory>& impl() const { return impl_; }

 private:
  std::shared_ptr<runtime::Memory> impl_;
};

// A handle, valid while its store lives. Used on the store's thread.
class Memory {
 public:
  // Makes a memory of the store. kLimit beyond the store's limits or the system's memory, kUsage for an invalid type. A
  // shared type makes a new SharedMemory.
  static Result<Memory> create(StoreRef store, const MemoryType& type);
  // A store's view of a shared memory.
  static Memory from_shared(StoreRef store, const SharedMemory& memory);

  MemoryType type() const;
  // Valid until the memory grows or its store is destroyed; get it again after a call into WebAssembly.
  uint8_t* data() const;
  uint64_t byte_size() const;
  std::span<uint8_t> span() const { return {data(), static_cast<size_t>(byte_size())}; }
  uint64_t size() const;  // pages
  // Returns the size before, in pages. kLimit beyond the maximum or the store's limits.
  Result<uint64_t> grow(uint64_t delta_pages) const;

  // Bounds-checked copies; false, with nothing copied, if any byte is outside.
  bool read(uint64_t offset, void* to, size_t size) const {
    std::span<uint8_t> s = span();
    if (size > s.size() || offset > s.size() - size) return false;
    if (size != 0) std::memcpy(to, s.data() + offset, size);
    return true;
  }
  bool write(uint64_t offset, const void* from, size_t size) const {
    std::span<uint8_t> s = span();
    if (size > s.size() || offset > s.size() - size) return false;
    if (size != 0) std::memcpy(s.data() + offset, from, size);
    return true;
  }
  // One value in WebAssembly's byte order, at any alignment.
  template <class T>
  std::optional<T> load(uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T v;
    if (!read(offset, &v, sizeof v)) return std::nullopt;
    return v;
  }
  template <class T>
  bool store(uint64_t offset, const T& v) const {
    static_assert(std::is_trivially_copyable_v<T>);
    return write(offset, &v, sizeof v);
  }
  // The bytes [offset, offset + size), or nothing if they are not all inside.
  std::optional<std::span<uint8_t>> slice(uint64_t offset, uint64_t size) const {
    std::span<uint8_t> s = span();
    if (size > s.size() || offset > s.size() - size) return std::nullopt;
    return s.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
  }

  // The shared memory of this view, if it is one.
  std::optional<SharedMemory> shared() const;
  bool operator==(const Memory& o) const { return impl_ == o.impl_; }

  // For the library's own code.
  Memory(runtime::Store* store, runtime::Memory* impl) : store_(store), impl_(impl) {}
  runtime::Memory* impl() const { return impl_; }
  runtime::Store* store_impl() const { return store_; }

 private:
  runtime::Store* store_;
  runtime::Memory* impl_;
};

}  // namespace ermine
