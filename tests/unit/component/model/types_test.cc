#include "component/model/types.h"

#include <gtest/gtest.h>

#include "component/model/limits.h"

namespace ermine::component {
namespace {

class TypesTest : public testing::Test {
 protected:
  TypeUse add(TypeKind kind, TypeUse first = {}, TypeUse second = {}, uint32_t number = 0) {
    DefinedType type;
    type.kind = kind;
    type.first = first;
    type.second = second;
    type.number = number;
    return complete(type);
  }
  TypeUse add_fields(TypeKind kind, const std::vector<Field>& fields) {
    DefinedType type;
    type.kind = kind;
    type.fields = types.arena.copy(fields);
    return complete(type);
  }
  TypeUse complete(DefinedType type) {
    const auto result = types.complete(type);
    EXPECT_TRUE(result) << result.error().message();
    return TypeUse::index(types.add(type));
  }
  static std::vector<Field> labels(size_t count) { return std::vector<Field>(count, Field{"l", {}, 0}); }
  std::pair<uint32_t, uint32_t> layout(TypeUse type, AddressType address = AddressType::k32) {
    const Layout l = types.layout(type, address);
    return {l.size, l.alignment};
  }
  std::vector<wasm::ValType> flat(TypeUse type, AddressType address = AddressType::k32) {
    const Flat& f = types.flat(type, address);
    EXPECT_FALSE(f.too_many);
    return {f.types.begin(), f.types.end()};
  }

  using Pair = std::pair<uint32_t, uint32_t>;
  using Core = std::vector<wasm::ValType>;
  Types types;
};

TEST_F(TypesTest, Primitives) {
  EXPECT_EQ(layout(Primitive::Bool), Pair(1, 1));
  EXPECT_EQ(layout(Primitive::S16), Pair(2, 2));
  EXPECT_EQ(layout(Primitive::Char), Pair(4, 4));
  EXPECT_EQ(layout(Primitive::F64), Pair(8, 8));
  EXPECT_EQ(layout(Primitive::String), Pair(8, 4));
  EXPECT_EQ(layout(Primitive::String, AddressType::k64), Pair(16, 8));
  EXPECT_EQ(flat(Primitive::U64), Core{wasm::kI64});
  EXPECT_EQ(flat(Primitive::F32), Core{wasm::kF32});
  EXPECT_EQ(flat(Primitive::String), (Core{wasm::kI32, wasm::kI32}));
  EXPECT_EQ(flat(Primitive::String, AddressType::k64), (Core{wasm::kI64, wasm::kI64}));
}

TEST_F(TypesTest, RecordsHavePadding) {
  const TypeUse record =
      add_fields(TypeKind::Record, {{"a", Primitive::U8, 0}, {"b", Primitive::U32, 0}, {"c", Primitive::U16, 0}});
  EXPECT_EQ(layout(record), Pair(12, 4));
  EXPECT_EQ(flat(record), (Core{wasm::kI32, wasm::kI32, wasm::kI32}));
  const TypeUse pointers = add_fields(TypeKind::Tuple, {{{}, Primitive::U8, 0}, {{}, Primitive::String, 0}});
  EXPECT_EQ(layout(pointers), Pair(12, 4));
  EXPECT_EQ(layout(pointers, AddressType::k64), Pair(24, 8));
  EXPECT_TRUE(types.flags(pointers).pointer);
}

TEST_F(TypesTest, VariantsJoinTheirCases) {
  const TypeUse ints = add(TypeKind::Result, Primitive::U32, Primitive::F32);
  EXPECT_EQ(flat(ints), (Core{wasm::kI32, wasm::kI32}));
  const TypeUse wide = add(TypeKind::Result, Primitive::F32, Primitive::F64);
  EXPECT_EQ(flat(wide), (Core{wasm::kI32, wasm::kI64}));
  EXPECT_EQ(layout(wide), Pair(16, 8));
  const TypeUse same = add(TypeKind::Result, Primitive::F64, Primitive::F64);
  EXPECT_EQ(flat(same), (Core{wasm::kI32, wasm::kF64}));
  EXPECT_EQ(layout(add(TypeKind::Option, Primitive::U8)), Pair(2, 1));
  EXPECT_EQ(layout(add(TypeKind::Result)), Pair(1, 1));
}

TEST_F(TypesTest, TheSizeOfADiscriminant) {
  EXPECT_EQ(layout(add_fields(TypeKind::Enum, labels(256))), Pair(1, 1));
  EXPECT_EQ(layout(add_fields(TypeKind::Enum, labels(257))), Pair(2, 2));
  EXPECT_EQ(layout(add_fields(TypeKind::Enum, labels(65'537))), Pair(4, 4));
  EXPECT_EQ(layout(add_fields(TypeKind::Flags, labels(8))), Pair(1, 1));
  EXPECT_EQ(layout(add_fields(TypeKind::Flags, labels(9))), Pair(2, 2));
  EXPECT_EQ(layout(add_fields(TypeKind::Flags, labels(17))), Pair(4, 4));
}

TEST_F(TypesTest, ListsOfAFixedLengthAreValues) {
  const TypeUse list = add(TypeKind::FixedList, Primitive::U16, {}, 5);
  EXPECT_EQ(layout(list), Pair(10, 2));
  EXPECT_EQ(flat(list).size(), 5u);
  EXPECT_TRUE(types.flat(add(TypeKind::FixedList, Primitive::U8, {}, 17), AddressType::k32).too_many);
  EXPECT_EQ(layout(add(TypeKind::List, Primitive::U16)), Pair(8, 4));
}

TEST_F(TypesTest, AtMostSixteenFlatTypes) {
  EXPECT_EQ(flat(add_fields(TypeKind::Tuple, std::vector<Field>(16, Field{{}, Primitive::U8, 0}))).size(), 16u);
  const TypeUse more = add_fields(TypeKind::Tuple, std::vector<Field>(17, Field{{}, Primitive::U8, 0}));
  EXPECT_TRUE(types.flat(more, AddressType::k32).too_many);
  EXPECT_TRUE(types.flat(add(TypeKind::Option, more), AddressType::k32).too_many);
}

TEST_F(TypesTest, EqualTypesHaveOneCanonicalType) {
  const TypeUse a = add(TypeKind::List, Primitive::U8), b = add(TypeKind::List, Primitive::U8);
  EXPECT_NE(a, b);
  EXPECT_EQ(types.canonical(a), types.canonical(b));
  EXPECT_EQ(types.canonical(add(TypeKind::Option, a)), types.canonical(add(TypeKind::Option, b)));
  EXPECT_NE(types.canonical(add(TypeKind::List, Primitive::S8)), types.canonical(a));
  const std::vector<Field> x{{"x", Primitive::U8, 0}}, y{{"y", Primitive::U8, 0}};
  EXPECT_NE(types.canonical(add_fields(TypeKind::Record, x)), types.canonical(add_fields(TypeKind::Record, y)));
  EXPECT_NE(types.canonical(add_fields(TypeKind::Record, x)), types.canonical(add_fields(TypeKind::Variant, x)));
  // A primitive type stays the same when it gets an index.
  EXPECT_EQ(types.canonical(add(TypeKind::Primitive)), TypeUse(Primitive::Bool));
}

TEST_F(TypesTest, CanonicalTypesAreFoundAfterMany) {
  std::vector<TypeUse> all{Primitive::U8};
  for (uint32_t i = 1; i < 90; ++i) all.push_back(add(TypeKind::List, all.back()));
  TypeUse again = Primitive::U8;
  for (uint32_t i = 1; i < 90; ++i) {
    again = add(TypeKind::List, again);
    EXPECT_EQ(types.canonical(again), types.canonical(all[i]));
  }
}

TEST_F(TypesTest, HandlesAreEqualByTheirResource) {
  const ResourceName r = types.add_resource(), other = types.add_resource();
  const ResourceName name = types.add_name({AnyKind::Resource, r}).id;
  EXPECT_EQ(types.canonical(add(TypeKind::Own, {}, {}, r)), types.canonical(add(TypeKind::Own, {}, {}, name)));
  EXPECT_NE(types.canonical(add(TypeKind::Own, {}, {}, r)), types.canonical(add(TypeKind::Own, {}, {}, other)));
  EXPECT_NE(types.canonical(add(TypeKind::Own, {}, {}, r)), types.canonical(add(TypeKind::Borrow, {}, {}, r)));
  const TypeUse borrow = add(TypeKind::Option, add(TypeKind::Borrow, {}, {}, r));
  EXPECT_TRUE(types.flags(borrow).borrow);
  EXPECT_TRUE(types.flags(borrow).resource);
}

TEST_F(TypesTest, LimitsOfAType) {
  TypeUse type = Primitive::U8;
  for (uint32_t i = 0; i < kMaxTypeDepth; ++i) type = add(TypeKind::Option, type);
  DefinedType deeper;
  deeper.kind = TypeKind::List;
  deeper.first = type;
  EXPECT_TRUE(types.complete(deeper).error().message().starts_with("type nesting is too deep"));

  // Twice the parts with each level.
  type = Primitive::U8;
  Result<void> result;
  uint32_t level = 0;
  for (; level < 40; ++level) {
    DefinedType pair;
    pair.kind = TypeKind::Tuple;
    pair.fields = types.arena.copy(std::vector<Field>(2, Field{{}, type, 0}));
    if (result = types.complete(pair); !result) break;
    type = TypeUse::index(types.add(pair));
  }
  EXPECT_LT(level, 21u);
  EXPECT_TRUE(result.error().message().starts_with("effective type size exceeds the limit"));
}

TEST_F(TypesTest, TheSizeOfAValueHasALimit) {
  DefinedType list;
  list.kind = TypeKind::FixedList;
  list.first = Primitive::String;
  list.number = (1u << 28) / 16 - 1;
  EXPECT_TRUE(types.complete(list));
  ++list.number;  // fits with 32-bit addresses
  EXPECT_NE(types.complete(list).error().message().find("64-bit"), std::string::npos);
}

TEST_F(TypesTest, Functions) {
  FuncType func;
  func.params = types.arena.copy(std::vector<Field>{{"a", Primitive::U8, 0}, {"b", Primitive::String, 0}});
  func.result = Primitive::U64;
  ASSERT_TRUE(types.complete(func));
  EXPECT_EQ(func.params_layout[0].size, 12u);
  EXPECT_EQ(func.params_layout[1].size, 24u);
  EXPECT_EQ(func.params_flat[0].types.size(), 3u);
  EXPECT_EQ(func.params_flat[1].types[1], wasm::kI64);
  EXPECT_TRUE(func.flags.pointer);
}

}  // namespace
}  // namespace ermine::component
