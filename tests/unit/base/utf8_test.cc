#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace ermine::base {
namespace {

std::string encode(uint32_t c) {
  std::string s;
  if (c < 0x80) {
    s += static_cast<char>(c);
  } else if (c < 0x800) {
    s += static_cast<char>(0xC0 | c >> 6);
    s += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    s += static_cast<char>(0xE0 | c >> 12);
    s += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    s += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    s += static_cast<char>(0xF0 | c >> 18);
    s += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    s += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    s += static_cast<char>(0x80 | (c & 0x3F));
  }
  return s;
}

TEST(Utf8, EveryScalarValueAndNoOther) {
  for (uint32_t c = 0; c < 0x120000; ++c) {
    bool scalar = c < 0xD800 || (c >= 0xE000 && c < 0x110000);
    ASSERT_EQ(is_utf8(encode(c)), scalar) << c;
  }
}

TEST(Utf8, BrokenAtAnyDistanceFromTheStart) {
  for (size_t before = 0; before < 20; ++before) {
    std::string s(before, 'a');
    EXPECT_TRUE(is_utf8(s + "\xE2\x82\xAC"));
    EXPECT_FALSE(is_utf8(s + "\xE2\x82"));
    EXPECT_FALSE(is_utf8(s + "\x80"));
    EXPECT_FALSE(is_utf8(s + "\xC0\x80"));
    EXPECT_FALSE(is_utf8(s + "\xFF"));
    EXPECT_FALSE(is_utf8(s + "\xE0\x80\x80zzzzzzzzzz"));
  }
}

}  // namespace
}  // namespace ermine::base
