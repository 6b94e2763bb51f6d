// Which vectors are read again, and where. Registers that hold vectors for a while (compiler.h) are given up at the
// last use of each without storing it, and at a branch only those are stored that are wanted where it leads.
//
// A value is a v128 in the slots where it was written. Most are the operand stack's and are read once; nothing in
// the register code says which of those that a block leaves behind are wanted elsewhere, so that is worked out here,
// backwards until nothing changes. What may throw wants what all catches of the function want.
#pragma once

#include <cstdint>
#include <vector>

#include "baseline/item.h"
#include "ir/function_code.h"

namespace ermine::baseline {

class LastUses {
 public:
  // Sets Access::last. `mark_of`: by instruction, a number below `marks` if it is jumped to or entered, else 0.
  void find(Listing& code, const ir::FunctionCode& function, const std::vector<uint32_t>& mark_of, size_t marks);

  // Vectors by slot, as a bit. Those beyond the first 64 slots that hold some have none and count as wanted always.
  uint64_t bit(uint16_t slot) const { return bit_of_slot_[slot]; }
  bool wanted(uint64_t set, uint16_t slot) const { return bit(slot) == 0 || (set & bit(slot)) != 0; }
  // Those wanted at a mark, and those at any of the items [first, last).
  uint64_t at_mark(uint32_t mark) const { return at_mark_[mark]; }
  uint64_t within(uint32_t first, uint32_t last) const;

 private:
  uint64_t run_read(const Item& item, const Shape& s) const;
  bool pass(Listing& code, const ir::FunctionCode& function, const std::vector<uint32_t>& mark_of, bool learn);

  std::vector<uint64_t> bit_of_slot_;
  std::vector<uint64_t> at_mark_;
  struct At {
    uint32_t item;
    uint64_t set;
  };
  std::vector<At> labels_;  // from the last
};

}  // namespace ermine::baseline
