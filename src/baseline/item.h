// The register code as the compiler reads it: one item an operation, pairs taken apart, and what each reads
// and writes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ir/encoding.h"
#include "ir/op_forms.h"

namespace ermine::baseline {

using ir::Code;
using ir::CodeInfo;
using ir::Family;
using ir::field;
using ir::IrOp;
using ir::OpCode;
using wasm::Op;

struct Item {
  uint32_t at;       // index of the instruction in the register code
  uint32_t access;   // the first of its accesses
  OpCode code;       // never a pair
  uint8_t accesses;  // number
  bool loses;        // leaves_registers, and goes on behind
  const Code* pc;    // operands follow it: of a pair's second part, as if it began there
};

// CodeInfo by code, smaller.
struct Shape {
  uint16_t number;  // of the instruction, or kIr: of the operation
  uint8_t form;
  uint8_t roles;  // which of the lists of fields that name slots
  CodeInfo::Kind kind;
  Family family;
  bool leaves_registers : 1, is_branch : 1, is_control : 1, ends_block : 1;  // see below
  uint8_t units;  // of the instruction; 0 where it varies
  constexpr Op op() const { return static_cast<Op>(number); }
  constexpr IrOp ir() const { return static_cast<IrOp>(number); }
};
static_assert(sizeof(Shape) == 8);
extern const std::array<Shape, ir::kCodeCount> kShapes;
inline const Shape& shape_of(OpCode code) { return kShapes[code]; }

// Kinds of values that a slot may hold while it lives in a register. A v128 has two slots: kV128, then kHalf.
enum class Class : uint8_t { kAny, kInt, kF32, kF64, kV128, kHalf, kNot };
constexpr uint8_t class_bit(Class c) { return static_cast<uint8_t>(1u << static_cast<unsigned>(c)); }

constexpr Class class_of(char letter) {
  switch (letter) {
    case 'f': return Class::kF32;
    case 'd': return Class::kF64;
    case 'v': return Class::kV128;
    default: return Class::kInt;
  }
}
constexpr char param_letter(Op op, unsigned i) { return wasm::op_info(op).sig()[i]; }
constexpr char result_letter(Op op) {
  std::string_view sig = wasm::op_info(op).sig();
  return sig[sig.find(':') + 1];
}
constexpr Class param_class(Op op, unsigned i) { return class_of(param_letter(op, i)); }
constexpr Class result_class(Op op) { return class_of(result_letter(op)); }

// A slot that an item may take from or leave in a register.
struct Access {
  uint16_t slot;
  uint8_t classes;  // the bit of its class
  static constexpr uint8_t kWritten = 1, kLast = 2, kWide = 4;
  uint8_t flags;
  bool written() const { return flags & kWritten; }
  // Of a vector: nothing reads this value again. (LastUses sets it.)
  bool last() const { return flags & kLast; }
  // What is read or written may be something else than an i32.
  bool wide() const { return flags & kWide; }
  bool is(Class c) const { return classes == class_bit(c); }
};

// The register code in items.
struct Listing {
  std::vector<Item> items;
  std::vector<Access> accesses;    // of all items, in order; room for more behind them
  std::vector<uint32_t> controls;  // the items that branch, or are loops
  bool has_vectors = false;

  std::span<const Access> accesses_of(const Item& item) const { return {accesses.data() + item.access, item.accesses}; }
};

// `codes` finds a handler's code.
class HandlerIndex;
void read_items(const std::vector<Code>& code, const HandlerIndex& codes, Listing& out);

// From a handler's address back to its code. Handlers that do the same may share an address; then any of
// their codes stands for all.
class HandlerIndex {
 public:
  explicit HandlerIndex(const ir::HandlerTable& handlers);
  OpCode code(Code handler) const;

 private:
  uintptr_t base_ = 0;
  std::vector<uint16_t> codes_;  // by 16 bytes of distance from the first handler
};

// Whether the item is run by its handler, or calls: everything in registers is saved before and gone after.
inline bool leaves_registers(const Item& item) { return shape_of(item.code).leaves_registers; }

// The place of a branch's target, relative to the instruction; for items that are branches.
inline bool is_branch(const Item& item) { return shape_of(item.code).is_branch; }
inline uint32_t branch_target(const Item& item) {
  return static_cast<uint32_t>(static_cast<int64_t>(item.at) + field<int32_t>(item.pc, 4));
}
// Calls that come back, and those that do not. Both say where the callee's frame begins and how many slots of arguments
// it has.
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

// Whether what follows is reached only by branches.
inline bool ends_block(const Item& item) { return shape_of(item.code).ends_block; }

}  // namespace ermine::baseline
