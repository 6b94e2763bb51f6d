#include "baseline/allocation.h"

#include <algorithm>

namespace ermine::baseline {

namespace {
constexpr uint32_t kNoLoop = ~uint32_t{0};
// A loop is taken to run this often for each time around the one that it is in.
constexpr unsigned kLoopShift = 3;
constexpr unsigned kMostShift = 12;
}  // namespace

// Loops from the branches that lead back. An item's loops are those whose extent holds it.
void Allocator::find_loops(const std::vector<Item>& items) {
  loops_.clear();
  loops_.push_back({0, static_cast<uint32_t>(items.size()), kNoLoop});
  auto item_at = [&items](uint32_t index) {
    return static_cast<uint32_t>(
        std::lower_bound(items.begin(), items.end(), index, [](const Item& i, uint32_t at) { return i.at < at; }) -
        items.begin());
  };
  std::vector<std::pair<uint32_t, uint32_t>> found;
  for (uint32_t i = 0; i < items.size(); ++i) {
    if (!is_branch(items[i]) || branch_target(items[i]) > items[i].at) continue;
    found.push_back({item_at(branch_target(items[i])), i + 1});
  }
  std::sort(found.begin(), found.end(),
            [](auto& a, auto& b) { return a.first != b.first ? a.first < b.first : a.second > b.second; });
  for (const auto& [first, last] : found) {
    if (first == loops_.back().first && loops_.size() > 1) continue;  // the widest extent came first
    uint32_t parent = static_cast<uint32_t>(loops_.size() - 1);
    while (parent != 0 && loops_[parent].last <= first) parent = loops_[parent].parent;
    // Ends further out than what it is in: that one extends as far.
    for (uint32_t p = parent; p != 0 && loops_[p].last < last; p = loops_[p].parent) loops_[p].last = last;
    loops_.push_back({first, last, parent});
  }
  depth_.assign(items.size() + 1, 0);
  for (size_t i = 1; i < loops_.size(); ++i) {
    ++depth_[loops_[i].first];
    --depth_[loops_[i].last];
  }
  for (size_t i = 1; i < depth_.size(); ++i) depth_[i] += depth_[i - 1];
}

// What pinning the best slots throughout the loop saves, in memory accesses.
uint64_t Allocator::evaluate(const std::vector<Item>& items, Loop& loop) {
  touched_.clear();
  uint64_t saves = 0;
  uint32_t base = loop.parent == kNoLoop ? 0 : depth_[loop.first];
  for (uint32_t i = loop.first; i < loop.last; ++i) {
    unsigned deeper = depth_[i] > base ? depth_[i] - base : 0;
    uint32_t weight = 1u << std::min(deeper * kLoopShift, kMostShift);
    if (leaves_registers(items[i]) && !ends_block(items[i])) saves += weight;
    for_each_access(items[i], [&](uint16_t slot, Class cls, bool written) {
      Use& u = uses_[slot];
      if (u.weight == 0) touched_.push_back(slot);
      u.weight += weight;
      u.written |= written;
      u.copied |= cls == Class::kAny;
      if (cls == Class::kAny) return;
      if (u.cls == Class::kAny) u.cls = cls;
      else if (u.cls != cls) u.cls = Class::kNot;
    });
  }
  struct Candidate {
    uint64_t gain;
    uint32_t slot;
  };
  std::vector<Candidate> best[2];
  for (uint32_t slot : touched_) {
    const Use& u = uses_[slot];
    if (u.cls == Class::kNot) continue;
    // Slots of the operand stack hold values of several types in turn, and a register for an f32 only half a slot.
    if (u.cls == Class::kF32 && u.copied) continue;
    // Each time registers are lost costs a load, and a store if the slot is written.
    uint64_t cost = saves * (u.written ? 2 : 1) + 2;
    if (u.weight > cost) best[u.cls == Class::kF32 || u.cls == Class::kF64].push_back({u.weight - cost, slot});
  }
  uint64_t total = 0;
  loop.region = {};
  for (unsigned kind = 0; kind < 2; ++kind) {
    auto& list = best[kind];
    size_t n = std::min<size_t>(list.size(), kPinned);
    std::partial_sort(
        list.begin(), list.begin() + static_cast<ptrdiff_t>(n), list.end(),
        [](const Candidate& a, const Candidate& b) { return a.gain != b.gain ? a.gain > b.gain : a.slot < b.slot; });
    for (size_t i = 0; i < n; ++i) {
      const Use& u = uses_[list[i].slot];
      loop.region.pins[kind * kPinned + i] = {static_cast<uint16_t>(list[i].slot),
                                              u.cls == Class::kAny ? Class::kInt : u.cls, u.written};
      total += list[i].gain;
    }
  }
  for (uint32_t slot : touched_) uses_[slot] = {};
  return total;
}

void Allocator::run(const std::vector<Item>& items, uint32_t slots, std::vector<Region>& out) {
  out.clear();
  if (items.size() < 2) return;
  find_loops(items);
  uses_.assign(slots + 8, {});
  // Deep nests would be read once for each level: beyond some levels only the whole counts.
  constexpr uint32_t kDeepest = 6;
  for (size_t i = loops_.size(); i-- > 0;) {
    Loop& l = loops_[i];
    bool is_function = i == 0;
    if (is_function) ++l.first;  // behind the entry
    if (is_function || depth_[l.first] <= kDeepest) l.own = evaluate(items, l);
    if (i == 0) break;
    // As often as its parent's other parts would be weighted.
    uint64_t best = std::max(l.own, l.inner);
    loops_[l.parent].inner += best << kLoopShift;
  }
  // Outermost first: where the whole gains more than its parts.
  uint32_t covered = 0;
  for (Loop& l : loops_) {
    if (l.first < covered || l.own == 0 || l.own < l.inner) continue;
    l.region.first_item = l.first;
    l.region.last_item = l.last;
    l.region.start = items[l.first].at;
    l.region.end = l.last < items.size() ? items[l.last].at : ~uint32_t{0};
    out.push_back(l.region);
    covered = l.last;
  }
}

}  // namespace ermine::baseline
