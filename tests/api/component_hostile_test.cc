// What components say of their memory in typed calls, and whether it is believed.
#include <gtest/gtest.h>

#include "ermine/ermine.h"

namespace hostile_app {
enum class Colour : uint8_t { kRed, kGreen };
ERMINE_ENUM(Colour, "red", "green")
}  // namespace hostile_app

namespace ermine::component_hostile_test {
namespace {

// Exports call: func(a: u32, b: u32), which passes these numbers as the parameters of a function of the host. `type`:
// of the parameter, which is passed as two core values or, with (drop), one.
std::string passing(std::string_view type, bool one_value) {
  return R"((component
    (type $colour' (enum "red" "green"))
    (import "colour" (type $colour (eq $colour')))
    (import "host" (instance $host (export "f" (func (param "v" )" +
         std::string(type) + R"()))))
    (core module $Memory (memory (export "memory") 1)
      (data (i32.const 0) "\ff\fe\80\00text")
      ;; At 64: a list whose elements all are the whole memory.
      (func (export "fill") (local $i i32)
        (loop $l
          (i32.store (i32.add (i32.const 64) (local.get $i)) (i32.const 0))
          (i32.store (i32.add (i32.const 68) (local.get $i)) (i32.const 65536))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 65464))))))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $f (canon lower (func $host "f") (memory $mem)))
    (core module $M
      (import "" "f" (func $f (param i32 )" +
         (one_value ? "" : "i32") + R"()))
      (import "m" "fill" (func $fill))
      (func (export "call") (param i32 i32) (call $f (local.get 0) )" +
         (one_value ? "" : "(local.get 1)") + R"())
      (func (export "fill") (call $fill)))
    (core instance $i (instantiate $M (with "m" (instance $memory)) (with "" (instance (export "f" (func $f))))))
    (func (export "call") (param "a" u32) (param "b" u32) (canon lift (core func $i "call")))
    (func (export "fill") (canon lift (core func $i "fill")))))";
}

// The error of passing the numbers to a function with this parameter; empty if it was called.
template <class T>
std::string error_of(std::string_view type, uint32_t a, uint32_t b, bool one_value = false, bool fill = false,
                     const StoreLimits& limits = {}) {
  Engine engine;
  auto component = Component::from_text(engine, passing(type, one_value), "hostile");
  EXPECT_TRUE(component) << component.error().to_string();
  ComponentLinker linker(engine);
  bool called = false;
  EXPECT_TRUE(linker.func_wrap("host", "f", [&called](T) { called = true; }));
  Store store(engine, limits);
  auto instance = linker.instantiate(store, *component);
  EXPECT_TRUE(instance) << instance.error().to_string();
  if (fill) EXPECT_TRUE(instance->get_typed_func<void()>("fill")->call());
  const auto result = instance->get_typed_func<void(uint32_t, uint32_t)>("call")->call(a, b);
  EXPECT_NE(called, !result);
  if (result) return {};
  EXPECT_EQ(result.error().kind(), ErrorKind::kTrap);
  return result.error().message();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

TEST(HostileComponents, StringsThatLie) {
  EXPECT_EQ(error_of<std::string>("string", 4, 4), "");
  EXPECT_EQ(error_of<std::string>("string", 65536, 0), "");
  EXPECT_TRUE(has(error_of<std::string>("string", 65533, 4), "out of bounds"));
  EXPECT_TRUE(has(error_of<std::string>("string", 0xFFFF'FFFF, 1), "out of bounds"));
  EXPECT_TRUE(has(error_of<std::string>("string", 0, 0xFFFF'FFFF), "too long"));
  EXPECT_TRUE(has(error_of<std::string>("string", 0, 4), "utf-8"));
  EXPECT_TRUE(has(error_of<std::string_view>("string", 0, 4), "utf-8"));
  EXPECT_TRUE(has(error_of<std::string_view>("string", 65533, 4), "out of bounds"));
}

TEST(HostileComponents, ListsThatLie) {
  using Numbers = std::vector<uint32_t>;
  using View = std::span<const uint32_t>;
  EXPECT_EQ(error_of<Numbers>("(list u32)", 0, 16384), "");
  EXPECT_TRUE(has(error_of<Numbers>("(list u32)", 0, 16385), "out of bounds"));
  EXPECT_TRUE(has(error_of<Numbers>("(list u32)", 2, 1), "unaligned"));
  EXPECT_TRUE(has(error_of<Numbers>("(list u32)", 0, 0xFFFF'FFFF), "too long"));
  EXPECT_TRUE(has(error_of<Numbers>("(list u32)", 0xFFFF'FFFC, 2), "out of bounds"));
  EXPECT_TRUE(has(error_of<View>("(list u32)", 4, 16384), "out of bounds"));
  EXPECT_TRUE(has(error_of<View>("(list u32)", 0, 0x4000'0000), "too long"));
}

TEST(HostileComponents, ValuesThatAreNone) {
  EXPECT_EQ(error_of<char32_t>("char", 0x10FFFF, 0, true), "");
  EXPECT_TRUE(has(error_of<char32_t>("char", 0x110000, 0, true), "char"));
  EXPECT_TRUE(has(error_of<char32_t>("char", 0xD800, 0, true), "char"));
  EXPECT_EQ(error_of<hostile_app::Colour>("$colour", 1, 0, true), "");
  EXPECT_TRUE(has(error_of<hostile_app::Colour>("$colour", 2, 0, true), "discriminant"));
  EXPECT_TRUE(has(error_of<hostile_app::Colour>("$colour", 256, 0, true), "discriminant"));
  EXPECT_TRUE(has(error_of<std::optional<uint32_t>>("(option u32)", 2, 0), "discriminant"));
  EXPECT_TRUE(has(error_of<std::vector<hostile_app::Colour>>("(list $colour)", 0, 1), "discriminant"));
}

// A list of 8,000 lists that all are the whole memory: half a gigabyte, if it were believed.
TEST(HostileComponents, MemoryOfTheHostIsBounded) {
  using Lists = std::vector<std::vector<uint8_t>>;
  EXPECT_TRUE(has(error_of<Lists>("(list (list u8))", 64, 8000, false, true), "bytes of the host's memory"));
  // 100 of them are not too many, unless the store may have only a megabyte.
  EXPECT_EQ(error_of<Lists>("(list (list u8))", 64, 100, false, true), "");
  StoreLimits limits;
  limits.total_memory_bytes = 1 << 20;
  const std::string limited = error_of<Lists>("(list (list u8))", 64, 100, false, true, limits);
  EXPECT_TRUE(has(limited, "more than 1048576 bytes of the host's memory")) << limited;
  // Dynamic values, too.
  Engine engine;
  auto component = Component::from_text(engine, passing("(list (list u8))", false));
  ASSERT_TRUE(component);
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.func("host", "f", [](ComponentCaller&, std::span<const component::Value>) {
    return Result<std::optional<component::Value>>(std::nullopt);
  }));
  Store store(engine, limits);
  auto instance = linker.instantiate(store, *component);
  ASSERT_TRUE(instance);
  ASSERT_TRUE(instance->get_typed_func<void()>("fill")->call());
  const auto result = instance->get_typed_func<void(uint32_t, uint32_t)>("call")->call(64, 100);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().limit(), Limit::kTotalMemoryBytes) << result.error().message();
}

// Results: where they are, and what the allocator answers.
TEST(HostileComponents, PlacesOfResults) {
  Engine engine;
  auto component = Component::from_text(engine, R"((component
    (core module $M (memory (export "memory") 1)
      (global $at (mut i32) (i32.const 0))
      (func (export "set") (param i32) (global.set $at (local.get 0)))
      (func (export "get") (result i32) (global.get $at))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $at))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $M))
    (func (export "set") (param "at" u32) (canon lift (core func $i "set")))
    (func (export "get") (result (tuple u32 u64)) (canon lift (core func $i "get") (memory $i "memory")))
    (func (export "take") (param "l" (list u64))
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc"))))))",
                                        "places");
  ASSERT_TRUE(component) << component.error().to_string();
  const auto error = [&](uint32_t at, bool take) -> std::string {
    Store store(engine);
    auto instance = component->instantiate(store);
    EXPECT_TRUE(instance->get_typed_func<void(uint32_t)>("set")->call(at));
    if (take) {
      const std::vector<uint64_t> list = {1, 2};
      const auto taken = instance->get_typed_func<void(std::span<const uint64_t>)>("take")->call(list);
      return taken ? "" : taken.error().message();
    }
    const auto got = instance->get_typed_func<std::tuple<uint32_t, uint64_t>()>("get")->call();
    return got ? "" : got.error().message();
  };
  EXPECT_EQ(error(65520, false), "");
  EXPECT_TRUE(has(error(65528, false), "out of bounds"));
  EXPECT_TRUE(has(error(4, false), "unaligned"));
  EXPECT_TRUE(has(error(0xFFFF'FFF8, false), "out of bounds"));
  EXPECT_EQ(error(65520, true), "");
  EXPECT_TRUE(has(error(65528, true), "beyond end of memory"));
  EXPECT_TRUE(has(error(4, true), "not aligned"));
}

}  // namespace
}  // namespace ermine::component_hostile_test
