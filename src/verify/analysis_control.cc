// Comparisons, and control flow inside a piece and out of it.
#include <algorithm>

#include "runtime/context.h"
#include "runtime/offsets.h"
#include "verify/analysis.h"

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

// The condition with exchanged operands.
Condition exchanged(Condition c) {
  switch (c) {
    case Condition::kBelow: return Condition::kAbove;
    case Condition::kAboveOrEqual: return Condition::kBelowOrEqual;
    case Condition::kAbove: return Condition::kBelow;
    case Condition::kBelowOrEqual: return Condition::kAboveOrEqual;
    default: return c;
  }
}

}  // namespace

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
      is_known(b.value.term, offsets::kExecNativeStackLimitTerm) &&
      (c == Condition::kAboveOrEqual || c == Condition::kAbove)) {
    s.native_checked = true;
    return;
  }
  if (a.value.kind == V::kExecField && is_known(a.value.term, offsets::kExecInterrupt) && b.value.kind == V::kConst &&
      is_known(b.value.term, 0) && c == Condition::kEqual)
    s.polled = true;
  if (a.value.kind == V::kAnswer && b.value.kind == V::kConst && is_known(b.value.term, 0) && c == Condition::kNotEqual)
    s.unanswered = false;
  // The following facts are about registers. A comparison of parts of a reference is about the register that holds it.
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
  if (a.value.kind == V::kHostFn && b.value.kind == V::kConst && is_known(b.value.term, 0) && c == Condition::kEqual) {
    each([&](const V& v) { return v.kind == V::kRef && v.id == a.value.id; }, [](V& v) { v.facts |= V::kGuest; });
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
    s.bounded = a.reg;  // its lower half, for any upper half
    s.bound = b.value.term;
  }
}

void Analysis::refine(State& s, Condition c) {
  if (!s.compared) return;
  const Operand left = s.left, right = s.right;
  // Two values of another kind may differ even if they are equal here.
  auto is_one = [](const Value& v) {
    return v.kind == Value::kEntry || v.kind == Value::kConst || (v.kind == Value::kSlot && v.id != 0);
  };
  if (c == Condition::kEqual && !left.low && !right.low && is_one(left.value) && is_one(right.value)) {
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
  // The size of a table is an index as well: after its elements there is a null.
  auto clamped = [](const Value& size, const Value& index) {
    return size.kind == Value::kTableSize && index.kind == Value::kBelowSize && size.term == index.term;
  };
  if (clamped(a, b) || clamped(b, a)) return Value(Value::kBelowSize, a.term);
  // An index that is 0 if it is out of bounds (against speculation) is as good as one in bounds.
  if (is_narrow(a) && is_narrow(b)) return Value(Value::kNarrow);
  return Value();
}

// --- Control

State Analysis::join(const State& a, const State& b) {
  State s = a;
  s.vectors_left = a.vectors_left | b.vectors_left;
  s.vectors_written = a.vectors_written & b.vectors_written & ~s.vectors_left;
  for (unsigned i = 0; i < kRegisters; ++i) {
    if (a.r[i] == b.r[i]) continue;
    Value x = a.r[i], y = b.r[i];
    if (x.kind == Value::kLeft || y.kind == Value::kLeft) {
      s.r[i] = Value(Value::kLeft);
      continue;
    }
    // Facts about a number that hold on one of the two ways only.
    auto origin = [](const Value& v) { return v.kind == Value::kEntry ? v.reg + 1 : int{v.origin}; };
    if (origin(x) != 0 && origin(x) == origin(y)) {
      s.r[i] = Value::entry(static_cast<unsigned>(origin(x) - 1));
      continue;
    }
    uint8_t mixed = 0;
    for (const Value& v : {x, y}) {
      const auto one = v.kind == Value::kEntry ? static_cast<uint8_t>(v.reg + 1) : v.mixed;
      if (mixed != 0 && one != 0 && one != mixed) use_entry(one - 1u);
      if (one != 0) mixed = one;
    }
    const uint8_t facts = x.facts & y.facts;
    if (x.kind == Value::kRef && y.kind == Value::kRef && x.term == y.term) {
      x.facts = facts;
      if (!(x.type == y.type)) x.facts &= static_cast<uint8_t>(~Value::kTyped);
      s.r[i] = x;
      continue;
    }
    s.r[i] = is_narrow(x) && is_narrow(y) ? Value(Value::kNarrow) : Value();
    s.r[i].mixed = mixed;
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
  s.polled = a.polled && b.polled;
  s.exec_written = a.exec_written || b.exec_written;
  s.unanswered = a.unanswered || b.unanswered;
  return s;
}

void Analysis::end_way() {
  reachable_ = false;
  ends_.push_back(at_);
}

// Whether control flow contains a cycle: code that is laid out elsewhere branches back as well.
bool Analysis::loops() const {
  for (const Branch& back : branches_) {
    if (back.to > back.at) continue;
    std::vector<uint32_t> open{back.to}, seen = open;
    while (!open.empty()) {
      const uint32_t first = open.back();
      open.pop_back();
      const auto end = std::ranges::lower_bound(ends_, first);
      const uint32_t last = end != ends_.end() ? *end : size_;
      if (first <= back.at && back.at <= last) return true;
      for (const Branch& b : branches_) {
        if (b.at < first || b.at > last || std::ranges::find(seen, b.to) != seen.end()) continue;
        open.push_back(b.to);
        seen.push_back(b.to);
      }
    }
  }
  return false;
}

void Analysis::go(const State& s, Exit::Kind kind, const Term& target, bool known, uint32_t offset) {
  State copy = s;
  if (!known || offset > size_) return leave(copy, kind, target);
  if (offset == size_) return leave(copy, Exit::kNext);
  copy.compared = false;
  branches_.push_back({at_, offset});
  if (offset <= at_) {  // the facts assumed there must hold here, too
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
  end_way();
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
  } else if (to.kind == V::kTarget && (to.facts == V::kImport || to.facts == V::kOwn)) {
    V address(V::kCode, to.term);
    if (to.facts == V::kOwn) address.facts = V::kOwn;
    jump_through(address);
  } else if (to.kind == V::kRefTarget) {
    V entry = to;
    entry.kind = V::kRefEntry;
    jump_through(entry);
  } else {
    refuse("jumps to an address that is not known");
  }
  end_way();
}

// A jump to the address that is stored at `address`.
void Analysis::jump_through(const Value& address) {
  using V = Value;
  const V& pc = state_.r[machine_.pc];
  if (address.kind == V::kCode && address.facts == 0) {
    if (pc.kind == V::kCode && pc.term == address.term) leave(state_, Exit::kHandler, address.term);
    else if (pc.kind == V::kConst) leave(state_, Exit::kTrap, address.term);
    else if (identifies_call(false)) tail_call(Check::kCallEntry, address.term);
    else refuse("calls out to a handler without its instruction");
  } else if (address.kind == V::kCode && address.facts == V::kOwn) {
    facts_.needs_ref |= V::kOwn;
    if (identifies_call(true)) tail_call(Check::kCallByIndex, address.term);
    else refuse("calls without identifying the call");
  } else if (address.kind == V::kRefEntry) {
    if (!switches_instance(address)) return;
    state_.r[machine_.context] = V(V::kContext);  // as for the caller, to which the callee returns
    state_.r[machine_.memory] = V(V::kMemory);
    leave(state_, Exit::kTailCall);
  } else {
    refuse("jumps to an address that is not known");
  }
  end_way();
}

// Whether a callee without machine code finds its number: in the call's instruction, whose third unit contains it, or
// in the reference, whose first field it is.
bool Analysis::identifies_call(bool by_reference) {
  const Value& call = state_.r[machine_.call];
  return by_reference ? call.kind == Value::kRef && is_known(call.term, -2 * int64_t{sizeof(runtime::Code)})
                      : call.kind == Value::kConst;
}

// The verifier knows whether the frame is the callee's.
void Analysis::tail_call(Check::Kind callee, const Term& entry) {
  check(callee, 8, entry);
  if (callee == Check::kCallEntry) check(Check::kCallPc, 0, state_.r[machine_.call].term);
  leave(state_, Exit::kTailCall);
}

// Whether a frame for the callee, with a header, has been made.
bool Analysis::has_header() {
  using V = Value;
  const V& frame = state_.r[machine_.frame];
  if (frame.kind != V::kFrame || is_known(frame.term, 0)) return refuse("calls without a frame for the callee"), false;
  check(Check::kShift, 0, frame.term);
  // The callee's header must have been written just before, and nothing else there: the caller's pc, then its context.
  if (state_.frame_stores.size() != 2)
    return refuse("calls without the callee's header, or with more than that"), false;
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
  if (!has_header) refuse("calls without the callee's header");
  return has_header;
}

void Analysis::call_guest(bool by_reference) {
  using V = Value;
  facts_.calls = true;
  if (!(state_.r[machine_.context] == V(V::kContext))) return refuse("calls with another context");
  if (!(state_.r[machine_.memory] == V(V::kMemory))) return refuse("calls with another memory");
  if (!has_header()) return;
  if (!identifies_call(by_reference)) return refuse("calls without identifying the call");
  if (!by_reference) check(Check::kCallPc, 0, state_.r[machine_.call].term);
  return_from_guest();
}

// Whether a function of another instance, an imported one, begins with its own state: it is entered as handlers enter
// it, with its entry in pc and its FuncCode in the accumulator.
bool Analysis::switches_instance(const Value& entry) {
  using V = Value;
  auto is = [&](unsigned r, V::Kind kind) {
    const V& v = state_.r[r];
    return v.kind == kind && v.id == entry.id && v.is_assumed == entry.is_assumed;
  };
  if (!is(machine_.context, V::kRefCtx) || !is(machine_.memory, V::kRefMemory) || !is(machine_.pc, V::kRefEntry) ||
      !is(machine_.accumulator, V::kRefCode))
    return refuse("enters another instance with another state than the function's"), false;
  constexpr uint8_t kFacts = V::kNonNull | V::kImport | V::kGuest;
  if (entry.is_assumed) facts_.needs_ref |= kFacts;
  else if ((entry.facts & kFacts) != kFacts)
    return refuse("calls a reference that is not shown to be an imported function of another instance"), false;
  return true;
}

void Analysis::call_other(const Value& entry) {
  facts_.calls = true;
  if (has_header() && switches_instance(entry)) return_from_guest();
}

// What holds after a call: the callee has preserved the frame's register and what is on the native stack.
void Analysis::return_from_guest() {
  using V = Value;
  const V stack = state_.r[machine_.stack];
  for (unsigned i = 0; i < kRegisters; ++i)
    if (i != machine_.frame && i != machine_.stack && !(machine_.kept >> i & 1)) state_.r[i] = V(V::kLeft);
  state_.r[machine_.stack] = stack;
  state_.r[machine_.result] = V();
  leave_vectors(static_cast<uint32_t>(machine_.accumulators >> kRegisters));
  state_.compared = false;
  state_.frame_stores.clear();
}

void Analysis::call_host(const Value& function) {
  using V = Value;
  facts_.calls = true;
  auto& e = state_.exec_stores;
  auto written = [&](int field, V::Kind kind) { return e.contains(field) && e[field].kind == kind; };
  if (!written(offsets::kExecLastPc, V::kConst) || !written(offsets::kExecLastFp, V::kFrame) ||
      !written(offsets::kExecLastCtx, V::kContext) || !written(offsets::kExecStackTop, V::kFrame))
    return refuse("calls the host without recording the position");
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
    return refuse("calls the host with wrong arguments");
  constexpr uint8_t kFacts = V::kNonNull | V::kImport | V::kHost;
  if ((function.facts & kFacts) != kFacts || env.id != function.id || function.is_assumed || env.is_assumed)
    return refuse("calls a reference that is not shown to be an imported function of the host");
  check(Check::kHostFrame, 0, slots.term, e[offsets::kExecStackTop].term);
  for (unsigned i = 0; i < kRegisters; ++i)
    if (!(machine_.kept_by_host >> i & 1)) state_.r[i] = V(V::kLeft);
  state_.r[machine_.result] = V(V::kAnswer);
  state_.unanswered = true;
  leave_vectors(0);
  // The host may have changed the record that it got.
  const int64_t record = call.term.constant;
  state_.stack[record + offsets::kHostCallStore] = state_.stack[record + offsets::kHostCallCaller] = V();
  e.clear();
  state_.exec_written = false;
  state_.compared = false;
}

void Analysis::call_through(const Value& address) {
  using V = Value;
  if (address.kind == V::kCode && address.facts == 0) {
    check(Check::kCallEntry, 8, address.term);
    call_guest(false);
  } else if (address.kind == V::kCode && address.facts == V::kOwn) {
    check(Check::kCallByIndex, 8, address.term);
    facts_.needs_ref |= V::kOwn;
    call_guest(true);
  } else if (address.kind == V::kRefEntry) {
    call_other(address);
  } else {
    refuse("calls an address that is not known");
  }
}

void Analysis::call_to(const Value& to) {
  using V = Value;
  if (to.kind == V::kHostFn) {
    call_host(to);
  } else if (to.kind == V::kRefTarget) {
    V entry = to;
    entry.kind = V::kRefEntry;
    call_through(entry);
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
  end_way();
}

// The memory that loads and stores access after an exit. Where the function ends, none is.
void Analysis::set_memory(const State& s, Exit& exit, Exit::Kind kind) {
  using V = Value;
  const V& base = s.r[machine_.memory];
  if (kind == Exit::kReturn || kind == Exit::kTrap || base == V(V::kMemory)) return;
  exit.sets_memory = true;
  if (base.kind == V::kGlobal && base.facts == V::kOwn) exit.memory = base.term;
  else if (base.kind == V::kMemory0) exit.memory = Term(offsets::kContextMemoryBase);
  else refuse("leaves with something else than a memory's base");
}

void Analysis::leave(State& s, Exit::Kind kind, const Term& target) {
  using V = Value;
  if (!(s.r[machine_.frame] == V(V::kFrame))) return refuse("leaves with another frame");
  if (!(s.r[machine_.context] == V(V::kContext))) return refuse("leaves with another context");
  if (!(s.r[machine_.stack] == V(V::kStack))) return refuse("leaves something on the native stack");
  if (machine_.link < kRegisters && s.r[machine_.link].kind != V::kReturn) return refuse("loses the return address");
  for (unsigned i = 0; i < kRegisters; ++i)
    if ((machine_.kept >> i & 1) && !(s.r[i].kind == V::kEntry && s.r[i].reg == i))
      return refuse("changes a register that native callers preserve");
  if (target.failed) return refuse("an address is a sum of too many parts");
  if (s.exec_written) return refuse("writes ExecContext and does not call the host");
  if (s.unanswered && kind != Exit::kTrap && kind != Exit::kJump)
    return refuse("continues although the host function may have failed");
  Exit exit{.kind = kind, .at = static_cast<uint16_t>(at_), .target = target};
  if (kind == Exit::kTrap) exit.pc = s.r[machine_.pc].term;
  set_memory(s, exit, kind);
  // The value as the comparisons have shown it: equal to the register's value at entry if that is known.
  auto as_compared = [&](unsigned i) {
    V v = s.r[i];
    if (v.kind == V::kConst) v.narrow = false;
    if (std::ranges::find(s.equal, std::pair(V::entry(i), v)) != s.equal.end()) return V::entry(i);
    v = s.r[i];
    for (const auto& [was, is] : s.equal) {
      if (v.kind != V::kConst || !(was == V::entry(i)) || is.kind != V::kConst) continue;
      if (v.term.count == 0 || is.term.count == 0) continue;
      check(Check::kSame, 0, is.term, v.term);  // the same constant, in two instructions
      v = V::entry(i);
    }
    return v;
  };
  V compared;
  for (unsigned i = 0; i < kRegisters; ++i) {
    if (!s.equal.empty()) compared = as_compared(i);
    const V& v = s.equal.empty() ? s.r[i] : compared;
    exit.from[i] = v.kind == V::kEntry ? static_cast<uint8_t>(v.reg + 1) : v.origin;
    if (is_narrow(v)) exit.narrow |= 1u << i;
    if (exit.from[i] == i + 1 || v.mixed == i + 1) exit.keeps_own |= RegisterSet{1} << i;
    else if (v.kind != V::kEntry && v.kind != V::kLeft) exit.own |= RegisterSet{1} << i;
    if (v.mixed != 0 && v.mixed != i + 1 && (machine_.values >> i & 1) != 0) use_entry(v.mixed - 1u);
    const bool goes_on = kind == Exit::kNext || kind == Exit::kJump || kind == Exit::kTable;
    if (goes_on && v.is_address() && (machine_.values >> i & 1) != 0)
      return refuse("leaves a host address where the guest could read it as a number");
    if (v.kind == V::kBitField) exit.maybe_narrow.push_back({static_cast<uint8_t>(i), v.type, v.term});
  }
  exit.own |= RegisterSet{s.vectors_written} << kRegisters;
  exit.keeps_own |= RegisterSet{~(s.vectors_written | s.vectors_left)} << kRegisters;
  const V& ref = s.r[machine_.accumulator];
  if (ref.kind == V::kRef && is_known(ref.term, 0)) {
    exit.ref_facts = ref.facts;
    exit.ref_type = ref.type;
  }
  exit.frame_checked = s.frame_checked;
  exit.native_checked = s.native_checked;
  exit.polled = s.polled;
  exit.unanswered = s.unanswered;
  facts_.exits.push_back(exit);
}

}  // namespace ermine::verify
