// The translator's symbolic operand stack: where values are, and moving them with as little code as possible.
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

bool keeps_memory(OpCode code) {
  const CodeInfo info = code_info(code);  // (the smallest library has no table of these)
  if (info.kind == CodeInfo::kFormed) {
    const Family family = family_of(info.op);
    return family == Family::kBinary || family == Family::kUnary || family == Family::kLoad || family == Family::kStore;
  }
  if (info.kind != CodeInfo::kIr) return false;
  switch (info.ir) {
    case IrOp::copy:
    case IrOp::copy2:
    case IrOp::const32:
    case IrOp::const64:
    case IrOp::set_r:
    case IrOp::set_s:
    case IrOp::set_d:
    case IrOp::global_set_r:
    case IrOp::global_set_s:
    case IrOp::use_memory: return true;
    default:
      return (info.ir >= IrOp::select_r && info.ir <= IrOp::select_d_3) ||
             (info.ir >= IrOp::global_get_r && info.ir <= IrOp::global_get_d_1);
  }
}

Translator::Emitted Translator::make_pair(uint32_t at, OpCode code, OpCode pair) {
  // A first part whose result is still pending in the accumulator may have to be patched later.
  for (uint32_t p : pending_)
    if (p != kNone && stack_[p].producer == previous_) return {at, code, 0};
  unsigned first_units = units_of(previous_code_);
  if (previous_ + first_units != at) return {at, code, 0};
  code_.remove(at);
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

// Patches the instruction that made a pending value to write it to `slot` as well.
void Translator::spill(const Entry& e, uint16_t slot) {
  code_[e.producer] = reinterpret_cast<Code>(handlers_[e.code + 1]);
  put<uint16_t>(e.producer, e.dst_byte, slot);
  Acc acc = acc_of(e.type);
  pending_[acc] = kNone;
  wrote_slot(slot);
  mirror_[acc] = slot;
  if (is_last(e.producer)) {
    last_code_ = e.code + 1;
    last_op_ = Op::nop;  // its result is used: no fusing
  } else if (previous_ == e.producer) {
    previous_code_ = e.code + 1;
  }
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

// Stores the accumulator of class `acc` in a slot; the accumulator mirrors it afterwards.
static IrOp set_op(unsigned acc) { return acc == 0 ? IrOp::set_r : acc == 1 ? IrOp::set_s : IrOp::set_d; }

void Translator::copy_slot(uint16_t dst, uint16_t src, ValType t) {
  if (dst == src) return;
  const Acc acc = acc_of(t);
  const bool mirrors = t.slots() == 1 && mirror_[acc] == src;
  wrote_slot(dst, t.slots());
  if (t.kind() == ValKind::kV128) {
    uint32_t at = emit(code_of(IrOp::copy_v128), 2);
    put<uint16_t>(at, 0, dst);
    put<uint16_t>(at, 2, src);
    return;
  }
  if (mirrors) {
    uint32_t at = emit(code_of(set_op(acc)), 2);
    put<uint16_t>(at, 0, dst);
    mirror_[acc] = dst;  // src is usually a temporary: the result of a call
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

// Moves the value of an entry, popped or still on the stack, to `dst`. Does not change the entry.
void Translator::move_to(const Entry& e, uint16_t dst) {
  switch (e.where) {
    case Where::kTemp: copy_slot(dst, e.home, e.type); break;
    case Where::kLocal: copy_slot(dst, e.local, e.type); break;
    case Where::kConst: store_const(dst, e.type, e.bits, e.v128); break;
    case Where::kPending: {
      Acc acc = acc_of(e.type);
      if (is_last(e.producer)) {
        uint32_t owner = pending_[acc];
        spill(e, dst);
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

// From the top down, so that the dropped alias is always the newest of its local.
void Translator::flush_all() {
  for (uint32_t i = static_cast<uint32_t>(stack_.size()); i > flushed_; --i) to_home(stack_[i - 1]);
  flushed_ = static_cast<uint32_t>(stack_.size());
}

void Translator::flush_top(uint32_t n) {
  auto size = static_cast<uint32_t>(stack_.size());
  for (uint32_t i = size; i > size - n; --i) to_home(stack_[i - 1]);
}

void Translator::spill_popped(const Entry& e) { spill(e, e.home); }

void Translator::store_const_home(const Entry& e) {
  store_const(e.home, e.type, e.bits, e.v128);
  need_slots(e.home + e.type.slots());
}

// Entries that alias a local which is about to be written get their value in their home slot first.
void Translator::preserve_aliases(uint32_t local) {
  for (uint32_t i = locals_[local].alias; i != kNone;) {
    Entry& e = stack_[i];
    i = e.next_alias;
    copy_slot(e.home, e.local, e.type);
    e.where = Where::kTemp;
  }
  locals_[local].alias = kNone;
}

// Redirects the vector that was made last, and popped, to `slot`.
bool Translator::redirect_vector(const Entry& e, uint16_t slot) {
  if (e.type.kind() != ValKind::kV128 || last_ == kNone) return false;
  const CodeInfo info = code_info(last_code_);
  const bool makes_vector = (info.kind == CodeInfo::kFormed && family_of(info.op) == Family::kVector &&
                             wasm::op_info(info.op).sig().back() == 'v') ||
                            last_code_ == code_of(IrOp::select_v128) || last_code_ == code_of(IrOp::global_get_v128);
  if (!makes_vector || field<uint16_t>(&code_[last_], 0) != e.home) return false;
  put<uint16_t>(last_, 0, slot);
  wrote_slot(slot, 2);
  return true;
}

void Translator::local_set(uint32_t local, bool tee) {
  Entry e = pop();
  uint16_t slot = locals_[local].slot;
  bool same = e.where == Where::kLocal && e.local == slot;
  if (!same) {
    preserve_aliases(local);
    if (e.where != Where::kTemp || !redirect_vector(e, slot)) move_to(e, slot);
  }
  if (tee) push_local(local);
}

}  // namespace ermine::ir
