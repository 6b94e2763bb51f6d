// Vector loads and stores, over a host pointer that the caller has checked for bounds. See memory.h.
#pragma once

#include "semantics/memory.h"
#include "semantics/simd_int.h"

namespace ermine::semantics {

namespace detail {

// Eight bytes as lanes of `From`, each extended to a lane of `To`.
template <class To, class From>
ERMINE_SEMANTIC V128 load_extend(const uint8_t* p) {
  return V128(__builtin_convertvector(load<Half<From>>(p), To));
}
template <class L>
ERMINE_SEMANTIC V128 load_splat(const uint8_t* p) {
  return splat<L>(load<Element<L>>(p));
}
template <class L>
ERMINE_SEMANTIC V128 load_lane(const uint8_t* p, V128 v, unsigned lane) {
  return replace_lane<L>(v, load<Element<L>>(p), lane);
}
template <class L>
ERMINE_SEMANTIC void store_lane(uint8_t* p, V128 v, unsigned lane) {
  store<Element<L>>(p, extract_lane<L>(v, lane));
}

}  // namespace detail

ERMINE_SEMANTIC V128 v128_load(const uint8_t* p) { return V128::load(p); }
ERMINE_SEMANTIC void v128_store(uint8_t* p, V128 v) { v.store(p); }
ERMINE_SEMANTIC V128 v128_load8x8_s(const uint8_t* p) { return detail::load_extend<I16x8, I8x16>(p); }
ERMINE_SEMANTIC V128 v128_load8x8_u(const uint8_t* p) { return detail::load_extend<U16x8, U8x16>(p); }
ERMINE_SEMANTIC V128 v128_load16x4_s(const uint8_t* p) { return detail::load_extend<I32x4, I16x8>(p); }
ERMINE_SEMANTIC V128 v128_load16x4_u(const uint8_t* p) { return detail::load_extend<U32x4, U16x8>(p); }
ERMINE_SEMANTIC V128 v128_load32x2_s(const uint8_t* p) { return detail::load_extend<I64x2, I32x4>(p); }
ERMINE_SEMANTIC V128 v128_load32x2_u(const uint8_t* p) { return detail::load_extend<U64x2, U32x4>(p); }
ERMINE_SEMANTIC V128 v128_load8_splat(const uint8_t* p) { return detail::load_splat<U8x16>(p); }
ERMINE_SEMANTIC V128 v128_load16_splat(const uint8_t* p) { return detail::load_splat<U16x8>(p); }
ERMINE_SEMANTIC V128 v128_load32_splat(const uint8_t* p) { return detail::load_splat<U32x4>(p); }
ERMINE_SEMANTIC V128 v128_load64_splat(const uint8_t* p) { return detail::load_splat<U64x2>(p); }
ERMINE_SEMANTIC V128 v128_load32_zero(const uint8_t* p) { return V128(U32x4{detail::load<uint32_t>(p), 0, 0, 0}); }
ERMINE_SEMANTIC V128 v128_load64_zero(const uint8_t* p) { return V128(U64x2{detail::load<uint64_t>(p), 0}); }
ERMINE_SEMANTIC V128 v128_load8_lane(const uint8_t* p, V128 v, unsigned lane) {
  return detail::load_lane<U8x16>(p, v, lane);
}
ERMINE_SEMANTIC V128 v128_load16_lane(const uint8_t* p, V128 v, unsigned lane) {
  return detail::load_lane<U16x8>(p, v, lane);
}
ERMINE_SEMANTIC V128 v128_load32_lane(const uint8_t* p, V128 v, unsigned lane) {
  return detail::load_lane<U32x4>(p, v, lane);
}
ERMINE_SEMANTIC V128 v128_load64_lane(const uint8_t* p, V128 v, unsigned lane) {
  return detail::load_lane<U64x2>(p, v, lane);
}
ERMINE_SEMANTIC void v128_store8_lane(uint8_t* p, V128 v, unsigned lane) { detail::store_lane<U8x16>(p, v, lane); }
ERMINE_SEMANTIC void v128_store16_lane(uint8_t* p, V128 v, unsigned lane) { detail::store_lane<U16x8>(p, v, lane); }
ERMINE_SEMANTIC void v128_store32_lane(uint8_t* p, V128 v, unsigned lane) { detail::store_lane<U32x4>(p, v, lane); }
ERMINE_SEMANTIC void v128_store64_lane(uint8_t* p, V128 v, unsigned lane) { detail::store_lane<U64x2>(p, v, lane); }

}  // namespace ermine::semantics
