// InstrReader: the only reader of the instructions of a function body or constant expression. It reads opcode and
// immediates and checks their binary form (specification 3.0, section 5.4) and nothing else: the validator, one of its
// users, checks indices, types and nesting; the translators and the printer are the other users. It never reads past
// the given bytes.
#pragma once

#include <cstdint>

#include "binary/reader.h"
#include "ermine/result.h"
#include "wasm/limits.h"
#include "wasm/module.h"
#include "wasm/opcodes.h"

namespace ermine::binary {

using wasm::Op;

struct MemArg {
  uint32_t align = 0;   // log2, as written
  uint32_t memory = 0;
  uint64_t offset = 0;
};

// A block type as written: nothing, one result, or a function type.
struct BlockType {
  enum Kind : uint8_t { kEmpty, kValue, kFunc } kind = kEmpty;
  wasm::ValType value;      // kValue
  uint32_t type_index = 0;  // kFunc
};

enum class CatchKind : uint8_t { kCatch, kCatchRef, kCatchAll, kCatchAllRef };
struct Catch {
  CatchKind kind;
  uint32_t tag;    // kCatch, kCatchRef
  uint32_t label;  // relative to the block around the try_table
};

// One instruction. Which fields are set follows from op_info(op).imm.
struct Instr {
  Op op;
  uint32_t offset;           // of the opcode, in the module
  uint32_t index = 0;        // first index: label, function, type, tag, local, global, table, memory, data, elem
                       //   TypeTable: type. DataMemory: data. ElemTable: elem. MemoryMemory, TableTable: destination
  uint32_t index2 = 0;  // second index: table, memory, field, count, data, elem, type; copies: source. BrOnCast: flags
  uint8_t lane = 0;  // Lane, MemArgLane
  MemArg mem;  // MemArg, MemArgLane
  uint64_t bits = 0;  // I32 (sign-extended), I64, F32, F64
  const uint8_t* bytes16 = nullptr;  // V128, Shuffle
  BlockType block;  // BlockType, TryTable
  wasm::ValType type;  // SelectTypes (its one type); HeapType: ref of that heap type (nullable as the opcode says)
  wasm::ValType type_from, type_to;  // BrOnCast
  uint32_t count = 0;  // LabelTable: labels without the default. TryTable: catches. SelectTypes: number of types
  const uint8_t* list = nullptr;  // LabelTable, TryTable: first element, for LabelReader and CatchReader
};

// Reads the labels of a br_table: count + 1 of them, the default last. The bytes are known to be well formed.
class LabelReader {
 public:
  explicit LabelReader(const Instr& instr) : p_(instr.list), left_(instr.count + 1) {}
  uint32_t left() const { return left_; }
  uint32_t next();

 private:
  const uint8_t* p_;
  uint32_t left_;
};

class CatchReader {
 public:
  explicit CatchReader(const Instr& instr) : p_(instr.list), left_(instr.count) {}
  uint32_t left() const { return left_; }
  Catch next();

 private:
  const uint8_t* p_;
  uint32_t left_;
};

class InstrReader {
 public:
  // Reads `size` bytes of module.bytes from `offset`. module.types resolves types in immediates.
  InstrReader(const wasm::Module& module, uint32_t offset, uint32_t size)
      : in_(module, offset, uint64_t{offset} + size) {}

  // Reads the next instruction. False at the end of the bytes or at a malformed one (then failed()).
  bool next(Instr& out);
  bool at_end() const { return in_.at_end(); }
  bool failed() const { return !in_.ok(); }
  Error take_error() { return in_.take_error(); }
  uint32_t offset() const { return in_.offset(); }  // of the next byte, in the module

 private:
  // The instruction of an opcode byte, or of the number after a prefix byte.
  struct Entry {
    Op op;
    wasm::Imm imm;
    wasm::Feature feature;
  };
  static constexpr wasm::Imm kPrefix{0xFE};  // the opcode continues in the next bytes
  static constexpr wasm::Imm kIllegal{0xFF};
  static const Entry kOneByte[256];

  void mem_arg(Instr& out) {
    out.mem.align = in_.u32();
    out.mem.memory = 0;
    if (out.mem.align >= 0x40) [[unlikely]]
      mem_arg_slow(out);
    out.mem.offset = in_.u64();
  }
  void block_type(Instr& out) {
    // The empty type and number types take one byte; the others are read out of line.
    if (!in_.at_end() && *in_.position() == 0x40) {
      in_.byte();
      out.block.kind = BlockType::kEmpty;
    } else {
      block_type_slow(out);
    }
  }
  void mem_arg_slow(Instr& out);
  void block_type_slow(Instr& out);
  bool next_prefixed(Instr& out);
  bool immediates(const Entry& entry, Instr& out);
  bool illegal(const Instr& out);
  bool feature_off(const Entry& entry, const Instr& out);
  static Entry prefixed_entry(uint8_t prefix, uint32_t code);

  Reader in_;
};

[[gnu::always_inline]] inline bool InstrReader::next(Instr& out) {
  if (in_.at_end()) return false;
  out.offset = in_.offset();
  const Entry& entry = kOneByte[in_.byte()];
  out.op = entry.op;
  if (!in_.features().has(entry.feature)) [[unlikely]]
    return feature_off(entry, out);
  switch (entry.imm) {
    case wasm::Imm::None: return true;
    case wasm::Imm::Label:
    case wasm::Imm::Func:
    case wasm::Imm::Local:
    case wasm::Imm::Global: out.index = in_.u32(); return in_.ok();
    case wasm::Imm::I32: out.bits = static_cast<uint64_t>(int64_t{in_.s32()}); return in_.ok();
    case wasm::Imm::I64: out.bits = static_cast<uint64_t>(in_.s64()); return in_.ok();
    case wasm::Imm::MemArg: mem_arg(out); return in_.ok();
    case wasm::Imm::BlockType: block_type(out); return in_.ok();
    case kPrefix: return next_prefixed(out);
    default: return immediates(entry, out);
  }
}

// Reads the local declarations at the start of a function body. Calls `f(count, type)` for each run; returns the offset
// of the first instruction. Fails if there are more than kMaxLocals locals, parameters not counted.
template <class F>
Result<uint32_t> read_locals(const wasm::Module& module, const wasm::Function& function, F&& f) {
  Reader in(module, function.body_offset, uint64_t{function.body_offset} + function.body_size);
  uint64_t total = 0;
  for (uint32_t runs = in.length(); in.ok() && runs > 0; --runs) {
    const uint32_t at = in.offset();
    const uint32_t count = in.u32();
    total += count;
    if (total > UINT32_MAX) [[unlikely]]
      in.malformed(at, "too many locals: more than 2^32 - 1");
    const wasm::ValType type = in.val_type();
    if (!in.ok()) break;
    if (total <= wasm::kMaxLocals) f(count, type);
  }
  if (!in.ok()) return in.take_error();
  if (total > wasm::kMaxLocals)
    return Error(ErrorKind::kUnsupported, "too many locals: at most 50000 are supported", function.body_offset);
  return in.offset();
}

// The error for a body that ends, at offset `end`, before its last `end` instruction. The wording is that of the
// reference interpreter, which continues to read the bytes that follow.
Error missing_end(const wasm::Module& module, uint64_t end);

}  // namespace ermine::binary
