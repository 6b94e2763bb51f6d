#include "verify/written_code.h"

#include <gtest/gtest.h>

#include <array>

namespace ermine::verify {
namespace {

const std::array<uint8_t, 128> memory{};
std::span<const uint8_t> place(size_t begin, size_t size) { return std::span(memory).subspan(begin, size); }

TEST(WrittenCode, PlacesDoNotOverlap) {
  WrittenCode code;
  EXPECT_TRUE(code.add(place(32, 32)));
  EXPECT_TRUE(code.add(place(64, 32)));
  EXPECT_TRUE(code.add(place(0, 32)));
  EXPECT_FALSE(code.add(place(32, 32)));
  EXPECT_FALSE(code.add(place(33, 8)));
  EXPECT_FALSE(code.add(place(63, 1)));
  EXPECT_FALSE(code.add(place(95, 32)));
  code.remove(memory.data() + 32);
  EXPECT_FALSE(code.add(place(31, 2)));
  EXPECT_FALSE(code.add(place(60, 8)));
  EXPECT_FALSE(code.add(place(0, 128)));
  EXPECT_TRUE(code.add(place(40, 16)));
}

TEST(WrittenCode, ModulesKnowOfEachOther) {
  WrittenCode one;
  EXPECT_TRUE(one.add(place(0, 64)));
  {
    WrittenCode other;
    EXPECT_FALSE(other.add(place(32, 64)));
    EXPECT_TRUE(other.add(place(64, 64)));
    EXPECT_FALSE(one.add(place(96, 32)));
  }
  EXPECT_TRUE(one.add(place(96, 32)));  // the other one is freed
}

}  // namespace
}  // namespace ermine::verify
