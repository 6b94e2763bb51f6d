// Atomic memory instructions, sequentially consistent, over a host pointer that the caller has checked for bounds and
// alignment. (Threads proposal.) Narrow accesses wrap their operands, the expected value of a compare-exchange
// included, and zero-extend the value that they read. The runtime has waiting and notifying.
#pragma once

#include "semantics/value.h"

namespace ermine::semantics {

namespace detail {

template <class N>
struct AtomicCell {
  using Type [[gnu::may_alias]] = N;
};
template <class N>
ERMINE_SEMANTIC auto cell(uint8_t* p) {
  return reinterpret_cast<typename AtomicCell<N>::Type*>(p);
}
template <class N>
ERMINE_SEMANTIC N atomic_load(const uint8_t* p) {
  return __atomic_load_n(reinterpret_cast<const typename AtomicCell<N>::Type*>(p), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC void atomic_store(uint8_t* p, T v) {
  __atomic_store_n(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_add(uint8_t* p, T v) {
  return __atomic_fetch_add(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_sub(uint8_t* p, T v) {
  return __atomic_fetch_sub(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_and(uint8_t* p, T v) {
  return __atomic_fetch_and(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_or(uint8_t* p, T v) {
  return __atomic_fetch_or(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_xor(uint8_t* p, T v) {
  return __atomic_fetch_xor(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_xchg(uint8_t* p, T v) {
  return __atomic_exchange_n(cell<N>(p), static_cast<N>(v), __ATOMIC_SEQ_CST);
}
template <class N, class T>
ERMINE_SEMANTIC T atomic_cmpxchg(uint8_t* p, T expected, T replacement) {
  N seen = static_cast<N>(expected);
  __atomic_compare_exchange_n(cell<N>(p), &seen, static_cast<N>(replacement), false, __ATOMIC_SEQ_CST,
                              __ATOMIC_SEQ_CST);
  return seen;
}

}  // namespace detail

ERMINE_SEMANTIC void atomic_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

ERMINE_SEMANTIC uint32_t i32_atomic_load(const uint8_t* p) { return detail::atomic_load<uint32_t>(p); }
ERMINE_SEMANTIC uint32_t i32_atomic_load8_u(const uint8_t* p) { return detail::atomic_load<uint8_t>(p); }
ERMINE_SEMANTIC uint32_t i32_atomic_load16_u(const uint8_t* p) { return detail::atomic_load<uint16_t>(p); }
ERMINE_SEMANTIC void i32_atomic_store(uint8_t* p, uint32_t v) { detail::atomic_store<uint32_t>(p, v); }
ERMINE_SEMANTIC void i32_atomic_store8(uint8_t* p, uint32_t v) { detail::atomic_store<uint8_t>(p, v); }
ERMINE_SEMANTIC void i32_atomic_store16(uint8_t* p, uint32_t v) { detail::atomic_store<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_load(const uint8_t* p) { return detail::atomic_load<uint64_t>(p); }
ERMINE_SEMANTIC uint64_t i64_atomic_load8_u(const uint8_t* p) { return detail::atomic_load<uint8_t>(p); }
ERMINE_SEMANTIC uint64_t i64_atomic_load16_u(const uint8_t* p) { return detail::atomic_load<uint16_t>(p); }
ERMINE_SEMANTIC uint64_t i64_atomic_load32_u(const uint8_t* p) { return detail::atomic_load<uint32_t>(p); }
ERMINE_SEMANTIC void i64_atomic_store(uint8_t* p, uint64_t v) { detail::atomic_store<uint64_t>(p, v); }
ERMINE_SEMANTIC void i64_atomic_store8(uint8_t* p, uint64_t v) { detail::atomic_store<uint8_t>(p, v); }
ERMINE_SEMANTIC void i64_atomic_store16(uint8_t* p, uint64_t v) { detail::atomic_store<uint16_t>(p, v); }
ERMINE_SEMANTIC void i64_atomic_store32(uint8_t* p, uint64_t v) { detail::atomic_store<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_add(uint8_t* p, uint32_t v) { return detail::atomic_add<uint32_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_add_u(uint8_t* p, uint32_t v) { return detail::atomic_add<uint8_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_add_u(uint8_t* p, uint32_t v) { return detail::atomic_add<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_add(uint8_t* p, uint64_t v) { return detail::atomic_add<uint64_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_add_u(uint8_t* p, uint64_t v) { return detail::atomic_add<uint8_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_add_u(uint8_t* p, uint64_t v) { return detail::atomic_add<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_add_u(uint8_t* p, uint64_t v) { return detail::atomic_add<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_sub(uint8_t* p, uint32_t v) { return detail::atomic_sub<uint32_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_sub_u(uint8_t* p, uint32_t v) { return detail::atomic_sub<uint8_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_sub_u(uint8_t* p, uint32_t v) { return detail::atomic_sub<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_sub(uint8_t* p, uint64_t v) { return detail::atomic_sub<uint64_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_sub_u(uint8_t* p, uint64_t v) { return detail::atomic_sub<uint8_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_sub_u(uint8_t* p, uint64_t v) { return detail::atomic_sub<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_sub_u(uint8_t* p, uint64_t v) { return detail::atomic_sub<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_and(uint8_t* p, uint32_t v) { return detail::atomic_and<uint32_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_and_u(uint8_t* p, uint32_t v) { return detail::atomic_and<uint8_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_and_u(uint8_t* p, uint32_t v) { return detail::atomic_and<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_and(uint8_t* p, uint64_t v) { return detail::atomic_and<uint64_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_and_u(uint8_t* p, uint64_t v) { return detail::atomic_and<uint8_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_and_u(uint8_t* p, uint64_t v) { return detail::atomic_and<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_and_u(uint8_t* p, uint64_t v) { return detail::atomic_and<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_or(uint8_t* p, uint32_t v) { return detail::atomic_or<uint32_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_or_u(uint8_t* p, uint32_t v) { return detail::atomic_or<uint8_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_or_u(uint8_t* p, uint32_t v) { return detail::atomic_or<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_or(uint8_t* p, uint64_t v) { return detail::atomic_or<uint64_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_or_u(uint8_t* p, uint64_t v) { return detail::atomic_or<uint8_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_or_u(uint8_t* p, uint64_t v) { return detail::atomic_or<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_or_u(uint8_t* p, uint64_t v) { return detail::atomic_or<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_xor(uint8_t* p, uint32_t v) { return detail::atomic_xor<uint32_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_xor_u(uint8_t* p, uint32_t v) { return detail::atomic_xor<uint8_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_xor_u(uint8_t* p, uint32_t v) { return detail::atomic_xor<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_xor(uint8_t* p, uint64_t v) { return detail::atomic_xor<uint64_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_xor_u(uint8_t* p, uint64_t v) { return detail::atomic_xor<uint8_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_xor_u(uint8_t* p, uint64_t v) { return detail::atomic_xor<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_xor_u(uint8_t* p, uint64_t v) { return detail::atomic_xor<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_xchg(uint8_t* p, uint32_t v) { return detail::atomic_xchg<uint32_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_xchg_u(uint8_t* p, uint32_t v) { return detail::atomic_xchg<uint8_t>(p, v); }
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_xchg_u(uint8_t* p, uint32_t v) { return detail::atomic_xchg<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_xchg(uint8_t* p, uint64_t v) { return detail::atomic_xchg<uint64_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_xchg_u(uint8_t* p, uint64_t v) { return detail::atomic_xchg<uint8_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_xchg_u(uint8_t* p, uint64_t v) { return detail::atomic_xchg<uint16_t>(p, v); }
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_xchg_u(uint8_t* p, uint64_t v) { return detail::atomic_xchg<uint32_t>(p, v); }

ERMINE_SEMANTIC uint32_t i32_atomic_rmw_cmpxchg(uint8_t* p, uint32_t expected, uint32_t v) {
  return detail::atomic_cmpxchg<uint32_t>(p, expected, v);
}
ERMINE_SEMANTIC uint32_t i32_atomic_rmw8_cmpxchg_u(uint8_t* p, uint32_t expected, uint32_t v) {
  return detail::atomic_cmpxchg<uint8_t>(p, expected, v);
}
ERMINE_SEMANTIC uint32_t i32_atomic_rmw16_cmpxchg_u(uint8_t* p, uint32_t expected, uint32_t v) {
  return detail::atomic_cmpxchg<uint16_t>(p, expected, v);
}
ERMINE_SEMANTIC uint64_t i64_atomic_rmw_cmpxchg(uint8_t* p, uint64_t expected, uint64_t v) {
  return detail::atomic_cmpxchg<uint64_t>(p, expected, v);
}
ERMINE_SEMANTIC uint64_t i64_atomic_rmw8_cmpxchg_u(uint8_t* p, uint64_t expected, uint64_t v) {
  return detail::atomic_cmpxchg<uint8_t>(p, expected, v);
}
ERMINE_SEMANTIC uint64_t i64_atomic_rmw16_cmpxchg_u(uint8_t* p, uint64_t expected, uint64_t v) {
  return detail::atomic_cmpxchg<uint16_t>(p, expected, v);
}
ERMINE_SEMANTIC uint64_t i64_atomic_rmw32_cmpxchg_u(uint8_t* p, uint64_t expected, uint64_t v) {
  return detail::atomic_cmpxchg<uint32_t>(p, expected, v);
}

}  // namespace ermine::semantics
