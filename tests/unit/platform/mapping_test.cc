#include "platform/mapping.h"

#include <gtest/gtest.h>

#include <thread>

#include "platform/thread_stack.h"

namespace ermine::platform {
namespace {

TEST(Mapping, CommitAndDecommit) {
  const uint64_t page = page_size();
  auto m = Mapping::reserve(uint64_t{1} << 36);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->size(), uint64_t{1} << 36);
  ASSERT_TRUE(m->commit(0, 3 * page));
  m->base()[0] = 1;
  m->base()[3 * page - 1] = 2;
  // Unaligned ends are rounded out; what is committed already keeps its contents.
  ASSERT_TRUE(m->commit(2 * page + 5, page));
  EXPECT_EQ(m->base()[3 * page - 1], 2);
  m->base()[4 * page - 1] = 3;
  ASSERT_TRUE(m->decommit(0, 4 * page));
  ASSERT_TRUE(m->commit(0, page));
  EXPECT_EQ(m->base()[0], 0);
  EXPECT_FALSE(m->commit(m->size() - page, 2 * page));
  Mapping moved = *std::move(m);
  EXPECT_TRUE(moved);
}

TEST(Image, EachMappingHasItsOwnCopy) {
  const uint64_t page = page_size();
  auto image = Image::create(2 * page, [](uint8_t* bytes) { bytes[5] = 9; });
  ASSERT_TRUE(image);
  auto a = Mapping::reserve(4 * page), b = Mapping::reserve(4 * page);
  ASSERT_TRUE(a->show(*image, 0, page, 2 * page) && b->show(*image, 0, 0, 2 * page));
  a->base()[page + 5] += 1;
  EXPECT_EQ(a->base()[page + 5], 10);
  EXPECT_EQ(b->base()[5], 9);
  EXPECT_EQ(b->base()[6], 0);
  EXPECT_FALSE(a->show(*image, 0, 3 * page, 2 * page));
}

TEST(Mapping, RefusesWhatCannotBe) {
  EXPECT_FALSE(Mapping::reserve(uint64_t{1} << 60));
  EXPECT_TRUE(Mapping::reserve(0));
}

TEST(ThreadStack, HoldsThisFrame) {
  auto check = [] {
    const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    const StackBounds& b = thread_stack();
    EXPECT_LT(b.low, here);
    EXPECT_GT(b.high, here);
    const uintptr_t limit = native_stack_limit(here);
    EXPECT_GE(limit, b.low + kStackHeadroom);
    EXPECT_LT(limit, here);
    // A stack the system does not know of.
    EXPECT_LT(native_stack_limit(0x1000000), 0x1000000u);
  };
  check();
  std::thread(check).join();
}

}  // namespace
}  // namespace ermine::platform
