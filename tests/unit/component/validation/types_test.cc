#include "validation_test.h"

namespace ermine::component {
namespace {

TEST(ComponentTypes, EachHasAtLeastOnePart) {
  EXPECT_INVALID("(type (record))", "record type must have at least one field");
  EXPECT_INVALID("(type (variant))", "variant type must have at least one case");
  EXPECT_INVALID("(type (tuple))", "tuple type must have at least one type");
  EXPECT_INVALID("(type (flags))", "flags must have at least one entry");
  EXPECT_INVALID("(type (enum))", "enum type must have at least one variant");
}

TEST(ComponentTypes, LabelsDiffer) {
  EXPECT_INVALID(R"((type (record (field "a" u8) (field "A" u8))))",
                 "record field name `A` conflicts with previous field name `a`");
  // More of them than are compared with each other.
  std::string labels;
  for (int i = 0; i < 30; ++i) labels += "\"l" + std::to_string(i) + "\" ";
  EXPECT_VALID("(type (enum " + labels + "))");
  EXPECT_INVALID("(type (enum " + labels + "\"L7\"))", "enum tag name `L7` conflicts with previous tag name `l7`");
  EXPECT_INVALID(R"((type (func (param "x" u8) (param "x" u8))))", "conflicts with previous parameter name `x`");
  EXPECT_INVALID(R"((type (flags "aB")))", "flag name `aB` is not in kebab case");
}

TEST(ComponentTypes, References) {
  EXPECT_INVALID("(type (list 1))", "unknown type 1: type index out of bounds");
  EXPECT_INVALID("(type $f (func)) (type (list $f))", "type index 0 is not a defined type");
  EXPECT_INVALID("(type $u u8) (type (own $u))", "type index 0 is not a resource type");
  EXPECT_INVALID("(type $u u8) (import \"f\" (func (type $u)))", "type index 0 is not a function type");
  EXPECT_INVALID("(type $u u8) (import \"f\" (instance (type $u)))", "type index 0 is not an instance type");
  EXPECT_INVALID("(type $u u8) (import \"f\" (component (type $u)))", "type index 0 is not a component type");
  EXPECT_INVALID("(core type $u (func)) (import \"f\" (core module (type $u)))",
                 "core type index 0 is not a module type");
}

TEST(ComponentTypes, Borrows) {
  const std::string r = R"((import "r" (type $r (sub resource))) )";
  EXPECT_VALID(r + R"((type (func (param "x" (borrow $r)))))");
  EXPECT_INVALID(r + "(type (func (result (borrow $r))))", "function result cannot contain a `borrow` type");
  EXPECT_INVALID(r + "(type (func (result (option (list (borrow $r))))))", "cannot contain a `borrow`");
  EXPECT_INVALID(r + "(type (stream (borrow $r)))", "element cannot contain a `borrow`");
  EXPECT_INVALID(r + "(type (future (tuple (borrow $r))))", "element cannot contain a `borrow`");
}

TEST(ComponentTypes, StreamsOfCharacters) {
  EXPECT_INVALID("(type (stream char))", "`stream<char>` is not valid");
  EXPECT_INVALID("(type $c char) (type (stream $c))", "`stream<char>` is not valid");
  EXPECT_VALID("(type (future char)) (type (stream (list char)))");
}

TEST(ComponentTypes, KeysOfMaps) {
  EXPECT_VALID("(type (map string u8)) (type (map char (list u8)))");
  EXPECT_INVALID("(type (map f32 u8))", "is not valid as the type of the keys");
  EXPECT_INVALID("(type (map (list u8) u8))", "`list` is not valid as the type of the keys");
}

TEST(ComponentTypes, Features) {
  struct Case {
    Feature feature;
    std::string_view text;
  };
  for (const Case& c :
       {Case{Feature::Async, "(type (stream u8))"}, Case{Feature::Async, "(type (future))"},
        Case{Feature::Async, "(type (func async))"}, Case{Feature::Map, "(type (map u8 u8))"},
        Case{Feature::FixedLengthLists, "(type (list u8 4))"},
        Case{Feature::ErrorContext, "(type (list error-context))"},
        Case{Feature::Memory64, "(type (resource (rep i64)))"}, Case{Feature::Values, "(import \"v\" (value u8))"}}) {
    FeatureSet features = FeatureSet::all();
    features.remove(c.feature);
    const std::string needed = "requires the feature " + std::string(feature_name(c.feature));
    EXPECT_NE(error_of(c.text, features).find(needed), std::string::npos) << c.text;
  }
}

TEST(ComponentTypes, AnEmptyValueSectionNeedsItsFeature) {
  const std::vector<uint8_t> bytes{0, 'a', 's', 'm', 0x0D, 0, 1, 0, 12, 1, 0};
  ValidateOptions options;
  EXPECT_FALSE(validate(bytes, nullptr, options));
  options.features.add(Feature::Values);
  EXPECT_TRUE(validate(bytes, nullptr, options));
}

TEST(ComponentTypes, Resources) {
  EXPECT_INVALID("(type (resource (rep f32)))", "resources can only be represented by `i32` or `i64`");
  EXPECT_INVALID("(type (instance (type (resource (rep i32)))))", "only be defined within a concrete component");
  EXPECT_INVALID("(type (resource (rep i32) (dtor (func 0))))", "unknown core function 0");
}

TEST(ComponentTypes, CoreTypes) {
  EXPECT_VALID("(core type $a (func (param i32))) (core type (func (param (ref $a))))");
  EXPECT_VALID("(core rec (type $a (struct (field (ref null $b)))) (type $b (struct (field (ref null $a)))))");
  EXPECT_INVALID("(core type (func (param (ref 7))))", "unknown type 7");
  EXPECT_INVALID("(core type $m (module)) (core type (func (param (ref $m))))", "is a module type");
  EXPECT_INVALID("(core type (sub 5 (struct)))", "unknown type 5");
  EXPECT_INVALID("(core type $a (struct)) (core type (sub $a (struct)))", "final super type");
  EXPECT_INVALID("(core type $a (sub (struct (field i32)))) (core type (sub $a (struct)))", "must match super type");
}

TEST(ComponentTypes, ModuleTypes) {
  EXPECT_VALID(R"((core type (module (type $f (func)) (import "a" "b" (func (type $f))) (export "c" (memory 1)))))");
  EXPECT_INVALID(R"((core type (module (import "a" "b" (func (type 0))))))", "unknown type 0");
  EXPECT_INVALID(R"((core type (module (export "a" (memory 70000)))))", "memory size must be at most");
  EXPECT_INVALID(R"((core type (module (export "a" (memory 1)) (export "a" (memory 1)))))", "`a` already defined");
  EXPECT_INVALID(R"((core type (module (import "a" "b" (memory 1)) (import "a" "b" (memory 1)))))",
                 "duplicate import name `a:b`");
  EXPECT_VALID(
      "(core type $f (func)) (core type (module (alias outer 1 $f (type $g)) (export \"f\" (func (type $g)))))");
}

TEST(ComponentTypes, ModulesAreValidated) {
  EXPECT_INVALID("(core module (func (result i32)))", "type mismatch");
  EXPECT_INVALID(R"((core module (import "a" "b" (func)) (import "a" "b" (func))))", "duplicate import name `a:b`");
  // Offsets of errors in a module count from the start of the component.
  const auto valid = validate_text("(type u8) (core module (func (result i32)))");
  ASSERT_FALSE(valid);
  EXPECT_GT(valid.error().offset(), 12u);
}

}  // namespace
}  // namespace ermine::component
