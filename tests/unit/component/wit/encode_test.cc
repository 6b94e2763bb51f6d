// Packages as components: encoded, validated and decoded.
#include "component/wit/encode.h"

#include <filesystem>
#include <fstream>

#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "wit.h"

namespace ermine::component::wit {
namespace {

ValidateOptions everything() {
  ValidateOptions options;
  options.features = FeatureSet::all();
  return options;
}

// The package after encoding and decoding, printed; or the error.
std::string decoded(const Loaded& l) {
  if (!l.error.empty()) return l.error;
  const auto bytes = encode(l.resolve, l.package);
  if (!bytes) return bytes.error().message();
  const auto valid = validate(*bytes, nullptr, everything());
  if (!valid) return "not valid: " + valid.error().to_string();
  EXPECT_TRUE(is_package(**valid));
  Resolve resolve;
  const auto package = decode(resolve, **valid);
  if (!package) return package.error().message();
  // Packages come after those they depend on.
  for (uint32_t i = 0; i < resolve.packages.size(); ++i)
    for (const PackageId id : resolve.dependencies({i})) EXPECT_LT(id.index, i);
  return print(resolve, *package);
}

std::string printed(const Loaded& l) {
  PrintOptions plain;
  plain.docs = plain.gates = false;
  return print(l.resolve, l.package, {}, plain);
}

TEST(WitEncode, Empty) {
  const Loaded l("package a:b;");
  const auto bytes = encode(l.resolve, l.package);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, (std::vector<uint8_t>{0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00}));
}

// WIT.md, "Package Format", the second example in bytes.
TEST(WitEncode, World) {
  const Loaded l("package local:demo; world the-world { export test: func(); }");
  const auto bytes = encode(l.resolve, l.package);
  ASSERT_TRUE(bytes);
  const std::string text(bytes->begin() + 8, bytes->end());
  // A type section with the component type that exports the component type, and its export.
  EXPECT_EQ(text, std::string("\x07\x2D\x01\x41\x02\x01\x41\x02\x01\x40\x00\x01\x00\x04\x00\x04test\x01\x00\x04\x00"
                              "\x14local:demo/the-world\x04\x00\x0B\x0F\x01\x00\x09the-world\x03\x00\x00",
                              64));
}

TEST(WitEncode, PackagesSurvive) {
  const Loaded l(
      {{"a.wit", R"(package a:b@1.0.0;
      /// Docs and gates are not encoded.
      @since(version = 1.0.0)
      interface types {
        use c:d/other@0.1.0.{t, r as res};
        record point { x: f32, y: list<option<u8>> }
        variant v { none, some-point(point), t(t) }
        enum e { red, green }
        flags f { read, write }
        type same = point;
        type alias = res;
        type owned = own<res>;
        type number = u32;
        type m = map<string, list<u8, 4>>;
        resource file {
          constructor(name: string) -> result<file, e>;
          read: async func(n: u32, source: borrow<file>) -> future<result<list<u8>, e>>;
          open: static func() -> file;
        }
        g: func(x: stream<u8>, y: stream, z: future, e: error-context) -> result<_, v>;
        h: func(x: tuple<char, bool, same>, y: alias) -> owned;
      }
      interface user { use types.{point, file, same as point2}; f: func(p: point, q: point2) -> file; }
      world w {
        use types.{point};
        import c:d/other@0.1.0;
        @external-id("here")
        import named: types;
        import inline: interface { use types.{file}; f: func(x: borrow<file>); }
        resource own-resource { m: func(x: point); constructor(); }
        type list-of = list<own-resource>;
        import run: async func(p: point) -> own-resource;
        export handle: func() -> tuple<u8, s8, u16, s16, u32, s32, u64, s64>;
        export user;
        export types;
      }
      world v { include w with { own-resource as r, named as other-name } export again: interface { f: func(); } })"}},
      {{{"c.wit",
         "package c:d@0.1.0; interface other { type t = string; resource r { m: func(); } unused: func(); }"}}});
  ASSERT_EQ(l.error, "");
  EXPECT_EQ(decoded(l), printed(l));
}

TEST(WitEncode, TypesWithoutBinaryForm) {
  for (const char* type : {"record r {}", "flags r {}", "type r = tuple<>;", "type r = stream<char>;",
                           "resource s; type r = option<future<list<borrow<s>>>>;"}) {
    const Loaded l("package a:b; interface i { " + std::string(type) + " }");
    ASSERT_EQ(l.error, "") << type;
    const auto bytes = encode(l.resolve, l.package);
    ASSERT_FALSE(bytes) << type;
    EXPECT_EQ(bytes.error().kind(), ErrorKind::kUnsupported);
  }
  std::string flags = "package a:b; interface i { flags f { ";
  for (int i = 0; i < 33; ++i) flags += "a" + std::to_string(i) + ",";
  const Loaded l(flags + "} }");
  EXPECT_FALSE(encode(l.resolve, l.package));
}

TEST(WitEncode, WorldType) {
  const Loaded l("package a:b; world w { export f: func(); }");
  const auto bytes = encode_world_type(l.resolve, *l.resolve[l.package].worlds.find("w"));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes,
            (std::vector<uint8_t>{0x41, 0x02, 0x01, 0x40, 0x00, 0x01, 0x00, 0x04, 0x00, 0x01, 'f', 0x01, 0x00}));
}

TEST(WitDecode, OtherComponentsAreRefused) {
  const Loaded l("package a:b; interface i { f: func(); }");
  auto bytes = *encode(l.resolve, l.package);
  const auto valid = validate(bytes, nullptr, everything());
  ASSERT_TRUE(valid);
  Resolve resolve;
  ASSERT_TRUE(decode(resolve, **valid));
  EXPECT_FALSE(decode(resolve, **valid)) << "the package is known already";
  // The interface's name in the type is another one than that of the export.
  const std::string name = "a:b/i";
  const auto found = std::search(bytes.begin(), bytes.end(), name.begin(), name.end());
  ASSERT_NE(found, bytes.end());
  found[4] = 'j';
  const auto renamed = validate(bytes, nullptr, everything());
  ASSERT_TRUE(renamed);
  Resolve other;
  const auto result = decode(other, **renamed);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "the export 'i' has the interface a:b/j, which has another name");
  const std::vector<uint8_t> empty = {0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00};
  const auto nothing = validate(empty, nullptr, everything());
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(is_package(**nothing));
  Resolve third;
  EXPECT_FALSE(decode(third, **nothing));
}

// Methods come in the order of their resources, then other functions.
TEST(WitEncode, OrderOfFunctions) {
  const Loaded l(
      "package a:b; interface i { free: func(); resource first { m: func(); } resource second { m: func(); } }");
  const auto bytes = encode(l.resolve, l.package);
  ASSERT_TRUE(bytes);
  const std::string text(bytes->begin(), bytes->end());
  const size_t first = text.find("[method]first.m"), second = text.find("[method]second.m"), free = text.find("free");
  EXPECT_LT(first, second);
  EXPECT_LT(second, free);
  EXPECT_NE(free, std::string::npos);
}

// deps/ may have encoded packages.
TEST(WitDecode, Dependencies) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "wit_encoded_dependency";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "deps");
  const Loaded l("package c:d@1.0.0; interface i { record r { a: u8 } resource s { m: func() -> r; } }");
  const auto bytes = encode(l.resolve, l.package);
  ASSERT_TRUE(bytes);
  std::ofstream(folder / "deps" / "c.wasm", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
  std::ofstream(folder / "a.wit") << "package a:b; interface j { use c:d/i@1.0.0.{r, s}; f: func(x: r) -> s; }";
  Resolve resolve;
  const auto package = add_path(resolve, folder.string());
  ASSERT_TRUE(package) << package.error().message();
  EXPECT_EQ(resolve.packages.size(), 2u);
  Resolve alone;
  EXPECT_TRUE(add_path(alone, (folder / "deps" / "c.wasm").string()));
  std::ofstream(folder / "deps" / "d.wasm", std::ios::binary) << "not a component";
  Resolve other;
  const auto refused = add_path(other, folder.string());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("d.wasm"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ermine::component::wit
