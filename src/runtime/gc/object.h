// Reads and writes objects: headers, fields by storage type, the parts of each shape. See wasm/object_header.h for the
// layout. The functions here check nothing.
#pragma once

#include <cstring>

#include "runtime/gc/ref.h"
#include "wasm/object_header.h"
#include "wasm/type_registry.h"

namespace ermine::runtime {
struct Tag;
}

namespace ermine::runtime::gc {

inline uint64_t load_header(const uint8_t* base, Ref object) {
  uint64_t header;
  std::memcpy(&header, base + object, sizeof header);
  return header;
}
[[gnu::always_inline]] inline void store_header(uint8_t* base, Ref object, uint64_t header) {
  std::memcpy(base + object, &header, sizeof header);
}

// Makes an object with its header in the space that is free in the heap (View). False: there is not enough.
// Precondition: bytes <= kMaxBlockObject.
[[gnu::always_inline]] inline bool allocate_in_block(View& view, uint64_t header, uint64_t bytes, Ref* object) {
  const Ref at = view.cursor;
  if (bytes > view.limit - at) [[unlikely]]
    return false;
  view.cursor = static_cast<uint32_t>(at + bytes);
  store_header(view.base, at, header);
  *object = at;
  return true;
}

// How a field or element lies in memory, and how it becomes a Slot.
enum class Storage : uint8_t { kI8, kI16, kI32, kI64, kV128, kRef };

inline constexpr unsigned kStorageLog2[] = {0, 1, 2, 3, 4, 2};

inline Storage storage_of(wasm::ValType type, const wasm::TypeRegistry& registry) {
  using wasm::ValKind;
  switch (type.kind()) {
    case ValKind::kI8: return Storage::kI8;
    case ValKind::kI16: return Storage::kI16;
    case ValKind::kI32:
    case ValKind::kF32: return Storage::kI32;
    case ValKind::kV128: return Storage::kV128;
    case ValKind::kRef:
      return registry.top(type.heap()) == wasm::HeapType(wasm::HeapType::kFunc) ? Storage::kI64 : Storage::kRef;
    default: return Storage::kI64;
  }
}

// Loads to slots[0], and slots[1] for v128; packed fields are extended by `sign`.
inline void load_storage(const uint8_t* p, Storage storage, bool sign, uint64_t* slots) {
  const auto read = [&]<class T>(T v) {
    std::memcpy(&v, p, sizeof v);
    return v;
  };
  switch (storage) {
    case Storage::kI8:
      slots[0] = sign ? static_cast<uint32_t>(int32_t{read(int8_t{})}) : uint32_t{read(uint8_t{})};
      break;
    case Storage::kI16:
      slots[0] = sign ? static_cast<uint32_t>(int32_t{read(int16_t{})}) : uint32_t{read(uint16_t{})};
      break;
    case Storage::kI32:
    case Storage::kRef: slots[0] = read(uint32_t{}); break;
    case Storage::kI64: slots[0] = read(uint64_t{}); break;
    case Storage::kV128: std::memcpy(slots, p, 16); break;
  }
}

// Stores without informing the collector: for objects that are new; otherwise see Heap::store_ref.
inline void store_storage(uint8_t* p, Storage storage, const uint64_t* slots) {
  switch (storage) {
    case Storage::kI8: std::memcpy(p, slots, 1); break;
    case Storage::kI16: std::memcpy(p, slots, 2); break;
    case Storage::kI32:
    case Storage::kRef: std::memcpy(p, slots, 4); break;
    case Storage::kI64: std::memcpy(p, slots, 8); break;
    case Storage::kV128: std::memcpy(p, slots, 16); break;
  }
}

inline uint32_t array_length(const uint8_t* base, Ref array) {
  uint32_t length;
  std::memcpy(&length, base + array + 4, sizeof length);
  return length;
}
inline uint8_t* array_elements(uint8_t* base, Ref array) { return base + array + wasm::kObjectHeaderSize; }

// For a kExtern object.
inline uint64_t extern_payload(const uint8_t* base, Ref object) {
  uint64_t payload;
  std::memcpy(&payload, base + object + 8, sizeof payload);
  return payload;
}

// For a kExn object.
inline const Tag* exception_tag(const uint8_t* base, Ref object) {
  const Tag* tag;
  std::memcpy(&tag, base + object + 8, sizeof tag);
  return tag;
}
inline uint8_t* exception_payload(uint8_t* base, Ref object) { return base + object + 16; }
inline uint32_t exception_slots(const uint8_t* base, Ref object) {
  return wasm::header_high(load_header(base, object));
}

}  // namespace ermine::runtime::gc
