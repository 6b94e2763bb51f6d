#include "text/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <random>

namespace ermine::text {
namespace {

uint32_t f32(std::string_view s) {
  uint32_t bits = 0xDEAD'BEEF;
  EXPECT_EQ(parse_f32(s, bits), NumberStatus::kOk) << s;
  return bits;
}
uint64_t f64(std::string_view s) {
  uint64_t bits = 0;
  EXPECT_EQ(parse_f64(s, bits), NumberStatus::kOk) << s;
  return bits;
}
NumberStatus f32_status(std::string_view s) {
  uint32_t bits;
  return parse_f32(s, bits);
}
NumberStatus f64_status(std::string_view s) {
  uint64_t bits;
  return parse_f64(s, bits);
}

TEST(Number, Integers) {
  uint64_t v;
  EXPECT_EQ(parse_unsigned("4_294_967_295", 32, v), NumberStatus::kOk);
  EXPECT_EQ(v, 0xFFFF'FFFF);
  EXPECT_EQ(parse_unsigned("4294967296", 32, v), NumberStatus::kOutOfRange);
  EXPECT_EQ(parse_unsigned("0xffff_ffff_FFFF_FFFF", 64, v), NumberStatus::kOk);
  EXPECT_EQ(v, ~uint64_t{0});
  EXPECT_EQ(parse_unsigned("0x1_0000_0000_0000_0000", 64, v), NumberStatus::kOutOfRange);
  EXPECT_EQ(parse_unsigned("18446744073709551616", 64, v), NumberStatus::kOutOfRange);
  for (const char* bad : {"", "_1", "1_", "1__0", "0x", "0x_1", "12a", "0xg", "-1", "+1", "1.0"})
    EXPECT_EQ(parse_unsigned(bad, 64, v), NumberStatus::kMalformed) << bad;
  EXPECT_EQ(parse_integer("-0x8000_0000", 32, v), NumberStatus::kOk);
  EXPECT_EQ(v, 0x8000'0000);
  EXPECT_EQ(parse_integer("-2147483649", 32, v), NumberStatus::kOutOfRange);
  EXPECT_EQ(parse_integer("+4294967295", 32, v), NumberStatus::kOk);
  EXPECT_EQ(v, 0xFFFF'FFFF);
  EXPECT_EQ(parse_integer("-128", 8, v), NumberStatus::kOk);
  EXPECT_EQ(v, 0x80);
  EXPECT_EQ(parse_integer("-129", 8, v), NumberStatus::kOutOfRange);
  EXPECT_EQ(parse_integer("256", 8, v), NumberStatus::kOutOfRange);
  EXPECT_EQ(parse_integer("-9223372036854775808", 64, v), NumberStatus::kOk);
  EXPECT_EQ(v, uint64_t{1} << 63);
  EXPECT_EQ(parse_integer("-9223372036854775809", 64, v), NumberStatus::kOutOfRange);
  EXPECT_EQ(parse_integer("--1", 64, v), NumberStatus::kMalformed);
}

TEST(Number, Specials) {
  EXPECT_EQ(f32("inf"), 0x7F80'0000);
  EXPECT_EQ(f32("-inf"), 0xFF80'0000);
  EXPECT_EQ(f32("nan"), 0x7FC0'0000);
  EXPECT_EQ(f32("-nan:0x20_0000"), 0xFFA0'0000);
  EXPECT_EQ(f64("nan:0xfffffffffffff"), 0x7FFF'FFFF'FFFF'FFFF);
  EXPECT_EQ(f64("+nan"), 0x7FF8'0000'0000'0000);
  EXPECT_EQ(f32_status("nan:0x0"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f32_status("nan:0x80_0000"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f32_status("nan:1"), NumberStatus::kMalformed);
  EXPECT_EQ(f32_status("nan:canonical"), NumberStatus::kMalformed);
  EXPECT_EQ(f32_status("infinity"), NumberStatus::kMalformed);
  EXPECT_EQ(f32_status("+-1"), NumberStatus::kMalformed);
}

TEST(Number, Malformed) {
  for (const char* bad : {"", ".", ".5", "1e", "1e+", "0x.1", "0x1p", "1_.0", "1._0", "1__0.0", "1.0_", "1e_1", "1e1_",
                          "0x1.8p1_", "1.0p3", "0x1e+2", "1f", "0x1.g", "1.0e0x1"}) {
    EXPECT_EQ(f32_status(bad), NumberStatus::kMalformed) << bad;
    EXPECT_EQ(f64_status(bad), NumberStatus::kMalformed) << bad;
  }
}

TEST(Number, RangeIsTheFormats) {
  EXPECT_EQ(f32("0x1.fffffep127"), 0x7F7F'FFFF);
  EXPECT_EQ(f32("0x1.fffffefffffff8p127"), 0x7F7F'FFFF);  // rounds down
  EXPECT_EQ(f32_status("0x1.ffffffp127"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f32_status("0x1p128"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f32_status("340282356779733661637539395458142568448"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f32("340282356779733661637539395458142568447"), 0x7F7F'FFFF);
  EXPECT_EQ(f32_status("1e39"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f64_status("1e309"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f64_status("1e999999999999999999999"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f64("1e-999999999999999999999"), 0);
  EXPECT_EQ(f64("-0x0p99999999999999999"), uint64_t{1} << 63);
  EXPECT_EQ(f64("0e999999999999999"), 0);
  EXPECT_EQ(f64_status("0x1p1024"), NumberStatus::kOutOfRange);
  EXPECT_EQ(f64_status("0x1p99999999999999999999"), NumberStatus::kOutOfRange);
}

TEST(Number, Subnormals) {
  EXPECT_EQ(f32("0x1p-149"), 1);
  EXPECT_EQ(f32("0x1p-150"), 0);             // a tie, to even
  EXPECT_EQ(f32("0x1.000001p-150"), 1);      // just above it
  EXPECT_EQ(f32("0x3p-150"), 2);             // a tie between 1 and 2
  EXPECT_EQ(f32("0x1.fffffcp-127"), 0x007F'FFFF);
  EXPECT_EQ(f32("0x1.fffffep-127"), 0x0080'0000);  // carries into the normals
  EXPECT_EQ(f32("1e-45"), 1);
  EXPECT_EQ(f32("7e-46"), 0);
  EXPECT_EQ(f64("0x1p-1074"), 1);
  EXPECT_EQ(f64("0x1p-1075"), 0);
  EXPECT_EQ(f64("0x1.8p-1075"), 1);
  EXPECT_EQ(f64("4.9e-324"), 1);
}

TEST(Number, HexRounding) {
  EXPECT_EQ(f32("0x1.000001p0"), 0x3F80'0000);      // tie to even, down
  EXPECT_EQ(f32("0x1.000003p0"), 0x3F80'0002);      // tie to even, up
  EXPECT_EQ(f32("0x1.00000100000000000000000001p0"), 0x3F80'0001);  // sticky far below
  EXPECT_EQ(f32("0x1.00000000000000000000000000"), 0x3F80'0000);
  EXPECT_EQ(f32("0x0.0000000000000000000000000000000001p136"), 0x3F80'0000);
  EXPECT_EQ(f64("0x123456789abcdef0123456789abcdef"), f64("0x1.23456789abcdfp120"));
  EXPECT_EQ(f64("0x1_0.8_0"), f64("16.5"));
}

// Random bits go through text and back, decimal and hexadecimal.
TEST(Number, RoundTrip) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    uint64_t bits = random();
    std::string s;
    print_f64(s, bits);
    EXPECT_EQ(f64(s), bits) << s;
    s.clear();
    print_f32(s, static_cast<uint32_t>(bits));
    EXPECT_EQ(f32(s), static_cast<uint32_t>(bits)) << s;
    char hex[64];
    double value = std::bit_cast<double>(bits);
    if (value - value == 0) {
      std::snprintf(hex, sizeof hex, "%a", value);
      EXPECT_EQ(f64(hex), bits) << hex;
      // The C library's correctly rounded conversion is the reference for narrowing ones.
      float narrow = std::strtof(hex, nullptr);
      uint32_t got;
      NumberStatus status = parse_f32(hex, got);
      if (narrow - narrow == 0) EXPECT_EQ(got, std::bit_cast<uint32_t>(narrow)) << hex;
      else EXPECT_EQ(status, NumberStatus::kOutOfRange) << hex;
    }
  }
}

}  // namespace
}  // namespace ermine::text
