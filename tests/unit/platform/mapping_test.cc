#include "platform/mapping.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <tuple>
#include <vector>

#include "platform/thread_stack.h"

namespace ermine::platform {
namespace {

TEST(Mapping, CommitAndDecommit) {
  const uint64_t page = page_size();
  auto m = Mapping::reserve(uint64_t{1} << 34);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->size(), uint64_t{1} << 34);
  ASSERT_TRUE(m->commit(0, 3 * page));
  m->base()[0] = 1;
  m->base()[3 * page - 1] = 2;
  // Unaligned ends are rounded out; the contents of committed pages are preserved.
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

// Whether a byte can be read, according to the system.
bool readable(const void* at) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return false;
  const bool yes = write(pipe_ends[1], at, 1) == 1;
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return yes;
}

TEST(Mapping, GuardsAtBothEnds) {
  for (uint64_t guard : {uint64_t{1}, uint64_t{64} << 10, uint64_t{1} << 30}) {
    auto m = Mapping::reserve(1 << 20, {guard, 2 * guard});
    ASSERT_TRUE(m && m->commit(0, m->size()));
    uint8_t *low = m->base(), *high = m->base() + m->size();
    EXPECT_TRUE(readable(low) && readable(high - 1));
    for (uint64_t n : {uint64_t{1}, (guard + 1) / 2, guard}) EXPECT_FALSE(readable(low - n)) << guard << " " << n;
    for (uint64_t n : {uint64_t{0}, guard, 2 * guard - 1}) EXPECT_FALSE(readable(high + n)) << guard << " " << n;
    // No other mapping gets there: the guards are part of the mapping.
    EXPECT_EQ(mincore(low - page_size(), page_size(), std::vector<unsigned char>(1).data()), 0);
    // And no more than requested is ever made accessible.
    EXPECT_FALSE(m->commit(m->size(), page_size()));
  }
  EXPECT_FALSE(Mapping::reserve(1, {uint64_t{1} << 60, 0}));
}

TEST(Mapping, LiesAtARandomPlace) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the sanitizer chooses the places";
#endif
#endif
  if (personality(0xffffffff) & ADDR_NO_RANDOMIZE) GTEST_SKIP() << "the process asks for the same addresses each time";
  // Side by side, as the system places them, two of them would never be a gigabyte apart. (If a place is taken the
  // system chooses: under a sanitizer that is often more than half of the cases.)
  std::vector<Mapping> all;
  for (int i = 0; i < 16; ++i) all.push_back(*Mapping::reserve(1 << 20));
  std::sort(all.begin(), all.end(), [](const Mapping& a, const Mapping& b) { return a.base() < b.base(); });
  int far = 0;
  for (size_t i = 1; i < all.size(); ++i) far += all[i].base() - all[i - 1].base() > 1 << 30;
  EXPECT_GT(far, 2);
}

TEST(Mapping, RandomBelow) {
  uint64_t seen = 0;
  for (int i = 0; i < 10000; ++i) {
    const uint64_t n = random_below(64);
    ASSERT_LT(n, 64u);
    seen |= uint64_t{1} << n;
  }
  EXPECT_EQ(seen, ~uint64_t{0});
  EXPECT_EQ(random_below(1), 0u);
}

TEST(Mapping, SealedMappingsStay) {
  auto m = Mapping::reserve(4 * page_size());
  ASSERT_TRUE(m);
  if (!seal(m->base(), page_size())) GTEST_SKIP() << "this system cannot seal mappings";
  uint8_t* base = m->release();
  EXPECT_EQ(mprotect(base, page_size(), PROT_READ), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(munmap(base, page_size()), -1);
  EXPECT_EQ(mmap(base, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), MAP_FAILED);
  EXPECT_FALSE(readable(base));
  EXPECT_EQ(mprotect(base + page_size(), page_size(), PROT_READ), 0);
}

TEST(Mapping, ReturnsToItsPool) {
  struct Owner final : Mapping::Lender {
    void take_back(uint8_t* base, uint64_t size, uint64_t used) override { returned = {base, size, used}; }
    std::tuple<uint8_t*, uint64_t, uint64_t> returned{};
  } owner;
  const uint64_t page = page_size();
  auto whole = Mapping::reserve(8 * page);
  ASSERT_TRUE(whole);
  {
    Mapping part(whole->base(), 4 * page, &owner);
    EXPECT_TRUE(part.commit(0, 1));
    Mapping moved = std::move(part);
    EXPECT_TRUE(moved.commit(page, 1));
    EXPECT_FALSE(moved.commit(4 * page, 1));
    EXPECT_EQ(std::get<0>(owner.returned), nullptr);
  }
  EXPECT_EQ(owner.returned, std::tuple(whole->base(), 4 * page, 2 * page));
  {
    auto image = Image::create(page, [](uint8_t*) {});
    ASSERT_TRUE(image);
    Mapping part(whole->base(), 4 * page, &owner);
    EXPECT_TRUE(part.map_image(*image, 0, 2 * page, page));
    EXPECT_TRUE(part.decommit(2 * page, page));
  }
  EXPECT_EQ(owner.returned, std::tuple(whole->base(), 4 * page, 3 * page));
}

TEST(Image, EachMappingHasItsOwnCopy) {
  const uint64_t page = page_size();
  auto image = Image::create(2 * page, [](uint8_t* bytes) { bytes[5] = 9; });
  ASSERT_TRUE(image);
  auto a = Mapping::reserve(4 * page), b = Mapping::reserve(4 * page);
  ASSERT_TRUE(a->map_image(*image, 0, page, 2 * page) && b->map_image(*image, 0, 0, 2 * page));
  a->base()[page + 5] += 1;
  EXPECT_EQ(a->base()[page + 5], 10);
  EXPECT_EQ(b->base()[5], 9);
  EXPECT_EQ(b->base()[6], 0);
  EXPECT_FALSE(a->map_image(*image, 0, 3 * page, 2 * page));
}

TEST(Mapping, RefusesImpossibleSizes) {
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
    // A stack that the system does not know.
    EXPECT_LT(native_stack_limit(0x1000000), 0x1000000u);
  };
  check();
  std::thread(check).join();
}

}  // namespace
}  // namespace ermine::platform
