// Unpacks operands from slots for gc/ops.h. Immediates: a is the TypeId, b the field, segment, length or second type;
// for tests and casts a is whether null passes, b the heap type's bits; for throw a is the tag.
#include "runtime/gc_builtins.h"

#include <span>
#include <utility>

#include "runtime/bulk.h"
#include "runtime/gc/ops.h"
#include "runtime/gc/slow_paths.h"
#include "runtime/instance.h"
#include "runtime/store.h"

namespace ermine::runtime {

namespace {

using gc::Heap;
using gc::Ref;

Heap& heap_of(InstanceContext* ctx) { return ctx->exec->store->heap(); }
const wasm::TypeDef& type_of(const Heap& heap, uint32_t id) { return heap.registry().get(id); }
Ref ref_of(Slot slot) { return static_cast<Ref>(slot); }
uint32_t u32(Slot slot) { return static_cast<uint32_t>(slot); }

// The fuel of operations on many elements: one unit for two.
constexpr unsigned kFuelLog2 = 1;
// The element size that determines the pieces: the largest possible one.
constexpr unsigned kElementLog2 = 4;

// The bounds of work on the elements [index, index + n) of an array; then its fuel. Neither changes later.
TrapCode begin_elements(InstanceContext* ctx, Ref array, uint32_t index, uint32_t n) {
  if (const TrapCode trap = gc::detail::check_array(heap_of(ctx), array, index, n); trap != TrapCode::kNone)
    return trap;
  return charge(ctx, n, kFuelLog2);
}

// piece(first, count) for n elements, as in in_pieces().
template <class F>
TrapCode each_piece(InstanceContext* ctx, uint32_t n, F&& piece) {
  return in_pieces(ctx->exec, n, kElementLog2, [&](uint64_t first, uint64_t count) {
    piece(static_cast<uint32_t>(first), static_cast<uint32_t>(count));
  });
}

// A zeroed array, which is left in *slot, where the length may have been.
TrapCode new_array(InstanceContext* ctx, const wasm::TypeDef& def, uint32_t length, Slot* slot) {
  const uint64_t header = def.object_header | uint64_t{length} << 32;
  const uint64_t bytes = wasm::object_bytes(header);
  if (bytes > heap_of(ctx).max_object_bytes()) return TrapCode::kAllocationTooLarge;
  if (const TrapCode trap = charge(ctx, length, kFuelLog2); trap != TrapCode::kNone) return trap;
  return gc::allocate(ctx->exec, header, bytes, slot);
}

// Calls f(&ref) and leaves the reference it made as the result.
template <class F>
TrapCode making(Slot* base, F&& f) {
  Ref made = gc::kNull;
  const TrapCode trap = f(&made);
  base[0] = made;
  return trap;
}

TrapCode struct_new_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  Heap& heap = heap_of(ctx);
  return making(base, [&](Ref* r) { return gc::struct_new(heap, type_of(heap, type), base, r); });
}
TrapCode struct_new_default_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  Heap& heap = heap_of(ctx);
  return making(base, [&](Ref* r) { return gc::struct_new_default(heap, type_of(heap, type), r); });
}
template <bool sign>
TrapCode get_field(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t field) {
  const Heap& heap = heap_of(ctx);
  return gc::struct_get(heap, ref_of(base[0]), type_of(heap, type), u32(field), sign, base);
}
constexpr Builtin struct_get_builtin = get_field<false>, struct_get_s_builtin = get_field<true>,
                  struct_get_u_builtin = get_field<false>;
TrapCode struct_set_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t field) {
  Heap& heap = heap_of(ctx);
  return gc::struct_set(heap, ref_of(base[0]), type_of(heap, type), u32(field), base + 1);
}

// Slots of an element: the length follows the initial value.
uint32_t element_slots(const wasm::TypeDef& type) { return type.fields[0].storage.slots(); }

// While the object is filled it is in the slot of the length; at the end it becomes the result.
TrapCode array_new_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  Slot* const made = base + element_slots(def);
  const uint32_t length = u32(*made);
  if (const TrapCode trap = new_array(ctx, def, length, made); trap != TrapCode::kNone) return trap;
  // New arrays are zero.
  if (base[0] != 0 || (def.element_size == 16 && base[1] != 0)) {
    const TrapCode trap = each_piece(ctx, length, [&](uint32_t first, uint32_t count) {
      (void)gc::array_fill(heap, ref_of(*made), def, first, base, count);
    });
    if (trap != TrapCode::kNone) return trap;
  }
  base[0] = std::exchange(*made, 0);
  return TrapCode::kNone;
}
TrapCode array_new_default_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  return new_array(ctx, type_of(heap_of(ctx), type), u32(base[0]), base);
}
// The translator charges for the length, which is known and always small.
TrapCode array_new_fixed_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t length) {
  Heap& heap = heap_of(ctx);
  return making(base, [&](Ref* r) { return gc::array_new_fixed(heap, type_of(heap, type), u32(length), base, r); });
}
TrapCode array_new_data_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  const uint32_t from = u32(base[0]), length = u32(base[1]);
  const std::span<const uint8_t> data = ctx->instance->data(u32(segment));
  if (!gc::detail::in_range(from, uint64_t{length} * def.element_size, data.size()))
    return TrapCode::kMemoryOutOfBounds;
  if (const TrapCode trap = new_array(ctx, def, length, base); trap != TrapCode::kNone) return trap;
  return each_piece(ctx, length, [&](uint32_t first, uint32_t count) {
    (void)gc::array_init_data(heap, ref_of(base[0]), def, first, data, from + first * def.element_size, count);
  });
}
TrapCode array_new_elem_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  const uint32_t from = u32(base[0]), length = u32(base[1]);
  const uint64_t size = ctx->instance->elem_size(u32(segment));
  if (!gc::detail::in_range(from, length, size)) return TrapCode::kTableOutOfBounds;
  const Instance::SegmentUse use(ctx->instance);
  if (const TrapCode trap = new_array(ctx, def, length, base); trap != TrapCode::kNone) return trap;
  return each_piece(ctx, length, [&](uint32_t first, uint32_t count) {
    const auto element = [&](uint64_t i) { return ctx->instance->elem(u32(segment), i); };
    (void)gc::array_init_elem(heap, ref_of(base[0]), def, first, size, element, from + first, count);
  });
}
template <bool sign>
TrapCode get_element(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  const Heap& heap = heap_of(ctx);
  return gc::array_get(heap, ref_of(base[0]), type_of(heap, type), u32(base[1]), sign, base);
}
constexpr Builtin array_get_builtin = get_element<false>, array_get_s_builtin = get_element<true>,
                  array_get_u_builtin = get_element<false>;
TrapCode array_set_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  Heap& heap = heap_of(ctx);
  return gc::array_set(heap, ref_of(base[0]), type_of(heap, type), u32(base[1]), base + 2);
}
TrapCode array_fill_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  const Ref array = ref_of(base[0]);
  const uint32_t index = u32(base[1]), n = u32(base[2 + element_slots(def)]);
  if (const TrapCode trap = begin_elements(ctx, array, index, n); trap != TrapCode::kNone) return trap;
  return each_piece(ctx, n, [&](uint32_t first, uint32_t count) {
    (void)gc::array_fill(heap, array, def, index + first, base + 2, count);
  });
}
TrapCode array_copy_builtin(InstanceContext* ctx, Slot* base, uint32_t, uint64_t) {
  Heap& heap = heap_of(ctx);
  const Ref to = ref_of(base[0]), from = ref_of(base[2]);
  const uint32_t to_index = u32(base[1]), from_index = u32(base[3]), n = u32(base[4]);
  if (to == gc::kNull || from == gc::kNull) return TrapCode::kNullArrayReference;
  if (const TrapCode trap = gc::detail::check_array(heap, to, to_index, n); trap != TrapCode::kNone) return trap;
  if (const TrapCode trap = begin_elements(ctx, from, from_index, n); trap != TrapCode::kNone) return trap;
  // Towards higher indices from the far end, so that no piece overwrites what a later one reads.
  const bool backwards = to_index > from_index;
  return each_piece(ctx, n, [&](uint32_t first, uint32_t count) {
    if (backwards) first = n - first - count;
    (void)gc::array_copy(heap, to, to_index + first, from, from_index + first, count);
  });
}
TrapCode array_init_data_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  const Ref array = ref_of(base[0]);
  const uint32_t index = u32(base[1]), from = u32(base[2]), n = u32(base[3]);
  const std::span<const uint8_t> data = ctx->instance->data(u32(segment));
  if (const TrapCode trap = gc::detail::check_array(heap, array, index, n); trap != TrapCode::kNone) return trap;
  if (!gc::detail::in_range(from, uint64_t{n} * def.element_size, data.size())) return TrapCode::kMemoryOutOfBounds;
  if (const TrapCode trap = begin_elements(ctx, array, index, n); trap != TrapCode::kNone) return trap;
  return each_piece(ctx, n, [&](uint32_t first, uint32_t count) {
    (void)gc::array_init_data(heap, array, def, index + first, data, from + first * def.element_size, count);
  });
}
TrapCode array_init_elem_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  const Ref array = ref_of(base[0]);
  const uint32_t index = u32(base[1]), from = u32(base[2]), n = u32(base[3]);
  const uint64_t size = ctx->instance->elem_size(u32(segment));
  if (const TrapCode trap = gc::detail::check_array(heap, array, index, n); trap != TrapCode::kNone) return trap;
  if (!gc::detail::in_range(from, n, size)) return TrapCode::kTableOutOfBounds;
  const Instance::SegmentUse use(ctx->instance);
  if (const TrapCode trap = begin_elements(ctx, array, index, n); trap != TrapCode::kNone) return trap;
  return each_piece(ctx, n, [&](uint32_t first, uint32_t count) {
    const auto element = [&](uint64_t i) { return ctx->instance->elem(u32(segment), i); };
    (void)gc::array_init_elem(heap, array, def, index + first, size, element, from + first, count);
  });
}

TrapCode ref_test_builtin(InstanceContext* ctx, Slot* base, uint32_t nullable, uint64_t target) {
  base[0] = gc::slot_test(heap_of(ctx), base[0], wasm::HeapType::from_bits(u32(target)), nullable != 0);
  return TrapCode::kNone;
}
TrapCode ref_cast_builtin(InstanceContext* ctx, Slot* base, uint32_t nullable, uint64_t target) {
  const bool fits = gc::slot_test(heap_of(ctx), base[0], wasm::HeapType::from_bits(u32(target)), nullable != 0);
  return fits ? TrapCode::kNone : TrapCode::kCastFailure;
}
constexpr Builtin ref_test_null_builtin = ref_test_builtin, ref_cast_null_builtin = ref_cast_builtin;

TrapCode throw__builtin(InstanceContext* ctx, Slot* base, uint32_t tag, uint64_t) {
  Ref made = gc::kNull;
  const TrapCode trap = gc::exception_new(heap_of(ctx), ctx->instance->tag(tag), base, &made);
  if (trap != TrapCode::kNone) return trap;
  ctx->exec->exception = made;
  return TrapCode::kException;
}
TrapCode throw_ref_builtin(InstanceContext* ctx, Slot* base, uint32_t, uint64_t) {
  if (base[0] == 0) return TrapCode::kNullExceptionReference;
  ctx->exec->exception = base[0];
  return TrapCode::kException;
}

}  // namespace

Builtin gc_builtin_for(wasm::Op op) {
  using wasm::Op;
  switch (op) {
#define ERMINE_BUILTIN(id) \
  case Op::id: return id##_builtin;
    ERMINE_BUILTIN(struct_new)
    ERMINE_BUILTIN(struct_new_default)
    ERMINE_BUILTIN(struct_get)
    ERMINE_BUILTIN(struct_get_s)
    ERMINE_BUILTIN(struct_get_u)
    ERMINE_BUILTIN(struct_set)
    ERMINE_BUILTIN(array_new)
    ERMINE_BUILTIN(array_new_default)
    ERMINE_BUILTIN(array_new_fixed)
    ERMINE_BUILTIN(array_new_data)
    ERMINE_BUILTIN(array_new_elem)
    ERMINE_BUILTIN(array_get)
    ERMINE_BUILTIN(array_get_s)
    ERMINE_BUILTIN(array_get_u)
    ERMINE_BUILTIN(array_set)
    ERMINE_BUILTIN(array_fill)
    ERMINE_BUILTIN(array_copy)
    ERMINE_BUILTIN(array_init_data)
    ERMINE_BUILTIN(array_init_elem)
    ERMINE_BUILTIN(ref_test)
    ERMINE_BUILTIN(ref_test_null)
    ERMINE_BUILTIN(ref_cast)
    ERMINE_BUILTIN(ref_cast_null)
    ERMINE_BUILTIN(throw_)
    ERMINE_BUILTIN(throw_ref)
#undef ERMINE_BUILTIN
#ifdef ERMINE_WITHOUT_OBJECT_OPS
    default: return small_object_builtin_for(op);
#else
    default: return nullptr;
#endif
  }
}

}  // namespace ermine::runtime
