// Value, heap and defined types.
//
// A ValType has 32 bits. A reference to a defined type contains its TypeId: the canonical identity given by the
// engine's TypeRegistry, so two types are equal exactly if their bits are equal, in whatever module they were written.
// (Specification 3.0, sections 2.3 and 3.3.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ermine::wasm {

// Canonical identity of a defined type within one Engine. Ids are small and dense.
using TypeId = uint32_t;
inline constexpr TypeId kNoType = 0x03FF'FFFF;

class HeapType {
 public:
  enum Abstract : uint32_t {
    kFunc = 0x0400'0000,
    kNoFunc,
    kExtern,
    kNoExtern,
    kAny,
    kEq,
    kI31,
    kStruct,
    kArray,
    kNone,
    kExn,
    kNoExn,
    kBot,  // below every heap type; only the validator makes it
  };
  constexpr HeapType(Abstract a) : bits_(a) {}
  static constexpr HeapType concrete(TypeId id) { return HeapType(id); }
  static constexpr HeapType from_bits(uint32_t bits) { return HeapType(bits); }
  constexpr bool is_concrete() const { return bits_ < kFunc; }
  constexpr TypeId type_id() const { return bits_; }
  constexpr Abstract abstract() const { return static_cast<Abstract>(bits_); }
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const HeapType&) const = default;

 private:
  explicit constexpr HeapType(uint32_t bits) : bits_(bits) {}
  uint32_t bits_;  // 27 bits: a TypeId, or an Abstract
};

enum class ValKind : uint8_t { kBot, kI32, kI64, kF32, kF64, kV128, kRef, kI8, kI16 };  // I8, I16: storage only

class ValType {
 public:
  constexpr ValType() : bits_(0) {}  // bottom: the type of values in unreachable code
  constexpr ValType(ValKind k) : bits_(static_cast<uint32_t>(k)) {}
  static constexpr ValType ref(HeapType h, bool nullable) {
    return ValType(static_cast<uint32_t>(ValKind::kRef) | (nullable ? 16u : 0u) | h.bits() << 5, 0);
  }
  constexpr ValKind kind() const { return static_cast<ValKind>(bits_ & 15); }
  constexpr bool is_bot() const { return bits_ == 0; }
  constexpr bool is_ref() const { return kind() == ValKind::kRef; }
  constexpr bool is_num() const { return kind() >= ValKind::kI32 && kind() <= ValKind::kF64; }
  constexpr bool is_packed() const { return kind() >= ValKind::kI8; }
  constexpr bool nullable() const { return bits_ & 16; }
  constexpr HeapType heap() const { return HeapType::from_bits(bits_ >> 5); }
  // The type on the operand stack of a storage type: i32 for i8 and i16.
  constexpr ValType unpacked() const { return is_packed() ? ValType(ValKind::kI32) : *this; }
  // Slots of a frame that a value takes: 2 for v128, otherwise 1.
  constexpr uint32_t slots() const { return kind() == ValKind::kV128 ? 2 : 1; }
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const ValType&) const = default;

 private:
  constexpr ValType(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_;  // kind | nullable << 4 | heap << 5
};

inline constexpr ValType kI32{ValKind::kI32}, kI64{ValKind::kI64}, kF32{ValKind::kF32}, kF64{ValKind::kF64},
    kV128{ValKind::kV128};
inline constexpr ValType kFuncRef = ValType::ref(HeapType::kFunc, true);
inline constexpr ValType kExternRef = ValType::ref(HeapType::kExtern, true);
inline constexpr ValType kAnyRef = ValType::ref(HeapType::kAny, true);
inline constexpr ValType kExnRef = ValType::ref(HeapType::kExn, true);

struct FieldType {
  ValType storage;
  bool is_mutable = false;
  constexpr bool operator==(const FieldType&) const = default;
};

struct FuncType {
  std::vector<ValType> params;
  std::vector<ValType> results;
  // Slots of a frame that all parameters (results) take; set by the registry.
  uint32_t param_slots = 0;
  uint32_t result_slots = 0;
};

// Bytes before the first field of a struct on the collector's heap.
inline constexpr uint32_t kObjectHeaderSize = 8;

enum class CompositeKind : uint8_t { kFunc, kStruct, kArray };

// A defined type in canonical form. Owned by the TypeRegistry, immutable, at a stable address.
struct TypeDef {
  TypeId id = kNoType;
  CompositeKind kind = CompositeKind::kFunc;
  bool is_final = true;
  TypeId super = kNoType;
  // display[d] is the ancestor at depth d, itself included as the last: a is a subtype of b exactly
  // if a.display.size() > b.depth() and a.display[b.depth()] == b.id.
  std::vector<TypeId> display;
  FuncType func;                         // kFunc
  std::vector<FieldType> fields;         // kStruct; kArray has exactly one
  std::vector<uint32_t> field_offsets;   // kStruct: byte offset of each field from the object's start
  uint32_t size = 0;                     // kStruct: bytes of the whole object, header included
  uint32_t element_size = 0;             // kArray: bytes of an element
  bool has_references = false;           // any field is a GC-managed reference
  uint64_t object_header = 0;            // kStruct, kArray: the header of its objects; see object_header.h
  uint32_t depth() const { return static_cast<uint32_t>(display.size()) - 1; }
};

}  // namespace ermine::wasm
