// Cover: whatever the set is, its members are found and no other number is, and no test is longer than comparing all.

#include "sandbox/cover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace ermine::sandbox {
namespace {

// As a filter does it (FilterAssembler::find).
bool finds(const Cover& cover, uint32_t number) {
  if (std::ranges::find(cover.single(), number) != cover.single().end()) return true;
  for (const Cover::Window& w : cover.windows()) {
    if (w.after_gap && number < w.begin) return false;
    if (number < w.begin + Cover::kWidth) return (w.bits >> number % 32 & 1) != 0;
  }
  return false;
}

size_t cost(const Cover& cover) {
  size_t cost = cover.single().size();
  for (const Cover::Window& w : cover.windows()) cost += w.after_gap ? 3 : 2;
  return cost;
}

void check(const std::vector<uint16_t>& numbers) {
  const Cover cover(numbers);
  EXPECT_LE(cost(cover), numbers.size());
  for (uint32_t n = 0; n < 2 * Cover::kMostNumbers; ++n)
    ASSERT_EQ(finds(cover, n), std::ranges::find(numbers, n) != numbers.end()) << n << " of " << numbers.size();
}

TEST(Cover, FindsWhatIsInTheSetAndNothingElse) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint16_t> numbers;
    const uint32_t most = 1 + random() % (Cover::kMostNumbers - 1), rarity = 1 + random() % 20;
    for (uint32_t n = 0; n < most; ++n)
      if (random() % rarity == 0) numbers.push_back(static_cast<uint16_t>(n));
    check(numbers);
  }
}

TEST(Cover, Bounds) {
  check({});
  check({0});
  check({31, 32});
  check({511});
  std::vector<uint16_t> all(Cover::kMostNumbers);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
  check(all);
}

TEST(Cover, IsShort) {
  // Four neighbours and more are worth a window, wherever they are.
  EXPECT_EQ(cost(Cover(std::vector<uint16_t>{40, 50, 60, 71})), 3u);
  // A window that continues another needs no comparison with its beginning.
  EXPECT_EQ(cost(Cover(std::vector<uint16_t>{1, 2, 3, 20, 40, 50, 60})), 4u);
  EXPECT_EQ(cost(Cover(std::vector<uint16_t>{100, 200, 300})), 3u);
}

}  // namespace
}  // namespace ermine::sandbox
