#include "component/validation/extern_names.h"

#include <gtest/gtest.h>

#include "validation_test.h"

namespace ermine::component {
namespace {

TEST(ExternNames, KebabCase) {
  for (std::string_view good : {"a", "A", "a-b-c", "a1-2-3", "A1-2-3", "is-XML", "a11-w0rds", "m1x3d-4CR0NYMS", "x-1"})
    EXPECT_TRUE(is_kebab_case(good)) << good;
  for (std::string_view bad : {"", "-", "1", "1a", "a-", "-a", "a--b", "aB", "Ab", "a_b", "a b", "ä", "a-bC", "1-2-3"})
    EXPECT_FALSE(is_kebab_case(bad)) << bad;
}

TEST(ExternNames, Kinds) {
  std::string error;
  const FeatureSet features = FeatureSet::defaults();
  EXPECT_EQ(parse_extern_name("a-b", features, error)->kind, ParsedName::kLabel);
  EXPECT_EQ(parse_extern_name("[constructor]a", features, error)->resource, "a");
  EXPECT_EQ(parse_extern_name("[method]a.b", features, error)->kind, ParsedName::kMethod);
  EXPECT_EQ(parse_extern_name("[static]a-b.c", features, error)->resource, "a-b");
  const auto name = parse_extern_name("wasi:http/types@0.2.1", features, error);
  EXPECT_EQ(name->kind, ParsedName::kInterface);
  EXPECT_EQ(name->version, "0.2.1");
  for (std::string_view bad : {"[method]a", "[method]a.", "[method].b", "[constructor]", "[other]a", "a:b", "a:b/",
                               "A:b/c", "a:B/c", "a:b/c/d", "a:b:c/d", ":b/c", "a:b/c_d", "url=<https://x>"})
    EXPECT_FALSE(parse_extern_name(bad, features, error)) << bad;
}

TEST(ExternNames, NestedNames) {
  std::string error;
  EXPECT_TRUE(parse_extern_name("a:b:c/d/e@1.0.0", FeatureSet::all(), error));
}

TEST(ExternNames, Versions) {
  const auto check = [](std::string_view version) {
    ParsedName name{ParsedName::kInterface, {}, version, true};
    return check_version(name, std::nullopt, FeatureSet::defaults());
  };
  for (std::string_view good : {"0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3+build.01", "1.0.0-0a",
                                "18446744073709551615.0.0", "1.0.0--", "1.0.0-a-b+c-d"})
    EXPECT_EQ(check(good), "") << good;
  for (std::string_view bad : {"", "1", "1.2", "1.2.", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.0-a..b", "1.0.0 ",
                               "v1.0.0", "18446744073709551616.0.0", "1.0.0-ä"})
    EXPECT_NE(check(bad), "") << bad;
}

TEST(ExternNames, CanonicalVersions) {
  const auto check = [](std::string_view version, std::optional<std::string_view> suffix) {
    return check_version({ParsedName::kInterface, {}, version, true}, suffix, FeatureSet::all());
  };
  EXPECT_EQ(check("1", std::nullopt), "");
  EXPECT_EQ(check("0.2", std::nullopt), "");
  EXPECT_EQ(check("0.2", ".6-rc.1"), "");
  EXPECT_EQ(check("0.0.1", "-alpha"), "");
  EXPECT_NE(check("0.2.6", "-rc.1"), "");
  EXPECT_NE(check("0", ".1.2"), "");
  EXPECT_NE(check("1", "x"), "");
}

TEST(ExternNames, CanonicalNames) {
  Arena arena;
  EXPECT_EQ(canonical_name("FOO-bar", arena), "foo-bar");
  EXPECT_EQ(canonical_name("[method]foo.bar", arena), "foo.bar");
  EXPECT_EQ(canonical_name("[static]foo-BAR.FOO-bar", arena), "foo-bar");
  EXPECT_EQ(canonical_name("[constructor]foo", arena), "[constructor]foo");
  EXPECT_EQ(canonical_name("foo:bar/BAZ", arena), "foo:bar/baz");
}

// The example of Explainer.md, "Name Uniqueness".
TEST(ExternNames, StrongUniqueness) {
  const std::string all = R"(
    (import "foo" (type $foo (sub resource))) (import "foo-bar" (func))
    (import "[constructor]foo" (func (result (own $foo))))
    (import "[method]foo.bar" (func (param "self" (borrow $foo)))) (import "[static]foo.baz" (func))
    (import "foo:bar/baz" (func)) )";
  EXPECT_VALID(all);
  for (std::string_view name : {"foo", "FOO", "foo-BAR", "[static]foo.bar", "[static]foo.baz", "foo:bar/BAZ"})
    EXPECT_INVALID(all + "(import \"" + std::string(name) + "\" (func))", "conflicts with previous name");
  // Imports and exports are separate.
  EXPECT_VALID(all + "(export \"foo-bar\" (func 0))");
}

TEST(ExternNames, AnnotationsNeedTheirResource) {
  EXPECT_INVALID(R"((import "[static]r.f" (func)))", "static resource name is not known");
  EXPECT_INVALID(R"((import "r" (type $r (sub resource))) (import "[constructor]r" (func)))",
                 "should return one value");
  EXPECT_INVALID(R"((import "r" (type $r (sub resource))) (import "[method]r.f" (func (param "self" (own $r)))))",
                 "should take a first argument of `(borrow $T)`");
  EXPECT_INVALID(R"((import "r" (type $r (sub resource))) (import "[constructor]r" (func async (result (own $r)))))",
                 "constructor function cannot be async");
}

TEST(ExternNames, AttributesNeedTheirFeature) {
  FeatureSet features = FeatureSet::all();
  features.remove(Feature::Implements);
  const std::string text = R"((import "a" (implements "a:b/c") (instance)))";
  EXPECT_VALID(text);
  EXPECT_NE(error_of(text, features).find("requires the feature cm-implements"), std::string::npos);
}

}  // namespace
}  // namespace ermine::component
