#include "verify/optimized/state.h"

#include <algorithm>

namespace ermine::verify::optimized {

Value* Slots::find(int64_t at) {
  const auto it = std::ranges::lower_bound(slots_, at, {}, &Slot::at);
  return it != slots_.end() && it->at == at ? &it->value : nullptr;
}

void Slots::clear(int64_t at, unsigned bytes) {
  std::erase_if(slots_, [&](const Slot& s) { return s.at < at + static_cast<int64_t>(bytes) && at < s.at + 8; });
}

void Slots::set(int64_t at, const Value& v) {
  clear(at, 8);
  slots_.insert(std::ranges::lower_bound(slots_, at, {}, &Slot::at), {at, v});
}

bool State::has(Fact::Kind kind, uint32_t id, uint64_t value) const {
  return id != 0 && std::ranges::find(facts, Fact{kind, id, value}) != facts.end();
}

void State::add(Fact::Kind kind, uint32_t id, uint64_t value) {
  constexpr size_t kMostFacts = 64;
  if (id == 0 || has(kind, id, value)) return;
  if (facts.size() == kMostFacts) facts.erase(facts.begin());
  facts.push_back({kind, id, value});
}

Value State::known(Value v) const {
  if (!v.is_number() || v.id == 0 || v.add != 0) return v;
  for (const Fact& f : facts) {
    if (f.id != v.id) continue;
    if (f.kind == Fact::kAtMost && f.value < v.hi && f.value >= v.lo) v.hi = f.value;
    if (f.kind == Fact::kBelowTable && v.table == 0) v.table = static_cast<uint16_t>(f.value + 1), v.flag = 0;
  }
  return v;
}

void State::forget(uint32_t id) {
  const auto has_name = [id](const Value& v) { return (v.id & ~kParts) == id; };
  const auto lose = [&](Value& v) {
    if (!has_name(v)) return;
    if (needs_name(v.kind)) v = {};
    v.id = 0, v.add = 0;
  };
  for (Value& v : r) lose(v);
  for (Slot& s : stack.all()) lose(s.value);
  for (Slot& s : frame.all()) lose(s.value);
  std::erase_if(facts, [&](const Fact& f) { return (f.id & ~kParts) == id; });
  if (has_name(flags.a) || has_name(flags.b)) flags.known = false;
}

void State::give_name(Value& v, uint32_t id) {
  if (v.id != 0 || v.is_constant() || !(v.is_number() || (v.is(Kind::kRef) && v.add == 0))) return;
  forget(id);
  v.id = id;
}

void State::call(uint32_t kept_registers) {
  for (unsigned i = 0; i < kRegisters; ++i)
    if ((kept_registers >> i & 1) == 0 || ends_at_calls(r[i].kind)) r[i] = {};
  std::erase_if(stack.all(), [](const Slot& s) { return ends_at_calls(s.value.kind); });
  flags.known = false;
}

// Values at the same place that have a name in both states get a new one, the same for the same pair of names, and the
// facts that are known about both. Whether something has changed.
bool State::rename(State& other, const std::function<uint32_t(int64_t)>& name_of) {
  struct Pair {
    uint32_t mine, its, to;
  };
  std::vector<Pair> pairs;
  const auto find = [&](uint32_t mine, uint32_t its) -> const Pair* {
    if (((mine ^ its) & kParts) != 0) return nullptr;
    for (const Pair& p : pairs)
      if (p.mine == (mine & ~kParts) && p.its == (its & ~kParts)) return &p;
    return nullptr;
  };
  const auto look = [&](int64_t place, const Value& a, const Value& b) {
    if (a.id == 0 || b.id == 0 || a.id == b.id || a.kind != b.kind || a.add != b.add) return;
    if ((!a.is_number() && !a.is(Kind::kRef)) || ((a.id ^ b.id) & kParts) != 0) return;
    if (find(a.id, b.id) == nullptr) pairs.push_back({a.id & ~kParts, b.id & ~kParts, name_of(place)});
  };
  for (unsigned i = 0; i < kRegisters; ++i) look(-1 - int64_t{i}, r[i], other.r[i]);
  for (const Slot& s : stack.all())
    if (const Value* const v = other.stack.find(s.at)) look(kRegisters - s.at, s.value, *v);
  if (pairs.empty()) return false;
  const auto forget_old = [&](State& s, uint32_t Pair::* from) {
    for (const Pair& p : pairs)
      if (p.*from != p.to) s.forget(p.to);
  };
  forget_old(*this, &Pair::mine);
  forget_old(other, &Pair::its);
  const auto change = [&](uint32_t& mine, uint32_t& its) {
    const Pair* const p = find(mine, its);
    if (p == nullptr || mine == 0) return;
    its = mine = p->to | (mine & kParts);
  };
  for (unsigned i = 0; i < kRegisters; ++i) change(r[i].id, other.r[i].id);
  for (Slot& s : stack.all())
    if (Value* const v = other.stack.find(s.at)) change(s.value.id, v->id);
  change(flags.a.id, other.flags.a.id), change(flags.b.id, other.flags.b.id);
  bool changed = false;
  for (const Pair& p : pairs) {
    changed |= p.mine != p.to;
    for (size_t i = 0; i < facts.size(); ++i) {
      const Fact f = facts[i];
      if ((f.id & ~kParts) != p.mine || f.kind == Fact::kSizeAbove) continue;
      for (size_t k = 0; k < other.facts.size(); ++k) {
        const Fact g = other.facts[k];
        if (g.kind != f.kind || (g.id & ~kParts) != p.its || ((f.id ^ g.id) & kParts) != 0) continue;
        const uint32_t to = p.to | (f.id & kParts);
        add(f.kind, to, f.value);
        other.add(g.kind, to, g.value);
      }
    }
  }
  return changed;
}

bool State::join(State other, bool widen, const std::function<uint32_t(int64_t)>& name_of) {
  bool changed = rename(other, name_of);
  const auto meet = [&](Value& v, const Value& with) {
    if (v == with) return;
    const Value both = optimized::join(v, with, widen);
    if (both == v) return;
    v = both;
    changed = true;
  };
  for (unsigned i = 0; i < kRegisters; ++i) meet(r[i], other.r[i]);
  const auto meet_slots = [&](Slots& s, const Slots& with) {
    auto it = with.all().begin();
    std::erase_if(s.all(), [&](Slot& slot) {
      while (it != with.all().end() && it->at < slot.at) ++it;
      if (it == with.all().end() || it->at != slot.at) return changed = true;
      meet(slot.value, it->value);
      return false;
    });
  };
  meet_slots(stack, other.stack);
  meet_slots(frame, other.frame);
  const size_t facts_before = facts.size();
  std::erase_if(facts, [&](Fact& f) {
    if (f.kind == Fact::kSizeAbove) {
      const auto o = std::ranges::find_if(other.facts, [&](const Fact& g) { return g.kind == f.kind && g.id == f.id; });
      if (o == other.facts.end()) return true;
      if (o->value < f.value) f.value = o->value, changed = true;
      return false;
    }
    if (f.kind != Fact::kAtMost) return !other.has(f.kind, f.id, f.value);
    for (const Fact& o : other.facts) {
      if (o.kind != f.kind || o.id != f.id) continue;
      if (o.value > f.value && widen) return true;
      if (o.value > f.value) f.value = o.value, changed = true;
      return false;
    }
    return true;
  });
  changed |= facts.size() != facts_before;
  if (flags.known && !(flags == other.flags)) flags.known = false, changed = true;
  if (other.frame_end < frame_end) frame_end = other.frame_end, changed = true;
  if (native_checked && !other.native_checked) native_checked = false, changed = true;
  return changed;
}

void State::refine_upper(const Value& v, uint64_t most) {
  if (!v.is_number() || v.is_constant() || v.hi <= most || v.lo > most) return;
  each(v, [&](Value& r) { r.hi = most; });
  if (v.add == 0) add(Fact::kAtMost, v.id, most);
}

bool State::is_above(uint32_t name, uint64_t value) const {
  return std::ranges::any_of(
      facts, [&](const Fact& f) { return f.kind == Fact::kSizeAbove && f.id == name && f.value >= value; });
}

static uint32_t name_of(const Value& size) {
  return size.is(Kind::kTableSize) ? table_name(size.of) : memory_name(size.of);
}

void State::refine_size(const Value& size, uint64_t above) {
  const uint32_t name = name_of(size);
  if (is_above(name, above)) return;
  std::erase_if(facts, [&](const Fact& f) { return f.kind == Fact::kSizeAbove && f.id == name; });
  add(Fact::kSizeAbove, name, above);
  if (size.is(Kind::kTableSize)) return;
  for (Value& v : r) v = places(v);
}

// The size of a memory less a constant, if it is at least as much.
Value State::places(const Value& v) const {
  if (!v.is(Kind::kMemorySize) || v.add >= 0 || v.add < -64) return v;
  const auto less = static_cast<uint64_t>(-v.add);
  if (!is_above(memory_name(v.of), less - 1)) return v;
  return {.kind = Kind::kPlaces, .of = v.of, .hi = less + 1};
}

void State::refine(Condition c, const Flags& f) {
  if (!f.known) return;
  const Value &a = f.a, &b = f.b;
  if ((a.is(Kind::kTableSize) || a.is(Kind::kMemorySize)) && b.is_constant()) {
    if (a.add != 0) return;
    if (c == Condition::kAbove) refine_size(a, b.lo);
    if (c == Condition::kNotEqual && (b.lo == 0 || is_above(name_of(a), b.lo - 1))) refine_size(a, b.lo);
    if (c == Condition::kAboveOrEqual && b.lo != 0) refine_size(a, b.lo - 1);
    return;
  }
  if ((b.is(Kind::kTableSize) || b.is(Kind::kMemorySize)) && a.is_constant()) {
    if (b.add != 0) return;
    if (c == Condition::kBelow) refine_size(b, a.lo);
    if (c == Condition::kBelowOrEqual && a.lo != 0) refine_size(b, a.lo - 1);
    return;
  }
  switch (c) {
    case Condition::kBelow:
      if (b.is_number() && b.hi != 0) refine_upper(a, b.hi - 1);
      if (b.is(Kind::kTableSize) && a.is_number()) {
        each(a, [&](Value& r) { r.table = static_cast<uint16_t>(b.of + 1), r.flag = 0; });
        if (a.add == 0) add(Fact::kBelowTable, a.id, b.of);
      }
      [[fallthrough]];
    case Condition::kBelowOrEqual:
      if (b.is_number()) refine_upper(a, b.hi);
      if (a.is(Kind::kFrame) && a.hi == 0 && b.is(Kind::kStackLimit)) frame_end = std::max(frame_end, a.add);
      return;
    case Condition::kAbove:
    case Condition::kAboveOrEqual:
      if (a.is(Kind::kStackSum) && b.is(Kind::kNativeTerm)) {
        native_checked |= a.add <= -kNativeReserve;
        return;
      }
      refine(c == Condition::kAbove ? Condition::kBelow : Condition::kBelowOrEqual, {true, b, a});
      return;
    case Condition::kEqual:
      if (b.is_constant()) {
        refine_upper(a, b.lo);
        if (a.is(Kind::kRefType)) add(Fact::kTyped, a.id, b.lo);
      } else if (a.is_constant() && b.is(Kind::kRefType)) {
        add(Fact::kTyped, b.id, a.lo);
      } else if (a.is(Kind::kRefContext) || b.is(Kind::kRefContext)) {
        const Value &ref = a.is(Kind::kRefContext) ? a : b, &context = a.is(Kind::kRefContext) ? b : a;
        if (context.is_at(Kind::kContext, 0)) add(Fact::kOwn, ref.id);
        if (context.is_at(Kind::kImportContext, 0)) add(Fact::kOwn, ref.id, import_name(context.of));
      }
      if (a.is_at(Kind::kImportCode, 0) && b.is_constant()) add(Fact::kIs, import_name(a.of), b.lo);
      if (b.is_at(Kind::kImportCode, 0) && a.is_constant()) add(Fact::kIs, import_name(b.of), a.lo);
      return;
    case Condition::kNotEqual:
      if (a.is_constant(0) && !b.is_constant()) return refine(c, {true, b, a});
      if (!b.is_constant(0)) return;
      if (a.is(Kind::kRef)) add(Fact::kNotNull, a.id);
      if (a.is_at(Kind::kImportContext, 0)) add(Fact::kGuest, import_name(a.of));
      if (a.is(Kind::kEntry) || a.is(Kind::kEntryByRegisters) || a.is(Kind::kImportByRegisters) ||
          a.is(Kind::kOpenChecked))
        each(a, [](Value& r) { r.flag = 1; });
      return;
    default: return;
  }
}

}  // namespace ermine::verify::optimized
