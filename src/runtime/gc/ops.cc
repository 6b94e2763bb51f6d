#include "runtime/gc/ops.h"

#include <algorithm>
#include <cstring>

#include "base/speculation.h"
#include "runtime/table.h"

namespace ermine::runtime::gc {

using wasm::HeapType;
using wasm::Shape;
using wasm::TypeDef;

namespace {

uint8_t* field_of(const Heap& heap, Ref object, const TypeDef& type, uint32_t field) {
  return heap.at(object) + type.field_offsets[field];
}

Storage element_storage(const Heap& heap, const TypeDef& type) {
  return storage_of(type.fields[0].storage, heap.registry());
}

uint8_t* element_of(const Heap& heap, Ref array, const TypeDef& type, uint32_t index) {
  // In bounds also while the processor has not yet checked the index.
  const uint64_t i = base::index_or_zero(index, array_length(heap.at(0), array));
  return array_elements(heap.at(0), array) + i * type.element_size;
}

}  // namespace

namespace detail {

TrapCode check_array(const Heap& heap, Ref array, uint32_t index, uint32_t n) {
  if (array == kNull) return TrapCode::kNullArrayReference;
  return in_range(index, n, array_length(heap.at(0), array)) ? TrapCode::kNone : TrapCode::kArrayOutOfBounds;
}

}  // namespace detail

using detail::check_array;

TrapCode struct_new(Heap& heap, const TypeDef& type, const Slot* fields, Ref* result) {
  const TrapCode trap = struct_new_default(heap, type, result);
  if (trap != TrapCode::kNone) return trap;
  for (uint32_t i = 0; i < type.fields.size(); ++i) {
    const wasm::ValType storage = type.fields[i].storage;
    store_storage(field_of(heap, *result, type, i), storage_of(storage, heap.registry()), fields);
    fields += storage.slots();
  }
  return TrapCode::kNone;
}

TrapCode struct_new_default(Heap& heap, const TypeDef& type, Ref* result) {
  *result = heap.new_struct(type);
  return *result == kNull ? TrapCode::kGcHeapExhausted : TrapCode::kNone;
}

TrapCode struct_get(const Heap& heap, Ref object, const TypeDef& type, uint32_t field, bool sign, Slot* value) {
  if (object == kNull) return TrapCode::kNullStructureReference;
  load_storage(field_of(heap, object, type, field), storage_of(type.fields[field].storage, heap.registry()), sign,
               value);
  return TrapCode::kNone;
}

TrapCode struct_set(Heap& heap, Ref object, const TypeDef& type, uint32_t field, const Slot* value) {
  if (object == kNull) return TrapCode::kNullStructureReference;
  const Storage storage = storage_of(type.fields[field].storage, heap.registry());
  uint8_t* p = field_of(heap, object, type, field);
  store_storage(p, storage, value);
  if (storage == Storage::kRef) heap.barrier(object, p, sizeof(Ref));
  return TrapCode::kNone;
}

namespace {

TrapCode make_array(Heap& heap, const TypeDef& type, uint32_t length, Ref* result) {
  const Shape shape = wasm::header_shape(type.object_header);
  if (wasm::array_bytes(shape, length) > heap.max_object_bytes()) return TrapCode::kAllocationTooLarge;
  *result = heap.new_array(type, length);
  return *result == kNull ? TrapCode::kGcHeapExhausted : TrapCode::kNone;
}

// Stores n copies of a value.
void fill_elements(uint8_t* p, Storage storage, const Slot* value, uint32_t n) {
  if (n == 0) return;
  const uint64_t size = uint64_t{1} << kStorageLog2[static_cast<unsigned>(storage)];
  if (size == 1) {
    std::memset(p, static_cast<uint8_t>(value[0]), n);
    return;
  }
  store_storage(p, storage, value);
  // Doubles the filled part.
  for (uint64_t done = 1; done < n;) {
    const uint64_t more = std::min<uint64_t>(done, n - done);
    std::memcpy(p + done * size, p, more * size);
    done += more;
  }
}

}  // namespace

TrapCode array_new(Heap& heap, const TypeDef& type, uint32_t length, const Slot* init, Ref* result) {
  const TrapCode trap = make_array(heap, type, length, result);
  if (trap != TrapCode::kNone) return trap;
  // New arrays are zero.
  if (init[0] != 0 || (type.element_size == 16 && init[1] != 0))
    fill_elements(element_of(heap, *result, type, 0), element_storage(heap, type), init, length);
  return TrapCode::kNone;
}

TrapCode array_new_fixed(Heap& heap, const TypeDef& type, uint32_t length, const Slot* values, Ref* result) {
  const TrapCode trap = make_array(heap, type, length, result);
  if (trap != TrapCode::kNone) return trap;
  const Storage storage = element_storage(heap, type);
  const uint32_t slots = type.fields[0].storage.slots();
  for (uint32_t i = 0; i < length; ++i)
    store_storage(element_of(heap, *result, type, i), storage, values + uint64_t{i} * slots);
  return TrapCode::kNone;
}

TrapCode array_get(const Heap& heap, Ref array, const TypeDef& type, uint32_t index, bool sign, Slot* value) {
  if (const TrapCode trap = check_array(heap, array, index, 1); trap != TrapCode::kNone) return trap;
  load_storage(element_of(heap, array, type, index), element_storage(heap, type), sign, value);
  return TrapCode::kNone;
}

TrapCode array_set(Heap& heap, Ref array, const TypeDef& type, uint32_t index, const Slot* value) {
  if (const TrapCode trap = check_array(heap, array, index, 1); trap != TrapCode::kNone) return trap;
  uint8_t* p = element_of(heap, array, type, index);
  store_storage(p, element_storage(heap, type), value);
  if (type.has_references) heap.barrier(array, p, sizeof(Ref));
  return TrapCode::kNone;
}

TrapCode array_len(const Heap& heap, Ref array, uint32_t* length) {
  if (array == kNull) return TrapCode::kNullArrayReference;
  *length = array_length(heap.at(0), array);
  return TrapCode::kNone;
}

TrapCode array_fill(Heap& heap, Ref array, const TypeDef& type, uint32_t index, const Slot* value, uint32_t n) {
  if (const TrapCode trap = check_array(heap, array, index, n); trap != TrapCode::kNone) return trap;
  uint8_t* p = element_of(heap, array, type, index);
  fill_elements(p, element_storage(heap, type), value, n);
  if (type.has_references && n != 0) heap.barrier(array, p, uint64_t{n} * sizeof(Ref));
  return TrapCode::kNone;
}

TrapCode array_copy(Heap& heap, Ref to, uint32_t to_index, Ref from, uint32_t from_index, uint32_t n) {
  if (to == kNull || from == kNull) return TrapCode::kNullArrayReference;
  if (const TrapCode trap = check_array(heap, to, to_index, n); trap != TrapCode::kNone) return trap;
  if (const TrapCode trap = check_array(heap, from, from_index, n); trap != TrapCode::kNone) return trap;
  if (n == 0) return TrapCode::kNone;
  uint8_t* const base = heap.at(0);
  const Shape shape = wasm::header_shape(load_header(base, to));
  const unsigned log2 = wasm::element_log2(shape);
  uint8_t* p = array_elements(base, to) + (uint64_t{to_index} << log2);
  std::memmove(p, array_elements(base, from) + (uint64_t{from_index} << log2), uint64_t{n} << log2);
  if (shape == Shape::kArrayRef) heap.barrier(to, p, uint64_t{n} << log2);
  return TrapCode::kNone;
}

TrapCode array_init_data(Heap& heap, Ref array, const TypeDef& type, uint32_t index, std::span<const uint8_t> data,
                         uint32_t offset, uint32_t n) {
  if (const TrapCode trap = check_array(heap, array, index, n); trap != TrapCode::kNone) return trap;
  const uint64_t bytes = uint64_t{n} * type.element_size;
  if (!detail::in_range(offset, bytes, data.size())) return TrapCode::kMemoryOutOfBounds;
  if (bytes != 0) std::memcpy(element_of(heap, array, type, index), data.data() + offset, bytes);
  return TrapCode::kNone;
}

// Reference matching (specification 3.0, section 3.3.4) of the dynamic type and the target.
bool ref_test(const Heap& heap, Ref ref, HeapType target, bool nullable) {
  if (ref == kNull) return nullable;
  if (target.is_concrete()) {
    if (is_i31(ref)) return false;
    const uint64_t header = load_header(heap.at(0), ref);
    const Shape shape = wasm::header_shape(header);
    if (!wasm::is_struct(shape) && !wasm::is_array(shape)) return false;
    const wasm::TypeId id = wasm::header_type(header);
    return id == target.type_id() || heap.registry().is_subtype(id, target.type_id());
  }
  unsigned kind = wasm::kShapeSetI31;
  if (!is_i31(ref))
    kind = wasm::kShapeSetObjects + static_cast<unsigned>(wasm::header_shape(load_header(heap.at(0), ref)));
  return wasm::shape_set(target, nullable) >> kind & 1;
}

bool func_test(const wasm::TypeRegistry& registry, const FuncRef* func, HeapType target, bool nullable) {
  if (func == nullptr) return nullable;
  if (target.is_concrete()) return registry.is_subtype(func->type->id, target.type_id());
  return target == HeapType(HeapType::kFunc);
}

bool slot_test(const Heap& heap, Slot slot, HeapType target, bool nullable) {
  if (heap.registry().top(target) == HeapType(HeapType::kFunc))
    return func_test(heap.registry(), reinterpret_cast<const FuncRef*>(slot), target, nullable);
  return ref_test(heap, static_cast<Ref>(slot), target, nullable);
}

TrapCode exception_new(Heap& heap, const Tag* tag, const Slot* payload, Ref* result) {
  *result = heap.new_exception(tag);
  if (*result == kNull) return TrapCode::kGcHeapExhausted;
  if (const uint32_t slots = tag->def->func.param_slots)
    std::memcpy(exception_payload(heap.at(0), *result), payload, 8 * slots);
  return TrapCode::kNone;
}

}  // namespace ermine::runtime::gc
