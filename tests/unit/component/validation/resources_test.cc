#include "validation_test.h"

namespace ermine::component {
namespace {

TEST(ComponentResources, EachInstanceHasItsOwn) {
  const std::string two = R"(
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance $a (instantiate $c)) (instance $b (instantiate $c))
    (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb))
    (component $use (import "r" (type $r (sub resource))) (import "t" (type (eq $r)))) )";
  EXPECT_VALID(two + R"((instance (instantiate $use (with "r" (type $ra)) (with "t" (type $ra)))))");
  EXPECT_INVALID(two + R"((instance (instantiate $use (with "r" (type $ra)) (with "t" (type $rb)))))",
                 "resource types are not the same");
}

TEST(ComponentResources, EachImportOfAnInstanceTypeHasItsOwn) {
  const std::string two = R"(
    (type $i (instance (export "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
    (import "a" (instance $a (type $i))) (import "b" (instance $b (type $i)))
    (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb)) (alias export $a "f" (func $f))
    (component $use (import "r" (type $r (sub resource))) (import "f" (func (result (own $r))))) )";
  EXPECT_VALID(two + R"((instance (instantiate $use (with "r" (type $ra)) (with "f" (func $f)))))");
  EXPECT_INVALID(two + R"((instance (instantiate $use (with "r" (type $rb)) (with "f" (func $f)))))",
                 "resource types are not the same");
}

TEST(ComponentResources, ArgumentsReplaceImportsInExports) {
  EXPECT_VALID(R"(
    (component $c (import "r" (type $r (sub resource))) (import "f" (func $f (result (own $r)))) (export "g" (func $f)))
    (import "r" (type $r (sub resource))) (import "f" (func $f (result (own $r))))
    (instance $i (instantiate $c (with "r" (type $r)) (with "f" (func $f))))
    (alias export $i "g" (func $g)) (export "out" (func $g)) )");
}

TEST(ComponentResources, OuterAliasesDoNotCarryThem) {
  EXPECT_INVALID("(type $r (resource (rep i32))) (component (alias outer 1 $r (type)))",
                 "transitively refers to resources");
  EXPECT_INVALID("(type $r (resource (rep i32))) (type $l (list (own $r))) (component (alias outer 1 $l (type)))",
                 "transitively refers to resources");
  // In a type they may be used: its scope is not that of another component.
  EXPECT_VALID("(type $r (resource (rep i32))) (type (instance (alias outer 1 $r (type $s)) (type (own $s))))");
  // Resource types that belong to the aliased type are no obstacle.
  EXPECT_VALID("(type $t (instance (export \"r\" (type (sub resource))))) (component (alias outer 1 $t (type)))");
}

TEST(ComponentResources, OuterAliasesOfModulesAndComponents) {
  EXPECT_VALID(
      "(core module $m) (component $c) (component (alias outer 1 $m (core module)) (alias outer 1 $c (component)))");
  EXPECT_INVALID("(component (alias outer 3 0 (type)))", "invalid outer alias count of 3");
  EXPECT_INVALID("(type (component (alias outer 1 0 (core module))))", "may only refer to types or instances");
}

TEST(ComponentResources, ValuesAreUsedOnce) {
  EXPECT_INVALID(R"((import "v" (value $v string)))", "value 0 is not used");
  EXPECT_VALID(R"((import "v" (value $v string)) (export "w" (value $v)))");
  EXPECT_INVALID(R"((import "v" (value $v string)) (export "w" (value $v)) (export "x" (value $v)))",
                 "value 0 cannot be used more than once");
}

}  // namespace
}  // namespace ermine::component
