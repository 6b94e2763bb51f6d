#include "validation_test.h"

namespace ermine::component {
namespace {

TEST(Visibility, TypesOfExportsHaveNames) {
  const std::string record = R"((type $t (record (field "a" u8))) )";
  EXPECT_INVALID(record + R"((import "f" (func (param "x" $t))))", "func not valid to be used as import");
  EXPECT_VALID(record + R"((import "t" (type $u (eq $t))) (import "f" (func (param "x" $u))))");
  // The type that was given a name is still another than the one with the name.
  EXPECT_INVALID(record + R"((import "t" (type $u (eq $t))) (import "f" (func (param "x" $t))))",
                 "func not valid to be used as import");
  EXPECT_INVALID(record + R"((type $l (list $t)) (export "l" (type $l)))", "type not valid to be used as export");
  EXPECT_VALID("(type $t (tuple u8 (list string))) (export \"t\" (type $t))");
}

TEST(Visibility, ImportsDoNotDependOnExports) {
  EXPECT_INVALID(R"((type $t (record (field "a" u8))) (export $u "t" (type $t)) (import "f" (func (param "x" $u))))",
                 "func not valid to be used as import");
  EXPECT_INVALID(R"((type $t (record (field "a" u8))) (export $u "t" (type $t)) (import "u" (type (eq $u))))",
                 "type not valid to be used as import");
}

TEST(Visibility, Resources) {
  EXPECT_INVALID(R"((type $r (resource (rep i32))) (import "f" (func (param "x" (own $r)))))",
                 "func not valid to be used as import");
  EXPECT_INVALID(R"((type $r (resource (rep i32))) (type $f (func (param "x" (own $r)))) (export "f" (type $f)))",
                 "type not valid to be used as export");
  EXPECT_VALID(R"((type $r (resource (rep i32))) (export $s "r" (type $r))
                  (type $f (func (param "x" (own $s)))) (export "f" (type $f)))");
}

TEST(Visibility, InstancesBringTheirTypes) {
  EXPECT_VALID(R"((import "i" (instance $i (type $t (record (field "a" u8))) (export "t" (type (eq $t)))))
                  (alias export $i "t" (type $t)) (import "f" (func (param "x" $t))))");
  EXPECT_INVALID(R"((import "i" (instance $i (type $t (record (field "a" u8))) (export "f" (func (param "x" $t))))))",
                 "instance not valid to be used as import");
  EXPECT_VALID(R"((type $i (instance (type $t (record (field "a" u8))) (export "t" (type $u (eq $t)))
                    (export "f" (func (param "x" $u))))) (import "t" (type (eq $i))))");
}

TEST(Visibility, NamesPassThroughInstances) {
  EXPECT_VALID(R"(
    (type $t (record (field "a" u8))) (import "t" (type $u (eq $t)))
    (component $c (type $t (record (field "a" u8))) (import "t" (type $u (eq $t)))
      (import "f" (func $f (param "x" $u))) (export "g" (func $f)))
    (import "f" (func $f (param "x" $u)))
    (instance $i (instantiate $c (with "t" (type $u)) (with "f" (func $f))))
    (alias export $i "g" (func $g)) (export "g" (func $g)) )");
}

}  // namespace
}  // namespace ermine::component
