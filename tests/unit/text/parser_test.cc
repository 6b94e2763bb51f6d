// The text front-end: the resulting bytes. Sections are compared by their contents, written as hex.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "text/text.h"

namespace ermine::text {
namespace {

std::vector<uint8_t> must_parse(std::string_view source, bool names = false) {
  ParseOptions options;
  options.emit_names = names;
  auto result = parse(source, options);
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return {};
  }
  return *std::move(result);
}

// The contents of the section, "" if there is none.
std::string section(const std::vector<uint8_t>& module, uint8_t id) {
  size_t p = 8;
  while (p < module.size()) {
    uint8_t got = module[p++];
    size_t size = 0;
    for (unsigned shift = 0;; shift += 7) {
      uint8_t b = module[p++];
      size |= size_t{b & 0x7Fu} << shift;
      if (b < 0x80) break;
    }
    if (got == id) {
      std::string out;
      for (size_t i = 0; i < size; ++i) out += fmt::format("{}{:02x}", i ? " " : "", module[p + i]);
      return out;
    }
    p += size;
  }
  return "";
}
std::string section(std::string_view source, uint8_t id) { return section(must_parse(source), id); }

// The code of a function's body, without locals and final end.
std::string body(std::string_view instructions) {
  std::string code =
      section(fmt::format("(module (type $t (func)) (memory 1) (memory $n 1) (table $u 1 funcref) (table $v 1 funcref)"
                          "(tag $e) (data $d \"\") (elem $s func) (func $f (type $t) {}))",
                          instructions),
              10);
  // count, size, no locals, ..., end
  return code.size() < 12 ? code : code.substr(9, code.size() - 12);
}

TEST(Parser, EmptyModules) {
  std::vector<uint8_t> empty = {0, 'a', 's', 'm', 1, 0, 0, 0};
  EXPECT_EQ(must_parse(""), empty);
  EXPECT_EQ(must_parse("(module)"), empty);
  EXPECT_EQ(must_parse("(module $m)"), empty);
  EXPECT_EQ(must_parse(" ;; nothing\n"), empty);
}

TEST(Parser, TypesAndTypeUses) {
  EXPECT_EQ(section("(type (func (param i32 i64) (result f32)))", 1), "01 60 02 7f 7e 01 7d");
  // Inline types come after the explicit ones, wherever those are, and equal ones are shared.
  EXPECT_EQ(section("(func (param i32)) (func (param i32)) (func (result f64)) (type (func))", 1),
            "03 60 00 00 60 01 7f 00 60 00 01 7c");
  EXPECT_EQ(section("(func (param i32)) (func (param i32)) (func (result f64)) (type (func))", 3), "03 01 01 02");
  // The long and the short spelling of one type are one type, and both are kept as written.
  EXPECT_EQ(section("(func (param funcref)) (func (param (ref null func)))", 1), "01 60 01 70 00");
  EXPECT_EQ(section("(type (func (param (ref null func))))", 1), "01 60 01 63 70 00");
  // A member of a group, an open type and one that mentions itself never match an inline type.
  EXPECT_EQ(section("(rec (type (func)) (type (func))) (func)", 3), "01 02");
  EXPECT_EQ(section("(type (sub (func))) (func)", 3), "01 01");
  EXPECT_EQ(section("(type $t (func (param (ref $t)))) (func (param (ref $t)))", 3), "01 01");
  EXPECT_EQ(section("(type (sub final (func))) (func)", 3), "01 00");
}

TEST(Parser, CompositeTypes) {
  EXPECT_EQ(section("(type (struct (field $a i8) (field (mut i16) v128)))", 1), "01 5f 03 78 00 77 01 7b 00");
  EXPECT_EQ(section("(type (array (mut (ref null any))))", 1), "01 5e 63 6e 01");
  EXPECT_EQ(section("(rec (type $a (struct (field (ref $b)))) (type $b (sub final $a (struct (field (ref $b))))))", 1),
            "01 4e 02 5f 01 64 01 00 4f 01 00 5f 01 64 01 00");
  EXPECT_EQ(section("(type (func (param anyref eqref i31ref structref arrayref nullref funcref nullfuncref externref "
                    "nullexternref exnref nullexnref)))",
                    1),
            "01 60 0c 6e 6d 6c 6b 6a 71 70 73 6f 72 69 74 00");
}

TEST(Parser, Definitions) {
  EXPECT_EQ(section("(memory 1 2)", 5), "01 01 01 02");
  EXPECT_EQ(section("(memory i64 1 2 shared)", 5), "01 07 01 02");
  EXPECT_EQ(section("(memory 0 (pagesize 1))", 5), "01 08 00 00");
  EXPECT_EQ(section("(memory (data \"ab\" \"c\"))", 5), "01 01 01 01");
  EXPECT_EQ(section("(memory (pagesize 1) (data \"abc\"))", 5), "01 09 03 03 00");
  EXPECT_EQ(section("(memory (data \"ab\" \"c\"))", 11), "01 00 41 00 0b 03 61 62 63");
  EXPECT_EQ(section("(memory 1) (memory i64 (data))", 11), "01 02 01 42 00 0b 00");
  EXPECT_EQ(section("(table 1 2 funcref)", 4), "01 70 01 01 02");
  EXPECT_EQ(section("(table i64 1 externref)", 4), "01 6f 04 01");
  EXPECT_EQ(section("(table 1 (ref func) (ref.func $f)) (func $f)", 4), "01 40 00 64 70 00 01 d2 00 0b");
  EXPECT_EQ(section("(table funcref (elem $f $f)) (func $f)", 9), "01 00 41 00 0b 02 00 00");
  EXPECT_EQ(section("(table (ref null any) (elem (ref.null any)))", 9), "01 06 00 41 00 0b 63 6e 01 d0 6e 0b");
  EXPECT_EQ(section("(global $g (mut i32) (i32.const 1)) (global i32 global.get $g)", 6),
            "02 7f 01 41 01 0b 7f 00 23 00 0b");
  EXPECT_EQ(section("(tag (param i32))", 13), "01 00 00");
  EXPECT_EQ(section("(start 0) (func)", 8), "00");
}

TEST(Parser, InlineElementsFitTheirTable) {
  EXPECT_EQ(section("(type $t (func)) (table (ref null $t) (elem $f $f)) (func $f)", 9),
            "01 06 00 41 00 0b 63 00 02 d2 00 0b d2 00 0b");
  EXPECT_EQ(section("(table 0 funcref) (table funcref (elem $f)) (func $f)", 9), "01 02 01 41 00 0b 00 01 00");
}

TEST(Parser, ImportsAndExports) {
  EXPECT_EQ(section("(import \"a\" \"b\" (func $f (param i32)))", 2), "01 01 61 01 62 00 00");
  EXPECT_EQ(
      section("(func (import \"a\" \"b\"))(table (import \"a\" \"b\") 1 funcref)(memory (import \"a\" \"b\") 1)"
              "(global (import \"a\" \"b\") (mut i32))(tag (import \"a\" \"b\"))",
              2),
      "05 01 61 01 62 00 00 01 61 01 62 01 70 00 01 01 61 01 62 02 00 01 01 61 01 62 03 7f 01 01 61 01 62 04 00 00");
  EXPECT_EQ(section("(func (export \"a\") (export \"b\")) (export \"c\" (memory $m)) (memory $m 1)", 7),
            "03 01 61 00 00 01 62 00 00 01 63 02 00");
  EXPECT_EQ(section("(import \"m\" (item \"a\" (func)) (item \"b\" (global i32)))", 2),
            "01 01 6d 00 7f 02 01 61 00 00 01 62 03 7f 00");
  EXPECT_EQ(section("(import \"m\" (item \"a\") (item \"b\") (global i32)) (global $g i32 (i32.const 0)) (export \"x\" "
                    "(global $g))",
                    2),
            "01 01 6d 00 7e 03 7f 00 02 01 61 01 62");
  EXPECT_EQ(section("(import \"m\" (item \"a\") (item \"b\") (global i32)) (global $g i32 (i32.const 0)) (export \"x\" "
                    "(global $g))",
                    7),
            "01 01 78 03 02");
}

TEST(Parser, Segments) {
  std::string_view common = "(table $t 1 funcref) (table $u 1 funcref) (memory 1) (memory $m 1) (func $f)";
  auto elem = [&](std::string_view s) { return section(fmt::format("{}{}", common, s), 9); };
  auto data = [&](std::string_view s) { return section(fmt::format("{}{}", common, s), 11); };
  EXPECT_EQ(elem("(elem (i32.const 1) $f)"), "01 00 41 01 0b 01 00");
  EXPECT_EQ(elem("(elem (offset i32.const 1) func 0)"), "01 00 41 01 0b 01 00");
  EXPECT_EQ(elem("(elem (table $u) (i32.const 1) func $f)"), "01 02 01 41 01 0b 00 01 00");
  EXPECT_EQ(elem("(elem func $f)"), "01 01 00 01 00");
  EXPECT_EQ(elem("(elem declare func $f)"), "01 03 00 01 00");
  EXPECT_EQ(elem("(elem funcref (ref.func $f) (item ref.null func))"), "01 05 70 02 d2 00 0b d0 70 0b");
  EXPECT_EQ(elem("(elem declare (ref func) (ref.func 0))"), "01 07 64 70 01 d2 00 0b");
  EXPECT_EQ(elem("(elem (i32.const 0) funcref (ref.func 0))"), "01 04 41 00 0b 01 d2 00 0b");
  EXPECT_EQ(elem("(elem (i32.const 0) externref)"), "01 06 00 41 00 0b 6f 00");
  EXPECT_EQ(data("(data (i32.const 1) \"a\" \"\\ff\")"), "01 00 41 01 0b 02 61 ff");
  EXPECT_EQ(data("(data (memory $m) (offset i32.const 1) \"a\")"), "01 02 01 41 01 0b 01 61");
  EXPECT_EQ(data("(data)"), "01 01 00");
  EXPECT_EQ(section("(data $d \"x\") (func (data.drop $d))", 12), "01");
  EXPECT_EQ(section("(data $d \"x\")", 12), "");
}

TEST(Parser, FlatAndFolded) {
  EXPECT_EQ(body("i32.const 1 i32.const 2 i32.add drop"), "41 01 41 02 6a 1a");
  EXPECT_EQ(body("(drop (i32.add (i32.const 1) (i32.const 2)))"), "41 01 41 02 6a 1a");
  EXPECT_EQ(body("(i32.const 1) (drop)"), "41 01 1a");
  EXPECT_EQ(body("(block $a (result i32) (br $a (i32.const 1))) drop"), "02 7f 41 01 0c 00 0b 1a");
  EXPECT_EQ(body("block $a loop $b br $a br $b br 0 end $b end"), "02 40 03 40 0c 01 0c 00 0c 00 0b 0b");
  EXPECT_EQ(body("(block $l (block $l (br $l)) (br $l))"), "02 40 02 40 0c 00 0b 0c 00 0b");
  EXPECT_EQ(body("(if (i32.const 1) (then nop) (else unreachable))"), "41 01 04 40 01 05 00 0b");
  EXPECT_EQ(body("(if $l (i32.const 1) (then (br $l)))"), "41 01 04 40 0c 00 0b");
  EXPECT_EQ(body("i32.const 1 if $l nop else $l end $l"), "41 01 04 40 01 05 0b");
  EXPECT_EQ(body("(loop (param) (result) nop)"), "03 40 01 0b");
  EXPECT_EQ(body("(block (type $t))"), "02 00 0b");
  EXPECT_EQ(body("(block (param i32) (i32.const 0))").substr(0, 5), "02 01");
  EXPECT_EQ(body("(block $a (block $b (br_table $a $b 0 (i32.const 0))))"), "02 40 02 40 41 00 0e 02 01 00 00 0b 0b");
}

TEST(Parser, Exceptions) {
  EXPECT_EQ(body("(block $h (try_table (catch $e $h) (catch_ref 0 0) (catch_all $h) (catch_all_ref 0) nop))"),
            "02 40 1f 40 04 00 00 00 01 00 00 02 00 03 00 01 0b 0b");
  EXPECT_EQ(body("(try (do nop) (catch $e drop) (catch_all))"), "06 40 01 07 00 1a 19 0b");
  EXPECT_EQ(body("try $l rethrow $l catch 0 rethrow 0 catch_all end"), "06 40 09 00 07 00 09 00 19 0b");
  EXPECT_EQ(body("(block $b (try (do) (delegate $b)))"), "02 40 06 40 18 00 0b");
  EXPECT_EQ(body("block $b try $t delegate $b end"), "02 40 06 40 18 00 0b");
  EXPECT_EQ(body("throw $e"), "08 00");
}

TEST(Parser, Immediates) {
  EXPECT_EQ(body("(i32.load offset=0x10 align=2 (i32.const 0))"), "41 00 28 01 10");
  EXPECT_EQ(body("i32.load $n offset=1"), "28 42 01 01");
  EXPECT_EQ(body("i32.load 0"), "28 02 00");
  EXPECT_EQ(body("v128.load8_lane 3"), "fd 54 00 00 03");
  EXPECT_EQ(body("v128.load8_lane 1 3"), "fd 54 40 01 00 03");
  EXPECT_EQ(body("v128.load8_lane $n align=1 3"), "fd 54 40 01 00 03");
  EXPECT_EQ(body("v128.load8_lane 1 offset=4 3"), "fd 54 40 01 04 03");
  EXPECT_EQ(body("v128.load32_lane offset=4 3"), "fd 56 02 04 03");
  EXPECT_EQ(
      body("memory.size memory.size $n memory.copy memory.copy $n 0 memory.fill $n memory.init $d memory.init $n $d"),
      "3f 00 3f 01 fc 0a 00 00 fc 0a 01 00 fc 0b 01 fc 08 00 00 fc 08 00 01");
  EXPECT_EQ(body("table.get table.set $v table.size table.copy $v 0 table.init $s table.init $v $s elem.drop $s"),
            "25 00 26 01 fc 10 00 fc 0e 01 00 fc 0c 00 00 fc 0c 00 01 fc 0d 00");
  EXPECT_EQ(body("call $f call_indirect (type $t) call_indirect $v return_call_indirect $v (type 0) ref.func $f"),
            "10 00 11 00 00 11 00 01 13 00 01 d2 00");
  EXPECT_EQ(body("select select (result i32) select (result)"), "1b 1c 01 7f 1c 00");
  EXPECT_EQ(
      body("ref.null func ref.null $t ref.test (ref $t) ref.test (ref null any) ref.cast i31ref ref.cast (ref none)"),
      "d0 70 d0 00 fb 14 00 fb 15 6e fb 17 6c fb 16 71");
  EXPECT_EQ(body("block br_on_cast 0 anyref (ref i31) br_on_cast_fail 0 (ref any) (ref null i31) end"),
            "02 40 fb 18 01 00 6e 6c fb 19 02 00 6e 6c 0b");
  EXPECT_EQ(body("i64.const -1 f32.const 1 f64.const -inf"), "42 7f 43 00 00 80 3f 44 00 00 00 00 00 00 f0 ff");
  EXPECT_EQ(
      body("v128.const i16x8 1 2 3 4 5 6 -1 0xffff i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"),
      "fd 0c 01 00 02 00 03 00 04 00 05 00 06 00 ff ff ff ff fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");
  EXPECT_EQ(body("i8x16.extract_lane_s 15 i32x4.relaxed_dot_i8x16_i7x16_add_s"), "fd 15 0f fd 93 02");
  EXPECT_EQ(body("atomic.fence i64.atomic.rmw32.cmpxchg_u memory.atomic.notify offset=8"),
            "fe 03 00 fe 4e 02 00 fe 00 02 08");
  EXPECT_EQ(body("i64.add128 i64.mul_wide_u"), "fc 13 fc 16");
}

TEST(Parser, LocalsAndFields) {
  EXPECT_EQ(
      section(
          "(func (param $a i32) (local $b i64) (local i64 f32) (local $c f32) local.get $a local.set $b local.tee $c)",
          10),
      "01 0c 02 02 7e 02 7d 20 00 21 01 22 04 0b");
  // Parameters count even if a type that is defined later determines how many there are.
  EXPECT_EQ(section("(func (type $t) (local $x i32) local.get $x) (type $t (func (param i32 i32)))", 10),
            "01 06 01 01 7f 20 02 0b");
  EXPECT_EQ(section("(type $s (struct (field $a i32) (field $b i32))) (type $r (struct (field $b i32)))"
                    "(func struct.get $s $b struct.get $r $b struct.set $s 0)",
                    10),
            "01 0e 00 fb 02 00 01 fb 02 01 00 fb 05 00 00 0b");
}

TEST(Parser, Names) {
  auto module = must_parse(
      "(module $m (type $t (func)) (func $f (param $p i32) (local $l i32) (block $b)) (func (@name \"g h\")) (global "
      "$g i32 (i32.const 0)))",
      true);
  EXPECT_EQ(section(module, 0),
            "04 6e 61 6d 65 00 02 01 6d 01 09 02 00 01 66 01 03 67 20 68 02 09 01 00 02 00 01 70 01 01 6c 03 06 01 00 "
            "01 00 01 62 "
            "04 04 01 00 01 74 07 04 01 00 01 67");
  EXPECT_EQ(section(must_parse("(module $m (func $f))"), 0), "");
}

TEST(Parser, CustomSections) {
  EXPECT_EQ(section("(@custom \"a\" \"b\" \"c\")", 0), "01 61 62 63");
  auto ids = [](const std::vector<uint8_t>& m) {
    std::string out;
    for (size_t p = 8; p < m.size(); p += 2 + m[p + 1]) out += fmt::format("{} ", m[p]);
    return out;
  };
  EXPECT_EQ(ids(must_parse("(@custom \"z\") (@custom \"a\" (after func)) (@custom \"b\" (before first)) (@custom \"c\" "
                           "(before code)) (func)")),
            "0 1 3 0 0 10 0 ");
}

TEST(Parser, BranchHints) {
  auto module = must_parse(
      "(func (param i32) (local i32) (@metadata.code.branch_hint \"\\01\") (if (local.get 0) (then nop)) "
      "(block local.get 0 (@metadata.code.branch_hint \"\\00\") br_if 0))");
  // Offsets count from the body's first byte: 03 01 01 7f | 20 00 | 04 ...
  EXPECT_EQ(section(module, 0),
            "19 6d 65 74 61 64 61 74 61 2e 63 6f 64 65 2e 62 72 61 6e 63 68 5f 68 69 6e 74 01 00 02 05 01 01 0d 01 00");
}

TEST(Parser, DeepNestingNeedsNoStack) {
  std::string folded = "(func (result i32) ";
  for (int i = 0; i < 300'000; ++i) folded += "(i32.eqz ";
  folded += "(i32.const 0)" + std::string(300'000, ')') + ")";
  EXPECT_EQ(must_parse(folded).size() > 300'000, true);
  std::string blocks = "(func ";
  for (int i = 0; i < 300'000; ++i) blocks += "(block $x ";
  blocks += "br $x" + std::string(300'000, ')') + ")";
  EXPECT_EQ(must_parse(blocks).size() > 600'000, true);
}

}  // namespace
}  // namespace ermine::text
