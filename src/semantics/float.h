// Scalar floating-point instructions. (Specification 3.0, section 4.3.3.)
//
// Arithmetic is IEEE 754 in the operand's own format, rounded to nearest, ties to even; contraction into fused
// operations is off for every target that includes this. A NaN result of arithmetic must be quiet (an "arithmetic
// NaN"), and canonical if all NaN operands are: the processor's instructions do that. Negation, absolute value and
// copysign are operations on bits and keep a signalling NaN unchanged.
#pragma once

#include "semantics/value.h"

namespace ermine::semantics {

namespace detail {

template <class F>
using Bits = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
template <class F>
inline constexpr Bits<F> kSignBit = Bits<F>{1} << (sizeof(F) * 8 - 1);

template <class F>
ERMINE_SEMANTIC Bits<F> to_bits(F v) {
  return std::bit_cast<Bits<F>>(v);
}
template <class F>
ERMINE_SEMANTIC F from_bits(Bits<F> v) {
  return std::bit_cast<F>(v);
}

// Both orders of comparison give the same operand unless both are zeros: then or-ing the signs finds the negative zero,
// and-ing the positive one.
template <class F>
ERMINE_SEMANTIC F min(F a, F b) {
  if (__builtin_isunordered(a, b)) [[unlikely]]
    return a + b;
  return from_bits<F>(to_bits(a < b ? a : b) | to_bits(b < a ? b : a));
}
template <class F>
ERMINE_SEMANTIC F max(F a, F b) {
  if (__builtin_isunordered(a, b)) [[unlikely]]
    return a + b;
  return from_bits<F>(to_bits(a > b ? a : b) & to_bits(b > a ? b : a));
}

}  // namespace detail

ERMINE_SEMANTIC uint32_t f32_eq(float a, float b) { return a == b; }
ERMINE_SEMANTIC uint32_t f32_ne(float a, float b) { return a != b; }
ERMINE_SEMANTIC uint32_t f32_lt(float a, float b) { return a < b; }
ERMINE_SEMANTIC uint32_t f32_gt(float a, float b) { return a > b; }
ERMINE_SEMANTIC uint32_t f32_le(float a, float b) { return a <= b; }
ERMINE_SEMANTIC uint32_t f32_ge(float a, float b) { return a >= b; }
ERMINE_SEMANTIC float f32_abs(float a) {
  return detail::from_bits<float>(detail::to_bits(a) & ~detail::kSignBit<float>);
}
ERMINE_SEMANTIC float f32_neg(float a) {
  return detail::from_bits<float>(detail::to_bits(a) ^ detail::kSignBit<float>);
}
ERMINE_SEMANTIC float f32_copysign(float a, float b) {
  return detail::from_bits<float>((detail::to_bits(a) & ~detail::kSignBit<float>) |
                                  (detail::to_bits(b) & detail::kSignBit<float>));
}
ERMINE_SEMANTIC float f32_ceil(float a) { return __builtin_elementwise_ceil(a); }
ERMINE_SEMANTIC float f32_floor(float a) { return __builtin_elementwise_floor(a); }
ERMINE_SEMANTIC float f32_trunc(float a) { return __builtin_elementwise_trunc(a); }
ERMINE_SEMANTIC float f32_nearest(float a) { return __builtin_elementwise_roundeven(a); }
ERMINE_SEMANTIC float f32_sqrt(float a) { return __builtin_elementwise_sqrt(a); }
ERMINE_SEMANTIC float f32_add(float a, float b) { return a + b; }
ERMINE_SEMANTIC float f32_sub(float a, float b) { return a - b; }
ERMINE_SEMANTIC float f32_mul(float a, float b) { return a * b; }
ERMINE_SEMANTIC float f32_div(float a, float b) { return a / b; }
ERMINE_SEMANTIC float f32_min(float a, float b) { return detail::min(a, b); }
ERMINE_SEMANTIC float f32_max(float a, float b) { return detail::max(a, b); }

ERMINE_SEMANTIC uint32_t f64_eq(double a, double b) { return a == b; }
ERMINE_SEMANTIC uint32_t f64_ne(double a, double b) { return a != b; }
ERMINE_SEMANTIC uint32_t f64_lt(double a, double b) { return a < b; }
ERMINE_SEMANTIC uint32_t f64_gt(double a, double b) { return a > b; }
ERMINE_SEMANTIC uint32_t f64_le(double a, double b) { return a <= b; }
ERMINE_SEMANTIC uint32_t f64_ge(double a, double b) { return a >= b; }
ERMINE_SEMANTIC double f64_abs(double a) {
  return detail::from_bits<double>(detail::to_bits(a) & ~detail::kSignBit<double>);
}
ERMINE_SEMANTIC double f64_neg(double a) {
  return detail::from_bits<double>(detail::to_bits(a) ^ detail::kSignBit<double>);
}
ERMINE_SEMANTIC double f64_copysign(double a, double b) {
  return detail::from_bits<double>((detail::to_bits(a) & ~detail::kSignBit<double>) |
                                   (detail::to_bits(b) & detail::kSignBit<double>));
}
ERMINE_SEMANTIC double f64_ceil(double a) { return __builtin_elementwise_ceil(a); }
ERMINE_SEMANTIC double f64_floor(double a) { return __builtin_elementwise_floor(a); }
ERMINE_SEMANTIC double f64_trunc(double a) { return __builtin_elementwise_trunc(a); }
ERMINE_SEMANTIC double f64_nearest(double a) { return __builtin_elementwise_roundeven(a); }
ERMINE_SEMANTIC double f64_sqrt(double a) { return __builtin_elementwise_sqrt(a); }
ERMINE_SEMANTIC double f64_add(double a, double b) { return a + b; }
ERMINE_SEMANTIC double f64_sub(double a, double b) { return a - b; }
ERMINE_SEMANTIC double f64_mul(double a, double b) { return a * b; }
ERMINE_SEMANTIC double f64_div(double a, double b) { return a / b; }
ERMINE_SEMANTIC double f64_min(double a, double b) { return detail::min(a, b); }
ERMINE_SEMANTIC double f64_max(double a, double b) { return detail::max(a, b); }

}  // namespace ermine::semantics
