// The table of instructions is consistent.
#include "wasm/opcodes.h"

#include <gtest/gtest.h>

namespace ermine::wasm {
namespace {

TEST(Opcodes, SignaturesAreWellFormed) {
  for (const OpInfo& info : kOpInfos) {
    if (info.sig().empty() || info.sig() == "*") continue;
    EXPECT_EQ(info.sig().find_first_not_of("ilfdva:"), std::string_view::npos) << info.text();
    EXPECT_EQ(info.sig().find(':'), info.sig().rfind(':')) << info.text();
    const bool memory = info.imm == Imm::MemArg || info.imm == Imm::MemArgLane;
    EXPECT_EQ(info.sig().find('a') != std::string_view::npos, memory) << info.text();
  }
}

TEST(Opcodes, FlagsFitTheSignatures) {
  for (const OpInfo& info : kOpInfos) {
    if (info.imm != Imm::MemArg && info.imm != Imm::MemArgLane) continue;
    EXPECT_TRUE(info.flags & kMayTrap) << info.text();
    EXPECT_LE(info.width, 4) << info.text();
    if (info.sig().ends_with(':')) EXPECT_TRUE(info.flags & kStore) << info.text();
  }
}

}  // namespace
}  // namespace ermine::wasm
