// WAVE text: values of all types are read, printed and read again; other text is refused.
#include "component/wave/wave.h"

#include <gtest/gtest.h>

#include "component/validation/validator.h"
#include "component/value/resolved_types.h"
#include "component/wave/wit_types.h"
#include "component/wit/encode.h"
#include "component/wit/resolver.h"

namespace ermine::component::wave {
namespace {

constexpr const char* kTypes = R"(package a:b;
interface i {
  record point { x: s8, y: option<u8> }
  record optional { a: option<u8>, %true: option<bool> }
  variant v { none, %ok(u8), some-other(point), empty }
  enum e { red, %err, GREEN-one }
  flags f { read, write, %nan }
  resource r;
)";

class Wave : public ::testing::Test {
 protected:
  // The type that WIT writes so.
  ValueTypeRef type(const std::string& wit) {
    wit::Resolve resolve;
    auto package = wit::add_packages(resolve, {{"a.wit", kTypes + ("  test: func() -> " + wit) + ";\n}"}});
    EXPECT_TRUE(package) << (package ? "" : package.error().message());
    if (!package) return nullptr;
    WitTypes types(resolve);
    auto function = types.function(*resolve.interfaces[0].functions.find("test"));
    EXPECT_TRUE(function) << (function ? "" : function.error().message());
    return function ? function->result : nullptr;
  }
  // What the text prints as, and that what is printed is the same value; or the first line of the error.
  std::string read(const std::string& wit, std::string_view text) {
    const ValueTypeRef t = type(wit);
    auto value = parse(text, *t);
    if (!value) return value.error().message().substr(0, value.error().message().find('\n'));
    auto printed = print(*value);
    EXPECT_TRUE(printed);
    auto again = parse(*printed, *t);
    EXPECT_TRUE(again && *again == *value) << *printed << (again ? "" : again.error().message());
    return *printed;
  }
};

TEST_F(Wave, Values) {
  const struct {
    const char *type, *text, *printed;
  } cases[] = {
      {"bool", " true ", "true"},
      {"bool", "// no\nfalse", "false"},
      {"s8", "-128", "-128"},
      {"u8", "255", "255"},
      {"s16", "-32768", "-32768"},
      {"u16", "65535", "65535"},
      {"s32", "-2147483648", "-2147483648"},
      {"u32", "4294967295", "4294967295"},
      {"s64", "-9223372036854775808", "-9223372036854775808"},
      {"u64", "18446744073709551615", "18446744073709551615"},
      {"f32", "1.5", "1.5"},
      {"f32", "3.4028234664e39", "inf"},
      {"f32", "1e-60", "0"},
      {"f64", "-1e999", "-inf"},
      {"f64", "0.000001e-999", "0"},
      {"f64", "-1e-999", "-0"},
      {"f64", "10000000000000000000000", "1e+22"},
      {"f64", "nan", "nan"},
      {"f64", "-inf", "-inf"},
      {"f64", "0.1", "0.1"},
      {"char", "'x'", "'x'"},
      {"char", "'\"'", "'\\\"'"},
      {"char", "'\\u{1F30A}'", "'\xF0\x9F\x8C\x8A'"},
      {"char", "'\\''", "'\\''"},
      {"string", "\"a'\\n\\u{0}\"", "\"a\\'\\n\\u{0}\""},
      {"string", "\"\"\"\n  a\n    b\n\n  \"\"\"", "\"a\\n  b\\n\""},
      {"string", "\"\"\"\r\nx\r\n\"\"\"", "\"x\""},
      {"string", "\"\"\"\n\"\"\"", "\"\""},
      {"list<u8>", "[]", "[]"},
      {"list<u8>", "[ 1,2 , 3, ]", "[1, 2, 3]"},
      {"list<u8, 2>", "[1, 2]", "[1, 2]"},
      {"map<string, u8>", "[(\"a\", 1), (\"b\", 2,)]", "[(\"a\", 1), (\"b\", 2)]"},
      {"tuple<u8, string>", "(1, \"a\",)", "(1, \"a\")"},
      {"point", "{y: some(2), x: -1,}", "{x: -1, y: some(2)}"},
      {"point", "{%x: 1}", "{x: 1}"},
      {"optional", "{:}", "{:}"},
      {"optional", "{a: none}", "{:}"},
      {"optional", "{true: true}", "{true: some(true)}"},
      {"v", "%none", "%none"},
      {"v", "%ok(1)", "%ok(1)"},
      {"v", "some-other({x: 1})", "some-other({x: 1})"},
      {"v", "empty", "empty"},
      {"e", "red", "red"},
      {"e", "%err", "%err"},
      {"e", "GREEN-one", "GREEN-one"},
      {"f", "{}", "{}"},
      {"f", "{write, read,}", "{read, write}"},
      {"f", "{nan}", "{nan}"},
      {"option<u8>", "1", "some(1)"},
      {"option<u8>", "none", "none"},
      {"option<e>", "red", "some(red)"},
      {"option<option<u8>>", "some(1)", "some(some(1))"},
      {"option<v>", "none", "none"},
      {"option<v>", "%none", "some(%none)"},
      {"result<u8, string>", "1", "ok(1)"},
      {"result<u8, string>", "err(\"x\")", "err(\"x\")"},
      {"result<_, string>", "ok", "ok"},
      {"result", "err", "err"},
      {"result<option<u8>>", "ok(1)", "ok(some(1))"},
  };
  for (const auto& c : cases) EXPECT_EQ(read(c.type, c.text), c.printed) << c.type << " " << c.text;
}

TEST_F(Wave, Errors) {
  const struct {
    const char *type, *text, *message;
  } cases[] = {
      {"bool", "", "1:1: unexpected the end of the text, expected a value of type bool"},
      {"bool", "1", "1:1: unexpected '1', expected a value of type bool"},
      {"bool", "True", "1:1: 'True' is not a name: each word of a name is either lower-case or upper-case"},
      {"u8", "256", "1:1: 256 is not a value of type u8"},
      {"u8", "-0", "1:1: -0 is not a value of type u8"},
      {"u8", "1.0", "1:1: 1.0 is not a value of type u8"},
      {"u8", "01", "1:1: this is not a number: numbers are written as in JSON, without leading zeros"},
      {"u8", "1 2", "1:3: unexpected '2', expected the end of the text"},
      {"f32", "-nan", "1:1: a minus is followed by a number or by 'inf'"},
      {"f32", "1.", "1:1: this is not a number: numbers are written as in JSON, without leading zeros"},
      {"char", "'ab'", "1:1: between '' is one character"},
      {"char", "''", "1:1: between '' is one character"},
      {"char", "'\\u{d800}'", "1:2: the escapes are"},
      {"string", "\"a", "1:1: this string is not closed by \""},
      {"string", "\"\\z\"", "1:2: the escapes are"},
      {"string", "\"\"\"a\"\"\"", "1:4: \"\"\" is followed by a line break"},
      {"string", "\"\"\"\n a\n  \"\"\"", "2:1: each line of the string begins with"},
      {"string", "\"\xFF\"", "1:2: the text is not UTF-8"},
      {"list<u8>", "[1 2]", "1:4: unexpected '2', expected ',' or ']'"},
      {"list<u8>", "[,]", "1:2: unexpected ',', expected a value of type u8"},
      {"list<u8, 2>", "[1]", "1:1: this list has 1 elements, and list<u8, 2> has 2"},
      {"tuple<u8, u8>", "(1)", "1:3: the tuple has 1 values, expected 2"},
      {"tuple<u8>", "(1, 2)", "1:5: more than 1 values in the tuple"},
      {"point", "{}", "1:1: a record without fields is written {:}"},
      {"point", "{x: 1 y: none}", "1:7: unexpected 'y', expected '}'"},
      {"point", "{y: none}", "1:1: the field 'x' is missing"},
      {"point", "{x: 1, x: 2}", "1:8: the field 'x' is written twice"},
      {"point", "{z: 1}", "1:2: there is no field 'z'"},
      {"f", "{red}", "1:2: there is no flag 'red'; did you mean 'read'?"},
      {"f", "{read, read}", "1:8: the flag 'read' is written twice"},
      {"v", "none", "1:1: unexpected 'none', expected a value of type variant"},
      {"v", "empty(1)", "1:6: 'empty' has no value"},
      {"v", "some-other", "1:1: 'some-other' has a value in parentheses, of type record"},
      {"e", "err", "1:1: unexpected 'err', expected a value of type enum"},
      {"option<option<u8>>", "1", "1:1: unexpected '1', expected a value of type option<option<u8>>"},
      {"option<u8>", "some", "1:1: 'some' has a value in parentheses"},
      {"option<u8>", "none()", "1:5: 'none' has no value"},
      {"result<_, u8>", "1", "1:1: unexpected '1', expected a value of type result<_, u8>"},
      {"result", "ok(1)", "1:3: 'ok' has no value"},
      {"r", "1", "1:1: values of type own have no text"},
  };
  for (const auto& c : cases)
    EXPECT_TRUE(read(c.type, c.text).starts_with(c.message))
        << c.type << " " << c.text << "\n  " << read(c.type, c.text);
}

TEST_F(Wave, Calls) {
  auto name = parse_call_name(" a:b/c.run-it@1.0.0-rc.1 (1)");
  ASSERT_TRUE(name) << name.error().message();
  EXPECT_EQ(name->interface, "a:b/c@1.0.0-rc.1");
  EXPECT_EQ(name->function, "run-it");
  EXPECT_EQ(parse_call_name("run()")->interface, "");
  EXPECT_EQ(parse_call_name("i.run()")->interface, "i");
  for (const char* text : {"", "(1)", "a:b/c()", "a/c.run()", "run@1.0()", "1run()", "a..b()", "\"run\"()"})
    EXPECT_FALSE(parse_call_name(text)) << text;

  FunctionType f;
  f.params = {{"a", type("u8")}, {"b", type("option<u8>")}, {"c", type("option<string>")}};
  auto values = parse_call("run(1)", f);
  ASSERT_TRUE(values) << values.error().message();
  ASSERT_EQ(values->size(), 3u);
  EXPECT_EQ(*print_call("run", *values), "run(1, none, none)");
  EXPECT_EQ(*print_call("run", *parse_call("x.y( 1, 2, \"a\", )", f)), "run(1, some(2), some(\"a\"))");
  EXPECT_TRUE(parse_call("run()", f).error().message().starts_with("1:5: the argument 'a' is missing"));
  EXPECT_TRUE(parse_call("run(1, 2, none, 3)", f).error().message().starts_with("1:17: more than 3 arguments"));
  EXPECT_TRUE(parse_call("run(1) 2", f).error().message().starts_with("1:8: unexpected '2'"));
  EXPECT_TRUE(parse_call("run", f).error().message().starts_with("1:4: unexpected the end of the text, expected '('"));
  EXPECT_TRUE(parse_call("nothing()", FunctionType()));
}

// A short text that would be a large value, and types that nest deep.
TEST_F(Wave, Limits) {
  std::string text = "package a:b; interface i { record wide {";
  for (int i = 0; i < 2000; ++i) text += "f" + std::to_string(i) + "x: option<u8>,";
  text += "}\ntype t0 = list<u8>;";
  for (int i = 1; i < 300; ++i) text += "record t" + std::to_string(i) + " { a: t" + std::to_string(i - 1) + " }";
  text += " f: func() -> list<wide>; g: func() -> t80; h: func() -> t299; }";
  wit::Resolve resolve;
  auto package = wit::add_packages(resolve, {{"a.wit", text}});
  ASSERT_TRUE(package) << package.error().message();
  WitTypes types(resolve);
  const auto function = [&](const char* name) { return types.function(*resolve.interfaces[0].functions.find(name)); };
  std::string value = "[";
  for (int i = 0; i < 1000; ++i) value += "{:},";
  auto result = parse(value + "]", *function("f")->result);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kUnsupported);
  EXPECT_TRUE(function("g"));
  ASSERT_FALSE(function("h"));
  EXPECT_EQ(function("h").error().kind(), ErrorKind::kUnsupported);
  EXPECT_TRUE(function("g")) << "an error leaves the other types known";
}

TEST_F(Wave, HandlesAreNotPrinted) {
  EXPECT_FALSE(print(Value::some(Value::handle(ValueKind::kStream, {}))));
  EXPECT_FALSE(print(Value::string("\xFF")));
  Value deep = Value::none();
  for (int i = 0; i < 1000; ++i) deep = Value::some(std::move(deep));
  EXPECT_FALSE(print(deep));
}

// The types of a component are the same as those of the WIT package that it encodes.
TEST_F(Wave, TypesOfComponents) {
  wit::Resolve resolve;
  auto package = wit::add_packages(resolve, {{"a.wit", std::string(kTypes) + R"(
    test: async func(a: point, b: list<option<v>>, c: list<u8, 2>, d: tuple<e, f>, e: map<string, result<_, optional>>,
                     f: own<r>, g: stream<u8>) -> result<f64, char>;
  })"}});
  ASSERT_TRUE(package) << package.error().message();
  const auto bytes = wit::encode(resolve, *package);
  ASSERT_TRUE(bytes) << bytes.error().message();
  ValidateOptions options;
  options.features = FeatureSet::all();
  const auto component = validate(*bytes, nullptr, options);
  ASSERT_TRUE(component) << component.error().to_string();
  WitTypes wit_types(resolve);
  const auto expected = wit_types.function(*resolve.interfaces[0].functions.find("test"));
  ASSERT_TRUE(expected);
  ResolvedTypes types((*component)->types);
  ASSERT_FALSE((*component)->types.funcs.empty());
  const FunctionType found = types.function("test", (*component)->types.funcs.back());
  EXPECT_TRUE(found.is_async);
  ASSERT_EQ(found.params.size(), expected->params.size());
  const auto same = [](const auto& self, const ValueTypeRef& a, const ValueTypeRef& b) -> bool {
    if (a == nullptr || b == nullptr) return a == b;
    if (a->kind != b->kind || a->length != b->length || a->depth != b->depth || a->parts.size() != b->parts.size())
      return false;
    for (size_t i = 0; i < a->parts.size(); ++i)
      if (a->parts[i].name != b->parts[i].name || !self(self, a->parts[i].type, b->parts[i].type)) return false;
    return self(self, a->first, b->first) && self(self, a->second, b->second);
  };
  for (size_t i = 0; i < found.params.size(); ++i) {
    EXPECT_EQ(found.params[i].name, expected->params[i].name);
    EXPECT_TRUE(same(same, found.params[i].type, expected->params[i].type)) << to_string(*found.params[i].type);
  }
  EXPECT_TRUE(same(same, found.result, expected->result));
}

}  // namespace
}  // namespace ermine::component::wave
