// Garbage-collected objects: the part of their instructions that follows after operands are checked and space is found.
// `base` is the beginning of the heap; references are offsets from it (runtime/gc/ref.h); wasm/object_header.h
// describes objects.
#pragma once

#include <cstdint>

#include "wasm/object_header.h"
#include "wasm/type_registry.h"

namespace ermine::semantics {

template <class T>
[[gnu::always_inline]] inline T object_load(const uint8_t* base, uint32_t object, uint64_t offset) {
  T v;
  __builtin_memcpy(&v, base + object + offset, sizeof v);
  return v;
}
template <class T>
[[gnu::always_inline]] inline void object_store(uint8_t* base, uint32_t object, uint64_t offset, T v) {
  __builtin_memcpy(base + object + offset, &v, sizeof v);
}

[[gnu::always_inline]] inline uint32_t object_array_length(const uint8_t* base, uint32_t array) {
  return object_load<uint32_t>(base, array, 4);
}

// Whether the collector must be informed of references stored in this object.
[[gnu::always_inline]] inline bool object_is_old(const uint8_t* base, uint32_t object) {
  return object_load<uint32_t>(base, object, 0) & wasm::kOldBit;
}

// --- Type tests (specification 3.0, section 3.3.4). A reference is null, an i31 (odd), or an object.

// Of the any hierarchy against a defined type `want` at `depth` of its hierarchy. Constant time: the type's
// display is an array of its ancestors.
[[gnu::always_inline]] inline bool object_has_type(const uint8_t* base, const wasm::TypeTable* types, uint32_t ref,
                                                   bool null_passes, wasm::TypeId want, uint32_t depth,
                                                   bool want_is_final) {
  if (ref == 0) return null_passes;
  if (ref & 1) return false;
  const wasm::TypeId have = object_load<uint32_t>(base, ref, 0) & wasm::kObjectTypeMask;
  if (have == want) return true;
  if (want_is_final || have == wasm::kNoType) return false;
  const std::vector<wasm::TypeId>& display = (*types)[have].display;
  return display.size() > depth && display[depth] == want;
}

// Against an abstract type, as a set of shapes.
[[gnu::always_inline]] inline bool object_is_in(const uint8_t* base, uint32_t ref, wasm::ShapeSet set) {
  unsigned kind = wasm::kShapeSetNull;
  if (ref & 1) kind = wasm::kShapeSetI31;
  else if (ref != 0)
    kind = wasm::kShapeSetObjects + (object_load<uint32_t>(base, ref, 0) >> wasm::kObjectShapeShift & 31);
  return set >> kind & 1;
}

// --- i31
[[gnu::always_inline]] inline uint32_t i31_make(uint32_t value) { return value << 1 | 1; }
[[gnu::always_inline]] inline uint32_t i31_signed_value(uint32_t ref) {
  return static_cast<uint32_t>(static_cast<int32_t>(ref) >> 1);
}
[[gnu::always_inline]] inline uint32_t i31_unsigned_value(uint32_t ref) { return ref >> 1; }

}  // namespace ermine::semantics
