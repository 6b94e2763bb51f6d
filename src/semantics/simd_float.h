// Vector instructions on floats, and their conversions. (Specification 3.0, sections 4.3.3 to 4.3.5.)
// The rules for NaN and rounding are those of the scalar instructions, see float.h.
#pragma once

#include "semantics/convert.h"
#include "semantics/simd_int.h"

namespace ermine::semantics {

namespace detail {

// Lanes of the same width as bits.
template <class F>
using BitLanes = std::conditional_t<std::is_same_v<F, F32x4>, U32x4, U64x2>;
template <class F>
ERMINE_SEMANTIC BitLanes<F> sign_bits() {
  return splat_lanes<BitLanes<F>>(Element<BitLanes<F>>{1} << (kLaneBits<F> - 1));
}
template <class F>
ERMINE_SEMANTIC V128 fabs(V128 a) {
  return V128(a.as<BitLanes<F>>() & ~sign_bits<F>());
}
template <class F>
ERMINE_SEMANTIC V128 fneg(V128 a) {
  return V128(a.as<BitLanes<F>>() ^ sign_bits<F>());
}

ERMINE_SEMANTIC V128 select(V128 mask, V128 a, V128 b) { return V128((a.bits & mask.bits) | (b.bits & ~mask.bits)); }

// See min and max in float.h. Adding makes a NaN quiet.
template <class F>
ERMINE_SEMANTIC V128 fmin(V128 a, V128 b) {
  const F x = a.as<F>(), y = b.as<F>();
  const V128 r((BitLanes<F>)(x < y ? x : y) | (BitLanes<F>)(y < x ? y : x));
  const V128 ordered((x == x) & (y == y));
  return select(ordered, r, V128(x + y));
}
template <class F>
ERMINE_SEMANTIC V128 fmax(V128 a, V128 b) {
  const F x = a.as<F>(), y = b.as<F>();
  const V128 r((BitLanes<F>)(x > y ? x : y) & (BitLanes<F>)(y > x ? y : x));
  const V128 ordered((x == x) & (y == y));
  return select(ordered, r, V128(x + y));
}
template <class F>
ERMINE_SEMANTIC V128 pmin(V128 a, V128 b) {
  const F x = a.as<F>(), y = b.as<F>();
  return V128(y < x ? y : x);
}
template <class F>
ERMINE_SEMANTIC V128 pmax(V128 a, V128 b) {
  const F x = a.as<F>(), y = b.as<F>();
  return V128(x < y ? y : x);
}

// Saturating truncation of four f32.
ERMINE_SEMANTIC V128 trunc_sat_f32x4_s(V128 a) {
#if ERMINE_SEMANTICS_SSE
  // The processor gives 0x80000000 for values that do not fit: right below the range, to be flipped above it.
  const auto v = (__m128)a.bits;
  const __m128i above = _mm_castps_si128(_mm_cmpge_ps(v, _mm_set1_ps(0x1p31f)));
  const __m128i ordered = _mm_castps_si128(_mm_cmpord_ps(v, v));
  return V128(_mm_and_si128(_mm_xor_si128(_mm_cvttps_epi32(v), above), ordered));
#elif ERMINE_SEMANTICS_NEON
  return V128(vcvtq_s32_f32((float32x4_t)a.bits));
#else
  U32x4 r{};
  for (unsigned i = 0; i < 4; i++) r[i] = trunc_sat<int32_t>(static_cast<float>(a.as<F32x4>()[i]));
  return V128(r);
#endif
}
ERMINE_SEMANTIC V128 trunc_sat_f32x4_u(V128 a) {
#if ERMINE_SEMANTICS_SSE
  // NaN and negative values become 0. From values of 2^31 or more, 2^31 is subtracted; bit `low` then has it.
  const __m128 v = _mm_max_ps((__m128)a.bits, _mm_setzero_ps());
  const __m128i above = _mm_castps_si128(_mm_cmpge_ps(v, _mm_set1_ps(0x1p32f)));
  const __m128i low = _mm_cvttps_epi32(v);
  const __m128i high = _mm_cvttps_epi32(_mm_sub_ps(v, _mm_set1_ps(0x1p31f)));
  return V128(_mm_or_si128(_mm_or_si128(low, _mm_and_si128(high, _mm_srai_epi32(low, 31))), above));
#elif ERMINE_SEMANTICS_NEON
  return V128(vcvtq_u32_f32((float32x4_t)a.bits));
#else
  U32x4 r{};
  for (unsigned i = 0; i < 4; i++) r[i] = trunc_sat<uint32_t>(static_cast<float>(a.as<F32x4>()[i]));
  return V128(r);
#endif
}
// Saturating truncation of two f64 to the low lanes, 0 in the high ones.
ERMINE_SEMANTIC V128 trunc_sat_f64x2_s_zero(V128 a) {
#if ERMINE_SEMANTICS_SSE
  const auto v = (__m128d)a.bits;
  const __m128d no_nan = _mm_and_pd(v, _mm_cmpord_pd(v, v));
  return V128(_mm_cvttpd_epi32(_mm_min_pd(no_nan, _mm_set1_pd(0x7FFFFFFF))));
#else
  return V128(U32x4{trunc_sat<int32_t>(static_cast<double>(a.as<F64x2>()[0])),
                    trunc_sat<int32_t>(static_cast<double>(a.as<F64x2>()[1])), 0, 0});
#endif
}
ERMINE_SEMANTIC V128 trunc_sat_f64x2_u_zero(V128 a) {
#if ERMINE_SEMANTICS_SSE
  // Adding 2^52 puts an integer below 2^32 into the low bits of the fraction.
  const __m128d positive = _mm_max_pd((__m128d)a.bits, _mm_setzero_pd());
  const __m128d clamped = _mm_min_pd(positive, _mm_set1_pd(0xFFFFFFFF));
  const __m128d shifted =
      _mm_add_pd(_mm_round_pd(clamped, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC), _mm_set1_pd(0x1p52));
  return V128(_mm_shuffle_ps(_mm_castpd_ps(shifted), _mm_setzero_ps(), _MM_SHUFFLE(0, 0, 2, 0)));
#else
  return V128(U32x4{trunc_sat<uint32_t>(static_cast<double>(a.as<F64x2>()[0])),
                    trunc_sat<uint32_t>(static_cast<double>(a.as<F64x2>()[1])), 0, 0});
#endif
}

ERMINE_SEMANTIC V128 demote_zero(V128 a) {
  return V128(U64x2{std::bit_cast<uint64_t>(__builtin_convertvector(a.as<F64x2>(), Half<F32x4>)), 0});
}

}  // namespace detail

// f32x4
ERMINE_SEMANTIC V128 f32x4_splat(float a) { return detail::splat<U32x4>(std::bit_cast<uint32_t>(a)); }
ERMINE_SEMANTIC float f32x4_extract_lane(V128 a, unsigned lane) { return detail::extract_lane<F32x4>(a, lane); }
ERMINE_SEMANTIC V128 f32x4_replace_lane(V128 a, float b, unsigned lane) {
  return detail::replace_lane<F32x4>(a, b, lane);
}
ERMINE_SEMANTIC V128 f32x4_eq(V128 a, V128 b) { return detail::eq<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_ne(V128 a, V128 b) { return detail::ne<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_lt(V128 a, V128 b) { return detail::lt<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_gt(V128 a, V128 b) { return detail::gt<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_le(V128 a, V128 b) { return detail::le<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_ge(V128 a, V128 b) { return detail::ge<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_abs(V128 a) { return detail::fabs<F32x4>(a); }
ERMINE_SEMANTIC V128 f32x4_neg(V128 a) { return detail::fneg<F32x4>(a); }
ERMINE_SEMANTIC V128 f32x4_ceil(V128 a) { return V128(__builtin_elementwise_ceil(a.as<F32x4>())); }
ERMINE_SEMANTIC V128 f32x4_floor(V128 a) { return V128(__builtin_elementwise_floor(a.as<F32x4>())); }
ERMINE_SEMANTIC V128 f32x4_trunc(V128 a) { return V128(__builtin_elementwise_trunc(a.as<F32x4>())); }
ERMINE_SEMANTIC V128 f32x4_nearest(V128 a) { return V128(__builtin_elementwise_roundeven(a.as<F32x4>())); }
ERMINE_SEMANTIC V128 f32x4_sqrt(V128 a) { return V128(__builtin_elementwise_sqrt(a.as<F32x4>())); }
ERMINE_SEMANTIC V128 f32x4_add(V128 a, V128 b) { return V128(a.as<F32x4>() + b.as<F32x4>()); }
ERMINE_SEMANTIC V128 f32x4_sub(V128 a, V128 b) { return V128(a.as<F32x4>() - b.as<F32x4>()); }
ERMINE_SEMANTIC V128 f32x4_mul(V128 a, V128 b) { return V128(a.as<F32x4>() * b.as<F32x4>()); }
ERMINE_SEMANTIC V128 f32x4_div(V128 a, V128 b) { return V128(a.as<F32x4>() / b.as<F32x4>()); }
ERMINE_SEMANTIC V128 f32x4_min(V128 a, V128 b) { return detail::fmin<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_max(V128 a, V128 b) { return detail::fmax<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_pmin(V128 a, V128 b) { return detail::pmin<F32x4>(a, b); }
ERMINE_SEMANTIC V128 f32x4_pmax(V128 a, V128 b) { return detail::pmax<F32x4>(a, b); }

// f64x2
ERMINE_SEMANTIC V128 f64x2_splat(double a) { return detail::splat<U64x2>(std::bit_cast<uint64_t>(a)); }
ERMINE_SEMANTIC double f64x2_extract_lane(V128 a, unsigned lane) { return detail::extract_lane<F64x2>(a, lane); }
ERMINE_SEMANTIC V128 f64x2_replace_lane(V128 a, double b, unsigned lane) {
  return detail::replace_lane<F64x2>(a, b, lane);
}
ERMINE_SEMANTIC V128 f64x2_eq(V128 a, V128 b) { return detail::eq<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_ne(V128 a, V128 b) { return detail::ne<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_lt(V128 a, V128 b) { return detail::lt<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_gt(V128 a, V128 b) { return detail::gt<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_le(V128 a, V128 b) { return detail::le<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_ge(V128 a, V128 b) { return detail::ge<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_abs(V128 a) { return detail::fabs<F64x2>(a); }
ERMINE_SEMANTIC V128 f64x2_neg(V128 a) { return detail::fneg<F64x2>(a); }
ERMINE_SEMANTIC V128 f64x2_ceil(V128 a) { return V128(__builtin_elementwise_ceil(a.as<F64x2>())); }
ERMINE_SEMANTIC V128 f64x2_floor(V128 a) { return V128(__builtin_elementwise_floor(a.as<F64x2>())); }
ERMINE_SEMANTIC V128 f64x2_trunc(V128 a) { return V128(__builtin_elementwise_trunc(a.as<F64x2>())); }
ERMINE_SEMANTIC V128 f64x2_nearest(V128 a) { return V128(__builtin_elementwise_roundeven(a.as<F64x2>())); }
ERMINE_SEMANTIC V128 f64x2_sqrt(V128 a) { return V128(__builtin_elementwise_sqrt(a.as<F64x2>())); }
ERMINE_SEMANTIC V128 f64x2_add(V128 a, V128 b) { return V128(a.as<F64x2>() + b.as<F64x2>()); }
ERMINE_SEMANTIC V128 f64x2_sub(V128 a, V128 b) { return V128(a.as<F64x2>() - b.as<F64x2>()); }
ERMINE_SEMANTIC V128 f64x2_mul(V128 a, V128 b) { return V128(a.as<F64x2>() * b.as<F64x2>()); }
ERMINE_SEMANTIC V128 f64x2_div(V128 a, V128 b) { return V128(a.as<F64x2>() / b.as<F64x2>()); }
ERMINE_SEMANTIC V128 f64x2_min(V128 a, V128 b) { return detail::fmin<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_max(V128 a, V128 b) { return detail::fmax<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_pmin(V128 a, V128 b) { return detail::pmin<F64x2>(a, b); }
ERMINE_SEMANTIC V128 f64x2_pmax(V128 a, V128 b) { return detail::pmax<F64x2>(a, b); }

// Conversions.
ERMINE_SEMANTIC V128 i32x4_trunc_sat_f32x4_s(V128 a) { return detail::trunc_sat_f32x4_s(a); }
ERMINE_SEMANTIC V128 i32x4_trunc_sat_f32x4_u(V128 a) { return detail::trunc_sat_f32x4_u(a); }
ERMINE_SEMANTIC V128 i32x4_trunc_sat_f64x2_s_zero(V128 a) { return detail::trunc_sat_f64x2_s_zero(a); }
ERMINE_SEMANTIC V128 i32x4_trunc_sat_f64x2_u_zero(V128 a) { return detail::trunc_sat_f64x2_u_zero(a); }
ERMINE_SEMANTIC V128 f32x4_convert_i32x4_s(V128 a) { return V128(__builtin_convertvector(a.as<I32x4>(), F32x4)); }
ERMINE_SEMANTIC V128 f32x4_convert_i32x4_u(V128 a) { return V128(__builtin_convertvector(a.as<U32x4>(), F32x4)); }
ERMINE_SEMANTIC V128 f64x2_convert_low_i32x4_s(V128 a) { return detail::extend<F64x2, I32x4, false>(a); }
ERMINE_SEMANTIC V128 f64x2_convert_low_i32x4_u(V128 a) { return detail::extend<F64x2, U32x4, false>(a); }
ERMINE_SEMANTIC V128 f32x4_demote_f64x2_zero(V128 a) { return detail::demote_zero(a); }
ERMINE_SEMANTIC V128 f64x2_promote_low_f32x4(V128 a) { return detail::extend<F64x2, F32x4, false>(a); }

}  // namespace ermine::semantics
