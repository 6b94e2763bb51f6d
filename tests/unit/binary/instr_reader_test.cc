#include "binary/instr_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "bytes.h"
#include "wasm/immediates.h"

namespace ermine::binary {
namespace {

using wasm::Imm;

// The instructions of `bytes`, or the error.
struct Walk {
  std::vector<Instr> instrs;
  std::string error;
};
Walk walk(wasm::Module& module, const Bytes& bytes) {
  module.bytes = {bytes.data(), bytes.size()};
  module.features = wasm::FeatureSet::all();
  InstrReader in(module, 0, static_cast<uint32_t>(bytes.size()));
  Walk out;
  Instr instr;
  while (in.next(instr)) out.instrs.push_back(instr);
  if (in.failed()) out.error = in.take_error().to_string();
  return out;
}
Walk walk(const Bytes& bytes) {
  wasm::Module module;
  return walk(module, bytes);
}

// Well-formed immediates of a kind, from its layout. Indices are 1, 2, …
Bytes immediates(Imm imm) {
  Bytes out;
  uint8_t next = 1;
  auto part = [&](char letter) -> Bytes {
    switch (letter) {
      case 'u':
      case 'y':
      case 'd': return {next++};
      case 's': return {0x7F};
      case 'l': return {0x80, 0x7F};
      case 'h': return {0x6E};
      case '1': return {imm == Imm::Fence ? uint8_t{0} : uint8_t{1}};
      case '4': return Bytes(4, 0x55);
      case '8': return Bytes(8, 0x55);
      case 'x': return {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
      case 'b': return {0x7E};
      case 't': return {0x7D};
      case 'm': return {0x42, 3, 0x85, 1};
      case 'c': return {1, 4, 5};
    }
    ADD_FAILURE() << "a layout has the letter " << letter;
    return {};
  };
  const std::string_view layout = wasm::layout_of(imm);
  for (size_t i = 0; i < layout.size(); ++i) {
    if (layout[i] != '*') {
      out = out + part(layout[i]);
      continue;
    }
    ++i;
    // One, as it is all that select takes.
    out = out + Bytes{1} + part(layout[i]);
  }
  return out;
}

Bytes encode(const wasm::OpInfo& info) {
  Bytes out;
  if (info.code >> 16) {
    out.push_back(static_cast<uint8_t>(info.code >> 16));
    append_u32(out, info.code & 0xFFFF);
  } else {
    out.push_back(static_cast<uint8_t>(info.code));
  }
  return out + immediates(info.imm);
}

TEST(InstrReader, EveryInstructionOfTheTable) {
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    const wasm::OpInfo& info = wasm::kOpInfos[i];
    const Bytes bytes = encode(info) + Bytes{0x01};
    const Walk w = walk(bytes);
    ASSERT_EQ(w.error, "") << info.text();
    ASSERT_EQ(w.instrs.size(), 2u) << info.text();
    EXPECT_EQ(static_cast<unsigned>(w.instrs[0].op), i) << info.text();
    EXPECT_EQ(w.instrs[1].offset, bytes.size() - 1) << info.text();
  }
}

TEST(InstrReader, EveryPrefixOfEveryInstructionIsRefused) {
  for (const wasm::OpInfo& info : wasm::kOpInfos) {
    const Bytes whole = encode(info);
    for (size_t size = 1; size < whole.size(); ++size) {
      const Walk w = walk(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
      EXPECT_TRUE(w.error.starts_with("unexpected end") || w.error.starts_with("length out of bounds"))
          << info.text() << ": " << w.error;
      EXPECT_TRUE(w.instrs.empty()) << info.text();
    }
  }
}

TEST(InstrReader, CodesOutsideOfTheTableAreIllegal) {
  std::vector<bool> known(256, false);
  for (const wasm::OpInfo& info : wasm::kOpInfos) known[info.code >> 16 ? info.code >> 16 : info.code] = true;
  for (unsigned c = 0; c < 256; ++c)
    if (!known[c])
      EXPECT_TRUE(walk({static_cast<uint8_t>(c), 0, 0, 0}).error.starts_with(fmt::format("illegal opcode {:02x}", c)));
  EXPECT_TRUE(walk({0xFC, 0x17}).error.starts_with("illegal opcode fc 17"));
  EXPECT_TRUE(walk({0xFD, 0xFF, 0x7F}).error.starts_with("illegal opcode fd 3fff"));
}

TEST(InstrReader, Immediates) {
  auto one = [](Bytes bytes) {
    Walk w = walk(bytes);
    EXPECT_EQ(w.error, "");
    EXPECT_EQ(w.instrs.size(), 1u);
    return w.instrs.empty() ? Instr{} : w.instrs[0];
  };
  EXPECT_EQ(one({0x41, 0x7F}).bits, ~uint64_t{0});
  EXPECT_EQ(one({0x41, 0xC0, 0xBB, 0x78}).bits, static_cast<uint64_t>(int64_t{-123456}));
  EXPECT_EQ(one({0x42, 0x80, 0x7F}).bits, static_cast<uint64_t>(int64_t{-128}));
  EXPECT_EQ(one({0x43, 0, 0, 0x80, 0x3F}).bits, 0x3F800000u);
  EXPECT_EQ(one({0x44, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F}).bits, 0x3FF0000000000000u);
  const Instr load = one({0x28, 0x42, 7, 0x85, 1});
  EXPECT_EQ(load.mem.align, 2u);
  EXPECT_EQ(load.mem.memory, 7u);
  EXPECT_EQ(load.mem.offset, 0x85u);
  const Instr block = one({0x02, 0x40});
  EXPECT_EQ(block.block.kind, BlockType::kEmpty);
  const Instr indexed = one({0x02, 0x85, 0x01});
  EXPECT_EQ(indexed.block.kind, BlockType::kFunc);
  EXPECT_EQ(indexed.block.type_index, 133u);
  EXPECT_EQ(one({0xD0, 0x70}).type, wasm::kFuncRef);
  EXPECT_FALSE(one({0xFB, 0x14, 0x6D}).type.nullable());
  EXPECT_TRUE(one({0xFB, 0x15, 0x6D}).type.nullable());
}

TEST(InstrReader, ListsAreWalkedByTheirReaders) {
  const Bytes bytes{0x0E, 2, 0x81, 0x01, 1, 2, 0x1F, 0x40, 4, 0, 7, 1, 1, 8, 2, 2, 3, 3, 4};
  Walk w = walk(bytes);
  // The block type of the try_table reads its 4 catches after it.
  ASSERT_EQ(w.error, "");
  ASSERT_EQ(w.instrs.size(), 2u);
  LabelReader labels(w.instrs[0]);
  EXPECT_EQ(labels.next(), 129u);
  EXPECT_EQ(labels.next(), 1u);
  EXPECT_EQ(labels.next(), 2u);
  EXPECT_EQ(labels.left(), 0u);
  CatchReader catches(w.instrs[1]);
  ASSERT_EQ(catches.left(), 4u);
  Catch c = catches.next();
  EXPECT_EQ(c.kind, CatchKind::kCatch);
  EXPECT_EQ(c.tag, 7u);
  EXPECT_EQ(c.label, 1u);
  c = catches.next();
  EXPECT_EQ(c.kind, CatchKind::kCatchRef);
  EXPECT_EQ(c.tag, 8u);
  catches.next();
  c = catches.next();
  EXPECT_EQ(c.kind, CatchKind::kCatchAllRef);
  EXPECT_EQ(c.label, 4u);
}

TEST(InstrReader, BrokenForms) {
  EXPECT_TRUE(walk({0x28, 0x80, 0x01, 0}).error.starts_with("malformed memop flags"));
  EXPECT_TRUE(walk({0xFE, 0x03, 1}).error.starts_with("zero byte expected"));
  EXPECT_TRUE(walk({0xFB, 0x18, 4, 0, 0x6E, 0x6E}).error.starts_with("malformed br_on_cast flags"));
  EXPECT_TRUE(walk({0x1F, 0x40, 1, 4, 0}).error.starts_with("malformed catch clause"));
  EXPECT_TRUE(walk({0xD0, 0x40}).error.starts_with("malformed heap type"));
  EXPECT_TRUE(walk({0x02, 0x41}).error.starts_with("malformed reference type"));
  EXPECT_TRUE(walk({0xD0, 5}).error.starts_with("unknown type 5"));
  EXPECT_TRUE(walk({0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0}).error.starts_with("integer representation too long"));
}

TEST(InstrReader, AnIntegerCutOffByTheBodyIsJudgedByTheBytesBehindIt) {
  wasm::Module module;
  const Bytes bytes{0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0};
  module.bytes = {bytes.data(), bytes.size()};
  InstrReader in(module, 0, 3);
  Instr instr;
  EXPECT_FALSE(in.next(instr));
  ASSERT_TRUE(in.failed());
  EXPECT_TRUE(in.take_error().message().starts_with("integer representation too long"));
}

TEST(InstrReader, FeatureOffNamesInstructionAndFeature) {
  wasm::Module module;
  const Bytes bytes{0xFC, 0x0A, 0, 0};
  module.bytes = {bytes.data(), bytes.size()};
  InstrReader in(module, 0, static_cast<uint32_t>(bytes.size()));
  Instr instr;
  EXPECT_FALSE(in.next(instr));
  Error error = in.take_error();
  EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
  EXPECT_EQ(error.message(), "memory.copy (opcode fc000a) requires the bulk-memory feature");
}

}  // namespace
}  // namespace ermine::binary
