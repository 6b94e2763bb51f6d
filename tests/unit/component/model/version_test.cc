#include "component/model/version.h"

#include <gtest/gtest.h>

namespace ermine::component {
namespace {

TEST(Version, ReadsAndPrints) {
  for (const char* text :
       {"0.0.0", "1.2.3", "18446744073709551615.0.1", "1.0.0-rc.1", "1.0.0-0a.-", "1.0.0+001", "1.0.0-a.b+c-d"}) {
    const auto version = Version::parse(text);
    ASSERT_TRUE(version) << text << ": " << version.error().message();
    EXPECT_EQ(version->to_string(), text);
  }
}

TEST(Version, RefusesOthers) {
  for (const char* text : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.03", "1.2.x", "18446744073709551616.0.0", "1.0.0-",
                           "1.0.0-01", "1.0.0-a..b", "1.0.0+", "1.0.0-a_b", "-1.0.0", "1..0"})
    EXPECT_FALSE(Version::parse(text)) << text;
}

// The list of https://semver.org, section 11.
TEST(Version, Order) {
  const char* ordered[] = {
      "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
      "1.0.0-rc.1",  "1.0.0",         "1.0.0+a",          "2.0.0",      "2.1.0",        "2.1.1",
      "10.0.0"};
  for (size_t i = 0; i < std::size(ordered); ++i)
    for (size_t j = 0; j < std::size(ordered); ++j)
      EXPECT_EQ(*Version::parse(ordered[i]) <=> *Version::parse(ordered[j]), i <=> j)
          << ordered[i] << " " << ordered[j];
}

TEST(Version, Track) {
  EXPECT_EQ(Version::parse("1.2.3")->track(), "1");
  EXPECT_EQ(Version::parse("0.2.3+x")->track(), "0.2");
  EXPECT_EQ(Version::parse("0.0.3")->track(), "0.0.3");
  EXPECT_EQ(Version::parse("1.2.3-rc.1")->track(), "1.2.3-rc.1");
}

}  // namespace
}  // namespace ermine::component
