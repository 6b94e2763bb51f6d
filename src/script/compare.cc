// Compares results with patterns. See compare.h.
#include "script/compare.h"

#include <algorithm>
#include <cstring>

namespace ermine::script {

using text::NanPattern;
using text::ScriptValue;
using text::ScriptValueKind;

namespace {

// Specification 3.0, section 4.3.3: a canonical NaN has only the top bit of its payload; an arithmetic one at least
// that.
bool matches_nan(uint64_t bits, unsigned width, NanPattern pattern) {
  uint64_t quiet = width == 32 ? 0x7FC0'0000 : 0x7FF8'0000'0000'0000;
  uint64_t sign = uint64_t{1} << (width - 1);
  return pattern == NanPattern::kCanonical ? (bits & ~sign) == quiet : (bits & quiet) == quiet;
}

bool matches_vector(const V128& value, const ScriptValue& pattern) {
  if (pattern.lane_bytes == 0) return value.bytes == pattern.bytes;
  for (unsigned i = 0; i < 16u / pattern.lane_bytes; ++i) {
    const uint8_t* lane = value.bytes.data() + i * pattern.lane_bytes;
    if (pattern.lane_nans[i] == NanPattern::kNone) {
      if (std::memcmp(lane, pattern.bytes.data() + i * pattern.lane_bytes, pattern.lane_bytes) != 0) return false;
      continue;
    }
    uint64_t bits = 0;
    std::memcpy(&bits, lane, pattern.lane_bytes);
    if (!matches_nan(bits, pattern.lane_bytes * 8u, pattern.lane_nans[i])) return false;
  }
  return true;
}

bool in_hierarchy(ValType type, std::initializer_list<HeapKind> kinds) {
  return type.is_ref() && std::find(kinds.begin(), kinds.end(), type.heap()) != kinds.end();
}

// The value's hierarchy. A concrete type is one of the any hierarchy unless it is a function's.
bool is_extern(const Val& v) { return in_hierarchy(v.type(), {HeapKind::kExtern, HeapKind::kNoExtern}); }
bool is_exn(const Val& v) { return in_hierarchy(v.type(), {HeapKind::kExn, HeapKind::kNoExn}); }

AnyKind any_kind(const Val& v) {
  if (!v.type().is_ref() || v.is_null() || is_extern(v) || is_exn(v)) return AnyKind::kNull;
  if (in_hierarchy(v.type(), {HeapKind::kFunc, HeapKind::kNoFunc}) || v.ref().is_null()) return AnyKind::kNull;
  return v.anyref().kind();
}

bool is_func(const Val& v) { return v.type().is_ref() && !v.is_null() && v.ref().is_null(); }

}  // namespace

Result<Val> to_value(StoreRef store, const ScriptValue& value, ValType type) {
  switch (value.kind) {
    case ScriptValueKind::kI32: return Val(static_cast<uint32_t>(value.bits));
    case ScriptValueKind::kI64: return Val(value.bits);
    case ScriptValueKind::kF32: return Val::from_f32_bits(static_cast<uint32_t>(value.bits));
    case ScriptValueKind::kF64: return Val::from_f64_bits(value.bits);
    case ScriptValueKind::kV128: return Val(V128{value.bytes});
    case ScriptValueKind::kRefNull:
      if (!type.is_ref()) return Error(ErrorKind::kUsage, "a null for a parameter of type " + type.to_string());
      return Val::default_of(type);
    case ScriptValueKind::kRefExtern: {
      ERMINE_ASSIGN(ExternRef ref, ExternRef::create(store, value.bits));
      return Val(std::move(ref));
    }
    case ScriptValueKind::kRefHost: {
      ERMINE_ASSIGN(ExternRef ref, ExternRef::create(store, value.bits));
      return Val(AnyRef::from_extern(ref));
    }
    default:
      return Error(ErrorKind::kUsage, value.to_string() + (text::is_component_value(value.kind)
                                                               ? " is a value of components, not of modules"
                                                               : " is a pattern, not a value"));
  }
}

bool matches(const Val& value, const ScriptValue& pattern) {
  switch (pattern.kind) {
    case ScriptValueKind::kI32:
      return value.type() == ValType::i32() && static_cast<uint32_t>(value.i32()) == pattern.bits;
    case ScriptValueKind::kI64:
      return value.type() == ValType::i64() && static_cast<uint64_t>(value.i64()) == pattern.bits;
    case ScriptValueKind::kF32:
      if (value.type() != ValType::f32()) return false;
      return pattern.nan == NanPattern::kNone ? value.f32_bits() == pattern.bits
                                              : matches_nan(value.f32_bits(), 32, pattern.nan);
    case ScriptValueKind::kF64:
      if (value.type() != ValType::f64()) return false;
      return pattern.nan == NanPattern::kNone ? value.f64_bits() == pattern.bits
                                              : matches_nan(value.f64_bits(), 64, pattern.nan);
    case ScriptValueKind::kV128: return value.type() == ValType::v128() && matches_vector(value.v128(), pattern);
    case ScriptValueKind::kRefNull: return value.is_null();
    case ScriptValueKind::kRefExtern:
      return is_extern(value) && !value.is_null() &&
             (!pattern.has_number || value.externref().payload() == pattern.bits);
    case ScriptValueKind::kRefHost:
      return any_kind(value) == AnyKind::kExtern &&
             (!pattern.has_number || value.anyref().to_extern().payload() == pattern.bits);
    case ScriptValueKind::kRefFunc: return is_func(value);
    case ScriptValueKind::kRefAny: return any_kind(value) != AnyKind::kNull;
    case ScriptValueKind::kRefEq: return any_kind(value) != AnyKind::kNull && any_kind(value) != AnyKind::kExtern;
    case ScriptValueKind::kRefI31: return any_kind(value) == AnyKind::kI31;
    case ScriptValueKind::kRefStruct: return any_kind(value) == AnyKind::kStruct;
    case ScriptValueKind::kRefArray: return any_kind(value) == AnyKind::kArray;
    case ScriptValueKind::kRefExn: return is_exn(value) && !value.is_null();
    case ScriptValueKind::kEither:
      return std::any_of(pattern.parts.begin(), pattern.parts.end(),
                         [&](const ScriptValue& choice) { return matches(value, choice); });
    default: return false;  // a value of components
  }
  return false;
}

}  // namespace ermine::script
