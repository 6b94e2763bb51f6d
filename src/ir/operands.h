// The inline part of the translator, used for every instruction: emitting, and the top of the symbolic operand stack.
// Included by translator.h.
#pragma once

#include "ir/translator.h"

namespace ermine::ir {

// Whether an operation leaves alone which memory loads and stores access, whatever it is.
bool keeps_memory(OpCode code);

inline uint32_t Translator::emit(OpCode code, unsigned units) {
  if (memory_ != 0 && !keeps_memory(code)) [[unlikely]]
    use_memory(0);
  const uint32_t at = code_.size();
  Code* to = code_.append(units);
  to[0] = reinterpret_cast<Code>(handlers_[code]);
  to[1] = 0;  // usually it has two; there is space
  if (units > 2) [[unlikely]]
    std::memset(to + 2, 0, (units - 2) * sizeof *to);
  previous_ = last_;
  previous_code_ = last_code_;
  last_ = at;
  last_code_ = code;
  last_op_ = Op::nop;
  if (options_.record_offsets) [[unlikely]]
    offsets_.push_back({at, offset_});
  return at;
}

inline Translator::Emitted Translator::join_pair(uint32_t at, OpCode code) {
  if (at != last_ || previous_ == kNone || !options_.pairs) return {at, code, 0};
  OpCode pair = find_pair(previous_code_, code);
  if (pair == 0) return {at, code, 0};
  return make_pair(at, code, pair);
}

// Home slot of the next entry, if that has type `t`.
inline uint16_t Translator::next_home(wasm::ValType t) {
  need_slots(next_home_ + t.slots());
  return static_cast<uint16_t>(next_home_);
}

inline Translator::Entry& Translator::push_entry(const Entry& e) {
  Entry& pushed = *stack_.append(1);
  pushed = e;
  pushed.home = static_cast<uint16_t>(next_home_);
  if (e.type.is_ref()) [[unlikely]]
    note_reference(e.type, pushed.home);
  next_home_ += e.type.slots();
  need_slots(next_home_);
  return pushed;
}

inline void Translator::push_temp(wasm::ValType t) { push_entry({.where = Where::kTemp, .type = t}); }

inline void Translator::push_const(wasm::ValType t, uint64_t bits) {
  push_entry({.where = Where::kConst, .type = t, .bits = bits});
}

inline void Translator::push_local(uint32_t local) {
  Local& l = locals_[local];
  const uint32_t depth = stack_.size();
  push_entry({.where = Where::kLocal, .local = l.slot, .type = l.type, .next_alias = l.alias, .bits = local});
  l.alias = depth;
}

inline void Translator::push_result(Emitted e, wasm::ValType t) {
  Acc acc = acc_of(t);
  pending_[acc] = stack_.size();
  mirror_[acc] = kNone;
  push_entry({.where = Where::kPending, .dst_byte = e.byte, .code = e.code, .type = t, .producer = e.at});
}

inline void Translator::push_result(uint32_t at, OpCode code, wasm::ValType t) { push_result({at, code, 0}, t); }

inline void Translator::drop_alias(const Entry& e) {
  if (e.where == Where::kLocal) locals_[e.bits].alias = e.next_alias;
}

inline Translator::Entry Translator::pop() {
  Entry e = stack_.back();
  stack_.pop_back();
  next_home_ = e.home;
  drop_alias(e);  // the newest alias of a local is the one nearest to the top
  if (e.where == Where::kPending) pending_[acc_of(e.type)] = kNone;
  if (flushed_ > stack_.size()) flushed_ = stack_.size();
  return e;
}

inline void Translator::wrote_slot(uint32_t slot, uint32_t n) {
  for (uint32_t& m : mirror_)
    if (m - slot < n) m = kNone;
}

inline void Translator::prepare_acc(Acc acc) {
  if (pending_[acc] != kNone) to_home(stack_[pending_[acc]]);
  mirror_[acc] = kNone;
}

inline void Translator::save_pending() {
  for (uint32_t p : pending_)
    if (p != kNone) to_home(stack_[p]);
}

inline void Translator::forget_accs() { mirror_.fill(kNone); }

inline void Translator::bind_here() {
  use_memory(0);
  last_ = kNone;
  previous_ = kNone;
  last_op_ = Op::nop;
  forget_accs();
}

// The value of a popped entry as an operand: a slot, or its accumulator if that is allowed.
inline Translator::Operand Translator::use(const Entry& e, bool allow_acc) {
  uint16_t slot = e.home;
  switch (e.where) {
    case Where::kPending:
      if (allow_acc) return {Operand::kAcc};
      spill_popped(e);
      return {Operand::kSlot, slot};
    case Where::kConst: store_const_home(e); return {Operand::kSlot, slot};
    case Where::kTemp: break;
    case Where::kLocal: slot = e.local; break;
  }
  const bool mirrored = allow_acc && mirror_[acc_of(e.type)] == slot && e.type.slots() == 1;
  return {mirrored ? Operand::kAcc : Operand::kSlot, slot};
}

inline uint16_t Translator::use_slot(const Entry& e) { return use(e, false).slot; }

}  // namespace ermine::ir
