// Errors in the text of components: the message, and the place that it names.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "component/text/text.h"

namespace ermine::component {
namespace {

struct Refusal {
  std::string message;
  ErrorKind kind = ErrorKind::kMalformed;
};

Refusal refused(std::string_view source) {
  const auto result = parse_text(source, {.file_name = "c.wat"});
  if (result) {
    ADD_FAILURE() << "accepted: " << source.substr(0, 100);
    return {};
  }
  return {result.error().message(), result.error().kind()};
}

TEST(ComponentTextError, ShowsThePlace) {
  EXPECT_EQ(refused("(component\n  (type (list $x)))").message,
            "c.wat:2:15: unknown type $x\n  2 |   (type (list $x)))\n    |               ^~");
  // Errors of core modules as well.
  EXPECT_EQ(
      refused("(component\n  (core module (func (call $f))))").message,
      "c.wat:2:28: unknown function $f\n  2 |   (core module (func (call $f))))\n    |                            ^~");
}

TEST(ComponentTextError, Messages) {
  struct Case {
    std::string_view definitions, message;
  };
  for (const Case& c : {
           Case{"(typ u8)", "unexpected token \"(typ\", expected a definition of a component"},
           {"(module)", "unexpected token \"(module\", expected a definition of a component"},
           {"(core thing)", "unexpected token \"thing\""},
           {"(type $t u8) (type $t u8)", "duplicate type identifier $t"},
           {"(type $t u8) (component (type (list $t)) (type $t u8))", "duplicate type identifier $t"},
           {"(core type $t (func)) (core type $t (func))", "duplicate type $t"},
           {"(type i32)", "unexpected token \"i32\", expected a value type"},
           {"(type (list float32))", "unexpected token \"float32\", expected a value type"},
           {"(type (record (field u8)))", "unexpected token \"u8\", expected a string"},
           {"(import \"a\" (external-id \"x\") (external-id \"y\") (func))", "unexpected token \"(external-id\""},
           {"(import \"a\" (memory 1))", "unexpected token \"(memory\""},
           {"(import \"a\" (core func))", "expected (func ...)"},
           {"(import \"a\" (type u8))", "unexpected token \"u8\", expected (eq ...) or (sub resource)"},
           {"(export \"a\" (func $f))", "unknown function $f"},
           {"(import \"f\" (func $f)) (component (export \"a\" (func $f)))",
            "outer item `f` is not a module, type, or component"},
           {"(alias outer $x $t (type))", "unknown outer component $x"},
           {"(component (alias outer 2 $t (type)))", "outer count of 2 is too large"},
           {"(component (alias outer 1 $t (type)))", "unknown type $t"},
           {"(alias outer 0 0 (func))", "an outer function cannot be aliased"},
           {"(alias export 0 \"m\" (core memory))", "a memory is not an export of an instance"},
           {"(alias core export 0 \"m\" (func))", "a function is not an export of a core instance"},
           {"(core instance (export \"f\" (func 0 \"a\" \"b\")))", "core instances do not export instances"},
           {"(canon lift (core func 0) string-encoding=utf7 (func))", "unexpected token \"string-encoding=utf7\""},
           {"(canon unknown (core func))",
            "unexpected token \"unknown\", expected lift, lower or a canonical built-in"},
           {"(core func (canon lift (core func 0)))", "unexpected token \"lift\""},
           {"(func (param \"a\" u8))", "expected (canon lift ...)"},
           {"(start 0", "the text ends here"},
           {"(core module (func)", "the text ends here"},
           {"(core module (func", "the text ends here, expected \")\" after the module"},
           {"(component", "the text ends here"},
           {"(component binary \"\")", "unexpected token \"binary\""},
           {"(type u8) (@name \"x\")", "misplaced @name annotation"},
           {"(@custom \"a\" (before first) \"x\")", "@custom annotation: unexpected token"},
           {"(type (instance (import \"a\" (func))))", "expected a declaration of an instance type"},
           {"(core type (module (alias outer 0 0 (core type))))",
            "the type of a module has outer aliases of types only"},
           {"(core type (module (alias export 0 \"a\" (func))))", "unexpected token \"export\", expected outer"},
           {"(type (list u8 -1))", "unexpected token \"-1\""},
           {"(type (list u8 4294967296))", "i32 constant out of range"},
       }) {
    const Refusal refusal = refused(fmt::format("(component {})", c.definitions));
    EXPECT_NE(refusal.message.find(c.message), std::string::npos) << c.definitions << "\n" << refusal.message;
    EXPECT_EQ(refusal.kind, ErrorKind::kMalformed) << c.definitions;
  }
}

TEST(ComponentTextError, TheWholeText) {
  EXPECT_NE(refused("").message.find("expected (component ...)"), std::string::npos);
  EXPECT_NE(refused("(module)").message.find("expected (component ...)"), std::string::npos);
  EXPECT_NE(refused("(component) (component)").message.find("expected the end of the component"), std::string::npos);
  EXPECT_NE(refused("(component \xFF)").message.find("malformed UTF-8"), std::string::npos);
}

TEST(ComponentTextError, DefinitionsOfValuesAreNotSupported) {
  EXPECT_EQ(refused("(component (value $v u8 3))").kind, ErrorKind::kUnsupported);
}

// Errors of the validator, here given by their offset, are shown in the text.
TEST(ComponentTextError, ErrorsAboutTheBytesAreShownInTheText) {
  constexpr std::string_view kSource =
      "(component\n (type u8)\n (type string)\n (component\n  (type bool)\n  (instance)\n  (type char))\n (type f32))";
  const auto bytes = parse_text(kSource);
  ASSERT_TRUE(bytes.has_value());
  const auto place = [&](uint8_t byte) {
    const auto at = static_cast<uint64_t>(std::ranges::find(*bytes, byte) - bytes->begin());
    const std::string message = in_text(kSource, {}, *bytes, Error(ErrorKind::kInvalid, "wrong", at)).message();
    return message.substr(0, message.find(':'));
  };
  EXPECT_EQ(place(0x7D), "2");  // u8
  EXPECT_EQ(place(0x7F), "5");  // bool
  EXPECT_EQ(place(0x74), "7");  // char
  EXPECT_EQ(place(0x76), "8");  // f32
  EXPECT_EQ(in_text(kSource, {}, *bytes, Error(ErrorKind::kInvalid, "wrong", 3)).message(), "wrong");
  EXPECT_EQ(in_text("(component)", {}, *bytes, Error(ErrorKind::kInvalid, "wrong", 12)).message(), "wrong");
}

std::string nested(std::string_view open, std::string_view inner, std::string_view close, int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += open;
  out += inner;
  for (int i = 0; i < depth; ++i) out += close;
  return out;
}

TEST(ComponentTextError, NestingIsLimited) {
  EXPECT_TRUE(parse_text(nested("(component ", "", ")", 100)).has_value());
  EXPECT_EQ(refused(nested("(component ", "", ")", 101)).kind, ErrorKind::kLimit);
  EXPECT_TRUE(parse_text("(component (type " + nested("(list ", "u8", ")", 100) + "))").has_value());
  EXPECT_EQ(refused("(component (type " + nested("(list ", "u8", ")", 101) + "))").kind, ErrorKind::kLimit);
  EXPECT_EQ(refused("(component (type " + nested("(component (type ", "u8", "))", 100000) + "))").kind,
            ErrorKind::kLimit);
  EXPECT_EQ(refused("(component (import \"a\" " + nested("(instance (export \"b\" ", "(func)", "))", 200)).kind,
            ErrorKind::kLimit);
}

}  // namespace
}  // namespace ermine::component
