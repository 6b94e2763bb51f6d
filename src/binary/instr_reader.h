// InstrReader: the one walker over the instructions of a function body or constant expression. It reads
// opcode and immediates, checks their binary form (specification 3.0, section 5.4) and nothing else:
// indices, types and nesting are the validator's, which is a consumer of this walker, as the translators
// and the printer are. It never reads past the given bytes.
#pragma once

#include <cstdint>

#include "ermine/result.h"
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
  uint32_t label;  // relative to the try_table's outside
};

// One instruction. Which fields are set follows from op_info(op).imm.
struct Instr {
  Op op;
  uint32_t offset;           // of the opcode, in the module
  uint32_t index = 0;        // first index: label, function, type, tag, local, global, table, memory, data, elem
                             //   TypeTable: type. DataMemory: data. ElemTable: elem. MemoryMemory, TableTable: destination
  uint32_t index2 = 0;       // second index: table, memory, field, count, data, elem, type; copies: source. BrOnCast: flags
  uint8_t lane = 0;          // Lane, MemArgLane
  MemArg mem;                // MemArg, MemArgLane
  uint64_t bits = 0;         // I32 (sign-extended), I64, F32, F64
  const uint8_t* bytes16 = nullptr;  // V128, Shuffle
  BlockType block;           // BlockType, TryTable
  wasm::ValType type;        // SelectTypes (its one type); HeapType: ref of that heap type (nullable as the opcode says)
  wasm::ValType type_from, type_to;  // BrOnCast
  uint32_t count = 0;        // LabelTable: labels without the default. TryTable: catches. SelectTypes: number of types
  const uint8_t* list = nullptr;     // LabelTable, TryTable: first element, for LabelReader and CatchReader
};

// Walks the labels of a br_table: count + 1 of them, the default last. The bytes are known to be well formed.
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
  // Walks `size` bytes of module.bytes from `offset`. Types in immediates are resolved by module.types.
  InstrReader(const wasm::Module& module, uint32_t offset, uint32_t size);

  // Reads the next instruction. False at the end of the bytes or at a malformed one (then failed()).
  bool next(Instr& out);
  bool at_end() const;
  bool failed() const;
  Error take_error();
  uint32_t offset() const;  // of the next byte, in the module
  // (implementation: see the .cc and the inline part below)
};

// Reads the local declarations at the start of a function body. Calls `f(count, type)` a run;
// returns the offset of the first instruction.
template <class F>
Result<uint32_t> read_locals(const wasm::Module& module, const wasm::Function& function, F&& f);

}  // namespace ermine::binary
