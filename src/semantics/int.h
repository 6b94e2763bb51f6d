// Scalar integer instructions. (Specification 3.0, section 4.3.2.)
//
// Only the divisions trap: they set `trap` and return 0; on success they do not change `trap`.
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
  // The smallest integer divided by -1 overflows, but its remainder is 0.
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

// Sign extension of the low bits, which have the width of Narrow.
template <class Narrow, class U>
ERMINE_SEMANTIC U extend_s(U a) {
  return static_cast<U>(static_cast<Signed<U>>(static_cast<Narrow>(a)));
}

}  // namespace detail

ERMINE_SEMANTIC uint32_t i32_eqz(uint32_t a) { return a == 0; }
ERMINE_SEMANTIC uint32_t i32_eq(uint32_t a, uint32_t b) { return a == b; }
ERMINE_SEMANTIC uint32_t i32_ne(uint32_t a, uint32_t b) { return a != b; }
ERMINE_SEMANTIC uint32_t i32_lt_s(uint32_t a, uint32_t b) {
  return detail::Signed<uint32_t>(a) < detail::Signed<uint32_t>(b);
}
ERMINE_SEMANTIC uint32_t i32_lt_u(uint32_t a, uint32_t b) { return a < b; }
ERMINE_SEMANTIC uint32_t i32_gt_s(uint32_t a, uint32_t b) {
  return detail::Signed<uint32_t>(a) > detail::Signed<uint32_t>(b);
}
ERMINE_SEMANTIC uint32_t i32_gt_u(uint32_t a, uint32_t b) { return a > b; }
ERMINE_SEMANTIC uint32_t i32_le_s(uint32_t a, uint32_t b) {
  return detail::Signed<uint32_t>(a) <= detail::Signed<uint32_t>(b);
}
ERMINE_SEMANTIC uint32_t i32_le_u(uint32_t a, uint32_t b) { return a <= b; }
ERMINE_SEMANTIC uint32_t i32_ge_s(uint32_t a, uint32_t b) {
  return detail::Signed<uint32_t>(a) >= detail::Signed<uint32_t>(b);
}
ERMINE_SEMANTIC uint32_t i32_ge_u(uint32_t a, uint32_t b) { return a >= b; }
ERMINE_SEMANTIC uint32_t i32_clz(uint32_t a) { return static_cast<uint32_t>(std::countl_zero(a)); }
ERMINE_SEMANTIC uint32_t i32_ctz(uint32_t a) { return static_cast<uint32_t>(std::countr_zero(a)); }
ERMINE_SEMANTIC uint32_t i32_popcnt(uint32_t a) { return static_cast<uint32_t>(std::popcount(a)); }
ERMINE_SEMANTIC uint32_t i32_add(uint32_t a, uint32_t b) { return a + b; }
ERMINE_SEMANTIC uint32_t i32_sub(uint32_t a, uint32_t b) { return a - b; }
ERMINE_SEMANTIC uint32_t i32_mul(uint32_t a, uint32_t b) { return a * b; }
ERMINE_SEMANTIC uint32_t i32_div_s(uint32_t a, uint32_t b, TrapCode& trap) { return detail::div_s(a, b, trap); }
ERMINE_SEMANTIC uint32_t i32_div_u(uint32_t a, uint32_t b, TrapCode& trap) { return detail::div_u(a, b, trap); }
ERMINE_SEMANTIC uint32_t i32_rem_s(uint32_t a, uint32_t b, TrapCode& trap) { return detail::rem_s(a, b, trap); }
ERMINE_SEMANTIC uint32_t i32_rem_u(uint32_t a, uint32_t b, TrapCode& trap) { return detail::rem_u(a, b, trap); }
ERMINE_SEMANTIC uint32_t i32_and(uint32_t a, uint32_t b) { return a & b; }
ERMINE_SEMANTIC uint32_t i32_or(uint32_t a, uint32_t b) { return a | b; }
ERMINE_SEMANTIC uint32_t i32_xor(uint32_t a, uint32_t b) { return a ^ b; }
ERMINE_SEMANTIC uint32_t i32_shl(uint32_t a, uint32_t b) { return a << (b & (sizeof(uint32_t) * 8 - 1)); }
ERMINE_SEMANTIC uint32_t i32_shr_s(uint32_t a, uint32_t b) { return detail::shr_s(a, b); }
ERMINE_SEMANTIC uint32_t i32_shr_u(uint32_t a, uint32_t b) { return a >> (b & (sizeof(uint32_t) * 8 - 1)); }
ERMINE_SEMANTIC uint32_t i32_rotl(uint32_t a, uint32_t b) {
  return std::rotl(a, static_cast<int>(b & (sizeof(uint32_t) * 8 - 1)));
}
ERMINE_SEMANTIC uint32_t i32_rotr(uint32_t a, uint32_t b) {
  return std::rotr(a, static_cast<int>(b & (sizeof(uint32_t) * 8 - 1)));
}
ERMINE_SEMANTIC uint32_t i32_extend8_s(uint32_t a) { return detail::extend_s<int8_t>(a); }
ERMINE_SEMANTIC uint32_t i32_extend16_s(uint32_t a) { return detail::extend_s<int16_t>(a); }

ERMINE_SEMANTIC uint32_t i64_eqz(uint64_t a) { return a == 0; }
ERMINE_SEMANTIC uint32_t i64_eq(uint64_t a, uint64_t b) { return a == b; }
ERMINE_SEMANTIC uint32_t i64_ne(uint64_t a, uint64_t b) { return a != b; }
ERMINE_SEMANTIC uint32_t i64_lt_s(uint64_t a, uint64_t b) {
  return detail::Signed<uint64_t>(a) < detail::Signed<uint64_t>(b);
}
ERMINE_SEMANTIC uint32_t i64_lt_u(uint64_t a, uint64_t b) { return a < b; }
ERMINE_SEMANTIC uint32_t i64_gt_s(uint64_t a, uint64_t b) {
  return detail::Signed<uint64_t>(a) > detail::Signed<uint64_t>(b);
}
ERMINE_SEMANTIC uint32_t i64_gt_u(uint64_t a, uint64_t b) { return a > b; }
ERMINE_SEMANTIC uint32_t i64_le_s(uint64_t a, uint64_t b) {
  return detail::Signed<uint64_t>(a) <= detail::Signed<uint64_t>(b);
}
ERMINE_SEMANTIC uint32_t i64_le_u(uint64_t a, uint64_t b) { return a <= b; }
ERMINE_SEMANTIC uint32_t i64_ge_s(uint64_t a, uint64_t b) {
  return detail::Signed<uint64_t>(a) >= detail::Signed<uint64_t>(b);
}
ERMINE_SEMANTIC uint32_t i64_ge_u(uint64_t a, uint64_t b) { return a >= b; }
ERMINE_SEMANTIC uint64_t i64_clz(uint64_t a) { return static_cast<uint64_t>(std::countl_zero(a)); }
ERMINE_SEMANTIC uint64_t i64_ctz(uint64_t a) { return static_cast<uint64_t>(std::countr_zero(a)); }
ERMINE_SEMANTIC uint64_t i64_popcnt(uint64_t a) { return static_cast<uint64_t>(std::popcount(a)); }
ERMINE_SEMANTIC uint64_t i64_add(uint64_t a, uint64_t b) { return a + b; }
ERMINE_SEMANTIC uint64_t i64_sub(uint64_t a, uint64_t b) { return a - b; }
ERMINE_SEMANTIC uint64_t i64_mul(uint64_t a, uint64_t b) { return a * b; }
ERMINE_SEMANTIC uint64_t i64_div_s(uint64_t a, uint64_t b, TrapCode& trap) { return detail::div_s(a, b, trap); }
ERMINE_SEMANTIC uint64_t i64_div_u(uint64_t a, uint64_t b, TrapCode& trap) { return detail::div_u(a, b, trap); }
ERMINE_SEMANTIC uint64_t i64_rem_s(uint64_t a, uint64_t b, TrapCode& trap) { return detail::rem_s(a, b, trap); }
ERMINE_SEMANTIC uint64_t i64_rem_u(uint64_t a, uint64_t b, TrapCode& trap) { return detail::rem_u(a, b, trap); }
ERMINE_SEMANTIC uint64_t i64_and(uint64_t a, uint64_t b) { return a & b; }
ERMINE_SEMANTIC uint64_t i64_or(uint64_t a, uint64_t b) { return a | b; }
ERMINE_SEMANTIC uint64_t i64_xor(uint64_t a, uint64_t b) { return a ^ b; }
ERMINE_SEMANTIC uint64_t i64_shl(uint64_t a, uint64_t b) { return a << (b & (sizeof(uint64_t) * 8 - 1)); }
ERMINE_SEMANTIC uint64_t i64_shr_s(uint64_t a, uint64_t b) { return detail::shr_s(a, b); }
ERMINE_SEMANTIC uint64_t i64_shr_u(uint64_t a, uint64_t b) { return a >> (b & (sizeof(uint64_t) * 8 - 1)); }
ERMINE_SEMANTIC uint64_t i64_rotl(uint64_t a, uint64_t b) {
  return std::rotl(a, static_cast<int>(b & (sizeof(uint64_t) * 8 - 1)));
}
ERMINE_SEMANTIC uint64_t i64_rotr(uint64_t a, uint64_t b) {
  return std::rotr(a, static_cast<int>(b & (sizeof(uint64_t) * 8 - 1)));
}
ERMINE_SEMANTIC uint64_t i64_extend8_s(uint64_t a) { return detail::extend_s<int8_t>(a); }
ERMINE_SEMANTIC uint64_t i64_extend16_s(uint64_t a) { return detail::extend_s<int16_t>(a); }

ERMINE_SEMANTIC uint64_t i64_extend32_s(uint64_t a) { return detail::extend_s<int32_t>(a); }
ERMINE_SEMANTIC uint32_t i32_wrap_i64(uint64_t a) { return static_cast<uint32_t>(a); }
ERMINE_SEMANTIC uint64_t i64_extend_i32_s(uint32_t a) { return detail::extend_s<int32_t>(uint64_t{a}); }
ERMINE_SEMANTIC uint64_t i64_extend_i32_u(uint32_t a) { return a; }

}  // namespace ermine::semantics
