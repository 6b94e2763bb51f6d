// The deterministic profile's choice for the relaxed instructions that have one, by instruction. See relaxed.h.
#pragma once

#include "semantics/relaxed.h"
#include "wasm/opcodes.h"

namespace ermine::semantics {

constexpr bool has_choice(wasm::Op op) {
  using wasm::Op;
  return wasm::op_info(op).feature == wasm::Feature::RelaxedSimd && op != Op::i8x16_relaxed_laneselect &&
         op != Op::i16x8_relaxed_laneselect && op != Op::i32x4_relaxed_laneselect &&
         op != Op::i64x2_relaxed_laneselect && op != Op::i32x4_relaxed_trunc_f32x4_u &&
         op != Op::i32x4_relaxed_trunc_f64x2_u_zero;
}

// Precondition: has_choice(op).
template <wasm::Op op, class... A>
ERMINE_SEMANTIC V128 deterministic_choice(A... a) {
  using wasm::Op;
  if constexpr (op == Op::i8x16_relaxed_swizzle) return i8x16_relaxed_swizzle<true>(a...);
  else if constexpr (op == Op::i32x4_relaxed_trunc_f32x4_s) return i32x4_relaxed_trunc_f32x4_s<true>(a...);
  else if constexpr (op == Op::i32x4_relaxed_trunc_f64x2_s_zero) return i32x4_relaxed_trunc_f64x2_s_zero<true>(a...);
  else if constexpr (op == Op::f32x4_relaxed_madd) return f32x4_relaxed_madd<true>(a...);
  else if constexpr (op == Op::f32x4_relaxed_nmadd) return f32x4_relaxed_nmadd<true>(a...);
  else if constexpr (op == Op::f64x2_relaxed_madd) return f64x2_relaxed_madd<true>(a...);
  else if constexpr (op == Op::f64x2_relaxed_nmadd) return f64x2_relaxed_nmadd<true>(a...);
  else if constexpr (op == Op::f32x4_relaxed_min) return f32x4_relaxed_min<true>(a...);
  else if constexpr (op == Op::f32x4_relaxed_max) return f32x4_relaxed_max<true>(a...);
  else if constexpr (op == Op::f64x2_relaxed_min) return f64x2_relaxed_min<true>(a...);
  else if constexpr (op == Op::f64x2_relaxed_max) return f64x2_relaxed_max<true>(a...);
  else if constexpr (op == Op::i16x8_relaxed_q15mulr_s) return i16x8_relaxed_q15mulr_s<true>(a...);
  else if constexpr (op == Op::i16x8_relaxed_dot_i8x16_i7x16_s) return i16x8_relaxed_dot_i8x16_i7x16_s<true>(a...);
  else return i32x4_relaxed_dot_i8x16_i7x16_add_s<true>(a...);
}

}  // namespace ermine::semantics
