// The first 8 bytes of an object on the collector's heap.
//
//   low word:   bits 0–25  TypeId of the object (structs and arrays; else kNoType)
//               bits 26–30 Shape
//               bit  31    kOldBit, the collector's
//   high word:  kStruct       size in 8-byte units (8 bits), then a bit for each of the first 24 fields of
//                             4 bytes behind the header: set if it is a reference the collector follows
//               kLargeStruct  size in bytes; what kStruct cannot express
//               arrays        length in elements; they follow at kObjectHeaderSize
//               kExn          payload in slots
//               kFiller       size in bytes of a gap between objects
//
// All sizes are multiples of 8. So an object can be measured, and nearly always traced, without looking at its type.
// The header of a type's objects, or its low word for arrays, is a constant that code may store:
// TypeDef::object_header.
#pragma once

#include <bit>
#include <cstdint>

#include "wasm/types.h"

namespace ermine::wasm {

enum class Shape : uint8_t {
  kFiller,
  kStruct,
  kLargeStruct,
  kArray1,  // elements of 1, 2, 4, 8, 16 bytes without references
  kArray2,
  kArray4,
  kArray8,
  kArray16,
  kArrayRef,  // elements are references of 4 bytes
  kExtern,    // a host value: 8 bytes of payload
  kExn,       // an exception: a pointer to its tag, then its payload in slots
};

inline constexpr uint32_t kObjectTypeMask = 0x03FF'FFFF;
inline constexpr unsigned kObjectShapeShift = 26;
// Set on objects that survived a collection and are not remembered as changed: after storing a reference into such an
// object, code must inform the collector.
inline constexpr uint32_t kOldBit = 0x8000'0000;
inline constexpr unsigned kStructMapBits = 24;
inline constexpr uint32_t kStructMaxUnits = 255;

constexpr uint64_t make_object_header(TypeId type, Shape shape, uint32_t high) {
  return (type & kObjectTypeMask) | uint64_t{static_cast<uint8_t>(shape)} << kObjectShapeShift | uint64_t{high} << 32;
}
constexpr TypeId header_type(uint64_t header) { return static_cast<uint32_t>(header) & kObjectTypeMask; }
constexpr Shape header_shape(uint64_t header) {
  return static_cast<Shape>(static_cast<uint32_t>(header) >> kObjectShapeShift & 31);
}
constexpr uint32_t header_high(uint64_t header) { return static_cast<uint32_t>(header >> 32); }

constexpr bool is_array(Shape s) { return s >= Shape::kArray1 && s <= Shape::kArrayRef; }
constexpr bool is_struct(Shape s) { return s == Shape::kStruct || s == Shape::kLargeStruct; }
// log2 of the size of an array's elements.
constexpr unsigned element_log2(Shape s) {
  return s == Shape::kArrayRef ? 2 : static_cast<unsigned>(s) - static_cast<unsigned>(Shape::kArray1);
}
constexpr uint64_t array_bytes(Shape s, uint32_t length) {
  return (kObjectHeaderSize + (uint64_t{length} << element_log2(s)) + 7) & ~uint64_t{7};
}

// Bytes of the whole object.
constexpr uint64_t object_bytes(uint64_t header) {
  const uint32_t high = header_high(header);
  switch (const Shape shape = header_shape(header)) {
    case Shape::kStruct: return uint64_t{high & 255} * 8;
    case Shape::kFiller:
    case Shape::kLargeStruct: return high;
    case Shape::kExtern: return 16;
    case Shape::kExn: return 16 + uint64_t{high} * 8;
    default: return array_bytes(shape, high);
  }
}

// For a struct or array type whose layout is complete; `is_reference(i)`: the collector follows field i.
// An array's length is left 0.
template <class F>
constexpr uint64_t object_header_of(const TypeDef& def, F&& is_reference) {
  if (def.kind == CompositeKind::kArray) {
    if (is_reference(0)) return make_object_header(def.id, Shape::kArrayRef, 0);
    const auto log2 = static_cast<unsigned>(std::countr_zero(def.element_size));
    return make_object_header(def.id, static_cast<Shape>(static_cast<unsigned>(Shape::kArray1) + log2), 0);
  }
  uint32_t map = 0;
  bool fits = def.size / 8 <= kStructMaxUnits;
  for (uint32_t i = 0; i < def.fields.size(); ++i) {
    if (!is_reference(i)) continue;
    const uint32_t bit = (def.field_offsets[i] - kObjectHeaderSize) / 4;
    if (bit >= kStructMapBits) fits = false;
    else map |= uint32_t{1} << bit;
  }
  if (!fits) return make_object_header(def.id, Shape::kLargeStruct, def.size);
  return make_object_header(def.id, Shape::kStruct, def.size / 8 | map << 8);
}

// Sets of the possible values of a reference of the any, extern or exn hierarchy: null, an i31, or an object of a
// shape.
using ShapeSet = uint32_t;
inline constexpr unsigned kShapeSetNull = 0, kShapeSetI31 = 1, kShapeSetObjects = 2;

constexpr ShapeSet shape_set(HeapType target, bool null_passes) {
  constexpr auto shape = [](Shape s) { return ShapeSet{1} << (kShapeSetObjects + static_cast<unsigned>(s)); };
  constexpr ShapeSet kStructs = shape(Shape::kStruct) | shape(Shape::kLargeStruct);
  constexpr ShapeSet kArrays = (shape(Shape::kArrayRef) << 1) - shape(Shape::kArray1);
  constexpr ShapeSet kI31 = ShapeSet{1} << kShapeSetI31;
  ShapeSet set = null_passes;
  switch (target.abstract()) {
    case HeapType::kAny:
    case HeapType::kExtern:
    case HeapType::kExn: return set | ~ShapeSet{1};
    case HeapType::kI31: return set | kI31;
    case HeapType::kEq: return set | kI31 | kStructs | kArrays;
    case HeapType::kStruct: return set | kStructs;
    case HeapType::kArray: return set | kArrays;
    default: return set;  // the bottom types have no values but null
  }
}

}  // namespace ermine::wasm
