#include "verify/optimized/state.h"

#include <algorithm>

namespace ermine::verify::optimized {

Value* Slots::find(int64_t at, unsigned bytes) {
  const auto it = std::ranges::lower_bound(slots_, at, {}, &Slot::at);
  return it != slots_.end() && it->at == at && it->bytes >= bytes ? &it->value : nullptr;
}

void Slots::clear(int64_t at, unsigned bytes) {
  std::erase_if(slots_, [&](const Slot& s) {
    return s.at < at + static_cast<int64_t>(bytes) && at < s.at + static_cast<int64_t>(s.bytes);
  });
}

void Slots::set(int64_t at, const Value& v, unsigned bytes) {
  clear(at, bytes);
  slots_.insert(std::ranges::lower_bound(slots_, at, {}, &Slot::at), {at, v, bytes});
}

bool State::has(Fact::Kind kind, uint32_t id, uint64_t value) const {
  return id != 0 && std::ranges::find(facts, Fact{kind, id, value}) != facts.end();
}

static bool has_name(const Value& v, uint32_t id) {
  const bool has_part = v.is_number() || v.is(Kind::kSigned);
  return (v.id & ~kParts) == id || (has_part && (v.of & ~kParts) == id);
}

bool State::mentions(uint32_t id) const {
  const auto in = [&](const Slots& slots) {
    return std::ranges::any_of(slots.all(), [&](const Slot& s) { return has_name(s.value, id); });
  };
  return std::ranges::any_of(r, [&](const Value& v) { return has_name(v, id); }) || in(stack) || in(frame);
}

void State::add(Fact::Kind kind, uint32_t id, uint64_t value) {
  constexpr size_t kMostFacts = 64;
  if (id == 0 || has(kind, id, value)) return;
  if (facts.size() == kMostFacts) {
    std::erase_if(facts, [&](const Fact& f) { return (f.id & ~kParts) < kImportNames && !mentions(f.id & ~kParts); });
    if (facts.size() == kMostFacts) facts.erase(facts.begin());
  }
  facts.push_back({kind, id, value});
}

Value State::known(Value v) const {
  if (!(v.is_number() || v.is(Kind::kSigned)) || v.id == 0 || v.add != 0) return v;
  for (const Fact& f : facts) {
    if (f.id != v.id) continue;
    if (v.is(Kind::kSigned)) {
      if (f.kind == Fact::kAtMost && f.value <= INT64_MAX)
        v.kind = Kind::kNumber, v.lo = 0, v.hi = std::min(v.hi, f.value);
      continue;
    }
    if (f.kind == Fact::kAtMost && f.value < v.hi && f.value >= v.lo) v.hi = f.value;
    if (f.kind == Fact::kBelowTable && v.table == 0) v.table = static_cast<uint16_t>(f.value + 1), v.flag = 0;
  }
  return v;
}

void State::forget(uint32_t id) {
  const auto has_name = [id](const Value& v) { return (v.id & ~kParts) == id; };
  const auto lose = [&](Value& v) {
    if ((v.is_number() || v.is(Kind::kSigned)) && (v.of & ~kParts) == id) v.of = 0;
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
  const bool can_have = v.is_number() || v.is(Kind::kSigned) || (v.is(Kind::kRef) && v.add == 0);
  if (v.id != 0 || v.is_constant() || !can_have) return;
  forget(id);
  v.id = id;
}

void State::lose_registers(uint32_t kept) {
  for (unsigned i = 0; i < kRegisters; ++i)
    if ((kept >> i & 1) == 0) r[i] = {};
  // The callee uses the native stack below.
  std::erase_if(stack.all(), [&](const Slot& s) { return s.at < r[rsp].add; });
  flags.known = false;
}

void State::call(uint32_t kept) {
  lose_registers(kept);
  for (Value& v : r)
    if (ends_at_calls(v.kind)) v = {};
  std::erase_if(stack.all(), [](const Slot& s) { return ends_at_calls(s.value.kind); });
}

// Names of what is at a place where ways join.
static int64_t place_of_register(unsigned r) { return -1 - int64_t{r}; }
static int64_t place_of_slot(const Slot& s) { return kRegisters - s.at; }

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
    if ((!a.is_number() && !a.is(Kind::kSigned) && !a.is(Kind::kRef)) || ((a.id ^ b.id) & kParts) != 0) return;
    if (find(a.id, b.id) == nullptr) pairs.push_back({a.id & ~kParts, b.id & ~kParts, name_of(place)});
  };
  for (unsigned i = 0; i < kRegisters; ++i) look(place_of_register(i), r[i], other.r[i]);
  for (const Slot& s : stack.all())
    if (const Value* const v = other.stack.find(s.at, s.bytes)) look(place_of_slot(s), s.value, *v);
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
    if (Value* const v = other.stack.find(s.at, s.bytes)) change(s.value.id, v->id);
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

// Where the lower halves are bounded in both states, which names of the values do not tell after this.
std::vector<State::Half> State::bounded_halves(State& other, bool widen,
                                               const std::function<uint32_t(int64_t)>& name_of) {
  std::vector<Half> found;
  const auto look = [&](int64_t place, const Value& a, const Value& b) {
    const auto is_number = [](const Value& v) { return v.is_number() || v.is(Kind::kSigned); };
    if (a.id == b.id || !is_number(a) || !is_number(b) || (a.hi <= kMost32 && b.hi <= kMost32)) return;
    const uint64_t had = known(low_part(a, 4)).hi, most = std::max(had, other.known(low_part(b, 4)).hi);
    if (most >= kMost32 || (widen && most > had)) return;
    found.push_back({place, name_of(place), most});
  };
  for (unsigned i = 0; i < kRegisters; ++i) look(place_of_register(i), r[i], other.r[i]);
  for (const Slot& s : stack.all())
    if (const Value* const v = s.bytes == 8 ? other.stack.find(s.at) : nullptr) look(place_of_slot(s), s.value, *v);
  for (const Half& h : found) {
    other.forget(h.name);
    const Value* const v =
        h.place < 0 ? &r[static_cast<unsigned>(-1 - h.place)] : stack.find(int64_t{kRegisters} - h.place);
    if (v == nullptr || v->id != h.name) forget(h.name);
  }
  return found;
}

bool State::join(State other, unsigned joins, const std::function<uint32_t(int64_t)>& name_of) {
  // Different constants may come on many ways, without a loop.
  constexpr unsigned kBeforeWidening = 6, kConstantsBeforeWidening = 64;
  const bool widen = joins > kBeforeWidening;
  bool changed = rename(other, name_of);
  const std::vector<Half> halves = bounded_halves(other, widen, name_of);
  const auto half_at = [&](int64_t place) { return std::ranges::find(halves, place, &Half::place); };
  constexpr int64_t kNowhere = INT64_MAX;
  const auto meet = [&](Value& v, const Value& with, int64_t place) {
    if (v == with) return;
    Value both = optimized::join(v, with, widen && (joins > kConstantsBeforeWidening || !with.is_constant()));
    if (const auto half = half_at(place); half != halves.end() && both.id == 0) both.id = half->name, both.add = 0;
    if (both == v) return;
    v = both;
    changed = true;
  };
  for (unsigned i = 0; i < kRegisters; ++i) meet(r[i], other.r[i], place_of_register(i));
  const auto meet_slots = [&](Slots& s, const Slots& with) {
    auto it = with.all().begin();
    std::erase_if(s.all(), [&](Slot& slot) {
      while (it != with.all().end() && it->at < slot.at) ++it;
      if (it == with.all().end() || it->at != slot.at || it->bytes != slot.bytes) return changed = true;
      meet(slot.value, it->value, &s == &stack ? place_of_slot(slot) : kNowhere);
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
    for (const Half& h : halves) {
      if (f.id != (h.name | part_bits(4))) continue;
      if (h.most > f.value) f.value = h.most, changed = true;
      return false;
    }
    for (const Fact& o : other.facts) {
      if (o.kind != f.kind || o.id != f.id) continue;
      if (o.value > f.value && widen) return true;
      if (o.value > f.value) f.value = o.value, changed = true;
      return false;
    }
    return true;
  });
  changed |= facts.size() != facts_before;
  for (const Half& h : halves) {
    const uint32_t id = h.name | part_bits(4);
    if (std::ranges::any_of(facts, [&](const Fact& f) { return f.kind == Fact::kAtMost && f.id == id; })) continue;
    add(Fact::kAtMost, id, h.most);
    changed = true;
  }
  if (flags.known && !(flags == other.flags)) flags.known = false, changed = true;
  if (other.frame_end < frame_end) frame_end = other.frame_end, changed = true;
  if (native_checked && !other.native_checked) native_checked = false, changed = true;
  return changed;
}

// Only what is known by a name is the same value elsewhere.
void State::refine_upper(const Value& v, uint64_t most) {
  if (v.id == 0) return;
  if (v.is(Kind::kSigned)) {
    if (most > INT64_MAX) return;
    each(v, [&](Value& r) { r.kind = Kind::kNumber, r.lo = 0, r.hi = std::min(most, v.hi); });
  } else {
    if (!v.is_number() || v.is_constant() || v.hi <= most || v.lo > most) return;
    each(v, [&](Value& r) { r.hi = most; });
  }
  if (v.add == 0) add(Fact::kAtMost, v.id, most);
}

void State::refine_lower(const Value& v, uint64_t least) {
  if (v.id == 0 || !v.is_number() || v.lo >= least || v.hi < least) return;
  each(v, [&](Value& r) { r.lo = least; });
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

// a < b, or a <= b, as numbers with a sign.
void State::refine_less(const Flags& f, bool is_strict) {
  const Value &a = f.a, &b = f.b;
  const int64_t step = is_strict ? 1 : 0;
  if (f.bytes == 8 && a.is(Kind::kSigned) && b.is_constant() && a.id != 0) {
    if (b.least() == INT64_MIN) return;
    const int64_t most = b.least() - step;
    if (most < a.least() || most >= a.most()) return;
    each(a, [&](Value& r) {
      const Value to = signed_number(r.least(), most);
      r.kind = to.kind, r.lo = to.lo, r.hi = to.hi;
    });
    return;
  }
  const uint64_t most = number_of_bytes(f.bytes).hi >> 1;
  const auto is_positive = [&](const Value& v) { return v.is_number() && v.hi <= most; };
  if (is_positive(b) && is_positive(a) && (b.hi != 0 || !is_strict)) refine_upper(a, b.hi - (is_strict ? 1 : 0));
  if (!is_positive(a)) return;
  // What is greater is not negative either.
  if (b.is_number() || (b.is(Kind::kSigned) && f.bytes == 8)) refine_upper(b, most);
  Value greater = b;
  greater.kind = Kind::kNumber, greater.lo = b.is_number() ? b.lo : 0, greater.hi = std::min(b.hi, most);
  refine_lower(greater, a.lo + (is_strict ? 1 : 0));
}

// The upper bits of a size, compared with a constant.
void State::refine_part(Condition c, const Value& part, const Value& with) {
  const auto above = [&](uint64_t least) {
    const auto by = static_cast<unsigned>(part.add);
    if (least == 0 || least > ~uint64_t{0} >> by) return;
    refine_size(pointer(part.flag != 0 ? Kind::kMemorySize : Kind::kTableSize, 0, part.of), (least << by) - 1);
  };
  if (c == Condition::kAbove && with.lo != ~uint64_t{0}) above(with.lo + 1);
  if (c == Condition::kAboveOrEqual) above(with.lo);
  if (c == Condition::kNotEqual && with.lo == 0) above(1);
}

// Whether two numbers can compare so.
static bool is_possible(Condition c, const Value& a, const Value& b) {
  if (!a.is_number() || !b.is_number()) return true;
  switch (c) {
    case Condition::kEqual: return a.lo <= b.hi && b.lo <= a.hi;
    case Condition::kNotEqual: return !a.is_constant() || a.lo != b.lo || !b.is_constant();
    case Condition::kBelow: return a.lo < b.hi;
    case Condition::kBelowOrEqual: return a.lo <= b.hi;
    case Condition::kAbove: return a.hi > b.lo;
    case Condition::kAboveOrEqual: return a.hi >= b.lo;
    default: return true;
  }
}

bool State::refine(Condition c, Flags f) {
  if (!f.known) return true;
  if (f.only_equality && c != Condition::kEqual && c != Condition::kNotEqual) return true;
  const Value &a = f.a, &b = f.b;
  const Flags swapped{true, b, a, f.bytes, f.only_equality};
  if (!is_possible(c, a, b)) return false;
  if ((a.is(Kind::kTableSize) || a.is(Kind::kMemorySize)) && b.is_constant()) {
    if (a.add != 0) return true;
    if (c == Condition::kAbove) refine_size(a, b.lo);
    if (c == Condition::kNotEqual && (b.lo == 0 || is_above(name_of(a), b.lo - 1))) refine_size(a, b.lo);
    if (c == Condition::kAboveOrEqual && b.lo != 0) refine_size(a, b.lo - 1);
    return true;
  }
  if ((b.is(Kind::kTableSize) || b.is(Kind::kMemorySize)) && a.is_constant()) {
    if (b.add != 0) return true;
    if (c == Condition::kBelow) refine_size(b, a.lo);
    if (c == Condition::kBelowOrEqual && a.lo != 0) refine_size(b, a.lo - 1);
    return true;
  }
  if (a.is(Kind::kSizePart) && b.is_constant()) return refine_part(c, a, b), true;
  switch (c) {
    case Condition::kBelow:
      if (b.is_number() && b.hi != 0) refine_upper(a, b.hi - 1);
      if (a.is_number() && a.lo != ~uint64_t{0}) refine_lower(b, a.lo + 1);
      if (b.is(Kind::kTableSize) && (a.is_number() || a.is(Kind::kSigned)) && a.id != 0) {
        each(a, [&](Value& r) {
          if (r.is(Kind::kSigned)) r.kind = Kind::kNumber, r.lo = 0, r.hi = ~uint64_t{0};
          r.table = static_cast<uint16_t>(b.of + 1), r.flag = 0;
        });
        if (a.add == 0) add(Fact::kBelowTable, a.id, b.of);
      }
      [[fallthrough]];
    case Condition::kBelowOrEqual:
      if (b.is_number()) refine_upper(a, b.hi);
      if (a.is_number()) refine_lower(b, a.lo);
      if (a.is(Kind::kFrame) && a.hi == 0 && b.is(Kind::kStackLimit)) frame_end = std::max(frame_end, a.add);
      return true;
    case Condition::kAbove:
    case Condition::kAboveOrEqual:
      if (a.is(Kind::kStackSum) && b.is(Kind::kNativeTerm)) {
        native_checked |= a.add <= -kNativeReserve;
        return true;
      }
      return refine(c == Condition::kAbove ? Condition::kBelow : Condition::kBelowOrEqual, swapped);
    case Condition::kLess:
    case Condition::kLessOrEqual: refine_less(f, c == Condition::kLess); return true;
    case Condition::kGreater:
    case Condition::kGreaterOrEqual: refine_less(swapped, c == Condition::kGreater); return true;
    // The sign of a difference tells which is less only from zero.
    case Condition::kNegative:
    case Condition::kNotNegative:
      if (b.is_constant(0)) return refine(c == Condition::kNegative ? Condition::kLess : Condition::kGreaterOrEqual, f);
      return true;
    case Condition::kEqual:
      if (b.is_number()) refine_upper(a, b.hi), refine_lower(a, b.lo);
      if (b.is_constant()) {
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
      return true;
    case Condition::kNotEqual:
      if (a.is_constant(0) && !b.is_constant()) return refine(c, swapped);
      if (!b.is_constant(0)) return true;
      refine_lower(a, 1);
      if (a.is(Kind::kRef) && a.add == 0) add(Fact::kNotNull, a.id);
      if (a.is_at(Kind::kImportContext, 0)) add(Fact::kGuest, import_name(a.of));
      if (a.is(Kind::kEntry) || a.is(Kind::kEntryByRegisters) || a.is(Kind::kImportByRegisters) ||
          a.is(Kind::kOpenChecked))
        each(a, [](Value& r) { r.flag = 1; });
      return true;
    default: return true;
  }
}

}  // namespace ermine::verify::optimized
