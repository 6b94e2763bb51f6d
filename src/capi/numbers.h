// Numbers between values of C and the slots of a call.
#pragma once

#include "ermine.h"

namespace ermine::capi {

constexpr bool is_number(wasm_valkind_t kind) { return kind <= WASM_F64; }
constexpr bool has_32_bits(wasm_valkind_t kind) { return kind == WASM_I32 || kind == WASM_F32; }

// The bits of a number; those of 32-bit types are zero-extended.
inline uint64_t bits_of(const wasm_val_t& value) {
  return has_32_bits(value.kind) ? static_cast<uint32_t>(value.of.i32) : static_cast<uint64_t>(value.of.i64);
}
inline void set_number(wasm_val_t& value, wasm_valkind_t kind, uint64_t bits) {
  value.kind = kind;
  value.of.i64 = static_cast<int64_t>(bits);
}

}  // namespace ermine::capi
