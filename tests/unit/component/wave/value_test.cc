#include "component/value/value.h"

#include <gtest/gtest.h>

#include <limits>

#include "component/value/type_text.h"
#include "component/value/value_type.h"

namespace ermine::component {
namespace {

Value everything() {
  std::vector<NamedValue> fields;
  std::vector<Value> numbers;
  numbers.push_back(Value::s32(-1));
  numbers.push_back(Value::u64(~uint64_t{0}));
  numbers.push_back(Value::f32(0.5F));
  numbers.push_back(Value::f64(-0.0));
  numbers.push_back(Value::boolean(true));
  numbers.push_back(Value::character(U'☃'));
  fields.push_back({"tuple", Value::tuple(std::move(numbers))});
  std::vector<Value> list;
  list.push_back(Value::some(Value::string("a")));
  list.push_back(Value::none());
  fields.push_back({"list", Value::list(std::move(list))});
  fields.push_back({"variant", Value::variant("case", Value::enumeration("e"))});
  fields.push_back({"result", Value::result(false)});
  fields.push_back({"flags", Value::flags({"read", "write"})});
  std::vector<std::pair<Value, Value>> map;
  map.emplace_back(Value::u32(1), Value::result(true, Value::u32(2)));
  fields.push_back({"map", Value::map(std::move(map))});
  fields.push_back({"handle", Value::handle(ValueKind::kOwn, {7, std::make_shared<int>(1)})});
  return Value::record(std::move(fields));
}

TEST(Value, PartsAreRead) {
  const Value v = everything();
  EXPECT_EQ(v.kind(), ValueKind::kRecord);
  const auto& numbers = v.field("tuple")->elements();
  EXPECT_EQ(numbers[0].as_signed(), -1);
  EXPECT_EQ(numbers[1].as_unsigned(), ~uint64_t{0});
  EXPECT_EQ(numbers[2].as_f32(), 0.5F);
  EXPECT_TRUE(numbers[4].as_bool());
  EXPECT_EQ(numbers[5].as_char(), U'☃');
  EXPECT_EQ(v.field("list")->elements()[0].payload()->as_string(), "a");
  EXPECT_EQ(v.field("list")->elements()[1].payload(), nullptr);
  EXPECT_EQ(v.field("variant")->case_name(), "case");
  EXPECT_EQ(v.field("variant")->payload()->case_name(), "e");
  EXPECT_FALSE(v.field("result")->is_ok());
  EXPECT_EQ(v.field("flags")->flag_names().size(), 2u);
  EXPECT_EQ(v.field("map")->entries()[0].second.payload()->as_unsigned(), 2u);
  EXPECT_EQ(v.field("handle")->as_handle().rep, 7u);
  EXPECT_EQ(v.field("none"), nullptr);
}

// Numbers that lie side by side are read one by one, with the sign that their type has.
TEST(Value, PackedNumbersAreRead) {
  const uint8_t bytes[] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x80, 1, 2, 3, 4, 5, 6};
  const auto element = [&](ValueKind kind, size_t index) { return Value::packed(kind, bytes, sizeof bytes).at(index); };
  EXPECT_EQ(Value::packed(ValueKind::kU8, bytes, sizeof bytes).size(), 16u);
  EXPECT_EQ(Value::packed(ValueKind::kU32, bytes, sizeof bytes).size(), 4u);
  EXPECT_EQ(element(ValueKind::kU8, 0).as_unsigned(), 0xFFu);
  EXPECT_EQ(element(ValueKind::kU8, 15).as_unsigned(), 6u);
  EXPECT_EQ(element(ValueKind::kS8, 0).as_signed(), -1);
  EXPECT_EQ(element(ValueKind::kS8, 8).as_signed(), 127);
  EXPECT_EQ(element(ValueKind::kS8, 9).as_signed(), -128);
  EXPECT_EQ(element(ValueKind::kU16, 0).as_unsigned(), 0xFFFFu);
  EXPECT_EQ(element(ValueKind::kS16, 4).as_signed(), -32641);
  EXPECT_EQ(element(ValueKind::kS16, 5).as_signed(), 0x201);
  EXPECT_EQ(element(ValueKind::kU32, 1).as_unsigned(), 0xFFFF'FFFFu);
  EXPECT_EQ(element(ValueKind::kS32, 1).as_signed(), -1);
  EXPECT_EQ(element(ValueKind::kS32, 3).as_signed(), 0x0605'0403);
  EXPECT_EQ(element(ValueKind::kU64, 0).as_unsigned(), ~uint64_t{0});
  EXPECT_EQ(element(ValueKind::kS64, 0).as_signed(), -1);
  EXPECT_EQ(element(ValueKind::kS64, 1).as_signed(), 0x0605'0403'0201'807F);
  const float floats[] = {0.5F, -2};
  EXPECT_EQ(Value::packed(ValueKind::kF32, reinterpret_cast<const uint8_t*>(floats), sizeof floats).at(1).as_f32(), -2);
}

TEST(Value, CopiesAreEqual) {
  const Value v = everything();
  Value copy = v.clone();
  EXPECT_EQ(copy, v);
  const Value moved = std::move(copy);
  EXPECT_EQ(moved, v);
  EXPECT_FALSE(moved == Value::u32(1));
}

TEST(Value, Equality) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Value::f32(nan), Value::f32(nan));
  EXPECT_FALSE(Value::f64(0.0) == Value::f64(-0.0));
  EXPECT_FALSE(Value::u32(1) == Value::s32(1));
  EXPECT_FALSE(Value::some(Value::u32(1)) == Value::none());
  EXPECT_FALSE(Value::result(true) == Value::result(false));
  EXPECT_FALSE(Value::string("a") == Value::enumeration("a"));
}

// A type in which each level has the level below twice has a text that is exponential in the depth.
TEST(ValueType, TextIsBounded) {
  auto type = std::make_shared<ValueType>();
  for (int i = 0; i < 100; ++i) {
    auto outer = std::make_shared<ValueType>();
    outer->kind = ValueKind::kResult;
    outer->first = outer->second = type;
    type = outer;
  }
  EXPECT_LT(to_string(*type).size(), 2000u);
}

// The text of a type is cut off behind the part with which it exceeds 4,000 bytes.
TEST(TypeText, IsCutOff) {
  const auto text = [](size_t label) {
    const std::string name(label, 'a');
    const detail::PartShape part{name};
    detail::TypeShape shape;
    shape.kind = ValueKind::kEnum;
    shape.parts = {&part, 1};
    const std::string result = shape_text(&shape);
    EXPECT_TRUE(result.starts_with("enum { " + name));
    return result.substr(7 + label);
  };
  EXPECT_EQ(text(4000 - 9), " }");
  EXPECT_EQ(text(4000 - 8), " } …");
  EXPECT_EQ(text(4000 - 7), " } …");
  EXPECT_EQ(text(4000 - 6), " …");
}

}  // namespace
}  // namespace ermine::component
