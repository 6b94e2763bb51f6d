// Core signatures of functions, and what they need of their module.
#include "component/wit/abi.h"

#include "../wit/wit.h"

namespace ermine::component::wit {
namespace {

std::string described(const std::string& type, AbiSide side) {
  const Loaded loaded(
      "package a:b;\ninterface i {\n"
      "  resource r;\n"
      "  record pair { a: u32, b: f64 }\n"
      "  variant v { none, small(f32), big(u64), text(string) }\n"
      "  flags few { x, y }\n"
      "  type wide = tuple<u32, u32, u32, u32, u32, u32, u32, u32, u32>;\n"
      "  f: " +
      type + ";\n}\n");
  EXPECT_EQ(loaded.error, "");
  if (!loaded.error.empty()) return {};
  const FunctionAbi abi = Abi(loaded.resolve).function(loaded.function("i", "f"), side);
  return abi.signature.to_string() + (abi.needs.memory ? " memory" : "") + (abi.needs.realloc ? " realloc" : "") +
         (abi.needs.encoding ? " encoding" : "");
}

TEST(Abi, Flattens) {
  EXPECT_EQ(described("func()", AbiSide::kLower), "() -> ()");
  EXPECT_EQ(described("func(a: u8, b: s64, c: f32, d: char) -> bool", AbiSide::kLower),
            "(i32, i64, f32, i32) -> (i32)");
  EXPECT_EQ(described("func(a: pair, b: few, c: borrow<r>) -> own<r>", AbiSide::kLower),
            "(i32, f64, i32, i32) -> (i32)");
  // The cases of a variant share places: f32 and u64 become i64.
  EXPECT_EQ(described("func(a: v)", AbiSide::kLower), "(i32, i64, i32) -> () memory encoding");
  EXPECT_EQ(described("func(a: option<f32>) -> result", AbiSide::kLower), "(i32, f32) -> (i32)");
  EXPECT_EQ(described("func(a: result<f32, u32>)", AbiSide::kLower), "(i32, i32) -> ()");
}

TEST(Abi, ResultsThatDoNotFitAreInMemory) {
  EXPECT_EQ(described("func() -> pair", AbiSide::kLower), "(i32) -> () memory");
  EXPECT_EQ(described("func() -> pair", AbiSide::kLift), "() -> (i32) memory");
  EXPECT_EQ(described("func() -> string", AbiSide::kLower), "(i32) -> () memory realloc encoding");
  EXPECT_EQ(described("func() -> string", AbiSide::kLift), "() -> (i32) memory encoding");
}

TEST(Abi, ManyParametersAreInMemory) {
  EXPECT_EQ(described("func(a: wide, b: wide)", AbiSide::kLower), "(i32) -> () memory");
  EXPECT_EQ(described("func(a: wide, b: wide)", AbiSide::kLift), "(i32) -> () memory realloc");
  EXPECT_EQ(described("func(a: wide)", AbiSide::kLower), "(i32, i32, i32, i32, i32, i32, i32, i32, i32) -> ()");
}

TEST(Abi, ListsNeedRealloc) {
  EXPECT_EQ(described("func(a: list<u8>)", AbiSide::kLower), "(i32, i32) -> () memory");
  EXPECT_EQ(described("func(a: list<u8>)", AbiSide::kLift), "(i32, i32) -> () memory realloc");
}

TEST(Abi, Asynchronous) {
  EXPECT_EQ(described("async func(a: u32) -> u64", AbiSide::kLowerAsync), "(i32, i32) -> (i32) memory");
  EXPECT_EQ(described("async func(a: wide)", AbiSide::kLowerAsync), "(i32) -> (i32) memory");
  EXPECT_EQ(described("async func(a: u32) -> u64", AbiSide::kLiftCallback), "(i32) -> (i32)");
  EXPECT_EQ(described("async func(a: u32) -> string", AbiSide::kLiftStackful), "(i32) -> () memory encoding");
}

TEST(Abi, NumbersStreamsAndFutures) {
  const Loaded loaded("package a:b; interface i { f: func(a: list<future<stream<u8>>>) -> option<stream>; }");
  ASSERT_EQ(loaded.error, "");
  std::string kinds;
  for (const TypeId id : Abi(loaded.resolve).streams_and_futures(loaded.function("i", "f")))
    kinds += loaded.resolve[id].kind == TypeDefKind::kStream ? "s" : "f";
  EXPECT_EQ(kinds, "sfs");
}

// A type has 2^100 parts if each is counted where it occurs.
TEST(Abi, SharedPartsAreLookedAtOnce) {
  std::string text = "package a:b; interface i { record t0 { a: list<u8> }\n";
  for (int i = 1; i < 90; ++i)
    text +=
        "record t" + std::to_string(i) + " { a: t" + std::to_string(i - 1) + ", b: t" + std::to_string(i - 1) + " }\n";
  const Loaded loaded(text + "f: func(a: t89); }");
  ASSERT_EQ(loaded.error, "");
  const FunctionAbi abi = Abi(loaded.resolve).function(loaded.function("i", "f"), AbiSide::kLower);
  EXPECT_EQ(abi.signature.to_string(), "(i32) -> ()");
  EXPECT_TRUE(abi.needs.memory);
}

}  // namespace
}  // namespace ermine::component::wit
