// Each feature that can be switched on and off, with a module or component that needs it: without the feature it is
// refused, and the error names the missing feature.
#include <algorithm>

#include "tests/api/wat.h"

namespace ermine::features_test {
namespace {

struct Needs {
  std::string_view feature, text;
};
constexpr Needs kNeeds[] = {
    {"mutable-global", R"((module (import "m" "g" (global (mut i32)))))"},
    {"saturating-float-to-int", "(module (func (drop (i32.trunc_sat_f32_s (f32.const 1)))))"},
    {"sign-extension", "(module (func (drop (i32.extend8_s (i32.const 1)))))"},
    {"multi-value", "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))"},
    {"reference-types", "(module (func (param externref)))"},
    {"bulk-memory", "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"},
    {"simd", "(module (func (drop (v128.const i64x2 1 2))))"},
    {"relaxed-simd", "(module (func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))"},
    {"tail-call", "(module (func $f (return_call $f)))"},
    {"extended-const", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"},
    {"function-references", "(module (type $t (func)) (func (param (ref null $t)) (call_ref $t (local.get 0))))"},
    {"gc", "(module (type $s (struct (field i32))))"},
    {"exceptions", "(module (tag $t) (func (throw $t)))"},
    {"legacy-exceptions", "(module (func (try (do) (catch_all))))"},
    {"multi-memory", "(module (memory 1) (memory 1))"},
    {"memory64", "(module (memory i64 1))"},
    {"threads", "(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))"},
    {"wide-arithmetic", "(module (func (param i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 0))))"},
    {"custom-page-sizes", "(module (memory 1 (pagesize 1)))"},
    {"cm-async", "(component (type (stream u8)))"},
    {"cm-map", "(component (type (map u8 u8)))"},
    {"cm-implements", R"((component (import "a" (external-id "b") (func))))"},
    {"cm-values", R"((component (import "v" (value $v u8)) (export "w" (value $v))))"},
    {"cm-nested-names", R"((component (import "a:b:c/d" (instance))))"},
    {"cm-more-async-builtins", "(component (canon subtask.cancel async (core func)))"},
    {"cm-async-stackful", R"((component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func async (canon lift (core func $i "f") async))))"},
    {"cm-threading", "(component (canon thread.index (core func)))"},
    {"cm-fixed-length-lists", "(component (type (list u8 4)))"},
    {"cm-error-context", "(component (type (list error-context)))"},
    {"cm-canon-names", R"((component (import "a:b/c@1" (versionsuffix ".2.3") (instance))))"},
    {"cm64", "(component (type (resource (rep i64))))"},
};

std::string refusal(std::string_view text, std::string_view without) {
  Config config;
  config.enable_all_features();
  if (!without.empty()) test::must(config.set_feature(without, false));
  if (text.starts_with("(component")) {
    const Result<void> valid = Component::validate_text(Engine(config), text, "text");
    return valid ? "" : valid.error().message();
  }
  auto module = Module::compile(Engine(config), test::wat_bytes(text));
  return module ? "" : module.error().message();
}

TEST(Features, EachIsNeededByAModule) {
  for (const Needs& needs : kNeeds) {
    Config all;
    all.enable_all_features();
    if (!all.has_feature(needs.feature)) continue;  // not in this build
    EXPECT_EQ(refusal(needs.text, ""), "") << needs.feature;
    const std::string message = refusal(needs.text, needs.feature);
    EXPECT_NE(message.find(needs.feature), std::string::npos) << needs.feature << ": " << message;
  }
}

TEST(Features, EachIsTried) {
  for (const std::string_view name : Config::feature_names()) {
    const bool tried = std::ranges::find(kNeeds, name, &Needs::feature) != std::end(kNeeds);
    // The first only changes the encoding: its official script tests it. What the others would allow cannot be run.
    EXPECT_EQ(tried, name != "compact-imports" && name != "shared-everything-threads" && name != "cm-gc") << name;
  }
  Config config;
  auto unknown = config.set_feature("telepathy", true);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind(), ErrorKind::kUsage);
  EXPECT_NE(unknown.error().message().find("multi-memory"), std::string::npos);
  EXPECT_FALSE(config.has_feature("telepathy"));
}

// What a module's summary names is exactly what its instructions, types and sections need.
TEST(Features, OfAModule) {
  const std::pair<std::string_view, std::vector<std::string_view>> kCases[] = {
      {"(func (block (nop)) (drop (block (result i32) (i32.const 1))))", {}},
      {"(func (param i32) (local.get 0) (block (param i32) (drop)))", {"multi-value"}},
      {"(func (result i32 i32) (unreachable))", {"multi-value"}},
      {"(func (drop (i32.extend8_s (i32.const 1))))", {"sign-extension"}},
      {"(func (local v128))", {"simd"}},
      {"(func $f (return_call $f))", {"tail-call"}},
      {"(func (param (ref func)))", {"function-references"}},
      {"(type (struct))", {"gc"}},
      {"(tag)", {"exceptions"}},
      {"(table 1 externref)", {"reference-types"}},
      {"(table 1 funcref) (table 1 funcref)", {"reference-types"}},
      {"(global (mut i32) (i32.const 0))", {}},
      {"(global (export \"g\") (mut i32) (i32.const 0))", {"mutable-global"}},
      {"(global i32 (i32.add (i32.const 1) (i32.const 2)))", {"extended-const"}},
      {"(memory 1) (data (i32.const 0) \"x\")", {}},
      {"(memory 1) (data \"x\")", {"bulk-memory"}},
      {"(memory 1) (memory 1)", {"multi-memory"}},
      {"(memory i64 1)", {"memory64"}},
      {"(memory 1 1 shared)", {"threads"}},
      {"(memory 1 (pagesize 1))", {"custom-page-sizes"}},
  };
  Config config;
  config.enable_all_features();
  Engine engine(config);
  for (const auto& [fields, expected] : kCases)
    EXPECT_EQ(test::wat(engine, "(module " + std::string(fields) + ")").summary().features, expected) << fields;
}

}  // namespace
}  // namespace ermine::features_test
