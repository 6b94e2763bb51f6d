// The register code as the compiler reads it: one item an operation, pairs taken apart, and what each reads
// and writes.
#pragma once

#include <array>
#include <cstdint>
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
  OpCode code;       // never a pair
  uint16_t units;    // of the whole instruction, 0 for a pair's first part
  const Code* pc;    // operands follow it: of a pair's second part, as if it began there
};

// CodeInfo by code, smaller.
struct Shape {
  CodeInfo::Kind kind;
  uint8_t form;
  Op op;
  IrOp ir;
  Family family;
  bool leaves_registers, is_branch, ends_block;  // see below
};
extern const std::array<Shape, ir::kCodeCount> kShapes;
inline const Shape& shape_of(OpCode code) { return kShapes[code]; }

// Kinds of values that a slot may hold while it lives in a register.
enum class Class : uint8_t { kAny, kInt, kF32, kF64, kNot };

constexpr Class class_of(char letter) {
  switch (letter) {
    case 'f': return Class::kF32;
    case 'd': return Class::kF64;
    case 'v': return Class::kNot;
    default: return Class::kInt;
  }
}
inline Class param_class(Op op, unsigned i) { return class_of(wasm::op_info(op).sig[i]); }
inline Class result_class(Op op) {
  std::string_view sig = wasm::op_info(op).sig;
  return class_of(sig[sig.find(':') + 1]);
}

// The register code in items. `codes` finds a handler's code.
class HandlerIndex;
void read_items(const std::vector<Code>& code, const HandlerIndex& codes, std::vector<Item>& out);

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
// Whether what follows is reached only by branches.
inline bool ends_block(const Item& item) { return shape_of(item.code).ends_block; }

// Calls f(slot, class, written) for each slot that the item may take from or leave in a register.
template <class F>
void for_each_access(const Item& item, F&& f) {
  const Shape& s = shape_of(item.code);
  const Code* pc = item.pc;
  auto u16 = [pc](unsigned byte) { return field<uint16_t>(pc, byte); };
  if (s.kind == CodeInfo::kFormed) {
    unsigned form = s.form / 2;
    bool to_slot = s.form & 1;
    switch (s.family) {
      case Family::kBinary:
        if (form == ir::kSS || form == ir::kSR || form == ir::kSI) f(u16(2), param_class(s.op, 0), false);
        if (form == ir::kSS || form == ir::kRS) f(u16(4), param_class(s.op, 1), false);
        if (to_slot) f(u16(0), result_class(s.op), true);
        return;
      case Family::kUnary:
        if (form == ir::kS) f(u16(2), param_class(s.op, 0), false);
        if (to_slot) f(u16(0), result_class(s.op), true);
        return;
      case Family::kLoad:
        if (form == ir::kS) f(u16(2), Class::kInt, false);
        if (to_slot) f(u16(0), result_class(s.op), true);
        return;
      case Family::kStore: {
        unsigned store = s.form;
        if (store == ir::kStoreSS || store == ir::kStoreSR || store == ir::kStoreSI) f(u16(2), Class::kInt, false);
        if (store == ir::kStoreSS || store == ir::kStoreRS) f(u16(0), param_class(s.op, 1), false);
        return;
      }
      case Family::kVector: {
        // Vectors live in the frame. Two slots each; scalars among the operands are read there too.
        std::string_view sig = wasm::op_info(s.op).sig;
        auto colon = sig.find(':');
        for (unsigned i = 0; i < colon; ++i) {
          f(u16(2 + 2 * i), Class::kNot, false);
          if (sig[i] == 'v') f(static_cast<uint16_t>(u16(2 + 2 * i) + 1), Class::kNot, false);
        }
        if (colon + 1 < sig.size()) {
          f(u16(0), Class::kNot, true);
          if (sig[colon + 1] == 'v') f(static_cast<uint16_t>(u16(0) + 1), Class::kNot, true);
        }
        return;
      }
      default: return;
    }
  }
  if (s.kind == CodeInfo::kBranch) {
    unsigned form = s.form / 4;
    if (form == ir::kSS || form == ir::kSR || form == ir::kSI) f(u16(0), param_class(s.op, 0), false);
    if (form == ir::kSS || form == ir::kRS) f(u16(2), param_class(s.op, 1), false);
    return;
  }
  if (s.kind != CodeInfo::kIr) return;
  auto select = [&](IrOp base, Class c) {
    unsigned form = static_cast<unsigned>(s.ir) - static_cast<unsigned>(base);
    f(u16(2), c, false);
    f(u16(4), c, false);
    if (form < 2) f(u16(6), Class::kInt, false);
    if (form & 1) f(u16(0), c, true);
  };
  switch (s.ir) {
    case IrOp::copy:
      f(u16(2), Class::kAny, false);
      f(u16(0), Class::kAny, true);
      return;
    case IrOp::copy2:
      f(u16(2), Class::kAny, false);
      f(u16(0), Class::kAny, true);
      f(u16(6), Class::kAny, false);
      f(u16(4), Class::kAny, true);
      return;
    case IrOp::const32:
    case IrOp::const64: f(u16(0), Class::kAny, true); return;
    case IrOp::copy_v128:
      for (unsigned i = 0; i < 2; ++i) {
        f(static_cast<uint16_t>(u16(2) + i), Class::kNot, false);
        f(static_cast<uint16_t>(u16(0) + i), Class::kNot, true);
      }
      return;
    case IrOp::const_v128:
      for (unsigned i = 0; i < 2; ++i) f(static_cast<uint16_t>(u16(0) + i), Class::kNot, true);
      return;
    case IrOp::set_r: f(u16(0), Class::kInt, true); return;
    case IrOp::set_s: f(u16(0), Class::kF32, true); return;
    case IrOp::set_d: f(u16(0), Class::kF64, true); return;
    case IrOp::select_r:
    case IrOp::select_r_1:
    case IrOp::select_r_2:
    case IrOp::select_r_3: select(IrOp::select_r, Class::kInt); return;
    case IrOp::select_s:
    case IrOp::select_s_1:
    case IrOp::select_s_2:
    case IrOp::select_s_3: select(IrOp::select_s, Class::kF32); return;
    case IrOp::select_d:
    case IrOp::select_d_1:
    case IrOp::select_d_2:
    case IrOp::select_d_3: select(IrOp::select_d, Class::kF64); return;
    case IrOp::global_get_r_1: f(u16(0), Class::kInt, true); return;
    case IrOp::global_get_s_1: f(u16(0), Class::kF32, true); return;
    case IrOp::global_get_d_1: f(u16(0), Class::kF64, true); return;
    case IrOp::global_set_s: f(u16(0), Class::kAny, false); return;
    case IrOp::br_table_s:
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: f(u16(0), Class::kInt, false); return;
    case IrOp::ret_copy: f(u16(2), Class::kAny, false); return;
    default: return;  // by its handler, or nothing of the kind
  }
}

}  // namespace ermine::baseline
