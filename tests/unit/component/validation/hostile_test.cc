// Components that are made to take long, or much memory.
#include <chrono>

#include "component/model/limits.h"
#include "validation_test.h"

namespace ermine::component {
namespace {

double seconds(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(Hostile, TypesThatDoubleWithEachLevel) {
  std::string text = "(type $t0 u8)";
  for (int i = 1; i < 60; ++i) {
    const std::string inner = "$t" + std::to_string(i - 1);
    text += "(type $t" + std::to_string(i) + " (tuple " + inner + " " + inner + "))";
  }
  EXPECT_INVALID(text, "effective type size exceeds the limit");
}

TEST(Hostile, InstancesThatDoubleWithEachLevel) {
  std::string text = "(type $t0 (instance (export \"f\" (func))))";
  for (int i = 1; i < 60; ++i) {
    const std::string n = std::to_string(i), inner = std::to_string(i - 1);
    text += "(type $t" + n + " (instance (alias outer 1 $t" + inner +
            " (type $x)) (export \"a\" (instance (type $x)))" + "(export \"b\" (instance (type $x)))))";
  }
  EXPECT_INVALID(text, "effective type size exceeds the limit");
}

TEST(Hostile, ATypeThatIsDeep) {
  std::string text = "(type $t0 (instance))";
  for (uint32_t i = 1; i <= kMaxTypeDepth + 1; ++i) {
    const std::string n = std::to_string(i), inner = std::to_string(i - 1);
    text +=
        "(type $t" + n + " (instance (alias outer 1 $t" + inner + " (type $x)) (export \"a\" (instance (type $x)))))";
  }
  EXPECT_INVALID(text, "type nesting is too deep");
}

// The time grows with the size of the component, not with its square.
TEST(Hostile, ManyDefinitions) {
  const auto of = [](int n) {
    std::string text =
        "(import \"r\" (type $r (sub resource))) (core module $m (func (export \"f\")))"
        "(core instance $i (instantiate $m))";
    for (int i = 0; i < n; ++i) {
      const std::string k = std::to_string(i);
      text += "(core type (func)) (type (list (own $r))) (import \"f" + k + "\" (func (param \"x\" (own $r))))" +
              "(alias core export $i \"f\" (core func)) (core func (canon lower (func " + k + ")))";
    }
    return text;
  };
  const std::string small = of(500), large = of(8000);
  EXPECT_VALID(small);
  const double a = seconds([&] { EXPECT_VALID(small); });
  const double b = seconds([&] { EXPECT_VALID(large); });
  EXPECT_LT(b, a * 16 * 5 + 0.5);
}

TEST(Hostile, ManyAliasesOfALargeType) {
  std::string text = "(type $t (instance (export \"r\" (type $r (sub resource)))";
  for (int i = 0; i < 2000; ++i) text += "(export \"f" + std::to_string(i) + "\" (func (param \"x\" (own $r))))";
  text += ")) (component ";
  for (int i = 0; i < 20'000; ++i) text += "(alias outer 1 $t (type))";
  text += ")";
  EXPECT_LT(seconds([&] { EXPECT_VALID(text); }), 10.0);
}

// A large component that has resource types of its own, instantiated by few bytes each time.
TEST(Hostile, ManyInstancesOfALargeComponent) {
  std::string text = R"((component $c (type $r (resource (rep i32))) (export $s "r" (type $r))
    (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
    (func $f (param "x" (own $s)) (canon lift (core func $i "f"))))";
  for (int i = 0; i < 5'000; ++i) text += "(export \"f" + std::to_string(i) + "\" (func $f))";
  text += ")";
  for (int i = 0; i < 900; ++i) text += "(instance (instantiate $c))";
  EXPECT_INVALID(text, "too many types: those that instances have of their own");
}

TEST(Hostile, ManyTypesWithALargeType) {
  std::string text = "(type $t (instance (type $f (func)) ";
  for (int i = 0; i < 20'000; ++i) text += "(export \"f" + std::to_string(i) + "\" (func (type $f)))";
  text += "))";
  for (int i = 0; i < 6'000; ++i)
    text += "(type (component (alias outer 1 $t (type $x)) (import \"x\" (instance (type $x)))))";
  EXPECT_LT(seconds([&] { EXPECT_INVALID(text, "too many types: those that are imported, exported or compared"); }),
            20.0);
}

TEST(Hostile, TheNumberOfInstancesIsBounded) {
  std::string text = "(component $c)";
  for (uint32_t i = 0; i < kMaxInstances; ++i) text += "(instance (instantiate $c))";
  EXPECT_VALID(text);
  EXPECT_INVALID(text + "(instance (instantiate $c))", "too many definitions of the sort instance");
}

}  // namespace
}  // namespace ermine::component
