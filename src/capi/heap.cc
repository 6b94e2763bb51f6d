// Objects of the collector, and exceptions (ermine.h).
#include "capi/objects.h"

using ermine::AnyKind;
using ermine::AnyRef;
using ermine::ArrayRef;
using ermine::Error;
using ermine::ErrorKind;
using ermine::ExnRef;
using ermine::Result;
using ermine::StructRef;
using ermine::Val;
using ermine::ValType;
using ermine::capi::from_val;
using ermine::capi::SharedStore;
using ermine::capi::succeeded;
using ermine::capi::TargetKind;
using ermine::capi::to_val;

namespace {

bool refuse(std::string message) {
  ermine::capi::set_last_error(Error(ErrorKind::kUsage, std::move(message)));
  return false;
}

// The object, if it is of this kind; otherwise that is the last error.
std::optional<AnyRef> object_of(const wasm_ref_t* ref, AnyKind kind, const char* name) {
  if (ref != nullptr && ref->kind() == TargetKind::kOpaque && !ref->is_exception) {
    AnyRef object(ref->get<ermine::Ref>());
    if (object.kind() == kind) return object;
  }
  refuse(std::string("the reference is to no ") + name);
  return std::nullopt;
}
std::optional<ExnRef> exception_of(const wasm_ref_t* ref) {
  if (ermine_ref_kind(ref) == ERMINE_REF_EXN) return ExnRef(ref->get<ermine::Ref>());
  refuse("the reference is to no exception");
  return std::nullopt;
}
wasm_ref_t* new_ref(const SharedStore& store, ermine::Ref ref) { return new wasm_ref_t(store, std::move(ref)); }

// As the kind of the value says; the library checks it against the field or element.
Result<Val> value_of_own_kind(const SharedStore& store, const wasm_val_t& value) {
  const std::unique_ptr<const wasm_valtype_t> type(
      wasm_valtype_new(value.kind == ERMINE_CONCRETEREF ? ERMINE_ANYREF : value.kind));
  if (type == nullptr) return Error(ErrorKind::kUsage, "a value of an unknown kind");
  return to_val(store, value, type->type);
}

bool get(const SharedStore& store, const Result<Val>& value, wasm_val_t* out) {
  if (!succeeded(value)) return false;
  *out = from_val(store, *value);
  return true;
}
// The value as the element is typed.
template <class Object>
bool set(const SharedStore& store, const Object& object, uint32_t index, const Result<Val>& old,
         const wasm_val_t& value, Result<void> (Object::*setter)(uint32_t, const Val&) const) {
  if (!succeeded(old)) return false;
  const Result<Val> converted = to_val(store, value, old->type());
  return succeeded(converted) && succeeded((object.*setter)(index, *converted));
}

}  // namespace

extern "C" {

ermine_refkind_t ermine_ref_kind(const wasm_ref_t* ref) {
  if (ref == nullptr || ref->kind() != TargetKind::kOpaque) return ERMINE_REF_OTHER;
  if (ref->is_exception) return ERMINE_REF_EXN;
  switch (AnyRef(ref->get<ermine::Ref>()).kind()) {
    case AnyKind::kI31: return ERMINE_REF_I31;
    case AnyKind::kStruct: return ERMINE_REF_STRUCT;
    case AnyKind::kArray: return ERMINE_REF_ARRAY;
    default: return ERMINE_REF_OTHER;
  }
}

// ---- Exceptions

wasm_ref_t* ermine_trap_exception(const wasm_trap_t* trap) {
  const ExnRef& exception = trap->get<std::shared_ptr<ermine::capi::Trap>>()->exception;
  return exception.is_null() ? nullptr : ermine::capi::from_ref(trap->store, Val(exception));
}
wasm_trap_t* ermine_trap_new_exception(wasm_store_t* store, const wasm_ref_t* ref) {
  const std::optional<ExnRef> exception = exception_of(ref);
  if (!exception) return nullptr;
  if (ref->store != store->state) return refuse("the exception belongs to another store"), nullptr;
  auto trap = std::make_shared<ermine::capi::Trap>();
  trap->error = Error(ErrorKind::kException, "an exception of the host");
  trap->exception = *exception;
  return new wasm_trap_t(store->state, std::move(trap));
}
wasm_ref_t* ermine_exn_new(wasm_store_t* store, const ermine_tag_t* tag, const wasm_val_vec_t* payload) {
  const ermine::Tag& t = tag->get<ermine::Tag>();
  const std::vector<ValType> params = t.type().func.params;
  std::vector<Val> values;
  for (size_t i = 0; payload != nullptr && i < payload->size && i < params.size(); ++i) {
    Result<Val> value = to_val(store->state, payload->data[i], params[i]);
    if (!succeeded(value)) return nullptr;
    values.push_back(*std::move(value));
  }
  const Result<ExnRef> made = ExnRef::create(*store->state->store, t, values);
  return succeeded(made) ? ermine::capi::from_ref(store->state, Val(*made)) : nullptr;
}
ermine_tag_t* ermine_exn_tag(const wasm_ref_t* ref) {
  const std::optional<ExnRef> exception = exception_of(ref);
  return exception ? new ermine_tag_t(ref->store, exception->tag()) : nullptr;
}
bool ermine_exn_payload(const wasm_ref_t* ref, wasm_val_vec_t* out) {
  const std::optional<ExnRef> exception = exception_of(ref);
  if (!exception) return false;
  const std::vector<Val> payload = exception->payload();
  wasm_val_vec_new_uninitialized(out, payload.size());
  for (size_t i = 0; i < payload.size(); ++i) out->data[i] = from_val(ref->store, payload[i]);
  return true;
}

// ---- Objects

wasm_ref_t* ermine_i31_new(wasm_store_t* store, uint32_t value) {
  return new_ref(store->state, AnyRef::from_i31(*store->state->store, value));
}
bool ermine_i31_get_s(const wasm_ref_t* ref, int32_t* out) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kI31, "i31");
  if (object) *out = object->i31_signed();
  return object.has_value();
}
bool ermine_i31_get_u(const wasm_ref_t* ref, uint32_t* out) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kI31, "i31");
  if (object) *out = object->i31_unsigned();
  return object.has_value();
}

wasm_ref_t* ermine_struct_new(wasm_store_t* store, const wasm_valtype_t* type, const wasm_val_vec_t* fields) {
  std::vector<Val> values;
  for (size_t i = 0; fields != nullptr && i < fields->size; ++i) {
    Result<Val> value = value_of_own_kind(store->state, fields->data[i]);
    if (!succeeded(value)) return nullptr;
    values.push_back(*std::move(value));
  }
  const Result<StructRef> made = StructRef::create(*store->state->store, type->type, values);
  return succeeded(made) ? new_ref(store->state, *made) : nullptr;
}
bool ermine_struct_field_count(const wasm_ref_t* ref, uint32_t* out) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kStruct, "struct");
  if (object) *out = StructRef(*object).field_count();
  return object.has_value();
}
bool ermine_struct_get(const wasm_ref_t* ref, uint32_t index, wasm_val_t* out) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kStruct, "struct");
  return object && get(ref->store, StructRef(*object).field(index), out);
}
bool ermine_struct_set(const wasm_ref_t* ref, uint32_t index, const wasm_val_t* value) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kStruct, "struct");
  if (!object) return false;
  const StructRef s(*object);
  return set(ref->store, s, index, s.field(index), *value, &StructRef::set_field);
}

wasm_ref_t* ermine_array_new(wasm_store_t* store, const wasm_valtype_t* type, uint32_t length, const wasm_val_t* fill) {
  const Result<Val> value = value_of_own_kind(store->state, *fill);
  if (!succeeded(value)) return nullptr;
  const Result<ArrayRef> made = ArrayRef::create(*store->state->store, type->type, length, *value);
  return succeeded(made) ? new_ref(store->state, *made) : nullptr;
}
bool ermine_array_length(const wasm_ref_t* ref, uint32_t* out) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kArray, "array");
  if (object) *out = ArrayRef(*object).length();
  return object.has_value();
}
bool ermine_array_get(const wasm_ref_t* ref, uint32_t index, wasm_val_t* out) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kArray, "array");
  return object && get(ref->store, ArrayRef(*object).get(index), out);
}
bool ermine_array_set(const wasm_ref_t* ref, uint32_t index, const wasm_val_t* value) {
  const std::optional<AnyRef> object = object_of(ref, AnyKind::kArray, "array");
  if (!object) return false;
  const ArrayRef a(*object);
  return set(ref->store, a, index, a.get(index), *value, &ArrayRef::set);
}

}  // extern "C"
