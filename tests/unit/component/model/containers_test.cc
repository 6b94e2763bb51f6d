#include <gtest/gtest.h>

#include <string>

#include "component/model/arena.h"
#include "component/model/id_map.h"
#include "component/model/name_table.h"

namespace ermine::component {
namespace {

TEST(Arena, PartsKeepTheirPlace) {
  Arena arena;
  std::vector<uint64_t*> parts;
  for (uint64_t i = 0; i < 10'000; ++i) {
    arena.make<char>('x');
    parts.push_back(arena.make<uint64_t>(i));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(parts.back()) % alignof(uint64_t), 0u);
  }
  // One that is larger than a block.
  const std::vector<uint32_t> large(1'000'000, 7);
  const auto copy = arena.copy(large);
  for (uint64_t i = 0; i < parts.size(); ++i) EXPECT_EQ(*parts[i], i);
  EXPECT_EQ(copy.size(), large.size());
  EXPECT_EQ(copy.back(), 7u);
  EXPECT_TRUE(arena.copy(std::vector<int>()).empty());
}

TEST(NameTable, FindsWhatWasAdded) {
  std::vector<std::string> names;
  const auto name_of = [&](uint32_t i) { return std::string_view(names[i]); };
  NameTable table;
  EXPECT_EQ(table.find("x", name_of), NameTable::kNone);
  for (uint32_t i = 0; i < 1000; ++i) {
    names.push_back(std::string(i % 40, 'a') + std::to_string(i));
    table.add(i, name_of);
  }
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(table.find(names[i], name_of), i);
  EXPECT_EQ(table.find("a", name_of), NameTable::kNone);
}

TEST(HashBytes, EveryByteCounts) {
  std::string text = "a name of more than eight bytes";
  for (size_t size = 1; size <= text.size(); ++size) {
    std::string changed = text.substr(0, size);
    const uint64_t before = hash_bytes(changed);
    for (char& c : changed) {
      c ^= 1;
      EXPECT_NE(hash_bytes(changed), before) << size;
      c ^= 1;
    }
    EXPECT_EQ(hash_bytes(changed), before);
  }
}

TEST(IdMap, SetsAndReplaces) {
  IdMap<int> map;
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_TRUE(map.empty());
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_TRUE(map.set(i << 32 | i, static_cast<int>(i)));
  EXPECT_FALSE(map.set(5ull << 32 | 5, -1));
  EXPECT_EQ(*map.find(5ull << 32 | 5), -1);
  EXPECT_EQ(*map.find(999ull << 32 | 999), 999);
  EXPECT_EQ(map.find(1000), nullptr);
  int entries = 0;
  map.for_each([&](uint64_t, int) { ++entries; });
  EXPECT_EQ(entries, 1000);
}

}  // namespace
}  // namespace ermine::component
