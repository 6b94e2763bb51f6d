// Reading scripts. tests/spec tests running them.
#include "text/wast/script.h"

#include <gtest/gtest.h>

namespace ermine::text {
namespace {

std::vector<Directive> read(std::string_view text) {
  static std::string kept;
  kept = text;
  Source source{kept, "s.wast"};
  ScriptReader reader(source);
  std::vector<Directive> out;
  while (auto directive = reader.next()) out.push_back(std::move(*directive));
  if (Error error = reader.take_error()) ADD_FAILURE() << error.message();
  return out;
}

std::string error(std::string_view text) {
  Source source{text, ""};
  ScriptReader reader(source);
  while (reader.next()) {}
  Error error = reader.take_error();
  return error ? error.message() : "";
}

TEST(Script, Modules) {
  auto d = read(
      "(module $a (func))\n(module quote \"(func\" \")\")\n(module $b binary \"\\00asm\" \"x\")\n"
      "(module definition $c)\n(module instance $i $c)\n(module instance)\n(register \"r\" $i)");
  ASSERT_EQ(d.size(), 7u);
  EXPECT_EQ(d[0].kind, DirectiveKind::kModule);
  EXPECT_EQ(d[0].module->id, "a");
  EXPECT_EQ(std::string_view(d[0].module->begin, d[0].module->end), "(func)");
  EXPECT_EQ(d[1].module->form, ModuleForm::kQuote);
  EXPECT_EQ(d[1].module->contents, "(func ) ");
  EXPECT_EQ(d[2].module->form, ModuleForm::kBinary);
  EXPECT_EQ(d[2].module->contents, std::string_view("\0asmx", 5));
  EXPECT_EQ(d[2].line, 3u);
  EXPECT_EQ(d[3].kind, DirectiveKind::kModuleDefinition);
  EXPECT_EQ(d[4].kind, DirectiveKind::kModuleInstance);
  EXPECT_EQ(d[4].id, "i");
  EXPECT_EQ(d[4].name, "c");
  EXPECT_EQ(d[6].name, "r");
  EXPECT_EQ(d[6].id, "i");
}

TEST(Script, ABareModule) {
  auto d = read("(func) (memory 1)");
  ASSERT_EQ(d.size(), 1u);
  EXPECT_EQ(std::string_view(d[0].module->begin, d[0].module->end), "(func) (memory 1)");
}

TEST(Script, ActionsAndValues) {
  auto d = read(
      "(invoke $m \"f\" (i32.const -1) (i64.const 2) (f32.const nan:0x1) (f64.const 1.5) (v128.const i16x8 1 2 3 4 5 6 "
      "7 8)"
      " (ref.null func) (ref.extern 3) (ref.host 4))\n(get \"g\")");
  ASSERT_EQ(d.size(), 2u);
  const ScriptAction& a = *d[0].action;
  EXPECT_EQ(a.module, "m");
  EXPECT_EQ(a.name, "f");
  std::string shown;
  for (const ScriptValue& v : a.arguments) shown += v.to_string() + " ";
  EXPECT_EQ(shown,
            "i32:-1 i64:2 f32:nan:0x1 f64:1.5 v128:i16x8(1 2 3 4 5 6 7 8) ref.null func ref.extern 3 ref.host 4 ");
  EXPECT_EQ(d[1].action->kind, ScriptAction::kGet);
}

TEST(Script, Assertions) {
  auto d = read(
      "(assert_return (invoke \"f\") (f32.const nan:canonical) (f64.const nan:arithmetic)"
      " (v128.const f32x4 1 nan:canonical 3 nan:arithmetic) (ref.null) (ref.extern) (ref.i31)"
      " (either (i32.const 1) (i32.const 2)))\n"
      "(assert_trap (invoke \"f\") \"unreachable\")\n(assert_trap (module) \"t\")\n(assert_exhaustion (invoke \"f\") "
      "\"e\")\n"
      "(assert_exception (invoke \"f\"))\n(assert_suspension (invoke \"f\") \"u\")\n(assert_invalid (module definition "
      "(func)) \"i\")\n"
      "(assert_malformed (module quote \"(\") \"m\")\n(assert_unlinkable (module) \"l\")\n"
      "(assert_malformed_custom (module) \"c\")\n(assert_invalid_custom (module) \"c\")");
  ASSERT_EQ(d.size(), 11u);
  std::string shown;
  for (const ScriptValue& v : d[0].results) shown += v.to_string() + " ";
  EXPECT_EQ(
      shown,
      "f32:nan:canonical f64:nan:arithmetic v128:f32x4(1 nan:canonical 3 nan:arithmetic) ref.null ref.extern ref.i31 "
      "i32:1 or i32:2 ");
  for (size_t i = 1; i < d.size(); ++i) {
    EXPECT_EQ(d[i].kind, static_cast<DirectiveKind>(i < 3 ? static_cast<size_t>(DirectiveKind::kAssertTrap)
                                                          : static_cast<size_t>(d[i].kind)));
    EXPECT_EQ(d[i].line, i + 1);
  }
  EXPECT_TRUE(d[2].module.has_value());
}

TEST(Script, Threads) {
  auto d = read(
      "(thread $t (shared (module $m)) (shared (module $n)) (register \"m\" $m) (assert_return (invoke \"f\")))\n(wait "
      "$t)");
  ASSERT_EQ(d.size(), 2u);
  EXPECT_EQ(d[0].shared, (std::vector<std::string>{"m", "n"}));
  ASSERT_EQ(d[0].body.size(), 2u);
  EXPECT_EQ(d[0].body[1].kind, DirectiveKind::kAssertReturn);
  EXPECT_EQ(d[1].id, "t");
}

TEST(Script, Errors) {
  EXPECT_NE(error("(module").find("module"), std::string::npos);
  EXPECT_NE(error("(nonsense)").find("unknown directive"), std::string::npos);
  EXPECT_NE(error("(invoke f)").find("string"), std::string::npos);
  EXPECT_NE(error("(invoke \"f\" (i32.const nan))").find("i32"), std::string::npos);
  EXPECT_NE(error("(invoke \"f\" (f32.const nan:canonical))").find("f32"), std::string::npos);
  EXPECT_NE(error("(assert_return (invoke \"f\") (v128.const i32x4 1 2 3))").find("i32"), std::string::npos);
  EXPECT_NE(error("(assert_trap (invoke \"f\"))").find("string"), std::string::npos);
  EXPECT_NE(error("(; ").find("unclosed comment"), std::string::npos);
  EXPECT_EQ(error("(invoke \"f\")\n(oops)").substr(0, 4), "2:1:");
}

TEST(Script, Components) {
  auto d = read(
      "(component $a (type u8))\n(component definition $b)\n(component instance $i $b)\n"
      "(component quote \"(type\" \" u8)\")\n(component $c binary \"\\00asm\")\n"
      "(assert_invalid (component definition (type 0)) \"x\")\n(assert_trap (component $d) \"y\")\n(module)");
  ASSERT_EQ(d.size(), 8u);
  EXPECT_EQ(d[0].kind, DirectiveKind::kModule);
  EXPECT_TRUE(d[0].is_component && d[0].module->is_component);
  EXPECT_EQ(d[0].module->id, "a");
  EXPECT_EQ(std::string_view(d[0].module->begin, d[0].module->end), "(type u8)");
  EXPECT_EQ(d[1].kind, DirectiveKind::kModuleDefinition);
  EXPECT_EQ(d[1].module->id, "b");
  EXPECT_EQ(d[2].kind, DirectiveKind::kModuleInstance);
  EXPECT_TRUE(d[2].is_component);
  EXPECT_EQ(d[2].id, "i");
  EXPECT_EQ(d[2].name, "b");
  EXPECT_EQ(d[3].module->contents, "(type  u8) ");
  EXPECT_EQ(d[4].module->form, ModuleForm::kBinary);
  EXPECT_EQ(d[5].kind, DirectiveKind::kAssertInvalid);
  EXPECT_TRUE(d[5].module->is_component);
  EXPECT_EQ(d[6].kind, DirectiveKind::kAssertTrap);
  EXPECT_TRUE(d[6].module->is_component);
  EXPECT_FALSE(d[7].is_component || d[7].module->is_component);
  EXPECT_NE(error("(assert_invalid (compound) \"x\")").find("expected (module ...) or (component ...)"),
            std::string::npos);
}

std::string argument(std::string_view constant) {
  auto d = read("(invoke \"f\" " + std::string(constant) + ")");
  return d.size() == 1 && d[0].action->arguments.size() == 1 ? d[0].action->arguments[0].to_string() : "";
}

TEST(Script, ValuesOfComponents) {
  EXPECT_EQ(argument("(bool.const true)"), "bool:true");
  EXPECT_EQ(argument("(u8.const 255)"), "u8:255");
  EXPECT_EQ(argument("(s8.const -128)"), "s8:-128");
  EXPECT_EQ(argument("(u16.const 0xFFFF)"), "u16:65535");
  EXPECT_EQ(argument("(s64.const -9223372036854775808)"), "s64:-9223372036854775808");
  EXPECT_EQ(argument("(u64.const 18446744073709551615)"), "u64:18446744073709551615");
  EXPECT_EQ(argument("(char.const \"\\u{2603}\")"), "char:U+2603");
  EXPECT_EQ(argument("(char.const \"a\")"), "char:U+0061");
  EXPECT_EQ(argument("(str.const \"a b\")"), "string:\"a b\"");
  EXPECT_EQ(argument("(list.const (u8.const 1) (u8.const 2))"), "list(u8:1 u8:2)");
  EXPECT_EQ(argument("(list.const)"), "list()");
  EXPECT_EQ(argument("(tuple.const (f32.const 1.5) (f64.const -inf))"), "tuple(f32:1.5 f64:-inf)");
  // The value of a field has no parentheses.
  EXPECT_EQ(argument("(record.const (field \"a\" u8.const 1) (field \"b\" list.const (f32.const 2)))"),
            "record(a=u8:1 b=list(f32:2))");
  EXPECT_EQ(argument("(record.const (field \"a\" f32.const 1))"), "record(a=f32:1)");
  EXPECT_EQ(argument("(variant.const \"a\")"), "variant:a");
  EXPECT_EQ(argument("(variant.const \"a\" (u8.const 1))"), "variant:a(u8:1)");
  EXPECT_EQ(argument("(enum.const \"a\")"), "enum:a");
  EXPECT_EQ(argument("(option.none)"), "none");
  EXPECT_EQ(argument("(option.some (option.none))"), "some(none)");
  EXPECT_EQ(argument("(result.ok)"), "ok()");
  EXPECT_EQ(argument("(result.err (str.const \"x\"))"), "err(string:\"x\")");
  EXPECT_EQ(argument("(flags.const \"a\" \"b\")"), "flags(a b)");
  auto d = read("(assert_return (invoke $i \"f\") (list.const (u32.const 1)))");
  EXPECT_EQ(d[0].results[0].to_string(), "list(u32:1)");
}

TEST(Script, MalformedValuesOfComponents) {
  for (std::string_view constant :
       {"(bool.const 1)", "(u8.const 256)", "(u8.const -1)", "(u8.const +1)", "(s8.const 128)", "(s8.const -129)",
        "(u64.const 18446744073709551616)", "(char.const \"\")", "(char.const \"ab\")", "(char.const \"\\ff\")",
        "(option.some)", "(option.none (u8.const 1))", "(record.const (field u8.const 1))", "(flags.const a)",
        "(thing.const 1)"})
    EXPECT_NE(error("(invoke \"f\" " + std::string(constant) + ")"), "") << constant;
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "(option.some ";
  EXPECT_NE(error("(invoke \"f\" " + deep).find("nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace ermine::text
