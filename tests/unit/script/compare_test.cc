// Which results a script accepts: one that accepted too much would hide every failure.
#include "script/compare.h"

#include "pattern.h"

namespace ermine::script {
namespace {

TEST(Matches, OnlyTheSameNumber) {
  const std::pair<std::string_view, ValType> kConstants[] = {
      {"(i32.const 1)", ValType::i32()},
      {"(i32.const 2)", ValType::i32()},
      {"(i64.const 1)", ValType::i64()},
      {"(i64.const 0x100000001)", ValType::i64()},
      {"(f32.const 0)", ValType::f32()},
      {"(f32.const -0)", ValType::f32()},
      {"(f64.const 0)", ValType::f64()},
      {"(f64.const -0)", ValType::f64()},
      {"(v128.const i32x4 1 2 3 4)", ValType::v128()},
      {"(v128.const i32x4 1 2 3 5)", ValType::v128()},
      {"(v128.const f32x4 1 2 3 4)", ValType::v128()},
  };
  Engine engine;
  Store store(engine);
  for (const auto& [given, type] : kConstants) {
    const Result<Val> value = to_value(store, pattern(given), type);
    ASSERT_TRUE(value) << given << ": " << value.error().to_string();
    for (const auto& [expected, _] : kConstants)
      EXPECT_EQ(matches(*value, pattern(expected)), given == expected) << given << " and " << expected;
  }
}

TEST(Matches, KindsOfNan) {
  const auto accepted_by = [](uint32_t bits) {
    std::string by;
    for (const char* text : {"(f32.const nan:canonical)", "(f32.const nan:arithmetic)",
                             "(either (f32.const 7) (f32.const nan:canonical))"})
      by += matches(Val::from_f32_bits(bits), pattern(text)) ? '1' : '0';
    return by;
  };
  EXPECT_EQ(accepted_by(0x7FC0'0000), "111");
  EXPECT_EQ(accepted_by(0xFFC0'0000), "111");
  EXPECT_EQ(accepted_by(0x7FC0'0001), "010");
  EXPECT_EQ(accepted_by(0x7FA0'0000), "000");  // signals
  EXPECT_EQ(accepted_by(0x7F80'0000), "000");  // infinity
  EXPECT_EQ(accepted_by(0x40E0'0000), "001");  // 7
  constexpr std::string_view kDouble = "(f64.const nan:canonical)";
  EXPECT_TRUE(matches(Val::from_f64_bits(0x7FF8'0000'0000'0000), pattern(kDouble)));
  EXPECT_FALSE(matches(Val::from_f64_bits(0x7FF8'0000'0000'0001), pattern(kDouble)));
  EXPECT_FALSE(matches(Val::from_f32_bits(0x7FC0'0000), pattern(kDouble)));
}

}  // namespace
}  // namespace ermine::script
