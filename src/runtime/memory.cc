#include "runtime/memory.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/format.h"
#include "runtime/memory_slots.h"
#include "runtime/offsets.h"
#include "runtime/parking_lot.h"
#include "wasm/limits.h"

namespace ermine::runtime {

namespace {

uint64_t most_bytes(const wasm::MemoryType& type) {
  const uint64_t most = type.is64 ? wasm::kMaxMemory64Bytes : uint64_t{1} << 32;
  return type.limits.max ? std::min(most, Memory::bytes_of(*type.limits.max, type.page_log2)) : most;
}

std::optional<platform::Mapping> reserve_guarded(const MemoryOptions& options) {
  if (options.reservation + options.guard <= kSlotMemory + kSlotGuard) return take_memory_slot();
  // More than the space of a slot.
  return platform::Mapping::reserve(kSlotMemory, {kGuardBelow, options.reservation - kSlotMemory + options.guard});
}

Error no_space(uint64_t bytes) {
  return Error(ErrorKind::kLimit,
               base::format("the system has no room for a memory of {} bytes (see the limits of address "
                            "space and memory of this process)",
                            bytes));
}

}  // namespace

bool Memory::wants_guard(const wasm::MemoryType& type, const MemoryOptions& options) {
  // A process with little address space should not use it for guards.
  static const bool room = platform::address_space_limit() >= uint64_t{64} << 30;
  return room && offsets::can_be_guarded(type) && options.reservation >= uint64_t{8} << 30;
}

Result<std::unique_ptr<Memory>> Memory::create(const wasm::MemoryType& type, const MemoryOptions& options) {
  const uint64_t size = bytes_of(type.limits.min, type.page_log2);
  const uint64_t most = most_bytes(type);
  if (size > most) {
    return Error(ErrorKind::kLimit, base::format("a memory of {} pages is larger than the {} bytes that are supported",
                                                 type.limits.min, most));
  }
  std::optional<platform::Mapping> mapping;
  bool guarded = false;
  const bool wanted = wants_guard(type, options);
  if (wanted) {
    mapping = reserve_guarded(options);
    guarded = mapping.has_value();
  }
  // Checked from here on. Space to grow in place is useful, but only shared memories require it; if there was no space
  // for guards, others do not ask for any.
  const uint64_t guard = std::max(options.guard, platform::Guards{}.above);
  if (!mapping && (type.shared || !wanted))
    mapping = platform::Mapping::reserve(type.shared ? most : std::min(most, std::max(options.reservation, size)),
                                         {guard, guard});
  if (!mapping && !type.shared) mapping = platform::Mapping::reserve(size);
  if (!mapping) return no_space(type.shared ? most : size);
  std::unique_ptr<Memory> memory(new Memory(type, *std::move(mapping), guarded, most));
  if (!memory->extend(0, size)) return no_space(size);
  memory->byte_size_.store(size, std::memory_order_release);
  return memory;
}

Memory::Memory(const wasm::MemoryType& type, platform::Mapping mapping, bool guarded, uint64_t max_bytes)
    : base_(mapping.base()), type_(type), mapping_(std::move(mapping)), max_bytes_(max_bytes), guarded_(guarded) {}

Memory::~Memory() {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"
  static_assert(offsetof(Memory, base_) == kBaseAt && offsetof(Memory, byte_size_) == kByteSizeAt);
#pragma clang diagnostic pop
}

bool Memory::extend(uint64_t old_bytes, uint64_t new_bytes) {
  if (new_bytes <= mapping_.size()) return mapping_.commit(old_bytes, new_bytes - old_bytes);
  if (guarded_ || type_.shared) return false;
  // Move to a reservation of twice the size, so that a memory that grows in steps is rarely moved.
  auto mapping = platform::Mapping::reserve(std::min(max_bytes_, new_bytes * 2));
  if (!mapping) mapping = platform::Mapping::reserve(new_bytes);
  if (!mapping || !mapping->commit(0, new_bytes)) return false;
  mapping->take_over(mapping_, old_bytes);
  mapping_ = *std::move(mapping);
  base_ = mapping_.base();
  return true;
}

std::optional<uint64_t> Memory::grow(uint64_t delta_pages) {
  std::lock_guard lock(mutex_);
  const uint64_t old_bytes = byte_size_.load(std::memory_order_relaxed);
  const uint64_t old_pages = old_bytes >> type_.page_log2;
  const uint64_t delta = bytes_of(delta_pages);
  if (delta > max_bytes_ - old_bytes) return std::nullopt;
  if (delta == 0) return old_pages;
  const uint64_t new_bytes = old_bytes + delta;
  if (!extend(old_bytes, new_bytes)) return std::nullopt;
  byte_size_.store(new_bytes, std::memory_order_release);
  for (InstanceContext* ctx : watchers_) {
    __atomic_store_n(&ctx->memory0_base, base_, __ATOMIC_RELAXED);
    __atomic_store_n(&ctx->memory0_size, new_bytes, __ATOMIC_RELEASE);
  }
  return old_pages;
}

bool Memory::may_fault_at(uintptr_t address) const {
  const uint64_t offset = address - reinterpret_cast<uintptr_t>(base_);
  if (!guarded_ || offset >= kGuardedReach) return false;
  // An access across the end may be reported at its beginning. Another thread may have grown a shared memory since.
  return type_.shared || offset + sizeof(uint64_t[2]) > byte_size();
}

void Memory::watch(InstanceContext* ctx) {
  std::lock_guard lock(mutex_);
  watchers_.push_back(ctx);
  ctx->memory0_base = base_;
  ctx->memory0_size = byte_size_.load(std::memory_order_relaxed);
}

void Memory::unwatch(InstanceContext* ctx) {
  std::lock_guard lock(mutex_);
  std::erase(watchers_, ctx);
}

ParkingLot& Memory::parking_lot() {
  std::lock_guard lock(mutex_);
  if (!parking_lot_) parking_lot_ = std::make_unique<ParkingLot>();
  return *parking_lot_;
}

}  // namespace ermine::runtime
