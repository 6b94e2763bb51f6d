// References held by the host.

#include "api/convert.h"
#include "base/format.h"
#include "runtime/exceptions.h"
#include "runtime/gc/ops.h"

namespace ermine {

namespace detail {

// The public type is the runtime's under another name.
static runtime::Root* inner(Root* root) { return reinterpret_cast<runtime::Root*>(root); }

void retain_root(Root* root) { runtime::RootTable::retain(inner(root)); }
void release_root(Root* root) { runtime::RootTable::release(inner(root)); }
Root* make_root(runtime::Store* store, uint64_t slot) {
  return slot == 0 ? nullptr : reinterpret_cast<Root*>(store->roots().add(slot));
}
uint64_t root_slot(const Root* root) { return root ? reinterpret_cast<const runtime::Root*>(root)->value : 0; }

}  // namespace detail

namespace {

namespace gc = runtime::gc;

runtime::Store* store_of(const Ref& ref) { return detail::inner(ref.root())->table->store(); }
gc::Ref ref_of(const Ref& ref) { return static_cast<gc::Ref>(detail::root_slot(ref.root())); }
Ref rooted(runtime::Store* store, gc::Ref ref) { return Ref::adopt(detail::make_root(store, ref)); }

Error heap_full(runtime::Store* store) {
  const uint64_t limit = std::min(store->limits.gc_heap_bytes, store->options().max_gc_heap);
  return Error(ErrorKind::kLimit, base::format("the collected heap of {} bytes is full", limit))
      .with_limit(Limit::kGcHeapBytes);
}
Error make_error(runtime::Store* store, TrapCode trap) {
  return trap == TrapCode::kGcHeapExhausted ? heap_full(store) : Error::trap(trap);
}

// The header of an object; 0 for null and i31.
uint64_t header_of(const Ref& ref) {
  return gc::is_object(ref_of(ref)) ? gc::load_header(store_of(ref)->heap().at(0), ref_of(ref)) : 0;
}
bool has_shape(const Ref& ref, wasm::Shape shape) {
  const uint64_t header = header_of(ref);
  return header != 0 && wasm::header_shape(header) == shape;
}

// The type of a struct or array.
const wasm::TypeDef& type_of(const Ref& ref) {
  return store_of(ref)->registry().get(wasm::header_type(header_of(ref)));
}

Result<const wasm::TypeDef*> concrete_type(runtime::Store* store, ValType type, wasm::CompositeKind kind) {
  const wasm::ValType t = api::to_wasm(type);
  if (t.is_ref() && t.heap().is_concrete()) {
    const wasm::TypeDef& def = store->registry().get(t.heap().type_id());
    if (def.kind == kind) return &def;
  }
  return Error(ErrorKind::kUsage, base::format("{} is not a reference to a defined {} type", type.to_string(),
                                               kind == wasm::CompositeKind::kArray ? "array" : "struct"));
}

// `what` as in check_value.
Result<void> to_storage(runtime::Store* store, const Val& value, wasm::ValType storage, runtime::Slot* slots,
                        std::string_view what) {
  ERMINE_TRY(api::check_value(store, value, storage.unpacked(), what));
  value.to_slots(slots);
  return {};
}

Result<uint32_t> field_index(const StructRef& ref, uint32_t index) {
  if (index < type_of(ref).fields.size()) return index;
  return Error(ErrorKind::kUsage, base::format("field {} of a struct of {} fields", index, type_of(ref).fields.size()));
}
Error immutable(std::string_view what) { return Error(ErrorKind::kUsage, base::format("{} cannot be changed", what)); }

}  // namespace

// --- ExternRef

Result<ExternRef> ExternRef::create(StoreRef store, uint64_t payload) {
  const gc::Ref ref = store.impl()->heap().new_extern(payload);
  if (ref == gc::kNull) return heap_full(store.impl());
  return ExternRef(rooted(store.impl(), ref));
}

Result<ExternRef> ExternRef::create(StoreRef store, std::shared_ptr<void> object) {
  using Owner = std::shared_ptr<void>;
  const auto payload = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(object.get()));
  const gc::Finalizer release = [](void* owner) { delete static_cast<Owner*>(owner); };
  const gc::Ref ref = store.impl()->heap().new_extern(payload, release, new Owner(std::move(object)));
  if (ref == gc::kNull) return heap_full(store.impl());
  return ExternRef(rooted(store.impl(), ref));
}

uint64_t ExternRef::payload() const {
  return has_shape(*this, wasm::Shape::kExtern) ? gc::extern_payload(store_of(*this)->heap().at(0), ref_of(*this)) : 0;
}

// --- AnyRef

AnyRef AnyRef::from_i31(StoreRef store, uint32_t value) { return AnyRef(rooted(store.impl(), gc::make_i31(value))); }
// One representation serves both hierarchies.
AnyRef AnyRef::from_extern(const ExternRef& ref) { return AnyRef(static_cast<const Ref&>(ref)); }
ExternRef AnyRef::to_extern() const { return ExternRef(static_cast<const Ref&>(*this)); }

AnyKind AnyRef::kind() const {
  if (is_null()) return AnyKind::kNull;
  if (gc::is_i31(ref_of(*this))) return AnyKind::kI31;
  const wasm::Shape shape = wasm::header_shape(header_of(*this));
  return wasm::is_struct(shape) ? AnyKind::kStruct : wasm::is_array(shape) ? AnyKind::kArray : AnyKind::kExtern;
}

ValType AnyRef::type() const {
  switch (kind()) {
    case AnyKind::kNull: return ValType::ref(HeapKind::kNone);
    case AnyKind::kI31: return ValType::ref(HeapKind::kI31, false);
    case AnyKind::kExtern: return ValType::ref(HeapKind::kAny, false);
    default: return api::to_public(wasm::ValType::ref(wasm::HeapType::concrete(type_of(*this).id), false));
  }
}

int32_t AnyRef::i31_signed() const { return gc::i31_signed(ref_of(*this)); }
uint32_t AnyRef::i31_unsigned() const { return gc::i31_unsigned(ref_of(*this)); }

// --- Structs and arrays. Values keep their objects alive themselves, so allocating first is safe.

Result<StructRef> StructRef::create(StoreRef store, ValType type, std::span<const Val> fields) {
  runtime::Store* s = store.impl();
  ERMINE_ASSIGN(const wasm::TypeDef* def, concrete_type(s, type, wasm::CompositeKind::kStruct));
  if (fields.size() != def->fields.size())
    return Error(ErrorKind::kUsage,
                 base::format("the struct has {} fields, {} were given", def->fields.size(), fields.size()));
  std::vector<runtime::Slot> slots(2 * fields.size());
  runtime::Slot* to = slots.data();
  for (size_t i = 0; i < fields.size(); ++i) {
    ERMINE_TRY(to_storage(s, fields[i], def->fields[i].storage, to, base::format("field {}", i)));
    to += def->fields[i].storage.slots();
  }
  gc::Ref made = gc::kNull;
  if (const TrapCode trap = gc::struct_new(s->heap(), *def, slots.data(), &made); trap != TrapCode::kNone)
    return make_error(s, trap);
  return StructRef(AnyRef(rooted(s, made)));
}

uint32_t StructRef::field_count() const { return static_cast<uint32_t>(type_of(*this).fields.size()); }

Result<Val> StructRef::field(uint32_t index) const {
  ERMINE_ASSIGN(const uint32_t i, field_index(*this, index));
  const wasm::TypeDef& def = type_of(*this);
  runtime::Slot slots[2] = {0, 0};
  gc::struct_get(store_of(*this)->heap(), ref_of(*this), def, i, false, slots);
  return Val::from_slots(store_of(*this), api::to_public(def.fields[i].storage.unpacked()), slots);
}

Result<void> StructRef::set_field(uint32_t index, const Val& value) const {
  ERMINE_ASSIGN(const uint32_t i, field_index(*this, index));
  const wasm::TypeDef& def = type_of(*this);
  if (!def.fields[i].is_mutable) return immutable(base::format("field {} of the struct", i));
  runtime::Slot slots[2] = {0, 0};
  ERMINE_TRY(to_storage(store_of(*this), value, def.fields[i].storage, slots, base::format("field {}", i)));
  gc::struct_set(store_of(*this)->heap(), ref_of(*this), def, i, slots);
  return {};
}

Result<ArrayRef> ArrayRef::create(StoreRef store, ValType type, uint32_t length, const Val& fill) {
  runtime::Store* s = store.impl();
  ERMINE_ASSIGN(const wasm::TypeDef* def, concrete_type(s, type, wasm::CompositeKind::kArray));
  runtime::Slot slots[2] = {0, 0};
  ERMINE_TRY(to_storage(s, fill, def->fields[0].storage, slots, "the elements"));
  gc::Ref made = gc::kNull;
  if (const TrapCode trap = gc::array_new(s->heap(), *def, length, slots, &made); trap != TrapCode::kNone)
    return make_error(s, trap);
  return ArrayRef(AnyRef(rooted(s, made)));
}

uint32_t ArrayRef::length() const { return gc::array_length(store_of(*this)->heap().at(0), ref_of(*this)); }

Result<Val> ArrayRef::get(uint32_t index) const {
  const wasm::TypeDef& def = type_of(*this);
  runtime::Slot slots[2] = {0, 0};
  const TrapCode trap = gc::array_get(store_of(*this)->heap(), ref_of(*this), def, index, false, slots);
  if (trap != TrapCode::kNone)
    return Error(ErrorKind::kUsage, base::format("element {} of an array of {}", index, length()));
  return Val::from_slots(store_of(*this), api::to_public(def.fields[0].storage.unpacked()), slots);
}

Result<void> ArrayRef::set(uint32_t index, const Val& value) const {
  const wasm::TypeDef& def = type_of(*this);
  if (!def.fields[0].is_mutable) return immutable("the array");
  runtime::Slot slots[2] = {0, 0};
  ERMINE_TRY(to_storage(store_of(*this), value, def.fields[0].storage, slots, "the element"));
  const TrapCode trap = gc::array_set(store_of(*this)->heap(), ref_of(*this), def, index, slots);
  if (trap != TrapCode::kNone)
    return Error(ErrorKind::kUsage, base::format("element {} of an array of {}", index, length()));
  return {};
}

// --- Exceptions

Result<ExnRef> ExnRef::create(StoreRef store, const Tag& tag, std::span<const Val> payload) {
  const wasm::FuncType& type = tag.impl()->def->func;
  if (payload.size() != type.params.size())
    return Error(ErrorKind::kUsage,
                 base::format("the tag takes {} values, {} were given", type.params.size(), payload.size()));
  std::vector<runtime::Slot> slots(type.param_slots);
  runtime::Slot* to = slots.data();
  for (size_t i = 0; i < payload.size(); ++i) {
    ERMINE_TRY(api::check_value(store.impl(), payload[i], type.params[i], "value", i + 1));
    payload[i].to_slots(to);
    to += type.params[i].slots();
  }
  gc::Ref made = gc::kNull;
  const TrapCode trap = gc::exception_new(store.impl()->heap(), tag.impl(), slots.data(), &made);
  if (trap != TrapCode::kNone) return make_error(store.impl(), trap);
  return ExnRef(rooted(store.impl(), made));
}

Tag ExnRef::tag() const {
  const runtime::Tag* tag = gc::exception_tag(store_of(*this)->heap().at(0), ref_of(*this));
  return Tag(store_of(*this), const_cast<runtime::Tag*>(tag));
}

std::vector<Val> ExnRef::payload() const {
  runtime::Store* store = store_of(*this);
  uint8_t* const base = store->heap().at(0);
  std::vector<Val> values;
  const auto* from = reinterpret_cast<const runtime::Slot*>(gc::exception_payload(base, ref_of(*this)));
  for (wasm::ValType t : gc::exception_tag(base, ref_of(*this))->def->func.params) {
    values.push_back(Val::from_slots(store, api::to_public(t), from));
    from += t.slots();
  }
  return values;
}

ExnRef take_exception(StoreRef store) {
  runtime::Root* root = std::exchange(store.impl()->last_exception, nullptr);
  return ExnRef(Ref::adopt(reinterpret_cast<detail::Root*>(root)));
}

Error throw_exception(StoreRef store, const ExnRef& exception) {
  runtime::Store* s = store.impl();
  if (s->last_exception) runtime::RootTable::release(s->last_exception);
  s->last_exception = s->roots().add(ref_of(exception));
  return Error(ErrorKind::kException, runtime::describe_exception(s, ref_of(exception)));
}

}  // namespace ermine
