// How parameters are shown in traces of preview 1.
#include "wasi/preview1/abi.h"

#include <gtest/gtest.h>

namespace ermine::wasi::preview1 {
namespace {

std::string described(std::string_view text) {
  std::string out;
  describe_text(out, text);
  return out;
}

TEST(WasiTraces, TheEndOfATextIsUnambiguous) {
  EXPECT_EQ(described(""), "\"\"");
  EXPECT_EQ(described("plain"), "\"plain\"");
  EXPECT_EQ(described("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(described("\""), "\"\\\"\"");
  EXPECT_EQ(described("end\\"), "\"end\\\\\"");
}

TEST(WasiTraces, LongTextsAreCut) {
  const std::string most(128, 'x');
  EXPECT_EQ(described(most), "\"" + most + "\"");
  EXPECT_EQ(described(most + "y"), "\"" + most + "\"...");
}

TEST(WasiTraces, Numbers) {
  std::string out;
  describe_number(out, UINT64_MAX);
  out += ' ';
  describe_signed(out, INT64_MIN);
  EXPECT_EQ(out, "18446744073709551615 -9223372036854775808");
}

}  // namespace
}  // namespace ermine::wasi::preview1
