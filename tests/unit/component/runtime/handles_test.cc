#include "component/runtime/handles.h"

#include <gtest/gtest.h>

namespace ermine::component {
namespace {

TEST(HandleTable, ReusesTheIndexThatWasFreedLast) {
  HandleTable table;
  const ResourceType type;
  for (uint32_t i = 1; i <= 3; ++i) EXPECT_EQ(*table.add({.type = &type, .rep = i, .own = true}), i);
  table.remove(1);
  table.remove(3);
  EXPECT_EQ(*table.add({.type = &type, .rep = 9, .own = true}), 3u);
  EXPECT_EQ(*table.add({.type = &type, .rep = 9, .own = true}), 1u);
  EXPECT_EQ(*table.add({.type = &type, .rep = 9, .own = true}), 4u);
}

TEST(HandleTable, KnowsIndicesAndTypes) {
  HandleTable table;
  const ResourceType a, b;
  ASSERT_EQ(*table.add({.type = &a, .rep = 7, .own = true}), 1u);
  EXPECT_EQ((*table.get(1, &a))->rep, 7u);
  EXPECT_EQ(table.get(0, &a).error().message(), "unknown handle index 0");
  EXPECT_EQ(table.get(2, &a).error().message(), "unknown handle index 2");
  EXPECT_NE(table.get(1, &b).error().message().find("used with the wrong type"), std::string::npos);
  table.remove(1);
  EXPECT_EQ(table.get(1, &a).error().message(), "unknown handle index 1");
}

TEST(HandleTable, HasALimit) {
  HandleTable table;
  const ResourceType type;
  for (uint32_t i = 0; i < kMaxHandles; ++i) ASSERT_TRUE(table.add({.type = &type, .rep = i, .own = true}));
  EXPECT_FALSE(table.add({.type = &type, .rep = 0, .own = true}));
  table.remove(5);
  EXPECT_EQ(*table.add({.type = &type, .rep = 0, .own = true}), 5u);
}

}  // namespace
}  // namespace ermine::component
