#include "runtime/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "runtime/memory_slots.h"
#include "runtime/parking_lot.h"
#include "runtime/store.h"
#include "wasm/limits.h"

namespace ermine::runtime {
namespace {

wasm::MemoryType type(uint64_t min, std::optional<uint64_t> max = {}, bool is64 = false, bool shared = false,
                      uint8_t log2 = 16) {
  wasm::MemoryType t;
  t.limits = {min, max};
  t.is64 = is64;
  t.shared = shared;
  t.page_log2 = log2;
  return t;
}

std::unique_ptr<Memory> make(const wasm::MemoryType& t, MemoryOptions options = {}) {
  auto m = Memory::create(t, options);
  if (!m) {
    ADD_FAILURE() << m.error().to_string();
    return nullptr;
  }
  return *std::move(m);
}

TEST(Memory, GuardedNeverMoves) {
  auto m = make(type(1, 100));
  EXPECT_EQ(m->guarded(), Memory::wants_guard(type(1), {}));
  uint8_t* base = m->base();
  InstanceContext ctx{};
  m->watch(&ctx);
  EXPECT_EQ(ctx.memory0_base, base);
  EXPECT_EQ(ctx.memory0_size, 65536u);
  base[65535] = 7;
  EXPECT_EQ(m->grow(99), 1u);
  EXPECT_EQ(ctx.memory0_size, 6553600u);
  if (m->guarded()) EXPECT_EQ(m->base(), base);
  EXPECT_EQ(m->base()[65535], 7);
  EXPECT_EQ(m->base()[6553599], 0);
  EXPECT_FALSE(m->grow(1));
  m->unwatch(&ctx);
}

// Whether a byte can be read, according to the system.
bool readable(const void* at) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  const bool yes = write(ends[1], at, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return yes;
}

// Nothing of a memory is left for the next one in its slot, neither contents nor access.
TEST(Memory, SlotsAreEmptied) {
  auto m = make(type(1));
  if (!m->guarded()) GTEST_SKIP() << "memories are not guarded here";
  uint8_t* const base = m->base();
  ASSERT_TRUE(m->grow(2));
  std::fill(base, base + 3 * 65536, uint8_t{7});
  m.reset();
  EXPECT_FALSE(readable(base));
  EXPECT_FALSE(readable(base + 3 * 65536 - 1));
  for (int i = 0; i < 10'000 && !(m && m->base() == base); ++i) {
    m.reset();
    m = make(type(1));
  }
  ASSERT_EQ(m->base(), base) << "the slot was not used again";
  EXPECT_FALSE(readable(base + 65536));
  ASSERT_TRUE(m->grow(2));
  EXPECT_EQ(std::count(base, base + 3 * 65536, uint8_t{0}), 3 * 65536);
}

// Any address from an index with a wrong upper half, or an offset with a wrong sign, is in a guard or another memory.
TEST(Memory, GuardedBelowAndAbove) {
  if (!Memory::wants_guard(type(1), {})) GTEST_SKIP() << "no guarded memories here";
  std::vector<std::unique_ptr<Memory>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(make(type(2)));
    ASSERT_TRUE(all.back()->guarded());
    all.back()->base()[65536] = 1;
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->base() < b->base(); });
  for (size_t i = 0; i < all.size(); ++i) {
    const uint8_t* base = all[i]->base();
    // Up to the neighbour, whose guard is shared.
    if (i != 0) ASSERT_GE(base - all[i - 1]->base(), static_cast<ptrdiff_t>(kGuardedReach));
    auto in_a_memory = [&](const uint8_t* p) {
      for (const auto& m : all)
        if (p >= m->base() && p < m->base() + m->byte_size()) return true;
      return false;
    };
    for (uint64_t n :
         {uint64_t{1}, uint64_t{1} << 16, uint64_t{2} << 30, uint64_t{4} << 30, uint64_t{6} << 30, kGuardBelow})
      if (!in_a_memory(base - n)) EXPECT_FALSE(readable(base - n)) << n;
    for (uint64_t n : {uint64_t{2} << 16, uint64_t{4} << 30, kGuardedReach - 1, uint64_t{12} << 30})
      if (!in_a_memory(base + n)) EXPECT_FALSE(readable(base + n)) << n;
    EXPECT_FALSE(readable(base - 1));
    EXPECT_FALSE(readable(base - (uint64_t{4} << 30)));
  }
  // A place that was used is as good as new for the next memory.
  std::vector<uint8_t*> before;
  for (const auto& m : all) before.push_back(m->base());
  all.clear();
  for (uint8_t* base : before) EXPECT_FALSE(readable(base + 65536));
  // Places are taken at random: with many more memories than places, used ones recur.
  size_t again = 0;
  for (int i = 0; i < 300; ++i) {
    all.push_back(make(type(2)));
    again += std::find(before.begin(), before.end(), all.back()->base()) != before.end();
    EXPECT_EQ(all.back()->base()[65536], 0);
  }
  EXPECT_GT(again, 0u);
  EXPECT_FALSE(readable(all.back()->base() + (2 << 16)));
}

// Larger reservations than a slot has, and no guards: the bytes have inaccessible space around them nevertheless.
TEST(Memory, GuardsOfOtherMemories) {
  for (const MemoryOptions& options : {MemoryOptions{.reservation = uint64_t{16} << 30, .guard = 1 << 30},
                                       MemoryOptions{.reservation = uint64_t{1} << 30}, MemoryOptions{0, 0}}) {
    for (bool is64 : {false, true}) {
      auto m = make(type(1, 100, is64), options);
      for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(readable(m->base()) && readable(m->base() + m->byte_size() - 1));
        for (uint64_t n : {1, 4096, 65536}) EXPECT_FALSE(readable(m->base() - n));
        EXPECT_FALSE(readable(m->base() + m->byte_size()));
        EXPECT_FALSE(readable(m->base() + m->byte_size() + 65535));
        ASSERT_TRUE(m->grow(7));
      }
    }
  }
}

TEST(Memory, WhereItMayFault) {
  auto m = make(type(1));
  if (!m->guarded()) GTEST_SKIP() << "no guarded memories here";
  const auto base = reinterpret_cast<uintptr_t>(m->base());
  EXPECT_TRUE(m->may_fault_at(base + 65536));
  EXPECT_TRUE(m->may_fault_at(base + 65533));  // of an access across the end
  EXPECT_TRUE(m->may_fault_at(base + kGuardedReach - 1));
  EXPECT_FALSE(m->may_fault_at(base + kGuardedReach));
  EXPECT_FALSE(m->may_fault_at(base - 1));
  EXPECT_FALSE(m->may_fault_at(base));
  auto checked = make(type(1, {}, true));
  EXPECT_FALSE(checked->may_fault_at(reinterpret_cast<uintptr_t>(checked->base()) + 65536));
}

TEST(Memory, MovesWhereItWasNotReserved) {
  auto m = make(type(1), MemoryOptions{.reservation = 0, .guard = 0});
  EXPECT_FALSE(m->guarded());
  InstanceContext ctx{};
  m->watch(&ctx);
  m->base()[100] = 77;
  for (int i = 0; i < 20; ++i) {
    const uint64_t end = m->byte_size();
    m->base()[end - 1] = static_cast<uint8_t>(i);
    ASSERT_TRUE(m->grow(static_cast<uint64_t>(i) * 3));
    EXPECT_EQ(ctx.memory0_base, m->base());
    EXPECT_EQ(ctx.memory0_size, m->byte_size());
    EXPECT_EQ(m->base()[100], 77);
    EXPECT_EQ(m->base()[end - 1], i);
    if (i != 0) EXPECT_EQ(m->base()[end], 0);
  }
  m->unwatch(&ctx);
}

TEST(Memory, Maxima) {
  EXPECT_EQ(make(type(0))->max_bytes(), uint64_t{1} << 32);
  EXPECT_EQ(make(type(0, 0))->max_bytes(), 0u);
  EXPECT_FALSE(make(type(0, 0))->grow(1));
  EXPECT_EQ(make(type(0, {}, true))->max_bytes(), wasm::kMaxMemory64Bytes);
  EXPECT_EQ(make(type(0, ~uint64_t{0}, true))->max_bytes(), wasm::kMaxMemory64Bytes);
  EXPECT_FALSE(make(type(0, {}, true))->grow(~uint64_t{0}));
  auto bytes = make(type(10, 20, false, false, 0));
  EXPECT_EQ(bytes->byte_size(), 10u);
  EXPECT_EQ(bytes->grow(10), 10u);
  EXPECT_FALSE(bytes->grow(1));
  auto huge = Memory::create(type(uint64_t{1} << 40, {}, true), {});
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().kind(), ErrorKind::kLimit);
}

TEST(Memory, SharedReservesItsMaximum) {
  auto m = make(type(1, 1000, false, true), MemoryOptions{.reservation = 0, .guard = 0});
  uint8_t* base = m->base();
  EXPECT_EQ(m->grow(999), 1u);
  EXPECT_EQ(m->base(), base);
  std::vector<std::thread> threads;
  auto shared = make(type(0, 400, true, true));
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(shared->grow(1));
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(shared->pages(), 400u);
}

// A process with little address space still gets its memories; they are checked then.
TEST(Memory, ShortAddressSpace) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "sanitizers need the address space themselves";
#endif
#endif
  const pid_t child = fork();
  if (child == 0) {
    rlimit limit{uint64_t{3} << 30, uint64_t{3} << 30};
    if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(2);
    auto m = Memory::create(type(1), {});
    if (!m || (*m)->guarded()) _exit(3);
    if (!(*m)->grow(100)) _exit(4);
    (*m)->base()[6000000] = 1;
    if ((*m)->grow(65535)) _exit(5);
    auto too_large = Memory::create(type(60000), {});
    if (too_large || too_large.error().kind() != ErrorKind::kLimit) _exit(6);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ParkingLot, WaitAndNotify) {
  Store store(StoreOptions{}), other(StoreOptions{});
  ParkingLot lot;
  uint32_t cell = 5;
  EXPECT_EQ(lot.wait<uint32_t>(&store, &cell, 6, -1), WaitResult::kNotEqual);
  EXPECT_EQ(lot.wait<uint32_t>(&store, &cell, 5, 0), WaitResult::kTimedOut);
  EXPECT_EQ(lot.wait<uint32_t>(&store, &cell, 5, 2'000'000), WaitResult::kTimedOut);
  EXPECT_EQ(lot.notify(&cell, 1), 0u);
  std::thread first([&] { EXPECT_EQ(lot.wait<uint32_t>(&store, &cell, 5, -1), WaitResult::kWoken); });
  std::thread second([&] { EXPECT_EQ(lot.wait<uint32_t>(&other, &cell, 5, INT64_MAX), WaitResult::kWoken); });
  uint32_t woken = 0;
  while (woken < 2) woken += lot.notify(&cell, 1);
  first.join();
  second.join();
  uint64_t wide = 1;
  std::thread interrupted([&] { EXPECT_EQ(lot.wait<uint64_t>(&store, &wide, 1, -1), WaitResult::kInterrupted); });
  store.interrupt_control()->interrupt(kInterruptRequest);
  interrupted.join();
  EXPECT_EQ(lot.notify(&wide, 1), 0u);
}

}  // namespace
}  // namespace ermine::runtime
