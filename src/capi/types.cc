// Types and vectors of the C API.
#include <algorithm>
#include <cstring>

#include "capi/objects.h"

using ermine::ExternKind;
using ermine::ExternType;
using ermine::FuncType;
using ermine::HeapKind;
using ermine::ValKind;
using ermine::ValType;

// ---- Vectors

namespace {

template <class Vec>
void make_empty(Vec* out) {
  out->size = 0;
  out->data = nullptr;
}
template <class Vec>
void make(Vec* out, size_t size) {
  using Element = std::remove_pointer_t<decltype(out->data)>;
  out->size = size;
  out->data = size == 0 ? nullptr : new Element[size]();
}
template <class Vec, class Element>
void make(Vec* out, size_t size, const Element* from) {
  make(out, size);
  std::copy_n(from, size, out->data);
}
template <class Vec>
void end(Vec* v) {
  delete[] v->data;
  make_empty(v);
}

}  // namespace

#define VEC_COMMON(name)                                                          \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) { make_empty(out); } \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t n) { make(out, n); }
#define VEC_OF_POINTERS(name)                                                                     \
  VEC_COMMON(name)                                                                                \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t n, wasm_##name##_t* const from[]) { \
    make(out, n, from);                                                                           \
  }                                                                                               \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {        \
    make(out, from->size);                                                                        \
    for (size_t i = 0; i < from->size; ++i)                                                       \
      out->data[i] = from->data[i] != nullptr ? wasm_##name##_copy(from->data[i]) : nullptr;      \
  }                                                                                               \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* v) {                                         \
    for (size_t i = 0; i < v->size; ++i) wasm_##name##_delete(v->data[i]);                        \
    end(v);                                                                                       \
  }
extern "C" {
VEC_OF_POINTERS(valtype)
VEC_OF_POINTERS(functype)
VEC_OF_POINTERS(globaltype)
VEC_OF_POINTERS(tabletype)
VEC_OF_POINTERS(memorytype)
VEC_OF_POINTERS(externtype)
VEC_OF_POINTERS(importtype)
VEC_OF_POINTERS(exporttype)
VEC_OF_POINTERS(frame)
VEC_OF_POINTERS(extern)

VEC_COMMON(byte)
void wasm_byte_vec_new(wasm_byte_vec_t* out, size_t n, const wasm_byte_t from[]) { make(out, n, from); }
void wasm_byte_vec_copy(wasm_byte_vec_t* out, const wasm_byte_vec_t* from) { make(out, from->size, from->data); }
void wasm_byte_vec_delete(wasm_byte_vec_t* v) { end(v); }

VEC_COMMON(val)
void wasm_val_vec_new(wasm_val_vec_t* out, size_t n, const wasm_val_t from[]) { make(out, n, from); }
void wasm_val_vec_copy(wasm_val_vec_t* out, const wasm_val_vec_t* from) {
  make(out, from->size);
  for (size_t i = 0; i < from->size; ++i) wasm_val_copy(&out->data[i], &from->data[i]);
}
void wasm_val_vec_delete(wasm_val_vec_t* v) {
  for (size_t i = 0; i < v->size; ++i) wasm_val_delete(&v->data[i]);
  end(v);
}
}

namespace ermine::capi {

wasm_byte_vec_t bytes_of(std::string_view text) {
  wasm_byte_vec_t out;
  make(&out, text.size(), text.data());
  return out;
}

wasm_valkind_t kind_of(ValType type) {
  switch (type.kind()) {
    case ValKind::kI32: return WASM_I32;
    case ValKind::kI64: return WASM_I64;
    case ValKind::kF32: return WASM_F32;
    case ValKind::kF64: return WASM_F64;
    case ValKind::kV128: return ERMINE_V128;
    case ValKind::kRef: break;
  }
  switch (type.heap()) {
    case HeapKind::kFunc:
    case HeapKind::kNoFunc: return WASM_FUNCREF;
    case HeapKind::kExtern:
    case HeapKind::kNoExtern: return WASM_EXTERNREF;
    case HeapKind::kExn:
    case HeapKind::kNoExn: return ERMINE_EXNREF;
    case HeapKind::kConcrete: return ERMINE_CONCRETEREF;
    default: return ERMINE_ANYREF;
  }
}

wasm_externtype_t* new_externtype(const ExternType& type) {
  switch (type.kind) {
    case ExternKind::kFunc: return new wasm_functype_t(type.func);
    case ExternKind::kGlobal: return new wasm_globaltype_t(type.global);
    case ExternKind::kTable: return new wasm_tabletype_t(type.table);
    case ExternKind::kMemory: return new wasm_memorytype_t(type.memory);
    case ExternKind::kTag: return new ermine_tagtype_t(type.tag);
  }
  return nullptr;
}

}  // namespace ermine::capi

// ---- Functions and others

wasm_limits_t limits_of(uint64_t min, const std::optional<uint64_t>& max) {
  constexpr uint64_t kMost = UINT32_MAX;
  return {static_cast<uint32_t>(std::min(min, kMost)),
          max ? static_cast<uint32_t>(std::min(*max, kMost)) : wasm_limits_max_default};
}

namespace {

wasm_valtype_vec_t valtypes_of(const std::vector<ValType>& types) {
  wasm_valtype_vec_t out;
  make(&out, types.size());
  for (size_t i = 0; i < types.size(); ++i) out.data[i] = new wasm_valtype_t{types[i]};
  return out;
}
std::vector<ValType> types_of(const wasm_valtype_vec_t& types) {
  std::vector<ValType> out;
  for (size_t i = 0; i < types.size; ++i) out.push_back(types.data[i]->type);
  return out;
}
std::optional<uint64_t> max_of(const wasm_limits_t& limits) {
  return limits.max == wasm_limits_max_default ? std::nullopt : std::optional<uint64_t>(limits.max);
}
template <class T>
T* as(wasm_externtype_t* type, wasm_externkind_t kind) {
  return type != nullptr && type->kind == kind ? static_cast<T*>(type) : nullptr;
}
template <class T>
const T* as(const wasm_externtype_t* type, wasm_externkind_t kind) {
  return type != nullptr && type->kind == kind ? static_cast<const T*>(type) : nullptr;
}
template <class T>
T* clone_type(const T* type) {
  return static_cast<T*>(type->copy());
}

}  // namespace

wasm_functype_t::wasm_functype_t(const FuncType& type)
    : wasm_functype_t(valtypes_of(type.params), valtypes_of(type.results)) {}
FuncType wasm_functype_t::to_cxx() const { return {types_of(params), types_of(results)}; }

extern "C" {

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return new wasm_valtype_t{ValType::i32()};
    case WASM_I64: return new wasm_valtype_t{ValType::i64()};
    case WASM_F32: return new wasm_valtype_t{ValType::f32()};
    case WASM_F64: return new wasm_valtype_t{ValType::f64()};
    case WASM_EXTERNREF: return new wasm_valtype_t{ValType::externref()};
    case WASM_FUNCREF: return new wasm_valtype_t{ValType::funcref()};
    case ERMINE_V128: return new wasm_valtype_t{ValType::v128()};
    case ERMINE_ANYREF: return new wasm_valtype_t{ValType::anyref()};
    case ERMINE_EXNREF: return new wasm_valtype_t{ValType::exnref()};
    default: return nullptr;
  }
}
void wasm_valtype_delete(wasm_valtype_t* type) { delete type; }
wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* type) { return new wasm_valtype_t(*type); }
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) { return ermine::capi::kind_of(type->type); }

#define EXTERNTYPE(name, constant)                                                                                    \
  void wasm_##name##_delete(wasm_##name##_t* type) { delete type; }                                                   \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* type) { return clone_type(type); }                       \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* type) { return type; }                              \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* type) { return type; }            \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) { return as<wasm_##name##_t>(type, constant); } \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) {                           \
    return as<wasm_##name##_t>(type, constant);                                                                       \
  }
EXTERNTYPE(functype, WASM_EXTERN_FUNC)
EXTERNTYPE(globaltype, WASM_EXTERN_GLOBAL)
EXTERNTYPE(tabletype, WASM_EXTERN_TABLE)
EXTERNTYPE(memorytype, WASM_EXTERN_MEMORY)

void wasm_externtype_delete(wasm_externtype_t* type) { delete type; }
wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* type) { return type->copy(); }
wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) { return type->kind; }

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  auto* made = new wasm_functype_t(*params, *results);
  make_empty(params);
  make_empty(results);
  return made;
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* type) { return &type->params; }
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* type) { return &type->results; }

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  auto* made = new wasm_globaltype_t({content->type, mutability == WASM_VAR});
  delete content;
  return made;
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* type) { return &type->content; }
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* type) {
  return type->type.is_mutable ? WASM_VAR : WASM_CONST;
}

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  auto* made = new wasm_tabletype_t({element->type, limits->min, max_of(*limits)});
  delete element;
  return made;
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* type) { return &type->element; }
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* type) { return &type->limits; }

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  return new wasm_memorytype_t({.min = limits->min, .max = max_of(*limits)});
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* type) { return &type->limits; }

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name, wasm_externtype_t* type) {
  auto* made = new wasm_importtype_t{*module, *name, type};
  make_empty(module);
  make_empty(name);
  return made;
}
void wasm_importtype_delete(wasm_importtype_t* type) { delete type; }
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* type) {
  auto* made = new wasm_importtype_t{{}, {}, type->type->copy()};
  wasm_name_copy(&made->module, &type->module);
  wasm_name_copy(&made->name, &type->name);
  return made;
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* type) { return &type->module; }
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* type) { return &type->name; }
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* type) { return type->type; }

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  auto* made = new wasm_exporttype_t{*name, type};
  make_empty(name);
  return made;
}
void wasm_exporttype_delete(wasm_exporttype_t* type) { delete type; }
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* type) {
  auto* made = new wasm_exporttype_t{{}, type->type->copy()};
  wasm_name_copy(&made->name, &type->name);
  return made;
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* type) { return &type->name; }
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* type) { return type->type; }

void ermine_tagtype_delete(ermine_tagtype_t* type) { delete type; }
const wasm_functype_t* ermine_tagtype_func(const ermine_tagtype_t* type) { return &type->func; }
const ermine_tagtype_t* ermine_externtype_as_tagtype(const wasm_externtype_t* type) {
  return as<ermine_tagtype_t>(type, ERMINE_EXTERN_TAG);
}

}  // extern "C"
