#include "ir/decoded.h"

#include <algorithm>
#include <array>

#include "ir/object_ops.h"

namespace ermine::ir {

namespace {

constexpr bool does_branch(const IrInfo& s) {
  if (s.kind == CodeInfo::kBranch) return true;
  if (s.kind != CodeInfo::kIr) return false;
  if (object_op(s.ir()).kind == ObjectOp::kBranch) return true;
  switch (s.ir()) {
    case IrOp::br:
    case IrOp::br_back:
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: return true;
    default: return false;
  }
}

constexpr bool does_end_block(const IrInfo& s) {
  if (s.kind != CodeInfo::kIr) return false;
  switch (s.ir()) {
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

// A slot that an operation may read from or write to a register, and the field that names it.
struct OperandSpec {
  uint8_t byte;     // of the field
  uint8_t plus;     // added to the slot it names: the second half of a vector
  uint8_t classes;  // class_bit
  uint8_t flags;    // SlotAccess's
  constexpr bool operator==(const OperandSpec&) const = default;
};
constexpr unsigned kMaxOperands = 8;
struct OperandSpecs {
  std::array<OperandSpec, kMaxOperands> list{};
  uint8_t count = 0;
  bool has_vectors = false;
  // Written so that the compiler, which compares all lists with each other, evaluates little.
  constexpr bool operator==(const OperandSpecs& o) const {
    if (count != o.count || has_vectors != o.has_vectors) return false;
    for (unsigned i = 0; i < count; ++i)
      if (!(list[i] == o.list[i])) return false;
    return true;
  }
};

constexpr OperandSpecs operands_of(const IrInfo& s) {
  OperandSpecs operands;
  auto add = [&operands](unsigned byte, RegClass c, bool written, unsigned plus, bool wide) {
    const unsigned flags = (written ? SlotAccess::kWritten : 0) | (wide ? SlotAccess::kWide : 0);
    operands.list[operands.count++] = {static_cast<uint8_t>(byte), static_cast<uint8_t>(plus), class_bit(c),
                                       static_cast<uint8_t>(flags)};
  };
  auto f = [&add](unsigned byte, RegClass c, bool written, unsigned plus = 0) { add(byte, c, written, plus, true); };
  // Of a known type: its letter.
  auto typed = [&add](unsigned byte, char letter, bool written) {
    add(byte, class_of(letter), written, 0, letter != 'i');
  };
  auto vector = [&](unsigned byte, bool written) {
    f(byte, RegClass::kV128, written);
    f(byte, RegClass::kVecHigh, written, 1);
    operands.has_vectors = true;
  };
  if (s.kind == CodeInfo::kFormed) {
    unsigned form = s.form / 2;
    bool to_slot = s.form & 1;
    switch (s.family) {
      case Family::kBinary:
        if (form == kSlotSlot || form == kSlotAcc || form == kSlotImm) typed(2, param_letter(s.op(), 0), false);
        if (form == kSlotSlot || form == kAccSlot) typed(4, param_letter(s.op(), 1), false);
        if (to_slot) typed(0, result_letter(s.op()), true);
        return operands;
      case Family::kUnary:
      case Family::kLoad:
        if (form == kSlotForm) typed(2, param_letter(s.op(), 0), false);
        if (to_slot) typed(0, result_letter(s.op()), true);
        return operands;
      case Family::kStore: {
        unsigned store = s.form;
        if (store == kStoreSlotSlot || store == kStoreSlotAcc || store == kStoreSlotImm)
          typed(2, param_letter(s.op(), 0), false);
        if (store == kStoreSlotSlot || store == kStoreAccSlot) typed(0, param_letter(s.op(), 1), false);
        return operands;
      }
      case Family::kVector: {
        std::string_view sig = wasm::op_info(s.op()).sig();
        auto colon = sig.find(':');
        for (unsigned i = 0; i < colon; ++i) {
          if (sig[i] == 'v') vector(2 + 2 * i, false);
          else typed(2 + 2 * i, sig[i], false);
        }
        if (colon + 1 < sig.size()) {
          if (sig[colon + 1] == 'v') vector(0, true);
          else typed(0, sig[colon + 1], true);
        }
        return operands;
      }
      default: return operands;
    }
  }
  if (s.kind == CodeInfo::kBranch) {
    unsigned form = s.form / 4;
    if (form == kSlotSlot || form == kSlotAcc || form == kSlotImm) typed(0, param_letter(s.op(), 0), false);
    if (form == kSlotSlot || form == kAccSlot) typed(2, param_letter(s.op(), 1), false);
    return operands;
  }
  if (s.kind != CodeInfo::kIr) return operands;
  auto select = [&](IrOp base, RegClass c) {
    unsigned form = static_cast<unsigned>(s.ir()) - static_cast<unsigned>(base);
    f(2, c, false);
    f(4, c, false);
    if (form < 2) typed(6, 'i', false);
    if (form & 1) f(0, c, true);
  };
  switch (s.ir()) {
    case IrOp::copy:
      f(2, RegClass::kAny, false);
      f(0, RegClass::kAny, true);
      return operands;
    case IrOp::copy2:
      f(2, RegClass::kAny, false);
      f(0, RegClass::kAny, true);
      f(6, RegClass::kAny, false);
      f(4, RegClass::kAny, true);
      return operands;
    case IrOp::const32: add(0, RegClass::kAny, true, 0, false); return operands;
    case IrOp::const64: f(0, RegClass::kAny, true); return operands;
    case IrOp::copy_v128:
      vector(2, false);
      vector(0, true);
      return operands;
    case IrOp::const_v128:
    case IrOp::global_get_v128: vector(0, true); return operands;
    case IrOp::global_set_v128: vector(0, false); return operands;
    case IrOp::select_v128:
      vector(2, false);
      vector(4, false);
      typed(6, 'i', false);
      vector(0, true);
      return operands;
    case IrOp::set_r: f(0, RegClass::kInt, true); return operands;
    case IrOp::set_s: f(0, RegClass::kF32, true); return operands;
    case IrOp::set_d: f(0, RegClass::kF64, true); return operands;
    case IrOp::select_r:
    case IrOp::select_r_1:
    case IrOp::select_r_2:
    case IrOp::select_r_3: select(IrOp::select_r, RegClass::kInt); return operands;
    case IrOp::select_s:
    case IrOp::select_s_1:
    case IrOp::select_s_2:
    case IrOp::select_s_3: select(IrOp::select_s, RegClass::kF32); return operands;
    case IrOp::select_d:
    case IrOp::select_d_1:
    case IrOp::select_d_2:
    case IrOp::select_d_3: select(IrOp::select_d, RegClass::kF64); return operands;
    case IrOp::global_get_r_1: f(0, RegClass::kInt, true); return operands;
    case IrOp::global_get_s_1: f(0, RegClass::kF32, true); return operands;
    case IrOp::global_get_d_1: f(0, RegClass::kF64, true); return operands;
    case IrOp::global_set_s: f(0, RegClass::kAny, false); return operands;
    case IrOp::br_table_s: typed(0, 'i', false); return operands;
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: f(0, RegClass::kInt, false); return operands;
    case IrOp::ret_copy: f(2, RegClass::kAny, false); return operands;
    case IrOp::call_indirect_s: f(12, RegClass::kInt, false); return operands;
    default: return operands;  // run by its handler, or without such slots
  }
}

struct Tables {
  std::array<IrInfo, kCodeCount> shapes{};
  std::array<OperandSpecs, 128> operands{};  // the different ones; the first is empty
  unsigned operand_lists = 1;
};
constexpr Tables make_tables() {
  Tables t;
  for (unsigned i = 0; i < kCodeCount; ++i) {
    const auto code = static_cast<OpCode>(i);
    const CodeInfo info = code_info(code);
    const bool has_op =
        info.kind == CodeInfo::kFormed || info.kind == CodeInfo::kBranch || info.kind == CodeInfo::kChecked;
    IrInfo& s = t.shapes[i];
    s.kind = info.kind;
    s.form = static_cast<uint8_t>(info.form);
    s.number = info.kind == CodeInfo::kIr ? static_cast<uint16_t>(info.ir) : static_cast<uint16_t>(info.op);
    s.family = has_op ? family_of(info.op) : Family::kNone;
    s.is_branch = does_branch(s);
    const bool is_table = s.kind == CodeInfo::kIr && (s.ir() == IrOp::br_table_s || s.ir() == IrOp::br_table_r);
    s.is_control = s.is_branch || is_table || (s.kind == CodeInfo::kIr && s.ir() == IrOp::loop);
    s.ends_block = does_end_block(s);
    s.units = is_table ? uint8_t{0} : static_cast<uint8_t>(unit_count(code));
    const OperandSpecs operands = operands_of(s);
    unsigned n = 0;
    while (n < t.operand_lists && !(t.operands[n] == operands)) ++n;
    if (n == t.operand_lists) t.operands[t.operand_lists++] = operands;
    s.operands = static_cast<uint8_t>(n);
  }
  return t;
}
constexpr Tables kTables = make_tables();

}  // namespace

constexpr std::array<IrInfo, kCodeCount> kIrInfos = kTables.shapes;

void decode_ir(const std::vector<Code>& code, const HandlerIndex& codes, DecodedFunction& out) {
  static constexpr auto kOperandSpecs = [] {
    std::array<OperandSpecs, kTables.operand_lists> operands{};
    for (unsigned i = 0; i < kTables.operand_lists; ++i) operands[i] = kTables.operands[i];
    return operands;
  }();
  out.instrs.clear();
  out.control_instrs.clear();
  bool vectors = false;
  uint32_t accesses = 0;
  auto add = [&](uint32_t at, OpCode op, const IrInfo& s, const Code* pc) {
    if (s.is_control) out.control_instrs.push_back(static_cast<uint32_t>(out.instrs.size()));
    if (accesses + kMaxOperands > out.accesses.size()) out.accesses.resize(2 * out.accesses.size() + 64);
    const OperandSpecs& operands = kOperandSpecs[s.operands];
    out.instrs.push_back({at, accesses, op, operands.count, pc});
    SlotAccess* list = out.accesses.data() + accesses;
    for (unsigned i = 0; i < operands.count; ++i) {
      const OperandSpec& r = operands.list[i];
      list[i] = {static_cast<uint16_t>(field<uint16_t>(pc, r.byte) + r.plus), r.classes, r.flags};
    }
    vectors |= operands.has_vectors;
    accesses += operands.count;
  };
  for (uint32_t at = 0; at < code.size();) {
    const Code* pc = &code[at];
    const OpCode op = codes.code(*pc);
    const IrInfo& s = kIrInfos[op];
    if (s.kind == CodeInfo::kPair) {
      const unsigned form = (op - kPairBase) % 4, pair = (op - kPairBase) / 4;
      const OpCode first = kPairs[pair].first, second = pair_second(pair, form);
      add(at, first, kIrInfos[first], pc);
      add(at, second, kIrInfos[second], pc + kIrInfos[first].units - 1);
    } else {
      add(at, op, s, pc);
    }
    at += s.units != 0 ? s.units : table_units(field<uint32_t>(pc, 4));
  }
  out.has_vectors = vectors;
}

HandlerIndex::HandlerIndex(const HandlerTable& handlers) {
  uintptr_t low = ~uintptr_t{0}, high = 0;
  for (unsigned i = 0; i < kCodeCount; ++i) {
    if (!handlers.has(i)) continue;
    const auto h = reinterpret_cast<uintptr_t>(handlers[i]);
    low = std::min(low, h);
    high = std::max(high, h);
  }
  base_ = low;
  codes_.resize((high - low) / 16 + 1);
  for (unsigned i = kCodeCount; i-- > 0;) {
    if (!handlers.has(i)) continue;
    codes_[(reinterpret_cast<uintptr_t>(handlers[i]) - base_) / 16] = static_cast<uint16_t>(i);
  }
}

OpCode HandlerIndex::code(Code handler) const { return codes_[(handler - base_) / 16]; }

}  // namespace ermine::ir
