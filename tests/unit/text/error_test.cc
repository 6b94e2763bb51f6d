// Errors of the text front-end: each mistake is refused, with the right message.
#include <gtest/gtest.h>

#include "text/text.h"

namespace ermine::text {
namespace {

std::string error(std::string_view source, ParseOptions options = {}) {
  auto result = parse(source, options);
  if (result) return "";
  return result.error().message();
}

TEST(TextError, IsShownWithItsLine) {
  ParseOptions options;
  options.file_name = "a.wat";
  EXPECT_EQ(error("(module\n  (func (result i32)\n    get_local 0))\n", options),
            "a.wat:3:5: unknown operator get_local\n"
            "  3 |     get_local 0))\n"
            "    |     ^~~~~~~~~\n"
            "  hint: did you mean local.get?");
  EXPECT_EQ(error("(func\r\n\t(call $\xC3\xA4))"),
            "2:8: empty identifier\n"
            "  2 |  (call $\xC3\xA4))\n"
            "    |        ^");
  std::string long_line = "(func " + std::string(10'000, ' ') + "i32.ad" + std::string(10'000, ' ') + ")";
  EXPECT_LT(error(long_line).size(), 400u);
}

TEST(TextError, Hints) {
  EXPECT_NE(error("(func i32.wrap/i64)").find("did you mean i32.wrap_i64?"), std::string::npos);
  EXPECT_NE(error("(func i32.trunc_s/f64)").find("did you mean i32.trunc_f64_s?"), std::string::npos);
  EXPECT_NE(error("(func lcoal.get 0)").find("did you mean local.get?"), std::string::npos);
  EXPECT_NE(error("(global anyfunc (ref.null func))").find("funcref"), std::string::npos);
  EXPECT_EQ(error("(func xyzzy.foobar)").find("hint"), std::string::npos);
}

TEST(TextError, EachIsFound) {
  struct Case {
    const char* source;
    const char* message;
  };
  const Case cases[] = {
      {"(func", "unexpected token"},
      {"(module (func)", "unexpected token"},
      {"(module) (module)", "unexpected token"},
      {"(module))", "unexpected token"},
      {"(foo)", "unexpected token"},
      {"( )", "unexpected token"},
      {"func", "unexpected token"},
      {"(func $f) (func $f)", "duplicate func"},
      {"(func (param $x i32) (local $x i32))", "duplicate local"},
      {"(type (struct (field $x i32) (field $x i32)))", "duplicate field"},
      {"(func call $g)", "unknown function $g"},
      {"(func global.get $g)", "unknown global $g"},
      {"(func br $l)", "unknown label $l"},
      {"(func (block $l) br $l)", "unknown label $l"},
      {"(func local.get $x)", "unknown local $x"},
      {"(func (type $t))", "unknown type $t"},
      {"(type $t (struct)) (func struct.get $t $f)", "unknown field $f"},
      {"(type $t (func)) (func (type $t) (param i32))", "inline function type"},
      {"(type $t (struct)) (func (type $t) (param i32))", "inline function type"},
      {"(func (type 3) (param i32))", "inline function type"},
      {"(func i32.const 4294967296)", "i32 constant out of range"},
      {"(func i32.const x)", "unexpected token"},
      {"(func i32.const 0x)", "unknown operator"},
      {"(func i32.const 1.5)", "unknown operator"},
      {"(func f32.const 1e99)", "f32 constant out of range"},
      {"(func i32.load align=3)", "alignment must be a power of two"},
      {"(func i32.load align=0)", "alignment must be a power of two"},
      {"(func block $a end $b)", "mismatching label"},
      {"(func block)", "unexpected token"},
      {"(func end)", "unexpected token"},
      {"(func else)", "unexpected token"},
      {"(func (block end))", "unexpected token"},
      {"(func (block block))", "unexpected token"},
      {"(func (i32.add i32.const 0))", "unexpected token"},
      {"(func (if (i32.const 0)))", "unexpected token"},
      {"(func (if (then) (then)))", "unexpected token"},
      {"(func (then))", "unexpected token"},
      {"(func (try))", "unexpected token"},
      {"(func (try (do) (catch_all) (catch 0)))", "unexpected token"},
      {"(func (try (do) (catch_all) (delegate 0)))", "unexpected token"},
      {"(func catch_all)", "unexpected token"},
      {"(func try catch_all catch_all end)", "unexpected token"},
      {"(func block delegate 0)", "unexpected token"},
      {"(func (block (param $x i32)))", "unexpected token"},
      {"(func (result i32) (param i32))", "unexpected token"},
      {"(func) (import \"\" \"\" (func))", "import after function"},
      {"(memory 1) (func (import \"\" \"\"))", "import after memory"},
      {"(func (export \"\\ff\"))", "malformed UTF-8"},
      {"(func v128.const i32x4 1 2 3)", "wrong number of lane literals"},
      {"(func v128.const i32x4 1 2 3 4 5)", "wrong number of lane literals"},
      {"(func v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)", "i8 constant out of range"},
      {"(func i8x16.shuffle 0)", "invalid lane length"},
      {"(func i8x16.extract_lane_s 256)", "i8 constant out of range"},
      {"(memory 1 (pagesize 3))", "invalid custom page size"},
      {"(start 0) (start 0)", "multiple start sections"},
      {"(elem)", "unexpected token"},
      {"(elem (ref null func) (item))x", "unexpected token"},
      {"(data (memory 0) \"\")", "unexpected token"},
      {"(import \"a\" (item \"b\") (item \"c\" (func)) (func))", "unexpected token"},
      {"(import \"a\" (item \"b\") (func $x))", "identifier not allowed"},
      {"(func (@custom \"x\"))", "misplaced @custom annotation"},
      {"(module (func) (@name \"x\"))", "misplaced @name annotation"},
      {"(@custom)", "@custom annotation: missing section name"},
      {"(@custom \"a\" (type))", "@custom annotation: malformed placement"},
      {"(@custom \"a\" (after types))", "@custom annotation: malformed section kind"},
      {"(@custom \"a\" b)", "@custom annotation: unexpected token"},
      {"(@metadata.code.branch_hint \"\\00\")", "@metadata.code.branch_hint annotation: not in a function"},
      {"(func (@metadata.code.branch_hint \"\\00\"))", "annotation without an instruction"},
      {"(func (if (i32.const 1) (@metadata.code.branch_hint \"\\00\") (then)))", "annotation without an instruction"},
      {"(func (if (i32.const 1) (then) (@metadata.code.branch_hint \"\\00\") (else)))",
       "annotation without an instruction"},
      {"(func (try (@metadata.code.branch_hint \"\\00\") (do) (catch_all)))", "annotation without an instruction"},
      {"(func (@metadata.code.x \"\\00\") (@metadata.code.x \"\\00\") nop)", "duplicate annotation"},
      {"(func (@metadata.code.branch_hint \"\\00\") nop)", "invalid target"},
      {";; \xFF", "malformed UTF-8 encoding"},
      {"(func \x7F)", "illegal character"},
  };
  for (const Case& c : cases)
    EXPECT_NE(error(c.source).find(c.message), std::string::npos) << c.source << "\n" << error(c.source);
}

TEST(TextError, FeaturesThatAreOff) {
  ParseOptions options;
  options.features.remove(wasm::Feature::Threads);
  auto result = parse("(func atomic.fence)", options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kUnsupported);
  EXPECT_NE(result.error().message().find("threads"), std::string::npos);
}

// Every prefix of a valid module gives an error or a module, never a crash or a hang.
TEST(TextError, Truncations) {
  std::string_view source =
      "(module $m (type $t (sub final (func (param $a i32) (result (ref null $t)))))\n"
      "(import \"a\" (item \"b\" (func $i)) (item \"c\" (global i32)))\n(rec (type $s (struct (field $x (mut i8)))))\n"
      "(@custom \"c\" (after func) \"x\") (table $tab (export \"t\") funcref (elem $f (;c;) $f)) (memory (data "
      "\"\\u{41}\"))\n"
      "(func $f (export \"e\") (param $p f64) (local $l v128) (@metadata.code.branch_hint \"\\00\")\n"
      "(if (i32.const 1) (then (block $b (br_table $b 0 (i32.load offset=1 align=1 (i32.const 0x1_0)))))\n"
      "(else (try (do (try_table (catch_all 0))) (catch_all (drop (select (result i32) (i32.const 1))))))))\n"
      "(elem declare (ref func) (item ref.func $f)) (data $d (offset i32.const 1) \"q\" \"r\"))";
  EXPECT_EQ(error(source), "");
  for (size_t n = 0; n < source.size(); ++n) {
    auto result = parse(source.substr(0, n));
    if (n > 7) { EXPECT_FALSE(result) << n; }
  }
}

}  // namespace
}  // namespace ermine::text
