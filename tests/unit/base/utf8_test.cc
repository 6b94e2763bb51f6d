#include "base/utf8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "ermine/printable.h"

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

TEST(Printable, LeavesWhatCanBeShown) {
  EXPECT_EQ(printable(""), "");
  for (const char* text :
       {"main", "std::vector<int>::operator[](unsigned long)", "caf\u00e9 \u4e16\u754c \U0001F600", "a\\b \"c\" 'd'"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatControlsATerminalOrMakesALine) {
  EXPECT_EQ(printable("m\x1b[31m"), "m\\1b[31m");
  EXPECT_EQ(printable("a\r\n  9: 0x99 - b\tc\x7f"), "a\\0d\\0a  9: 0x99 - b\\09c\\7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\00b");
  EXPECT_EQ(printable("\u0085\u009b2J"), "\\c2\\85\\c2\\9b2J");
}

TEST(Printable, EscapesExactlyWhatIsHidden) {
  const std::pair<uint32_t, uint32_t> hidden[] = {{0, 0x1F},        {0x7F, 0x9F},     {0x61C, 0x61C},
                                                  {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                                                  {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};
  for (uint32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const bool shown = std::none_of(std::begin(hidden), std::end(hidden),
                                    [c](auto range) { return c >= range.first && c <= range.second; });
    const std::string text = encode(c);
    ASSERT_EQ(printable(text) == text, shown) << c;
    if (!shown) ASSERT_EQ(printable(text).size(), 3 * text.size()) << c;
  }
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\xff\xc3(\xed\xa0\x80\xc3"), "\\ff\\c3(\\ed\\a0\\80\\c3");
  EXPECT_EQ(printable("\xe4\xb8"), "\\e4\\b8");  // the beginning of a character
}

TEST(Printable, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(printable(std::string(kMaxPrintable, 'x')), std::string(kMaxPrintable, 'x'));
  EXPECT_EQ(printable(std::string(kMaxPrintable + 1, 'x')), std::string(kMaxPrintable - 3, 'x') + "...");
  std::string escapes, wide;
  for (int i = 0; i < 5000; ++i) {
    escapes += '\n';
    wide += "\u4e16";
  }
  for (const std::string& text :
       {escapes, "x" + escapes, wide, "x" + wide, "xx" + wide, std::string(50'000'000, 'n')}) {
    const std::string shown = printable(text);
    EXPECT_LE(shown.size(), kMaxPrintable);
    EXPECT_GT(shown.size(), kMaxPrintable - 7);
    EXPECT_TRUE(is_utf8(shown));
    EXPECT_TRUE(shown.ends_with("..."));
  }
}

TEST(Printable, TwiceIsOnce) {
  for (std::string text : {std::string("a\x1b\n\u202e\xff\\1b"), std::string(5000, '\n'), std::string(5000, 'x')})
    EXPECT_EQ(printable(printable(text)), printable(text));
}

}  // namespace
}  // namespace ermine::base
