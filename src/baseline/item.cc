#include "baseline/item.h"

#include <algorithm>
#include <array>

#include "ir/object_ops.h"

namespace ermine::baseline {

namespace {

constexpr bool does_leave_registers(const Shape& s) {
  switch (s.kind) {
    case CodeInfo::kChecked: return true;
    case CodeInfo::kFormed:
      if (s.family == Family::kVector) return wasm::op_info(s.op).imm != wasm::Imm::None;
      return s.family == Family::kAtomic || s.family == Family::kWide;
    case CodeInfo::kBranch:
    case CodeInfo::kPair: return false;
    case CodeInfo::kIr: break;
  }
  if (ir::object_op(s.ir).kind != ir::ObjectOp::kNone) return true;
  switch (s.ir) {
    case IrOp::enter_sp:
    case IrOp::copy_n:
    case IrOp::select_v128:
    case IrOp::call:
    case IrOp::call_import:
    case IrOp::call_indirect_s:
    case IrOp::call_indirect_r:
    case IrOp::call_ref:
    case IrOp::return_call:
    case IrOp::return_call_import:
    case IrOp::return_call_indirect:
    case IrOp::return_call_ref:
    case IrOp::global_get_v128:
    case IrOp::global_set_v128:
    case IrOp::memory_size:
    case IrOp::trap:
    case IrOp::ret_copy_n:
    case IrOp::builtin: return true;
    default: return false;
  }
}

constexpr bool does_branch(const Shape& s) {
  if (s.kind == CodeInfo::kBranch) return true;
  if (s.kind != CodeInfo::kIr) return false;
  if (ir::object_op(s.ir).kind == ir::ObjectOp::kBranch) return true;
  switch (s.ir) {
    case IrOp::br:
    case IrOp::br_back:
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: return true;
    default: return false;
  }
}

constexpr bool does_end_block(const Shape& s) {
  if (s.kind != CodeInfo::kIr) return false;
  switch (s.ir) {
    case IrOp::br:
    case IrOp::br_back:
    case IrOp::br_table_s:
    case IrOp::br_table_r:
    case IrOp::ret:
    case IrOp::ret_copy:
    case IrOp::ret_r:
    case IrOp::ret_s:
    case IrOp::ret_d:
    case IrOp::ret_const:
    case IrOp::ret_copy_n:
    case IrOp::return_call:
    case IrOp::return_call_import:
    case IrOp::return_call_indirect:
    case IrOp::return_call_ref:
    case IrOp::trap: return true;
    default: return false;
  }
}

constexpr auto kUnits = [] {
  std::array<uint8_t, ir::kCodeCount> units{};
  for (unsigned i = 0; i < ir::kCodeCount; ++i) units[i] = static_cast<uint8_t>(ir::unit_count(static_cast<OpCode>(i)));
  return units;
}();

unsigned units_of(OpCode code, const Code* pc) {
  if (code == ir::code_of(IrOp::br_table_r) || code == ir::code_of(IrOp::br_table_s))
    return 2 + (field<uint32_t>(pc, 4) + 2) / 2;
  return kUnits[code];
}

}  // namespace

constexpr std::array<Shape, ir::kCodeCount> kShapes = [] {
  std::array<Shape, ir::kCodeCount> shapes{};
  for (unsigned i = 0; i < ir::kCodeCount; ++i) {
    CodeInfo info = ir::code_info(static_cast<OpCode>(i));
    bool has_op = info.kind == CodeInfo::kFormed || info.kind == CodeInfo::kBranch || info.kind == CodeInfo::kChecked;
    shapes[i] = {info.kind,
                 static_cast<uint8_t>(info.form),
                 info.op,
                 info.ir,
                 has_op ? ir::family_of(info.op) : Family::kNone,
                 false,
                 false,
                 false};
    Shape& s = shapes[i];
    s.leaves_registers = does_leave_registers(s);
    s.is_branch = does_branch(s);
    s.ends_block = does_end_block(s);
  }
  return shapes;
}();

void read_items(const std::vector<Code>& code, const HandlerIndex& codes, std::vector<Item>& out) {
  out.clear();
  for (uint32_t at = 0; at < code.size();) {
    const Code* pc = &code[at];
    OpCode op = codes.code(*pc);
    auto units = static_cast<uint16_t>(units_of(op, pc));
    if (kShapes[op].kind == CodeInfo::kPair) {
      unsigned form = (op - ir::kPairBase) % 4, pair = (op - ir::kPairBase) / 4;
      OpCode first = ir::kPairs[pair].first;
      out.push_back({at, first, 0, pc});
      out.push_back({at, ir::pair_second(pair, form), units, pc + kUnits[first] - 1});
    } else {
      out.push_back({at, op, units, pc});
    }
    at += units;
  }
}

HandlerIndex::HandlerIndex(const ir::HandlerTable& handlers) {
  uintptr_t low = ~uintptr_t{0}, high = 0;
  for (const void* h : handlers) {
    if (h == nullptr) continue;
    low = std::min(low, reinterpret_cast<uintptr_t>(h));
    high = std::max(high, reinterpret_cast<uintptr_t>(h));
  }
  base_ = low;
  codes_.resize((high - low) / 16 + 1);
  for (unsigned i = ir::kCodeCount; i-- > 0;) {
    if (handlers[i] == nullptr) continue;
    codes_[(reinterpret_cast<uintptr_t>(handlers[i]) - base_) / 16] = static_cast<uint16_t>(i);
  }
}

OpCode HandlerIndex::code(Code handler) const { return codes_[(handler - base_) / 16]; }

}  // namespace ermine::baseline
