// component::Value: a value of any component type, as a tree that owns its parts. It can be moved, and copied by
// clone(). Where types are known when the program is compiled, typed functions (component/func.h) are faster and need
// no Value.
//
// A value knows its kind and the names in it (fields, cases, flags), but not its type. Lists of numbers are stored as
// the numbers (Value::numbers()). Trees nest as deep as their types, which the library bounds by 100; a program that
// builds deeper ones needs the stack to destroy them. A Value may be used by several threads as a std::string may; one
// with handles belongs to their store.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "ermine/detail/language.h"

namespace ermine::component {

// The kinds of values of components, as in WIT.
enum class ValueKind : uint8_t {
  kBool,
  kS8,
  kU8,
  kS16,
  kU16,
  kS32,
  kU32,
  kS64,
  kU64,
  kF32,
  kF64,
  kChar,
  kString,
  kErrorContext,
  kList,
  kFixedList,  // of types only: a value is a kList
  kMap,
  kRecord,
  kTuple,
  kVariant,
  kEnum,
  kOption,
  kResult,
  kFlags,
  kOwn,
  kBorrow,
  kStream,
  kFuture,
};

// As in WIT: "list", "u8".
std::string_view kind_name(ValueKind kind);
// Whether values are handles: they mean something only together with the instance that they come from.
bool is_handle(ValueKind kind);

// The kind of a C++ type of numbers; its other types are not numbers.
template <class T>
inline constexpr ValueKind kNumberKind = [] {
  if constexpr (std::is_same_v<T, float>) return ValueKind::kF32;
  if constexpr (std::is_same_v<T, double>) return ValueKind::kF64;
  constexpr bool is_signed = std::is_signed_v<T>;
  switch (sizeof(T)) {
    case 1: return is_signed ? ValueKind::kS8 : ValueKind::kU8;
    case 2: return is_signed ? ValueKind::kS16 : ValueKind::kU16;
    case 4: return is_signed ? ValueKind::kS32 : ValueKind::kU32;
    default: return is_signed ? ValueKind::kS64 : ValueKind::kU64;
  }
}();
template <class T>
concept NumberType =
    std::is_same_v<T, float> || std::is_same_v<T, double> ||
    (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> &&
     !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>);

struct NamedValue;

// A resource, stream, future or error context. What `rep` means depends on the owner, which lives at least as long.
struct Handle {
  uint64_t rep = 0;
  std::shared_ptr<const void> owner;
  bool operator==(const Handle&) const = default;
};

class Value {
 public:
  Value(Value&&) noexcept;
  Value& operator=(Value&&) noexcept;
  ~Value();
  Value clone() const;

  static Value boolean(bool v) { return Value(ValueKind::kBool, uint64_t{v}); }
  // Of kinds kS8 to kU64: the number, sign-extended if it is signed. It must be in the range of the kind.
  static Value integer(ValueKind kind, uint64_t v) { return Value(kind, v); }
  static Value s32(int32_t v) { return integer(ValueKind::kS32, static_cast<uint64_t>(int64_t{v})); }
  static Value u32(uint32_t v) { return integer(ValueKind::kU32, v); }
  static Value s64(int64_t v) { return integer(ValueKind::kS64, static_cast<uint64_t>(v)); }
  static Value u64(uint64_t v) { return integer(ValueKind::kU64, v); }
  static Value f32(float v);
  static Value f64(double v);
  static Value character(char32_t v) { return Value(ValueKind::kChar, uint64_t{v}); }
  static Value string(std::string v) { return Value(ValueKind::kString, std::move(v)); }
  static Value list(std::vector<Value> v);
  // A list of numbers, stored as such: Value::numbers<uint8_t>(bytes).
  template <NumberType T>
  static Value numbers(std::span<const T> v) {
    return packed(kNumberKind<T>, v.data(), v.size() * sizeof(T));
  }
  // The same from the bytes of the numbers, little-endian. `element`: kS8 to kF64.
  static Value packed(ValueKind element, const void* bytes, size_t size);
  static Value tuple(std::vector<Value> v);
  static Value map(std::vector<std::pair<Value, Value>> v);  // in the order given; keys may repeat, the last one counts
  static Value record(std::vector<NamedValue> fields);  // all fields, in the order of the type
  static Value variant(std::string name);
  static Value variant(std::string name, Value payload);
  static Value enumeration(std::string name) { return Value(ValueKind::kEnum, std::move(name)); }
  static Value none();
  static Value some(Value payload);
  static Value result(bool is_ok);
  static Value result(bool is_ok, Value payload);
  static Value flags(std::vector<std::string> names);  // those that are set, in the order of the type
  static Value handle(ValueKind kind, Handle v) { return Value(kind, std::move(v)); }

  ValueKind kind() const { return kind_; }
  // Each only of its kinds.
  bool as_bool() const { return bits() != 0; }
  int64_t as_signed() const { return static_cast<int64_t>(bits()); }
  uint64_t as_unsigned() const { return bits(); }
  float as_f32() const;
  double as_f64() const;
  char32_t as_char() const { return static_cast<char32_t>(bits()); }
  const std::string& as_string() const;
  const std::vector<Value>& elements() const;  // tuple; list that is not packed
  // List, tuple: the number of elements, and one of them. Elements that are not numbers are copied by at().
  size_t size() const;
  Value at(size_t index) const;
  // List: whether it is stored as numbers. Lists of numbers that come from a component are.
  bool is_packed() const { return std::holds_alternative<Packed>(data_); }
  ValueKind packed_kind() const;  // of a packed list
  std::span<const uint8_t> packed_bytes() const;  // of a packed list
  // List: the numbers, if it is a packed list of exactly this type. Otherwise empty.
  template <NumberType T>
  std::span<const T> numbers() const {
    if (!is_packed() || packed_kind() != kNumberKind<T>) return {};
    const std::span<const uint8_t> bytes = packed_bytes();
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  const std::vector<std::pair<Value, Value>>& entries() const;  // map
  const std::vector<NamedValue>& fields() const;  // record
  const Value* field(std::string_view name) const;  // record; null: none of this name
  const std::string& case_name() const;  // variant, enum
  const Value* payload() const;  // variant, option, result; null: none
  bool is_ok() const;  // result
  const std::vector<std::string>& flag_names() const;  // flags
  const Handle& as_handle() const;

  // The same kind and contents; floating-point numbers by their bits, so that a NaN equals itself.
  bool operator==(const Value& o) const;

 private:
  // Of variants, options and results. name: the case; "some" or "none", "ok" or "err".
  struct Case {
    std::string name;
    std::unique_ptr<Value> payload;
  };
  struct Packed {
    ValueKind kind;
    std::vector<uint8_t> bytes;
  };
  using Data = std::variant<uint64_t, std::string, std::vector<Value>, std::vector<std::pair<Value, Value>>,
                            std::vector<NamedValue>, Case, std::vector<std::string>, Handle, Packed>;

  template <class T>
  Value(ValueKind kind, T data) : data_(std::move(data)), kind_(kind) {}
  static Value with_case(ValueKind kind, std::string name, std::unique_ptr<Value> payload);
  uint64_t bits() const;

  Data data_;
  ValueKind kind_;
};

// A field of a record.
struct NamedValue {
  std::string name;
  Value value;
  bool operator==(const NamedValue&) const = default;
};

}  // namespace ermine::component
