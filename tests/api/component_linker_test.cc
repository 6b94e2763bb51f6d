// ComponentLinker: versions, unknown imports, instances of components, dynamic functions; and what a component says of
// its imports and exports.
#include <gtest/gtest.h>

#include <algorithm>

#include "ermine/ermine.h"

namespace ermine::component_linker_test {
namespace {

using component::Value;

Component compiled(const Engine& engine, std::string_view text) {
  auto component = Component::from_text(engine, text, "test");
  EXPECT_TRUE(component) << component.error().to_string();
  return *std::move(component);
}

// Exports `get`, which calls `get` of this interface.
std::string importing(std::string_view interface) {
  return "(component (import \"" + std::string(interface) + R"(" (instance $a (export "get" (func (result u32)))))
    (core func $get (canon lower (func $a "get")))
    (core module $M (import "" "get" (func $get (result i32))) (func (export "get") (result i32) (call $get)))
    (core instance $i (instantiate $M (with "" (instance (export "get" (func $get))))))
    (func (export "get") (result u32) (canon lift (core func $i "get")))))";
}

// What an import of this interface finds, of definitions of the same name with these versions.
std::string found(std::string_view interface, std::vector<std::string> versions) {
  Engine engine;
  ComponentLinker linker(engine);
  for (uint32_t i = 0; i < versions.size(); ++i)
    EXPECT_TRUE(linker.func_wrap("a:b/c@" + versions[i], "get", [i] { return i; }));
  Store store(engine);
  auto instance = linker.instantiate(store, compiled(engine, importing(interface)));
  if (!instance) return instance.error().kind() == ErrorKind::kLink ? "" : instance.error().message();
  return versions[*instance->get_typed_func<uint32_t()>("get")->call()];
}

TEST(ComponentLinkerTest, VersionsAreCompatible) {
  EXPECT_EQ(found("a:b/c@1.2.0", {"1.2.0"}), "1.2.0");
  EXPECT_EQ(found("a:b/c@1.2.0", {"1.0.5"}), "1.0.5");
  EXPECT_EQ(found("a:b/c@1.2.0", {"1.9.0"}), "1.9.0");
  EXPECT_EQ(found("a:b/c@1.2.0", {"1.0.0", "1.3.0", "1.1.0"}), "1.3.0");
  EXPECT_EQ(found("a:b/c@1.2.0", {"1.3.0", "1.2.0"}), "1.2.0");  // exactly
  EXPECT_EQ(found("a:b/c@1.2.0", {"2.0.0", "0.1.0"}), "");
  EXPECT_EQ(found("a:b/c@0.2.1", {"0.2.6"}), "0.2.6");
  EXPECT_EQ(found("a:b/c@0.2.1", {"0.3.0", "1.0.0"}), "");
  EXPECT_EQ(found("a:b/c@0.0.1", {"0.0.2"}), "");
  EXPECT_EQ(found("a:b/c@1.0.0-rc.1", {"1.0.0", "1.0.0-rc.2"}), "");
  EXPECT_EQ(found("a:b/c@1.0.0-rc.1", {"1.0.0-rc.1"}), "1.0.0-rc.1");
  EXPECT_EQ(found("a:b/c", {"1.0.0"}), "");
}

TEST(ComponentLinkerTest, UnknownImportsAreListed) {
  Engine engine;
  const Component component = compiled(engine, R"((component
    (import "log" (func (param "text" string)))
    (import "a:b/c@1.0.0" (instance
      (type $p' (record (field "x" u32)))
      (export "point" (type $p (eq $p')))
      (export "r" (type $r (sub resource)))
      (export "move" (func (param "p" $p) (param "by" (list $p)) (result (result $p (error string)))))
      (export "[method]r.get" (func (param "self" (borrow $r)) (result (option (own $r)))))
      (export "known" (func (result u32)))))))");
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.func_wrap("a:b/c@1.0.0", "known", [] { return 1u; }));
  Store store(engine);
  const auto instance = linker.instantiate(store, component);
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().kind(), ErrorKind::kLink);
  EXPECT_EQ(instance.error().message(),
            "unknown import `log`: `func(text: string)` was expected\n"
            "unknown import `r` of `a:b/c@1.0.0`: a resource type was expected\n"
            "unknown import `move` of `a:b/c@1.0.0`: `func(p: point, by: list<point>) -> result<point, string>` was "
            "expected\n"
            "unknown import `[method]r.get` of `a:b/c@1.0.0`: `func(self: borrow<r>) -> option<own<r>>` was expected");
  ASSERT_TRUE(linker.define_unknown_imports_as_traps(component));
  EXPECT_TRUE(linker.instantiate(store, component));
}

TEST(ComponentLinkerTest, UnknownImportsTrap) {
  Engine engine;
  const Component component = compiled(engine, importing("a:b/c@1.0.0"));
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.define_unknown_imports_as_traps(component));
  Store store(engine);
  auto instance = linker.instantiate(store, component);
  ASSERT_TRUE(instance) << instance.error().to_string();
  const auto result = instance->get_typed_func<uint32_t()>("get")->call();
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("the import `a:b/c@1.0.0.get` is not defined"), std::string::npos)
      << result.error().message();
}

TEST(ComponentLinkerTest, NamesAreDefinedOnce) {
  Engine engine;
  ComponentLinker linker(engine);
  const auto one = [] { return 1u; };
  ASSERT_TRUE(linker.func_wrap("a:b/c@1.0.0", "get", one));
  ASSERT_TRUE(linker.func_wrap("a:b/c@1.1.0", "get", one));
  EXPECT_EQ(linker.func_wrap("a:b/c@1.0.0", "get", one).error().kind(), ErrorKind::kUsage);
  ASSERT_TRUE(linker.func_wrap("", "get", one));
  EXPECT_EQ(linker.func_wrap("", "get", one).error().kind(), ErrorKind::kUsage);
  linker.allow_shadowing(true);
  EXPECT_TRUE(linker.func_wrap("a:b/c@1.0.0", "get", [] { return 2u; }));
  Store store(engine);
  const ComponentLinker copy = linker.clone();
  auto instance = copy.instantiate(store, compiled(engine, importing("a:b/c@1.0.0")));
  ASSERT_TRUE(instance);
  EXPECT_EQ(*instance->get_typed_func<uint32_t()>("get")->call(), 2u);
}

TEST(ComponentLinkerTest, InstancesOfComponents) {
  Engine engine;
  Store store(engine), elsewhere(engine);
  const Component exporting = compiled(engine, R"((component
    (core module $M (func (export "get") (result i32) (i32.const 5)))
    (core instance $i (instantiate $M))
    (func $get (result u32) (canon lift (core func $i "get")))
    (instance $a (export "get" (func $get)))
    (export "a:b/c@1.0.0" (instance $a))
    (export "get" (func $get))))");
  auto exporter = exporting.instantiate(store);
  ASSERT_TRUE(exporter);
  EXPECT_EQ(*exporter->get_typed_func<uint32_t()>("a:b/c@1.4.0", "get")->call(), 5u);  // a compatible version
  EXPECT_FALSE(exporter->get_func("a:b/c@2.0.0", "get"));
  EXPECT_FALSE(exporter->get_func("a:b/c@1.0.0", "set"));
  {
    ComponentLinker linker(engine);
    ASSERT_TRUE(linker.instance("x:y/z", *exporter));
    auto instance = linker.instantiate(store, compiled(engine, importing("x:y/z")));
    ASSERT_TRUE(instance) << instance.error().to_string();
    EXPECT_EQ(*instance->get_typed_func<uint32_t()>("get")->call(), 5u);
    EXPECT_EQ(linker.instantiate(elsewhere, compiled(engine, importing("x:y/z"))).error().kind(), ErrorKind::kUsage);
  }
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.instance("a:b/c@1.2.0", *exporter, "a:b/c@1.0.0"));
  EXPECT_EQ(linker.instance("q", *exporter, "nothing").error().kind(), ErrorKind::kUsage);
  auto instance = linker.instantiate(store, compiled(engine, importing("a:b/c@1.1.0")));
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(*instance->get_typed_func<uint32_t()>("get")->call(), 5u);
}

TEST(ComponentLinkerTest, DynamicFunctions) {
  Engine engine;
  ComponentLinker linker(engine);
  int data = 0;
  ASSERT_TRUE(linker.func("a:b/c@1.0.0", "get", [&](ComponentCaller& caller, std::span<const Value> arguments) {
    EXPECT_TRUE(arguments.empty());
    EXPECT_EQ(caller.data(), &data);
    return Result<std::optional<Value>>(Value::u32(7));
  }));
  Store store(engine);
  store.set_data(&data);
  auto instance = linker.instantiate(store, compiled(engine, importing("a:b/c@1.0.0")));
  ASSERT_TRUE(instance);
  const std::optional<ComponentFunc> func = instance->get_func("get");
  ASSERT_TRUE(func);
  EXPECT_EQ(func->name(), "get");
  EXPECT_EQ(func->type(), "func() -> u32");
  const auto result = func->call({});
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->as_unsigned(), 7u);
  std::vector<Value> too_many;
  too_many.push_back(Value::u32(1));
  EXPECT_EQ(func->call(too_many).error().kind(), ErrorKind::kUsage);
}

TEST(ComponentLinkerTest, WhatAComponentImportsAndExports) {
  Engine engine;
  const Component component = compiled(engine, R"((component
    (import "log" (func (param "text" string)))
    (import "a:b/c@1.0.0" (instance
      (type $p' (record (field "x" u32) (field "y" (tuple u8 string))))
      (export "point" (type $p (eq $p')))
      (export "r" (type $r (sub resource)))
      (export "move" (func (param "p" $p) (result (list $p))))))
    (core module $M (func (export "get") (result i32) (i32.const 5)))
    (core instance $i (instantiate $M))
    (func (export "get") (result u32) (canon lift (core func $i "get")))))");
  std::string text;
  const auto add = [&](const std::vector<ComponentItem>& items) {
    for (const ComponentItem& item : items)
      text +=
          item.interface + "/" + item.name + " " + std::to_string(static_cast<int>(item.kind)) + " " + item.type + "\n";
  };
  add(component.imports());
  text += "-\n";
  add(component.exports());
  EXPECT_EQ(text,
            "/log 0 func(text: string)\n"
            "a:b/c@1.0.0/point 1 record { x: u32, y: tuple<u8, string> }\n"
            "a:b/c@1.0.0/r 2 resource\n"
            "a:b/c@1.0.0/move 0 func(p: point) -> list<point>\n"
            "-\n"
            "/get 0 func() -> u32\n");
}

TEST(ComponentValueTest, ListsOfNumbersAreNumbers) {
  const std::vector<int16_t> numbers = {-1, 2, -32768};
  const Value packed = Value::numbers<int16_t>(numbers);
  EXPECT_EQ(packed.size(), 3u);
  EXPECT_EQ(packed.at(2).as_signed(), -32768);
  EXPECT_EQ(packed.at(0).kind(), component::ValueKind::kS16);
  EXPECT_TRUE(std::ranges::equal(packed.numbers<int16_t>(), numbers));
  EXPECT_TRUE(packed.numbers<uint16_t>().empty());
  std::vector<Value> loose;
  for (const int16_t n : numbers)
    loose.push_back(Value::integer(component::ValueKind::kS16, static_cast<uint64_t>(int64_t{n})));
  const Value list = Value::list(std::move(loose));
  EXPECT_TRUE(packed == list && list == packed && packed == packed.clone());
  EXPECT_FALSE(packed == Value::numbers<int16_t>(std::vector<int16_t>{-1, 2}));
}

}  // namespace
}  // namespace ermine::component_linker_test
