// The transcoders of adapters, on well-formed and malformed text.
#include "component/adapter/transcode.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ermine::component {
namespace {

std::vector<uint8_t> bytes(std::string_view text) { return {text.begin(), text.end()}; }
std::vector<uint8_t> units(std::u16string_view text) {
  std::vector<uint8_t> out;
  for (const char16_t unit : text) {
    out.push_back(static_cast<uint8_t>(unit));
    out.push_back(static_cast<uint8_t>(unit >> 8));
  }
  return out;
}

constexpr std::string_view kMalformed[] = {"\x80",         "\xC0\x80",     "\xC3",
                                           "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                           "\xF0\x9F\x98", "\xFF",         "ascii \xC3("};
constexpr std::u16string_view kMalformed16[] = {u"\xD800", u"\xDC00", u"a\xD83D", u"\xD83D\xD83D\xDE00", u"\xD83D!"};

TEST(ComponentTranscode, Utf8) {
  const std::vector<uint8_t> text = bytes("plain ascii and \xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80");
  std::vector<uint8_t> copy(text.size());
  EXPECT_TRUE(copy_utf8(text, copy.data()));
  EXPECT_EQ(copy, text);
  std::vector<uint8_t> wide(2 * text.size());
  const auto written = utf8_to_utf16(text, wide.data());
  ASSERT_TRUE(written);
  wide.resize(2 * *written);
  EXPECT_EQ(wide, units(u"plain ascii and \u00e9, \u20ac, \U0001F600"));
  for (const std::string_view malformed : kMalformed) {
    std::vector<uint8_t> room(2 * malformed.size());
    EXPECT_FALSE(copy_utf8(bytes(malformed), room.data())) << malformed;
    EXPECT_FALSE(utf8_to_utf16(bytes(malformed), room.data())) << malformed;
    EXPECT_FALSE(utf8_to_latin1(bytes(malformed), room.data())) << malformed;
  }
}

TEST(ComponentTranscode, Utf16) {
  const std::vector<uint8_t> text = units(u"a\u00e9\u20ac\U0001F600");
  std::vector<uint8_t> copy(text.size());
  EXPECT_TRUE(copy_utf16(text, copy.data()));
  EXPECT_EQ(copy, text);
  EXPECT_EQ(utf16_to_compact(text, copy.data()), false);
  EXPECT_EQ(copy, text);
  std::vector<uint8_t> narrow(15);
  auto progress = utf16_to_utf8(text, narrow);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->read, 5u);
  narrow.resize(progress->written);
  EXPECT_EQ(narrow, bytes("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  narrow.resize(5);  // the third character does not fit
  progress = utf16_to_utf8(text, narrow);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->read, 2u);
  EXPECT_EQ(progress->written, 3u);
  for (const std::u16string_view malformed : kMalformed16) {
    std::vector<uint8_t> room(4 * malformed.size());
    EXPECT_FALSE(copy_utf16(units(malformed), room.data()));
    EXPECT_FALSE(utf16_to_utf8(units(malformed), room));
    EXPECT_FALSE(utf16_to_compact(units(malformed), room.data()));
  }
}

TEST(ComponentTranscode, Latin1) {
  const std::vector<uint8_t> text = bytes("a\xE9z");
  std::vector<uint8_t> wide(6);
  latin1_to_utf16(text, wide.data());
  EXPECT_EQ(wide, units(u"a\u00e9z"));
  std::vector<uint8_t> place = text;
  place.resize(6);
  widen_latin1(place.data(), 3);
  EXPECT_EQ(place, wide);
  std::vector<uint8_t> narrow(6);
  EXPECT_EQ(utf16_to_compact(wide, narrow.data()), true);
  narrow.resize(3);
  EXPECT_EQ(narrow, text);
  std::vector<uint8_t> utf8(3);
  Progress progress = latin1_to_utf8(text, utf8);
  EXPECT_EQ(progress.packed(), uint64_t{2} << 32 | 3);
  utf8.resize(4);
  progress = latin1_to_utf8(text, utf8);
  EXPECT_EQ(progress.read, 3u);
  EXPECT_EQ(utf8, bytes("a\xC3\xA9z"));
  auto to = utf8_to_latin1(bytes("a\xC3\xA9\xE2\x82\xAC"), narrow.data());
  ASSERT_TRUE(to);
  EXPECT_EQ(to->packed(), uint64_t{3} << 32 | 2);
  to = utf16_to_latin1(units(u"a\u00e9\u20ac"), narrow.data());
  ASSERT_TRUE(to);
  EXPECT_EQ(to->packed(), uint64_t{2} << 32 | 2);
}

}  // namespace
}  // namespace ermine::component
