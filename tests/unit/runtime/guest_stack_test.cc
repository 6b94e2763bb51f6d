#include "runtime/guest_stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

namespace ermine::runtime {
namespace {

GuestStack taken(uint64_t bytes) {
  auto stack = GuestStack::take(bytes);
  EXPECT_TRUE(stack);
  return stack ? *std::move(stack) : GuestStack();
}
bool is_zero(const GuestStack& stack) {
  return std::all_of(stack.base(), stack.base() + stack.size(), [](uint8_t byte) { return byte == 0; });
}

TEST(GuestStacks, AreKeptWithoutTheirContents) {
  const uint8_t* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    const GuestStack stack = taken(256 << 10);
    if (i == 0) first = stack.base();
    EXPECT_EQ(stack.base(), first);
    EXPECT_EQ(stack.size(), 256u << 10);
    EXPECT_TRUE(is_zero(stack));
    std::memset(stack.base(), 1, stack.size());
  }
  const GuestStack larger = taken(512 << 10);
  EXPECT_EQ(larger.size(), 512u << 10);
  EXPECT_TRUE(is_zero(larger));
}

TEST(GuestStacks, ThoseInUseDiffer) {
  std::vector<GuestStack> stacks;
  std::set<const uint8_t*> places;
  for (int i = 0; i < 20; ++i) {
    stacks.push_back(taken(64 << 10));
    places.insert(stacks.back().base());
    std::memset(stacks.back().base(), i + 1, stacks.back().size());
  }
  EXPECT_EQ(places.size(), 20u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(stacks[static_cast<size_t>(i)].base()[100], i + 1);
  // A few of them are kept.
  stacks.clear();
  const GuestStack again = taken(64 << 10);
  EXPECT_TRUE(places.contains(again.base()));
  EXPECT_TRUE(is_zero(again));
}

}  // namespace
}  // namespace ermine::runtime
