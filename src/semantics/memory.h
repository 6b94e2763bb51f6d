// Scalar loads and stores, over a host pointer that the caller has checked for bounds. Any alignment is possible.
// Floats move as bits, so that a signalling NaN is preserved.
#pragma once

#include "semantics/value.h"

namespace ermine::semantics {

namespace detail {

template <class T>
ERMINE_SEMANTIC T load(const uint8_t* p) {
  T v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
ERMINE_SEMANTIC void store(uint8_t* p, T v) {
  __builtin_memcpy(p, &v, sizeof v);
}

}  // namespace detail

ERMINE_SEMANTIC uint32_t i32_load(const uint8_t* p) { return detail::load<uint32_t>(p); }
ERMINE_SEMANTIC uint64_t i64_load(const uint8_t* p) { return detail::load<uint64_t>(p); }
ERMINE_SEMANTIC float f32_load(const uint8_t* p) { return detail::load<float>(p); }
ERMINE_SEMANTIC double f64_load(const uint8_t* p) { return detail::load<double>(p); }
ERMINE_SEMANTIC uint32_t i32_load8_s(const uint8_t* p) {
  return static_cast<uint32_t>(int32_t{detail::load<int8_t>(p)});
}
ERMINE_SEMANTIC uint32_t i32_load8_u(const uint8_t* p) { return detail::load<uint8_t>(p); }
ERMINE_SEMANTIC uint32_t i32_load16_s(const uint8_t* p) {
  return static_cast<uint32_t>(int32_t{detail::load<int16_t>(p)});
}
ERMINE_SEMANTIC uint32_t i32_load16_u(const uint8_t* p) { return detail::load<uint16_t>(p); }
ERMINE_SEMANTIC uint64_t i64_load8_s(const uint8_t* p) {
  return static_cast<uint64_t>(int64_t{detail::load<int8_t>(p)});
}
ERMINE_SEMANTIC uint64_t i64_load8_u(const uint8_t* p) { return detail::load<uint8_t>(p); }
ERMINE_SEMANTIC uint64_t i64_load16_s(const uint8_t* p) {
  return static_cast<uint64_t>(int64_t{detail::load<int16_t>(p)});
}
ERMINE_SEMANTIC uint64_t i64_load16_u(const uint8_t* p) { return detail::load<uint16_t>(p); }
ERMINE_SEMANTIC uint64_t i64_load32_s(const uint8_t* p) {
  return static_cast<uint64_t>(int64_t{detail::load<int32_t>(p)});
}
ERMINE_SEMANTIC uint64_t i64_load32_u(const uint8_t* p) { return detail::load<uint32_t>(p); }

ERMINE_SEMANTIC void i32_store(uint8_t* p, uint32_t v) { detail::store(p, v); }
ERMINE_SEMANTIC void i64_store(uint8_t* p, uint64_t v) { detail::store(p, v); }
ERMINE_SEMANTIC void f32_store(uint8_t* p, float v) { detail::store(p, v); }
ERMINE_SEMANTIC void f64_store(uint8_t* p, double v) { detail::store(p, v); }
ERMINE_SEMANTIC void i32_store8(uint8_t* p, uint32_t v) { detail::store(p, static_cast<uint8_t>(v)); }
ERMINE_SEMANTIC void i32_store16(uint8_t* p, uint32_t v) { detail::store(p, static_cast<uint16_t>(v)); }
ERMINE_SEMANTIC void i64_store8(uint8_t* p, uint64_t v) { detail::store(p, static_cast<uint8_t>(v)); }
ERMINE_SEMANTIC void i64_store16(uint8_t* p, uint64_t v) { detail::store(p, static_cast<uint16_t>(v)); }
ERMINE_SEMANTIC void i64_store32(uint8_t* p, uint64_t v) { detail::store(p, static_cast<uint32_t>(v)); }

}  // namespace ermine::semantics
