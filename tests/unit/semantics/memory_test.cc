#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>

#include "semantics/memory.h"

namespace ermine::semantics::memory_test {
namespace {

TEST(Memory, LoadsExtend) {
  alignas(16) const uint8_t m[17] = {0, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88};
  const uint8_t* p = m + 1;  // misaligned for every width
  EXPECT_EQ(i32_load8_s(p), 0xFFFF'FF81u);
  EXPECT_EQ(i32_load8_u(p), 0x81u);
  EXPECT_EQ(i32_load16_s(p), 0xFFFF'8281u);
  EXPECT_EQ(i32_load16_u(p), 0x8281u);
  EXPECT_EQ(i32_load(p), 0x8483'8281u);
  EXPECT_EQ(i64_load8_s(p), 0xFFFF'FFFF'FFFF'FF81u);
  EXPECT_EQ(i64_load8_u(p), 0x81u);
  EXPECT_EQ(i64_load16_s(p), 0xFFFF'FFFF'FFFF'8281u);
  EXPECT_EQ(i64_load16_u(p), 0x8281u);
  EXPECT_EQ(i64_load32_s(p), 0xFFFF'FFFF'8483'8281u);
  EXPECT_EQ(i64_load32_u(p), 0x8483'8281u);
  EXPECT_EQ(i64_load(p), 0x8887'8685'8483'8281u);
}

TEST(Memory, StoresWrap) {
  uint8_t m[12];
  const auto stored = [&](auto store, auto value) {
    std::memset(m, 0xEE, sizeof m);
    store(m + 1, value);
    uint64_t got;
    std::memcpy(&got, m + 1, 8);
    EXPECT_EQ(m[0], 0xEE);
    EXPECT_EQ(m[9], 0xEE);
    return got;
  };
  const uint32_t i = 0x8483'8281;
  const uint64_t l = 0x8887'8685'8483'8281;
  EXPECT_EQ(stored(i32_store8, i), 0xEEEE'EEEE'EEEE'EE81u);
  EXPECT_EQ(stored(i32_store16, i), 0xEEEE'EEEE'EEEE'8281u);
  EXPECT_EQ(stored(i32_store, i), 0xEEEE'EEEE'8483'8281u);
  EXPECT_EQ(stored(i64_store8, l), 0xEEEE'EEEE'EEEE'EE81u);
  EXPECT_EQ(stored(i64_store16, l), 0xEEEE'EEEE'EEEE'8281u);
  EXPECT_EQ(stored(i64_store32, l), 0xEEEE'EEEE'8483'8281u);
  EXPECT_EQ(stored(i64_store, l), l);
}

TEST(Memory, FloatsKeepSignallingNans) {
  uint8_t m[16];
  i32_store(m + 1, 0x7FA0'0001);
  f32_store(m + 7, f32_load(m + 1));
  EXPECT_EQ(i32_load(m + 7), 0x7FA0'0001u);
  i64_store(m, 0xFFF4'0000'0000'0001);
  f64_store(m + 3, f64_load(m));
  EXPECT_EQ(i64_load(m + 3), 0xFFF4'0000'0000'0001u);
}

}  // namespace
}  // namespace ermine::semantics::memory_test
