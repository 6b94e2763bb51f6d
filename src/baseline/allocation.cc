#include "baseline/allocation.h"

#include <algorithm>

namespace ermine::baseline {

namespace {
constexpr uint32_t kNoLoop = ~uint32_t{0};
// The assumed number of iterations of a loop for each iteration of the loop around it.
constexpr unsigned kLoopShift = 3;
constexpr unsigned kMostShift = 12;

// Registers reserved for the vectors of an instruction that are not pinned. (Two would be enough, except for three
// operands; with three, Argon2 takes 0.8 of the time, with four it takes no less.)
unsigned held_registers(std::span<const SlotAccess> accesses) {
  unsigned vectors = 0;
  for (const SlotAccess& a : accesses) vectors += a.is(RegClass::kV128);
  return std::min(vectors, 3u);
}
}  // namespace

// Finds loops from the backward branches. An instruction's loops are those whose range contains it.
void Allocator::find_loops(const DecodedFunction& code) {
  const std::vector<IrInstr>& instrs = code.instrs;
  loops_.clear();
  loops_.push_back({0, static_cast<uint32_t>(instrs.size()), kNoLoop});
  depth_.clear();
  auto item_at = [&instrs](uint32_t index) {
    return static_cast<uint32_t>(
        std::lower_bound(instrs.begin(), instrs.end(), index, [](const IrInstr& i, uint32_t at) { return i.at < at; }) -
        instrs.begin());
  };
  found_.clear();
  for (uint32_t i : code.control_instrs) {
    if (!is_branch(instrs[i]) || branch_target(instrs[i]) > instrs[i].at) continue;
    found_.push_back({item_at(branch_target(instrs[i])), i + 1});
  }
  if (found_.empty()) return;
  std::sort(found_.begin(), found_.end(),
            [](auto& a, auto& b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
  for (const auto& [first, last] : found_) {
    if (first == loops_.back().first && loops_.size() > 1) continue;  // the widest extent came first
    uint32_t parent = static_cast<uint32_t>(loops_.size() - 1);
    while (parent != 0 && loops_[parent].last <= first) parent = loops_[parent].parent;
    // Ends beyond the loop around it: that one extends as far.
    for (uint32_t p = parent; p != 0 && loops_[p].last < last; p = loops_[p].parent) loops_[p].last = last;
    loops_.push_back({first, last, parent});
  }
  depth_.assign(instrs.size() + 1, 0);
  for (size_t i = 1; i < loops_.size(); ++i) {
    ++depth_[loops_[i].first];
    --depth_[loops_[i].last];
  }
  for (size_t i = 1; i < depth_.size(); ++i) depth_[i] += depth_[i - 1];
}

RegClass Allocator::Use::cls() const {
  const bool copied = classes & class_bit(RegClass::kAny);  // without knowing what it holds
  switch (classes & ~class_bit(RegClass::kAny)) {
    case 0:
    case class_bit(RegClass::kInt): return RegClass::kInt;
    case class_bit(RegClass::kF64): return RegClass::kF64;
    // Slots of the operand stack hold values of several types in turn: a register for an f32 has only half a slot, and
    // a copy from a vector's slot is something else.
    case class_bit(RegClass::kV128): return copied ? RegClass::kNone : RegClass::kV128;
    case class_bit(RegClass::kF32): return copied ? RegClass::kNone : RegClass::kF32;
    default: return RegClass::kNone;
  }
}

// Number of memory accesses that pinning the best slots throughout the loop saves.
uint64_t Allocator::evaluate(const DecodedFunction& code, const LastUses& last_uses, const ir::FunctionCode& function,
                             Loop& loop) {
  touched_.clear();
  uint64_t saves = 0;
  auto count = [&](const IrInstr& instr, uint32_t weight) {
    if (clobbers_registers(instr) && !ir::ends_block(instr)) saves += weight;
    for (const SlotAccess& a : code.accesses_of(instr)) {
      Use& u = uses_[a.slot];
      if (u.weight == 0) touched_.push_back(a.slot);
      u.weight += weight;
      u.flags |= a.flags;
      u.classes |= a.classes;
    }
  };
  if (depth_.empty()) {
    for (uint32_t i = loop.first; i < loop.last; ++i) count(code.instrs[i], 1);
  } else {
    uint32_t base = loop.parent == kNoLoop ? 0 : depth_[loop.first];
    for (uint32_t i = loop.first; i < loop.last; ++i) {
      unsigned deeper = depth_[i] > base ? depth_[i] - base : 0;
      count(code.instrs[i], 1u << std::min(deeper * kLoopShift, kMostShift));
    }
  }
  unsigned left = 0;  // registers for held vectors
  uint64_t carried = 0;
  if (code.has_vectors) {
    for (uint32_t i = loop.first; i < loop.last; ++i)
      left = std::max(left, held_registers(code.accesses_of(code.instrs[i])));
    carried = last_uses.within(loop.first, loop.last);
  }
  for (auto& list : best_) list.clear();
  for (uint32_t slot : touched_) {
    const Use& u = uses_[slot];
    const RegClass cls = u.cls();
    if (cls == RegClass::kNone || function.holds_refs(slot)) continue;
    if (cls == RegClass::kV128 &&
        ((carried & last_uses.bit(static_cast<uint16_t>(slot))) == 0 ||
         uses_[slot + 1].classes != class_bit(RegClass::kVecHigh) || function.holds_refs(slot + 1)))
      continue;
    // Each place that clobbers registers costs a load, and a store if the slot is written.
    uint64_t cost = saves * (u.written() ? 2 : 1) + 2;
    if (u.weight > cost) best_[cls != RegClass::kInt].push_back({u.weight - cost, slot});
  }
  uint64_t total = 0;
  loop.region = {};
  for (unsigned kind = 0; kind < 2; ++kind) {
    auto& list = best_[kind];
    size_t n = std::min<size_t>(list.size(), kind == 0 ? kPinned : kPinned - left);
    std::partial_sort(
        list.begin(), list.begin() + static_cast<ptrdiff_t>(n), list.end(),
        [](const Candidate& a, const Candidate& b) { return a.gain != b.gain ? a.gain > b.gain : a.slot < b.slot; });
    for (size_t i = 0; i < n; ++i) {
      const Use& u = uses_[list[i].slot];
      // All uses of a slot of the operand stack are known: a value from before the region, or for code after it, is not
      // live. A local has one type.
      const bool is_local = list[i].slot < 64 && (function.i32_slots >> list[i].slot & 1) != 0;
      const bool narrow = u.cls() == RegClass::kInt && (is_local || !(u.flags & SlotAccess::kWide));
      loop.region.pins[kind * kPinned + i] = {static_cast<uint16_t>(list[i].slot), u.cls(), u.written(), narrow};
      total += list[i].gain;
    }
  }
  for (uint32_t slot : touched_) uses_[slot] = {};
  return total;
}

void Allocator::run(const DecodedFunction& code, const LastUses& last_uses, const ir::FunctionCode& function,
                    std::vector<Region>& out) {
  const std::vector<IrInstr>& instrs = code.instrs;
  out.clear();
  if (instrs.size() < 2) return;
  find_loops(code);
  uses_.assign(function.frame_slots + 8, {});
  // Deep nests would be read once for each level: beyond some levels only the whole loop is considered.
  constexpr uint32_t kDeepest = 6;
  for (size_t i = loops_.size(); i-- > 0;) {
    Loop& l = loops_[i];
    bool is_function = i == 0;
    if (is_function) ++l.first;  // after the entry
    if (is_function || depth_[l.first] <= kDeepest) l.own = evaluate(code, last_uses, function, l);
    if (i == 0) break;
    // With the same weight as its parent's other parts.
    uint64_t best = std::max(l.own, l.inner);
    loops_[l.parent].inner += best << kLoopShift;
  }
  // Outermost first: chosen if the whole gains more than its parts.
  uint32_t covered = 0;
  for (Loop& l : loops_) {
    if (l.first < covered || l.own == 0 || l.own < l.inner) continue;
    l.region.start = instrs[l.first].at;
    l.region.end = l.last < instrs.size() ? instrs[l.last].at : ~uint32_t{0};
    out.push_back(l.region);
    covered = l.last;
  }
}

}  // namespace ermine::baseline
