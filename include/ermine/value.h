// Val: one WebAssembly value with its type. If the types are known when the embedder is compiled, typed functions
// (func.h) are faster and need no Val.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "ermine/ref.h"
#include "ermine/types.h"

namespace ermine {

namespace runtime {
struct FuncRef;
}
class Func;

// 128 bits; bytes[0] is lane 0 of i8x16.
struct V128 {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const V128&) const = default;
};

class Val {
 public:
  Val() = default;  // type() is ValType(): no value
  Val(int32_t v) : type_(ValType::i32()) { bits_[0] = static_cast<uint32_t>(v); }
  Val(uint32_t v) : type_(ValType::i32()) { bits_[0] = v; }
  Val(int64_t v) : type_(ValType::i64()) { bits_[0] = static_cast<uint64_t>(v); }
  Val(uint64_t v) : type_(ValType::i64()) { bits_[0] = v; }
  Val(float v) : type_(ValType::f32()) { bits_[0] = std::bit_cast<uint32_t>(v); }
  Val(double v) : type_(ValType::f64()) { bits_[0] = std::bit_cast<uint64_t>(v); }
  Val(const V128& v) : type_(ValType::v128()) { std::memcpy(bits_, v.bytes.data(), 16); }
  Val(const Func& f);  // a null Func is a null funcref
  Val(ExternRef r) : type_(ValType::externref()), ref_(std::move(r)) {}
  Val(AnyRef r) : type_(ValType::anyref()), ref_(std::move(r)) {}
  Val(ExnRef r) : type_(ValType::exnref()), ref_(std::move(r)) {}
  // The null of a nullable reference type, or zero.
  static Val default_of(ValType type);
  // Floating-point values from their bits, which preserves a NaN's payload.
  static Val from_f32_bits(uint32_t bits);
  static Val from_f64_bits(uint64_t bits);

  ValType type() const { return type_; }
  ValKind kind() const { return type_.kind(); }

  // Precondition of each: the value is of that type.
  int32_t i32() const { return static_cast<int32_t>(bits_[0]); }
  int64_t i64() const { return static_cast<int64_t>(bits_[0]); }
  float f32() const { return std::bit_cast<float>(static_cast<uint32_t>(bits_[0])); }
  double f64() const { return std::bit_cast<double>(bits_[0]); }
  uint32_t f32_bits() const { return static_cast<uint32_t>(bits_[0]); }
  uint64_t f64_bits() const { return bits_[0]; }
  V128 v128() const {
    V128 v;
    std::memcpy(v.bytes.data(), bits_, 16);
    return v;
  }
  Func func() const;  // func hierarchy
  ExternRef externref() const { return ExternRef(ref_); }
  AnyRef anyref() const { return AnyRef(ref_); }
  ExnRef exnref() const { return ExnRef(ref_); }
  // Any reference.
  bool is_null() const { return type_.is_ref() && ref_.is_null() && bits_[0] == 0; }
  const Ref& ref() const { return ref_; }

  // "i32:7", "f64:nan:0x4000000000000", "ref.null", ...
  std::string to_string() const;

  // For the library's own code: the raw slots, and a value made from them. `slots` has type.slots() slots.
  void to_slots(uint64_t* slots) const;
  static Val from_slots(runtime::Store* store, ValType type, const uint64_t* slots);

 private:
  ValType type_;
  Ref ref_;                  // references to the collected heap
  uint64_t bits_[2] = {0, 0};  // numbers; for functions the Store* and FuncRef* in [1] and [0]
};

}  // namespace ermine
