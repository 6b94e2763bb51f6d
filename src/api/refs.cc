// References that the host holds.
#include <fmt/format.h>

#include "api/convert.h"

namespace ermine {

using runtime::HostObject;
using runtime::HostObjects;

namespace detail {

// The public type is the runtime's by another name.
static runtime::Root* inner(Root* root) { return reinterpret_cast<runtime::Root*>(root); }

void retain_root(Root* root) { runtime::RootTable::retain(inner(root)); }
void release_root(Root* root) { runtime::RootTable::release(inner(root)); }
Root* make_root(runtime::Store* store, uint64_t slot) {
  return slot == 0 ? nullptr : reinterpret_cast<Root*>(store->roots().add(slot));
}
uint64_t root_slot(const Root* root) { return root ? reinterpret_cast<const runtime::Root*>(root)->value : 0; }

}  // namespace detail

namespace {

runtime::Store* store_of(const Ref& ref) { return detail::inner(ref.root())->table->store(); }
runtime::Slot slot_of(const Ref& ref) { return detail::root_slot(ref.root()); }

Result<Ref> add_object(StoreRef store, HostObject object) {
  runtime::Store* s = store.impl();
  const uint64_t limit = std::min(s->limits.gc_heap_bytes, s->options().max_gc_heap);
  ERMINE_ASSIGN(runtime::Slot slot, s->host_objects.add(std::move(object), limit));
  return Ref::adopt(detail::make_root(s, slot));
}

const HostObject* host_object(const Ref& ref) {
  if (ref.is_null() || HostObjects::is_i31(slot_of(ref))) return nullptr;
  return &store_of(ref)->host_objects.get(slot_of(ref));
}

Error no_objects(std::string_view what) {
  return Error(ErrorKind::kUnsupported, fmt::format("not supported yet: {} of the host's", what));
}

}  // namespace

// --- ExternRef

Result<ExternRef> ExternRef::create(StoreRef store, uint64_t payload) {
  ERMINE_ASSIGN(Ref ref, add_object(store, HostObject{.payload = payload}));
  return ExternRef(std::move(ref));
}

Result<ExternRef> ExternRef::create(StoreRef store, std::shared_ptr<void> object) {
  const auto payload = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(object.get()));
  ERMINE_ASSIGN(Ref ref, add_object(store, HostObject{.payload = payload, .object = std::move(object)}));
  return ExternRef(std::move(ref));
}

uint64_t ExternRef::payload() const {
  const HostObject* object = host_object(*this);
  return object ? object->payload : 0;
}

// --- AnyRef

AnyRef AnyRef::from_i31(StoreRef store, uint32_t value) {
  return AnyRef(Ref::adopt(detail::make_root(store.impl(), value << 1 | 1)));
}
// One representation serves both hierarchies.
AnyRef AnyRef::from_extern(const ExternRef& ref) { return AnyRef(static_cast<const Ref&>(ref)); }
ExternRef AnyRef::to_extern() const { return ExternRef(static_cast<const Ref&>(*this)); }

AnyKind AnyRef::kind() const {
  if (is_null()) return AnyKind::kNull;
  return HostObjects::is_i31(slot_of(*this)) ? AnyKind::kI31 : AnyKind::kExtern;
}

ValType AnyRef::type() const {
  switch (kind()) {
    case AnyKind::kNull: return ValType::ref(HeapKind::kNone);
    case AnyKind::kI31: return ValType::ref(HeapKind::kI31, false);
    default: return ValType::ref(HeapKind::kAny, false);
  }
}

int32_t AnyRef::i31_signed() const { return static_cast<int32_t>(slot_of(*this)) >> 1; }
uint32_t AnyRef::i31_unsigned() const { return static_cast<uint32_t>(slot_of(*this)) >> 1; }

// --- Structs and arrays: no AnyRef is one before there is a collected heap.

Result<StructRef> StructRef::create(StoreRef, ValType, std::span<const Val>) { return no_objects("structs"); }
uint32_t StructRef::field_count() const { return 0; }
Result<Val> StructRef::field(uint32_t) const { return no_objects("structs"); }
Result<void> StructRef::set_field(uint32_t, const Val&) const { return no_objects("structs"); }
Result<ArrayRef> ArrayRef::create(StoreRef, ValType, uint32_t, const Val&) { return no_objects("arrays"); }
uint32_t ArrayRef::length() const { return 0; }
Result<Val> ArrayRef::get(uint32_t) const { return no_objects("arrays"); }
Result<void> ArrayRef::set(uint32_t, const Val&) const { return no_objects("arrays"); }

// --- Exceptions

Result<ExnRef> ExnRef::create(StoreRef store, const Tag& tag, std::span<const Val> payload) {
  const wasm::FuncType& type = tag.impl()->def->func;
  if (payload.size() != type.params.size())
    return Error(ErrorKind::kUsage, fmt::format("the tag takes {} values, {} were given", type.params.size(), payload.size()));
  HostObject object{.tag = tag.impl()};
  object.values.resize(type.param_slots);
  runtime::Slot* to = object.values.data();
  for (size_t i = 0; i < payload.size(); ++i) {
    ERMINE_TRY(api::check_value(store.impl(), payload[i], type.params[i], fmt::format("value {}", i + 1)));
    payload[i].to_slots(to);
    to += type.params[i].slots();
  }
  ERMINE_ASSIGN(Ref ref, add_object(store, std::move(object)));
  return ExnRef(std::move(ref));
}

Tag ExnRef::tag() const { return Tag(store_of(*this), const_cast<runtime::Tag*>(host_object(*this)->tag)); }

std::vector<Val> ExnRef::payload() const {
  const HostObject* object = host_object(*this);
  std::vector<Val> values;
  const runtime::Slot* from = object->values.data();
  for (wasm::ValType t : object->tag->def->func.params) {
    values.push_back(Val::from_slots(store_of(*this), api::to_public(t), from));
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
  s->last_exception = s->roots().add(slot_of(exception));
  return Error(ErrorKind::kException, "uncaught exception");
}

}  // namespace ermine
