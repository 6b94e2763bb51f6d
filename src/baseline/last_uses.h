// Which vectors are read again, and where. Registers that hold vectors for a while (compiler.h) are given up at the
// last use of each without storing it, and at a branch only those are stored that are wanted where it leads.
//
// A value is a v128 in the slots where it was written. Most are the operand stack's and are read once; nothing in
// the register code says which of those that a block leaves behind are wanted elsewhere, so that is worked out here,
// backwards until nothing changes. What may throw wants what all catches of the function want.
#pragma once

#include <cstdint>
#include <vector>

#include "baseline/ir_instr.h"
#include "ir/function_code.h"

namespace ermine::baseline {

class LastUses {
 public:
  // Sets Access::last. `label_of`: by instruction, a number below `labels` if it is jumped to or entered, else 0.
  void find(DecodedFunction& code, const ir::FunctionCode& function, const std::vector<uint32_t>& label_of,
            size_t label_count);

  // Vectors by slot, as a bit. Those beyond the first 64 slots that hold some have none and count as wanted always.
  uint64_t bit(uint16_t slot) const { return bit_of_slot_[slot]; }
  bool wanted(uint64_t set, uint16_t slot) const { return bit(slot) == 0 || (set & bit(slot)) != 0; }
  // Those wanted at a label, and those at any of the instructions [first, last).
  uint64_t at_label(uint32_t label) const { return at_label_[label]; }
  uint64_t within(uint32_t first, uint32_t last) const;

 private:
  uint64_t run_read(const IrInstr& instr, const IrInfo& s) const;
  bool pass(DecodedFunction& code, const ir::FunctionCode& function, const std::vector<uint32_t>& label_of, bool learn);

  std::vector<uint64_t> bit_of_slot_;
  std::vector<uint64_t> at_label_;
  struct At {
    uint32_t instr;
    uint64_t set;
  };
  std::vector<At> label_sets_;  // from the last
};

}  // namespace ermine::baseline
