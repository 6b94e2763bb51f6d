// The position of each instruction of the register code in the machine code, and the depth of the native stack there:
// backtraces, profilers and debuggers use both.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "baseline/tier.h"
#include "binary/decoder.h"
#include "binary/validator.h"
#include "interp/tier.h"
#include "ir/translator.h"
#include "text/text.h"
#include "tiering/code_space.h"
#include "tiering/tier.h"
#include "wasm/type_registry.h"

namespace ermine::baseline {
namespace {

class Compiled {
 public:
  explicit Compiled(std::string_view wat) {
    auto bytes = text::parse(wat);
    EXPECT_TRUE(bytes) << bytes.error().to_string();
    bytes_ = *std::move(bytes);
    module_ = *binary::decode(bytes_, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::defaults());
    EXPECT_TRUE(binary::validate(*module_, {}));
    const size_t functions = module_->functions.size();
    funcs_ = std::vector<runtime::FuncCode>(functions);
    space_.emplace(tiering::CodeArena::get(), functions, interp::interpreter().call_stub);
    if (tier() != nullptr) native_ = tier()->open({*module_, funcs_.data(), interp::interpreter(), options_, *space_});
  }
  ir::FunctionCode code(uint32_t index) {
    ir::Translator translator(*module_, interp::handlers(), funcs_.data());
    return *translator.translate(index, {.pairs = false, .count = true});
  }
  tiering::NativeModule* native() { return native_.get(); }

 private:
  std::vector<uint8_t> bytes_;
  std::shared_ptr<const wasm::Module> module_;
  std::vector<runtime::FuncCode> funcs_;
  runtime::CodeOptions options_;
  std::optional<tiering::CodeSpace> space_;
  std::unique_ptr<tiering::NativeModule> native_;
};

constexpr std::string_view kModule = R"((module
  (import "host" "f" (func $host (param i32) (result i32)))
  (table 1 funcref)
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $calls (param $n i32) (result i32)
    (loop $l (result i32)
      (local.set $n (call $host (call $leaf (local.get $n))))
      (drop (call_indirect (param i32) (result i32) (local.get $n) (i32.const 0)))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 10)))
      (local.get $n)))))";

TEST(Layout, OfCallsAndLoops) {
  Compiled c(kModule);
  if (c.native() == nullptr) GTEST_SKIP() << "this processor has no machine code";
  const ir::FunctionCode code = c.code(2);
  const auto machine = c.native()->compile(2, code, 0, {});
  ASSERT_NE(machine, nullptr);
  const tiering::CodeLayout layout = c.native()->layout(*machine, code);
  // Every instruction has a position in the code.
  ASSERT_FALSE(layout.positions.empty());
  EXPECT_TRUE(std::ranges::is_sorted(layout.positions, {}, &tiering::CodeLayout::Position::offset));
  std::vector<uint32_t> indices;
  for (const auto& p : layout.positions) {
    EXPECT_LT(p.offset, machine->code_size);
    if (indices.empty() || indices.back() < p.index) indices.push_back(p.index);
  }
  EXPECT_EQ(indices.front(), 0u);
  EXPECT_GE(indices.size(), 8u);
  // The instruction found for an address is the one at that position.
  for (size_t i = 0; i + 1 < layout.positions.size(); ++i) {
    const auto &p = layout.positions[i], &next = layout.positions[i + 1];
    if (p.offset == next.offset) continue;
    for (const uint32_t offset : {p.offset, next.offset - 1})
      EXPECT_EQ(c.native()->position(*machine, code, machine->code + offset), p.index) << offset;
  }
  // The loop can be entered, and no other place in it.
  ASSERT_EQ(machine->entries.size(), 2u);
  EXPECT_EQ(machine->entry_at(0), machine->entry);
  EXPECT_EQ(machine->entries[0].unit, machine->entry);
  const tiering::MachineCode::Entry& loop = machine->entries[1];
  EXPECT_EQ(machine->entry_at(loop.index), loop.unit);
  EXPECT_EQ(machine->entry_at(loop.index + 1), nullptr);
#if defined(__x86_64__)
  // Three calls, that of the imported function in two ways, each of which pushes, and pops as much.
  int calls = 0;
  uint32_t bytes = 0, offset = 0;
  for (const auto& d : layout.depths) {
    EXPECT_GT(d.offset, offset);
    EXPECT_EQ(d.bytes > bytes ? d.bytes - bytes : bytes - d.bytes, 8u);
    offset = d.offset, bytes = d.bytes;
    calls += bytes == 0;
  }
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(calls, 4);
  const auto leaf = c.native()->compile(1, c.code(1), 0, {});
  ASSERT_NE(leaf, nullptr);
  EXPECT_TRUE(c.native()->layout(*leaf, c.code(1)).depths.empty());
#endif
}

}  // namespace
}  // namespace ermine::baseline
