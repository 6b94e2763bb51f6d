#include <gtest/gtest.h>

#include <cstdint>

#include "semantics/int.h"
#include "semantics/wide.h"

namespace ermine::semantics::int_test {
namespace {

constexpr uint32_t kMin32 = 0x8000'0000;
constexpr uint64_t kMin64 = 0x8000'0000'0000'0000;

TEST(Int, ArithmeticWraps) {
  EXPECT_EQ(i32_add(0xFFFF'FFFF, 2), 1u);
  EXPECT_EQ(i32_sub(0, 1), 0xFFFF'FFFFu);
  EXPECT_EQ(i32_mul(0x1000'0001, 0x10), 0x10u);
  EXPECT_EQ(i64_add(~uint64_t{0}, 2), 1u);
  EXPECT_EQ(i64_mul(uint64_t{1} << 63, 3), kMin64);
}

TEST(Int, DivisionTraps) {
  TrapCode trap = TrapCode::kNone;
  EXPECT_EQ(i32_div_s(7, static_cast<uint32_t>(-2), trap), static_cast<uint32_t>(-3));
  EXPECT_EQ(i32_rem_s(static_cast<uint32_t>(-7), 2, trap), static_cast<uint32_t>(-1));
  EXPECT_EQ(i32_rem_s(kMin32, ~0u, trap), 0u);
  EXPECT_EQ(i64_rem_s(kMin64, ~uint64_t{0}, trap), 0u);
  EXPECT_EQ(i32_div_u(kMin32, ~0u, trap), 0u);
  EXPECT_EQ(i64_div_u(~uint64_t{0}, 2, trap), kMin64 - 1);
  EXPECT_EQ(i32_rem_u(5, 3, trap), 2u);
  EXPECT_EQ(trap, TrapCode::kNone);

  i32_div_s(kMin32, ~0u, trap);
  EXPECT_EQ(trap, TrapCode::kIntegerOverflow);
  trap = TrapCode::kNone;
  i64_div_s(kMin64, ~uint64_t{0}, trap);
  EXPECT_EQ(trap, TrapCode::kIntegerOverflow);

  using Div32 = uint32_t (*)(uint32_t, uint32_t, TrapCode&);
  for (Div32 f : {Div32{i32_div_s}, Div32{i32_div_u}, Div32{i32_rem_s}, Div32{i32_rem_u}}) {
    trap = TrapCode::kNone;
    f(1, 0, trap);
    EXPECT_EQ(trap, TrapCode::kIntegerDivideByZero);
  }
  using Div64 = uint64_t (*)(uint64_t, uint64_t, TrapCode&);
  for (Div64 f : {Div64{i64_div_s}, Div64{i64_div_u}, Div64{i64_rem_s}, Div64{i64_rem_u}}) {
    trap = TrapCode::kNone;
    f(kMin64, 0, trap);
    EXPECT_EQ(trap, TrapCode::kIntegerDivideByZero);
  }
}

TEST(Int, ShiftCountsAreTakenModuloTheWidth) {
  EXPECT_EQ(i32_shl(1, 33), 2u);
  EXPECT_EQ(i32_shr_s(kMin32, 31), ~0u);
  EXPECT_EQ(i32_shr_s(kMin32, 32), kMin32);
  EXPECT_EQ(i32_shr_u(kMin32, 63), 1u);
  EXPECT_EQ(i32_rotl(0x8000'0001, 33), 3u);
  EXPECT_EQ(i32_rotr(1, 1), kMin32);
  EXPECT_EQ(i32_rotl(7, 0x8000'0000), 7u);
  EXPECT_EQ(i64_shl(1, 64), 1u);
  EXPECT_EQ(i64_shr_s(kMin64, 127), ~uint64_t{0});
  EXPECT_EQ(i64_rotr(1, 65), kMin64);
  EXPECT_EQ(i64_rotl(1, 0xFFFF'FFFF'0000'0001), 2u);
}

TEST(Int, Bits) {
  EXPECT_EQ(i32_clz(0), 32u);
  EXPECT_EQ(i32_ctz(0), 32u);
  EXPECT_EQ(i64_clz(0), 64u);
  EXPECT_EQ(i64_ctz(0), 64u);
  EXPECT_EQ(i64_clz(1), 63u);
  EXPECT_EQ(i64_popcnt(~uint64_t{0}), 64u);
  EXPECT_EQ(i32_popcnt(0xF0F0'0001), 9u);
}

TEST(Int, ComparisonsAreSignedOrUnsigned) {
  EXPECT_EQ(i32_lt_s(kMin32, 0), 1u);
  EXPECT_EQ(i32_lt_u(kMin32, 0), 0u);
  EXPECT_EQ(i32_ge_u(kMin32, 0), 1u);
  EXPECT_EQ(i64_gt_s(0, kMin64), 1u);
  EXPECT_EQ(i64_gt_u(0, kMin64), 0u);
  EXPECT_EQ(i64_le_s(kMin64, kMin64), 1u);
  EXPECT_EQ(i64_eqz(uint64_t{1} << 32), 0u);
  EXPECT_EQ(i32_eqz(0), 1u);
}

TEST(Int, Extensions) {
  EXPECT_EQ(i32_extend8_s(0x180), 0xFFFF'FF80u);
  EXPECT_EQ(i32_extend16_s(0x1'7FFF), 0x7FFFu);
  EXPECT_EQ(i64_extend8_s(0xFF), ~uint64_t{0});
  EXPECT_EQ(i64_extend16_s(0x8000), 0xFFFF'FFFF'FFFF'8000u);
  EXPECT_EQ(i64_extend32_s(0x1'8000'0000), 0xFFFF'FFFF'8000'0000u);
  EXPECT_EQ(i64_extend_i32_s(kMin32), 0xFFFF'FFFF'8000'0000u);
  EXPECT_EQ(i64_extend_i32_u(kMin32), 0x8000'0000u);
  EXPECT_EQ(i32_wrap_i64(0x1234'5678'9ABC'DEF0), 0x9ABC'DEF0u);
}

TEST(Wide, CarriesAndBorrows) {
  EXPECT_EQ(i64_add128(~uint64_t{0}, 0, 1, 0), (Wide{0, 1}));
  EXPECT_EQ(i64_add128(~uint64_t{0}, ~uint64_t{0}, 1, 0), (Wide{0, 0}));
  EXPECT_EQ(i64_sub128(0, 0, 1, 0), (Wide{~uint64_t{0}, ~uint64_t{0}}));
  EXPECT_EQ(i64_mul_wide_u(~uint64_t{0}, ~uint64_t{0}), (Wide{1, ~uint64_t{1}}));
  EXPECT_EQ(i64_mul_wide_s(~uint64_t{0}, ~uint64_t{0}), (Wide{1, 0}));
  EXPECT_EQ(i64_mul_wide_s(kMin64, kMin64), (Wide{0, uint64_t{1} << 62}));
  EXPECT_EQ(i64_mul_wide_s(kMin64, 1), (Wide{kMin64, ~uint64_t{0}}));
}

}  // namespace
}  // namespace ermine::semantics::int_test
