// Indices that are clamped without a branch.
#include "base/speculation.h"

#include <gtest/gtest.h>

namespace ermine::base {
namespace {

constexpr uint64_t kEdges[] = {
    0, 1, 2, 100, INT32_MAX, UINT32_MAX, uint64_t{1} << 32, INT64_MAX, uint64_t{1} << 63, ~uint64_t{0}};

TEST(Speculation, ClampAndMask) {
  for (uint64_t index : kEdges) {
    for (uint64_t end : kEdges) {
      EXPECT_EQ(clamp_index(index, end), index < end ? index : end) << index << " " << end;
      EXPECT_EQ(index_or_zero(index, end), index < end ? index : 0) << index << " " << end;
      EXPECT_EQ(value_or_zero(7, index, end), index < end ? 7 : 0) << index << " " << end;
    }
  }
}

// Also after a branch has already decided, as in every use.
TEST(Speculation, BehindABranch) {
  volatile uint64_t index = 5, end = 10;
  const uint64_t i = index, e = end;
  if (i >= e) GTEST_FAIL();
  EXPECT_EQ(clamp_index(i, e), 5u);
  EXPECT_EQ(index_or_zero(i, e), 5u);
}

}  // namespace
}  // namespace ermine::base
