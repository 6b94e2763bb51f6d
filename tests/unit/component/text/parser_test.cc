// The text of components: the bytes of the forms that Binary.md gives, and that abbreviations mean the same as their
// long forms.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "component/binary/decoder.h"
#include "component/text/text.h"
#include "text/text.h"

namespace ermine::component {
namespace {

std::vector<uint8_t> must_decode(std::string_view source, bool names = false) {
  TextOptions options;
  options.emit_names = names;
  auto result = parse_text(source, options);
  if (!result) {
    ADD_FAILURE() << result.error().message();
    return {};
  }
  const auto decoded = decode(*result, nullptr, wasm::FeatureSet::all());
  EXPECT_TRUE(decoded.has_value()) << source << "\n" << decoded.error().message();
  return *std::move(result);
}

std::string hex(std::span<const uint8_t> bytes) {
  std::string out;
  for (const uint8_t byte : bytes) out += fmt::format("{}{:02x}", out.empty() ? "" : " ", byte);
  return out;
}

// The sections of a component of these definitions.
std::string sections(std::string_view definitions, bool names = false) {
  const std::vector<uint8_t> bytes = must_decode(fmt::format("(component {})", definitions), names);
  return bytes.size() < 8 ? "" : hex(std::span(bytes).subspan(8));
}

void same(std::string_view abbreviation, std::string_view long_form) {
  EXPECT_EQ(sections(abbreviation), sections(long_form)) << abbreviation;
}

TEST(ComponentText, Preamble) {
  EXPECT_EQ(hex(must_decode("(component)")), "00 61 73 6d 0d 00 01 00");
  EXPECT_EQ(hex(must_decode("(component $c binary \"\\00asm\" \"\\0d\\00\\01\\00\")")), "00 61 73 6d 0d 00 01 00");
}

TEST(ComponentText, PrimitiveTypes) {
  EXPECT_EQ(sections("(type bool) (type s8) (type u64) (type f64) (type char) (type string) (type error-context)"),
            "07 08 07 7f 7e 77 75 74 73 64");
}

TEST(ComponentText, ConstructedTypes) {
  EXPECT_EQ(sections("(type (record (field \"a\" u8) (field \"b\" string)))"), "07 09 01 72 02 01 61 7d 01 62 73");
  EXPECT_EQ(sections("(type (variant (case \"a\") (case \"b\" u8)))"), "07 0c 01 71 02 01 61 00 00 01 62 01 7d 00");
  EXPECT_EQ(sections("(type (list u8)) (type (list u8 4))"), "07 06 02 70 7d 67 7d 04");
  EXPECT_EQ(sections("(type (tuple u8 u16))"), "07 05 01 6f 02 7d 7b");
  EXPECT_EQ(sections("(type (flags \"a\" \"b\")) (type (enum \"a\"))"), "07 0b 02 6e 02 01 61 01 62 6d 01 01 61");
  EXPECT_EQ(sections("(type (option u8))"), "07 03 01 6b 7d");
  EXPECT_EQ(sections("(type (result)) (type (result u8)) (type (result (error u8))) (type (result u8 (error u8)))"),
            "07 11 04 6a 00 00 6a 01 7d 00 6a 00 01 7d 6a 01 7d 01 7d");
  EXPECT_EQ(sections("(type (map string u8))"), "07 04 01 63 73 7d");
  EXPECT_EQ(sections("(type (stream)) (type (stream u8)) (type (future u8))"), "07 09 03 66 00 66 01 7d 65 01 7d");
  EXPECT_EQ(sections("(type (resource (rep i32))) (type (own 0)) (type (borrow 0))"), "07 08 03 3f 7f 00 69 00 68 00");
}

TEST(ComponentText, TypeIndicesOfValueTypesAreSigned) {
  std::string types;
  for (int i = 0; i <= 64; ++i) types += "(type u8)";
  // 64 has two bytes as a value type, and one where only an index can stand.
  EXPECT_TRUE(sections(types + "(type (list 64))").ends_with("70 c0 00"));
  EXPECT_TRUE(sections(types + "(type (own 64))").ends_with("69 40"));
}

TEST(ComponentText, FunctionTypes) {
  EXPECT_EQ(sections("(type (func))"), "07 05 01 40 00 01 00");
  EXPECT_EQ(sections("(type (func async (param \"a\" u8) (result string)))"), "07 08 01 43 01 01 61 7d 00 73");
}

TEST(ComponentText, InlineTypesAreDefinitions) {
  same("(type (list (option u8)))", "(type (option u8)) (type (list 0))");
  same("(import \"f\" (func (param \"a\" (list u8)) (result (tuple u8 u8))))",
       "(type (list u8)) (type (tuple u8 u8)) (type (func (param \"a\" 0) (result 1))) (import \"f\" (func (type 2)))");
  same("(import \"i\" (instance (export \"f\" (func))))",
       "(type (instance (type (func)) (export \"f\" (func (type 0))))) (import \"i\" (instance (type 0)))");
  same("(import \"m\" (core module (import \"a\" \"b\" (func (param i32))) (export \"c\" (memory 1))))",
       "(core type (module (type (func (param i32))) (import \"a\" \"b\" (func (type 0))) (export \"c\" (memory 1))))"
       "(import \"m\" (core module (type 0)))");
}

TEST(ComponentText, InlineImportsAndExports) {
  same("(func $f (import \"f\") (param \"a\" u8))", "(import \"f\" (func $f (param \"a\" u8)))");
  same("(instance (import \"i\") (export \"t\" (type (sub resource))))",
       "(import \"i\" (instance (export \"t\" (type (sub resource)))))");
  same("(component (import \"c\"))", "(import \"c\" (component))");
  same("(core module (import \"m\"))", "(import \"m\" (core module))");
  same("(core module $m (export \"a\") (export \"b\")) (type u8)",
       "(core module $m) (type u8) (export \"a\" (core module $m)) (export \"b\" (core module $m))");
  same("(type (export \"t\") u8)", "(type $t u8) (export \"t\" (type $t))");
  same("(instance (export \"i\" (external-id \"x\")))",
       "(instance $i) (export \"i\" (external-id \"x\") (instance $i))");
  // The index is that of the definition, not of what is emitted before it.
  same(
      "(component $c) (import \"i\" (instance $i)) (instance (export \"e\") (instantiate $c (with \"a\" (instance $i "
      "\"x\")) (with \"b\" (instance))))",
      "(component $c) (import \"i\" (instance $i)) (instance $b) (alias export $i \"x\" (instance $a))"
      " (instance $e (instantiate $c (with \"a\" (instance $a)) (with \"b\" (instance $b)))) (export \"e\" (instance "
      "$e))");
  // An export of an instance, not of the component.
  EXPECT_EQ(sections("(type u8) (instance (export \"t\" (type 0)))"), "07 02 01 7d 05 08 01 01 01 00 01 74 03 00");
}

TEST(ComponentText, Aliases) {
  const std::string import =
      "(import \"i\" (instance $i (export \"f\" (func)) (export \"j\" (instance (export \"f\" (func))))))";
  EXPECT_TRUE(sections(import + "(alias export $i \"f\" (func))").ends_with("06 06 01 01 00 00 01 66"));
  same(import + "(func $f (alias export $i \"f\")) (export \"g\" (func $f))",
       import + "(alias export $i \"f\" (func $f)) (export \"g\" (func $f))");
  same(import + "(export \"g\" (func $i \"f\"))",
       import + "(alias export $i \"f\" (func $f)) (export \"g\" (func $f))");
  same(import + "(export \"g\" (func $i \"j\" \"f\"))",
       import + "(alias export $i \"j\" (instance $j)) (alias export $j \"f\" (func $f)) (export \"g\" (func $f))");
}

TEST(ComponentText, CoreAliases) {
  const std::string core = "(func $x (import \"x\")) (core module $m) (core instance $i (instantiate $m))";
  const std::string expected = sections(
      core + "(alias core export $i \"mem\" (core memory $m)) (core func (canon lower (func $x) (memory $m)))");
  EXPECT_EQ(sections(core + "(core func (canon lower (func $x) (memory (core memory $i \"mem\"))))"), expected);
  EXPECT_EQ(sections(core + "(core func (canon lower (func $x) (memory $i \"mem\")))"), expected);
  EXPECT_EQ(sections(core +
                     "(core memory $m (alias core export $i \"mem\")) (canon lower (func $x) (memory $m) (core func))"),
            expected);
}

TEST(ComponentText, OuterAliases) {
  same("(type $t u8) (component $c (type (list $t)))",
       "(type u8) (component (alias outer 1 0 (type)) (type (list 0)))");
  same("(component $c (type $t u8) (component (component (import \"f\" (func (param \"a\" $t))))))",
       "(component $c (type $t u8) (component (component"
       " (alias outer $c $t (type $u)) (type $f (func (param \"a\" $u))) (import \"f\" (func (type $f))))))");
  // Inline types come before the aliases of the definition that they are in, and an alias is used again.
  same("(type $t u8) (component (type (tuple $t (list u8) $t)))",
       "(type u8) (component (type (list u8)) (alias outer 1 0 (type)) (type (tuple 1 0 1)))");
  // Types are scopes with the identifier of their definition.
  same("(type $c (component (type $t u8) (type (instance (alias outer $c $t (type))))))",
       "(type (component (type u8) (type (instance (alias outer 1 0 (type))))))");
  same("(core type $t (func)) (core type (module (alias outer 1 $t (type $u)) (export \"a\" (func (type $u)))))",
       "(core type (func)) (core type (module (alias outer 1 0 (type)) (export \"a\" (func (type 0)))))");
  EXPECT_EQ(sections("(component (alias outer 1 3 (core module)))"),
            "04 10 00 61 73 6d 0d 00 01 00 06 06 01 00 11 02 01 03");
}

TEST(ComponentText, AnAliasIsTheFirstDefinitionOfAComponent) {
  same("(component (alias outer 1 0 (type $a)))", "(component $c (alias outer 1 0 (type)))");
  same("(instance $i) (component $c (alias export $i \"c\"))", "(instance) (alias export 0 \"c\" (component))");
}

TEST(ComponentText, CoreModulesAndInstances) {
  const auto module = text::parse("(module $m (memory 1) (export \"m\" (memory 0)))");
  ASSERT_TRUE(module.has_value());
  EXPECT_EQ(sections("(core module $m (memory 1) (export \"m\" (memory 0)))"),
            fmt::format("01 {:02x} {}", module->size(), hex(*module)));
  EXPECT_TRUE(sections("(core module $m) (core instance $a (instantiate $m)) (core instance (instantiate $m (with "
                       "\"a\" (instance $a))))")
                  .ends_with("02 0b 02 00 00 00 00 00 01 01 61 12 00"));
  same(
      "(core module $m) (core instance $a (instantiate $m)) (core instance (instantiate $m (with \"x\" (instance "
      "(export \"f\" (func $a \"f\"))))))",
      "(core module $m) (core instance $a (instantiate $m)) (alias core export $a \"f\" (core func $f))"
      " (core instance $b (export \"f\" (func $f))) (core instance (instantiate $m (with \"x\" (instance $b))))");
}

TEST(ComponentText, Instances) {
  same(
      "(component $c) (instance $a (instantiate $c)) (instance (instantiate (component $c) (with \"x\" (instance "
      "(export \"y\" (instance $a))))))",
      "(component $c) (instance $a (instantiate $c)) (instance $b (export \"y\" (instance $a)))"
      " (instance (instantiate $c (with \"x\" (instance $b))))");
}

TEST(ComponentText, CoreTypes) {
  EXPECT_EQ(sections("(core type (func (param i32) (result i64)))"), "03 06 01 60 01 7f 01 7e");
  // The code of an open subtype is that of a module type: a zero precedes it.
  EXPECT_EQ(sections("(core type (sub (struct)))"), "03 06 01 00 50 00 5f 00");
  EXPECT_EQ(sections("(core rec (type $a (sub (struct (field (ref null $b))))) (type $b (func)))"),
            "03 0d 01 4e 02 50 00 5f 01 63 01 00 60 00 00");
  EXPECT_EQ(sections("(core type (module (type (sub (struct)))))"), "03 08 01 50 01 01 50 00 5f 00");
}

TEST(ComponentText, LiftAndLower) {
  const std::string core =
      "(core module $m) (core instance $i (instantiate $m)) (alias core export $i \"f\" (core func $f))";
  const std::string lifted = core + "(type $t (func (param \"a\" string)))";
  EXPECT_TRUE(
      sections(lifted + "(canon lift (core func $f) string-encoding=utf16 async (callback $f) (func (type $t)))")
          .ends_with("08 0a 01 00 00 00 03 01 06 07 00 00"));
  same(core + "(func $g (export \"g\") (param \"a\" string) (canon lift (core func $f)))",
       lifted + "(canon lift (core func $f) (func $g (type $t))) (export \"g\" (func $g))");
  same(core + "(func (canon lift (core func $i \"f\") (realloc (core func $i \"r\"))))",
       core +
           "(type (func)) (alias core export $i \"f\" (core func $a)) (alias core export $i \"r\" (core func $b))"
           " (canon lift (core func $a) (realloc $b) (func (type 0)))");
}

// Every canonical built-in, in both forms.
TEST(ComponentText, CanonicalBuiltins) {
  const std::string before =
      "(type $t (stream u8)) (core type $s (func (param i32))) (core module $m) (core instance $i (instantiate $m))"
      "(alias core export $i \"m\" (core memory $mem)) (alias core export $i \"t\" (core table $tab))";
  struct Case {
    std::string_view text, bytes;
  };
  for (const Case& c : {
           Case{"resource.new $t", "02 00"},
           {"resource.drop (type $t)", "03 00"},
           {"resource.rep 0", "04 00"},
           {"task.cancel", "05"},
           {"subtask.cancel", "06 00"},
           {"subtask.cancel async", "06 01"},
           {"task.return", "09 01 00 00"},
           {"task.return (result u8) string-encoding=utf8 (memory $mem)", "09 00 7d 02 00 03 00"},
           {"context.get i32 0", "0a 7f 00"},
           {"context.set i64 1", "0b 7e 01"},
           {"thread.yield", "0c 00"},
           {"thread.yield cancellable", "0c 01"},
           {"subtask.drop", "0d"},
           {"stream.new $t", "0e 00"},
           {"stream.read $t async (memory $mem)", "0f 00 02 06 03 00"},
           {"stream.write $t", "10 00 00"},
           {"stream.cancel-read $t", "11 00 00"},
           {"stream.cancel-write $t async", "12 00 01"},
           {"stream.drop-readable $t", "13 00"},
           {"stream.drop-writable $t", "14 00"},
           {"future.new $t", "15 00"},
           {"future.read $t", "16 00 00"},
           {"future.write $t", "17 00 00"},
           {"future.cancel-read $t", "18 00 00"},
           {"future.cancel-write $t", "19 00 00"},
           {"future.drop-readable $t", "1a 00"},
           {"future.drop-writable $t", "1b 00"},
           {"error-context.new", "1c 00"},
           {"error-context.debug-message (memory 0)", "1d 01 03 00"},
           {"error-context.drop", "1e"},
           {"waitable-set.new", "1f"},
           {"waitable-set.wait (memory $mem)", "20 00 00"},
           {"waitable-set.poll cancellable (memory (core memory $mem))", "21 01 00"},
           {"waitable-set.drop", "22"},
           {"waitable.join", "23"},
           {"backpressure.inc", "24"},
           {"backpressure.dec", "25"},
           {"thread.index", "26"},
           {"thread.new-indirect $s (core table $tab)", "27 00 00"},
           {"thread.resume-later", "28"},
           {"thread.suspend", "29 00"},
           {"thread.suspend-then-resume cancellable", "2a 01"},
           {"thread.yield-then-resume", "2b 00"},
           {"thread.suspend-then-promote", "2c 00"},
           {"thread.yield-then-promote", "2d 00"},
           {"thread.spawn-ref shared $s", "40 01 00"},
           {"thread.spawn-indirect (core type $s) $tab", "41 00 00 00"},
           {"thread.available-parallelism", "42 00"},
       }) {
    const std::string expected = fmt::format("08 {:02x} 01 {}", c.bytes.size() / 3 + 2, c.bytes);
    EXPECT_TRUE(sections(before + fmt::format("(canon {} (core func $f))", c.text)).ends_with(expected)) << c.text;
    EXPECT_TRUE(sections(before + fmt::format("(core func $f (canon {}))", c.text)).ends_with(expected)) << c.text;
  }
}

TEST(ComponentText, ImportsAndExports) {
  EXPECT_EQ(sections("(import \"a\" (type (sub resource)))"), "0a 06 01 00 01 61 03 01");
  EXPECT_EQ(sections("(import \"a\" (type $a (sub resource))) (import \"b\" (type (eq $a)))"),
            "0a 0c 02 00 01 61 03 01 00 01 62 03 00 00");
  EXPECT_EQ(sections("(import \"a\" (value u8))"), "0a 07 01 00 01 61 02 01 7d");
  EXPECT_EQ(sections("(type u8) (export \"a\" (type 0) (type (eq 0)))"),
            "07 02 01 7d 0b 0a 01 00 01 61 03 00 01 03 00 00");
  EXPECT_EQ(sections("(import \"a\" (implements \"b:c/d\") (external-id \"\") (instance))"),
            "07 03 01 42 00 0a 10 01 02 01 61 02 00 05 62 3a 63 2f 64 02 00 05 00");
  EXPECT_EQ(sections("(instance $i) (export \"a\" (versionsuffix \"1\") (instance $i))"),
            "05 03 01 01 00 0b 0b 01 02 01 61 01 01 01 31 05 00 00");
  // Exports have indices.
  same("(instance $i) (export $j \"a\" (instance $i)) (export \"b\" (instance $j))",
       "(instance) (export \"a\" (instance 0)) (export \"b\" (instance 1))");
}

TEST(ComponentText, Start) {
  EXPECT_TRUE(sections("(import \"f\" (func $f (param \"a\" u8) (result u8))) (import \"v\" (value $v u8))"
                       "(start $f (value $v) (result (value $w))) (export \"w\" (value $w))")
                  .ends_with("09 04 00 01 00 01 0b 07 01 00 01 77 02 01 00"));
}

TEST(ComponentText, SectionsHoldWhatIsTogether) {
  EXPECT_EQ(sections("(type u8) (type u8) (instance) (type u8)"), "07 03 02 7d 7d 05 03 01 01 00 07 02 01 7d");
  EXPECT_EQ(sections("(type u8) (@custom \"c\" \"x\" \"y\") (type u8)"), "07 02 01 7d 00 04 01 63 78 79 07 02 01 7d");
}

TEST(ComponentText, Names) {
  EXPECT_EQ(sections("(type $a u8) (type u8) (type $b (@name \"B b\") u8) (instance $i)", true),
            "07 04 03 7d 7d 7d 05 03 01 01 00 "
            "00 22 0e 63 6f 6d 70 6f 6e 65 6e 74 2d 6e 61 6d 65 "  // component-name
            "01 0a 03 02 00 01 61 02 03 42 20 62 "
            "01 05 05 01 00 01 69");
  const std::vector<uint8_t> named = must_decode("(component $c (core func $f (canon task.cancel)))", true);
  EXPECT_TRUE(
      hex(named).ends_with("00 1b 0e 63 6f 6d 70 6f 6e 65 6e 74 2d 6e 61 6d 65 00 02 01 63 01 06 00 00 01 00 01 66"));
}

TEST(ComponentText, IdentifiersOfSortsAndScopes) {
  // The same identifier for different sorts, and in a nested scope for another definition of the sort.
  same("(type $x u8) (instance $x) (component $x (type $x string) (type (list $x)))",
       "(type u8) (instance) (component (type string) (type (list 0)))");
}

TEST(ComponentText, LooksLikeComponentText) {
  EXPECT_TRUE(looks_like_component_text(" ;; a comment\n (component)"));
  EXPECT_FALSE(looks_like_component_text("(module)"));
  EXPECT_FALSE(looks_like_component_text("(components)"));
  EXPECT_FALSE(looks_like_component_text(""));
}

}  // namespace
}  // namespace ermine::component
