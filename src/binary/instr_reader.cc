// InstrReader, out of line: the opcode tables, made from opcodes.def at compile time, and the rarer immediates; the
// common ones are read in the header.
#include "binary/instr_reader.h"
#include "base/format.h"

#include <array>

namespace ermine::binary {

using wasm::Feature;
using wasm::Imm;
using wasm::ValType;

namespace {

constexpr unsigned kPrefixedCodes = 0x120;

// The instruction of each code, or kOpCount. `prefix` 0 selects the one-byte opcodes.
template <unsigned kSize>
constexpr std::array<uint16_t, kSize> codes_of(uint32_t prefix) {
  std::array<uint16_t, kSize> table{};
  for (auto& op : table) op = wasm::kOpCount;
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    const uint32_t code = wasm::kOpInfos[i].code;
    if (code >> 16 == prefix && (code & 0xFFFF) < kSize) table[code & 0xFFFF] = static_cast<uint16_t>(i);
  }
  return table;
}

constexpr auto kCodes = codes_of<256>(0);
constexpr auto kCodesFb = codes_of<kPrefixedCodes>(0xFB);
constexpr auto kCodesFc = codes_of<kPrefixedCodes>(0xFC);
constexpr auto kCodesFd = codes_of<kPrefixedCodes>(0xFD);
constexpr auto kCodesFe = codes_of<kPrefixedCodes>(0xFE);

// Looking up the code of each instruction must give the instruction.
constexpr bool all_codes_found() {
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    const uint32_t code = wasm::kOpInfos[i].code, low = code & 0xFFFF;
    const uint32_t prefix = code >> 16;
    if (prefix == 0) {
      if (low >= 256 || kCodes[low] != i) return false;
      continue;
    }
    if (low >= kPrefixedCodes) return false;
    const auto& table = prefix == 0xFB ? kCodesFb : prefix == 0xFC ? kCodesFc : prefix == 0xFD ? kCodesFd : kCodesFe;
    if (table[low] != i) return false;
  }
  return true;
}
static_assert(all_codes_found(), "two instructions share a code, or a table is too small");

}  // namespace

#define ERMINE_ENTRY_(c)                                                                                     \
  (kCodes[c] < wasm::kOpCount                                                                                \
       ? Entry{static_cast<Op>(kCodes[c]), wasm::kOpInfos[kCodes[c]].imm, wasm::kOpInfos[kCodes[c]].feature} \
       : Entry{Op::unreachable, (c) >= 0xFB && (c) <= 0xFE ? kPrefix : kIllegal, Feature::Mvp})
#define ERMINE_ENTRIES_4_(c) ERMINE_ENTRY_(c), ERMINE_ENTRY_((c) + 1), ERMINE_ENTRY_((c) + 2), ERMINE_ENTRY_((c) + 3)
#define ERMINE_ENTRIES_16_(c) \
  ERMINE_ENTRIES_4_(c), ERMINE_ENTRIES_4_((c) + 4), ERMINE_ENTRIES_4_((c) + 8), ERMINE_ENTRIES_4_((c) + 12)
#define ERMINE_ENTRIES_64_(c) \
  ERMINE_ENTRIES_16_(c), ERMINE_ENTRIES_16_((c) + 16), ERMINE_ENTRIES_16_((c) + 32), ERMINE_ENTRIES_16_((c) + 48)
constinit const InstrReader::Entry InstrReader::kOneByte[256] = {ERMINE_ENTRIES_64_(0), ERMINE_ENTRIES_64_(64),
                                                                 ERMINE_ENTRIES_64_(128), ERMINE_ENTRIES_64_(192)};
#undef ERMINE_ENTRIES_64_
#undef ERMINE_ENTRIES_16_
#undef ERMINE_ENTRIES_4_
#undef ERMINE_ENTRY_

InstrReader::Entry InstrReader::prefixed_entry(uint8_t prefix, uint32_t code) {
  if (code >= kPrefixedCodes) return {Op::unreachable, kIllegal, Feature::Mvp};
  const auto& table = prefix == 0xFB ? kCodesFb : prefix == 0xFC ? kCodesFc : prefix == 0xFD ? kCodesFd : kCodesFe;
  if (table[code] == wasm::kOpCount) return {Op::unreachable, kIllegal, Feature::Mvp};
  const wasm::OpInfo& info = wasm::kOpInfos[table[code]];
  return {static_cast<Op>(table[code]), info.imm, info.feature};
}

bool InstrReader::next_prefixed(Instr& out) {
  const uint8_t prefix = in_.position()[-1];
  const uint32_t code = in_.u32();
  if (!in_.ok()) return false;
  const Entry entry = prefixed_entry(prefix, code);
  out.op = entry.op;
  if (entry.imm == kIllegal) {
    in_.malformed(out.offset, base::format("illegal opcode {:02x} {:02x}", prefix, code));
    return false;
  }
  if (!in_.features().has(entry.feature)) return feature_off(entry, out);
  return immediates(entry, out);
}

bool InstrReader::feature_off(const Entry& entry, const Instr& out) {
  const wasm::OpInfo& info = wasm::op_info(entry.op);
  in_.require(entry.feature, base::format("{} (opcode {:02x})", info.text(), info.code), out.offset);
  return false;
}

bool InstrReader::illegal(const Instr& out) {
  in_.malformed(out.offset, base::format("illegal opcode {:02x}", in_.position()[-1]));
  return false;
}

void InstrReader::mem_arg_slow(Instr& out) {
  const uint32_t flags = out.mem.align;
  if (flags >= 0x80) {
    in_.malformed(out.offset, base::format("malformed memop flags 0x{:x}", flags));
    return;
  }
  out.mem.align = flags & 0x3F;
  if (!in_.require(Feature::MultiMemory, "a memory index", out.offset)) return;
  out.mem.memory = in_.u32();
}

void InstrReader::block_type_slow(Instr& out) {
  if (in_.at_end()) {
    in_.byte();  // fails
    return;
  }
  const uint8_t code = *in_.position();
  if (code > 0x40 && code < 0x80) {
    out.block.kind = BlockType::kValue;
    out.block.value = in_.val_type();
    return;
  }
  const uint32_t at = in_.offset();
  const int64_t index = in_.s33();
  if (!in_.ok()) return;
  if (index < 0) {
    in_.malformed(at, "integer representation too long: malformed block type");
    return;
  }
  out.block.kind = BlockType::kFunc;
  out.block.type_index = static_cast<uint32_t>(index);
  in_.require(Feature::MultiValue, "a block type that is a function type", at);
}

bool InstrReader::immediates(const Entry& entry, Instr& out) {
  if (entry.imm == kIllegal) return illegal(out);
  switch (entry.imm) {
    case Imm::None: break;
    case Imm::BlockType: block_type(out); break;
    case Imm::Label:
    case Imm::Func:
    case Imm::Local:
    case Imm::Global:
    case Imm::Type:
    case Imm::Tag:
    case Imm::Table:
    case Imm::Data:
    case Imm::Elem: out.index = in_.u32(); break;
    case Imm::Memory: {
      const uint32_t at = in_.offset();
      out.index = in_.u32();
      if (out.index != 0) in_.require(Feature::MultiMemory, "a memory index other than 0", at);
      break;
    }
    case Imm::TypeTable: {
      out.index = in_.u32();
      const uint32_t at = in_.offset();
      out.index2 = in_.u32();
      if (out.index2 != 0) in_.require(Feature::ReferenceTypes, "a table index other than 0", at);
      break;
    }
    case Imm::TypeField:
    case Imm::TypeCount:
    case Imm::TypeData:
    case Imm::TypeElem:
    case Imm::TypeType:
    case Imm::DataMemory:
    case Imm::MemoryMemory:
    case Imm::ElemTable:
    case Imm::TableTable:
      out.index = in_.u32();
      out.index2 = in_.u32();
      break;
    case Imm::LabelTable:
      out.count = in_.length();
      out.list = in_.position();
      if (out.count > wasm::kMaxBrTableSize && in_.ok()) {
        in_.fail(ErrorKind::kUnsupported, out.offset,
                 base::format("br_table with {} labels: at most {} are supported", out.count, wasm::kMaxBrTableSize));
        break;
      }
      for (uint32_t i = 0; i <= out.count && in_.ok(); ++i) in_.u32();
      break;
    case Imm::TryTable:
      block_type(out);
      out.count = in_.length();
      out.list = in_.position();
      for (uint32_t i = 0; i < out.count && in_.ok(); ++i) {
        const uint32_t at = in_.offset();
        const uint8_t kind = in_.byte();
        if (kind > 3 && in_.ok()) in_.malformed(at, base::format("malformed catch clause 0x{:02x}", kind));
        if (kind < 2) in_.u32();
        in_.u32();
      }
      break;
    case Imm::SelectTypes:
      out.count = in_.length();
      out.type = {};
      for (uint32_t i = 0; i < out.count && in_.ok(); ++i) {
        const ValType type = in_.val_type();
        if (i == 0) out.type = type;
      }
      break;
    case Imm::MemArg: mem_arg(out); break;
    case Imm::MemArgLane:
      mem_arg(out);
      out.lane = in_.byte();
      break;
    case Imm::Lane: out.lane = in_.byte(); break;
    case Imm::I32: out.bits = static_cast<uint64_t>(int64_t{in_.s32()}); break;
    case Imm::I64: out.bits = static_cast<uint64_t>(in_.s64()); break;
    case Imm::F32:
    case Imm::F64: {
      const unsigned size = entry.imm == Imm::F32 ? 4 : 8;
      const uint8_t* bytes = in_.bytes(size);
      out.bits = 0;
      for (unsigned i = 0; bytes && i < size; ++i) out.bits |= uint64_t{bytes[i]} << (8 * i);
      break;
    }
    case Imm::V128:
    case Imm::Shuffle: out.bytes16 = in_.bytes(16); break;
    case Imm::HeapType: {
      const wasm::HeapType heap = in_.heap_type();
      const bool nullable = out.op == Op::ref_null || out.op == Op::ref_test_null || out.op == Op::ref_cast_null;
      out.type = ValType::ref(heap, nullable);
      break;
    }
    case Imm::BrOnCast: {
      const uint32_t at = in_.offset();
      const uint8_t flags = in_.byte();
      if (flags > 3 && in_.ok()) in_.malformed(at, base::format("malformed br_on_cast flags 0x{:02x}", flags));
      out.index2 = flags;
      out.index = in_.u32();
      out.type_from = ValType::ref(in_.heap_type(), flags & 1);
      out.type_to = ValType::ref(in_.heap_type(), flags & 2);
      break;
    }
    case Imm::Fence: {
      const uint32_t at = in_.offset();
      if (in_.byte() != 0 && in_.ok()) in_.malformed(at, "zero byte expected: atomic.fence has one reserved byte");
      break;
    }
  }
  return in_.ok();
}

namespace {
uint32_t well_formed_u32(const uint8_t*& p) {
  uint32_t value = *p & 0x7F;
  for (unsigned shift = 7; *p++ & 0x80; shift += 7) value |= static_cast<uint32_t>(*p & 0x7F) << shift;
  return value;
}
}  // namespace

uint32_t LabelReader::next() {
  --left_;
  return well_formed_u32(p_);
}

Catch CatchReader::next() {
  --left_;
  Catch out{static_cast<CatchKind>(*p_++), 0, 0};
  if (out.kind <= CatchKind::kCatchRef) out.tag = well_formed_u32(p_);
  out.label = well_formed_u32(p_);
  return out;
}

Error missing_end(const wasm::Module& module, uint64_t end) {
  std::string_view message = "END opcode expected: the function body stops short of its last end";
  if (end >= module.bytes.size()) message = "unexpected end of section or function: an end instruction is missing";
  else if (module.bytes[end] == 0x0B) message = "section size mismatch: the function body stops short of its last end";
  return Error(ErrorKind::kMalformed, std::string(message), end);
}

}  // namespace ermine::binary
