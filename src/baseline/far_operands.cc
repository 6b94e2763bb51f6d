// Operands and branches that are too far for the fields of their instructions, on processors with such fields
// (machine::kFarOperands).
#include "baseline/compiler.h"
#include "baseline/machine.h"

namespace ermine::baseline {

// Puts base registers for offsets that are too large before the stencil. Returns the kinds that have one.
unsigned Compiler::emit_bases(const Stencil& s, const uint32_t* numbers) {
  uint32_t all = 0;
  for (unsigned kind = 0; kind <= static_cast<unsigned>(HoleKind::kOffset); ++kind) all |= numbers[kind];
  if (!machine::is_far(all)) [[likely]]
    return 0;
  unsigned based = 0;
  for (unsigned i = 0; i < s.holes; ++i) {
    const Hole& h = table_.holes[s.first_hole + i];
    const auto kind = static_cast<unsigned>(h.kind);
    if (h.kind > HoleKind::kOffset || !machine::is_low(h.patch()) || !machine::is_far(numbers[kind]) ||
        (based >> kind & 1))
      continue;
    reserve(machine::kBaseSize);
    machine::put_base(out_.data() + here(), machine::word(table_.code + s.code + h.at), kind, numbers[kind]);
    size_ += machine::kBaseSize;
    based |= 1u << kind;
  }
  return based;
}

// Conditional branches have a shorter range than others: those of the stencil at `start` go to jumps after it.
void Compiler::lengthen_branches(const Hole* first, const Hole* end, uint32_t start) {
  size_t fixup = fixups_.size();
  const uint32_t over = here();
  for (const Hole* h = end; h-- != first;) {
    if (h->kind != HoleKind::kTaken && h->kind != HoleKind::kTrap) continue;
    while (fixups_[--fixup].at != start + h->at) {}
    if (!machine::is_conditional(h->patch())) continue;
    reserve(8);
    if (here() == over) size_ += 4;  // for a jump over them
    machine::set_word(out_.data() + here(), machine::kJump);
    machine::put_distance(out_.data() + start + h->at, h->patch(), here() - (start + h->at));
    fixups_[fixup].at = here();
    fixups_[fixup].patch = machine::kBranch26;
    size_ += 4;
  }
  if (here() == over) return;
  machine::set_word(out_.data() + over, machine::kJump);
  machine::put_distance(out_.data() + over, machine::kBranch26, here() - over);
}

}  // namespace ermine::baseline
