// Vector instructions on integers, and those on the bits of a whole vector. (Specification 3.0, section 4.3.5.)
//
// An operation is a template over a lane view (I8x16, U16x8, …); the instructions below name its instances. Arithmetic
// uses unsigned lanes, where it wraps.
#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include "semantics/value.h"

namespace ermine::semantics {

namespace detail {

template <class L>
using Element = std::remove_cvref_t<decltype(std::declval<L>()[0])>;
template <class L>
inline constexpr unsigned kLanes = 16 / sizeof(Element<L>);
template <class L>
inline constexpr unsigned kLaneBits = 8 * sizeof(Element<L>);

// Vectors of half the width, and of double, with the same elements.
template <class L>
struct Resized {
  using Half = Element<L> __attribute__((vector_size(8)));
  using Double = Element<L> __attribute__((vector_size(32)));
};
template <class L>
using Half = typename Resized<L>::Half;
template <class L>
using Double = typename Resized<L>::Double;

template <class L, size_t... i>
ERMINE_SEMANTIC L iota(std::index_sequence<i...>) {
  return L{static_cast<Element<L>>(i)...};
}
// {0, 1, 2, …}
template <class L>
ERMINE_SEMANTIC L lane_numbers() {
  return iota<L>(std::make_index_sequence<kLanes<L>>{});
}

template <class L>
ERMINE_SEMANTIC L splat_lanes(Element<L> v) {
  return L{} + v;
}
template <class L>
ERMINE_SEMANTIC V128 splat(Element<L> v) {
  return V128(splat_lanes<L>(v));
}

template <class L>
ERMINE_SEMANTIC Element<L> extract_lane(V128 v, unsigned lane) {
  return v.as<L>()[lane & (kLanes<L> - 1)];
}
// Selected by comparison: writing through memory would stall the wide reload.
template <class L>
ERMINE_SEMANTIC V128 replace_lane(V128 v, Element<L> value, unsigned lane) {
  using Index =
      std::conditional_t<std::is_same_v<L, F32x4>, U32x4, std::conditional_t<std::is_same_v<L, F64x2>, U64x2, L>>;
  const auto chosen =
      V128(lane_numbers<Index>() == splat_lanes<Index>(static_cast<Element<Index>>(lane & (kLanes<L> - 1))));
  return V128((splat<Index>(std::bit_cast<Element<Index>>(value)).bits & chosen.bits) | (v.bits & ~chosen.bits));
}

template <class L>
ERMINE_SEMANTIC V128 add(V128 a, V128 b) {
  return V128(a.as<L>() + b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 sub(V128 a, V128 b) {
  return V128(a.as<L>() - b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 mul(V128 a, V128 b) {
  return V128(a.as<L>() * b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 add_sat(V128 a, V128 b) {
  return V128(__builtin_elementwise_add_sat(a.as<L>(), b.as<L>()));
}
template <class L>
ERMINE_SEMANTIC V128 sub_sat(V128 a, V128 b) {
  return V128(__builtin_elementwise_sub_sat(a.as<L>(), b.as<L>()));
}
template <class L>
ERMINE_SEMANTIC V128 min(V128 a, V128 b) {
  return V128(__builtin_elementwise_min(a.as<L>(), b.as<L>()));
}
template <class L>
ERMINE_SEMANTIC V128 max(V128 a, V128 b) {
  return V128(__builtin_elementwise_max(a.as<L>(), b.as<L>()));
}
// Rounds up; the sum itself would not fit the lane.
template <class L>
ERMINE_SEMANTIC V128 avgr(V128 a, V128 b) {
  const L x = a.as<L>(), y = b.as<L>();
  return V128((x | y) - ((x ^ y) >> 1));
}
template <class L>
ERMINE_SEMANTIC V128 abs(V128 a) {
  return V128(__builtin_elementwise_abs(a.as<L>()));
}

template <class L>
ERMINE_SEMANTIC V128 shl(V128 a, uint32_t count) {
  return V128(a.as<L>() << splat_lanes<L>(static_cast<Element<L>>(count & (kLaneBits<L> - 1))));
}
// Arithmetic for signed lanes, logical for unsigned ones.
template <class L>
ERMINE_SEMANTIC V128 shr(V128 a, uint32_t count) {
  return V128(a.as<L>() >> splat_lanes<L>(static_cast<Element<L>>(count & (kLaneBits<L> - 1))));
}

template <class L>
ERMINE_SEMANTIC V128 eq(V128 a, V128 b) {
  return V128(a.as<L>() == b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 ne(V128 a, V128 b) {
  return V128(a.as<L>() != b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 lt(V128 a, V128 b) {
  return V128(a.as<L>() < b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 gt(V128 a, V128 b) {
  return V128(a.as<L>() > b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 le(V128 a, V128 b) {
  return V128(a.as<L>() <= b.as<L>());
}
template <class L>
ERMINE_SEMANTIC V128 ge(V128 a, V128 b) {
  return V128(a.as<L>() >= b.as<L>());
}

ERMINE_SEMANTIC uint32_t any_bit(V128 a) {
#if ERMINE_SEMANTICS_SSE
  return !_mm_testz_si128((__m128i)a.bits, (__m128i)a.bits);
#else
  return (a.bits[0] | a.bits[1]) != 0;
#endif
}
template <class L>
ERMINE_SEMANTIC uint32_t all_true(V128 a) {
  return !any_bit(V128(a.as<L>() == L{}));
}

// The sign bits of the lanes, lane 0 lowest.
template <class L>
ERMINE_SEMANTIC uint32_t bitmask(V128 a) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (sizeof(Element<L>) == 1) {
    return static_cast<uint32_t>(_mm_movemask_epi8((__m128i)a.bits));
  } else if constexpr (sizeof(Element<L>) == 2) {
    return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16((__m128i)a.bits, _mm_setzero_si128())));
  } else if constexpr (sizeof(Element<L>) == 4) {
    return static_cast<uint32_t>(_mm_movemask_ps((__m128)a.bits));
  } else {
    return static_cast<uint32_t>(_mm_movemask_pd((__m128d)a.bits));
  }
#else
  // Lane i of each half contributes 1 << i; a half has eight lanes at most.
  const L weights = L{} + 1 << (lane_numbers<L>() & 7);
  const V128 bits((L)(a.as<L>() < L{}) & weights);
  if constexpr (sizeof(Element<L>) == 1) {
    const auto sum = [](uint64_t half) {
      return static_cast<uint32_t>(static_cast<uint8_t>(__builtin_reduce_add(std::bit_cast<Half<U8x16>>(half))));
    };
    return sum(bits.bits[0]) | sum(bits.bits[1]) << 8;
  } else {
    return static_cast<uint32_t>(__builtin_reduce_add(bits.as<L>()));
  }
#endif
}

template <class L, bool high>
ERMINE_SEMANTIC Half<L> half(V128 a) {
  return std::bit_cast<Half<L>>(static_cast<uint64_t>(a.bits[high ? 1 : 0]));
}
// The lanes of one half of `From`, each extended to a lane of `To` by the signedness of `From`.
template <class To, class From, bool high>
ERMINE_SEMANTIC To extend_lanes(V128 a) {
  return __builtin_convertvector((half<From, high>(a)), To);
}
template <class To, class From, bool high>
ERMINE_SEMANTIC V128 extend(V128 a) {
  return V128(extend_lanes<To, From, high>(a));
}
// The products need the double width, and have it, so nothing is lost.
template <class To, class From, bool high>
ERMINE_SEMANTIC V128 extmul(V128 a, V128 b) {
  return V128(extend_lanes<To, From, high>(a) * extend_lanes<To, From, high>(b));
}

// `To` has half as many lanes of the same signedness: shifts separate even and odd lanes.
template <class To>
ERMINE_SEMANTIC V128 extadd_pairwise(V128 a) {
#if ERMINE_SEMANTICS_SSE
  if constexpr (std::is_same_v<To, I16x8>) {
    return V128(_mm_maddubs_epi16(_mm_set1_epi8(1), (__m128i)a.bits));
  } else if constexpr (std::is_same_v<To, U16x8>) {
    return V128(_mm_maddubs_epi16((__m128i)a.bits, _mm_set1_epi8(1)));
  } else if constexpr (std::is_same_v<To, I32x4>) {
    return V128(_mm_madd_epi16((__m128i)a.bits, _mm_set1_epi16(1)));
  }
#endif
  constexpr int kBits = kLaneBits<To> / 2;
  using Unsigned = std::conditional_t<kLaneBits<To> == 16, U16x8, U32x4>;
  const To even = (To)(a.as<Unsigned>() << kBits) >> kBits;
  return V128(even + (a.as<To>() >> kBits));
}

// Each lane of a, then of b, clamped to the range of `Narrow` (of half the width); the source is signed.
template <class Narrow, class Wide>
ERMINE_SEMANTIC V128 narrow(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  const auto x = (__m128i)a.bits, y = (__m128i)b.bits;
  if constexpr (std::is_same_v<Narrow, I8x16>) return V128(_mm_packs_epi16(x, y));
  if constexpr (std::is_same_v<Narrow, U8x16>) return V128(_mm_packus_epi16(x, y));
  if constexpr (std::is_same_v<Narrow, I16x8>) return V128(_mm_packs_epi32(x, y));
  if constexpr (std::is_same_v<Narrow, U16x8>) return V128(_mm_packus_epi32(x, y));
#else
  const auto half = [](V128 v) {
    const Wide low = splat_lanes<Wide>(std::numeric_limits<Element<Narrow>>::min());
    const Wide high = splat_lanes<Wide>(std::numeric_limits<Element<Narrow>>::max());
    const Wide clamped = __builtin_elementwise_min(__builtin_elementwise_max(v.as<Wide>(), low), high);
    return std::bit_cast<uint64_t>(__builtin_convertvector(clamped, Half<Narrow>));
  };
  return V128(U64x2{half(a), half(b)});
#endif
}

ERMINE_SEMANTIC V128 popcnt8(V128 a) {
#if ERMINE_SEMANTICS_SSE
  const __m128i counts = _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m128i nibble = _mm_set1_epi8(15);
  const __m128i low = _mm_and_si128((__m128i)a.bits, nibble);
  const __m128i high = _mm_and_si128(_mm_srli_epi16((__m128i)a.bits, 4), nibble);
  return V128(_mm_add_epi8(_mm_shuffle_epi8(counts, low), _mm_shuffle_epi8(counts, high)));
#elif ERMINE_SEMANTICS_NEON
  return V128(vcntq_u8((uint8x16_t)a.bits));
#else
  U8x16 v = a.as<U8x16>();
  v = v - (v >> 1 & 0x55);
  v = (v & 0x33) + (v >> 2 & 0x33);
  return V128((v + (v >> 4)) & 0x0F);
#endif
}

ERMINE_SEMANTIC V128 q15mulr_sat(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  // The processor's result differs only where both are -1.0: it is -1.0 there and nowhere else.
  const V128 r(_mm_mulhrs_epi16((__m128i)a.bits, (__m128i)b.bits));
  return V128(r.as<U16x8>() ^ (U16x8)(r.as<U16x8>() == splat_lanes<U16x8>(0x8000)));
#else
  using Wide = int32_t __attribute__((vector_size(32)));
  const Wide product = __builtin_convertvector(a.as<I16x8>(), Wide) * __builtin_convertvector(b.as<I16x8>(), Wide);
  const Wide rounded = (product + 0x4000) >> 15;
  return V128(__builtin_convertvector(__builtin_elementwise_min(rounded, Wide{} + 0x7FFF), I16x8));
#endif
}

ERMINE_SEMANTIC V128 dot_i16(V128 a, V128 b) {
#if ERMINE_SEMANTICS_SSE
  return V128(_mm_madd_epi16((__m128i)a.bits, (__m128i)b.bits));
#else
  const auto even = [](V128 v) { return (U32x4)((I32x4)(v.as<U32x4>() << 16) >> 16); };
  const auto odd = [](V128 v) { return (U32x4)(v.as<I32x4>() >> 16); };
  return V128(even(a) * even(b) + odd(a) * odd(b));
#endif
}

// Lanes of `a` chosen by `index`; 0 where the index is 16 or more.
ERMINE_SEMANTIC V128 swizzle(V128 a, V128 index) {
#if ERMINE_SEMANTICS_SSE
  // The processor gives 0 where the top bit of the index is set.
  const __m128i above = _mm_adds_epu8((__m128i)index.bits, _mm_set1_epi8(0x70));
  return V128(_mm_shuffle_epi8((__m128i)a.bits, above));
#elif ERMINE_SEMANTICS_NEON
  return V128(vqtbl1q_u8((uint8x16_t)a.bits, (uint8x16_t)index.bits));
#else
  U8x16 r{};
  for (unsigned i = 0; i < 16; i++) {
    const unsigned k = index.as<U8x16>()[i];
    r[i] = k < 16 ? static_cast<uint8_t>(a.as<U8x16>()[k]) : 0;
  }
  return V128(r);
#endif
}

// Lanes of the 32 of `a` and `b`; an index of 32 or more, which validation forbids, gives 0.
ERMINE_SEMANTIC V128 shuffle(V128 a, V128 b, V128 lanes) {
#if ERMINE_SEMANTICS_NEON
  return V128(vqtbl2q_u8(uint8x16x2_t{(uint8x16_t)a.bits, (uint8x16_t)b.bits}, (uint8x16_t)lanes.bits));
#else
  const V128 in_b(lanes.as<U8x16>() - splat_lanes<U8x16>(16));
  return V128(swizzle(a, lanes).bits | swizzle(b, in_b).bits);
#endif
}

}  // namespace detail

// Bits of the whole vector.
ERMINE_SEMANTIC V128 v128_not(V128 a) { return V128(~a.bits); }
ERMINE_SEMANTIC V128 v128_and(V128 a, V128 b) { return V128(a.bits & b.bits); }
ERMINE_SEMANTIC V128 v128_andnot(V128 a, V128 b) { return V128(a.bits & ~b.bits); }
ERMINE_SEMANTIC V128 v128_or(V128 a, V128 b) { return V128(a.bits | b.bits); }
ERMINE_SEMANTIC V128 v128_xor(V128 a, V128 b) { return V128(a.bits ^ b.bits); }
ERMINE_SEMANTIC V128 v128_bitselect(V128 a, V128 b, V128 mask) {
  return V128((a.bits & mask.bits) | (b.bits & ~mask.bits));
}
ERMINE_SEMANTIC uint32_t v128_any_true(V128 a) { return detail::any_bit(a); }
ERMINE_SEMANTIC V128 i8x16_shuffle(V128 a, V128 b, V128 lanes) { return detail::shuffle(a, b, lanes); }
ERMINE_SEMANTIC V128 i8x16_swizzle(V128 a, V128 b) { return detail::swizzle(a, b); }

// i8x16
ERMINE_SEMANTIC V128 i8x16_splat(uint32_t a) { return detail::splat<U8x16>(static_cast<uint8_t>(a)); }
ERMINE_SEMANTIC uint32_t i8x16_extract_lane_s(V128 a, unsigned lane) {
  return static_cast<uint32_t>(int32_t{detail::extract_lane<I8x16>(a, lane)});
}
ERMINE_SEMANTIC uint32_t i8x16_extract_lane_u(V128 a, unsigned lane) { return detail::extract_lane<U8x16>(a, lane); }
ERMINE_SEMANTIC V128 i8x16_replace_lane(V128 a, uint32_t b, unsigned lane) {
  return detail::replace_lane<U8x16>(a, static_cast<uint8_t>(b), lane);
}
ERMINE_SEMANTIC V128 i8x16_eq(V128 a, V128 b) { return detail::eq<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_ne(V128 a, V128 b) { return detail::ne<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_lt_s(V128 a, V128 b) { return detail::lt<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_lt_u(V128 a, V128 b) { return detail::lt<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_gt_s(V128 a, V128 b) { return detail::gt<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_gt_u(V128 a, V128 b) { return detail::gt<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_le_s(V128 a, V128 b) { return detail::le<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_le_u(V128 a, V128 b) { return detail::le<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_ge_s(V128 a, V128 b) { return detail::ge<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_ge_u(V128 a, V128 b) { return detail::ge<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_abs(V128 a) { return detail::abs<I8x16>(a); }
ERMINE_SEMANTIC V128 i8x16_neg(V128 a) { return detail::sub<U8x16>(V128::zero(), a); }
ERMINE_SEMANTIC V128 i8x16_popcnt(V128 a) { return detail::popcnt8(a); }
ERMINE_SEMANTIC uint32_t i8x16_all_true(V128 a) { return detail::all_true<U8x16>(a); }
ERMINE_SEMANTIC uint32_t i8x16_bitmask(V128 a) { return detail::bitmask<I8x16>(a); }
ERMINE_SEMANTIC V128 i8x16_shl(V128 a, uint32_t count) { return detail::shl<U8x16>(a, count); }
ERMINE_SEMANTIC V128 i8x16_shr_s(V128 a, uint32_t count) { return detail::shr<I8x16>(a, count); }
ERMINE_SEMANTIC V128 i8x16_shr_u(V128 a, uint32_t count) { return detail::shr<U8x16>(a, count); }
ERMINE_SEMANTIC V128 i8x16_add(V128 a, V128 b) { return detail::add<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_sub(V128 a, V128 b) { return detail::sub<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_add_sat_s(V128 a, V128 b) { return detail::add_sat<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_add_sat_u(V128 a, V128 b) { return detail::add_sat<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_sub_sat_s(V128 a, V128 b) { return detail::sub_sat<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_sub_sat_u(V128 a, V128 b) { return detail::sub_sat<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_min_s(V128 a, V128 b) { return detail::min<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_min_u(V128 a, V128 b) { return detail::min<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_max_s(V128 a, V128 b) { return detail::max<I8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_max_u(V128 a, V128 b) { return detail::max<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_avgr_u(V128 a, V128 b) { return detail::avgr<U8x16>(a, b); }
ERMINE_SEMANTIC V128 i8x16_narrow_i16x8_s(V128 a, V128 b) { return detail::narrow<I8x16, I16x8>(a, b); }
ERMINE_SEMANTIC V128 i8x16_narrow_i16x8_u(V128 a, V128 b) { return detail::narrow<U8x16, I16x8>(a, b); }

// i16x8
ERMINE_SEMANTIC V128 i16x8_splat(uint32_t a) { return detail::splat<U16x8>(static_cast<uint16_t>(a)); }
ERMINE_SEMANTIC uint32_t i16x8_extract_lane_s(V128 a, unsigned lane) {
  return static_cast<uint32_t>(int32_t{detail::extract_lane<I16x8>(a, lane)});
}
ERMINE_SEMANTIC uint32_t i16x8_extract_lane_u(V128 a, unsigned lane) { return detail::extract_lane<U16x8>(a, lane); }
ERMINE_SEMANTIC V128 i16x8_replace_lane(V128 a, uint32_t b, unsigned lane) {
  return detail::replace_lane<U16x8>(a, static_cast<uint16_t>(b), lane);
}
ERMINE_SEMANTIC V128 i16x8_eq(V128 a, V128 b) { return detail::eq<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_ne(V128 a, V128 b) { return detail::ne<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_lt_s(V128 a, V128 b) { return detail::lt<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_lt_u(V128 a, V128 b) { return detail::lt<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_gt_s(V128 a, V128 b) { return detail::gt<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_gt_u(V128 a, V128 b) { return detail::gt<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_le_s(V128 a, V128 b) { return detail::le<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_le_u(V128 a, V128 b) { return detail::le<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_ge_s(V128 a, V128 b) { return detail::ge<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_ge_u(V128 a, V128 b) { return detail::ge<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_abs(V128 a) { return detail::abs<I16x8>(a); }
ERMINE_SEMANTIC V128 i16x8_neg(V128 a) { return detail::sub<U16x8>(V128::zero(), a); }
ERMINE_SEMANTIC uint32_t i16x8_all_true(V128 a) { return detail::all_true<U16x8>(a); }
ERMINE_SEMANTIC uint32_t i16x8_bitmask(V128 a) { return detail::bitmask<I16x8>(a); }
ERMINE_SEMANTIC V128 i16x8_shl(V128 a, uint32_t count) { return detail::shl<U16x8>(a, count); }
ERMINE_SEMANTIC V128 i16x8_shr_s(V128 a, uint32_t count) { return detail::shr<I16x8>(a, count); }
ERMINE_SEMANTIC V128 i16x8_shr_u(V128 a, uint32_t count) { return detail::shr<U16x8>(a, count); }
ERMINE_SEMANTIC V128 i16x8_add(V128 a, V128 b) { return detail::add<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_sub(V128 a, V128 b) { return detail::sub<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_mul(V128 a, V128 b) { return detail::mul<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_add_sat_s(V128 a, V128 b) { return detail::add_sat<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_add_sat_u(V128 a, V128 b) { return detail::add_sat<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_sub_sat_s(V128 a, V128 b) { return detail::sub_sat<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_sub_sat_u(V128 a, V128 b) { return detail::sub_sat<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_min_s(V128 a, V128 b) { return detail::min<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_min_u(V128 a, V128 b) { return detail::min<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_max_s(V128 a, V128 b) { return detail::max<I16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_max_u(V128 a, V128 b) { return detail::max<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_avgr_u(V128 a, V128 b) { return detail::avgr<U16x8>(a, b); }
ERMINE_SEMANTIC V128 i16x8_q15mulr_sat_s(V128 a, V128 b) { return detail::q15mulr_sat(a, b); }
ERMINE_SEMANTIC V128 i16x8_extadd_pairwise_i8x16_s(V128 a) { return detail::extadd_pairwise<I16x8>(a); }
ERMINE_SEMANTIC V128 i16x8_extadd_pairwise_i8x16_u(V128 a) { return detail::extadd_pairwise<U16x8>(a); }
ERMINE_SEMANTIC V128 i16x8_extend_low_i8x16_s(V128 a) { return detail::extend<I16x8, I8x16, false>(a); }
ERMINE_SEMANTIC V128 i16x8_extend_low_i8x16_u(V128 a) { return detail::extend<U16x8, U8x16, false>(a); }
ERMINE_SEMANTIC V128 i16x8_extend_high_i8x16_s(V128 a) { return detail::extend<I16x8, I8x16, true>(a); }
ERMINE_SEMANTIC V128 i16x8_extend_high_i8x16_u(V128 a) { return detail::extend<U16x8, U8x16, true>(a); }
ERMINE_SEMANTIC V128 i16x8_extmul_low_i8x16_s(V128 a, V128 b) { return detail::extmul<I16x8, I8x16, false>(a, b); }
ERMINE_SEMANTIC V128 i16x8_extmul_low_i8x16_u(V128 a, V128 b) { return detail::extmul<U16x8, U8x16, false>(a, b); }
ERMINE_SEMANTIC V128 i16x8_extmul_high_i8x16_s(V128 a, V128 b) { return detail::extmul<I16x8, I8x16, true>(a, b); }
ERMINE_SEMANTIC V128 i16x8_extmul_high_i8x16_u(V128 a, V128 b) { return detail::extmul<U16x8, U8x16, true>(a, b); }
ERMINE_SEMANTIC V128 i16x8_narrow_i32x4_s(V128 a, V128 b) { return detail::narrow<I16x8, I32x4>(a, b); }
ERMINE_SEMANTIC V128 i16x8_narrow_i32x4_u(V128 a, V128 b) { return detail::narrow<U16x8, I32x4>(a, b); }

// i32x4
ERMINE_SEMANTIC V128 i32x4_splat(uint32_t a) { return detail::splat<U32x4>(a); }
ERMINE_SEMANTIC uint32_t i32x4_extract_lane(V128 a, unsigned lane) { return detail::extract_lane<U32x4>(a, lane); }
ERMINE_SEMANTIC V128 i32x4_replace_lane(V128 a, uint32_t b, unsigned lane) {
  return detail::replace_lane<U32x4>(a, b, lane);
}
ERMINE_SEMANTIC V128 i32x4_eq(V128 a, V128 b) { return detail::eq<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_ne(V128 a, V128 b) { return detail::ne<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_lt_s(V128 a, V128 b) { return detail::lt<I32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_lt_u(V128 a, V128 b) { return detail::lt<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_gt_s(V128 a, V128 b) { return detail::gt<I32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_gt_u(V128 a, V128 b) { return detail::gt<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_le_s(V128 a, V128 b) { return detail::le<I32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_le_u(V128 a, V128 b) { return detail::le<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_ge_s(V128 a, V128 b) { return detail::ge<I32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_ge_u(V128 a, V128 b) { return detail::ge<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_abs(V128 a) { return detail::abs<I32x4>(a); }
ERMINE_SEMANTIC V128 i32x4_neg(V128 a) { return detail::sub<U32x4>(V128::zero(), a); }
ERMINE_SEMANTIC uint32_t i32x4_all_true(V128 a) { return detail::all_true<U32x4>(a); }
ERMINE_SEMANTIC uint32_t i32x4_bitmask(V128 a) { return detail::bitmask<I32x4>(a); }
ERMINE_SEMANTIC V128 i32x4_shl(V128 a, uint32_t count) { return detail::shl<U32x4>(a, count); }
ERMINE_SEMANTIC V128 i32x4_shr_s(V128 a, uint32_t count) { return detail::shr<I32x4>(a, count); }
ERMINE_SEMANTIC V128 i32x4_shr_u(V128 a, uint32_t count) { return detail::shr<U32x4>(a, count); }
ERMINE_SEMANTIC V128 i32x4_add(V128 a, V128 b) { return detail::add<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_sub(V128 a, V128 b) { return detail::sub<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_mul(V128 a, V128 b) { return detail::mul<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_min_s(V128 a, V128 b) { return detail::min<I32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_min_u(V128 a, V128 b) { return detail::min<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_max_s(V128 a, V128 b) { return detail::max<I32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_max_u(V128 a, V128 b) { return detail::max<U32x4>(a, b); }
ERMINE_SEMANTIC V128 i32x4_dot_i16x8_s(V128 a, V128 b) { return detail::dot_i16(a, b); }
ERMINE_SEMANTIC V128 i32x4_extadd_pairwise_i16x8_s(V128 a) { return detail::extadd_pairwise<I32x4>(a); }
ERMINE_SEMANTIC V128 i32x4_extadd_pairwise_i16x8_u(V128 a) { return detail::extadd_pairwise<U32x4>(a); }
ERMINE_SEMANTIC V128 i32x4_extend_low_i16x8_s(V128 a) { return detail::extend<I32x4, I16x8, false>(a); }
ERMINE_SEMANTIC V128 i32x4_extend_low_i16x8_u(V128 a) { return detail::extend<U32x4, U16x8, false>(a); }
ERMINE_SEMANTIC V128 i32x4_extend_high_i16x8_s(V128 a) { return detail::extend<I32x4, I16x8, true>(a); }
ERMINE_SEMANTIC V128 i32x4_extend_high_i16x8_u(V128 a) { return detail::extend<U32x4, U16x8, true>(a); }
ERMINE_SEMANTIC V128 i32x4_extmul_low_i16x8_s(V128 a, V128 b) { return detail::extmul<I32x4, I16x8, false>(a, b); }
ERMINE_SEMANTIC V128 i32x4_extmul_low_i16x8_u(V128 a, V128 b) { return detail::extmul<U32x4, U16x8, false>(a, b); }
ERMINE_SEMANTIC V128 i32x4_extmul_high_i16x8_s(V128 a, V128 b) { return detail::extmul<I32x4, I16x8, true>(a, b); }
ERMINE_SEMANTIC V128 i32x4_extmul_high_i16x8_u(V128 a, V128 b) { return detail::extmul<U32x4, U16x8, true>(a, b); }

// i64x2
ERMINE_SEMANTIC V128 i64x2_splat(uint64_t a) { return detail::splat<U64x2>(a); }
ERMINE_SEMANTIC uint64_t i64x2_extract_lane(V128 a, unsigned lane) { return detail::extract_lane<U64x2>(a, lane); }
ERMINE_SEMANTIC V128 i64x2_replace_lane(V128 a, uint64_t b, unsigned lane) {
  return detail::replace_lane<U64x2>(a, b, lane);
}
ERMINE_SEMANTIC V128 i64x2_eq(V128 a, V128 b) { return detail::eq<U64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_ne(V128 a, V128 b) { return detail::ne<U64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_lt_s(V128 a, V128 b) { return detail::lt<I64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_gt_s(V128 a, V128 b) { return detail::gt<I64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_le_s(V128 a, V128 b) { return detail::le<I64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_ge_s(V128 a, V128 b) { return detail::ge<I64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_abs(V128 a) { return detail::abs<I64x2>(a); }
ERMINE_SEMANTIC V128 i64x2_neg(V128 a) { return detail::sub<U64x2>(V128::zero(), a); }
ERMINE_SEMANTIC uint32_t i64x2_all_true(V128 a) { return detail::all_true<U64x2>(a); }
ERMINE_SEMANTIC uint32_t i64x2_bitmask(V128 a) { return detail::bitmask<I64x2>(a); }
ERMINE_SEMANTIC V128 i64x2_shl(V128 a, uint32_t count) { return detail::shl<U64x2>(a, count); }
ERMINE_SEMANTIC V128 i64x2_shr_s(V128 a, uint32_t count) { return detail::shr<I64x2>(a, count); }
ERMINE_SEMANTIC V128 i64x2_shr_u(V128 a, uint32_t count) { return detail::shr<U64x2>(a, count); }
ERMINE_SEMANTIC V128 i64x2_add(V128 a, V128 b) { return detail::add<U64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_sub(V128 a, V128 b) { return detail::sub<U64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_mul(V128 a, V128 b) { return detail::mul<U64x2>(a, b); }
ERMINE_SEMANTIC V128 i64x2_extend_low_i32x4_s(V128 a) { return detail::extend<I64x2, I32x4, false>(a); }
ERMINE_SEMANTIC V128 i64x2_extend_low_i32x4_u(V128 a) { return detail::extend<U64x2, U32x4, false>(a); }
ERMINE_SEMANTIC V128 i64x2_extend_high_i32x4_s(V128 a) { return detail::extend<I64x2, I32x4, true>(a); }
ERMINE_SEMANTIC V128 i64x2_extend_high_i32x4_u(V128 a) { return detail::extend<U64x2, U32x4, true>(a); }
ERMINE_SEMANTIC V128 i64x2_extmul_low_i32x4_s(V128 a, V128 b) { return detail::extmul<I64x2, I32x4, false>(a, b); }
ERMINE_SEMANTIC V128 i64x2_extmul_low_i32x4_u(V128 a, V128 b) { return detail::extmul<U64x2, U32x4, false>(a, b); }
ERMINE_SEMANTIC V128 i64x2_extmul_high_i32x4_s(V128 a, V128 b) { return detail::extmul<I64x2, I32x4, true>(a, b); }
ERMINE_SEMANTIC V128 i64x2_extmul_high_i32x4_u(V128 a, V128 b) { return detail::extmul<U64x2, U32x4, true>(a, b); }

}  // namespace ermine::semantics
