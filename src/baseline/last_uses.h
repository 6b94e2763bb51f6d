// Finds out which vectors are read again, and where. Registers that hold vectors for a while (compiler.h) are released
// at the last use of each without storing it, and at a branch only those are stored that are live at its target.
//
// A value is a v128 in the slots where it was written. Most belong to the operand stack and are read once. The register
// code does not say which of the remaining ones are live after a block, so that is computed here, backwards until
// nothing changes. At an instruction that may throw, all vectors that a catch of the function reads are live.
#pragma once

#include <cstdint>
#include <vector>

#include "baseline/clobbers.h"
#include "ir/function_code.h"

namespace ermine::baseline {

class LastUses {
 public:
  // Sets SlotAccess::last. `label_of`: by instruction, a number below `labels` if it is jumped to or entered, otherwise
  // 0.
  void find(DecodedFunction& code, const ir::FunctionCode& function, const std::vector<uint32_t>& label_of,
            size_t label_count);

  // Vectors by slot, as a bit. Those beyond the first 64 slots with vectors have no bit and always count as live.
  uint64_t bit(uint16_t slot) const { return bit_of_slot_[slot]; }
  bool wanted(uint64_t set, uint16_t slot) const { return bit(slot) == 0 || (set & bit(slot)) != 0; }
  // Those live at a label, and those live at any of the instructions [first, last).
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
  std::vector<At> label_sets_;  // in reverse order
};

}  // namespace ermine::baseline
