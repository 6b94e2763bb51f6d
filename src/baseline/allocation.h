// Chooses the slots that live in registers. (Function references, which are pointers, stay in their slots: only then
// can the verifier show that no number becomes one.) A *region* is a loop with everything inside it (or a whole
// function with few calls). Throughout a region up to six integer slots, and six of floats and vectors, have a register
// each. Regions do not nest: either a loop is one region, or the loops inside it are, whichever saves more memory
// accesses. A region is entered only at its first instruction, like loops of structured code. Vectors get a register
// only if they are needed at a label of the region; the others are held from their definition on (compiler.h), in
// registers reserved for that.
#pragma once

#include <array>
#include <vector>

#include "baseline/clobbers.h"
#include "baseline/last_uses.h"
#include "baseline/stencil_ids.h"

namespace ermine::baseline {

struct Region {
  uint32_t start, end;  // register code [start, end)
  struct Pin {
    uint16_t slot = 0;
    RegClass cls = RegClass::kNone;  // kNone: unused
    bool written = false;  // somewhere in the region
    bool narrow = false;  // it holds only i32s: in the register their upper half is zero
  };
  std::array<Pin, 2 * kPinned> pins;  // integers, then floats and vectors
};

class Allocator {
 public:
  // Regions in order. `slots`: of the frame; `uses`: the uses of vectors, if there are any.
  void run(const DecodedFunction& code, const LastUses& uses, const ir::FunctionCode& function,
           std::vector<Region>& out);

 private:
  struct Loop {
    uint32_t first, last;  // instructions
    uint32_t parent;
    uint64_t own = 0, inner = 0;  // gain as one region; gain of the regions inside
    Region region{};
  };
  struct Use {
    uint32_t weight = 0;
    uint8_t classes = 0;  // class_bit of each
    uint8_t flags = 0;  // of each access
    bool written() const { return flags & SlotAccess::kWritten; }
    // The class of register that it may live in. kNone: it holds several classes in turn, or one that no register
    // holds.
    RegClass cls() const;
  };
  struct Candidate {
    uint64_t gain;
    uint32_t slot;
  };
  void find_loops(const DecodedFunction& code);
  uint64_t evaluate(const DecodedFunction& code, const LastUses& uses, const ir::FunctionCode& function, Loop& loop);

  std::vector<Loop> loops_;  // outer before inner; the first is the function
  std::vector<uint32_t> depth_;  // number of loops around each instruction; empty if there are none
  std::vector<Use> uses_;  // by slot
  std::vector<uint32_t> touched_;
  std::vector<std::pair<uint32_t, uint32_t>> found_;
  std::vector<Candidate> best_[2];  // integers, floats
};

}  // namespace ermine::baseline
