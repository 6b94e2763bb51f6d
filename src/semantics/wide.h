// Wide arithmetic: 128-bit integers as pairs of i64, the low half first. (Proposal "wide-arithmetic".)
#pragma once

#include "semantics/value.h"

namespace ermine::semantics {

namespace detail {
using Uint128 = unsigned __int128;
using Int128 = __int128;
ERMINE_SEMANTIC Uint128 join(uint64_t low, uint64_t high) { return Uint128{high} << 64 | low; }
ERMINE_SEMANTIC Wide split(Uint128 v) { return {static_cast<uint64_t>(v), static_cast<uint64_t>(v >> 64)}; }
}  // namespace detail

ERMINE_SEMANTIC Wide i64_add128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high) {
  return detail::split(detail::join(a_low, a_high) + detail::join(b_low, b_high));
}
ERMINE_SEMANTIC Wide i64_sub128(uint64_t a_low, uint64_t a_high, uint64_t b_low, uint64_t b_high) {
  return detail::split(detail::join(a_low, a_high) - detail::join(b_low, b_high));
}
ERMINE_SEMANTIC Wide i64_mul_wide_s(uint64_t a, uint64_t b) {
  // A product of two 64-bit integers cannot overflow 128 bits.
  return detail::split(static_cast<detail::Uint128>(detail::Int128{static_cast<int64_t>(a)} * static_cast<int64_t>(b)));
}
ERMINE_SEMANTIC Wide i64_mul_wide_u(uint64_t a, uint64_t b) { return detail::split(detail::Uint128{a} * b); }

}  // namespace ermine::semantics
