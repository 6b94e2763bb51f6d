// The C++ names of things in WIT.
#include "component/bindgen/names.h"

#include <gtest/gtest.h>

namespace ermine::component::bindgen {
namespace {

TEST(BindgenNames, Words) {
  EXPECT_EQ(snake_case("read-via-stream2"), "read_via_stream2");
  EXPECT_EQ(camel_case("read-via-stream2"), "ReadViaStream2");
  EXPECT_EQ(constant("dark-green"), "kDarkGreen");
  // An acronym in a label is one word.
  EXPECT_EQ(snake_case("get-URL"), "get_url");
  EXPECT_EQ(camel_case("get-URL"), "GetUrl");
  EXPECT_EQ(camel_case("a-z"), "AZ");
  EXPECT_EQ(snake_case("A-Z"), "a_z");
}

TEST(BindgenNames, KeywordsAndMacros) {
  EXPECT_EQ(snake_case("class"), "class_");
  EXPECT_EQ(snake_case("CLASS"), "class_");
  EXPECT_EQ(snake_case("static-assert"), "static_assert_");
  EXPECT_EQ(snake_case("errno"), "errno_");
  EXPECT_EQ(snake_case("classes"), "classes");
  EXPECT_EQ(camel_case("class"), "Class");  // no keyword begins so
}

TEST(BindgenNames, Literals) {
  EXPECT_EQ(quoted("a:b/c@1.0.0"), "\"a:b/c@1.0.0\"");
  EXPECT_EQ(quoted("\"\\"), "\"\\\"\\\\\"");
}

}  // namespace
}  // namespace ermine::component::bindgen
