// Components through the public API.
#include <gtest/gtest.h>

#include "ermine/ermine.h"

namespace ermine::component_test {
namespace {

constexpr std::string_view kText = R"((component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "fail") unreachable))
  (core instance $i (instantiate $m))
  (func $add (param "a" s8) (param "b" s8) (result s32) (canon lift (core func $i "add")))
  (func (export "fail") (canon lift (core func $i "fail")))
  (instance $math (export "add" (func $add)))
  (export "demo:math/sums@1.0.0" (instance $math))))";

Component compiled(const Engine& engine, std::string_view text) {
  auto bytes = text_to_binary(text);
  EXPECT_TRUE(bytes) << bytes.error().to_string();
  EXPECT_TRUE(Component::is_component(*bytes));
  EXPECT_TRUE(Component::from_text(engine, text));
  auto component = Component::compile(engine, *std::move(bytes));
  EXPECT_TRUE(component) << component.error().to_string();
  return *std::move(component);
}

TEST(ComponentApi, FunctionsAreCalledByText) {
  Engine engine;
  const Component component = compiled(engine, kText);
  EXPECT_EQ(component.functions(), (std::vector<std::string>{"demo:math/sums.add@1.0.0", "fail"}));
  Store store(engine);
  auto instance = component.instantiate(store);
  ASSERT_TRUE(instance) << instance.error().to_string();
  EXPECT_EQ(*instance->invoke("demo:math/sums.add@1.0.0(-100, 127)"), "27");
  EXPECT_EQ(instance->invoke("demo:math/sums.add@1.0.0(1, 128)").error().kind(), ErrorKind::kInvalid);
  EXPECT_EQ(instance->invoke("demo:math/sums.add@1.0.0(1,").error().kind(), ErrorKind::kMalformed);
  EXPECT_EQ(instance->invoke("nothing()").error().kind(), ErrorKind::kUsage);
  EXPECT_EQ(instance->invoke("fail()").error().kind(), ErrorKind::kTrap);
  // After a trap nothing enters the instance, but a new one is as good as ever.
  EXPECT_EQ(instance->invoke("demo:math/sums.add@1.0.0(1, 2)").error().kind(), ErrorKind::kTrap);
  EXPECT_EQ(*component.instantiate(store)->invoke("demo:math/sums.add@1.0.0(1, 2)"), "3");
}

TEST(ComponentApi, IsTheEnginesFuelAndLimits) {
  Config config;
  config.consume_fuel = true;
  Engine engine(config);
  const Component component = compiled(engine, R"((component
    (core module $m (func (export "spin") (loop (br 0))))
    (core instance $i (instantiate $m))
    (func (export "spin") (canon lift (core func $i "spin")))))");
  Store store(engine);
  ASSERT_TRUE(store.set_fuel(1000));
  const Error error = component.instantiate(store)->invoke("spin()").error().clone();
  EXPECT_EQ(error.limit(), Limit::kFuel) << error.to_string();
}

TEST(ComponentApi, ImportsAreNamed) {
  Engine engine;
  const Component component =
      compiled(engine, R"((component (import "demo:host/log" (instance (export "say" (func))))))");
  Store store(engine);
  const auto instance = component.instantiate(store);
  ASSERT_FALSE(instance);
  EXPECT_EQ(instance.error().kind(), ErrorKind::kLink);
  EXPECT_NE(instance.error().message().find("demo:host/log"), std::string::npos) << instance.error().message();
}

// One feature does not bring the others.
TEST(ComponentApi, FeaturesAreNamed) {
  constexpr std::string_view kOf64 = R"((component
    (core module $m (memory (export "m") i64 1) (func (export "f") (param i64 i64))
      (func (export "r") (param i64 i64 i64 i64) (result i64) (i64.const 8)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "s" string)
      (canon lift (core func $i "f") (memory $i "m") (realloc (func $i "r"))))))";
  const Error without = Component::from_text(Engine(), kOf64).error().clone();
  EXPECT_NE(without.message().find("requires the feature cm64"), std::string::npos) << without.message();
  Config config;
  EXPECT_FALSE(config.has_feature("cm64"));
  EXPECT_TRUE(config.has_feature("cm-async"));
  ASSERT_TRUE(config.set_feature("cm64", true));
  EXPECT_TRUE(Component::from_text(Engine(config), kOf64));
  EXPECT_FALSE(Component::from_text(Engine(config), "(component (type (list error-context)))"));
  ASSERT_TRUE(config.set_feature("cm-async", false));
  EXPECT_FALSE(Component::from_text(Engine(config), "(component (type (stream u8)))"));
}

TEST(ComponentApi, BadComponentsAreRefused) {
  Engine engine;
  const std::vector<uint8_t> module = {0, 'a', 's', 'm', 1, 0, 0, 0}, cut = {0, 'a', 's', 'm', 13, 0, 1, 0, 7};
  EXPECT_FALSE(Component::is_component(module));
  EXPECT_TRUE(Component::is_component(cut));
  EXPECT_EQ(Component::compile(engine, module).error().kind(), ErrorKind::kMalformed);
  EXPECT_EQ(Component::compile(engine, cut).error().kind(), ErrorKind::kMalformed);
  const std::string_view bad = "(component\n (export \"f\" (func 0)))";
  const Error invalid = Component::validate_text(engine, bad, "bad.wat").error().clone();
  EXPECT_EQ(invalid.kind(), ErrorKind::kInvalid);
  EXPECT_NE(invalid.message().find("bad.wat:2:"), std::string::npos) << invalid.message();
  EXPECT_EQ(Component::from_text(engine, bad, "bad.wat").error().message(), invalid.message());
}

}  // namespace
}  // namespace ermine::component_test
