// The translator's symbolic operand stack: where values are, and moving them with as little code as can be.
#include "ir/translator.h"

namespace ermine::ir {

using wasm::ValKind;

namespace {
bool second_traps(OpCode code) {
  CodeInfo info = code_info(code);
  return info.kind == CodeInfo::kFormed && (wasm::op_info(info.op).flags & wasm::kMayTrap);
}
}  // namespace

using wasm::ValType;

Translator::Acc Translator::acc_of(ValType t) {
  switch (t.kind()) {
    case ValKind::kF32: return kAccS;
    case ValKind::kF64: return kAccD;
    default: return kAccR;
  }
}

uint32_t Translator::emit(OpCode code, unsigned units) {
  auto at = static_cast<uint32_t>(code_.size());
  code_.resize(code_.size() + units);
  code_[at] = reinterpret_cast<Code>(handlers_[code]);
  previous_ = last_;
  previous_code_ = last_code_;
  last_ = at;
  last_code_ = code;
  last_op_ = Op::nop;
  if (options_.record_offsets) offsets_.push_back({at, offset_});
  return at;
}

Translator::Emitted Translator::join_pair(uint32_t at, OpCode code) {
  Emitted single{at, code, 0};
  if (at != last_ || previous_ == kNone || !options_.pairs) return single;
  OpCode pair = find_pair(previous_code_, code);
  if (pair == 0) return single;
  // A first part whose result still waits in the accumulator may yet have to be patched.
  for (uint32_t p : pending_)
    if (p != kNone && stack_[p].producer == previous_) return single;
  unsigned first_units = units_of(previous_code_);
  if (previous_ + first_units != at) return single;
  code_.erase(code_.begin() + at);
  code_[previous_] = reinterpret_cast<Code>(handlers_[pair]);
  if (options_.record_offsets) {
    // A pair traps in one of its parts only: the second, if that is a memory access.
    if (second_traps(code)) offsets_[offsets_.size() - 2].offset = offsets_.back().offset;
    offsets_.pop_back();
  }
  last_ = previous_;
  last_code_ = pair;
  previous_ = kNone;
  return {last_, pair, static_cast<uint8_t>((first_units - 1) * 8)};
}

uint16_t Translator::next_home(ValType t) {
  uint32_t home = stack_.empty() ? first_home_ : stack_.back().home + stack_.back().type.slots();
  need_slots(home + t.slots());
  return static_cast<uint16_t>(home);
}

void Translator::push_entry(Entry e) {
  e.home = next_home(e.type);
  stack_.push_back(e);
}

void Translator::push_temp(ValType t) { push_entry({.where = Where::kTemp, .type = t}); }

void Translator::push_const(ValType t, uint64_t bits) { push_entry({.where = Where::kConst, .type = t, .bits = bits}); }

void Translator::push_local(uint32_t local) {
  Entry e{.where = Where::kLocal, .type = local_types_[local]};
  e.local = local_slots_[local];
  e.bits = local;
  e.next_alias = local_aliases_[local];
  local_aliases_[local] = static_cast<uint32_t>(stack_.size());
  push_entry(e);
}

void Translator::push_result(uint32_t at, OpCode code, ValType t) {
  Acc acc = acc_of(t);
  pending_[acc] = static_cast<uint32_t>(stack_.size());
  mirror_[acc] = kNone;
  push_entry({.where = Where::kPending, .type = t, .producer = at, .code = code});
}

void Translator::push_result(Emitted e, ValType t) {
  push_result(e.at, e.code, t);
  stack_.back().dst_byte = e.byte;
}

void Translator::drop_alias(const Entry& e) {
  if (e.where == Where::kLocal) local_aliases_[e.bits] = e.next_alias;
}

Translator::Entry Translator::pop() {
  Entry e = stack_.back();
  stack_.pop_back();
  drop_alias(e);  // the newest alias of a local is the one nearest the top
  if (e.where == Where::kPending) pending_[acc_of(e.type)] = kNone;
  if (flushed_ > stack_.size()) flushed_ = static_cast<uint32_t>(stack_.size());
  return e;
}

// Patches the maker of a pending value to write it to `slot` too.
void Translator::spill(Entry& e, uint16_t slot) {
  code_[e.producer] = reinterpret_cast<Code>(handlers_[e.code + 1]);
  put<uint16_t>(e.producer, e.dst_byte, slot);
  Acc acc = acc_of(e.type);
  pending_[acc] = kNone;
  wrote_slot(slot);
  mirror_[acc] = slot;
  if (is_last(e.producer)) {
    last_code_ = e.code + 1;
    last_op_ = Op::nop;  // its result is wanted: no fusing
  } else if (previous_ == e.producer) {
    previous_code_ = e.code + 1;
  }
}

void Translator::wrote_slot(uint32_t slot, uint32_t n) {
  for (uint32_t& m : mirror_)
    if (m - slot < n) m = kNone;
}

void Translator::store_const(uint16_t slot, ValType t, uint64_t bits, const uint8_t* v128) {
  if (t.kind() == ValKind::kV128) {
    uint32_t at = emit(code_of(IrOp::const_v128), 4);
    put<uint16_t>(at, 0, slot);
    std::memcpy(&code_[at + 2], v128, 16);
  } else if (bits <= UINT32_MAX) {
    uint32_t at = emit(code_of(IrOp::const32), 2);
    put<uint16_t>(at, 0, slot);
    put<uint32_t>(at, 4, static_cast<uint32_t>(bits));
    join_pair(at, code_of(IrOp::const32));
  } else {
    uint32_t at = emit(code_of(IrOp::const64), 3);
    put<uint16_t>(at, 0, slot);
    put<uint64_t>(at, 8, bits);
  }
  wrote_slot(slot, t.slots());
}

void Translator::copy_slot(uint16_t dst, uint16_t src, ValType t) {
  if (dst == src) return;
  wrote_slot(dst, t.slots());
  if (t.kind() == ValKind::kV128) {
    uint32_t at = emit(code_of(IrOp::copy_v128), 2);
    put<uint16_t>(at, 0, dst);
    put<uint16_t>(at, 2, src);
    return;
  }
  if (last_ != kNone && last_code_ == code_of(IrOp::copy)) {
    uint32_t at = last_;
    code_[at] = reinterpret_cast<Code>(handlers_[code_of(IrOp::copy2)]);
    last_code_ = code_of(IrOp::copy2);
    put<uint16_t>(at, 4, dst);
    put<uint16_t>(at, 6, src);
    return;
  }
  uint32_t at = emit(code_of(IrOp::copy), 2);
  put<uint16_t>(at, 0, dst);
  put<uint16_t>(at, 2, src);
  join_pair(at, code_of(IrOp::copy));
}

// Stores the accumulator of class `acc` in a slot; the accumulator mirrors it afterwards.
static IrOp set_op(unsigned acc) { return acc == 0 ? IrOp::set_r : acc == 1 ? IrOp::set_s : IrOp::set_d; }

// Brings the value of a popped (or still standing) entry to `dst`. Does not change the entry.
void Translator::move_to(const Entry& e, uint16_t dst) {
  switch (e.where) {
    case Where::kTemp: copy_slot(dst, e.home, e.type); break;
    case Where::kLocal: copy_slot(dst, e.local, e.type); break;
    case Where::kConst: store_const(dst, e.type, e.bits, e.v128); break;
    case Where::kPending: {
      Acc acc = acc_of(e.type);
      if (is_last(e.producer)) {
        Entry copy = e;
        uint32_t owner = pending_[acc];
        spill(copy, dst);
        pending_[acc] = owner;
      } else {
        uint32_t at = emit(code_of(set_op(acc)), 2);
        put<uint16_t>(at, 0, dst);
        wrote_slot(dst);
        mirror_[acc] = dst;
      }
      break;
    }
  }
}

void Translator::to_home(Entry& e) {
  switch (e.where) {
    case Where::kTemp: return;
    case Where::kPending: spill(e, e.home); break;
    case Where::kLocal:
      drop_alias(e);
      copy_slot(e.home, e.local, e.type);
      break;
    case Where::kConst: store_const(e.home, e.type, e.bits, e.v128); break;
  }
  e.where = Where::kTemp;
}

// Top down, so that the alias that leaves is always the newest of its local.
void Translator::flush_all() {
  for (uint32_t i = static_cast<uint32_t>(stack_.size()); i > flushed_; --i) to_home(stack_[i - 1]);
  flushed_ = static_cast<uint32_t>(stack_.size());
}

void Translator::flush_top(uint32_t n) {
  auto size = static_cast<uint32_t>(stack_.size());
  for (uint32_t i = size; i > size - n; --i) to_home(stack_[i - 1]);
}

void Translator::prepare_acc(Acc acc) {
  if (pending_[acc] != kNone) to_home(stack_[pending_[acc]]);
  mirror_[acc] = kNone;
}

void Translator::save_pending() {
  for (uint32_t p : pending_)
    if (p != kNone) to_home(stack_[p]);
}

void Translator::forget_accs() { mirror_.fill(kNone); }

void Translator::bind_here() {
  last_ = kNone;
  previous_ = kNone;
  last_op_ = Op::nop;
  forget_accs();
}

// The value of a popped entry as an operand.
Translator::Operand Translator::use(const Entry& e, bool allow_imm, bool allow_acc) {
  uint16_t slot = 0;
  switch (e.where) {
    case Where::kPending:
      if (allow_acc) return {Operand::kAcc, 0, 0};
      {
        Entry copy = e;
        spill(copy, e.home);
      }
      return {Operand::kSlot, e.home, 0};
    case Where::kConst:
      if (allow_imm) return {Operand::kImm, 0, e.bits};
      store_const(e.home, e.type, e.bits, e.v128);
      need_slots(e.home + e.type.slots());
      return {Operand::kSlot, e.home, 0};
    case Where::kTemp: slot = e.home; break;
    case Where::kLocal: slot = e.local; break;
  }
  if (allow_acc && e.type.slots() == 1 && mirror_[acc_of(e.type)] == slot) return {Operand::kAcc, slot, 0};
  return {Operand::kSlot, slot, 0};
}

uint16_t Translator::use_slot(const Entry& e) { return use(e, false, false).slot; }

// Entries that alias a local about to be written get their value home first.
void Translator::preserve_aliases(uint32_t local) {
  for (uint32_t i = local_aliases_[local]; i != kNone;) {
    Entry& e = stack_[i];
    i = e.next_alias;
    copy_slot(e.home, e.local, e.type);
    e.where = Where::kTemp;
  }
  local_aliases_[local] = kNone;
}

void Translator::local_set(uint32_t local, bool tee) {
  Entry e = pop();
  uint16_t slot = local_slots_[local];
  bool same = e.where == Where::kLocal && e.local == slot;
  if (!same) {
    preserve_aliases(local);
    move_to(e, slot);
  }
  if (tee) push_local(local);
}

}  // namespace ermine::ir
