#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>

#include "semantics/atomic.h"

namespace ermine::semantics::atomic_test {
namespace {

constexpr uint64_t kInitial = 0x8182'8384'8586'8788;

struct Cell {
  alignas(8) uint8_t bytes[8];
  explicit Cell(uint64_t v = kInitial) { std::memcpy(bytes, &v, 8); }
  uint64_t value() const {
    uint64_t v;
    std::memcpy(&v, bytes, 8);
    return v;
  }
};

TEST(Atomic, NarrowAccessesWrapAndZeroExtend) {
  Cell c;
  EXPECT_EQ(i32_atomic_load8_u(c.bytes), 0x88u);
  EXPECT_EQ(i64_atomic_load16_u(c.bytes), 0x8788u);
  EXPECT_EQ(i64_atomic_load32_u(c.bytes), 0x8586'8788u);
  i32_atomic_store8(c.bytes, 0x1234);
  EXPECT_EQ(c.value(), (kInitial & ~uint64_t{0xFF}) | 0x34);
  i64_atomic_store32(c.bytes, ~uint64_t{0});
  EXPECT_EQ(c.value(), 0x8182'8384'FFFF'FFFFu);
  i64_atomic_store(c.bytes, 7);
  EXPECT_EQ(i64_atomic_load(c.bytes), 7u);
}

template <class T>
void check_rmw(T (*op)(uint8_t*, T), T operand, uint64_t mask, uint64_t result) {
  Cell c;
  EXPECT_EQ(op(c.bytes, operand), kInitial & mask);
  EXPECT_EQ(c.value(), (kInitial & ~mask) | (result & mask));
}

TEST(Atomic, ReadModifyWrite) {
  const uint64_t v = 0x1111'2222'3333'44F5;
  const auto v32 = static_cast<uint32_t>(v);
  const auto narrow = [&](auto add8, auto sub16, auto xor_full, auto operand, uint64_t full) {
    check_rmw(add8, operand, 0xFF, kInitial + v);
    check_rmw(sub16, operand, 0xFFFF, kInitial - v);
    check_rmw(xor_full, operand, full, kInitial ^ v);
  };
  narrow(i32_atomic_rmw8_add_u, i32_atomic_rmw16_sub_u, i32_atomic_rmw_xor, v32, 0xFFFF'FFFF);
  narrow(i64_atomic_rmw8_add_u, i64_atomic_rmw16_sub_u, i64_atomic_rmw_xor, v, ~uint64_t{0});
  check_rmw(i64_atomic_rmw32_and_u, v, 0xFFFF'FFFF, kInitial & v);
  check_rmw(i64_atomic_rmw32_or_u, v, 0xFFFF'FFFF, kInitial | v);
  check_rmw(i64_atomic_rmw_add, v, ~uint64_t{0}, kInitial + v);
  check_rmw(i32_atomic_rmw16_xchg_u, v32, 0xFFFF, v);
  check_rmw(i64_atomic_rmw_xchg, v, ~uint64_t{0}, v);
}

TEST(Atomic, CompareExchange) {
  Cell c;
  EXPECT_EQ(i32_atomic_rmw8_cmpxchg_u(c.bytes, 0x87, 1), 0x88u);
  EXPECT_EQ(c.value(), kInitial);
  EXPECT_EQ(i32_atomic_rmw8_cmpxchg_u(c.bytes, 0x1188, 0x2201), 0x88u);  // the expected value is wrapped
  EXPECT_EQ(c.value(), (kInitial & ~uint64_t{0xFF}) | 1);
  EXPECT_EQ(i64_atomic_rmw_cmpxchg(c.bytes, 0, 9), c.value());
  EXPECT_EQ(i64_atomic_rmw_cmpxchg(c.bytes, c.value(), 9), (kInitial & ~uint64_t{0xFF}) | 1);
  EXPECT_EQ(c.value(), 9u);
}

TEST(Atomic, ThreadsLoseNoUpdate) {
  Cell c(0);
  const auto work = [&] {
    for (int i = 0; i < 20000; i++) i32_atomic_rmw16_add_u(c.bytes + 2, 1), i64_atomic_rmw32_add_u(c.bytes + 4, 3);
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(c.value(), (uint64_t{120000} << 32) | (uint64_t{40000} << 16));
}

}  // namespace
}  // namespace ermine::semantics::atomic_test
