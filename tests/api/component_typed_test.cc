// Typed functions of components: calls in both directions, in every string encoding, and types that do not fit.
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "ermine/ermine.h"
#include "tests/api/component_guest.h"

namespace app {

struct Point {
  uint32_t x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};
ERMINE_RECORD(Point, x, y)

struct Person {
  std::string full_name;
  std::optional<uint8_t> age;
  std::vector<Point> places;
  bool operator==(const Person&) const = default;
};
ERMINE_RECORD(Person, full_name, age, places)

enum class Colour : uint8_t { kRed, kGreen, kBlue };
ERMINE_ENUM(Colour, "red", "green", "blue")

enum class Rights : uint8_t { kRead = 1, kWrite = 2, kExecute = 4 };
ERMINE_FLAGS(Rights, "read", "write", "execute")

struct Shape : std::variant<Point, std::monostate, std::string> {
  using variant::variant;
};
ERMINE_VARIANT(Shape, "dot", "nothing", "named")

}  // namespace app

namespace ermine::component_typed_test {
namespace {

using component::Expected;
using component::Unexpected;
using test::echo_guest;

// With everything that is not in a release yet, such as 64-bit memories.
Config with_all() {
  Config config;
  config.enable_all_features();
  return config;
}

// Passes a value to a component, which passes it to the host, and both results back.
template <class T>
void goes_around(std::string_view wit_type, const T& value, std::string_view encoding, bool is64) {
  SCOPED_TRACE(is64 ? "64-bit memory" : "32-bit memory");
  Engine engine(is64 ? with_all() : Config());
  const auto guest = echo_guest<T>(engine, wit_type, encoding, is64);
  ASSERT_TRUE(guest) << guest.error().to_string();
  ComponentLinker linker(engine);
  T seen{};
  ASSERT_TRUE(linker.func_wrap("test:host/echo", "echo", [&](const T& v) {
    seen = v;
    return v;
  }));
  Store store(engine);
  auto instance = linker.instantiate(store, *guest);
  ASSERT_TRUE(instance) << wit_type << ": " << instance.error().to_string();
  auto echo = instance->template get_typed_func<T(T)>("echo");
  ASSERT_TRUE(echo) << echo.error().to_string();
  for (int i = 0; i < 3; ++i) {
    auto result = echo->call(value);
    ASSERT_TRUE(result) << wit_type << ": " << result.error().to_string();
    EXPECT_TRUE(*result == value) << wit_type;
    EXPECT_TRUE(seen == value) << wit_type;
  }
}
template <class T>
void goes_around(std::string_view wit_type, const T& value, std::string_view encoding = "utf8") {
  for (const bool is64 : {false, true}) goes_around(wit_type, value, encoding, is64);
}

TEST(ComponentTypes, NumbersAndCharacters) {
  goes_around<bool>("bool", true);
  goes_around<int8_t>("s8", -128);
  goes_around<uint8_t>("u8", 255);
  goes_around<int16_t>("s16", -32768);
  goes_around<uint16_t>("u16", 65535);
  goes_around<int32_t>("s32", INT32_MIN);
  goes_around<uint32_t>("u32", UINT32_MAX);
  goes_around<int64_t>("s64", INT64_MIN);
  goes_around<long long>("s64", INT64_MIN);
  goes_around<uint64_t>("u64", UINT64_MAX);
  goes_around<float>("f32", -1.5f);
  goes_around<double>("f64", 1e300);
  // With the neighbours of what is no character.
  for (const uint32_t c : {0x0u, 0x1F9A6u, 0xD7FFu, 0xE000u, 0x10FFFFu}) goes_around<char32_t>("char", char32_t{c});
}

TEST(ComponentTypes, Strings) {
  for (const char* encoding : {"utf8", "utf16", "latin1+utf16"})
    for (const char* text : {"", "Hermelin", "Grüße", "貂 \U0001F9A6", "\xC3\xBF\xC4\x80"})
      goes_around<std::string>("string", text, encoding);
}

TEST(ComponentTypes, Compounds) {
  goes_around<std::vector<uint8_t>>("(list u8)", {1, 2, 255});
  goes_around<std::vector<double>>("(list f64)", {});
  goes_around<std::vector<bool>>("(list bool)", {true, false, true});
  goes_around<std::vector<std::string>>("(list string)", {"a", "", "Grüße"}, "utf16");
  goes_around<std::optional<uint32_t>>("(option u32)", std::nullopt);
  goes_around<std::optional<std::string>>("(option string)", "there");
  goes_around<std::tuple<bool, uint64_t, std::string>>("(tuple bool u64 string)", {true, 1, "x"});
  goes_around<std::pair<char32_t, float>>("(tuple char f32)", {U'x', 1.0f});
  goes_around<Expected<uint32_t, std::string>>("(result u32 (error string))", 7u);
  goes_around<Expected<uint32_t, std::string>>("(result u32 (error string))", Unexpected<std::string>("no"));
  goes_around<Expected<void, app::Colour>>("(result (error $colour))", Unexpected(app::Colour::kBlue));
  goes_around<Expected<void, std::monostate>>("(result)", Unexpected(std::monostate()));
  goes_around<Expected<std::string, std::monostate>>("(result string)", std::string("ok"));
  goes_around<std::variant<uint8_t, double, std::monostate>>("$choice", 0.5);
  goes_around<std::variant<uint32_t, uint32_t>>("$twice", std::variant<uint32_t, uint32_t>(std::in_place_index<1>, 9));
}

TEST(ComponentTypes, DeclaredTypes) {
  goes_around<app::Point>("$point", {3, 0.25});
  goes_around<app::Person>("$person", {"Ada", uint8_t{36}, {{1, 2}, {3, 4}}});
  goes_around<std::vector<app::Person>>("(list $person)", {{"Ada", uint8_t{36}, {{1, 2}}}, {"Bob", std::nullopt, {}}},
                                        "utf16");
  goes_around<app::Colour>("$colour", app::Colour::kGreen);
  goes_around<app::Rights>("$rights", app::Rights::kRead | app::Rights::kExecute);
  goes_around<app::Shape>("$shape", app::Point{1, 2});
  goes_around<app::Shape>("$shape", std::monostate());
  goes_around<app::Shape>("$shape", std::string("square"));
  goes_around<std::vector<app::Shape>>("(list $shape)", {std::string("a"), std::monostate(), app::Point{}});
}

// Parameters and results that are passed in memory, since there are too many core values.
TEST(ComponentTypes, ManyFields) {
  using Many = std::tuple<std::string, uint8_t, std::string, uint64_t, std::vector<std::string>, bool,
                          std::optional<std::vector<uint16_t>>, std::variant<uint8_t, double, std::monostate>,
                          Expected<std::string, uint64_t>, std::string>;
  goes_around<Many>(
      "(tuple string u8 string u64 (list string) bool (option (list u16)) $choice (result string (error u64)) string)",
      {"a", 1, "", 2, {"x", "yz"}, true, std::vector<uint16_t>{1, 65535}, 0.5, std::string("ok"), "貂"},
      "latin1+utf16");
  using Pairs = std::vector<std::pair<uint8_t, std::vector<std::optional<std::string>>>>;
  goes_around<Pairs>("(list (tuple u8 (list (option string))))", {{1, {"a", std::nullopt}}, {2, {}}, {3, {"c"}}});
}

TEST(ComponentTypes, Maps) {
  goes_around<std::map<uint8_t, std::string>>("(map u8 string)", {{1, "one"}, {2, "two"}});
  goes_around<std::map<std::string, uint8_t>>("(map string u8)", {{"one", 1}, {"two", 2}}, "utf16");
}

// What `echo` of another type than the component's gives, on either side.
template <class T, class Right>
std::pair<std::string, std::string> mismatch(std::string_view wit_type) {
  Engine engine;
  const auto guest = echo_guest<Right>(engine, wit_type);
  EXPECT_TRUE(guest) << guest.error().to_string();
  Store store(engine);
  ComponentLinker linker(engine);
  EXPECT_TRUE(linker.func_wrap("test:host/echo", "echo", [](T v) { return v; }));
  const auto linked = linker.instantiate(store, *guest);
  EXPECT_FALSE(linked);
  EXPECT_EQ(linked.error().kind(), ErrorKind::kLink);
  ComponentLinker traps(engine);
  EXPECT_TRUE(traps.define_unknown_imports_as_traps(*guest));
  auto instance = traps.instantiate(store, *guest);
  EXPECT_TRUE(instance) << instance.error().to_string();
  const auto typed = instance->template get_typed_func<T(T)>("echo");
  EXPECT_FALSE(typed);
  EXPECT_EQ(typed.error().kind(), ErrorKind::kUsage);
  return {linked.error().message(), typed.error().message()};
}

TEST(ComponentTypes, MismatchesAreNamed) {
  const auto list = mismatch<std::string, std::vector<uint8_t>>("(list u8)");
  EXPECT_EQ(list.first,
            "parameter `v` of `test:host/echo.echo`: the component has `list<u8>`, the host gives `string`");
  EXPECT_EQ(list.second, "parameter `v` of `echo`: the component has `list<u8>`, the host asks for `string`");
  EXPECT_EQ((mismatch<std::vector<std::optional<app::Point>>, std::vector<uint8_t>>("(list (option u8))").first),
            "parameter `v` of `test:host/echo.echo`, an element, the value: the component has `u8`, the host gives "
            "`record { x: u32, y: f64 }`");
  EXPECT_EQ((mismatch<app::Point, app::Person>("$person").first),
            "parameter `v` of `test:host/echo.echo`: the component has `record { full-name: string, age: option<u8>, "
            "places: list<record { x: u32, y: f64 }> }`, the host gives `record { x: u32, y: f64 }`");
  EXPECT_EQ(
      (mismatch<std::vector<uint8_t>, std::vector<app::Colour>>("(list $colour)").first),
      "parameter `v` of `test:host/echo.echo`, an element: the component has `enum { red, green, blue }`, the host "
      "gives `u8`");
  EXPECT_NE((mismatch<uint32_t, int32_t>("s32").first), "");
  EXPECT_NE((mismatch<Expected<void, std::string>, Expected<uint8_t, std::string>>("(result u8 (error string))").first),
            "");
}

TEST(ComponentTypes, OtherNumbersOfParameters) {
  Engine engine;
  const auto guest = echo_guest<uint32_t>(engine, "u32", "utf8");
  ASSERT_TRUE(guest) << guest.error().to_string();
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.func_wrap("test:host/echo", "echo", [](uint32_t, std::string_view) {}));
  Store store(engine);
  EXPECT_EQ(linker.instantiate(store, *guest).error().message(),
            "`test:host/echo.echo`: the component has `func(v: u32) -> u32`, the host gives `func(u32, string)`");
}

TEST(ComponentTypes, ViewsOfTheComponentsMemory) {
  Engine engine;
  for (const char* encoding : {"utf8", "utf16", "latin1+utf16"}) {
    const auto guest = echo_guest<std::string>(engine, "string", encoding);
    ASSERT_TRUE(guest) << guest.error().to_string();
    ComponentLinker linker(engine);
    ASSERT_TRUE(
        linker.func_wrap("test:host/echo", "echo", [](std::string_view text) { return std::string(text) + "!"; }));
    Store store(engine);
    auto instance = linker.instantiate(store, *guest);
    ASSERT_TRUE(instance);
    auto echo = instance->get_typed_func<std::string(std::string_view)>("echo");
    ASSERT_TRUE(echo);
    EXPECT_EQ(*echo->call("Grüße"), "Grüße!");
  }
  const auto guest = echo_guest<std::vector<uint16_t>>(engine, "(list u16)", "utf8");
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.func_wrap("test:host/echo", "echo", [](std::span<const uint16_t> v) {
    return std::vector<uint16_t>(v.rbegin(), v.rend());
  }));
  Store store(engine);
  auto instance = linker.instantiate(store, *guest);
  ASSERT_TRUE(instance);
  auto echo = instance->get_typed_func<std::vector<uint16_t>(std::span<const uint16_t>)>("echo");
  ASSERT_TRUE(echo);
  const std::vector<uint16_t> numbers = {1, 2, 65535};
  EXPECT_EQ(*echo->call(numbers), (std::vector<uint16_t>{65535, 2, 1}));
}

TEST(ComponentTypes, ErrorsOfTheHostAreNoResults) {
  Engine engine;
  const auto guest = echo_guest<Expected<uint32_t, std::string>>(engine, "(result u32 (error string))", "utf8");
  using Answer = Expected<uint32_t, std::string>;
  ComponentLinker linker(engine);
  bool fails = false;
  ASSERT_TRUE(linker.func_wrap("test:host/echo", "echo", [&](ComponentCaller& caller, Answer v) -> Result<Answer> {
    if (fails) return Error(ErrorKind::kIo, "the disk is on fire");
    EXPECT_EQ(caller.data(), &fails);
    return v;
  }));
  Store store(engine);
  store.set_data(&fails);
  auto instance = linker.instantiate(store, *guest);
  ASSERT_TRUE(instance) << instance.error().to_string();
  auto echo = instance->get_typed_func<Answer(Answer)>("echo");
  ASSERT_TRUE(echo);
  EXPECT_EQ(echo->call(Unexpected<std::string>("no"))->error(), "no");
  fails = true;
  const auto failed = echo->call(1u);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::kIo);
  EXPECT_EQ(failed.error().message(), "the disk is on fire");
  fails = false;
  EXPECT_EQ(echo->call(1u).error().kind(), ErrorKind::kTrap);  // nothing enters the instance again
}

TEST(ComponentTypes, ExceptionsOfTheHostAreErrors) {
  Engine engine;
  const auto guest = echo_guest<uint32_t>(engine, "u32", "utf8");
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.func_wrap("test:host/echo", "echo", [](uint32_t v) -> uint32_t {
    if (v == 1) throw std::runtime_error("thrown");
    return v;
  }));
  Store store(engine);
  auto instance = linker.instantiate(store, *guest);
  auto echo = instance->get_typed_func<uint32_t(uint32_t)>("echo");
  ASSERT_TRUE(echo);
  EXPECT_EQ(*echo->call(2), 2u);
  EXPECT_NE(echo->call(1).error().message().find("thrown"), std::string::npos);
}

// An argument that WIT's type does not have is refused before the component sees anything of the call.
TEST(ComponentTypes, ArgumentsThatAreNoValues) {
  Engine engine;
  Store store(engine);
  const auto strings = echo_guest<std::string>(engine, "string"), chars = echo_guest<char32_t>(engine, "char"),
             colours = echo_guest<app::Colour>(engine, "$colour");
  ComponentLinker linker(engine);
  ASSERT_TRUE(linker.func("test:host/echo", "echo", [](ComponentCaller&, std::span<const component::Value> v) {
    return Result<std::optional<component::Value>>(v[0].clone());
  }));
  const auto refused = [](const auto& result) {
    EXPECT_FALSE(result);
    EXPECT_EQ(result.error().kind(), ErrorKind::kUsage) << result.error().message();
  };
  auto text = *linker.instantiate(store, *strings)->get_typed_func<std::string(std::string)>("echo");
  refused(text.call("\xFF"));
  EXPECT_EQ(*text.call("a"), "a");
  auto character = *linker.instantiate(store, *chars)->get_typed_func<char32_t(char32_t)>("echo");
  for (const uint32_t c : {0xD800u, 0xDFFFu, 0x110000u}) refused(character.call(char32_t{c}));
  EXPECT_EQ(*character.call(U'a'), U'a');
  auto colour = *linker.instantiate(store, *colours)->get_typed_func<app::Colour(app::Colour)>("echo");
  refused(colour.call(static_cast<app::Colour>(3)));
  EXPECT_EQ(*colour.call(app::Colour::kBlue), app::Colour::kBlue);
}

}  // namespace
}  // namespace ermine::component_typed_test
