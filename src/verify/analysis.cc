#include "verify/analysis.h"

#include <algorithm>

#include "runtime/offsets.h"

namespace ermine::verify {

namespace offsets = runtime::offsets;

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
  branches_.clear();
  ends_.clear();
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
    refuse("backward branches that do not converge");
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
  Check c{kind, static_cast<uint8_t>(size), Check::kUnknown, static_cast<uint16_t>(at_), term, other};
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
  if (!again_ && back_seen_ < back_.size())
    refuse("a backward branch leads into an instruction, or to code that is not reached");
  if (!again_ && loops()) refuse("a loop that does not check for interrupts");
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
    default: return v.is_address() ? Value() : Value(Value::kNarrow);  // half of a host address is not a number
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
      t.constant = wrapped(uint64_t{scale} * static_cast<uint64_t>(t.constant));
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
        v.narrow = false;  // a sum of 64 bits
        // For a table, the value keeps its position in the array, and `type` keeps the field.
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
      case V::kElements:
      case V::kRefCtx:
      case V::kRefCode:
      case V::kRefEntry: return is_known(t, 0) ? a : V();
      case V::kEntry: {
        // The accumulator may hold a reference; reading through it asks whether it does.
        if (a.reg != machine_.accumulator) return V();
        V v(V::kRef, t);
        v.facts = V::kNonNull | V::kOwn;
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
      // Only an access requires the index to be narrow: remember the register.
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
  if (a.kind == V::kFrame) {  // back to the original frame
    if (a.term == b.term) return V(V::kFrame);
    check(Check::kSame, 0, a.term, b.term);
    return V(V::kFrame);
  }
  if (is_known(b.term)) return sum(a, V(V::kConst, Term(wrapped(-static_cast<uint64_t>(b.term.constant)))));
  return V();
}

Value Analysis::shifted_right(const Value& a, unsigned by) {
  if (by == 1 && a.kind == Value::kFrame && is_known(a.term, 0)) return Value(Value::kHalfFrame);
  return by >= 32 && by < 64 ? Value(Value::kNarrow) : Value();
}

Value Analysis::bit_field(const Term& immr, const Term& imms) {
  if (immr.count == 0 && imms.count == 0)
    return bit_field_is_narrow(immr.constant, imms.constant) ? Value(Value::kNarrow) : Value();
  Value v(Value::kBitField, imms);
  v.type = immr;
  return v;
}

const Value& Analysis::use(unsigned r) {
  const Value& v = state_.r[r];
  if (v.kind == Value::kEntry) use_entry(v.reg);
  else if (v.mixed != 0) use_entry(v.mixed - 1u);
  else if (v.kind == Value::kLeft) refuse("reads a register that a call may have changed");
  return v;
}

void Analysis::use_vector(unsigned r) {
  if (state_.vectors_left >> r & 1) refuse("reads a register that a call may have changed");
  else if (!(state_.vectors_written >> r & 1) && (machine_.vectors >> r & 1) != 0) facts_.needs_own |= vector_bit(r);
}

void Analysis::set_vector(unsigned r) {
  state_.vectors_written |= 1u << r;
  state_.vectors_left &= ~(1u << r);
}

// A call has left anything in all vector registers except `results`.
void Analysis::leave_vectors(uint32_t results) {
  state_.vectors_written = results;
  state_.vectors_left = ~results;
}

void Analysis::set(unsigned r, const Value& v, unsigned bytes) {
  Value& to = state_.r[r];
  // A comparison is not about the new value of the register.
  for (Operand* o : {&state_.left, &state_.right})
    if (o->reg == r) o->reg = kRegisters;
  if (bytes == 8) {
    to = v;
  } else if (bytes == 4) {
    to = low(v);
  } else {  // the rest of the register is unchanged
    const bool narrow = use(r).kind != Value::kEntry && is_narrow(to);
    to = narrow ? Value(Value::kNarrow) : Value();
  }
  if (r == machine_.stack) check_stack();
}

// Above the position at the piece's start are the return address and other frames; far below it, beyond the range
// checked on entry, anything.
void Analysis::check_stack() {
  constexpr int64_t kMost = 256;
  const Value& sp = state_.r[machine_.stack];
  if (sp.kind != Value::kStack) refuse("the native stack pointer becomes something else");
  else if (!is_known(sp.term) || sp.term.constant > 0 || sp.term.constant < -kMost)
    refuse("the native stack pointer leaves what the piece may use");
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
    v.facts = ref.facts;
    v.is_assumed = ref.is_assumed;
    return v;
  };
  if (ref.kind == V::kSlot) {  // the verifier decides whether that slot holds a reference
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
  if (field == offsets::kFuncRefCode && bytes == 8) return part(V::kRefCode);
  refuse("reads a field of a function reference that code never needs");
  return V();
}

Value Analysis::load(const Value& address, unsigned bytes, bool is_signed, unsigned to) {
  using V = Value;
  const auto id = static_cast<uint16_t>(at_ + 1);
  auto from_context = [&address] {
    V v(V::kGlobal, address.term);
    v.facts = V::kOwn;
    return v;
  };
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
        return bytes == 8 ? from_context() : number;
      }
      if (bytes == 8) switch (address.term.constant) {
          case offsets::kContextMemoryBase: return V(V::kMemory0);
          case offsets::kContextExec: return V(V::kExec);
          case offsets::kContextFuncRefs: return V(V::kFuncRefs);
          case offsets::kContextGlobals: return V(V::kGlobals);
          case offsets::kContextTables: return V(V::kTables);
          default: break;
        }
      if (address.term.constant >= offsets::kGlobalCells) {
        check(Check::kContextRead, bytes, address.term);
        return bytes == 8 ? from_context() : number;
      }
      refuse("reads a field of the context that code never needs");
      return V();
    case V::kExec:
      if (is_known(address.term)) {
        const int64_t field = address.term.constant;
        if ((bytes == 8 && (field == offsets::kExecStackLimit || field == offsets::kExecNativeStackLimitTerm ||
                            field == offsets::kExecFuel || field == offsets::kExecStore)) ||
            (bytes == 4 && (field == offsets::kExecInterrupt || field == offsets::kExecUntilSample)) ||
            (bytes == 1 && field == offsets::kExecRelaxedSimdDeterministic)) {
          if (field == offsets::kExecFuel) facts_.fuels = true;
          return V(V::kExecField, address.term);
        }
      }
      refuse("reads a field of ExecContext that code never needs");
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
        refuse("reads outside a global");
      return bytes == 8 ? V(V::kGlobal) : number;
    case V::kTables:
      check(Check::kTablesRead, bytes, address.term);
      if (bytes != 8) refuse("reads a part of a pointer");
      return V(V::kTable, address.term);
    case V::kTable:
      if (bytes == 8 && is_known(address.type, offsets::kTableElements)) return V(V::kElements, address.term);
      if (bytes == 8 && is_known(address.type, offsets::kTableSize)) return V(V::kTableSize, address.term);
      refuse("reads a table in a way that code never needs");
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
    case V::kRef:
    case V::kSlot:
      if (is_signed) {
        refuse("reads a field of a function reference as a signed number");
        return V();
      }
      return load_ref(address, bytes);
    case V::kRefCtx:
    case V::kRefCode:
    case V::kRefEntry: {  // without an offset: sum()
      if (bytes != 8) refuse("reads a part of an address");
      V v = address;
      v.kind = address.kind == V::kRefCtx ? V::kRefMemory : address.kind == V::kRefCode ? V::kRefEntry : V::kRefTarget;
      return v;
    }
    case V::kMemory:
    case V::kMemoryAt:
      check(Check::kMemory, bytes, address.term);
      if (address.kind == V::kMemoryAt && address.reg != 0) facts_.needs_narrow |= 1u << (address.reg - 1);
      return number;
    case V::kCode:
      if (address.facts == V::kOfTable) {
        check(Check::kLabels, bytes, address.term, address.type);
        if (bytes == 4 && is_signed && to == 8) return V(V::kDistance, address.term);
        refuse("reads a jump table in a way that code never needs");
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
        v.facts = V::kImport;  // the record at `term`
        v.term = address.term;
        return v;
      }
      return number;
    case V::kStack: {
      auto it = is_known(address.term) ? state_.stack.find(address.term.constant) : state_.stack.end();
      if (it == state_.stack.end() || bytes != 8) {
        refuse("reads a word of the native stack that the piece has not pushed");
        return V();
      }
      return it->second;
    }
    default: refuse("reads memory at an address that is not shown to be one of the guest's"); return V();
  }
}

void Analysis::store(const Value& address, unsigned bytes, const Value& value) {
  using V = Value;
  const bool is_guests = address.kind != V::kExec && address.kind != V::kStack;
  const bool is_header = address.kind == V::kFrame && value == V(V::kContext);
  if (is_guests && value.is_address() && !is_header)
    return refuse("writes a host address where the guest could read it as a number");
  switch (address.kind) {
    case V::kFrame:
      check(Check::kFrameWrite, bytes, address.term);
      if (bytes == 8 && !facts_.checks.empty()) {
        Check& c = facts_.checks.back();
        if (value.kind == V::kSlot) c.from = Check::kSlot, c.other = value.term;
        else if (value.kind == V::kEntry)
          c.from = value.reg == machine_.accumulator ? Check::kAccumulator : Check::kRegister;
        else if (value.kind == V::kGlobal) c.from = Check::kGlobal;
        else if (value.kind == V::kConst && is_known(value.term, 0)) c.from = Check::kZero;
      }
      if (bytes == 8 && value.kind == V::kBitField) facts_.maybe_stores_wide.push_back({0, value.type, value.term});
      else if (bytes == 8 && !is_narrow(value)) facts_.stores_wide = true, facts_.wide_at = static_cast<uint16_t>(at_);
      state_.frame_stores.push_back({address.term, value, bytes});
      return;
    case V::kContext:
      if (is_known(address.term) && address.term.constant < offsets::kGlobalCells)
        return refuse("writes a field of the context");
      return check(Check::kContextWrite, bytes, address.term);
    case V::kCell:
      if (!is_known(address.type) || address.type.constant < 0 ||
          address.type.constant + bytes > offsets::kGlobalCellSize)
        refuse("writes outside a global");
      return;
    case V::kExec: {
      // Any value: it only determines when a function is sampled.
      if (is_known(address.term, offsets::kExecUntilSample) && bytes == 4 && !value.is_address()) return;
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
      state_.exec_written = true;
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
  check_stack();
}

Value Analysis::pop() {
  Value& sp = state_.r[machine_.stack];
  const Value v = load(sp, 8, false, 8);
  state_.stack.erase(sp.term.constant);
  sp.term.constant += 8;
  check_stack();
  return v;
}

}  // namespace ermine::verify
