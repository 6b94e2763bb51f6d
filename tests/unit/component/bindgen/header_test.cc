// Headers that `ermine bindgen` writes. That of tests/component/bindgen/everything.wit is stored in everything.txt
// beside it; the build compiles it (everything.cc). Set ERMINE_UPDATE_GOLDEN=1 to write the file again; then check the
// changes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "component/bindgen/bindgen.h"
#include "component/wit/resolver.h"
#include "component/wit/select.h"

namespace ermine::component::bindgen {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The header of the only world of a package, or of `world`.
Result<std::string> header_of(std::string text, std::string_view world = {}) {
  wit::Resolve resolve;
  ERMINE_ASSIGN(const wit::PackageId package, wit::add_packages(resolve, wit::InputGroup{{"a.wit", std::move(text)}}));
  ERMINE_ASSIGN(const wit::WorldId id, wit::select_world(resolve, package, world));
  return write_header(resolve, id);
}

// A world with these items, and the interfaces before it.
std::string world_header(const std::string& items, const std::string& interfaces = {}) {
  Result<std::string> header = header_of("package a:b@1.0.0;\n" + interfaces + "\nworld w {\n" + items + "\n}\n");
  return header ? *header : header.error().message();
}

void expect_has(const std::string& header, std::string_view text) {
  EXPECT_NE(header.find(text), header.npos) << "not in the header: " << text << "\n" << header;
}
void expect_lacks(const std::string& header, std::string_view text) {
  EXPECT_EQ(header.find(text), header.npos) << "in the header: " << text << "\n" << header;
}

TEST(BindgenHeader, Everything) {
  const std::filesystem::path folder = ERMINE_BINDGEN_DIR;
  const Result<std::string> header = header_of(read_file(folder / "everything.wit"));
  ASSERT_TRUE(header) << header.error().message();
  if (std::getenv("ERMINE_UPDATE_GOLDEN") != nullptr)
    std::ofstream(folder / "everything.txt", std::ios::binary) << *header;
  EXPECT_EQ(read_file(folder / "everything.txt"), *header);
}

TEST(BindgenHeader, AWorldWithoutFunctionsHasNoClasses) {
  const std::string header = world_header("import i; export i;", "interface i { type t = u32; }");
  expect_has(header, "using T = uint32_t;");
  expect_lacks(header, "class ");
  expect_lacks(header, "struct ");
}

// Values that own a resource cannot be copied: they are taken by value and moved, also if the resource is in a part.
TEST(BindgenHeader, ArgumentsThatOwnResourcesAreMoved) {
  const std::string header =
      world_header("export i;",
                   "interface i { resource r; record pair { a: r, b: u32 } record plain { b: u32 }\n"
                   "take: func(p: pair, q: list<r>, c: plain); }");
  expect_has(header, "std::move(p)");
  expect_has(header, "std::move(q)");
  expect_lacks(header, "std::move(c)");
}

TEST(BindgenHeader, OneInterfaceInTwoVersions) {
  const Result<std::string> header = header_of(
      "package x:w;\n"
      "package x:y@1.0.0 { interface i { f: func(); } }\n"
      "package x:y@2.0.0-rc.1 { interface i { g: func(); } }\n"
      "world w { import x:y/i@1.0.0; import x:y/i@2.0.0-rc.1; }\n");
  ASSERT_TRUE(header) << header.error().message();
  expect_has(*header, "namespace x::y::i {");
  expect_has(*header, "namespace x::y::i_2_0_0_rc_1 {");
  expect_has(*header, "::x::y::i::Host& i;");
  expect_has(*header, "::x::y::i_2_0_0_rc_1::Host& i_2_0_0_rc_1;");
}

TEST(BindgenHeader, ClassesGiveWayToTypes) {
  const std::string header = world_header(
      "import i; export i;", "interface i { record host { a: u8 } record guest { a: u8 } f: func(h: host) -> guest; }");
  expect_has(header, "struct Host {");
  expect_has(header, "class HostFunctions {");
  expect_has(header, "struct Guest {");
  expect_has(header, "class GuestFunctions {");
}

// The smallest type that the number of cases, or of flags, fits in.
TEST(BindgenHeader, WidthOfEnumsAndFlags) {
  const auto labels = [](unsigned count) {
    std::string out;
    for (unsigned i = 0; i < count; ++i) out += "l" + std::to_string(i) + ", ";
    return out;
  };
  const std::string header =
      world_header("import i;", "interface i { enum small { " + labels(256) + " } enum large { " + labels(257) +
                                    " } flags a { " + labels(8) + " } flags b { " + labels(9) + " } flags c { " +
                                    labels(16) + " } flags d { " + labels(17) + " } }");
  expect_has(header, "enum class Small : uint8_t {");
  expect_has(header, "enum class Large : uint16_t {");
  expect_has(header, "enum class A : uint8_t {");
  expect_has(header, "enum class B : uint16_t {");
  expect_has(header, "enum class C : uint16_t {");
  expect_has(header, "enum class D : uint32_t {");
  expect_has(header, "kL16 = 1u << 16,");
}

TEST(BindgenHeader, Comments) {
  const std::string header =
      world_header("import i;", "/// First.\n///\n/// Ends with \\\ninterface i { /// Of f.\n f: func(); }");
  expect_has(header, "// Imported: a:b/i@1.0.0\n// First.\n//\n// Ends with \\.\nnamespace a::b::i {");
  expect_has(header, "  // Of f.\n  virtual ermine::Result<void> f() = 0;");
}

TEST(BindgenHeader, WhatWaits) {
  expect_has(
      world_header("import f: async func(text: string) -> u8;"),
      "virtual ermine::Result<void> f(ermine::component::Reply<uint8_t> ermine_reply, std::string_view text) = 0;");
  expect_has(world_header("import f: func(a: u8, s: list<stream<u8>>);"),
             "f(uint8_t a, std::vector<ermine::component::StreamReader<uint8_t>> s) = 0;");
  expect_has(world_header("export f: func() -> option<future>;"),
             "ermine::Result<std::optional<ermine::component::FutureReader<void>>> f() const");
  expect_has(world_header("import i;", "interface i { record r { a: u8, b: error-context } }"),
             "ermine::component::ErrorContext b{};");
}

}  // namespace
}  // namespace ermine::component::bindgen
