// The printer: the form of modules, and that the text is equivalent to the module.
#include "text/print/print.h"

#include <gtest/gtest.h>

#include "text/encoding_delta.h"
#include "text/text.h"

namespace ermine::text {
namespace {

std::vector<uint8_t> assemble(std::string_view source, bool names = true) {
  ParseOptions options;
  options.emit_names = names;
  auto result = parse(source, options);
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return {};
  }
  return *std::move(result);
}

std::string printed(std::span<const uint8_t> module, PrintOptions options = {}) {
  auto text = print(module, options);
  if (!text) {
    ADD_FAILURE() << text.error().to_string();
    return {};
  }
  return *std::move(text);
}

void expect_identity(std::span<const uint8_t> module) {
  for (bool folded : {false, true}) {
    for (bool offsets : {false, true}) {
      PrintOptions options;
      options.folded = folded;
      options.offsets = offsets;
      std::string text = printed(module, options);
      // The text is complete whether or not names are requested.
      EXPECT_EQ(assemble(text, true), std::vector<uint8_t>(module.begin(), module.end())) << text;
      EXPECT_EQ(assemble(text, false), std::vector<uint8_t>(module.begin(), module.end())) << text;
    }
  }
}

constexpr std::string_view kAll = R"((module $all
  (type $f (func (param i32 i64) (result f32)))
  (rec (type $s (sub (struct (field $x (mut i8)) (field (ref null $s))))) (type $a (sub final $s (struct (field $x (mut i8)) (field $y (ref null $s))))))
  (type $arr (array (mut anyref)))
  (import "m" "f" (func $imp (param i32)))
  (import "m" (item "t" (table 1 2 funcref)) (item "g" (global $gi (mut i64))))
  (import "m" (item "a") (item "b") (memory i64 1 2 shared))
  (table $t 3 (ref null func) (ref.null func))
  (memory $mem 1 (pagesize 1))
  (tag $e (param i32))
  (global $g f64 (f64.const -0x1.8p-3))
  (global $ext i32 (i32.add (i32.const 1) (i32.const 2)))
  (export "a\00\"b" (func $main))
  (start $start)
  (elem $el (i32.const 0) func $main $start)
  (elem (table $t) (offset (i32.const 1)) funcref (ref.func $main) (item (ref.null func)))
  (elem declare func $main)
  (func $main (param $p i32) (param i64) (result f32) (local $l v128) (local i32 i32 f32)
    (block $b (result f32)
      (loop $lo (br_if $lo (i32.eqz (local.get $p))) (br_if 1 (f32.const nan:0x1) (i32.const 5)) (drop))
      (if (result f32) (i32.load offset=4 align=1 (i32.const 0)) (then (f32.const inf)) (else (f32.const 1))))
    (drop (v128.const f64x2 1 2))
    (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get $l) (local.get $l)))
    (block $h (try_table (catch $e $h) (catch_all $h) (throw $e (i32.const 1))))
    (try $tr (do (call $imp (i32.const 1))) (catch $e (drop)) (catch_all (rethrow $tr)))
    (try (do (nop)) (delegate 0))
    (drop (struct.get $a $y (struct.new $a (i32.const 1) (ref.null $s))))
    (drop (select (result anyref) (ref.null any) (ref.null any) (i32.const 1)))
    (block $br (result i31ref) (br_on_cast $br anyref i31ref (ref.null any)) (unreachable))
    (drop (ref.cast (ref null $a)))
    (call_indirect $t (type $f) (i32.const 0) (i64.const -1) (i32.const 0))
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)))
  (func $start)
  (data $d "\ff\"\\")
  (data (memory $mem) (i32.const 0) "abc")
  (@custom "x" (after import) "y\00")
))";

TEST(Print, AllKindsOfFieldsComeBack) {
  expect_identity(assemble(kAll, true));
  expect_identity(assemble(kAll, false));
}

TEST(Print, Flat) {
  EXPECT_EQ(printed(assemble("(module $m (func $f (param $x i32) (result i32) (local i64 i64) (block $b (br $b)) "
                             "(i32.add (local.get $x) (i32.const -7))))")),
            R"((module $m
  (type (;0;) (func (param i32) (result i32)))
  (func $f (;0;) (type 0) (param $x i32) (result i32)
    (local i64 i64)
    block $b
      br $b
    end
    local.get $x
    i32.const -7
    i32.add
  )
  (@ermine.names (after code))
)
)");
  EXPECT_EQ(printed(assemble("")), "(module)\n");
}

TEST(Print, Folded) {
  PrintOptions options;
  options.folded = true;
  EXPECT_EQ(
      printed(assemble("(func (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) "
                       "(else (i32.const 2)))"
                       "(nop) (i32.add (i32.const 3)) (block (try (do (drop (i32.const 1))) (catch_all))) (return))"),
              options),
      R"((module
  (type (;0;) (func (param i32) (result i32)))
  (func (;0;) (type 0) (param i32) (result i32)
    (if (result i32)
      (i32.eqz
        (local.get 0))
      (then
        (i32.const 1))
      (else
        (i32.const 2)))
    (nop)
    (i32.add
      (i32.const 3))
    (block
      (try
        (do
          (drop
            (i32.const 1)))
        (catch_all)))
    (return)
  )
)
)");
}

TEST(Print, Offsets) {
  PrintOptions options;
  options.offsets = true;
  std::string text = printed(assemble("(func nop unreachable)"), options);
  EXPECT_NE(text.find("(;@17;) nop"), std::string::npos) << text;
  EXPECT_NE(text.find("(;@18;) unreachable"), std::string::npos) << text;
}

TEST(Print, NamesThatAreNotIdentifiers) {
  // The same name twice, an empty one, one with spaces, labels and locals of the same name.
  auto module = assemble(
      "(module (@name \"a b\") (func $f) (func (@name \"f\")) (func (@name \"\")) (func $\"x y\" (param (@name \"p\") "
      "i32) (local $p i32)"
      "(block $l (block (@name \"l\") (br 0))) (call 1) (call 2)))");
  std::string text = printed(module);
  EXPECT_NE(text.find("(func $f#1 (@name \"f\") (;1;)"), std::string::npos) << text;
  EXPECT_NE(text.find("(func (@name \"\") (;2;)"), std::string::npos) << text;
  EXPECT_NE(text.find("(func $\"x y\" (;3;)"), std::string::npos) << text;
  EXPECT_NE(text.find("block $l#1 (@name \"l\")"), std::string::npos) << text;
  expect_identity(module);
  PrintOptions options;
  options.names = false;
  EXPECT_EQ(printed(module, options).find("$"), std::string::npos);
}

TEST(Print, BrokenNameSectionsAreKept) {
  expect_identity(assemble("(func) (@custom \"name\" \"\\01\\09\\02\\00\\01a\")"));  // its map is cut off
  expect_identity(
      assemble("(func) (@custom \"name\" \"\\01\\04\\01\\07\\01a\")"));  // of a function that does not exist
  expect_identity(assemble("(func) (func) (@custom \"name\" \"\\01\\07\\02\\01\\01a\\00\\01b\")"));  // out of order
  expect_identity(
      assemble("(func) (@custom \"name\" (before first) \"\\01\\04\\01\\00\\01a\")"));  // in an unusual place
  expect_identity(
      assemble("(func $a) (@custom \"producers\" \"p\") (@ermine.names (after code)) (@custom \"z\" \"z\")"));
}

std::vector<uint8_t> bytes(std::initializer_list<int> list) {
  std::vector<uint8_t> out = {0, 'a', 's', 'm', 1, 0, 0, 0};
  for (int b : list) out.push_back(static_cast<uint8_t>(b));
  return out;
}

TEST(Print, UnusualEncodingsComeBack) {
  // Section size, vector length and counts in more bytes than they need.
  expect_identity(bytes({1, 0x87, 0x80, 0, 0x81, 0, 0x60, 0x80, 0, 0x80, 0}));
  // Empty sections, and an unnecessary data count.
  expect_identity(bytes({1, 1, 0, 2, 1, 0, 3, 1, 0, 4,  1, 0, 5,  1, 0, 13, 1, 0,
                         6, 1, 0, 7, 1, 0, 9, 1, 0, 12, 1, 0, 10, 1, 0, 11, 1, 0}));
  // Import groups without items.
  expect_identity(bytes({2, 7, 1, 1, 'x', 0, 0x7F, 0x80, 0}));
  // Adjacent runs of locals of one type, and an empty run.
  expect_identity(bytes({1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 12, 1, 10, 4, 1, 0x7F, 1, 0x7F, 0, 0x7E, 2, 0x7F, 0x0B}));
  // Table and memory 0 named where that is not necessary: an element segment, a data segment, a load.
  expect_identity(bytes({1, 4,    1,    0x60, 0, 0,    3,    2,    1, 0,    4, 4, 1,    0x70, 0,    1, 5,  3, 1,
                         0, 1,    9,    9,    1, 2,    0,    0x41, 0, 0x0B, 0, 1, 0,    10,   11,   1, 9,  0, 0x41,
                         0, 0x28, 0x42, 0,    4, 0x1A, 0x0B, 11,   8, 1,    2, 0, 0x41, 0,    0x0B, 1, 'x'}));
  // Padded indices and constants, positive and negative, as linkers write them.
  expect_identity(bytes({1,    4,    1,    0x60, 0,    0,    3,    2,    1,    0,    10,   28,   1,    26,
                         0,    0x10, 0x80, 0x80, 0x80, 0x80, 0,    0x41, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x41,
                         0xC0, 0x80, 0x80, 0x80, 0,    0x42, 0x80, 0x7F, 0x1A, 0x1A, 0x1A, 0x0B}));
}

TEST(Print, AnEditedTextKeepsTheEdit) {
  auto module =
      bytes({1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 12, 1, 10, 0, 0x41, 0x85, 0x80, 0x80, 0x80, 0, 0x1A, 0x01, 0x0B});
  std::string text = printed(module);
  ASSERT_NE(text.find("@ermine.encoding"), std::string::npos);
  size_t at = text.find("i32.const 5");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 11, "i32.const 6");
  EXPECT_EQ(assemble(text), bytes({1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 6, 0x1A, 0x01, 0x0B}));
  PrintOptions options;
  options.exact = false;
  EXPECT_EQ(printed(module, options).find("@ermine"), std::string::npos);
}

TEST(Print, BrokenDeltasDoNotApply) {
  std::vector<uint8_t> canonical(300);
  for (size_t i = 0; i < canonical.size(); ++i) canonical[i] = static_cast<uint8_t>(i);
  std::vector<uint8_t> original = canonical;
  original[20] |= 0x80;
  original.insert(original.begin() + 21, {0x80, 0x80, 0});
  original.erase(original.begin() + 200, original.begin() + 210);
  EncodingDelta delta;
  delta.check(canonical);
  delta.add(std::span(original).first(50), std::span(canonical).first(47));
  delta.add(std::span(original).subspan(50), std::span(canonical).subspan(47));
  std::vector<uint8_t> bytes = delta.finish(original.size());
  EXPECT_EQ(EncodingDelta::apply(bytes, canonical), original);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(EncodingDelta::apply(std::span(bytes).first(n), canonical)) << n;
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::vector<uint8_t> changed = bytes;
      changed[n] ^= static_cast<uint8_t>(1u << bit);
      (void)EncodingDelta::apply(changed, canonical);
    }
  }
  canonical[100] ^= 1;
  EXPECT_FALSE(EncodingDelta::apply(bytes, canonical));
}

TEST(Print, MalformedModules) {
  auto module = assemble(kAll);
  for (size_t n = 0; n < module.size(); ++n) {
    auto result = print(std::span(module).first(n));
    if (n < 8) { EXPECT_FALSE(result) << n; }
    for (bool folded : {false, true}) {
      std::vector<uint8_t> changed = module;
      changed[n] ^= static_cast<uint8_t>(1u << (n % 8));
      PrintOptions options;
      options.folded = folded;
      (void)print(changed, options);
    }
  }
}

TEST(Print, StopsWhenTheSinkHasEnough) {
  auto module = assemble("(memory 2) (data (i32.const 0) \"" + std::string(300'000, 'x') + "\") (data \"" +
                         std::string(300'000, 'y') + "\")");
  size_t pieces = 0;
  auto result = print(module, {}, [&](std::string_view) { return ++pieces < 2; });
  EXPECT_TRUE(result);
  EXPECT_EQ(pieces, 2u);
}

TEST(Print, DeepNestingNeedsNoStack) {
  std::string blocks = "(func ";
  for (int i = 0; i < 100'000; ++i) blocks += "(block ";
  auto module = assemble(blocks + std::string(100'000, ')') + ")");
  PrintOptions options;
  options.folded = true;
  EXPECT_EQ(assemble(printed(module, options)), module);
}

}  // namespace
}  // namespace ermine::text
