// Scalar floating-point instructions. (Specification 3.0, section 4.3.3.)
//
// Arithmetic is IEEE 754 in the operand's own format, rounded to nearest, ties to even; contraction into
// fused operations is off for every target that includes this. A NaN result of arithmetic must be quiet
// (an "arithmetic NaN"), canonical if all NaN operands are: the machine's instructions do that. Negation,
// absolute value and copysign are operations on bits and keep a signalling NaN as it is.
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

// Either order of comparison gives the same operand unless both are zeros: then or-ing the signs finds the
// negative zero, and-ing the positive one.
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

#define ERMINE_FLOAT_OPS(n, F)                                                                     \
  ERMINE_SEMANTIC uint32_t n##_eq(F a, F b) { return a == b; }                                     \
  ERMINE_SEMANTIC uint32_t n##_ne(F a, F b) { return a != b; }                                     \
  ERMINE_SEMANTIC uint32_t n##_lt(F a, F b) { return a < b; }                                      \
  ERMINE_SEMANTIC uint32_t n##_gt(F a, F b) { return a > b; }                                      \
  ERMINE_SEMANTIC uint32_t n##_le(F a, F b) { return a <= b; }                                     \
  ERMINE_SEMANTIC uint32_t n##_ge(F a, F b) { return a >= b; }                                     \
  ERMINE_SEMANTIC F n##_abs(F a) { return detail::from_bits<F>(detail::to_bits(a) & ~detail::kSignBit<F>); } \
  ERMINE_SEMANTIC F n##_neg(F a) { return detail::from_bits<F>(detail::to_bits(a) ^ detail::kSignBit<F>); }  \
  ERMINE_SEMANTIC F n##_copysign(F a, F b) {                                                       \
    return detail::from_bits<F>((detail::to_bits(a) & ~detail::kSignBit<F>) |                      \
                                (detail::to_bits(b) & detail::kSignBit<F>));                       \
  }                                                                                                \
  ERMINE_SEMANTIC F n##_ceil(F a) { return __builtin_elementwise_ceil(a); }                        \
  ERMINE_SEMANTIC F n##_floor(F a) { return __builtin_elementwise_floor(a); }                      \
  ERMINE_SEMANTIC F n##_trunc(F a) { return __builtin_elementwise_trunc(a); }                      \
  ERMINE_SEMANTIC F n##_nearest(F a) { return __builtin_elementwise_roundeven(a); }                \
  ERMINE_SEMANTIC F n##_sqrt(F a) { return __builtin_elementwise_sqrt(a); }                        \
  ERMINE_SEMANTIC F n##_add(F a, F b) { return a + b; }                                            \
  ERMINE_SEMANTIC F n##_sub(F a, F b) { return a - b; }                                            \
  ERMINE_SEMANTIC F n##_mul(F a, F b) { return a * b; }                                            \
  ERMINE_SEMANTIC F n##_div(F a, F b) { return a / b; }                                            \
  ERMINE_SEMANTIC F n##_min(F a, F b) { return detail::min(a, b); }                                \
  ERMINE_SEMANTIC F n##_max(F a, F b) { return detail::max(a, b); }

ERMINE_FLOAT_OPS(f32, float)
ERMINE_FLOAT_OPS(f64, double)
#undef ERMINE_FLOAT_OPS

}  // namespace ermine::semantics
