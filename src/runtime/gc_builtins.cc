// Operands unpacked from slots for gc/ops.h. Immediates: a is the TypeId, b the field, segment, length or
// second type; for tests and casts a is whether null passes, b the heap type's bits; for throw a is the tag.
#include "runtime/gc_builtins.h"

#include <algorithm>

#include "runtime/bulk.h"
#include "runtime/gc/ops.h"
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

// What an operation on many elements costs: a unit for two. A range that does not fit, and so traps, costs no more
// than the largest that does.
TrapCode charge_array(InstanceContext* ctx, Ref array, uint32_t n) {
  if (n == 0 || array == gc::kNull) return TrapCode::kNone;
  return charge(ctx, std::min(n, gc::array_length(heap_of(ctx).at(0), array)), 1);
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

TrapCode array_new_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  Heap& heap = heap_of(ctx);
  const wasm::TypeDef& def = type_of(heap, type);
  if (const TrapCode trap = charge(ctx, u32(base[element_slots(def)]), 1); trap != TrapCode::kNone) return trap;
  return making(base, [&](Ref* r) { return gc::array_new(heap, def, u32(base[element_slots(def)]), base, r); });
}
// For constant expressions.
TrapCode array_new_default_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t) {
  if (const TrapCode trap = charge(ctx, u32(base[0]), 1); trap != TrapCode::kNone) return trap;
  Heap& heap = heap_of(ctx);
  return making(base, [&](Ref* r) { return gc::array_new_default(heap, type_of(heap, type), u32(base[0]), r); });
}
TrapCode array_new_fixed_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t length) {
  Heap& heap = heap_of(ctx);
  return making(base, [&](Ref* r) { return gc::array_new_fixed(heap, type_of(heap, type), u32(length), base, r); });
}
TrapCode array_new_data_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  if (const TrapCode trap = charge(ctx, u32(base[1]), 1); trap != TrapCode::kNone) return trap;
  Heap& heap = heap_of(ctx);
  return making(base, [&](Ref* r) {
    return gc::array_new_data(heap, type_of(heap, type), ctx->instance->data(u32(segment)), u32(base[0]), u32(base[1]),
                              r);
  });
}
TrapCode array_new_elem_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  if (const TrapCode trap = charge(ctx, u32(base[1]), 1); trap != TrapCode::kNone) return trap;
  Heap& heap = heap_of(ctx);
  const auto element = [&](uint64_t i) { return ctx->instance->elem(u32(segment), i); };
  return making(base, [&](Ref* r) {
    return gc::array_new_elem(heap, type_of(heap, type), ctx->instance->elem_size(u32(segment)), element, u32(base[0]),
                              u32(base[1]), r);
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
  const uint32_t n = u32(base[2 + element_slots(def)]);
  if (const TrapCode trap = charge_array(ctx, ref_of(base[0]), n); trap != TrapCode::kNone) return trap;
  return gc::array_fill(heap, ref_of(base[0]), def, u32(base[1]), base + 2, n);
}
TrapCode array_copy_builtin(InstanceContext* ctx, Slot* base, uint32_t, uint64_t) {
  if (const TrapCode trap = charge_array(ctx, ref_of(base[0]), u32(base[4])); trap != TrapCode::kNone) return trap;
  return gc::array_copy(heap_of(ctx), ref_of(base[0]), u32(base[1]), ref_of(base[2]), u32(base[3]), u32(base[4]));
}
TrapCode array_init_data_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  if (const TrapCode trap = charge_array(ctx, ref_of(base[0]), u32(base[3])); trap != TrapCode::kNone) return trap;
  Heap& heap = heap_of(ctx);
  return gc::array_init_data(heap, ref_of(base[0]), type_of(heap, type), u32(base[1]),
                             ctx->instance->data(u32(segment)), u32(base[2]), u32(base[3]));
}
TrapCode array_init_elem_builtin(InstanceContext* ctx, Slot* base, uint32_t type, uint64_t segment) {
  if (const TrapCode trap = charge_array(ctx, ref_of(base[0]), u32(base[3])); trap != TrapCode::kNone) return trap;
  Heap& heap = heap_of(ctx);
  const auto element = [&](uint64_t i) { return ctx->instance->elem(u32(segment), i); };
  return gc::array_init_elem(heap, ref_of(base[0]), type_of(heap, type), u32(base[1]),
                             ctx->instance->elem_size(u32(segment)), element, u32(base[2]), u32(base[3]));
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
    default: return nullptr;
  }
}

}  // namespace ermine::runtime
