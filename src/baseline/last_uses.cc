#include "baseline/last_uses.h"

#include <algorithm>

namespace ermine::baseline {

void LastUses::find(DecodedFunction& code, const ir::FunctionCode& function, const std::vector<uint32_t>& label_of,
                    size_t label_count) {
  bit_of_slot_.assign(function.frame_slots + 8, 0);
  unsigned bits = 0;
  for (const IrInstr& instr : code.instrs)
    for (const SlotAccess& a : code.accesses_of(instr))
      if (a.is(RegClass::kV128) && bit_of_slot_[a.slot] == 0 && bits < 64) bit_of_slot_[a.slot] = uint64_t{1} << bits++;
  at_label_.assign(label_count, 0);
  // One pass per level of loop nesting, and two more; beyond some passes, everything is live everywhere.
  constexpr unsigned kMostPasses = 8;
  unsigned passes = 0;
  while (pass(code, function, label_of, true)) {
    if (++passes < kMostPasses) continue;
    at_label_.assign(label_count, ~uint64_t{0});
    pass(code, function, label_of, false);
    break;
  }
}

// The slots that an operation that clobbers registers reads in addition to its accesses: a range.
uint64_t LastUses::run_read(const IrInstr& instr, const IrInfo& s) const {
  if (s.kind != CodeInfo::kIr) return 0;
  unsigned first = field<uint16_t>(instr.pc, 0), n = 0;
  switch (s.ir()) {
    case IrOp::enter_sp:
    case IrOp::memory_size:
    case IrOp::trap: break;
    case IrOp::copy_n:
    case IrOp::ret_copy_n: first = field<uint16_t>(instr.pc, 2), n = field<uint32_t>(instr.pc, 4); break;
    default:
      if (!is_call(s.ir()) && !is_return_call(s.ir()) && s.ir() != IrOp::builtin) return ~uint64_t{0};
      n = field<uint16_t>(instr.pc, 2);
  }
  uint64_t read = 0;
  for (unsigned i = 0; i < n; ++i) read |= bit_of_slot_[first + i];
  return read;
}

// Processes all instructions from the last one. True: more is live at some label than was known.
bool LastUses::pass(DecodedFunction& code, const ir::FunctionCode& function, const std::vector<uint32_t>& label_of,
                    bool learn) {
  bool changed = false;
  uint64_t wanted = 0, caught = 0;
  for (const auto& c : function.catches) caught |= at_label_[label_of[c.target]];
  label_sets_.clear();
  for (size_t i = code.instrs.size(); i-- > 0;) {
    const IrInstr& instr = code.instrs[i];
    const IrInfo& s = ir_info(instr.code);
    if (s.ends_block) wanted = 0;
    if (s.is_branch) {
      wanted |= at_label_[label_of[branch_target(instr)]];
    } else if (s.kind == CodeInfo::kIr) {
      if (s.ir() == IrOp::br_table_s || s.ir() == IrOp::br_table_r) {
        for (uint32_t n = field<uint32_t>(instr.pc, 4) + 1; n-- > 0;)
          wanted |= at_label_[label_of[static_cast<uint32_t>(int64_t{instr.at} + field<int32_t>(instr.pc, 8 + 4 * n))]];
      }
    }
    for (unsigned n = instr.accesses; n-- > 0;) {
      SlotAccess& a = code.accesses[instr.access + n];
      const uint64_t here = bit_of_slot_[a.slot];
      if (a.is(RegClass::kV128)) {
        if (here != 0 && (wanted & here) == 0) a.flags |= SlotAccess::kLast;
        else a.flags &= static_cast<uint8_t>(~SlotAccess::kLast);
        wanted |= here;
      }
      if (!a.written()) continue;
      wanted &= ~here;
      if (a.slot > 0 && !a.is(RegClass::kVecHigh)) wanted &= ~bit_of_slot_[a.slot - 1u];
    }
    if (clobbers_registers(instr)) {
      wanted |= run_read(instr, s);
      wanted |= caught;
    }
    // A jump to a pair goes to its first part.
    if (label_of[instr.at] == 0 || (i > 0 && code.instrs[i - 1].at == instr.at)) continue;
    uint64_t& known = at_label_[label_of[instr.at]];
    if (learn && known != wanted) {
      known = wanted;
      changed = true;
    }
    label_sets_.push_back({static_cast<uint32_t>(i), known});
  }
  return changed;
}

uint64_t LastUses::within(uint32_t first, uint32_t last) const {
  uint64_t set = 0;
  auto l = std::lower_bound(label_sets_.begin(), label_sets_.end(), last,
                            [](const At& at, uint32_t i) { return at.instr >= i; });
  for (; l != label_sets_.end() && l->instr >= first; ++l) set |= l->set;
  return set;
}

}  // namespace ermine::baseline
