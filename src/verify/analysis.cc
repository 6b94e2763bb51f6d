#include "verify/analysis.h"

#include <algorithm>

#include "runtime/offsets.h"

namespace ermine::verify {

namespace offsets = runtime::offsets;

Condition inverse(Condition c) {
  switch (c) {
    case Condition::kEqual: return Condition::kNotEqual;
    case Condition::kNotEqual: return Condition::kEqual;
    case Condition::kBelow: return Condition::kAboveOrEqual;
    case Condition::kAboveOrEqual: return Condition::kBelow;
    case Condition::kAbove: return Condition::kBelowOrEqual;
    case Condition::kBelowOrEqual: return Condition::kAbove;
    case Condition::kOther: break;
  }
  return Condition::kOther;
}

namespace {

// The condition with its operands exchanged.
Condition exchanged(Condition c) {
  switch (c) {
    case Condition::kBelow: return Condition::kAbove;
    case Condition::kAboveOrEqual: return Condition::kBelowOrEqual;
    case Condition::kAbove: return Condition::kBelow;
    case Condition::kBelowOrEqual: return Condition::kAboveOrEqual;
    default: return c;
  }
}

bool is_known(const Term& t) { return t.count == 0 && !t.is_address; }
bool is_known(const Term& t, int64_t v) { return is_known(t) && t.constant == v; }

}  // namespace

Analysis::Analysis(const Machine& machine, Facts& facts, uint32_t size)
    : machine_(machine), facts_(facts), size_(size) {
  restart();
}

void Analysis::restart() {
  at_ = 0;
  state_ = {};
  pending_.clear();
  reachable_ = true;
  again_ = false;
  back_seen_ = 0;
  for (unsigned i = 0; i < kRegisters; ++i) state_.r[i] = Value::entry(i);
  state_.r[machine_.frame] = Value(Value::kFrame);
  state_.r[machine_.context] = Value(Value::kContext);
  state_.r[machine_.memory] = Value(Value::kMemory);
  state_.r[machine_.stack] = Value(Value::kStack);
  if (machine_.link < kRegisters) state_.r[machine_.link] = Value(Value::kReturn);
}

bool Analysis::again() {
  if (!again_ || !facts_.refusal.empty()) return false;
  if (++rounds_ > 16) {
    refuse("branches back that do not settle");
    return false;
  }
  facts_ = {};
  restart();
  return true;
}

void Analysis::refuse(const char* why) {
  if (!facts_.refusal.empty()) return;
  facts_.refusal = why;
  facts_.refused_at = static_cast<uint16_t>(at_);
}

void Analysis::check(Check::Kind kind, unsigned size, const Term& term, const Term& other) {
  if (term.failed || other.failed) return refuse("an address is a sum of too many parts");
  Check c{kind, static_cast<uint8_t>(size), static_cast<uint16_t>(at_), term, other};
  facts_.checks.push_back(c);
}

bool Analysis::begin(uint32_t at) {
  at_ = at;
  if (auto it = pending_.find(at); it != pending_.end()) {
    state_ = reachable_ ? join(state_, it->second) : it->second;
    reachable_ = true;
    pending_.erase(it);
  }
  if (auto it = back_.find(at); it != back_.end() && reachable_) {
    state_ = join(state_, it->second);
    ++back_seen_;
  }
  // A branch into the middle of an instruction.
  if (!pending_.empty() && pending_.begin()->first < at) refuse("a branch leads into an instruction");
  return reachable_ && facts_.refusal.empty();
}

void Analysis::finish() {
  at_ = size_;
  const bool on = begin(size_);
  if (on) leave(state_, Exit::kNext);
  if (!again_ && back_seen_ < back_.size()) refuse("a branch back leads into an instruction, or to what is not reached");
}

// --- Values

Value Analysis::low(const Value& v) {
  switch (v.kind) {
    case Value::kConst: {
      Value n = v;
      n.narrow = true;
      return n;
    }
    case Value::kNarrow:
    case Value::kAtMost:
    case Value::kRefIndex:
    case Value::kRefType:
    case Value::kExecField:
    case Value::kFlag: return v;
    default: return Value(Value::kNarrow);
  }
}

bool Analysis::is_narrow(const Value& v) {
  switch (v.kind) {
    case Value::kNarrow:
    case Value::kAtMost:
    case Value::kRefIndex:
    case Value::kRefType:
    case Value::kFlag: return true;
    case Value::kConst:
      return v.narrow || (is_known(v.term) && v.term.constant >= 0 && v.term.constant <= int64_t{UINT32_MAX});
    default: return false;
  }
}

Value Analysis::sum(const Value& a, const Value& b, unsigned scale) {
  using V = Value;
  if (scale == 1 && a.kind == V::kConst && b.kind != V::kConst) return sum(b, a, 1);
  if (b.kind == V::kConst) {
    Term t = b.term;
    if (scale != 1) {
      if (!is_known(t)) return V();
      t.constant *= scale;
    }
    switch (a.kind) {
      case V::kConst:
      case V::kFrame:
      case V::kContext:
      case V::kExec:
      case V::kStack:
      case V::kCode:
      case V::kMemory:
      case V::kMemoryAt:
      case V::kFuncRefs:
      case V::kGlobals:
      case V::kTables:
      case V::kTable: {
        V v = a;
        // Of a table its place in the array is kept, and the field in `type`.
        if (a.kind == V::kTable) v.type = a.type.plus(t);
        else v.term = a.term.plus(t);
        return v;
      }
      case V::kRef:
      case V::kSlot:
      case V::kCell: {
        V v = a;
        v.type = a.kind == V::kRef ? a.type : a.type.plus(t);
        if (a.kind == V::kRef) {  // an address in the record
          v.kind = V::kRef;
          v.term = a.term.plus(t);
        }
        return v;
      }
      case V::kElements: return is_known(t, 0) ? a : V();
      case V::kEntry: {
        // The accumulator may hold a reference; whether it does is asked when it is read through.
        if (a.reg != machine_.accumulator) return V();
        V v(V::kRef, t);
        v.facts = V::kNonNull | V::kOwn | V::kHost;
        v.is_assumed = true;
        return v;
      }
      default: return V();
    }
  }
  if (a.kind == V::kElements && b.kind == V::kBelowSize && a.term == b.term && scale == sizeof(runtime::Slot)) {
    V v(V::kElements, a.term);
    v.facts = V::kNonNull;  // of an element
    return v;
  }
  if (a.kind == V::kCode && b.kind == V::kAtMost && scale == 4) {
    V v(V::kCode, a.term);
    v.facts = V::kOfTable;
    v.type = b.term;
    return v;
  }
  if (scale == 1 && (a.kind == V::kDistance || b.kind == V::kDistance)) {
    const V& distance = a.kind == V::kDistance ? a : b;
    const V& table = a.kind == V::kDistance ? b : a;
    if (table.kind == V::kCode && table.facts == 0 && table.term == distance.term) return V(V::kTarget, distance.term);
    return V();
  }
  if (a.kind == V::kCode && b.kind == V::kRefIndex && scale == sizeof(void*)) {
    V v(V::kCode, a.term);
    v.facts = V::kOwn;  // the entry of a function by its index
    return v;
  }
  if (scale == 1 &&
      ((a.kind == V::kHalfFrame && b.kind == V::kStack) || (b.kind == V::kHalfFrame && a.kind == V::kStack)))
    return V(V::kStackSum);
  if (scale == 1) {
    const bool left = a.kind == V::kMemory || a.kind == V::kMemoryAt;
    const V& base = left ? a : b;
    const V& index = left ? b : a;
    if (base.kind == V::kMemory && (index.kind == V::kEntry || is_narrow(index))) {
      V v(V::kMemoryAt, base.term);
      // Only an access asks that the index be narrow: remember which it is.
      v.reg = index.kind == V::kEntry ? static_cast<uint8_t>(index.reg + 1) : uint8_t{0};
      return v;
    }
  }
  return V();
}

Value Analysis::difference(const Value& a, const Value& b) {
  using V = Value;
  if (b.kind != V::kConst) return V();
  if (a.kind == V::kExecField && is_known(a.term, offsets::kExecFuel)) return V(V::kFuelLeft, b.term);
  if (a.kind == V::kFrame) {  // back to where it was
    if (a.term == b.term) return V(V::kFrame);
    check(Check::kSame, 0, a.term, b.term);
    return V(V::kFrame);
  }
  if (is_known(b.term)) return sum(a, V(V::kConst, Term(-b.term.constant)));
  return V();
}

Value Analysis::shifted_right(const Value& a, unsigned by) {
  if (by == 1 && a.kind == Value::kFrame && is_known(a.term, 0)) return Value(Value::kHalfFrame);
  return by >= 32 && by < 64 ? Value(Value::kNarrow) : Value();
}

void Analysis::set(unsigned r, const Value& v, unsigned bytes) {
  Value& to = state_.r[r];
  if (bytes == 8) {
    to = v;
  } else if (bytes == 4) {
    to = low(v);
  } else {  // the rest of the register stays
    const bool narrow = to.kind != Value::kEntry && is_narrow(to);
    to = narrow ? Value(Value::kNarrow) : Value();
  }
  if (r == machine_.stack && to.kind != Value::kStack) refuse("the native stack pointer becomes something else");
}

// --- Memory

Value Analysis::load_ref(const Value& ref, unsigned bytes) {
  using V = Value;
  const int64_t field = ref.kind == V::kSlot ? ref.type.constant : ref.term.constant;
  if (!is_known(ref.kind == V::kSlot ? ref.type : ref.term)) {
    refuse("a field of a function reference that depends on a constant");
    return V();
  }
  if (!(ref.facts & V::kNonNull)) {
    refuse("reads through a reference that may be null");
    return V();
  }
  if (ref.is_assumed) facts_.needs_ref |= V::kNonNull;
  auto part = [&ref](V::Kind kind) {
    V v(kind);
    v.id = ref.id;
    return v;
  };
  if (ref.kind == V::kSlot) {  // whether that slot holds a reference is for the verifier to say
    check(Check::kRefSlot, 0, ref.term);
    if (field == offsets::kFuncRefCtx && bytes == 8) return part(V::kRefCtx);
    refuse("reads a field of a function reference from a slot");
    return V();
  }
  if (field == offsets::kFuncRefCtx && bytes == 8) return part(V::kRefCtx);
  if (field == offsets::kFuncRefType && bytes == 4) return part(V::kRefType);
  if (field == offsets::kFuncRefIndex && bytes == 4 && (ref.facts & V::kOwn)) return part(V::kRefIndex);
  if (field == offsets::kFuncRefHost && bytes == 8) return part(V::kHostFn);
  if (field == offsets::kFuncRefHostEnv && bytes == 8) return part(V::kHostEnv);
  refuse("reads a field of a function reference that code has no use for");
  return V();
}

Value Analysis::load(const Value& address, unsigned bytes, bool is_signed, unsigned to) {
  using V = Value;
  const auto id = static_cast<uint16_t>(at_ + 1);
  const V number = bytes < 8 && (!is_signed || to <= 4) ? V(V::kNarrow) : V();
  switch (address.kind) {
    case V::kFrame:
      check(Check::kFrameRead, bytes, address.term);
      if (bytes == 8) {
        V v(V::kSlot, address.term);
        v.id = id;
        return v;
      }
      return number;
    case V::kContext:
      if (!is_known(address.term)) {
        check(Check::kContextRead, bytes, address.term);
        return number;
      }
      if (bytes == 8) switch (address.term.constant) {
          case offsets::kContextMemoryBase: return V(V::kMemory);
          case offsets::kContextExec: return V(V::kExec);
          case offsets::kContextFuncRefs: return V(V::kFuncRefs);
          case offsets::kContextGlobals: return V(V::kGlobals);
          case offsets::kContextTables: return V(V::kTables);
          default: break;
        }
      if (address.term.constant >= offsets::kGlobalCells) {
        check(Check::kContextRead, bytes, address.term);
        return number;
      }
      refuse("reads a field of the context that code has no use for");
      return V();
    case V::kExec:
      if (is_known(address.term)) {
        const int64_t field = address.term.constant;
        if ((bytes == 8 && (field == offsets::kExecStackLimit || field == offsets::kExecNativeLine ||
                            field == offsets::kExecFuel || field == offsets::kExecStore)) ||
            (bytes == 4 && field == offsets::kExecInterrupt) || (bytes == 1 && field == offsets::kExecDeterministic)) {
          if (field == offsets::kExecFuel) facts_.fuels = true;
          return V(V::kExecField, address.term);
        }
      }
      refuse("reads a field of ExecContext that code has no use for");
      return V();
    case V::kFuncRefs:
      check(Check::kFuncRefsRead, bytes, address.term);
      {
        V v(V::kRef);
        v.facts = V::kNonNull | V::kImport;
        v.id = id;
        if (bytes != 8) refuse("reads a part of a reference");
        return v;
      }
    case V::kGlobals:
      check(Check::kGlobalsRead, bytes, address.term);
      if (bytes != 8) refuse("reads a part of a pointer");
      return V(V::kCell, address.term);
    case V::kCell:
      if (!is_known(address.type) || address.type.constant < 0 ||
          address.type.constant + bytes > offsets::kGlobalCellSize)
        refuse("reads beside a global");
      return number;
    case V::kTables:
      check(Check::kTablesRead, bytes, address.term);
      if (bytes != 8) refuse("reads a part of a pointer");
      return V(V::kTable, address.term);
    case V::kTable:
      if (bytes == 8 && is_known(address.type, offsets::kTableElements)) return V(V::kElements, address.term);
      if (bytes == 8 && is_known(address.type, offsets::kTableSize)) return V(V::kTableSize, address.term);
      refuse("reads a table in a way that code has no use for");
      return V();
    case V::kElements: {
      if (bytes != 8 || address.facts != V::kNonNull) {
        refuse("reads an element of a table that is not shown to exist");
        return V();
      }
      V v(V::kRef);
      v.facts = V::kOfTable;
      v.id = id;
      return v;
    }
    case V::kRef: return load_ref(address, bytes);
    case V::kSlot: return load_ref(address, bytes);
    case V::kMemory:
    case V::kMemoryAt:
      check(Check::kMemory, bytes, address.term);
      if (address.kind == V::kMemoryAt && address.reg != 0) facts_.needs_narrow |= 1u << (address.reg - 1);
      return number;
    case V::kCode:
      if (address.facts == V::kOfTable) {
        check(Check::kLabels, bytes, address.term, address.type);
        if (bytes == 4 && is_signed && to == 8) return V(V::kDistance, address.term);
        refuse("reads a jump table in a way that code has no use for");
        return V();
      }
      if (address.facts != 0) {
        if (bytes != 8) refuse("reads a part of an address");
        V v(V::kTarget);
        v.facts = V::kOwn;
        v.term = address.term;
        return v;
      }
      check(Check::kData, bytes, address.term);
      if (bytes == 8) {
        V v(V::kTarget);
        v.facts = V::kImport;  // what stands at `term`
        v.term = address.term;
        return v;
      }
      return number;
    case V::kStack: {
      auto it = is_known(address.term) ? state_.stack.find(address.term.constant) : state_.stack.end();
      if (it == state_.stack.end() || bytes != 8) {
        refuse("reads of the native stack what the piece has not put there");
        return V();
      }
      return it->second;
    }
    default: refuse("reads memory at an address that is not shown to be one of the guest's"); return V();
  }
}

void Analysis::store(const Value& address, unsigned bytes, const Value& value) {
  using V = Value;
  switch (address.kind) {
    case V::kFrame:
      check(Check::kFrameWrite, bytes, address.term);
      if (bytes == 8 && !is_narrow(value))
        facts_.stores_wide = true, facts_.wide_at = static_cast<uint16_t>(at_);
      state_.frame_stores.push_back({address.term, value, bytes});
      return;
    case V::kContext:
      if (is_known(address.term) && address.term.constant < offsets::kGlobalCells)
        return refuse("writes a field of the context");
      return check(Check::kContextWrite, bytes, address.term);
    case V::kCell:
      if (!is_known(address.type) || address.type.constant < 0 ||
          address.type.constant + bytes > offsets::kGlobalCellSize)
        refuse("writes beside a global");
      return;
    case V::kExec: {
      if (!is_known(address.term) || bytes != 8) return refuse("writes a part of ExecContext");
      const int64_t field = address.term.constant;
      if (field == offsets::kExecFuel && value.kind == V::kFuelLeft) return check(Check::kFuel, 8, value.term);
      if (field == offsets::kExecLastPc && value.kind == V::kConst) {
        check(Check::kCallPc, 8, value.term);
      } else if (!(field == offsets::kExecLastFp && value.kind == V::kFrame && is_known(value.term, 0)) &&
                 !(field == offsets::kExecLastCtx && value.kind == V::kContext && is_known(value.term, 0)) &&
                 !(field == offsets::kExecStackTop && value.kind == V::kFrame)) {
        return refuse("writes ExecContext otherwise than calls do");
      }
      state_.exec_stores[field] = value;
      return;
    }
    case V::kMemory:
    case V::kMemoryAt:
      check(Check::kMemory, bytes, address.term);
      if (address.kind == V::kMemoryAt && address.reg != 0) facts_.needs_narrow |= 1u << (address.reg - 1);
      return;
    case V::kStack:
      if (!is_known(address.term) || address.term.constant >= 0 || bytes != 8 ||
          address.term.constant < state_.r[machine_.stack].term.constant)
        return refuse("writes the native stack above what the piece has pushed");
      state_.stack[address.term.constant] = value;
      return;
    default: refuse("writes memory at an address that is not shown to be one of the guest's");
  }
}

void Analysis::push(const Value& v) {
  Value& sp = state_.r[machine_.stack];
  sp.term.constant -= 8;
  state_.stack[sp.term.constant] = v;
}

Value Analysis::pop() {
  Value& sp = state_.r[machine_.stack];
  const Value v = load(sp, 8, false, 8);
  state_.stack.erase(sp.term.constant);
  sp.term.constant += 8;
  return v;
}

// --- Comparisons

bool Operand::is_current(const Value& now) const { return value == (low ? Analysis::low(now) : now); }

void Analysis::compare(const Operand& a, const Operand& b) {
  state_.compared = true;
  state_.left = a;
  state_.right = b;
}

void Analysis::refine_side(State& s, Condition c, const Operand& a, const Operand& b) {
  using V = Value;
  if (a.value.kind == V::kFrame && b.value.kind == V::kExecField && is_known(b.value.term, offsets::kExecStackLimit) &&
      (c == Condition::kBelowOrEqual || c == Condition::kBelow)) {
    check(Check::kFrameSize, 0, a.value.term);
    s.frame_checked = true;
    return;
  }
  if (a.value.kind == V::kStackSum && b.value.kind == V::kExecField &&
      is_known(b.value.term, offsets::kExecNativeLine) && (c == Condition::kAboveOrEqual || c == Condition::kAbove)) {
    s.native_checked = true;
    return;
  }
  if (a.value.kind == V::kExecField && is_known(a.value.term, offsets::kExecInterrupt)) facts_.polls = true;
  // What follows is said of registers. A comparison of parts of a reference speaks of the register that holds it.
  auto each = [&](auto&& matches, auto&& change) {
    for (V& v : s.r)
      if (matches(v)) change(v);
  };
  if (b.value.kind == V::kConst && is_known(b.value.term, 0) && c == Condition::kNotEqual) {
    if (a.value.kind == V::kRef || a.value.kind == V::kSlot)
      each([&](const V& v) { return v == a.value; }, [](V& v) { v.facts |= V::kNonNull; });
    else if (a.value.kind == V::kHostFn)
      each([&](const V& v) { return v.kind == V::kRef && v.id == a.value.id; }, [](V& v) { v.facts |= V::kHost; });
    return;
  }
  auto same_ref = [&](const V& v) {
    return (v.kind == V::kRef || v.kind == V::kSlot) && v.id != 0 && v.id == a.value.id;
  };
  if (a.value.kind == V::kRefType && b.value.kind == V::kConst && c == Condition::kEqual) {
    each(same_ref, [&](V& v) {
      v.facts |= V::kTyped;
      v.type = b.value.term;
    });
    return;
  }
  if (a.value.kind == V::kRefCtx && b.value == V(V::kContext) && c == Condition::kEqual) {
    each(same_ref, [&](V& v) {
      const uint16_t id = v.id;
      if (v.kind == V::kSlot) {
        v = V(V::kRef);
        v.facts = V::kNonNull;
        v.id = id;
      }
      v.facts |= V::kOwn;
    });
    return;
  }
  if (a.reg >= kRegisters || !a.is_current(s.r[a.reg])) return;
  V& v = s.r[a.reg];
  const uint8_t origin = v.kind == V::kEntry ? static_cast<uint8_t>(v.reg + 1) : v.origin;
  if (b.value.kind == V::kTableSize && !a.low && c == Condition::kBelow) {
    v = V(V::kBelowSize, b.value.term);
    v.origin = origin;
  } else if (b.value.kind == V::kConst && (c == Condition::kBelow || c == Condition::kBelowOrEqual)) {
    if (!a.low && !is_narrow(v)) return;
    if (!a.low || is_narrow(v)) {
      v = V(V::kAtMost, b.value.term);
      v.origin = origin;
    }
    s.bounded = a.reg;  // its lower half, whatever the upper is
    s.bound = b.value.term;
  }
}

void Analysis::refine(State& s, Condition c) {
  if (!s.compared) return;
  const Operand left = s.left, right = s.right;
  if (c == Condition::kEqual && !left.low && !right.low) {
    s.equal.emplace_back(left.value, right.value);
    s.equal.emplace_back(right.value, left.value);
  }
  refine_side(s, c, left, right);
  refine_side(s, exchanged(c), right, left);
}

Value Analysis::choose(Condition c, const Operand& if_true, const Operand& if_false) {
  auto refined = [&](Condition on, const Operand& o) {
    State s = state_;
    s.bounded = kRegisters;
    refine(s, on);
    if (o.reg >= kRegisters) return o.value;
    if (o.low && s.bounded == o.reg) return Value(Value::kAtMost, s.bound);
    return o.low ? low(s.r[o.reg]) : s.r[o.reg];
  };
  Value a = refined(c, if_true), b = refined(inverse(c), if_false);
  if (a == b) return a;
  if (a.kind == Value::kConst && b.kind == Value::kAtMost && a.term == b.term) return b;
  if (b.kind == Value::kConst && a.kind == Value::kAtMost && a.term == b.term) return a;
  // An index that is 0 where it is out of bounds (against speculation) is as good as one that is in bounds.
  if (is_narrow(a) && is_narrow(b)) return Value(Value::kNarrow);
  return Value();
}

// --- Control

State Analysis::join(const State& a, const State& b) {
  State s = a;
  for (unsigned i = 0; i < kRegisters; ++i) {
    if (a.r[i] == b.r[i]) continue;
    Value x = a.r[i], y = b.r[i];
    // What is known of a number on one way only.
    auto origin = [](const Value& v) { return v.kind == Value::kEntry ? v.reg + 1 : int{v.origin}; };
    if (origin(x) != 0 && origin(x) == origin(y)) {
      s.r[i] = Value::entry(static_cast<unsigned>(origin(x) - 1));
      continue;
    }
    const uint8_t facts = x.facts & y.facts;
    if (x.kind == Value::kRef && y.kind == Value::kRef && x.term == y.term) {
      x.facts = facts;
      if (!(x.type == y.type)) x.facts &= static_cast<uint8_t>(~Value::kTyped);
      s.r[i] = x;
      continue;
    }
    s.r[i] = is_narrow(x) && is_narrow(y) ? Value(Value::kNarrow) : Value();
  }
  std::erase_if(s.stack, [&](const auto& e) {
    auto it = b.stack.find(e.first);
    return it == b.stack.end() || !(it->second == e.second);
  });
  s.frame_stores.clear();
  s.exec_stores.clear();
  s.compared = false;
  std::erase_if(s.equal, [&](const auto& e) { return std::ranges::find(b.equal, e) == b.equal.end(); });
  s.frame_checked = a.frame_checked && b.frame_checked;
  s.native_checked = a.native_checked && b.native_checked;
  return s;
}

void Analysis::go(const State& s, Exit::Kind kind, const Term& target, bool known, uint32_t offset) {
  State copy = s;
  if (!known || offset > size_) return leave(copy, kind, target);
  if (offset == size_) return leave(copy, Exit::kNext);
  copy.compared = false;
  if (offset <= at_) {  // what was assumed there has to hold for this, too
    auto it = back_.find(offset);
    if (it == back_.end()) {
      back_.emplace(offset, copy);
      again_ = true;
    } else if (State both = join(it->second, copy); !(both == it->second)) {
      it->second = both;
      again_ = true;
    }
    return;
  }
  auto it = pending_.find(offset);
  if (it == pending_.end()) pending_.emplace(offset, copy);
  else it->second = join(it->second, copy);
}

void Analysis::jump(const Term& target, bool known, uint32_t offset) {
  go(state_, Exit::kJump, target, known, offset);
  reachable_ = false;
}

void Analysis::branch(Condition c, const Term& target, bool known, uint32_t offset) {
  State taken = state_;
  refine(taken, c);
  go(taken, Exit::kJump, target, known, offset);
  refine(state_, inverse(c));
}

void Analysis::jump_to(const Value& to) {
  using V = Value;
  if (to.kind == V::kTarget && to.facts == 0) {
    leave(state_, Exit::kTable, to.term);
  } else if (to.kind == V::kTarget && to.facts == V::kImport) {
    jump_through(V(V::kCode, to.term));
  } else {
    refuse("jumps to an address that is not known");
  }
  reachable_ = false;
}

// To the address that stands at `address`.
void Analysis::jump_through(const Value& address) {
  using V = Value;
  const V& pc = state_.r[machine_.pc];
  if (address.kind == V::kCode && address.facts == 0) {
    if (pc.kind == V::kCode && pc.term == address.term) leave(state_, Exit::kHandler, address.term);
    else if (pc.kind == V::kConst) leave(state_, Exit::kTrap, address.term);
    else refuse("leaves for a handler without its instruction");
  } else {
    refuse("jumps to an address that is not known");
  }
  reachable_ = false;
}

void Analysis::call_guest() {
  using V = Value;
  facts_.calls = true;
  const V frame = state_.r[machine_.frame], context = state_.r[machine_.context];
  if (frame.kind != V::kFrame || is_known(frame.term, 0)) return refuse("calls without a frame for the callee");
  if (!(context == V(V::kContext))) return refuse("calls with another context");
  check(Check::kShift, 0, frame.term);
  // The callee's header, written just before: the caller's pc, then its context.
  bool has_header = false;
  for (const auto& pc : state_.frame_stores)
    for (const auto& ctx : state_.frame_stores) {
      if (pc.size != 8 || ctx.size != 8 || pc.value.kind != V::kConst || !(ctx.value == V(V::kContext))) continue;
      Term behind = pc.term;
      behind.constant += 8;
      if (!(behind == ctx.term)) {
        if (pc.term.count == 0 || ctx.term.count == 0) continue;
        check(Check::kSame, 0, behind, ctx.term);
      }
      check(Check::kCallPc, 0, pc.value.term);
      check(Check::kHeaderWrite, 16, pc.term);
      has_header = true;
    }
  if (!has_header) return refuse("calls without the callee's header");
  const V stack = state_.r[machine_.stack];
  for (unsigned i = 0; i < kRegisters; ++i)
    if (i != machine_.frame && i != machine_.stack && !(machine_.kept >> i & 1)) state_.r[i] = V();
  state_.r[machine_.stack] = stack;
  state_.compared = false;
  state_.frame_stores.clear();
}

void Analysis::call_host(const Value&) {
  using V = Value;
  facts_.calls = true;
  auto& e = state_.exec_stores;
  auto written = [&](int field, V::Kind kind) { return e.contains(field) && e[field].kind == kind; };
  if (!written(offsets::kExecLastPc, V::kConst) || !written(offsets::kExecLastFp, V::kFrame) ||
      !written(offsets::kExecLastCtx, V::kContext) || !written(offsets::kExecStackTop, V::kFrame))
    return refuse("calls the host without saying where it is");
  const V& env = state_.r[machine_.host_arguments[0]];
  const V& call = state_.r[machine_.host_arguments[1]];
  const V& slots = state_.r[machine_.host_arguments[2]];
  auto stack_word = [&](int64_t offset) {
    auto it = call.kind == V::kStack ? state_.stack.find(call.term.constant + offset) : state_.stack.end();
    return it == state_.stack.end() ? V() : it->second;
  };
  const V store = stack_word(offsets::kHostCallStore);
  if (env.kind != V::kHostEnv || slots.kind != V::kFrame || store.kind != V::kExecField ||
      !is_known(store.term, offsets::kExecStore) || !(stack_word(offsets::kHostCallCaller) == V(V::kContext)))
    return refuse("calls the host with other arguments than it takes");
  facts_.needs_ref |= V::kHost;
  check(Check::kHostFrame, 0, slots.term, e[offsets::kExecStackTop].term);
  for (unsigned i = 0; i < kRegisters; ++i)
    if (!(machine_.kept_by_host >> i & 1)) state_.r[i] = V();
  // The host may have changed the record that it was given.
  const int64_t record = call.term.constant;
  state_.stack[record + offsets::kHostCallStore] = state_.stack[record + offsets::kHostCallCaller] = V();
  e.clear();
  state_.compared = false;
}

void Analysis::call_through(const Value& address) {
  using V = Value;
  if (address.kind == V::kCode && address.facts == 0) {
    check(Check::kCallEntry, 8, address.term);
    call_guest();
  } else if (address.kind == V::kCode && address.facts == V::kOwn) {
    check(Check::kCallByIndex, 8, address.term);
    facts_.needs_ref |= V::kOwn;
    call_guest();
  } else {
    refuse("calls an address that is not known");
  }
}

void Analysis::call_to(const Value& to) {
  using V = Value;
  if (to.kind == V::kHostFn) {
    call_host(to);
  } else if (to.kind == V::kTarget && to.facts == V::kImport) {
    call_through(V(V::kCode, to.term));
  } else if (to.kind == V::kTarget && to.facts == V::kOwn) {
    V address(V::kCode, to.term);
    address.facts = V::kOwn;
    call_through(address);
  } else {
    refuse("calls an address that is not known");
  }
}

void Analysis::ret(const Value& to) {
  if (machine_.link < kRegisters && to.kind != Value::kReturn)
    refuse("returns to another place than it was called from");
  leave(state_, Exit::kReturn);
  reachable_ = false;
}

void Analysis::leave(State& s, Exit::Kind kind, const Term& target) {
  using V = Value;
  if (!(s.r[machine_.frame] == V(V::kFrame))) return refuse("leaves with another frame");
  if (!(s.r[machine_.context] == V(V::kContext))) return refuse("leaves with another context");
  if (kind != Exit::kReturn && kind != Exit::kTrap && !(s.r[machine_.memory] == V(V::kMemory)))
    return refuse("leaves with another base of memory 0");
  if (!(s.r[machine_.stack] == V(V::kStack))) return refuse("leaves something on the native stack");
  if (machine_.link < kRegisters && s.r[machine_.link].kind != V::kReturn) return refuse("loses the return address");
  for (unsigned i = 0; i < kRegisters; ++i)
    if ((machine_.kept >> i & 1) && !(s.r[i].kind == V::kEntry && s.r[i].reg == i))
      return refuse("changes a register that native callers keep");
  if (target.failed) return refuse("an address is a sum of too many parts");
  Exit exit{.kind = kind, .at = static_cast<uint16_t>(at_), .target = target};
  if (kind == Exit::kTrap) exit.pc = s.r[machine_.pc].term;
  for (unsigned i = 0; i < kRegisters; ++i) {
    V v = s.r[i];
    if (v.kind == V::kConst) v.narrow = false;
    // The same as before, as a comparison has shown.
    if (std::ranges::find(s.equal, std::pair(V::entry(i), v)) != s.equal.end()) {
      v = V::entry(i);
    } else {
      v = s.r[i];
      for (const auto& [was, is] : s.equal) {
        if (v.kind != V::kConst || !(was == V::entry(i)) || is.kind != V::kConst) continue;
        if (v.term.count == 0 || is.term.count == 0) continue;
        check(Check::kSame, 0, is.term, v.term);  // the same constant, in two instructions
        v = V::entry(i);
      }
    }
    exit.from[i] = v.kind == V::kEntry ? static_cast<uint8_t>(v.reg + 1) : v.origin;
    if (is_narrow(v)) exit.narrow |= 1u << i;
  }
  const V& ref = s.r[machine_.accumulator];
  if (ref.kind == V::kRef && is_known(ref.term, 0)) {
    exit.ref_facts = ref.facts;
    exit.ref_type = ref.type;
  }
  exit.frame_checked = s.frame_checked;
  exit.native_checked = s.native_checked;
  facts_.exits.push_back(exit);
}

}  // namespace ermine::verify
