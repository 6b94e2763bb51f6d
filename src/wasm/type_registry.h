// TypeRegistry: the engine's canonical types. Recursion groups are hash-consed, so equal types get one TypeId in all
// modules; subtype tests take constant time (TypeDef::display). Thread-safe; reads of a published TypeDef take no lock.
// Modules and host types hold references to groups; a group is freed with its last reference.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>

#include "ermine/result.h"
#include "wasm/types.h"

namespace ermine::wasm {

// Types by id, as running code looks them up. Segment s holds the 64 << s ids from 64 * (2^s - 1) on; segments
// never move.
class TypeTable {
 public:
  static constexpr unsigned kSegments = 20;  // 64 * (2^20 - 1) ids, above TypeRegistry::kRecBase
  static unsigned segment_of(TypeId id) { return static_cast<unsigned>(std::bit_width((id >> 6) + 1)) - 1; }
  static TypeId segment_start(unsigned segment) { return 64 * ((1u << segment) - 1); }

  std::atomic<const TypeDef*>& slot(TypeId id) const {
    const unsigned segment = segment_of(id);
    return segments[segment].load(std::memory_order_acquire)[id - segment_start(segment)];
  }
  // Precondition: the type exists.
  const TypeDef& operator[](TypeId id) const { return *slot(id).load(std::memory_order_acquire); }

  std::atomic<std::atomic<const TypeDef*>*> segments[kSegments] = {};
};

class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  // References of a group's types to each other: HeapType::concrete(kRecBase + position in the group).
  static constexpr TypeId kRecBase = 0x0300'0000;

  // Canonicalises one recursion group. On return `ids[i]` is the TypeId of group[i], and the caller holds one reference
  // to the group, which release(ids[0]) gives back. The validator checks supertypes. Computes displays, slots and
  // object layouts. Fails when ids or the subtype depth run out.
  Result<void> add_group(std::span<TypeDef> group, std::span<TypeId> ids);
  // The canonical type of a final function type without supertype, for example of a host function. The caller holds a
  // reference.
  Result<TypeId> add_func(std::span<const ValType> params, std::span<const ValType> results);
  void retain(TypeId id);
  void release(TypeId id);

  const TypeDef& get(TypeId id) const { return table_[id]; }
  const TypeTable& table() const { return table_; }

  bool is_subtype(TypeId sub, TypeId super) const;
  bool is_subtype(HeapType sub, HeapType super) const;  // heap type matching, specification 3.3.3
  bool is_subtype(ValType sub, ValType super) const;  // value type matching; bottom is below all

  // The top of a heap type's hierarchy: kAny, kFunc, kExtern or kExn.
  HeapType top(HeapType h) const;
  HeapType bottom(HeapType h) const;

 private:
  struct Impl;
  TypeTable table_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ermine::wasm
