// The types of WebAssembly for embedders: value types, function types, and the types of imports and exports. All are
// plain values, except names, which point into the module. A reference type may name a type that a module defined: the
// name is a small number that is meaningful within one Engine, and it stays valid while a Module or Store that knows
// the type lives. Two types of one engine are equal exactly if they compare equal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/detail/language.h"

namespace ermine {

// The heap types with a name of their own, and kConcrete for types that a module defined.
enum class HeapKind : uint8_t {
  kFunc,
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
  kConcrete,
};

// The kinds of values.
enum class ValKind : uint8_t { kI32 = 1, kI64, kF32, kF64, kV128, kRef };

// Type of a value: a number, a vector, or a reference (nullable or not) to a heap type.
class ValType {
 public:
  // Not a type; the type of a default-constructed Val.
  constexpr ValType() = default;
  static constexpr ValType i32() { return ValType(1); }
  static constexpr ValType i64() { return ValType(2); }
  static constexpr ValType f32() { return ValType(3); }
  static constexpr ValType f64() { return ValType(4); }
  static constexpr ValType v128() { return ValType(5); }
  // A reference to an abstract heap type. Precondition: h != HeapKind::kConcrete.
  static constexpr ValType ref(HeapKind h, bool nullable = true) {
    return ValType(6u | (nullable ? 16u : 0u) | (kFirstAbstract + static_cast<uint32_t>(h)) << 5);
  }
  // References that may be null.
  static constexpr ValType funcref() { return ref(HeapKind::kFunc); }
  static constexpr ValType externref() { return ref(HeapKind::kExtern); }
  static constexpr ValType anyref() { return ref(HeapKind::kAny); }
  static constexpr ValType exnref() { return ref(HeapKind::kExn); }

  // Which of the number types, or kRef.
  constexpr ValKind kind() const { return static_cast<ValKind>(bits_ & 15); }
  constexpr bool is_ref() const { return kind() == ValKind::kRef; }
  // Whether a reference may be null.
  constexpr bool nullable() const { return bits_ & 16; }
  // Precondition of the next two: is_ref().
  constexpr HeapKind heap() const {
    return bits_ >> 5 < kFirstAbstract ? HeapKind::kConcrete : static_cast<HeapKind>((bits_ >> 5) - kFirstAbstract);
  }
  // The type that a concrete reference names, by its number in the engine; meaningful for kConcrete only.
  constexpr uint32_t type_id() const { return bits_ >> 5; }
  // Slots that a value of the type takes among a call's arguments or results: 2 for v128, otherwise 1.
  constexpr uint32_t slots() const { return bits_ == 5 ? 2 : 1; }
  constexpr bool operator==(const ValType&) const = default;

  // In the spelling of the text format: "i32", "funcref", "(ref null 7)" (where the number is the type_id).
  std::string to_string() const;

  // The engine's own encoding; for the library's own code.
  static constexpr ValType from_bits(uint32_t bits) { return ValType(bits); }
  constexpr uint32_t bits() const { return bits_; }

 private:
  static constexpr uint32_t kFirstAbstract = 0x0400'0000;
  explicit constexpr ValType(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;
};

// The types of the parameters and results of a function.
struct FuncType {
  std::vector<ValType> params;   // in order
  std::vector<ValType> results;  // in order
  bool operator==(const FuncType&) const = default;
  std::string to_string() const;  // "(param i32 i64) (result f32)"; "" if there is neither
};

// The type of a global, and whether it can be set.
struct GlobalType {
  ValType type;  // of its value
  bool is_mutable = false;  // whether that may change
  bool operator==(const GlobalType&) const = default;
  std::string to_string() const;  // "(mut i32)"
};

// Sizes are in elements.
struct TableType {
  ValType element;  // a reference type
  uint64_t min = 0;  // the size at first
  std::optional<uint64_t> max;  // none: it grows as far as limits allow
  bool is64 = false;  // whether indices have 64 bits
  bool operator==(const TableType&) const = default;
  std::string to_string() const;  // "1 2 funcref"
};

// Sizes are in pages of page_size() bytes.
struct MemoryType {
  uint64_t min = 0;  // the size at first
  std::optional<uint64_t> max;  // none: it grows as far as limits allow
  bool is64 = false;  // whether addresses have 64 bits
  bool shared = false;  // whether several threads may use it; then it has a maximum
  uint8_t page_log2 = 16;  // 16 (pages of 64 KiB) or 0 (pages of one byte)
  // In bytes.
  uint64_t page_size() const { return uint64_t{1} << page_log2; }
  bool operator==(const MemoryType&) const = default;
  std::string to_string() const;
};

// A tag's type is a function type whose parameters are the exception's payload.
struct TagType {
  FuncType func;  // without results
  bool operator==(const TagType&) const = default;
  std::string to_string() const;
};

// The kinds of items that modules import and export.
enum class ExternKind : uint8_t { kFunc, kTable, kMemory, kGlobal, kTag };
std::string_view to_string(ExternKind kind);  // "func", "table", ...

// The type of an import or export: the member for `kind` is set.
struct ExternType {
  ExternKind kind = ExternKind::kFunc;  // which of the following
  FuncType func;      // of kFunc
  TableType table;    // of kTable
  MemoryType memory;  // of kMemory
  GlobalType global;  // of kGlobal
  TagType tag;        // of kTag
  std::string to_string() const;  // "(func (param i32))", "(memory 1 2)", ...
};

// The names are the module's own bytes, complete and unchanged (printable() makes them safe for messages); they stay
// valid while a Module or an instance of it lives.
struct ImportType {
  std::string_view module;  // that it is imported from
  std::string_view name;    // there
  ExternType type;          // what must be given
};

// An item that a module exports.
struct ExportType {
  std::string_view name;  // by which it is exported
  ExternType type;        // what it is
};

}  // namespace ermine
