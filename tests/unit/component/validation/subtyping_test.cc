#include "validation_test.h"

namespace ermine::component {
namespace {

// A component that imports `expected` as "x", given a definition of the sort with type `given`.
std::string instantiate(std::string_view sort, std::string_view given, std::string_view expected) {
  std::string text = "(import \"x\" ";
  text += given;
  text += ") (component $c (import \"x\" ";
  text += expected;
  text += ")) (instance (instantiate $c (with \"x\" (";
  text += sort;
  text += " 0))))";
  return text;
}

TEST(Subtyping, FunctionsAreEqual) {
  EXPECT_VALID(instantiate("func", R"((func (param "a" (list u8)) (result string)))",
                           R"((func (param "a" (list u8)) (result string)))"));
  EXPECT_INVALID(instantiate("func", R"((func (param "a" u8)))", "(func)"), "expected 0 parameters, found 1");
  EXPECT_INVALID(instantiate("func", R"((func (param "a" u8)))", R"((func (param "b" u8)))"),
                 "expected parameter named `b`, found `a`");
  EXPECT_INVALID(instantiate("func", "(func async)", "(func)"), "expected sync function, found async function");
  EXPECT_INVALID(
      instantiate("func", "(func (result (tuple u8 (list u8))))", "(func (result (tuple u8 (list s8))))"),
      "type mismatch with result type: type mismatch in tuple field 1: expected primitive `s8` found primitive `u8`");
  EXPECT_INVALID(instantiate("func", "(func)", "(instance)"), "expected instance, found func");
}

TEST(Subtyping, InstancesMayExportMore) {
  EXPECT_VALID(instantiate("instance", R"((instance (export "a" (func)) (export "b" (func))))",
                           R"((instance (export "b" (func))))"));
  EXPECT_INVALID(instantiate("instance", R"((instance (export "a" (func))))", R"((instance (export "b" (func))))"),
                 "type mismatch for import `x`: missing expected export `b`");
}

TEST(Subtyping, ComponentsMayImportLess) {
  EXPECT_VALID(instantiate("component", R"((component (export "e" (func))))",
                           R"((component (import "i" (func)) (export "e" (func))))"));
  EXPECT_INVALID(instantiate("component", R"((component (import "i" (func)) (import "j" (func))))",
                             R"((component (import "i" (func))))"),
                 "missing import named `j`");
  EXPECT_INVALID(instantiate("component", "(component)", R"((component (export "e" (func))))"),
                 "missing export named `e`");
}

TEST(Subtyping, ResourcesOfComponentTypes) {
  const std::string given = R"((component (import "r" (type $r (sub resource))) (export "s" (type $s (sub resource)))
    (export "f" (func (param "x" (own $r)) (result (own $s))))))";
  EXPECT_VALID(instantiate("component", given, given));
  EXPECT_INVALID(instantiate("component", given,
                             R"((component (import "r" (type $r (sub resource))) (export "s" (type $s (sub resource)))
                                (export "f" (func (param "x" (own $s)) (result (own $s))))))"),
                 "resource types are not the same");
}

TEST(Subtyping, Modules) {
  const std::string given = R"((core module (import "a" "b" (func)) (export "m" (memory 2 4)) (export "f" (func))))";
  EXPECT_VALID(instantiate("core module", given, given));
  EXPECT_VALID(instantiate("core module", given,
                           R"((core module (import "a" "b" (func)) (import "c" "d" (func)) (export "m" (memory 1))))"));
  EXPECT_INVALID(instantiate("core module", given, R"((core module (export "m" (memory 1))))"),
                 "missing expected import `a::b`");
  EXPECT_INVALID(instantiate("core module", given, R"((core module (import "a" "b" (func)) (export "m" (memory 3))))"),
                 "type mismatch in export `m`: mismatch in memory limits");
  EXPECT_INVALID(
      instantiate("core module", given, R"((core module (import "a" "b" (func (param i32))) (export "m" (memory 1))))"),
      "type mismatch in import `a::b`");
}

TEST(Subtyping, CoreInstances) {
  const std::string two = R"((core module $a (import "x" "f" (func (param i32))) (import "x" "g" (global i32)))
                             (core module $b (func (export "f") (param i32)) (global (export "g") i32 (i32.const 1))) )";
  EXPECT_VALID(two +
               R"((core instance $i (instantiate $b)) (core instance (instantiate $a (with "x" (instance $i)))))");
  EXPECT_INVALID(two + "(core instance (instantiate $a))", "missing module instantiation argument named `x`");
  EXPECT_INVALID(two + R"((core instance $i) (core instance (instantiate $a (with "x" (instance $i)))))",
                 "does not export an item named `f`");
  EXPECT_INVALID(R"((core module $a (import "x" "f" (global i32))) (core module $b (func (export "f")))
                    (core instance $i (instantiate $b)) (core instance (instantiate $a (with "x" (instance $i)))))",
                 "expected global, found func");
}

TEST(Subtyping, AscribedTypes) {
  EXPECT_VALID(R"((import "i" (instance $i (export "a" (func)) (export "b" (func))))
                  (export "e" (instance $i) (instance (export "a" (func)))))");
  EXPECT_INVALID(R"((import "f" (func $f)) (export "e" (func $f) (func (param "x" u8))))",
                 "ascribed type of export is not compatible with item's type: expected 1 parameters, found 0");
}

}  // namespace
}  // namespace ermine::component
