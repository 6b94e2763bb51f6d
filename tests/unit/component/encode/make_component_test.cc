// Components from modules, and hostile metadata.
#include "component/encode/make_component.h"

#include <gtest/gtest.h>

#include "../wit/wit.h"
#include "component/encode/embed.h"
#include "component/encode/metadata.h"
#include "component/text/print/print.h"
#include "component/validation/validator.h"
#include "text/text.h"

namespace ermine::component {
namespace {

std::vector<uint8_t> binary(std::string_view text) {
  auto bytes = text::parse(text, {.features = wasm::FeatureSet::all()});
  EXPECT_TRUE(bytes) << bytes.error().message();
  return *std::move(bytes);
}

std::vector<uint8_t> with_world(std::string_view module, const std::string& wit,
                                StringEncoding encoding = StringEncoding::kUtf8) {
  const wit::Loaded loaded("package t:t;\n" + wit);
  EXPECT_EQ(loaded.error, "");
  auto bytes =
      embed_world(binary(module), loaded.resolve, loaded.resolve[loaded.package].worlds.begin()->value, encoding, {});
  EXPECT_TRUE(bytes) << bytes.error().message();
  return *std::move(bytes);
}

// The component as text, or the error.
std::string made(std::span<const uint8_t> module, const MakeOptions& options = {}) {
  auto bytes = make_component(module, {}, options);
  if (!bytes) return "error: " + bytes.error().message();
  auto text = print_text(*bytes, {});
  return text ? *std::move(text) : "error: " + text.error().message();
}
size_t count(const std::string& text, std::string_view part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++found;
  return found;
}

constexpr std::string_view kEmpty = "(module)";

TEST(MakeComponent, NothingToDo) {
  const std::string text = made(binary(kEmpty));
  EXPECT_EQ(count(text, "core module"), 1u) << text;
  EXPECT_EQ(count(made(with_world(kEmpty, "world w { import a: func(); }")), "import"), 0u);
}

TEST(MakeComponent, EncodingIsThatOfTheMetadata) {
  const std::string_view module =
      "(module (import \"$root\" \"f\" (func (param i32 i32))) (memory (export \"memory\") 1))";
  const std::string world = "world w { import f: func(a: string); }";
  EXPECT_EQ(count(made(with_world(module, world)), "string-encoding=utf8"), 1u);
  EXPECT_EQ(count(made(with_world(module, world, StringEncoding::kUtf16)), "string-encoding=utf16"), 1u);
  EXPECT_EQ(count(made(with_world(module, world, StringEncoding::kLatin1Utf16)), "string-encoding=latin1+utf16"), 1u);
}

TEST(MakeComponent, FunctionsWithoutMemoryNeedNoShim) {
  const std::string text =
      made(with_world("(module (import \"$root\" \"f\" (func (param i32))))", "world w { import f: func(a: u32); }"));
  EXPECT_EQ(count(text, "core module"), 1u) << text;
}

TEST(MakeComponent, AnImportedMemoryIsMadeFirst) {
  const std::string text =
      made(with_world("(module (import \"env\" \"memory\" (memory 2)) (import \"$root\" \"f\" (func (param i32 i32))))",
                      "world w { import f: func(a: string); }"));
  EXPECT_EQ(count(text, "core module"), 2u) << text;
  EXPECT_EQ(count(text, "call_indirect"), 0u) << text;
}

TEST(MakeComponent, TheSameImportTwice) {
  const std::string text = made(with_world("(module (import \"$root\" \"f\" (func)) (import \"$root\" \"f\" (func)))",
                                           "world w { import f: func(); }"));
  EXPECT_EQ(count(text, "(canon lower"), 2u) << text;
}

TEST(MakeComponent, CompatibleVersionsOfAnInterface) {
  wit::Resolve resolve;
  auto package = wit::add_packages(resolve, {{"w.wit", "package t:t; world w { import a:b/i@0.2.5; }"}},
                                   {{{"a.wit", "package a:b@0.2.5; interface i { f: func(); }"}}});
  ASSERT_TRUE(package);
  const auto world = *resolve[*package].worlds.find("w");
  const auto module = [&](std::string_view version) {
    return embed_world(binary("(module (import \"a:b/i@" + std::string(version) + "\" \"f\" (func)))"), resolve, world,
                       StringEncoding::kUtf8, {});
  };
  EXPECT_EQ(count(made(*module("0.2.1")), "import \"a:b/i@0.2.5\""), 1u);
  EXPECT_EQ(count(made(*module("0.3.0")), "error: import 'f' of 'a:b/i@0.3.0': the world imports no interface"), 1u);
}

TEST(MakeComponent, Asynchronous) {
  const std::string text = made(with_world(
      R"((module
        (import "$root" "[async-lower]f" (func (param i32 i32) (result i32)))
        (import "$root" "[waitable-set-new]" (func (result i32)))
        (import "$root" "[waitable-set-wait]" (func (param i32 i32) (result i32)))
        (import "$root" "[stream-read-0]g" (func (param i32 i32 i32) (result i32)))
        (import "[export]$root" "[task-return]run" (func (param i32)))
        (memory (export "memory") 1)
        (func (export "[async-lift]run") (result i32) (i32.const 0))
        (func (export "[callback][async-lift]run") (param i32 i32 i32) (result i32) (i32.const 0))))",
      "world w { import f: async func(a: u32) -> u32; import g: func() -> stream<u8>; export run: async func() -> u32; "
      "}"));
  EXPECT_EQ(count(text, "canon lower (func $f) async"), 0u);
  for (const std::string_view part :
       {"stream.read", "waitable-set.wait", "waitable-set.new", "task.return", "async (callback"})
    EXPECT_EQ(count(text, part), 1u) << part << "\n" << text;
}

// Built-ins of an exported interface have its types before it is exported, also those that it uses of another one.
TEST(MakeComponent, BuiltinsWithTypesOfExports) {
  const std::string text = made(with_world(
      R"((module
        (import "[export]t:t/b" "[task-return]f" (func (param i32)))
        (import "[export]t:t/b" "[stream-new-0]f" (func (result i64)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "t:t/a#[dtor]r") (param i32))
        (func (export "[async-lift]t:t/b#f") (param i32 i32) (result i32) (i32.const 0))
        (func (export "[callback][async-lift]t:t/b#f") (param i32 i32 i32) (result i32) (i32.const 0))))",
      "interface a { resource r; record p { x: string } }\n"
      "interface b { use a.{r, p}; f: async func(p: p) -> stream<own<r>>; }\n"
      "world w { export a; export b; }"));
  EXPECT_EQ(count(text, "task.return"), 1u) << text;
  EXPECT_EQ(count(text, "stream.new"), 1u) << text;
}

// A chain of names of types: no recursion.
TEST(MakeComponent, LongChainsOfAliases) {
  std::string wit = "interface i { type t0 = u32;\n";
  for (int i = 1; i < 10'000; ++i) wit += "type t" + std::to_string(i) + " = t" + std::to_string(i - 1) + ";\n";
  wit += "f: func(a: t9999); }\nworld w { export i; }";
  const std::string text = made(with_world("(module (func (export \"t:t/i#f\") (param i32)))", wit));
  EXPECT_EQ(count(text, "canon lift"), 1u) << text.substr(0, 300);
}

TEST(MakeComponent, ErrorsNameTheItem) {
  const auto error = [](std::string_view module, const std::string& world) { return made(with_world(module, world)); };
  EXPECT_EQ(
      error("(module (import \"$root\" \"prnt\" (func)))", "world w { import f: func(); import print: func(); }"),
      "error: import 'prnt' of '$root': the world imports no function of this name outside of interfaces; did you mean "
      "'print'?");
  EXPECT_EQ(
      error("(module (import \"$root\" \"[stream-read-3]f\" (func (param i32 i32 i32) (result i32))))",
            "world w { import f: func() -> stream<u8>; }"),
      "error: import '[stream-read-3]f' of '$root': the function 'f' has 1 streams and futures in its type; they are "
      "counted from 0");
  EXPECT_EQ(error("(module (import \"$root\" \"[future-new-0]f\" (func (result i64))))",
                  "world w { import f: func() -> stream<u8>; }"),
            "error: import '[future-new-0]f' of '$root': number 0 in the type of 'f' is not a future");
  EXPECT_EQ(error("(module (func (export \"[async-lift]f\") (result i32) (i32.const 0)))",
                  "world w { export f: async func(); }"),
            "error: the module does not export '[callback][async-lift]f', the callback of 'f'");
  EXPECT_EQ(error("(module (import \"$root\" \"[resource-drop]r\" (func (param i64))))", "world w { resource r; }"),
            "error: import '[resource-drop]r' of '$root': the function has the type (i64) -> (), but resource.drop has "
            "(i32) -> ()");
}

// Every prefix of a section, and every byte changed, is refused or harmless.
TEST(MakeComponent, MutatedMetadata) {
  const wit::Loaded loaded("package t:t; world w { import f: func(a: string); export g: func() -> list<u8>; }");
  const auto section =
      encode_metadata(loaded.resolve, loaded.resolve[loaded.package].worlds.begin()->value, StringEncoding::kUtf8, {});
  ASSERT_TRUE(section);
  size_t refused = 0;
  const auto attempt = [&](std::span<const uint8_t> contents) {
    std::vector<uint8_t> module =
        binary("(module (memory (export \"memory\") 1) (func (export \"g\") (result i32) (i32.const 0)))");
    append_custom(module, "component-type", contents);
    refused += !make_component(module, {}, {});
  };
  attempt(*section);
  EXPECT_EQ(refused, 0u);
  for (size_t size = 0; size < section->size(); ++size) attempt(std::span(*section).first(size));
  EXPECT_GT(refused, section->size() - 10);
  for (size_t i = 0; i < section->size(); ++i)
    for (const int change : {1, 0x80, 0xFF}) {
      std::vector<uint8_t> changed = *section;
      changed[i] ^= change;
      attempt(changed);
    }
}

}  // namespace
}  // namespace ermine::component
