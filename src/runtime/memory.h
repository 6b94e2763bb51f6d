// Memory: a linear memory. Its bytes lie at the start of a reservation of address space.
//
// Guarded memories (32-bit addresses, 64 KiB pages) have inaccessible space behind them, as far as an index plus a
// static offset can reach, so that an access beyond the size faults; they never move. (memory_slots.h describes the
// space below them.) Other memories are checked in code and may move when they grow, unless they are shared. A shared
// memory belongs to an engine: it is reference-counted, used by many threads, reserves its maximum and never moves; its
// size is atomic and never shrinks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "ermine/result.h"
#include "platform/mapping.h"
#include "runtime/context.h"
#include "wasm/module.h"

namespace ermine::runtime {

class ParkingLot;

struct MemoryOptions {
  uint64_t reservation = uint64_t{8} << 30;  // Config::memory_reservation
  uint64_t guard = 64 << 10;  // Config::memory_guard
};

class Memory {
 public:
  // Zeroed, of the type's minimum size. `type` is valid (validator). kLimit if the system has not enough space.
  static Result<std::unique_ptr<Memory>> create(const wasm::MemoryType& type, const MemoryOptions& options);
  // Whether create() will try to make such a memory a guarded one.
  static bool wants_guard(const wasm::MemoryType& type, const MemoryOptions& options);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  const wasm::MemoryType& type() const { return type_; }  // limits.min is the size at creation
  bool shared() const { return type_.shared; }
  bool guarded() const { return guarded_; }
  uint8_t* base() const { return base_; }
  uint64_t byte_size() const { return byte_size_.load(std::memory_order_acquire); }
  uint64_t pages() const { return byte_size() >> type_.page_log2; }
  // For this many pages; all ones if that needs more than 64 bits.
  uint64_t bytes_of(uint64_t pages) const { return bytes_of(pages, type_.page_log2); }
  static constexpr uint64_t bytes_of(uint64_t pages, unsigned page_log2) {
    return pages > (~uint64_t{0} >> page_log2) ? ~uint64_t{0} : pages << page_log2;
  }
  // The maximal number of bytes: its maximum, or the bound of the address type and kMaxMemory64Bytes.
  uint64_t max_bytes() const { return max_bytes_; }

  // The instance that defines it, if there is one and it is not shared; for Store's limits.
  const Instance* definer = nullptr;

  // Returns the previous size in pages, or nothing if it cannot grow. Does not know a store's limits: see
  // Store::grow_memory. Thread-safe for shared memories.
  std::optional<uint64_t> grow(uint64_t delta_pages);

  // Maps the image at `offset`, copy-on-write. These bytes were not written before. Page multiples, inside the memory.
  // False: nothing was changed.
  bool map_image(const platform::Image& image, uint64_t offset, uint64_t size) {
    return mapping_.map_image(image, 0, offset, size);
  }

  // Updates memory0_base and memory0_size of a context, from now until it is unwatched.
  void watch(InstanceContext* ctx);
  void unwatch(InstanceContext* ctx);

  // Whether an access, in bounds or out of bounds, may have faulted there; for the fault handler.
  bool may_fault_at(uintptr_t address) const;

  // Where code finds its base and its size.
  static constexpr int kBaseAt = 8, kByteSizeAt = 16;

  // Of atomic waiters; made on first use. Shared memories only.
  ParkingLot& parking_lot();

 private:
  Memory(const wasm::MemoryType& type, platform::Mapping mapping, bool guarded, uint64_t max_bytes);
  bool extend(uint64_t old_bytes, uint64_t new_bytes);

  // Running code reads these at fixed offsets: keep them first.
  uint8_t* base_;
  std::atomic<uint64_t> byte_size_{0};

  wasm::MemoryType type_;
  platform::Mapping mapping_;
  uint64_t max_bytes_;
  bool guarded_;
  std::mutex mutex_;  // guards growing, watchers_ and parking_lot_
  std::vector<InstanceContext*> watchers_;
  std::unique_ptr<ParkingLot> parking_lot_;
};

}  // namespace ermine::runtime
