// Relaxed vector instructions. (Specification 3.0, section 4.3.6.)
//
// The specification leaves a choice, which must be the same wherever the program runs: in every tier and every lane.
// Each function takes it as a template parameter: the choice of the deterministic profile (`true`), which is the same
// on every machine, or the choice of the machine (`false`, the default). Where the machine's choice is not cheaper
// there is one for both. Code generators must follow these functions:
//                        machine's choice on x86-64                        elsewhere
//   swizzle              index 16…127: taken modulo 16                     deterministic
//   trunc_…_s            out of range: -2^31                               deterministic
//   madd, nmadd          fused if the processor has FMA                    fused
//   min, max             the second operand if a NaN or two zeros          deterministic
//   q15mulr              -1 times -1 is -1                                 deterministic
//   dot                  the second operand's lanes are unsigned           deterministic
//   laneselect, trunc_…_u   deterministic                                  deterministic
#pragma once

#include "platform/cpu_features.h"
#include "semantics/simd_float.h"
#include "semantics/simd_int.h"

namespace ermine::semantics {

namespace detail {

// Whether madd fuses by the machine's choice. Constant during a process.
ERMINE_SEMANTIC bool fuses() {
#if defined(__x86_64__) && !defined(__FMA__)
  return platform::cpu_features.fma;
#else
  return true;
#endif
}

#if defined(__x86_64__) && ERMINE_SEMANTICS_SSE && !defined(__FMA__)
[[gnu::target("fma"), gnu::noinline]] inline V128 fma_f32x4(V128 a, V128 b, V128 c) {
  return V128(_mm_fmadd_ps((__m128)a.bits, (__m128)b.bits, (__m128)c.bits));
}
[[gnu::target("fma"), gnu::noinline]] inline V128 fma_f64x2(V128 a, V128 b, V128 c) {
  return V128(_mm_fmadd_pd((__m128d)a.bits, (__m128d)b.bits, (__m128d)c.bits));
}
#else
ERMINE_SEMANTIC V128 fma_f32x4(V128 a, V128 b, V128 c) {
  return V128(__builtin_elementwise_fma(a.as<F32x4>(), b.as<F32x4>(), c.as<F32x4>()));
}
ERMINE_SEMANTIC V128 fma_f64x2(V128 a, V128 b, V128 c) {
  return V128(__builtin_elementwise_fma(a.as<F64x2>(), b.as<F64x2>(), c.as<F64x2>()));
}
#endif

template <class F, bool deterministic>
ERMINE_SEMANTIC V128 relaxed_madd(V128 a, V128 b, V128 c) {
  if constexpr (!deterministic) {
    if (fuses()) [[likely]] {
      if constexpr (std::is_same_v<F, F32x4>) {
        return fma_f32x4(a, b, c);
      } else {
        return fma_f64x2(a, b, c);
      }
    }
  }
  const F product = a.as<F>() * b.as<F>();
  return V128(product + c.as<F>());
}

// Signed products of even and odd lanes of bytes, added in pairs with saturation. By the machine's choice the second
// factor is unsigned.
template <bool deterministic>
ERMINE_SEMANTIC V128 relaxed_dot(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_maddubs_epi16((__m128i)b.bits, (__m128i)a.bits));
#endif
  const auto even = [](V128 v) { return (I16x8)(v.as<U16x8>() << 8) >> 8; };
  const auto odd = [](V128 v) { return v.as<I16x8>() >> 8; };
  return V128(__builtin_elementwise_add_sat(even(a) * even(b), odd(a) * odd(b)));
}

}  // namespace detail

template <bool deterministic = false>
ERMINE_SEMANTIC V128 i8x16_relaxed_swizzle(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_shuffle_epi8((__m128i)a.bits, (__m128i)b.bits));
#endif
  return detail::swizzle(a, b);
}

template <bool deterministic = false>
ERMINE_SEMANTIC V128 i32x4_relaxed_trunc_f32x4_s(V128 a) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_cvttps_epi32((__m128)a.bits));
#endif
  return i32x4_trunc_sat_f32x4_s(a);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i32x4_relaxed_trunc_f64x2_s_zero(V128 a) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_cvttpd_epi32((__m128d)a.bits));
#endif
  return i32x4_trunc_sat_f64x2_s_zero(a);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i32x4_relaxed_trunc_f32x4_u(V128 a) {
  return i32x4_trunc_sat_f32x4_u(a);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i32x4_relaxed_trunc_f64x2_u_zero(V128 a) {
  return i32x4_trunc_sat_f64x2_u_zero(a);
}

template <bool deterministic = false>
ERMINE_SEMANTIC V128 f32x4_relaxed_madd(V128 a, V128 b, V128 c) {
  return detail::relaxed_madd<F32x4, deterministic>(a, b, c);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f32x4_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return detail::relaxed_madd<F32x4, deterministic>(f32x4_neg(a), b, c);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f32x4_relaxed_min(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_min_ps((__m128)a.bits, (__m128)b.bits));
#endif
  return f32x4_min(a, b);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f32x4_relaxed_max(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_max_ps((__m128)a.bits, (__m128)b.bits));
#endif
  return f32x4_max(a, b);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f64x2_relaxed_madd(V128 a, V128 b, V128 c) {
  return detail::relaxed_madd<F64x2, deterministic>(a, b, c);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f64x2_relaxed_nmadd(V128 a, V128 b, V128 c) {
  return detail::relaxed_madd<F64x2, deterministic>(f64x2_neg(a), b, c);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f64x2_relaxed_min(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_min_pd((__m128d)a.bits, (__m128d)b.bits));
#endif
  return f64x2_min(a, b);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 f64x2_relaxed_max(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_max_pd((__m128d)a.bits, (__m128d)b.bits));
#endif
  return f64x2_max(a, b);
}

template <bool deterministic = false>
ERMINE_SEMANTIC V128 i8x16_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i16x8_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i32x4_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i64x2_relaxed_laneselect(V128 a, V128 b, V128 mask) {
  return v128_bitselect(a, b, mask);
}

template <bool deterministic = false>
ERMINE_SEMANTIC V128 i16x8_relaxed_q15mulr_s(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (!deterministic) return V128(_mm_mulhrs_epi16((__m128i)a.bits, (__m128i)b.bits));
#endif
  return i16x8_q15mulr_sat_s(a, b);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i16x8_relaxed_dot_i8x16_i7x16_s(V128 a, V128 b) {
  return detail::relaxed_dot<deterministic>(a, b);
}
template <bool deterministic = false>
ERMINE_SEMANTIC V128 i32x4_relaxed_dot_i8x16_i7x16_add_s(V128 a, V128 b, V128 c) {
  return i32x4_add(i32x4_extadd_pairwise_i16x8_s(detail::relaxed_dot<deterministic>(a, b)), c);
}

}  // namespace ermine::semantics
