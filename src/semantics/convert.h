// Conversions between scalar types. (Specification 3.0, section 4.3.4.)
//
// Truncations to integers are made in C++ only when the result is representable. The trapping ones distinguish NaN
// (kInvalidConversionToInteger) from a value out of range (kIntegerOverflow); the saturating ones give 0 and the
// nearest bound.
#pragma once

#include <limits>

#include "semantics/float.h"

namespace ermine::semantics {

namespace detail {

// Whether trunc(v) is a value of the integer type I. False for NaN.
template <class I, class F>
ERMINE_SEMANTIC bool truncates_to(F v) {
  constexpr int kDigits = std::numeric_limits<I>::digits;
  constexpr F kUpper = kDigits == 64 ? F(0x1p64) : kDigits == 63 ? F(0x1p63) : kDigits == 32 ? F(0x1p32) : F(0x1p31);
  if constexpr (!std::numeric_limits<I>::is_signed) {
    return v > F(-1) && v < kUpper;
  } else if constexpr (kDigits < std::numeric_limits<F>::digits) {
    // The format has values between the bound and the nearest integer below it; they truncate to the bound.
    return v > -kUpper - F(1) && v < kUpper;
  } else {
    return v >= -kUpper && v < kUpper;
  }
}

template <class I, class F>
ERMINE_SEMANTIC auto trunc(F v, TrapCode& trap) -> std::make_unsigned_t<I> {
  if (!truncates_to<I>(v)) [[unlikely]] {
    trap = v != v ? TrapCode::kInvalidConversionToInteger : TrapCode::kIntegerOverflow;
    return 0;
  }
  return static_cast<std::make_unsigned_t<I>>(static_cast<I>(v));
}

template <class I, class F>
ERMINE_SEMANTIC auto trunc_sat(F v) -> std::make_unsigned_t<I> {
  if (!truncates_to<I>(v)) [[unlikely]] {
    const I bound = v < F(0) ? std::numeric_limits<I>::min() : std::numeric_limits<I>::max();
    return static_cast<std::make_unsigned_t<I>>(v != v ? I{0} : bound);
  }
  return static_cast<std::make_unsigned_t<I>>(static_cast<I>(v));
}

}  // namespace detail

ERMINE_SEMANTIC uint32_t i32_trunc_f32_s(float a, TrapCode& trap) { return detail::trunc<int32_t>(a, trap); }
ERMINE_SEMANTIC uint32_t i32_trunc_f32_u(float a, TrapCode& trap) { return detail::trunc<uint32_t>(a, trap); }
ERMINE_SEMANTIC uint32_t i32_trunc_f64_s(double a, TrapCode& trap) { return detail::trunc<int32_t>(a, trap); }
ERMINE_SEMANTIC uint32_t i32_trunc_f64_u(double a, TrapCode& trap) { return detail::trunc<uint32_t>(a, trap); }
ERMINE_SEMANTIC uint64_t i64_trunc_f32_s(float a, TrapCode& trap) { return detail::trunc<int64_t>(a, trap); }
ERMINE_SEMANTIC uint64_t i64_trunc_f32_u(float a, TrapCode& trap) { return detail::trunc<uint64_t>(a, trap); }
ERMINE_SEMANTIC uint64_t i64_trunc_f64_s(double a, TrapCode& trap) { return detail::trunc<int64_t>(a, trap); }
ERMINE_SEMANTIC uint64_t i64_trunc_f64_u(double a, TrapCode& trap) { return detail::trunc<uint64_t>(a, trap); }

ERMINE_SEMANTIC uint32_t i32_trunc_sat_f32_s(float a) { return detail::trunc_sat<int32_t>(a); }
ERMINE_SEMANTIC uint32_t i32_trunc_sat_f32_u(float a) { return detail::trunc_sat<uint32_t>(a); }
ERMINE_SEMANTIC uint32_t i32_trunc_sat_f64_s(double a) { return detail::trunc_sat<int32_t>(a); }
ERMINE_SEMANTIC uint32_t i32_trunc_sat_f64_u(double a) { return detail::trunc_sat<uint32_t>(a); }
ERMINE_SEMANTIC uint64_t i64_trunc_sat_f32_s(float a) { return detail::trunc_sat<int64_t>(a); }
ERMINE_SEMANTIC uint64_t i64_trunc_sat_f32_u(float a) { return detail::trunc_sat<uint64_t>(a); }
ERMINE_SEMANTIC uint64_t i64_trunc_sat_f64_s(double a) { return detail::trunc_sat<int64_t>(a); }
ERMINE_SEMANTIC uint64_t i64_trunc_sat_f64_u(double a) { return detail::trunc_sat<uint64_t>(a); }

ERMINE_SEMANTIC float f32_convert_i32_s(uint32_t a) { return static_cast<float>(static_cast<int32_t>(a)); }
ERMINE_SEMANTIC float f32_convert_i32_u(uint32_t a) { return static_cast<float>(a); }
ERMINE_SEMANTIC float f32_convert_i64_s(uint64_t a) { return static_cast<float>(static_cast<int64_t>(a)); }
ERMINE_SEMANTIC float f32_convert_i64_u(uint64_t a) { return static_cast<float>(a); }
ERMINE_SEMANTIC double f64_convert_i32_s(uint32_t a) { return static_cast<double>(static_cast<int32_t>(a)); }
ERMINE_SEMANTIC double f64_convert_i32_u(uint32_t a) { return static_cast<double>(a); }
ERMINE_SEMANTIC double f64_convert_i64_s(uint64_t a) { return static_cast<double>(static_cast<int64_t>(a)); }
ERMINE_SEMANTIC double f64_convert_i64_u(uint64_t a) { return static_cast<double>(a); }
ERMINE_SEMANTIC float f32_demote_f64(double a) { return static_cast<float>(a); }
ERMINE_SEMANTIC double f64_promote_f32(float a) { return static_cast<double>(a); }

ERMINE_SEMANTIC uint32_t i32_reinterpret_f32(float a) { return std::bit_cast<uint32_t>(a); }
ERMINE_SEMANTIC uint64_t i64_reinterpret_f64(double a) { return std::bit_cast<uint64_t>(a); }
ERMINE_SEMANTIC float f32_reinterpret_i32(uint32_t a) { return std::bit_cast<float>(a); }
ERMINE_SEMANTIC double f64_reinterpret_i64(uint64_t a) { return std::bit_cast<double>(a); }

}  // namespace ermine::semantics
