// Printing components: the text, and that it parses back to the same bytes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "component/text/print/print.h"
#include "component/text/text.h"

namespace ermine::component {
namespace {

std::vector<uint8_t> must_parse(std::string_view source, bool names) {
  TextOptions options;
  options.core_features = wasm::FeatureSet::all();
  options.emit_names = names;
  auto result = parse_text(source, options);
  if (!result) ADD_FAILURE() << source << "\n" << result.error().message();
  return result ? *std::move(result) : std::vector<uint8_t>();
}

std::string must_print(std::span<const uint8_t> bytes, const text::PrintOptions& options = {}) {
  auto text = print_text(bytes, options);
  if (!text) ADD_FAILURE() << text.error().message();
  return text ? *std::move(text) : "";
}

// The text of the component; it parses to the same bytes, whether or not the parser writes names.
std::string printed(std::string_view source, bool names = true) {
  const std::vector<uint8_t> bytes = must_parse(source, names);
  const std::string text = must_print(bytes);
  EXPECT_EQ(must_parse(text, true), bytes) << text;
  EXPECT_EQ(must_parse(text, false), bytes) << text;
  EXPECT_EQ(must_print(must_parse(text, true)), text);
  EXPECT_EQ(text.find("@ermine.encoding"), std::string::npos) << text;
  return text;
}

TEST(ComponentPrint, Definitions) {
  EXPECT_EQ(printed("(component)"), "(component)\n");
  EXPECT_EQ(printed("(component $c\n"
                    "  (type $t (record (field \"a\" u8) (field \"b\" (list string))))\n"
                    "  (import \"f\" (external-id \"x\") (func $f (param \"p\" $t)))\n"
                    "  (export $g \"g\" (func $f))\n"
                    "  (instance $i (export \"f\" (func $g)))\n"
                    "  (alias export $i \"f\" (func $h))\n"
                    "  (core func $l (canon lower (func $h) string-encoding=utf16 async)))"),
            "(component $c\n"
            "  (@ermine.names)\n"
            "  (type (;0;) (list string))\n"
            "  (type $t (;1;) (record (field \"a\" u8) (field \"b\" 0)))\n"
            "  (type (;2;) (func (param \"p\" $t)))\n"
            "  (import \"f\" (external-id \"x\") (func $f (;0;) (type 2)))\n"
            "  (export $g (;1;) \"g\" (func $f))\n"
            "  (instance $i (;0;)\n"
            "    (export \"f\" (func $g))\n"
            "  )\n"
            "  (alias export $i \"f\" (func $h (;2;)))\n"
            "  (core func $l (;0;) (canon lower (func $h) string-encoding=utf16 async))\n"
            ")\n");
}

TEST(ComponentPrint, TypesWithDeclarators) {
  EXPECT_EQ(printed("(component (type (component (import \"r\" (type (sub resource))) (type (own 0))"
                    " (export \"i\" (instance (alias outer 1 1 (type)) (export \"t\" (type (eq 0))))))))"),
            "(component\n"
            "  (type (;0;) (component\n"
            "    (import \"r\" (type (;0;) (sub resource)))\n"
            "    (type (;1;) (own 0))\n"
            "    (type (;2;) (instance\n"
            "      (alias outer 1 1 (type (;0;)))\n"
            "      (export \"t\" (type (;1;) (eq 0)))\n"
            "    ))\n"
            "    (export \"i\" (instance (;0;) (type 2)))\n"
            "  ))\n"
            ")\n");
}

TEST(ComponentPrint, CoreModulesAreIndented) {
  EXPECT_EQ(printed("(component (core module $m (memory (export \"f\") 1)) (core instance (instantiate $m)))", false),
            "(component\n"
            "  (core module (;0;)\n"
            "    (memory (;0;) 1)\n"
            "    (export \"f\" (memory 0))\n"
            "  )\n"
            "  (core instance (;0;) (instantiate 0))\n"
            ")\n");
}

// Texts of which each must come back.
TEST(ComponentPrint, RoundTrip) {
  for (std::string_view definitions : {
           "(type (variant (case \"a\") (case \"b\" u8))) (type (enum \"x\")) (type (flags \"y\" \"z\")) (type (tuple "
           "u8 char))"
           " (type (option u8)) (type (result)) (type (result u8 (error string))) (type (result (error u8))) (type "
           "(list u8 7))"
           " (type (map string u8)) (type (stream)) (type (future u8)) (type error-context) (type (func async (result "
           "u8)))",
           "(type $r (resource (rep i32))) (type (own $r)) (type (borrow $r)) (canon resource.new $r (core func $d))"
           " (type (resource (rep i64) (dtor (core func $d))))",
           "(core type $s (sub (struct (field i8) (field (mut (ref null $s)))))) (core rec (type $a (array (ref $b))) "
           "(type $b (func)))"
           " (core type (sub final $s (struct (field i8) (field (mut (ref null $s))))))",
           "(core type $t (func (param i32 f64) (result v128 externref)))"
           " (core type (module (alias outer 1 $t (type $u)) (import \"a\" \"b\" (func (type $u))) (type (struct))"
           " (import \"\" \"t\" (table 1 2 funcref)) (import \"\" \"g\" (global (mut i64))) (export \"m\" (memory i64 "
           "1 2 shared))"
           " (export \"p\" (memory 0 (pagesize 1))) (export \"e\" (tag (param i32)))))",
           "(import \"m\" (core module $m)) (core instance $i (instantiate $m))"
           " (core instance $j (instantiate $m (with \"a\" (instance $i)) (with \"b\" (instance (export \"f\" (func $i "
           "\"f\"))))))"
           " (alias core export $i \"mem\" (core memory $mem)) (alias core export $i \"tab\" (core table $tab))"
           " (core type $ft (func (param i32))) (type $s (stream u8))"
           " (canon stream.read $s async (memory $mem) (core func)) (canon waitable-set.wait cancellable (memory $mem) "
           "(core func))"
           " (canon thread.new-indirect $ft $tab (core func)) (canon task.return (result string) (memory $mem) (core "
           "func))"
           " (canon context.get i32 1 (core func)) (canon subtask.cancel async (core func)) (canon stream.cancel-read "
           "$s async (core func))"
           " (canon thread.spawn-indirect shared $ft $tab (core func)) (canon thread.available-parallelism (core func))"
           " (func $f (param \"a\" u8) (canon lift (core func $i \"f\") (realloc (core func $i \"r\")) (post-return "
           "(core func $i \"p\"))))"
           " (export \"f\" (func $f) (func (param \"a\" u8)))",
           "(component $c (type $t u8) (component $d (import \"x\" (func (param \"a\" $t))))) (instance (instantiate "
           "$c))"
           " (component (import \"c\" (component)) (export \"d\" (component 0)))",
           "(import \"f\" (func $f (param \"a\" u8) (result u8))) (type $b u8) (import \"v\" (value $v u8)) (import "
           "\"w\" (value (type $b)))"
           " (start $f (value $v) (result (value $w))) (export \"x\" (value $w))",
           "(@custom \"a\" \"\\00\\ff\") (type u8) (@custom \"b\") (instance $i (@name \"not an identifier\")) "
           "(@custom \"c\" \"x\")",
           "(type $\"a b\" u8) (type (@name \"\") u8) (instance $same) (instance (@name \"same\")) (component (@name "
           "\"same\"))",
       }) {
    printed(fmt::format("(component {})", definitions));
    printed(fmt::format("(component $named {})", definitions));
    printed(fmt::format("(component {})", definitions), false);
  }
}

// Names that differ from those of the definitions: of modules and components within a component.
TEST(ComponentPrint, OwnNames) {
  printed("(component (core module $m (@ermine.name \"other\") (func $f)))");
  printed("(component (core module $m (@ermine.name)))");
  printed("(component (core module (@ermine.name \"other\")))");
  printed(
      "(component $c (component $m (@ermine.name \"other\") (type $t u8)) (component $n (@ermine.name)) (component "
      "(@ermine.name \"x\")))");
}

std::vector<uint8_t> component(std::initializer_list<uint8_t> sections) {
  std::vector<uint8_t> bytes = {0, 'a', 's', 'm', 0x0D, 0, 1, 0};
  bytes.insert(bytes.end(), sections);
  return bytes;
}

// Encodings that the parser does not choose.
TEST(ComponentPrint, OtherEncodings) {
  for (const std::vector<uint8_t>& bytes : {
           component({7, 2, 1, 0x7D, 7, 2, 1, 0x7D}),               // two sections that the parser makes one
           component({7, 0x82, 0x80, 0, 1, 0x7D}),                  // padded numbers
           component({7, 4, 0x81, 0, 0x7D, 0x7D}).size() > 0 ? component({7, 3, 0x81, 0, 0x7D}) : component({}),
           component({7, 1, 0}),                                    // an empty section
           component({5, 3, 1, 1, 0, 11, 7, 1, 1, 1, 'a', 5, 0, 0}),  // the older code before a name
       }) {
    const std::string text = must_print(bytes);
    EXPECT_NE(text.find("@ermine.encoding"), std::string::npos) << text;
    EXPECT_EQ(must_parse(text, true), bytes) << text;
    text::PrintOptions options;
    options.exact = false;
    EXPECT_EQ(must_print(bytes, options).find("@ermine.encoding"), std::string::npos);
  }
  // A text that was changed keeps its meaning.
  const std::string text = must_print(component({7, 0x82, 0x80, 0, 1, 0x7D}));
  std::string changed = text;
  changed.replace(changed.find("u8"), 2, "list");
  changed.replace(changed.find("list"), 4, "(list u8)");
  EXPECT_EQ(must_parse(changed, false), component({7, 3, 1, 0x70, 0x7D}));
}

TEST(ComponentPrint, Errors) {
  // A core module that is none, a value, and more results of a start function than memory could hold.
  for (const std::vector<uint8_t>& bytes :
       {component({1, 8, 0, 'a', 's', 'm', 1, 0, 0, 1}), component({12, 4, 1, 0x7D, 1, 5}),
        component({9, 7, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}), std::vector<uint8_t>{}}) {
    const auto text = print_text(bytes);
    EXPECT_FALSE(text.has_value());
    if (!text) EXPECT_FALSE(text.error().message().empty());
  }
}

TEST(ComponentPrint, Options) {
  const std::vector<uint8_t> bytes =
      must_parse("(component $c (type $t u8) (core module $m (func $f (drop (i32.const 0)))))", true);
  text::PrintOptions options;
  options.names = false;
  options.folded = true;
  const std::string text = must_print(bytes, options);
  EXPECT_EQ(text.find('$'), std::string::npos) << text;
  EXPECT_NE(text.find("(drop\n        (i32.const 0))"), std::string::npos) << text;
  EXPECT_EQ(must_parse(text, true), bytes) << text;
}

}  // namespace
}  // namespace ermine::component
