// Numeric, variable and memory instructions.
#include "ir/translator.h"
#include "runtime/builtins.h"
#include "runtime/offsets.h"

namespace ermine::ir {

using wasm::ValKind;
using wasm::ValType;

void Translator::binary(Op op) {
  const OpTraits* traits = &op_traits(op);
  Entry b = pop(), a = pop();
  if (a.where == Where::kConst && traits->with_operands_exchanged != Op::nop && b.where != Where::kConst) {
    op = traits->with_operands_exchanged;
    std::swap(a, b);
  }
  // x - c is x + (-c): one handler hot instead of two, and more fusing.
  if (b.where == Where::kConst && (op == Op::i32_sub || op == Op::i64_sub)) {
    uint64_t neg = 0 - b.bits;
    if (op == Op::i32_sub) neg = static_cast<uint32_t>(neg);
    op = op == Op::i32_sub ? Op::i32_add : Op::i64_add;
    traits = &op_traits(op);
    b.bits = neg;
  }
  Operand y{}, x{};
  bool b_is_imm = b.where == Where::kConst;
  // Values that need an instruction to reach a slot get it now, before the accumulators are looked at.
  x = use(a);
  if (b_is_imm) y = {Operand::kImm, 0, b.bits};
  else y = use(b, b.where == Where::kPending || x.form != Operand::kAcc);
  if (x.form == Operand::kAcc && y.form == Operand::kAcc)
    x = {Operand::kSlot, x.slot, 0};  // x has a slot: b is the pending one
  BinaryForm form = y.form == Operand::kImm   ? (x.form == Operand::kAcc ? kAccImm : kSlotImm)
                    : x.form == Operand::kAcc ? kAccSlot
                    : y.form == Operand::kAcc ? kSlotAcc
                                              : kSlotSlot;
  prepare_acc(traits->result);
  OpCode code = code_of(op, form, false);
  uint32_t at = emit(code, b_is_imm && traits->wide_imm ? 3 : 2);
  put<uint16_t>(at, 2, x.slot);
  if (y.form != Operand::kImm) put<uint16_t>(at, 4, y.slot);
  else if (traits->wide_imm) put<uint64_t>(at, 8, y.bits);
  else put<uint32_t>(at, 4, static_cast<uint32_t>(y.bits));
  // Comparisons are kept single for the branch that may follow.
  Emitted e = traits->compares ? Emitted{at, code, 0} : join_pair(at, code);
  if (e.code == code && traits->fuses) {
    last_op_ = op;
    last_form_ = form;
  }
  push_result(e, traits->result_type());
}

void Translator::unary(Op op) {
  const OpTraits& traits = op_traits(op);
  Entry a = pop();
  Operand x = use(a);
  prepare_acc(traits.result);
  OpCode code = code_of(op, x.form == Operand::kAcc ? kAccForm : kSlotForm, false);
  uint32_t at = emit(code, 2);
  put<uint16_t>(at, 2, x.slot);
  push_result(join_pair(at, code), traits.result_type());
}

// i32.eqz of a comparison just made is the opposite comparison; of anything else a comparison with zero.
void Translator::fuse_eqz() {
  Entry& e = top();
  if (e.where == Where::kPending && is_last(e.producer) && has_inverse(last_op_)) {
    Op op = inverse(last_op_);
    e.code = code_of(op, last_form_, false);
    code_[e.producer] = reinterpret_cast<Code>(handlers_[e.code]);
    last_op_ = op;
    last_code_ = e.code;
    return;
  }
  push_const(wasm::kI32, 0);
  binary(Op::i32_eq);
}

// The memory of the accesses that follow.
void Translator::use_memory(uint32_t index) {
  if (index == memory_) [[likely]]
    return;
  memory_ = index;
  const uint32_t at = emit(code_of(IrOp::use_memory), 2);
  put<uint32_t>(at, 4, runtime::offsets::memory_base(module_, index));
}

void Translator::load(const Instr& in) {
  const ValType out_type = op_traits(in.op).result_type();
  Entry a = pop();
  if (is_direct(in.mem)) {
    Operand x = use(a);
    prepare_acc(acc_of(out_type));
    use_memory(in.mem.memory);
    OpCode code = code_of(in.op, x.form == Operand::kAcc ? kAccForm : kSlotForm, false);
    uint32_t at = emit(code, 2);
    put<uint16_t>(at, 2, x.slot);
    put<uint32_t>(at, 4, static_cast<uint32_t>(in.mem.offset));
    push_result(join_pair(at, code), out_type);
    return;
  }
  uint16_t address = use_slot(a);
  uint32_t at = emit(checked_code(in.op), 3);
  put<uint16_t>(at, 2, address);
  put<uint32_t>(at, 4, in.mem.memory);
  put<uint64_t>(at, 8, in.mem.offset);
  push_temp(out_type);
  put<uint16_t>(at, 0, top().home);
  wrote_slot(top().home);
}

void Translator::store(const Instr& in) {
  Entry value = pop(), a = pop();
  if (!is_direct(in.mem)) {
    uint16_t v = use_slot(value), address = use_slot(a);
    uint32_t at = emit(checked_code(in.op), 3);
    put<uint16_t>(at, 0, v);
    put<uint16_t>(at, 2, address);
    put<uint32_t>(at, 4, in.mem.memory);
    put<uint64_t>(at, 8, in.mem.offset);
    return;
  }
  bool is_float = value.type == wasm::kF32 || value.type == wasm::kF64;
  bool imm = value.where == Where::kConst && !is_float &&
             (value.type == wasm::kI32 ? static_cast<int32_t>(value.bits) == static_cast<int16_t>(value.bits)
                                       : static_cast<int64_t>(value.bits) == static_cast<int16_t>(value.bits));
  Operand v{}, x{};
  if (a.where == Where::kConst) x = use(a);
  if (value.where == Where::kConst && !imm) v = use(value);
  if (a.where != Where::kConst) x = use(a);
  if (imm) v = {Operand::kImm, 0, value.bits};
  else if (value.where != Where::kConst) v = use(value);
  if (!is_float && x.form == Operand::kAcc && v.form == Operand::kAcc) {  // one accumulator for both
    if (a.where == Where::kPending) v = {Operand::kSlot, v.slot, 0};
    else x = {Operand::kSlot, x.slot, 0};
  }
  StoreForm form;
  if (v.form == Operand::kImm) form = x.form == Operand::kAcc ? kStoreAccImm : kStoreSlotImm;
  else if (x.form == Operand::kAcc) form = v.form == Operand::kAcc ? kStoreAccAcc : kStoreAccSlot;
  else form = v.form == Operand::kAcc ? kStoreSlotAcc : kStoreSlotSlot;
  use_memory(in.mem.memory);
  uint32_t at = emit(store_code(in.op, form), 2);
  put<uint16_t>(at, 0, v.form == Operand::kImm ? static_cast<uint16_t>(v.bits) : v.slot);
  put<uint16_t>(at, 2, x.slot);
  put<uint32_t>(at, 4, static_cast<uint32_t>(in.mem.offset));
  join_pair(at, store_code(in.op, form));
}

// Vector instructions take and leave everything in slots.
void Translator::vector(const Instr& in) {
  const wasm::OpInfo& info = wasm::op_info(in.op);
  auto colon = info.sig().find(':');
  uint16_t slots[3] = {};
  for (size_t i = colon; i > 0; --i) slots[i - 1] = use_slot(pop());
  using wasm::Imm;
  unsigned units = info.imm == Imm::MemArg || info.imm == Imm::MemArgLane ? 4
                   : info.imm == Imm::Shuffle                             ? 4
                   : info.imm == Imm::Lane                                ? 3
                                                                          : 2;
  bool has_result = colon + 1 < info.sig().size();
  if (has_result && info.sig()[colon + 1] != 'v') prepare_acc(acc_of(letter_type(info.sig()[colon + 1])));
  uint32_t at = emit(slots_code(in.op), units);
  for (unsigned i = 0; i < 3; ++i) put<uint16_t>(at, 2 + 2 * i, slots[i]);
  switch (info.imm) {
    case Imm::MemArg:
    case Imm::MemArgLane:
      put<uint32_t>(at, 8, in.mem.memory);
      put<uint32_t>(at, 12, in.lane);
      put<uint64_t>(at, 16, in.mem.offset);
      break;
    case Imm::Lane: put<uint32_t>(at, 8, in.lane); break;
    case Imm::Shuffle: std::memcpy(&code_[at + 2], in.bytes16, 16); break;
    default: break;
  }
  if (has_result) {
    push_temp(letter_type(info.sig()[colon + 1]));
    put<uint16_t>(at, 0, top().home);
    wrote_slot(top().home, top().type.slots());
  }
}

void Translator::atomic(const Instr& in) {
  const wasm::OpInfo& info = wasm::op_info(in.op);
  auto colon = info.sig().find(':');
  uint16_t slots[3] = {};
  for (size_t i = colon; i > 0; --i) slots[i - 1] = use_slot(pop());
  uint32_t at = emit(slots_code(in.op), 4);
  for (unsigned i = 0; i < 3; ++i) put<uint16_t>(at, 2 + 2 * i, slots[i]);
  put<uint32_t>(at, 8, in.mem.memory);
  put<uint64_t>(at, 16, in.mem.offset);
  if (colon + 1 < info.sig().size()) {
    push_temp(letter_type(info.sig()[colon + 1]));
    put<uint16_t>(at, 0, top().home);
    wrote_slot(top().home);
  }
}

// Wide arithmetic: operands in a run of slots, results in a run from the same place.
void Translator::wide(const Instr& in) {
  std::string_view sig = wasm::op_info(in.op).sig();
  auto operands = static_cast<uint32_t>(sig.find(':'));
  auto results = static_cast<uint32_t>(sig.size() - operands - 1);
  flush_top(operands);
  uint16_t base = stack_[stack_.size() - operands].home;
  for (uint32_t i = 0; i < operands; ++i) pop();
  uint32_t at = emit(slots_code(in.op), 2);
  put<uint16_t>(at, 0, base);
  put<uint16_t>(at, 2, base);
  for (uint32_t i = 0; i < results; ++i) push_temp(wasm::kI64);
  wrote_slot(base, results);
}

// result = condition ? a : b
void Translator::select(ValType type) {
  Entry c = pop(), b = pop(), a = pop();
  if (type.is_bot()) type = a.type;
  uint16_t sb = use_slot(b), sa = use_slot(a);
  if (type.kind() == ValKind::kV128) {
    uint16_t sc = use_slot(c);
    uint32_t at = emit(code_of(IrOp::select_v128), 3);
    put<uint16_t>(at, 2, sa);
    put<uint16_t>(at, 4, sb);
    put<uint16_t>(at, 6, sc);
    push_temp(type);
    put<uint16_t>(at, 0, top().home);
    wrote_slot(top().home, 2);
    return;
  }
  Operand x = use(c);
  Acc acc = acc_of(type);
  prepare_acc(acc);
  IrOp base = acc == kAccR ? IrOp::select_r : acc == kAccS ? IrOp::select_s : IrOp::select_d;
  auto code = static_cast<OpCode>(code_of(base) + (x.form == Operand::kAcc ? 2 : 0));
  uint32_t at = emit(code, 3);
  put<uint16_t>(at, 2, sa);
  put<uint16_t>(at, 4, sb);
  put<uint16_t>(at, 6, x.slot);
  push_result(at, code, type);
}

void Translator::global_get(uint32_t index) {
  ValType type = module_.globals[index].type.type;
  if (type.kind() == ValKind::kV128) {
    uint32_t at = emit(code_of(IrOp::global_get_v128), 2);
    put<uint32_t>(at, 4, index);
    push_temp(type);
    put<uint16_t>(at, 0, top().home);
    wrote_slot(top().home, 2);
    return;
  }
  Acc acc = acc_of(type);
  prepare_acc(acc);
  OpCode code = code_of(acc == kAccR ? IrOp::global_get_r : acc == kAccS ? IrOp::global_get_s : IrOp::global_get_d);
  uint32_t at = emit(code, 2);
  put<uint32_t>(at, 4, index);
  push_result(join_pair(at, code), type);
}

void Translator::global_set(uint32_t index) {
  Entry e = pop();
  IrOp op = IrOp::global_set_s;
  Operand x{};
  if (e.type.kind() == ValKind::kV128) {
    op = IrOp::global_set_v128;
    x.slot = use_slot(e);
  } else if (acc_of(e.type) == kAccR) {
    x = use(e);
    if (x.form == Operand::kAcc) op = IrOp::global_set_r;
  } else {
    x.slot = use_slot(e);
  }
  uint32_t at = emit(code_of(op), 2);
  put<uint16_t>(at, 0, x.slot);
  put<uint32_t>(at, 4, index);
  join_pair(at, code_of(op));
}

void Translator::builtin(Op op, unsigned operands, std::span<const ValType> results, uint32_t a, uint64_t b) {
  flush_top(operands);
  uint32_t base = operands ? stack_[stack_.size() - operands].home : next_home(wasm::kI32);
  uint32_t operand_slots = 0;
  for (unsigned i = 0; i < operands; ++i) operand_slots += pop().type.slots();
  save_pending();
  need_slots(base + operand_slots);
  uint32_t at = emit(code_of(IrOp::builtin), 4);
  put<uint16_t>(at, 0, static_cast<uint16_t>(base));
  put<uint16_t>(at, 2, static_cast<uint16_t>(operand_slots));
  put<uint32_t>(at, 4, a);
  put<uint64_t>(at, 8, b);
  put<const void*>(at, 16, reinterpret_cast<const void*>(runtime::builtin_for(op)));
  for (ValType t : results) push_temp(t);
  forget_accs();
}

}  // namespace ermine::ir
