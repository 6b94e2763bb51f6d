#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "semantics/relaxed.h"

namespace ermine::semantics::relaxed_test {
namespace {

template <class T>
V128 vec(const std::array<T, 16 / sizeof(T)>& l) {
  return std::bit_cast<V128>(l);
}
template <class T>
auto lanes(V128 v) {
  return std::bit_cast<std::array<T, 16 / sizeof(T)>>(v);
}

TEST(Relaxed, DeterministicProfileIsTheStrictInstruction) {
  const V128 nans = vec<float>({std::numeric_limits<float>::quiet_NaN(), 1e20f, -1e20f, -0.0f});
  const V128 zeros = vec<float>({0.0f, 0.0f, 0.0f, 0.0f});
  EXPECT_EQ(i32x4_relaxed_trunc_f32x4_s<true>(nans), i32x4_trunc_sat_f32x4_s(nans));
  EXPECT_EQ(i32x4_relaxed_trunc_f32x4_u<true>(nans), i32x4_trunc_sat_f32x4_u(nans));
  EXPECT_EQ(f32x4_relaxed_min<true>(nans, zeros), f32x4_min(nans, zeros));
  EXPECT_EQ(f32x4_relaxed_max<true>(nans, zeros), f32x4_max(nans, zeros));
  const V128 d = vec<double>({std::numeric_limits<double>::quiet_NaN(), 1e20});
  EXPECT_EQ(i32x4_relaxed_trunc_f64x2_s_zero<true>(d), i32x4_trunc_sat_f64x2_s_zero(d));
  EXPECT_EQ(i32x4_relaxed_trunc_f64x2_u_zero<true>(d), i32x4_trunc_sat_f64x2_u_zero(d));
  EXPECT_EQ(f64x2_relaxed_min<true>(d, d), f64x2_min(d, d));
  EXPECT_EQ(f64x2_relaxed_max<true>(d, d), f64x2_max(d, d));
  const V128 bytes = vec<uint8_t>({0, 15, 16, 17, 127, 128, 255, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  EXPECT_EQ(i8x16_relaxed_swizzle<true>(bytes, bytes), i8x16_swizzle(bytes, bytes));
  const V128 least = i16x8_splat(0x8000);
  EXPECT_EQ(i16x8_relaxed_q15mulr_s<true>(least, least), i16x8_splat(0x7FFF));
  EXPECT_EQ(i8x16_relaxed_laneselect<true>(bytes, least, nans), v128_bitselect(bytes, least, nans));
}

// The possible results of the machine's choice, lane by lane. (Specification 3.0, section 4.3.6.)
TEST(Relaxed, MachineChoiceIsAllowed) {
  const auto t = lanes<uint32_t>(i32x4_relaxed_trunc_f32x4_s(vec<float>({std::nanf(""), 1e20f, -1e20f, -7.9f})));
  EXPECT_TRUE(t[0] == 0 || t[0] == 0x8000'0000);
  EXPECT_TRUE(t[1] == (t[0] ? 0x8000'0000 : 0x7FFF'FFFF));
  EXPECT_EQ(t[2], 0x8000'0000u);
  EXPECT_EQ(t[3], static_cast<uint32_t>(-7));
  const auto s = lanes<uint8_t>(
      i8x16_relaxed_swizzle(vec<uint8_t>({10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25}),
                            vec<uint8_t>({0, 15, 16, 127, 128, 255, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})));
  EXPECT_EQ(s[0], 10);
  EXPECT_EQ(s[1], 25);
  EXPECT_TRUE((s[2] == 0 && s[3] == 0) || (s[2] == 10 && s[3] == 25));
  EXPECT_EQ(s[4], 0);
  EXPECT_EQ(s[5], 0);
  const float ordered = lanes<float>(f32x4_relaxed_min(f32x4_splat(3), f32x4_splat(-4)))[2];
  EXPECT_EQ(ordered, -4.0f);
  const auto q = lanes<uint16_t>(i16x8_relaxed_q15mulr_s(i16x8_splat(0x8000), i16x8_splat(0x8000)))[0];
  EXPECT_TRUE(q == 0x7FFF || q == 0x8000);
}

template <bool deterministic>
void check_madd() {
  // Fused, the last bit of the product is kept: 2^-37 and 2^-60; unfused it is rounded away.
  const V128 x = f32x4_splat(0x1.000004p+0f), y = f32x4_splat(0x1.0002p+0f), z = f32x4_splat(-0x1.000204p+0f);
  const bool fused = !deterministic && detail::fuses();
  EXPECT_EQ((f32x4_relaxed_madd<deterministic>(x, y, z)), f32x4_splat(fused ? 0x1p-37f : 0.0f));
  EXPECT_EQ((f32x4_relaxed_nmadd<deterministic>(f32x4_neg(x), y, z)), f32x4_splat(fused ? 0x1p-37f : 0.0f));
  const V128 a = f64x2_splat(1 + 0x1p-30), c = f64x2_splat(-(1 + 0x1p-29));
  EXPECT_EQ((f64x2_relaxed_madd<deterministic>(a, a, c)), f64x2_splat(fused ? 0x1p-60 : 0.0));
  EXPECT_EQ((f64x2_relaxed_nmadd<deterministic>(f64x2_neg(a), a, c)), f64x2_splat(fused ? 0x1p-60 : 0.0));
}

TEST(Relaxed, MultiplyAdd) {
  check_madd<true>();
  check_madd<false>();
}

TEST(Relaxed, Dot) {
  const V128 a = vec<int8_t>({-128, -128, 127, 127, 1, 2, 3, 4, -1, -2, -3, -4, 100, -100, 50, -50});
  const V128 b = vec<int8_t>({127, 127, 127, 127, 1, 2, 3, 4, 1, 2, 3, 4, 10, 20, 30, 40});
  const V128 want = vec<int16_t>({-32512, 32258, 5, 25, -5, -25, -1000, -500});
  EXPECT_EQ(i16x8_relaxed_dot_i8x16_i7x16_s(a, b), want);
  EXPECT_EQ(i16x8_relaxed_dot_i8x16_i7x16_s<true>(a, b), want);
  const V128 c = vec<int32_t>({1, 2, 3, 4});
  EXPECT_EQ(i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c), vec<int32_t>({-253, 32, -27, -1496}));
  const V128 least =
      vec<int8_t>({-128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128});
  EXPECT_EQ(i16x8_relaxed_dot_i8x16_i7x16_s<true>(least, least), i16x8_splat(0x7FFF));
}

}  // namespace
}  // namespace ermine::semantics::relaxed_test
