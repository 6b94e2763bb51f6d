// The register code in the form for compilers: one IrInstr for each operation, with pairs split, and the slots that
// each reads and writes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ir/encoding.h"
#include "ir/op_forms.h"

namespace ermine::ir {

struct IrInstr {
  uint32_t at;       // index of the instruction in the register code
  uint32_t access;   // the first of its accesses
  OpCode code;       // never a pair
  uint8_t accesses;  // number
  const Code* pc;    // followed by the operands; for a pair's second part, as if it began there
};

// The properties of an operation: CodeInfo in less space, and properties derived from it.
struct IrInfo {
  uint16_t number;  // of the instruction, or kIr: of the operation
  uint8_t form;
  uint8_t operands;  // index of its list of operands: the fields that name slots (decoded.cc)
  CodeInfo::Kind kind;
  Family family;
  bool is_branch : 1, is_control : 1, ends_block : 1;  // see below
  uint8_t units;  // of the instruction; 0 where it varies
  constexpr Op op() const { return static_cast<Op>(number); }
  constexpr IrOp ir() const { return static_cast<IrOp>(number); }
};
static_assert(sizeof(IrInfo) == 8);
extern const std::array<IrInfo, kCodeCount> kIrInfos;
inline const IrInfo& ir_info(OpCode code) { return kIrInfos[code]; }

// Kinds of values that a slot may hold while it lives in a register. A v128 has two slots: kV128, then kVecHigh.
enum class RegClass : uint8_t { kAny, kInt, kF32, kF64, kV128, kVecHigh, kNone };
constexpr uint8_t class_bit(RegClass c) { return static_cast<uint8_t>(1u << static_cast<unsigned>(c)); }

constexpr RegClass class_of(char letter) {
  switch (letter) {
    case 'f': return RegClass::kF32;
    case 'd': return RegClass::kF64;
    case 'v': return RegClass::kV128;
    default: return RegClass::kInt;
  }
}
constexpr char param_letter(Op op, unsigned i) { return wasm::op_info(op).sig()[i]; }
constexpr char result_letter(Op op) {
  std::string_view sig = wasm::op_info(op).sig();
  return sig[sig.find(':') + 1];
}
constexpr RegClass param_class(Op op, unsigned i) { return class_of(param_letter(op, i)); }
constexpr RegClass result_class(Op op) { return class_of(result_letter(op)); }

// A slot that an instruction may read from or write to a register.
struct SlotAccess {
  uint16_t slot;
  uint8_t classes;  // the bit of its class
  static constexpr uint8_t kWritten = 1, kLast = 2, kWide = 4;
  uint8_t flags;
  bool written() const { return flags & kWritten; }
  // For a vector: this is the last read of the value. (LastUses sets it.)
  bool last() const { return flags & kLast; }
  // The value that is read or written may be something other than an i32.
  bool wide() const { return flags & kWide; }
  bool is(RegClass c) const { return classes == class_bit(c); }
};

// The decoded register code of a function.
struct DecodedFunction {
  std::vector<IrInstr> instrs;
  std::vector<SlotAccess> accesses;    // of all instructions, in order; space for more after them
  std::vector<uint32_t> control_instrs;  // the instructions that branch, or are loops
  bool has_vectors = false;

  std::span<const SlotAccess> accesses_of(const IrInstr& instr) const {
    return {accesses.data() + instr.access, instr.accesses};
  }
};

// `codes` maps handlers to operations.
class HandlerIndex;
void decode_ir(const std::vector<Code>& code, const HandlerIndex& codes, DecodedFunction& out);

// Maps a handler's address to its operation. Identical handlers may share an address; then any of their operations
// represents all of them.
class HandlerIndex {
 public:
  explicit HandlerIndex(const HandlerTable& handlers);
  OpCode code(Code handler) const;

 private:
  uintptr_t base_ = 0;
  std::vector<uint16_t> codes_;  // by 16 bytes of distance from the first handler
};

// The position of a branch's target, relative to the instruction; for instructions that are branches.
inline bool is_branch(const IrInstr& instr) { return ir_info(instr.code).is_branch; }
inline uint32_t branch_target(const IrInstr& instr) {
  return static_cast<uint32_t>(static_cast<int64_t>(instr.at) + field<int32_t>(instr.pc, 4));
}
// Calls that return, and calls that do not. Both contain the position of the callee's frame and the number of argument
// slots.
constexpr bool is_call(IrOp op) {
  switch (op) {
    case IrOp::call:
    case IrOp::call_import:
    case IrOp::call_indirect_s:
    case IrOp::call_indirect_r:
    case IrOp::call_ref: return true;
    default: return false;
  }
}
constexpr bool is_return_call(IrOp op) {
  switch (op) {
    case IrOp::return_call:
    case IrOp::return_call_import:
    case IrOp::return_call_indirect:
    case IrOp::return_call_ref: return true;
    default: return false;
  }
}

// Both kinds contain the index of the global @4.
constexpr bool reads_global(IrOp op) {
  switch (op) {
    case IrOp::global_get_r:
    case IrOp::global_get_r_1:
    case IrOp::global_get_s:
    case IrOp::global_get_s_1:
    case IrOp::global_get_d:
    case IrOp::global_get_d_1:
    case IrOp::global_get_v128: return true;
    default: return false;
  }
}
constexpr bool writes_global(IrOp op) {
  return op == IrOp::global_set_r || op == IrOp::global_set_s || op == IrOp::global_set_v128;
}

constexpr bool has_callee_cell(IrOp op) {
  return op == IrOp::call_indirect_s || op == IrOp::call_indirect_r || op == IrOp::call_ref;
}

// Copies the operands of an instruction, which are behind `pc`, to `out`, for a handler that executes them there: it
// records no callee in constant data. Other threads may record one here at the same time.
inline void copy_operands(OpCode code, const Code* pc, unsigned units, void* out) {
  const IrInfo& info = ir_info(code);
  if (info.kind == CodeInfo::kIr && has_callee_cell(info.ir())) {
    std::memcpy(out, pc + 1, kCalleeCell);
    std::memcpy(static_cast<char*>(out) + kCalleeCell, &kManyCallees, sizeof kManyCallees);
  } else {
    std::memcpy(out, pc + 1, sizeof(Code) * (size_t{units} - 1));
  }
}

inline bool has_return_calls(const DecodedFunction& code) {
  for (const IrInstr& instr : code.instrs) {
    const IrInfo& info = ir_info(instr.code);
    if (info.kind == CodeInfo::kIr && is_return_call(info.ir())) return true;
  }
  return false;
}

// Whether the next instruction is reached only by branches.
inline bool ends_block(const IrInstr& instr) { return ir_info(instr.code).ends_block; }

}  // namespace ermine::ir
