// Values of components in C (ermine_component.h), as trees that the heap has. They are plain data: what they are to the
// library is in components.cc.
#include <algorithm>
#include <cstring>

#include "capi/objects.h"

namespace {

constexpr size_t kNumberSizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};  // ERMINE_COMPONENT_S8 to ERMINE_COMPONENT_F64

void init(ermine_component_val_t& val) { val = {.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}}; }
void init(wasm_name_t& name) { name = {0, nullptr}; }
void init(ermine_component_valrecord_entry_t& entry) {
  init(entry.name);
  init(entry.val);
}
void init(ermine_component_valmap_entry_t& entry) {
  init(entry.key);
  init(entry.value);
}

void end(wasm_name_t& name) { wasm_byte_vec_delete(&name); }
void end(ermine_component_val_t& val) { ermine_component_val_delete(&val); }
void end(ermine_component_valrecord_entry_t& entry) {
  end(entry.name);
  end(entry.val);
}
void end(ermine_component_valmap_entry_t& entry) {
  end(entry.key);
  end(entry.value);
}

wasm_name_t cloned(const wasm_name_t& from) {
  wasm_name_t out;
  wasm_byte_vec_copy(&out, &from);
  return out;
}
ermine_component_val_t cloned(const ermine_component_val_t& from) {
  ermine_component_val_t out;
  ermine_component_val_clone(&from, &out);
  return out;
}
ermine_component_val_t* cloned(const ermine_component_val_t* from) {
  return from != nullptr ? new ermine_component_val_t(cloned(*from)) : nullptr;
}
ermine_component_valrecord_entry_t cloned(const ermine_component_valrecord_entry_t& from) {
  return {cloned(from.name), cloned(from.val)};
}
ermine_component_valmap_entry_t cloned(const ermine_component_valmap_entry_t& from) {
  return {cloned(from.key), cloned(from.value)};
}

// Of a structure with `size` and `data`.
template <class Parts>
void make_parts(Parts& out, size_t size) {
  out.size = size;
  out.data = size == 0 ? nullptr : new std::remove_pointer_t<decltype(out.data)>[size];
  for (size_t i = 0; i < size; ++i) init(out.data[i]);
}
template <class Parts>
void end_parts(Parts& parts) {
  for (size_t i = 0; i < parts.size; ++i) end(parts.data[i]);
  delete[] parts.data;
  parts = {0, nullptr};
}
template <class Parts>
Parts cloned_parts(const Parts& from) {
  Parts out{from.size, from.size == 0 ? nullptr : new std::remove_pointer_t<decltype(from.data)>[from.size]};
  for (size_t i = 0; i < from.size; ++i) out.data[i] = cloned(from.data[i]);
  return out;
}
ermine_component_valnumbers_t numbers_of(ermine_component_valkind_t element, size_t size, const void* data) {
  const size_t bytes = size * ermine::capi::number_size(element);
  auto* const copy = bytes == 0 ? nullptr : static_cast<uint8_t*>(::operator new(bytes));
  if (bytes != 0) std::memcpy(copy, data, bytes);
  return {element, size, copy};
}

}  // namespace

size_t ermine::capi::number_size(ermine_component_valkind_t element) {
  if (element < ERMINE_COMPONENT_S8 || element > ERMINE_COMPONENT_F64) return 0;
  return kNumberSizes[element - ERMINE_COMPONENT_S8];
}

extern "C" {

void ermine_component_val_delete(ermine_component_val_t* val) {
  switch (val->kind) {
    case ERMINE_COMPONENT_STRING: end(val->of.string); break;
    case ERMINE_COMPONENT_LIST: end_parts(val->of.list); break;
    case ERMINE_COMPONENT_RECORD: end_parts(val->of.record); break;
    case ERMINE_COMPONENT_TUPLE: end_parts(val->of.tuple); break;
    case ERMINE_COMPONENT_VARIANT:
      end(val->of.variant.discriminant);
      ermine_component_val_free(val->of.variant.val);
      break;
    case ERMINE_COMPONENT_ENUM: end(val->of.enumeration); break;
    case ERMINE_COMPONENT_OPTION: ermine_component_val_free(val->of.option); break;
    case ERMINE_COMPONENT_RESULT: ermine_component_val_free(val->of.result.val); break;
    case ERMINE_COMPONENT_FLAGS: end_parts(val->of.flags); break;
    case ERMINE_COMPONENT_MAP: end_parts(val->of.map); break;
    case ERMINE_COMPONENT_NUMBERS: ::operator delete(val->of.numbers.data); break;
    case ERMINE_COMPONENT_RESOURCE:
    case ERMINE_COMPONENT_HANDLE: ermine_component_resource_delete(val->of.resource); break;
    default: break;
  }
  init(*val);
}

void ermine_component_val_clone(const ermine_component_val_t* from, ermine_component_val_t* out) {
  *out = *from;
  switch (from->kind) {
    case ERMINE_COMPONENT_STRING: out->of.string = cloned(from->of.string); break;
    case ERMINE_COMPONENT_LIST: out->of.list = cloned_parts(from->of.list); break;
    case ERMINE_COMPONENT_RECORD: out->of.record = cloned_parts(from->of.record); break;
    case ERMINE_COMPONENT_TUPLE: out->of.tuple = cloned_parts(from->of.tuple); break;
    case ERMINE_COMPONENT_VARIANT:
      out->of.variant = {cloned(from->of.variant.discriminant), cloned(from->of.variant.val)};
      break;
    case ERMINE_COMPONENT_ENUM: out->of.enumeration = cloned(from->of.enumeration); break;
    case ERMINE_COMPONENT_OPTION: out->of.option = cloned(from->of.option); break;
    case ERMINE_COMPONENT_RESULT: out->of.result.val = cloned(from->of.result.val); break;
    case ERMINE_COMPONENT_FLAGS: out->of.flags = cloned_parts(from->of.flags); break;
    case ERMINE_COMPONENT_MAP: out->of.map = cloned_parts(from->of.map); break;
    case ERMINE_COMPONENT_NUMBERS:
      out->of.numbers = numbers_of(from->of.numbers.element, from->of.numbers.size, from->of.numbers.data);
      break;
    case ERMINE_COMPONENT_RESOURCE:
    case ERMINE_COMPONENT_HANDLE: out->of.resource = ermine_component_resource_clone(from->of.resource); break;
    default: break;
  }
}

ermine_component_val_t* ermine_component_val_new(ermine_component_val_t* val) {
  auto* const made = new ermine_component_val_t(*val);
  init(*val);
  return made;
}
void ermine_component_val_free(ermine_component_val_t* val) {
  if (val == nullptr) return;
  end(*val);
  delete val;
}
void ermine_component_val_new_string(ermine_component_val_t* out, const char* text) {
  *out = {.kind = ERMINE_COMPONENT_STRING, .of = {.string = ermine::capi::bytes_of(text)}};
}
void ermine_component_val_new_numbers(ermine_component_val_t* out, ermine_component_valkind_t element, size_t size,
                                      const void* data) {
  *out = {.kind = ERMINE_COMPONENT_NUMBERS, .of = {.numbers = numbers_of(element, size, data)}};
}

#define PARTS(name)                                                                                                    \
  void ermine_component_##name##_new_uninit(ermine_component_##name##_t* out, size_t size) { make_parts(*out, size); } \
  void ermine_component_##name##_delete(ermine_component_##name##_t* parts) { end_parts(*parts); }
PARTS(vallist)
PARTS(valrecord)
PARTS(valmap)
PARTS(valflags)

void ermine_component_item_vec_delete(ermine_component_item_vec_t* items) {
  for (size_t i = 0; i < items->size; ++i)
    for (wasm_name_t* text : {&items->data[i].instance, &items->data[i].name, &items->data[i].type}) end(*text);
  delete[] items->data;
  *items = {0, nullptr};
}

}  // extern "C"
