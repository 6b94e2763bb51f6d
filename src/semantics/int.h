// Scalar integer instructions. (Specification 3.0, section 4.3.2.)
//
// Only the divisions trap: they set `trap` and return 0; on success `trap` is left alone.
#pragma once

#include "semantics/value.h"

namespace ermine::semantics {

namespace detail {

template <class U>
using Signed = std::make_signed_t<U>;

template <class U>
ERMINE_SEMANTIC U div_s(U a, U b, TrapCode& trap) {
  if (b == 0) [[unlikely]] {
    trap = TrapCode::kIntegerDivideByZero;
    return 0;
  }
  if (a == U{1} << (sizeof(U) * 8 - 1) && b == static_cast<U>(-1)) [[unlikely]] {
    trap = TrapCode::kIntegerOverflow;
    return 0;
  }
  return static_cast<U>(static_cast<Signed<U>>(a) / static_cast<Signed<U>>(b));
}

template <class U>
ERMINE_SEMANTIC U div_u(U a, U b, TrapCode& trap) {
  if (b == 0) [[unlikely]] {
    trap = TrapCode::kIntegerDivideByZero;
    return 0;
  }
  return a / b;
}

template <class U>
ERMINE_SEMANTIC U rem_s(U a, U b, TrapCode& trap) {
  if (b == 0) [[unlikely]] {
    trap = TrapCode::kIntegerDivideByZero;
    return 0;
  }
  // The least integer divided by -1 overflows, but its remainder is 0.
  if (b == static_cast<U>(-1)) [[unlikely]]
    return 0;
  return static_cast<U>(static_cast<Signed<U>>(a) % static_cast<Signed<U>>(b));
}

template <class U>
ERMINE_SEMANTIC U rem_u(U a, U b, TrapCode& trap) {
  if (b == 0) [[unlikely]] {
    trap = TrapCode::kIntegerDivideByZero;
    return 0;
  }
  return a % b;
}

template <class U>
ERMINE_SEMANTIC U shr_s(U a, U n) {
  return static_cast<U>(static_cast<Signed<U>>(a) >> (n & (sizeof(U) * 8 - 1)));
}

// Sign extension of the low bits that Narrow holds.
template <class Narrow, class U>
ERMINE_SEMANTIC U extend_s(U a) {
  return static_cast<U>(static_cast<Signed<U>>(static_cast<Narrow>(a)));
}

}  // namespace detail

// The same for both widths; `n` is the width's name, `U` its type. Comparisons give an i32.
#define ERMINE_INT_OPS(n, U)                                                                            \
  ERMINE_SEMANTIC uint32_t n##_eqz(U a) { return a == 0; }                                              \
  ERMINE_SEMANTIC uint32_t n##_eq(U a, U b) { return a == b; }                                          \
  ERMINE_SEMANTIC uint32_t n##_ne(U a, U b) { return a != b; }                                          \
  ERMINE_SEMANTIC uint32_t n##_lt_s(U a, U b) { return detail::Signed<U>(a) < detail::Signed<U>(b); }   \
  ERMINE_SEMANTIC uint32_t n##_lt_u(U a, U b) { return a < b; }                                         \
  ERMINE_SEMANTIC uint32_t n##_gt_s(U a, U b) { return detail::Signed<U>(a) > detail::Signed<U>(b); }   \
  ERMINE_SEMANTIC uint32_t n##_gt_u(U a, U b) { return a > b; }                                         \
  ERMINE_SEMANTIC uint32_t n##_le_s(U a, U b) { return detail::Signed<U>(a) <= detail::Signed<U>(b); }  \
  ERMINE_SEMANTIC uint32_t n##_le_u(U a, U b) { return a <= b; }                                        \
  ERMINE_SEMANTIC uint32_t n##_ge_s(U a, U b) { return detail::Signed<U>(a) >= detail::Signed<U>(b); }  \
  ERMINE_SEMANTIC uint32_t n##_ge_u(U a, U b) { return a >= b; }                                        \
  ERMINE_SEMANTIC U n##_clz(U a) { return static_cast<U>(std::countl_zero(a)); }                        \
  ERMINE_SEMANTIC U n##_ctz(U a) { return static_cast<U>(std::countr_zero(a)); }                        \
  ERMINE_SEMANTIC U n##_popcnt(U a) { return static_cast<U>(std::popcount(a)); }                        \
  ERMINE_SEMANTIC U n##_add(U a, U b) { return a + b; }                                                 \
  ERMINE_SEMANTIC U n##_sub(U a, U b) { return a - b; }                                                 \
  ERMINE_SEMANTIC U n##_mul(U a, U b) { return a * b; }                                                 \
  ERMINE_SEMANTIC U n##_div_s(U a, U b, TrapCode& trap) { return detail::div_s(a, b, trap); }           \
  ERMINE_SEMANTIC U n##_div_u(U a, U b, TrapCode& trap) { return detail::div_u(a, b, trap); }           \
  ERMINE_SEMANTIC U n##_rem_s(U a, U b, TrapCode& trap) { return detail::rem_s(a, b, trap); }           \
  ERMINE_SEMANTIC U n##_rem_u(U a, U b, TrapCode& trap) { return detail::rem_u(a, b, trap); }           \
  ERMINE_SEMANTIC U n##_and(U a, U b) { return a & b; }                                                 \
  ERMINE_SEMANTIC U n##_or(U a, U b) { return a | b; }                                                  \
  ERMINE_SEMANTIC U n##_xor(U a, U b) { return a ^ b; }                                                 \
  ERMINE_SEMANTIC U n##_shl(U a, U b) { return a << (b & (sizeof(U) * 8 - 1)); }                        \
  ERMINE_SEMANTIC U n##_shr_s(U a, U b) { return detail::shr_s(a, b); }                                 \
  ERMINE_SEMANTIC U n##_shr_u(U a, U b) { return a >> (b & (sizeof(U) * 8 - 1)); }                      \
  ERMINE_SEMANTIC U n##_rotl(U a, U b) { return std::rotl(a, static_cast<int>(b & (sizeof(U) * 8 - 1))); } \
  ERMINE_SEMANTIC U n##_rotr(U a, U b) { return std::rotr(a, static_cast<int>(b & (sizeof(U) * 8 - 1))); } \
  ERMINE_SEMANTIC U n##_extend8_s(U a) { return detail::extend_s<int8_t>(a); }                          \
  ERMINE_SEMANTIC U n##_extend16_s(U a) { return detail::extend_s<int16_t>(a); }

ERMINE_INT_OPS(i32, uint32_t)
ERMINE_INT_OPS(i64, uint64_t)
#undef ERMINE_INT_OPS

ERMINE_SEMANTIC uint64_t i64_extend32_s(uint64_t a) { return detail::extend_s<int32_t>(a); }
ERMINE_SEMANTIC uint32_t i32_wrap_i64(uint64_t a) { return static_cast<uint32_t>(a); }
ERMINE_SEMANTIC uint64_t i64_extend_i32_s(uint32_t a) { return detail::extend_s<int32_t>(uint64_t{a}); }
ERMINE_SEMANTIC uint64_t i64_extend_i32_u(uint32_t a) { return a; }

}  // namespace ermine::semantics
