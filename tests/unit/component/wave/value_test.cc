#include "component/value/value.h"

#include <gtest/gtest.h>

#include <limits>

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

}  // namespace
}  // namespace ermine::component
