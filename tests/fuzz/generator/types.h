// The types of a module under generation, as far as well-typed code needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "binary/encoder.h"

namespace ermine::fuzz {

// A value type: a number's code in the binary format, or a reference to a heap type: a type index, or an abstract heap
// type's code as the signed number in the format.
struct Type {
  static constexpr int kI32 = 0x7F, kI64 = 0x7E, kF32 = 0x7D, kF64 = 0x7C, kV128 = 0x7B, kRef = 0x64;
  static constexpr int kPacked8 = 0x78, kPacked16 = 0x77;  // in fields and arrays only

  int code = kI32;
  bool nullable = false;
  int heap = 0;

  bool operator==(const Type&) const = default;
  bool is_ref() const { return code == kRef; }
  bool is_packed() const { return code == kPacked8 || code == kPacked16; }
  // The type that reading a field of this type gives.
  Type unpacked() const { return is_packed() ? Type{kI32} : *this; }
  bool has_default() const { return !is_ref() || nullable; }
  void write(binary::ByteBuffer& out) const {
    if (!is_ref()) return out.u8(static_cast<uint8_t>(code));
    out.u8(nullable ? 0x63 : 0x64);
    out.sleb(heap);
  }
};

enum Heap : int {
  kNoExn = -0x0C,
  kNoFunc = -0x0D,
  kNoExtern = -0x0E,
  kNone = -0x0F,
  kFunc = -0x10,
  kExtern = -0x11,
  kAny = -0x12,
  kEq = -0x13,
  kI31 = -0x14,
  kStruct = -0x15,
  kArray = -0x16,
  kExn = -0x17,
};

constexpr Type ref_to(int heap, bool nullable) { return {Type::kRef, nullable, heap}; }
inline constexpr Type kI32{Type::kI32}, kI64{Type::kI64}, kF32{Type::kF32}, kF64{Type::kF64}, kV128{Type::kV128};

struct Field {
  Type type;
  bool is_mutable = true;
};

struct TypeInfo {
  enum Kind : uint8_t { kFunc, kStruct, kArray } kind = kFunc;
  std::vector<Type> params, results;  // kFunc
  std::vector<Field> fields;          // kStruct; kArray: one
  std::optional<uint32_t> super;
};

// Whether a value of type `a` can be used where `b` is expected. (Specification 3.0, section 3.3.)
bool is_subtype(const std::vector<TypeInfo>& types, Type a, Type b);
bool is_heap_subtype(const std::vector<TypeInfo>& types, int a, int b);
// The bottom type of a heap type's hierarchy, which only null has, and the top type.
int bottom_of(const std::vector<TypeInfo>& types, int heap);
int top_of(const std::vector<TypeInfo>& types, int heap);

}  // namespace ermine::fuzz
