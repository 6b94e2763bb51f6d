// The instructions on collected objects. (Specification 3.0, section 4.6, "aggregate" and reference instructions.)
//
// Values are slots: one each, two for v128. Functions that can fail return the trap and then have changed nothing;
// results are valid only on kNone. Those that make objects may collect: references in their arguments must be in roots
// as well, for example in slots of a frame below ExecContext::stack_top.
#pragma once

#include <cstdint>
#include <span>

#include "ermine/error.h"
#include "runtime/context.h"
#include "runtime/gc/heap.h"

namespace ermine::runtime::gc {

// --- Structs. `fields` holds the values in order.
TrapCode struct_new(Heap& heap, const wasm::TypeDef& type, const Slot* fields, Ref* result);
TrapCode struct_new_default(Heap& heap, const wasm::TypeDef& type, Ref* result);
// `sign`: how a packed field is extended.
TrapCode struct_get(const Heap& heap, Ref object, const wasm::TypeDef& type, uint32_t field, bool sign, Slot* value);
TrapCode struct_set(Heap& heap, Ref object, const wasm::TypeDef& type, uint32_t field, const Slot* value);

// --- Arrays. The type is that of the instruction; the array's may be a subtype with the same layout.
TrapCode array_new(Heap& heap, const wasm::TypeDef& type, uint32_t length, const Slot* init, Ref* result);
TrapCode array_new_fixed(Heap& heap, const wasm::TypeDef& type, uint32_t length, const Slot* values, Ref* result);
TrapCode array_get(const Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index, bool sign, Slot* value);
TrapCode array_set(Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index, const Slot* value);
TrapCode array_len(const Heap& heap, Ref array, uint32_t* length);
TrapCode array_fill(Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index, const Slot* value, uint32_t n);
// Both arrays have elements of the same storage; they may be the same and overlap.
TrapCode array_copy(Heap& heap, Ref to, uint32_t to_index, Ref from, uint32_t from_index, uint32_t n);
// `data`: the whole segment. element(i) gives the elements of a segment.
TrapCode array_init_data(Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index,
                         std::span<const uint8_t> data, uint32_t offset, uint32_t n);

template <class Element>
TrapCode array_init_elem(Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index, uint64_t segment_size,
                         Element&& element, uint32_t offset, uint32_t n);

// --- References. Types are those of validated instructions: `target` is in the reference's hierarchy.
// A reference of the any, extern or exn hierarchy.
bool ref_test(const Heap& heap, Ref ref, wasm::HeapType target, bool nullable);
// A reference of the func hierarchy.
bool func_test(const wasm::TypeRegistry& registry, const FuncRef* func, wasm::HeapType target, bool nullable);
// Either, by the target's hierarchy.
bool slot_test(const Heap& heap, Slot slot, wasm::HeapType target, bool nullable);

// --- Exceptions. `payload`: the values of the tag's parameters.
TrapCode exception_new(Heap& heap, const Tag* tag, const Slot* payload, Ref* result);

// ---

namespace detail {
// Whether [index, index + n) is in [0, size).
constexpr bool in_range(uint64_t index, uint64_t n, uint64_t size) { return index <= size && n <= size - index; }
TrapCode check_array(const Heap& heap, Ref array, uint32_t index, uint32_t n);
template <class Element>
void store_elements(Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index, Element&& element,
                    uint32_t offset, uint32_t n) {
  // References of the func hierarchy (8 bytes) or of the heap (4).
  uint8_t* const first = array_elements(heap.at(0), array) + uint64_t{index} * type.element_size;
  for (uint32_t i = 0; i < n; ++i) {
    const Slot value = element(uint64_t{offset} + i);
    std::memcpy(first + uint64_t{i} * type.element_size, &value, type.element_size);
  }
  if (type.has_references && n != 0) heap.barrier(array, first, uint64_t{n} * type.element_size);
}
}  // namespace detail

template <class Element>
TrapCode array_init_elem(Heap& heap, Ref array, const wasm::TypeDef& type, uint32_t index, uint64_t segment_size,
                         Element&& element, uint32_t offset, uint32_t n) {
  if (const TrapCode trap = detail::check_array(heap, array, index, n); trap != TrapCode::kNone) return trap;
  if (!detail::in_range(offset, n, segment_size)) return TrapCode::kTableOutOfBounds;
  detail::store_elements(heap, array, type, index, element, offset, n);
  return TrapCode::kNone;
}

}  // namespace ermine::runtime::gc
