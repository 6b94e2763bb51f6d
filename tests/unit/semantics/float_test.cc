#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "semantics/float.h"

namespace ermine::semantics::float_test {
namespace {

// Operands pass through memory that is opaque to the compiler, so that the processor computes.
template <class T>
T hide(T v) {
  asm volatile("" : "+m"(v));
  return v;
}
float f(uint32_t bits) { return hide(std::bit_cast<float>(bits)); }
double d(uint64_t bits) { return hide(std::bit_cast<double>(bits)); }
uint32_t bits(float v) { return std::bit_cast<uint32_t>(v); }
uint64_t bits(double v) { return std::bit_cast<uint64_t>(v); }
bool is_arithmetic(float v) { return (bits(v) & 0x7FC0'0000) == 0x7FC0'0000; }
bool is_arithmetic(double v) { return (bits(v) & 0x7FF8'0000'0000'0000) == 0x7FF8'0000'0000'0000; }

constexpr uint32_t kSnan32 = 0x7FA0'0001, kQnan32 = 0x7FC0'0000;
constexpr uint64_t kSnan64 = 0x7FF4'0000'0000'0001, kQnan64 = 0x7FF8'0000'0000'0000;
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(Float, SignOperationsKeepNanBits) {
  EXPECT_EQ(bits(f32_neg(f(kSnan32))), kSnan32 | 0x8000'0000);
  EXPECT_EQ(bits(f32_abs(f(kSnan32 | 0x8000'0000))), kSnan32);
  EXPECT_EQ(bits(f32_copysign(f(kSnan32), f(0x8000'0000))), kSnan32 | 0x8000'0000);
  EXPECT_EQ(bits(f64_neg(d(kSnan64))), kSnan64 | uint64_t{1} << 63);
  EXPECT_EQ(bits(f64_abs(d(kSnan64 | uint64_t{1} << 63))), kSnan64);
  EXPECT_EQ(bits(f64_copysign(d(0), d(kSnan64 | uint64_t{1} << 63))), uint64_t{1} << 63);
}

TEST(Float, NansOfArithmeticAreQuiet) {
  using Unary32 = float (*)(float);
  for (Unary32 op :
       {Unary32{f32_ceil}, Unary32{f32_floor}, Unary32{f32_trunc}, Unary32{f32_nearest}, Unary32{f32_sqrt}}) {
    EXPECT_TRUE(is_arithmetic(op(f(kSnan32))));
    EXPECT_TRUE(is_arithmetic(op(f(kQnan32))));
    EXPECT_EQ(bits(op(f(kQnan32))) & 0x7FFF'FFFF, kQnan32);
  }
  using Unary64 = double (*)(double);
  for (Unary64 op :
       {Unary64{f64_ceil}, Unary64{f64_floor}, Unary64{f64_trunc}, Unary64{f64_nearest}, Unary64{f64_sqrt}}) {
    EXPECT_TRUE(is_arithmetic(op(d(kSnan64))));
    EXPECT_EQ(bits(op(d(kQnan64))) & ~(uint64_t{1} << 63), kQnan64);
  }
  using Binary32 = float (*)(float, float);
  for (Binary32 op : {Binary32{f32_add}, Binary32{f32_sub}, Binary32{f32_mul}, Binary32{f32_div}, Binary32{f32_min},
                      Binary32{f32_max}}) {
    EXPECT_TRUE(is_arithmetic(op(f(kSnan32), 1.0f)));
    EXPECT_TRUE(is_arithmetic(op(1.0f, f(kSnan32))));
    EXPECT_EQ(bits(op(f(kQnan32), f(kQnan32))) & 0x7FFF'FFFF, kQnan32);
    EXPECT_EQ(bits(op(kInf, f(kQnan32))) & 0x7FFF'FFFF, kQnan32);
  }
  using Binary64 = double (*)(double, double);
  for (Binary64 op : {Binary64{f64_add}, Binary64{f64_sub}, Binary64{f64_mul}, Binary64{f64_div}, Binary64{f64_min},
                      Binary64{f64_max}}) {
    EXPECT_TRUE(is_arithmetic(op(d(kSnan64), 1.0)));
    EXPECT_TRUE(is_arithmetic(op(1.0, d(kSnan64))));
  }
}

TEST(Float, MinMaxOrderZeros) {
  EXPECT_EQ(bits(f32_min(hide(0.0f), -0.0f)), 0x8000'0000u);
  EXPECT_EQ(bits(f32_min(hide(-0.0f), 0.0f)), 0x8000'0000u);
  EXPECT_EQ(bits(f32_max(hide(0.0f), -0.0f)), 0u);
  EXPECT_EQ(bits(f32_max(hide(-0.0f), 0.0f)), 0u);
  EXPECT_EQ(bits(f32_max(hide(-0.0f), -0.0f)), 0x8000'0000u);
  EXPECT_EQ(bits(f64_min(hide(0.0), -0.0)), uint64_t{1} << 63);
  EXPECT_EQ(bits(f64_max(hide(-0.0), 0.0)), 0u);
  EXPECT_EQ(f32_min(hide(-kInf), 1.0f), -kInf);
  EXPECT_EQ(f32_max(hide(-kInf), 1.0f), 1.0f);
  EXPECT_EQ(f64_min(hide(2.0), -3.0), -3.0);
  EXPECT_EQ(f64_max(hide(-2.0), -3.0), -2.0);
}

TEST(Float, Rounding) {
  EXPECT_EQ(f32_nearest(hide(0.5f)), 0.0f);
  EXPECT_EQ(f32_nearest(hide(1.5f)), 2.0f);
  EXPECT_EQ(f32_nearest(hide(2.5f)), 2.0f);
  EXPECT_EQ(bits(f32_nearest(hide(-0.5f))), 0x8000'0000u);
  EXPECT_EQ(bits(f32_ceil(hide(-0.7f))), 0x8000'0000u);
  EXPECT_EQ(f64_nearest(hide(4503599627370497.5)), 4503599627370498.0);
  EXPECT_EQ(f64_nearest(hide(-4.5)), -4.0);
  EXPECT_EQ(bits(f64_trunc(hide(-0.9))), uint64_t{1} << 63);
  EXPECT_EQ(f64_floor(hide(-0.1)), -1.0);
  EXPECT_EQ(f64_ceil(hide(0x1p60)), 0x1p60);
  EXPECT_EQ(bits(f32_sqrt(hide(-0.0f))), 0x8000'0000u);
  EXPECT_TRUE(is_arithmetic(f32_sqrt(hide(-1.0f))));
  EXPECT_EQ(f64_sqrt(hide(2.0)), std::sqrt(2.0));
}

TEST(Float, NoExcessPrecision) {
  // In a wider format the sum would keep the small operand.
  EXPECT_EQ(f32_sub(f32_add(hide(16777216.0f), 1.0f), 16777216.0f), 0.0f);
  EXPECT_EQ(f64_sub(f64_add(hide(9007199254740992.0), 1.0), 9007199254740992.0), 0.0);
  EXPECT_EQ(f32_mul(hide(0x1.fffffep+127f), 2.0f), kInf);
  EXPECT_EQ(bits(f64_mul(hide(0x1p-1074), 0.5)), 0u);
  // Rounded once each, not contracted.
  const double x = hide(1 + 0x1p-30), y = hide(1 + 0x1p-30);
  EXPECT_EQ(f64_sub(f64_mul(x, y), x * y), 0.0);
}

TEST(Float, ComparisonsWithNan) {
  EXPECT_EQ(f32_eq(f(kQnan32), f(kQnan32)), 0u);
  EXPECT_EQ(f32_ne(f(kQnan32), f(kQnan32)), 1u);
  EXPECT_EQ(f32_lt(f(kQnan32), 0) | f32_gt(f(kQnan32), 0) | f32_le(f(kQnan32), 0) | f32_ge(f(kQnan32), 0), 0u);
  EXPECT_EQ(f64_eq(hide(0.0), -0.0), 1u);
  EXPECT_EQ(f64_lt(hide(-0.0), 0.0), 0u);
  EXPECT_EQ(f64_le(hide(1.0), 1.0), 1u);
}

}  // namespace
}  // namespace ermine::semantics::float_test
