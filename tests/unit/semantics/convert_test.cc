#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "semantics/convert.h"

namespace ermine::semantics::convert_test {
namespace {

template <class T>
T hide(T v) {
  asm volatile("" : "+m"(v));
  return v;
}

// An operand, its truncation if there is one, otherwise the trap; and the saturated result.
template <class F, class U>
struct Case {
  F operand;
  TrapCode trap;
  U result;
};

template <class F, class U, size_t n>
void check(U (*trunc)(F, TrapCode&), U (*sat)(F), const Case<F, U> (&cases)[n]) {
  for (const auto& c : cases) {
    TrapCode trap = TrapCode::kNone;
    const U got = trunc(hide(c.operand), trap);
    EXPECT_EQ(trap, c.trap) << c.operand;
    if (c.trap == TrapCode::kNone) EXPECT_EQ(got, c.result) << c.operand;
    EXPECT_EQ(sat(hide(c.operand)), c.result) << c.operand;
  }
}

constexpr TrapCode kOk = TrapCode::kNone, kBig = TrapCode::kIntegerOverflow,
                   kNan = TrapCode::kInvalidConversionToInteger;
template <class F>
constexpr F kInf = std::numeric_limits<F>::infinity();
template <class F>
constexpr F kQuiet = std::numeric_limits<F>::quiet_NaN();

TEST(Convert, TruncationFromF32) {
  check<float, uint32_t>(i32_trunc_f32_s, i32_trunc_sat_f32_s,
                         {{-0.9f, kOk, 0},
                          {-1.5f, kOk, ~0u},
                          {2147483520.f, kOk, 2147483520},
                          {2147483648.f, kBig, 0x7FFF'FFFF},
                          {-2147483648.f, kOk, 0x8000'0000},
                          {-2147483904.f, kBig, 0x8000'0000},
                          {kQuiet<float>, kNan, 0},
                          {-kQuiet<float>, kNan, 0},
                          {kInf<float>, kBig, 0x7FFF'FFFF},
                          {-kInf<float>, kBig, 0x8000'0000}});
  check<float, uint32_t>(i32_trunc_f32_u, i32_trunc_sat_f32_u,
                         {{-0.99999994f, kOk, 0},
                          {-1.f, kBig, 0},
                          {4294967040.f, kOk, 4294967040},
                          {4294967296.f, kBig, ~0u},
                          {3e9f, kOk, 3000000000},
                          {kQuiet<float>, kNan, 0},
                          {-kInf<float>, kBig, 0}});
  check<float, uint64_t>(i64_trunc_f32_s, i64_trunc_sat_f32_s,
                         {{-0x1p63f, kOk, uint64_t{1} << 63},
                          {-0x1.000002p63f, kBig, uint64_t{1} << 63},
                          {0x1p63f, kBig, ~uint64_t{0} >> 1},
                          {0x1.fffffep62f, kOk, 0x7FFF'FF80'0000'0000},
                          {kQuiet<float>, kNan, 0}});
  check<float, uint64_t>(i64_trunc_f32_u, i64_trunc_sat_f32_u,
                         {{-0.5f, kOk, 0},
                          {-1.f, kBig, 0},
                          {0x1p63f, kOk, uint64_t{1} << 63},
                          {0x1.fffffep63f, kOk, 0xFFFF'FF00'0000'0000},
                          {0x1p64f, kBig, ~uint64_t{0}},
                          {kQuiet<float>, kNan, 0}});
}

TEST(Convert, TruncationFromF64) {
  check<double, uint32_t>(i32_trunc_f64_s, i32_trunc_sat_f64_s,
                          {{2147483647.9, kOk, 0x7FFF'FFFF},
                           {2147483648.0, kBig, 0x7FFF'FFFF},
                           {-2147483648.9, kOk, 0x8000'0000},
                           {-2147483649.0, kBig, 0x8000'0000},
                           {kQuiet<double>, kNan, 0}});
  check<double, uint32_t>(
      i32_trunc_f64_u, i32_trunc_sat_f64_u,
      {{4294967295.9, kOk, ~0u}, {4294967296.0, kBig, ~0u}, {-0.9999999999999999, kOk, 0}, {-1.0, kBig, 0}});
  check<double, uint64_t>(i64_trunc_f64_s, i64_trunc_sat_f64_s,
                          {{-0x1p63, kOk, uint64_t{1} << 63},
                           {-0x1.0000000000001p63, kBig, uint64_t{1} << 63},
                           {0x1p63, kBig, ~uint64_t{0} >> 1},
                           {0x1.fffffffffffffp62, kOk, 0x7FFF'FFFF'FFFF'FC00},
                           {kInf<double>, kBig, ~uint64_t{0} >> 1}});
  check<double, uint64_t>(i64_trunc_f64_u, i64_trunc_sat_f64_u,
                          {{0x1.fffffffffffffp63, kOk, 0xFFFF'FFFF'FFFF'F800},
                           {0x1p64, kBig, ~uint64_t{0}},
                           {-0.1, kOk, 0},
                           {-1.0, kBig, 0},
                           {kQuiet<double>, kNan, 0}});
}

TEST(Convert, IntegersRoundToNearestEven) {
  EXPECT_EQ(f32_convert_i32_s(hide(16777217u)), 16777216.0f);
  EXPECT_EQ(f32_convert_i32_s(hide(16777219u)), 16777220.0f);
  EXPECT_EQ(f32_convert_i32_s(hide(~0u)), -1.0f);
  EXPECT_EQ(f32_convert_i32_u(hide(~0u)), 4294967296.0f);
  EXPECT_EQ(f32_convert_i64_u(hide(uint64_t{0x8000'0080'0000'0000})), 0x1p63f);
  // Just above the midpoint: converting through f64 would round to it and then to even.
  EXPECT_EQ(f32_convert_i64_u(hide(uint64_t{0x8000'0080'0000'0001})), 0x1.000002p63f);
  EXPECT_EQ(f32_convert_i64_s(hide(uint64_t{0x4000'0040'0000'0001})), 0x1.000002p62f);
  EXPECT_EQ(f64_convert_i64_u(hide(uint64_t{0x8000'0000'0000'0400})), 0x1p63);
  EXPECT_EQ(f64_convert_i64_u(hide(uint64_t{0x8000'0000'0000'0401})), 0x1.0000000000001p63);
  EXPECT_EQ(f64_convert_i64_u(hide(~uint64_t{0})), 0x1p64);
  EXPECT_EQ(f64_convert_i64_s(hide(~uint64_t{0})), -1.0);
  EXPECT_EQ(f64_convert_i32_u(hide(~0u)), 4294967295.0);
  EXPECT_EQ(f64_convert_i32_s(hide(0x8000'0000u)), -2147483648.0);
}

TEST(Convert, DemoteAndPromote) {
  EXPECT_EQ(f32_demote_f64(hide(0x1.000001p0)), 1.0f);
  EXPECT_EQ(f32_demote_f64(hide(0x1.fffffefffffffp127)), 0x1.fffffep127f);
  EXPECT_EQ(f32_demote_f64(hide(0x1.ffffffp127)), kInf<float>);
  EXPECT_EQ(f32_demote_f64(hide(0x1p-150)), 0.0f);
  EXPECT_EQ(f32_demote_f64(hide(0x1.8p-150)), 0x1p-149f);
  EXPECT_EQ(f64_promote_f32(hide(0x1p-149f)), 0x1p-149);
  const double quieted = f64_promote_f32(hide(std::bit_cast<float>(0x7FA0'0000u)));
  EXPECT_EQ(std::bit_cast<uint64_t>(quieted) & 0x7FF8'0000'0000'0000, 0x7FF8'0000'0000'0000u);
  const float demoted = f32_demote_f64(hide(std::bit_cast<double>(uint64_t{0x7FF4'0000'0000'0001})));
  EXPECT_EQ(std::bit_cast<uint32_t>(demoted) & 0x7FC0'0000, 0x7FC0'0000u);
}

TEST(Convert, ReinterpretKeepsBits) {
  EXPECT_EQ(i32_reinterpret_f32(f32_reinterpret_i32(hide(0x7FA0'0001u))), 0x7FA0'0001u);
  EXPECT_EQ(i64_reinterpret_f64(f64_reinterpret_i64(hide(uint64_t{0xFFF4'0000'0000'0001}))), 0xFFF4'0000'0000'0001u);
}

}  // namespace
}  // namespace ermine::semantics::convert_test
