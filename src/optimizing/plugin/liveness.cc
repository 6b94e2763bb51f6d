#include "optimizing/plugin/liveness.h"

#include "ir/encoding.h"
#include "ir/object_ops.h"
#include "wasm/opcodes.h"

namespace ermine::optimizing {

using ir::CodeInfo;
using ir::field;
using ir::IrInstr;
using ir::IrOp;

Liveness::Liveness(const ir::FunctionCode& function, const ir::DecodedFunction& code,
                   const std::vector<uint32_t>& label_of, size_t labels)
    : function_(function), code_(code), label_of_(label_of), words_((function.frame_slots + 63) / 64) {
  // The sets of all labels, and the work of a pass.
  constexpr size_t kMostWords = 1 << 20, kMostWork = 1 << 22;
  if (labels * words_ > kMostWords || code.instrs.size() * words_ > kMostWork) {
    words_ = 0;
    return;
  }
  at_.assign(labels * words_, 0);
  live_.assign(words_, 0);
  caught_.assign(words_, 0);
  while (pass()) {}
}

void Liveness::read(unsigned slot) {
  if (slot < function_.frame_slots) live_[slot / 64] |= Word{1} << (slot % 64);
}

void Liveness::read_range(unsigned first, unsigned count) {
  for (unsigned i = 0; i < count; ++i) read(first + i);
}

void Liveness::join(std::vector<Word>& into, const Word* from) {
  for (size_t i = 0; i < words_; ++i) into[i] |= from[i];
}

// All instructions from the last one. True: more is live than was known.
bool Liveness::pass() {
  bool changed = false;
  live_.assign(words_, 0);
  for (const auto& c : function_.catches) join(caught_, &at_[label_of_[c.target] * words_]);
  for (size_t i = code_.instrs.size(); i-- > 0;) {
    const IrInstr& instr = code_.instrs[i];
    const ir::IrInfo& info = ir::ir_info(instr.code);
    if (info.ends_block) live_.assign(words_, 0);
    if (info.is_branch) {
      join(live_, &at_[label_of_[ir::branch_target(instr)] * words_]);
    } else if (info.kind == CodeInfo::kIr && (info.ir() == IrOp::br_table_s || info.ir() == IrOp::br_table_r)) {
      for (uint32_t n = 0; n <= field<uint32_t>(instr.pc, 4); ++n)
        join(live_,
             &at_[label_of_[static_cast<uint32_t>(int64_t{instr.at} + field<int32_t>(instr.pc, 8 + 4 * n))] * words_]);
    }
    step(instr);
    const bool is_first = i == 0 || code_.instrs[i - 1].at != instr.at;  // and not the second part of a pair
    if (const uint32_t label = label_of_[instr.at]; label != 0 && is_first) {
      for (size_t w = 0; w < words_; ++w) {
        Word& known = at_[label * words_ + w];
        changed |= (live_[w] & ~known) != 0;
        known |= live_[w];
      }
    }
  }
  return changed;
}

// What is live before the instruction. Too much is safe: not all that is written is taken away.
void Liveness::step(const IrInstr& instr) {
  const auto accesses = code_.accesses_of(instr);
  for (const ir::SlotAccess& access : accesses)
    if (access.written()) live_[access.slot / 64] &= ~(Word{1} << (access.slot % 64));
  for (const ir::SlotAccess& access : accesses)
    if (!access.written()) read(access.slot);
  const ir::IrInfo& info = ir::ir_info(instr.code);
  const auto slot_at = [&](unsigned at) { return field<uint16_t>(instr.pc, at); };
  if (info.kind == CodeInfo::kChecked) {
    read(slot_at(0));
    read(slot_at(2));
    return;
  }
  if (info.kind == CodeInfo::kFormed) {
    if (info.family == ir::Family::kAtomic)
      for (const unsigned at : {2u, 4u, 6u}) read(slot_at(at));
    if (info.family == ir::Family::kWide) read_range(slot_at(2), 4);
    return;
  }
  if (info.kind != CodeInfo::kIr) return;
  if (!function_.catches.empty()) join(live_, caught_.data());  // each operation of this kind may throw
  if (ir::object_op(info.ir()).kind != ir::ObjectOp::kNone) {
    for (const unsigned at : {0u, 2u, 4u}) read(slot_at(at));  // fields of operands, in some form or other
    return;
  }
  switch (info.ir()) {
    case IrOp::copy_n:
    case IrOp::ret_copy_n: read_range(slot_at(2), field<uint32_t>(instr.pc, 4)); return;
    case IrOp::call_ref: read(slot_at(8)); break;
    case IrOp::return_call_indirect:
    case IrOp::return_call_ref: read(slot_at(6)); break;
    case IrOp::builtin: break;
    default:
      if (!ir::is_call(info.ir()) && !ir::is_return_call(info.ir())) return;
  }
  read_range(slot_at(0), slot_at(2));  // arguments
}

}  // namespace ermine::optimizing
