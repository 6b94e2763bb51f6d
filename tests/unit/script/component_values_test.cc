// The same for values of components.
#include "pattern.h"
#include "script/component_state.h"

namespace ermine::script {
namespace {

TEST(ComponentMatches, OnlyTheSameValue) {
  constexpr std::string_view kConstants[] = {
      "(bool.const true)",
      "(bool.const false)",
      "(u8.const 1)",
      "(u8.const 2)",
      "(s8.const 1)",
      "(u64.const 1)",
      "(f32.const 1)",
      "(f64.const 1)",
      "(f64.const -1)",
      "(char.const \"a\")",
      "(str.const \"a\")",
      "(str.const \"b\")",
      "(list.const)",
      "(list.const (u8.const 1))",
      "(list.const (u8.const 2))",
      "(list.const (u8.const 1) (u8.const 2))",
      "(tuple.const (u8.const 1))",
      "(tuple.const (u8.const 2))",
      "(tuple.const (u8.const 1) (u8.const 2))",
      "(record.const (field \"a\" u8.const 1))",
      "(record.const (field \"a\" u8.const 2))",
      "(record.const (field \"b\" u8.const 1))",
      "(record.const (field \"a\" u8.const 1) (field \"b\" u8.const 1))",
      "(variant.const \"a\")",
      "(variant.const \"b\")",
      "(variant.const \"a\" (u8.const 1))",
      "(variant.const \"a\" (u8.const 2))",
      "(variant.const \"b\" (u8.const 1))",
      "(enum.const \"a\")",
      "(enum.const \"b\")",
      "(option.none)",
      "(option.some (u8.const 1))",
      "(option.some (u8.const 2))",
      "(result.ok)",
      "(result.err)",
      "(result.ok (u8.const 1))",
      "(result.ok (u8.const 2))",
      "(result.err (u8.const 1))",
      "(flags.const)",
      "(flags.const \"a\")",
      "(flags.const \"a\" \"b\")",
  };
  for (const std::string_view given : kConstants) {
    const auto value = to_component_value(pattern(given));
    ASSERT_TRUE(value) << given << ": " << value.error().to_string();
    for (const std::string_view expected : kConstants)
      EXPECT_EQ(matches(*value, pattern(expected)), given == expected) << given << " and " << expected;
  }
}

}  // namespace
}  // namespace ermine::script
