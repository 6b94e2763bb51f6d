#include "base/format.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

namespace ermine::base {
namespace {

TEST(Format, PutsStringsAndIntegers) {
  const std::string string = "two";
  EXPECT_EQ(format("nothing"), "nothing");
  EXPECT_EQ(format("{}", ""), "");
  EXPECT_EQ(format("{}, {} and {}", "one", string, std::string_view("three!", 5)), "one, two and three");
  EXPECT_EQ(format("{} {} {}", 0, -1, 42u), "0 -1 42");
  EXPECT_EQ(format("{}", uint8_t{200}), "200");
  EXPECT_EQ(format("{} {}", std::numeric_limits<int64_t>::min(), ~uint64_t{0}),
            "-9223372036854775808 18446744073709551615");
  EXPECT_EQ(format("{} {}", ~uint64_t{0} - 1, int64_t{-2}), "18446744073709551614 -2");
}

TEST(Format, HexadecimalAndWidths) {
  EXPECT_EQ(format("{:x} {:#x} {:#x}", 255, 255, 0u), "ff 0xff 0x0");
  EXPECT_EQ(format("{:02x} {:02x} {:02x}", 7, 0xab, 0x123), "07 ab 123");
  EXPECT_EQ(format("{:016x}", uint64_t{0xdead}), "000000000000dead");
  EXPECT_EQ(format("{:4}|{:2}|{:4}", 7, 123, "ab"), "   7|123|  ab");
}

TEST(Format, StringsArePrintableUnlessTheyAreTexts) {
  EXPECT_EQ(format("\"{}\"", "a\x1b[2J\nb"), "\"a\\1b[2J\\0ab\"");
  EXPECT_EQ(format("{:t}", "a\nb"), "a\nb");
  const std::string large(100'000, 'x');
  EXPECT_LT(format("{} {}", large, large).size(), 2100u);
  EXPECT_EQ(format("{:t}", large), large);
}

TEST(Format, ShortestDigits) {
  EXPECT_EQ(shortest(0.0), "0");
  EXPECT_EQ(shortest(-0.0), "-0");
  EXPECT_EQ(shortest(1.0), "1");
  EXPECT_EQ(shortest(-1.5), "-1.5");
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(0.1f), "0.1");
  EXPECT_EQ(shortest(100.0), "100");
  EXPECT_EQ(shortest(123456.75), "123456.75");
  EXPECT_EQ(shortest(1e15), "1000000000000000");
  EXPECT_EQ(shortest(1e16), "1e+16");
  EXPECT_EQ(shortest(1.5e300), "1.5e+300");
  EXPECT_EQ(shortest(0.0001), "0.0001");
  EXPECT_EQ(shortest(0.000012), "1.2e-05");
  EXPECT_EQ(shortest(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(shortest(std::numeric_limits<float>::denorm_min()), "1e-45");
  EXPECT_EQ(shortest(std::numeric_limits<float>::max()), "3.4028235e+38");
  EXPECT_EQ(shortest(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(shortest(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(shortest(-std::numeric_limits<float>::infinity()), "-inf");
}

TEST(Format, ShortestDigitsReadBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const uint64_t bits = random();
    const auto d = std::bit_cast<double>(bits);
    if (std::isfinite(d)) EXPECT_EQ(std::strtod(shortest(d).c_str(), nullptr), d);
    const auto f = std::bit_cast<float>(static_cast<uint32_t>(bits));
    if (std::isfinite(f)) EXPECT_EQ(std::strtof(shortest(f).c_str(), nullptr), f);
  }
}

}  // namespace
}  // namespace ermine::base
