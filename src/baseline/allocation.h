// Which slots live in registers, and where. (Function references, which are pointers, stay in their slots: only so can
// it be shown for machine code that no number becomes one.) A *region* is a loop with all that is in it (or a whole
// function that calls little) throughout which up to six integer slots, and six of floats and vectors, have a register
// each. Regions do not nest: of a loop and the loops in it, whichever way saves more memory accesses is taken. A region
// is entered at its first instruction only, as loops of structured code are. Of vectors only those are picked that are
// wanted at a label of the region; the others are held as they are made (compiler.h), in registers left for that.
#pragma once

#include <array>
#include <vector>

#include "baseline/ir_instr.h"
#include "baseline/last_uses.h"
#include "baseline/stencil_ids.h"

namespace ermine::baseline {

struct Region {
  uint32_t start, end;  // register code [start, end)
  struct Pin {
    uint16_t slot = 0;
    RegClass cls = RegClass::kNone;  // kNone: unused
    bool written = false;  // somewhere in the region
    bool narrow = false;  // it holds nothing but i32s: in the register their upper half is zero
  };
  std::array<Pin, 2 * kPinned> pins;  // integers, then floats and vectors
};

class Allocator {
 public:
  // Regions in order. `slots`: of the frame; `uses` tells of vectors, if there are some.
  void run(const DecodedFunction& code, const LastUses& uses, const ir::FunctionCode& function,
           std::vector<Region>& out);

 private:
  struct Loop {
    uint32_t first, last;  // instructions
    uint32_t parent;
    uint64_t own = 0, inner = 0;  // gain as one region; of the regions inside
    Region region{};
  };
  struct Use {
    uint32_t weight = 0;
    uint8_t classes = 0;  // class_bit of each
    uint8_t flags = 0;  // of each access
    bool written() const { return flags & Access::kWritten; }
    // What it may live in a register as. kNone: several in turn, or what no register holds.
    RegClass cls() const;
  };
  struct Candidate {
    uint64_t gain;
    uint32_t slot;
  };
  void find_loops(const DecodedFunction& code);
  uint64_t evaluate(const DecodedFunction& code, const LastUses& uses, const ir::FunctionCode& function, Loop& loop);

  std::vector<Loop> loops_;  // outer before inner; the first is the function
  std::vector<uint32_t> depth_;  // loops around each instruction; empty if there are none
  std::vector<Use> uses_;  // by slot
  std::vector<uint32_t> touched_;
  std::vector<std::pair<uint32_t, uint32_t>> found_;
  std::vector<Candidate> best_[2];  // integers, floats
};

}  // namespace ermine::baseline
