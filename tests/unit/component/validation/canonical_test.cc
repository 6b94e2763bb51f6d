#include "validation_test.h"

namespace ermine::component {
namespace {

// A core instance $i with a memory and functions; $mem and $realloc are aliases.
std::string with_core(std::string_view functions, std::string_view rest) {
  std::string text = R"((core module $m (memory (export "mem") 1) (memory $big (export "mem64") i64 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable) )";
  text += functions;
  text += R"() (core instance $i (instantiate $m))
    (alias core export $i "mem" (core memory $mem)) (alias core export $i "mem64" (core memory $mem64))
    (alias core export $i "realloc" (core func $realloc)) )";
  text += rest;
  return text;
}

TEST(Canonical, LiftChecksTheCoreType) {
  const std::string f = R"((func (export "f") (param i32) (result i32) unreachable))";
  EXPECT_VALID(with_core(f, R"((func (param "x" u8) (result u16) (canon lift (core func $i "f"))))"));
  EXPECT_INVALID(with_core(f, R"((func (param "x" u64) (result u16) (canon lift (core func $i "f"))))"),
                 "lowered parameter types `[i64]` do not match parameter types `[i32]` of core function");
  EXPECT_INVALID(with_core(f, R"((func (param "x" u8) (canon lift (core func $i "f"))))"), "lowered result types");
}

TEST(Canonical, LiftRequiresOptions) {
  const std::string f = R"((func (export "f") (param i32 i32) (result i32) unreachable)
                           (func (export "post") (param i32)) (func (export "post-wrong") (param i64)))";
  const auto lift = [&](std::string options) {
    return with_core(f, R"((func (param "x" string) (result string) (canon lift (core func $i "f") )" + options + "))");
  };
  EXPECT_INVALID(lift(""), "canonical option `memory` is required");
  EXPECT_INVALID(lift("(memory $mem)"), "canonical option `realloc` is required");
  EXPECT_INVALID(lift("(realloc (func $realloc))"), "`realloc` requires `memory`");
  EXPECT_VALID(lift("(memory $mem) (realloc (func $realloc))"));
  EXPECT_VALID(lift("(memory $mem) (realloc (func $realloc)) (post-return (func $i \"post\"))"));
  EXPECT_INVALID(lift("(memory $mem) (realloc (func $realloc)) (post-return (func $i \"post-wrong\"))"),
                 "`post-return` uses a core function with an incorrect signature");
  EXPECT_INVALID(lift("(memory $mem) (memory $mem) (realloc (func $realloc))"), "`memory` is specified more than once");
  EXPECT_INVALID(lift("string-encoding=utf8 string-encoding=utf16"), "canonical encoding option `utf8` conflicts");
  EXPECT_INVALID(lift("(memory $mem) (realloc (func $i \"post\"))"),
                 "`realloc` uses a core function with an incorrect");
}

TEST(Canonical, SixteenParametersArePassedDirectly) {
  std::string params, core;
  for (int i = 0; i < 16; ++i) {
    params += "(param \"p" + std::to_string(i) + "\" u32) ";
    core += "i32 ";
  }
  EXPECT_VALID(with_core("(func (export \"f\") (param " + core + "))",
                         "(func " + params + "(canon lift (core func $i \"f\")))"));
  EXPECT_VALID(with_core("(func (export \"f\") (param i32))",
                         "(func " + params +
                             "(param \"x\" u8) (canon lift (core func $i \"f\") (memory $mem) "
                             "(realloc (func $realloc))))"));
  EXPECT_INVALID(with_core("(func (export \"f\") (param i32))",
                           "(func " + params + "(param \"x\" u8) (canon lift (core func $i \"f\")))"),
                 "canonical option `memory` is required");
}

TEST(Canonical, AsyncLift) {
  const std::string f = R"((func (export "f") (result i32) unreachable)
    (func (export "cb") (param i32 i32 i32) (result i32) unreachable) (func (export "wrong") (param i32) (result i32) unreachable))";
  EXPECT_VALID(with_core(f, R"((func async (canon lift (core func $i "f") async (callback (func $i "cb")))))"));
  EXPECT_INVALID(with_core(f, R"((func async (canon lift (core func $i "f") async (callback (func $i "wrong")))))"),
                 "`callback` uses a core function with an incorrect signature");
  EXPECT_INVALID(with_core(f, R"((func (canon lift (core func $i "f") async (callback (func $i "cb")))))"),
                 "requires an async function type");
  EXPECT_INVALID(with_core(f, R"((func async (canon lift (core func $i "f") (callback (func $i "cb")))))"),
                 "cannot specify callback without async");
  FeatureSet features = FeatureSet::all();
  features.remove(Feature::AsyncStackful);
  EXPECT_NE(
      error_of(with_core(R"((func (export "f")))", R"((func async (canon lift (core func $i "f") async)))"), features)
          .find("cm-async-stackful"),
      std::string::npos);
}

TEST(Canonical, Lower) {
  const std::string import = R"((import "f" (func $f (param "x" string) (result string))) )";
  EXPECT_INVALID(import + "(core func (canon lower (func $f)))", "canonical option `memory` is required");
  EXPECT_VALID(with_core("", import + "(core func (canon lower (func $f) (memory $mem) (realloc (func $realloc))))"));
  EXPECT_INVALID(with_core("", import + "(core func (canon lower (func $f) (memory $mem)))"),
                 "canonical option `realloc` is required");
  EXPECT_INVALID(with_core("(func (export \"p\"))", R"((import "g" (func $g))
    (core func (canon lower (func $g) (post-return (func $i "p")))))"),
                 "`post-return` cannot be specified for lowerings");
}

// The types of the core functions that are defined, in the order of the text format.
std::string core_types(const ValidComponent& component) {
  std::string out;
  for (wasm::TypeId id : component.body.spaces.core_funcs) {
    const wasm::FuncType& func = component.core_types.registry->get(id).func;
    const auto list = [&](const std::vector<wasm::ValType>& types) {
      for (wasm::ValType type : types) out += type == wasm::kI64 ? 'I' : type == wasm::kI32 ? 'i' : '?';
    };
    list(func.params);
    out += ':';
    list(func.results);
    out += ' ';
  }
  return out;
}

TEST(Canonical, TypesOfLoweredFunctions) {
  const auto valid = validate_text(with_core("", R"(
    (import "f" (func $f (param "x" u64) (param "y" string) (result (tuple u8 u8))))
    (import "g" (func $g async (param "a" u8) (param "b" u8) (param "c" u8) (param "d" u8) (param "e" u8)))
    (core func (canon lower (func $f) (memory $mem)))
    (core func (canon lower (func $f) (memory $mem64)))
    (core func (canon lower (func $g) async (memory $mem)))
    (core func (canon lower (func $g))) )"));
  ASSERT_TRUE(valid) << valid.error().message();
  EXPECT_EQ(core_types(**valid), "iiii:i Iiii: IIII: i:i iiiii: ");
}

TEST(Canonical, TypesOfBuiltIns) {
  const auto valid = validate_text(with_core("", R"(
    (type $s (stream u8)) (type $f (future string)) (type $r (resource (rep i64)))
    (core func (canon resource.new $r)) (core func (canon resource.rep $r)) (core func (canon resource.drop $r))
    (core func (canon stream.new $s)) (core func (canon stream.read $s async (memory $mem64)))
    (core func (canon future.write $f async (memory $mem))) (core func (canon task.return (result u64)))
    (core func (canon context.get i32 0)) (core func (canon waitable-set.wait (memory $mem)))
    (core func (canon backpressure.inc)) (core func (canon thread.index)) )"));
  ASSERT_TRUE(valid) << valid.error().message();
  EXPECT_EQ(core_types(**valid), "iiii:i I:i i:I i: :I iII:I ii:i I: :i ii:i : :i ");
}

TEST(Canonical, BuiltInsCheckTheirType) {
  EXPECT_INVALID("(type $u u8) (core func (canon stream.new $u))", "`stream.new` requires a stream type");
  EXPECT_INVALID("(type $s (stream u8)) (core func (canon future.new $s))", "`future.new` requires a future type");
  EXPECT_INVALID("(type $s (stream u8)) (core func (canon stream.read $s async))", "`memory` is required");
  EXPECT_INVALID("(import \"r\" (type $r (sub resource))) (core func (canon resource.new $r))",
                 "type 0 is not a local resource");
  EXPECT_VALID("(import \"r\" (type $r (sub resource))) (core func (canon resource.drop $r))");
  EXPECT_INVALID("(core func (canon context.get i32 2))", "immediate must be zero or one");
  EXPECT_INVALID("(core func (canon context.get i32 0)) (core func (canon context.set i64 0))",
                 "must match previous context type");
  EXPECT_INVALID(
      with_core("", "(core func (canon task.return (result string) (memory $mem) (realloc (func $realloc))))"),
      "cannot specify `realloc` option on `task.return`");
}

TEST(Canonical, WhatIsNotSupportedIsRefused) {
  EXPECT_INVALID("(core func (canon thread.available-parallelism))", "is not supported yet");
  const auto gc = validate_text("(import \"f\" (func $f)) (core func (canon lower (func $f) gc))");
  ASSERT_FALSE(gc);
  EXPECT_EQ(gc.error().kind(), ErrorKind::kUnsupported);
}

TEST(Canonical, FeaturesOfBuiltIns) {
  for (const auto& [feature, text] :
       {std::pair(Feature::MoreAsyncBuiltins, "(core func (canon subtask.cancel async))"),
        std::pair(Feature::Async, "(core func (canon subtask.cancel))"),
        std::pair(Feature::Threading, "(core func (canon thread.index))"),
        std::pair(Feature::ErrorContext, "(core func (canon error-context.drop))"),
        std::pair(Feature::SharedThreads, "(core func (canon thread.available-parallelism))")}) {
    FeatureSet features = FeatureSet::all();
    features.remove(feature);
    EXPECT_NE(error_of(text, features).find(feature_name(feature)), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace ermine::component
