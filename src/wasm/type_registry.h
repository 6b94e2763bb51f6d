// TypeRegistry: the engine's canonical types. Recursion groups are hash-consed, so equal types get one
// TypeId however many modules write them; subtype tests take constant time (TypeDef::display).
// Thread-safe; reads of a published TypeDef take no lock. Groups are counted by the modules and host
// types that use them and freed with the last.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "ermine/result.h"
#include "wasm/types.h"

namespace ermine::wasm {

class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;
  TypeRegistry& operator=(const TypeRegistry&) = delete;

  // References of a group's types to each other: HeapType::concrete(kRecBase + position in the group).
  static constexpr TypeId kRecBase = 0x0300'0000;

  // Canonicalises one recursion group. On return `ids[i]` is the TypeId of group[i] and one count on
  // the group is held, to be given back by release(ids[0]). Supertypes are checked by the validator.
  // Computes displays, slots and object layouts. Fails when ids or the subtype depth run out.
  Result<void> add_group(std::span<TypeDef> group, std::span<TypeId> ids);
  // The canonical type of a final function type without supertype, as of host functions. Holds a count.
  Result<TypeId> add_func(std::span<const ValType> params, std::span<const ValType> results);
  void retain(TypeId id);
  void release(TypeId id);

  const TypeDef& get(TypeId id) const;

  bool is_subtype(TypeId sub, TypeId super) const;
  bool is_subtype(HeapType sub, HeapType super) const;  // heap type matching, specification 3.3.3
  bool is_subtype(ValType sub, ValType super) const;    // value type matching; bottom is below all

  // The top of a heap type's hierarchy: kAny, kFunc, kExtern or kExn.
  HeapType top(HeapType h) const;
  HeapType bottom(HeapType h) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ermine::wasm
