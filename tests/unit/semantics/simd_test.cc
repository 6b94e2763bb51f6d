// Vector instructions against scalar models of their lanes, on random vectors mixed with the edges of each
// lane type.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

#include "semantics/semantics.h"

namespace ermine::semantics::simd_test {
namespace {

template <class T>
using Lanes = std::array<T, 16 / sizeof(T)>;
template <class T>
Lanes<T> lanes(V128 v) {
  return std::bit_cast<Lanes<T>>(v);
}
template <class T>
V128 vec(const Lanes<T>& l) {
  return std::bit_cast<V128>(l);
}

std::string hex(V128 v) {
  char text[40];
  const auto l = lanes<uint64_t>(v);
  std::snprintf(text, sizeof text, "%016llx_%016llx", static_cast<unsigned long long>(l[1]),
                static_cast<unsigned long long>(l[0]));
  return text;
}
#define EXPECT_V128(got, want, ...)                                                                     \
  do {                                                                                                  \
    const V128 got_ = (got), want_ = (want);                                                            \
    if (!(got_ == want_))                                                                               \
      ADD_FAILURE() << #got << " is " << hex(got_) << ", not " << hex(want_) << " for " << __VA_ARGS__; \
  } while (false)

constexpr int kRounds = 4000;

// Vectors with interesting lanes of T about half of the time.
template <class T>
class Source {
 public:
  V128 next() {
    Lanes<T> l;
    for (T& x : l) {
      const uint64_t r = random_();
      if (r & 1) {
        x = kEdges[r / 2 % kEdges.size()];
      } else {
        std::memcpy(&x, &(bits_ = random_()), sizeof x);
      }
    }
    return vec<T>(l);
  }
  uint32_t count() { return static_cast<uint32_t>(random_()); }

 private:
  static inline const auto kEdges = [] {
    if constexpr (std::is_floating_point_v<T>) {
      using B = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
      using L = std::numeric_limits<T>;
      const T snan = sizeof(T) == 4 ? T(std::bit_cast<T>(B(0x7FA0'0001))) : std::bit_cast<T>(B(0x7FF4'0000'0000'0001));
      return std::array<T, 30>{T(0),
                               T(-0.0),
                               T(1),
                               T(-1),
                               T(0.5),
                               T(-0.5),
                               T(1.5),
                               T(2.5),
                               T(-2.5),
                               L::infinity(),
                               -L::infinity(),
                               L::quiet_NaN(),
                               -L::quiet_NaN(),
                               snan,
                               L::max(),
                               L::lowest(),
                               L::min(),
                               L::denorm_min(),
                               T(0x1p31),
                               T(-0x1p31),
                               T(0x1p32),
                               T(2147483647.0),
                               T(-2147483649.0),
                               T(4294967295.0),
                               T(4294967040.0),
                               T(3e9),
                               T(-0.99),
                               T(1e30),
                               T(-1e30),
                               T(0x1p23 + 0.5)};
    } else {
      using L = std::numeric_limits<T>;
      return std::array<T, 8>{T(0), T(1), T(-1), L::min(), L::max(), T(L::max() - 1), T(L::min() + 1), T(16)};
    }
  }();
  std::mt19937_64 random_{20250101};
  uint64_t bits_ = 0;
};

template <class T, class Model>
void unary(V128 (*op)(V128), Model model) {
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next();
    Lanes<T> want;
    std::ranges::transform(lanes<T>(a), want.begin(), model);
    EXPECT_V128(op(a), vec<T>(want), hex(a));
  }
}
template <class T, class Model>
void binary(V128 (*op)(V128, V128), Model model) {
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    Lanes<T> want;
    std::ranges::transform(lanes<T>(a), lanes<T>(b), want.begin(), model);
    EXPECT_V128(op(a, b), vec<T>(want), hex(a) << " " << hex(b));
  }
}
template <class T, class Model>
void compare(V128 (*op)(V128, V128), Model model) {
  using B = std::conditional_t<
      sizeof(T) == 1, uint8_t,
      std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = i % 8 ? source.next() : a;
    Lanes<B> want;
    for (size_t k = 0; k < want.size(); k++)
      want[k] = model(lanes<T>(a)[k], lanes<T>(b)[k]) ? static_cast<B>(-1) : B{0};
    EXPECT_V128(op(a, b), vec<B>(want), hex(a) << " " << hex(b));
  }
}
template <class T, class Model>
void shift(V128 (*op)(V128, uint32_t), Model model) {
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next();
    const uint32_t n = source.count() >> (i % 32);
    Lanes<T> want;
    std::ranges::transform(lanes<T>(a), want.begin(), [&](T x) { return model(x, n % (8 * sizeof(T))); });
    EXPECT_V128(op(a, n), vec<T>(want), hex(a) << " by " << n);
  }
}

template <class S, class U, class Ops>
void check_integer_shape(const Ops& o) {
  constexpr int kBits = 8 * sizeof(S);
  binary<U>(o.add, [](U a, U b) { return static_cast<U>(a + b); });
  binary<U>(o.sub, [](U a, U b) { return static_cast<U>(a - b); });
  unary<U>(o.neg, [](U a) { return static_cast<U>(-a); });
  unary<S>(o.abs, [](S a) { return a < 0 ? static_cast<S>(U{0} - static_cast<U>(a)) : a; });
  shift<U>(o.shl, [](U a, uint32_t n) { return static_cast<U>(a << n); });
  shift<S>(o.shr_s, [](S a, uint32_t n) { return static_cast<S>(a >> n); });
  shift<U>(o.shr_u, [](U a, uint32_t n) { return static_cast<U>(a >> n); });
  compare<U>(o.eq, std::equal_to<>{});
  compare<U>(o.ne, std::not_equal_to<>{});
  compare<S>(o.lt_s, std::less<>{});
  compare<S>(o.gt_s, std::greater<>{});
  compare<S>(o.le_s, std::less_equal<>{});
  compare<S>(o.ge_s, std::greater_equal<>{});
  Source<U> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next();
    uint32_t mask = 0, all = 1;
    for (unsigned k = 0; k < 128 / kBits; k++) {
      mask |= static_cast<uint32_t>(lanes<U>(a)[k] >> (kBits - 1)) << k;
      all &= lanes<U>(a)[k] != 0;
    }
    EXPECT_EQ(o.bitmask(a), mask) << hex(a);
    EXPECT_EQ(o.all_true(a), all) << hex(a);
  }
}
#define SHAPE_OPS(n)                                                                                                  \
  struct n##_ops {                                                                                                    \
    using Binary = V128 (*)(V128, V128);                                                                              \
    using Shift = V128 (*)(V128, uint32_t);                                                                           \
    Binary add = n##_add, sub = n##_sub, eq = n##_eq, ne = n##_ne, lt_s = n##_lt_s, gt_s = n##_gt_s, le_s = n##_le_s, \
           ge_s = n##_ge_s;                                                                                           \
    V128 (*neg)(V128) = n##_neg, (*abs)(V128) = n##_abs;                                                              \
    Shift shl = n##_shl, shr_s = n##_shr_s, shr_u = n##_shr_u;                                                        \
    uint32_t (*bitmask)(V128) = n##_bitmask, (*all_true)(V128) = n##_all_true;                                        \
  }
SHAPE_OPS(i8x16);
SHAPE_OPS(i16x8);
SHAPE_OPS(i32x4);
SHAPE_OPS(i64x2);

TEST(Simd, IntegerShapes) {
  check_integer_shape<int8_t, uint8_t>(i8x16_ops{});
  check_integer_shape<int16_t, uint16_t>(i16x8_ops{});
  check_integer_shape<int32_t, uint32_t>(i32x4_ops{});
  check_integer_shape<int64_t, uint64_t>(i64x2_ops{});
}

template <class T>
T saturate(int64_t v) {
  return static_cast<T>(std::clamp<int64_t>(v, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
}
const auto min_of = [](auto a, auto b) { return b < a ? b : a; };
const auto max_of = [](auto a, auto b) { return a < b ? b : a; };

TEST(Simd, UnsignedComparisons) {
  compare<uint8_t>(i8x16_lt_u, std::less<>{}), compare<uint8_t>(i8x16_gt_u, std::greater<>{});
  compare<uint8_t>(i8x16_le_u, std::less_equal<>{}), compare<uint8_t>(i8x16_ge_u, std::greater_equal<>{});
  compare<uint16_t>(i16x8_lt_u, std::less<>{}), compare<uint16_t>(i16x8_gt_u, std::greater<>{});
  compare<uint16_t>(i16x8_le_u, std::less_equal<>{}), compare<uint16_t>(i16x8_ge_u, std::greater_equal<>{});
  compare<uint32_t>(i32x4_lt_u, std::less<>{}), compare<uint32_t>(i32x4_gt_u, std::greater<>{});
  compare<uint32_t>(i32x4_le_u, std::less_equal<>{}), compare<uint32_t>(i32x4_ge_u, std::greater_equal<>{});
}

TEST(Simd, MinMaxAverageMultiply) {
  binary<int8_t>(i8x16_min_s, min_of), binary<int8_t>(i8x16_max_s, max_of);
  binary<uint8_t>(i8x16_min_u, min_of), binary<uint8_t>(i8x16_max_u, max_of);
  binary<int16_t>(i16x8_min_s, min_of), binary<int16_t>(i16x8_max_s, max_of);
  binary<uint16_t>(i16x8_min_u, min_of), binary<uint16_t>(i16x8_max_u, max_of);
  binary<int32_t>(i32x4_min_s, min_of), binary<int32_t>(i32x4_max_s, max_of);
  binary<uint32_t>(i32x4_min_u, min_of), binary<uint32_t>(i32x4_max_u, max_of);
  binary<uint8_t>(i8x16_avgr_u, [](uint8_t a, uint8_t b) { return static_cast<uint8_t>((a + b + 1) / 2); });
  binary<uint16_t>(i16x8_avgr_u, [](uint16_t a, uint16_t b) { return static_cast<uint16_t>((a + b + 1) / 2); });
  binary<uint16_t>(i16x8_mul, [](uint16_t a, uint16_t b) { return static_cast<uint16_t>(uint32_t{a} * b); });
  binary<uint32_t>(i32x4_mul, [](uint32_t a, uint32_t b) { return a * b; });
  binary<uint64_t>(i64x2_mul, [](uint64_t a, uint64_t b) { return a * b; });
  unary<uint8_t>(i8x16_popcnt, [](uint8_t a) { return static_cast<uint8_t>(std::popcount(a)); });
}

TEST(Simd, Saturation) {
  binary<int8_t>(i8x16_add_sat_s, [](int a, int b) { return saturate<int8_t>(a + b); });
  binary<uint8_t>(i8x16_add_sat_u, [](int a, int b) { return saturate<uint8_t>(a + b); });
  binary<int8_t>(i8x16_sub_sat_s, [](int a, int b) { return saturate<int8_t>(a - b); });
  binary<uint8_t>(i8x16_sub_sat_u, [](int a, int b) { return saturate<uint8_t>(a - b); });
  binary<int16_t>(i16x8_add_sat_s, [](int a, int b) { return saturate<int16_t>(a + b); });
  binary<uint16_t>(i16x8_add_sat_u, [](int a, int b) { return saturate<uint16_t>(a + b); });
  binary<int16_t>(i16x8_sub_sat_s, [](int a, int b) { return saturate<int16_t>(a - b); });
  binary<uint16_t>(i16x8_sub_sat_u, [](int a, int b) { return saturate<uint16_t>(a - b); });
  binary<int16_t>(i16x8_q15mulr_sat_s, [](int a, int b) { return saturate<int16_t>((a * b + 0x4000) >> 15); });
}

template <class To, class From>
void check_extension(V128 (*extend_low)(V128), V128 (*extend_high)(V128), V128 (*mul_low)(V128, V128),
                     V128 (*mul_high)(V128, V128)) {
  using Unsigned = std::make_unsigned_t<To>;
  constexpr size_t n = 16 / sizeof(To);
  Source<From> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    Lanes<To> low, high, ml, mh;
    const auto times = [](From x, From y) {
      return static_cast<To>(static_cast<uint64_t>(Unsigned(To{x})) * Unsigned(To{y}));
    };
    for (size_t k = 0; k < n; k++) {
      low[k] = lanes<From>(a)[k], high[k] = lanes<From>(a)[k + n];
      ml[k] = times(lanes<From>(a)[k], lanes<From>(b)[k]), mh[k] = times(lanes<From>(a)[k + n], lanes<From>(b)[k + n]);
    }
    EXPECT_V128(extend_low(a), vec<To>(low), hex(a));
    EXPECT_V128(extend_high(a), vec<To>(high), hex(a));
    EXPECT_V128(mul_low(a, b), vec<To>(ml), hex(a) << " " << hex(b));
    EXPECT_V128(mul_high(a, b), vec<To>(mh), hex(a) << " " << hex(b));
  }
}

template <class To, class From>
void check_pairwise(V128 (*op)(V128)) {
  Source<From> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next();
    Lanes<To> want;
    for (size_t k = 0; k < want.size(); k++)
      want[k] = static_cast<To>(To{lanes<From>(a)[2 * k]} + To{lanes<From>(a)[2 * k + 1]});
    EXPECT_V128(op(a), vec<To>(want), hex(a));
  }
}

template <class Narrow, class Wide>
void check_narrow(V128 (*op)(V128, V128)) {
  Source<Wide> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    Lanes<Narrow> want;
    constexpr size_t n = 16 / sizeof(Wide);
    for (size_t k = 0; k < n; k++)
      want[k] = saturate<Narrow>(lanes<Wide>(a)[k]), want[k + n] = saturate<Narrow>(lanes<Wide>(b)[k]);
    EXPECT_V128(op(a, b), vec<Narrow>(want), hex(a) << " " << hex(b));
  }
}

TEST(Simd, WidthChanges) {
  check_extension<int16_t, int8_t>(i16x8_extend_low_i8x16_s, i16x8_extend_high_i8x16_s, i16x8_extmul_low_i8x16_s,
                                   i16x8_extmul_high_i8x16_s);
  check_extension<uint16_t, uint8_t>(i16x8_extend_low_i8x16_u, i16x8_extend_high_i8x16_u, i16x8_extmul_low_i8x16_u,
                                     i16x8_extmul_high_i8x16_u);
  check_extension<int32_t, int16_t>(i32x4_extend_low_i16x8_s, i32x4_extend_high_i16x8_s, i32x4_extmul_low_i16x8_s,
                                    i32x4_extmul_high_i16x8_s);
  check_extension<uint32_t, uint16_t>(i32x4_extend_low_i16x8_u, i32x4_extend_high_i16x8_u, i32x4_extmul_low_i16x8_u,
                                      i32x4_extmul_high_i16x8_u);
  check_extension<int64_t, int32_t>(i64x2_extend_low_i32x4_s, i64x2_extend_high_i32x4_s, i64x2_extmul_low_i32x4_s,
                                    i64x2_extmul_high_i32x4_s);
  check_extension<uint64_t, uint32_t>(i64x2_extend_low_i32x4_u, i64x2_extend_high_i32x4_u, i64x2_extmul_low_i32x4_u,
                                      i64x2_extmul_high_i32x4_u);
  check_pairwise<int16_t, int8_t>(i16x8_extadd_pairwise_i8x16_s);
  check_pairwise<uint16_t, uint8_t>(i16x8_extadd_pairwise_i8x16_u);
  check_pairwise<int32_t, int16_t>(i32x4_extadd_pairwise_i16x8_s);
  check_pairwise<uint32_t, uint16_t>(i32x4_extadd_pairwise_i16x8_u);
  check_narrow<int8_t, int16_t>(i8x16_narrow_i16x8_s);
  check_narrow<uint8_t, int16_t>(i8x16_narrow_i16x8_u);
  check_narrow<int16_t, int32_t>(i16x8_narrow_i32x4_s);
  check_narrow<uint16_t, int32_t>(i16x8_narrow_i32x4_u);
  Source<int16_t> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    Lanes<uint32_t> want;
    for (size_t k = 0; k < 4; k++) {
      want[k] = static_cast<uint32_t>(lanes<int16_t>(a)[2 * k] * lanes<int16_t>(b)[2 * k]) +
                static_cast<uint32_t>(lanes<int16_t>(a)[2 * k + 1] * lanes<int16_t>(b)[2 * k + 1]);
    }
    EXPECT_V128(i32x4_dot_i16x8_s(a, b), vec<uint32_t>(want), hex(a) << " " << hex(b));
  }
}

TEST(Simd, WholeVector) {
  const V128 a = vec<uint64_t>({0xFF00'FF00'FF00'FF00, 0x0123'4567'89AB'CDEF}),
             b = vec<uint64_t>({0x0F0F'0F0F'0F0F'0F0F, ~uint64_t{0}});
  EXPECT_V128(v128_not(a), vec<uint64_t>({0x00FF'00FF'00FF'00FF, 0xFEDC'BA98'7654'3210}), "");
  EXPECT_V128(v128_andnot(a, b), vec<uint64_t>({0xF000'F000'F000'F000, 0}), "");
  EXPECT_V128(v128_and(a, b), vec<uint64_t>({0x0F00'0F00'0F00'0F00, 0x0123'4567'89AB'CDEF}), "");
  EXPECT_V128(v128_or(a, b), vec<uint64_t>({0xFF0F'FF0F'FF0F'FF0F, ~uint64_t{0}}), "");
  EXPECT_V128(v128_xor(a, a), V128::zero(), "");
  EXPECT_V128(v128_bitselect(a, b, vec<uint64_t>({~uint64_t{0}, 0})),
              vec<uint64_t>({0xFF00'FF00'FF00'FF00, ~uint64_t{0}}), "");
  EXPECT_EQ(v128_any_true(V128::zero()), 0u);
  EXPECT_EQ(v128_any_true(vec<uint64_t>({0, uint64_t{1} << 63})), 1u);
  EXPECT_EQ(v128_any_true(vec<uint64_t>({1, 0})), 1u);
}

TEST(Simd, SwizzleAndShuffle) {
  Source<uint8_t> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    V128 s = source.next();
    if (i % 2) s = v128_and(s, i8x16_splat(31));
    Lanes<uint8_t> want, shuffled, index = lanes<uint8_t>(s);
    for (size_t k = 0; k < 16; k++) {
      want[k] = index[k] < 16 ? lanes<uint8_t>(a)[index[k]] : uint8_t{0};
      shuffled[k] = index[k] < 16   ? lanes<uint8_t>(a)[index[k]]
                    : index[k] < 32 ? lanes<uint8_t>(b)[index[k] - 16]
                                    : uint8_t{0};
    }
    EXPECT_V128(i8x16_swizzle(a, s), vec<uint8_t>(want), hex(s));
    if (i % 2) EXPECT_V128(i8x16_shuffle(a, b, s), vec<uint8_t>(shuffled), hex(s));
  }
}

template <class T, class Value>
void check_lanes(V128 (*splat)(Value), V128 (*replace)(V128, Value, unsigned), Value (*extract)(V128, unsigned)) {
  Source<T> source;
  for (unsigned i = 0; i < 1000; i++) {
    const V128 v = source.next();
    const T x = lanes<T>(source.next())[0];
    const unsigned lane = i % (16 / sizeof(T));
    Lanes<T> want = lanes<T>(v);
    want[lane] = x;
    EXPECT_V128(replace(v, static_cast<Value>(x), lane), vec<T>(want), hex(v));
    want.fill(x);
    EXPECT_V128(splat(static_cast<Value>(x)), vec<T>(want), "");
    const Value got = extract(v, lane);
    const auto expected = static_cast<Value>(lanes<T>(v)[lane]);
    EXPECT_EQ(std::memcmp(&got, &expected, sizeof got), 0) << hex(v);
  }
}

TEST(Simd, Lanes) {
  check_lanes<int8_t, uint32_t>(i8x16_splat, i8x16_replace_lane, i8x16_extract_lane_s);
  check_lanes<uint8_t, uint32_t>(i8x16_splat, i8x16_replace_lane, i8x16_extract_lane_u);
  check_lanes<int16_t, uint32_t>(i16x8_splat, i16x8_replace_lane, i16x8_extract_lane_s);
  check_lanes<uint16_t, uint32_t>(i16x8_splat, i16x8_replace_lane, i16x8_extract_lane_u);
  check_lanes<uint32_t, uint32_t>(i32x4_splat, i32x4_replace_lane, i32x4_extract_lane);
  check_lanes<uint64_t, uint64_t>(i64x2_splat, i64x2_replace_lane, i64x2_extract_lane);
  check_lanes<float, float>(f32x4_splat, f32x4_replace_lane, f32x4_extract_lane);
  check_lanes<double, double>(f64x2_splat, f64x2_replace_lane, f64x2_extract_lane);
}

// Equal bits, or two arithmetic NaNs; `canonical` where every NaN operand was canonical.
template <class T>
bool same(T got, T want, bool canonical) {
  using B = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr B kCanonical = sizeof(T) == 4 ? B(0x7FC0'0000) : B(0x7FF8'0000'0000'0000);
  const B g = std::bit_cast<B>(got), w = std::bit_cast<B>(want);
  if (want == want) return g == w;
  return canonical ? (g & ~(B{1} << (8 * sizeof(B) - 1))) == kCanonical : (g & kCanonical) == kCanonical;
}
template <class T>
bool canonical_or_number(T v) {
  return v == v || same(v, std::numeric_limits<T>::quiet_NaN(), true);
}

template <class T>
void same_as_scalar(V128 (*op)(V128), T (*scalar)(T)) {
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next();
    const auto got = lanes<T>(op(a));
    for (size_t k = 0; k < got.size(); k++) {
      const T x = lanes<T>(a)[k];
      EXPECT_TRUE(same(got[k], scalar(x), canonical_or_number(x))) << hex(a) << " " << got[k];
    }
  }
}
template <class T>
void same_as_scalar(V128 (*op)(V128, V128), T (*scalar)(T, T)) {
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    const auto got = lanes<T>(op(a, b));
    for (size_t k = 0; k < got.size(); k++) {
      const T x = lanes<T>(a)[k], y = lanes<T>(b)[k];
      EXPECT_TRUE(same(got[k], scalar(x, y), canonical_or_number(x) && canonical_or_number(y)))
          << hex(a) << " " << hex(b);
    }
  }
}

// Pseudo-minimum: the operand itself, NaN bits included.
template <class T, class Model>
void check_pseudo(V128 (*op)(V128, V128), Model model) {
  Source<T> source;
  for (int i = 0; i < kRounds; i++) {
    const V128 a = source.next(), b = source.next();
    Lanes<T> want = lanes<T>(a), y = lanes<T>(b);
    for (size_t k = 0; k < want.size(); k++) {
      if (model(want[k], y[k])) std::memcpy(&want[k], &y[k], sizeof(T));
    }
    EXPECT_V128(op(a, b), vec<T>(want), hex(a) << " " << hex(b));
  }
}

TEST(Simd, Floats) {
  compare<float>(f32x4_eq, std::equal_to<>{}), compare<float>(f32x4_ne, std::not_equal_to<>{});
  compare<float>(f32x4_lt, std::less<>{}), compare<float>(f32x4_gt, std::greater<>{});
  compare<float>(f32x4_le, std::less_equal<>{}), compare<float>(f32x4_ge, std::greater_equal<>{});
  compare<double>(f64x2_eq, std::equal_to<>{}), compare<double>(f64x2_ne, std::not_equal_to<>{});
  compare<double>(f64x2_lt, std::less<>{}), compare<double>(f64x2_gt, std::greater<>{});
  compare<double>(f64x2_le, std::less_equal<>{}), compare<double>(f64x2_ge, std::greater_equal<>{});
  same_as_scalar<float>(f32x4_ceil, f32_ceil), same_as_scalar<float>(f32x4_floor, f32_floor);
  same_as_scalar<float>(f32x4_trunc, f32_trunc), same_as_scalar<float>(f32x4_nearest, f32_nearest);
  same_as_scalar<float>(f32x4_sqrt, f32_sqrt);
  same_as_scalar<double>(f64x2_ceil, f64_ceil), same_as_scalar<double>(f64x2_floor, f64_floor);
  same_as_scalar<double>(f64x2_trunc, f64_trunc), same_as_scalar<double>(f64x2_nearest, f64_nearest);
  same_as_scalar<double>(f64x2_sqrt, f64_sqrt);
  same_as_scalar<float>(f32x4_add, f32_add), same_as_scalar<float>(f32x4_sub, f32_sub);
  same_as_scalar<float>(f32x4_mul, f32_mul), same_as_scalar<float>(f32x4_div, f32_div);
  same_as_scalar<float>(f32x4_min, f32_min), same_as_scalar<float>(f32x4_max, f32_max);
  same_as_scalar<double>(f64x2_add, f64_add), same_as_scalar<double>(f64x2_sub, f64_sub);
  same_as_scalar<double>(f64x2_mul, f64_mul), same_as_scalar<double>(f64x2_div, f64_div);
  same_as_scalar<double>(f64x2_min, f64_min), same_as_scalar<double>(f64x2_max, f64_max);
  check_pseudo<float>(f32x4_pmin, [](float a, float b) { return b < a; });
  check_pseudo<float>(f32x4_pmax, [](float a, float b) { return a < b; });
  check_pseudo<double>(f64x2_pmin, [](double a, double b) { return b < a; });
  check_pseudo<double>(f64x2_pmax, [](double a, double b) { return a < b; });
  unary<uint32_t>(f32x4_neg, [](uint32_t a) { return a ^ 0x8000'0000; });
  unary<uint32_t>(f32x4_abs, [](uint32_t a) { return a & 0x7FFF'FFFF; });
  unary<uint64_t>(f64x2_neg, [](uint64_t a) { return a ^ uint64_t { 1 } << 63; });
  unary<uint64_t>(f64x2_abs, [](uint64_t a) { return a & ~(uint64_t{1} << 63); });
}

TEST(Simd, FloatConversions) {
  Source<float> floats;
  Source<double> doubles;
  Source<uint32_t> ints;
  for (int i = 0; i < kRounds; i++) {
    const V128 f = floats.next(), d = doubles.next(), n = ints.next();
    Lanes<uint32_t> s, u, ds{}, du{};
    Lanes<float> fs, fu;
    Lanes<double> lows, lowu;
    for (size_t k = 0; k < 4; k++) {
      s[k] = i32_trunc_sat_f32_s(lanes<float>(f)[k]), u[k] = i32_trunc_sat_f32_u(lanes<float>(f)[k]);
      fs[k] = f32_convert_i32_s(lanes<uint32_t>(n)[k]), fu[k] = f32_convert_i32_u(lanes<uint32_t>(n)[k]);
    }
    const auto demoted = lanes<float>(f32x4_demote_f64x2_zero(d));
    const auto promoted = lanes<double>(f64x2_promote_low_f32x4(f));
    for (size_t k = 0; k < 2; k++) {
      const double x = lanes<double>(d)[k];
      const float y = lanes<float>(f)[k];
      ds[k] = i32_trunc_sat_f64_s(x), du[k] = i32_trunc_sat_f64_u(x);
      lows[k] = f64_convert_i32_s(lanes<uint32_t>(n)[k]), lowu[k] = f64_convert_i32_u(lanes<uint32_t>(n)[k]);
      EXPECT_TRUE(same(demoted[k], f32_demote_f64(x), canonical_or_number(x))) << hex(d);
      EXPECT_TRUE(same(promoted[k], f64_promote_f32(y), canonical_or_number(y))) << hex(f);
      EXPECT_EQ(std::bit_cast<uint32_t>(demoted[k + 2]), 0u);
    }
    EXPECT_V128(i32x4_trunc_sat_f32x4_s(f), vec<uint32_t>(s), hex(f));
    EXPECT_V128(i32x4_trunc_sat_f32x4_u(f), vec<uint32_t>(u), hex(f));
    EXPECT_V128(i32x4_trunc_sat_f64x2_s_zero(d), vec<uint32_t>(ds), hex(d));
    EXPECT_V128(i32x4_trunc_sat_f64x2_u_zero(d), vec<uint32_t>(du), hex(d));
    EXPECT_V128(f32x4_convert_i32x4_s(n), vec<float>(fs), hex(n));
    EXPECT_V128(f32x4_convert_i32x4_u(n), vec<float>(fu), hex(n));
    EXPECT_V128(f64x2_convert_low_i32x4_s(n), vec<double>(lows), hex(n));
    EXPECT_V128(f64x2_convert_low_i32x4_u(n), vec<double>(lowu), hex(n));
  }
}

TEST(Simd, Memory) {
  uint8_t m[40];
  for (size_t i = 0; i < sizeof m; i++) m[i] = static_cast<uint8_t>(0x81 + i * 37);
  const uint8_t* p = m + 3;
  Lanes<uint8_t> bytes;
  std::memcpy(bytes.data(), p, 16);
  const V128 all = vec<uint8_t>(bytes);
  EXPECT_V128(v128_load(p), all, "");
  EXPECT_V128(v128_load8x8_s(p), i16x8_extend_low_i8x16_s(all), "");
  EXPECT_V128(v128_load8x8_u(p), i16x8_extend_low_i8x16_u(all), "");
  EXPECT_V128(v128_load16x4_s(p), i32x4_extend_low_i16x8_s(all), "");
  EXPECT_V128(v128_load16x4_u(p), i32x4_extend_low_i16x8_u(all), "");
  EXPECT_V128(v128_load32x2_s(p), i64x2_extend_low_i32x4_s(all), "");
  EXPECT_V128(v128_load32x2_u(p), i64x2_extend_low_i32x4_u(all), "");
  EXPECT_V128(v128_load8_splat(p), i8x16_splat(i32_load8_u(p)), "");
  EXPECT_V128(v128_load16_splat(p), i16x8_splat(i32_load16_u(p)), "");
  EXPECT_V128(v128_load32_splat(p), i32x4_splat(i32_load(p)), "");
  EXPECT_V128(v128_load64_splat(p), i64x2_splat(i64_load(p)), "");
  EXPECT_V128(v128_load32_zero(p), vec<uint32_t>({i32_load(p), 0, 0, 0}), "");
  EXPECT_V128(v128_load64_zero(p), vec<uint64_t>({i64_load(p), 0}), "");
  for (unsigned lane = 0; lane < 16; lane++) {
    EXPECT_V128(v128_load8_lane(m, all, lane), i8x16_replace_lane(all, i32_load8_u(m), lane), lane);
    if (lane < 8) EXPECT_V128(v128_load16_lane(m, all, lane), i16x8_replace_lane(all, i32_load16_u(m), lane), lane);
    if (lane < 4) EXPECT_V128(v128_load32_lane(m, all, lane), i32x4_replace_lane(all, i32_load(m), lane), lane);
    if (lane < 2) EXPECT_V128(v128_load64_lane(m, all, lane), i64x2_replace_lane(all, i64_load(m), lane), lane);
    uint8_t out[10] = {};
    const auto stored = [&](auto store) {
      std::memset(out, 0xEE, sizeof out);
      store(out + 1, all, lane);
      EXPECT_EQ(out[0], 0xEE);
      EXPECT_EQ(out[9], 0xEE);
      return i64_load(out + 1);
    };
    EXPECT_EQ(stored(v128_store8_lane), 0xEEEE'EEEE'EEEE'EE00 | bytes[lane]);
    if (lane < 8) EXPECT_EQ(stored(v128_store16_lane), 0xEEEE'EEEE'EEEE'0000 | lanes<uint16_t>(all)[lane]);
    if (lane < 4) EXPECT_EQ(stored(v128_store32_lane), 0xEEEE'EEEE'0000'0000 | lanes<uint32_t>(all)[lane]);
    if (lane < 2) EXPECT_EQ(stored(v128_store64_lane), lanes<uint64_t>(all)[lane]);
  }
  v128_store(m + 5, all);
  EXPECT_V128(v128_load(m + 5), all, "");
}

}  // namespace
}  // namespace ermine::semantics::simd_test
