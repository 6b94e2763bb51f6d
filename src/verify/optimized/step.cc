// What instructions that compute do to what is known.
#include <algorithm>

#include "verify/optimized/pass.h"

namespace ermine::verify::optimized {

uint32_t Pass::name(unsigned operand) {
  const auto [it, is_new] = names_.try_emplace(here_, last_name_ + 1);
  if (is_new) last_name_ += kNamesOfInstruction;
  return it->second + operand;
}

// A register that is read; its value gets a name.
Value Pass::reg(State& s, unsigned r, unsigned bytes, unsigned operand) {
  s.give_name(s.r[r], name(operand));
  return s.known(bytes == 8 ? s.r[r] : low_part(s.r[r], bytes));
}

void Pass::set(State& s, unsigned r, unsigned bytes, const Value& v) {
  if (bytes == 8) {
    s.r[r] = v;
  } else if (bytes == 4) {
    s.r[r] = low_part(v, 4);
  } else {  // the rest of the register is unchanged
    const uint64_t most = number_of_bytes(bytes).hi;
    const Value &old = s.r[r], part = low_part(v, bytes);
    if (old.is_number() && old.hi <= most) s.r[r] = part;
    else s.r[r] = {.of = part.id, .hi = old.is_number() ? old.hi | most : ~uint64_t{0}};
    if ((s.r[r].of & kParts) != part_bits(bytes)) s.r[r].of = 0;
    if (bytes == 1 && part.hi <= 1 && s.r[r].hi > 1) s.r[r].flag = kTruth;
  }
  if (r != rsp) return;
  const Value& sp = s.r[rsp];
  if (!sp.is(Kind::kStack) || sp.hi != 0) refuse("the native stack pointer becomes something else");
  else if (sp.add > 0) refuse("the native stack pointer is above the return address");
  else if (sp.add < -kNativeReserve) refuse("takes more of the native stack than is checked");
}

Value Pass::address(State& s, const Instruction& in) {
  const Address& a = in.address;
  Value v = constant(0);
  if (a.base == Address::kNext) v = pointer(Kind::kCode, next_);
  else if (a.base != Address::kNoRegister) v = reg(s, a.base, 8, 2);
  if (a.index != Address::kNoRegister) {
    const Value index = reg(s, a.index, 8, 3);
    if (v.is(Kind::kElements) && v.add == 0 && a.scale == 8 && index.table == v.of + 1) {
      v.kind = Kind::kElement;
      v.flag = index.flag == 0;
      return a.displacement == 0 ? v : Value();
    }
    const bool is_table = v.is_constant() && a.scale == 8 && index.is(Kind::kRefIndex);
    if (is_table || (index.is(Kind::kRefIndex) && a.scale == 8 && a.base == Address::kNoRegister)) {
      return entries_at(s, v.lo + static_cast<uint64_t>(int64_t{a.displacement}), index.id);
    }
    v = sum(v, times(index, a.scale));
  }
  return plus_constant(v, a.displacement);
}

Value Pass::read(State& s, const Instruction& in, unsigned operand) {
  const Operand& o = in.operands[operand];
  switch (o.type) {
    case Operand::kRegister: return reg(s, o.reg, o.bytes, operand);
    case Operand::kImmediate: return constant(static_cast<uint64_t>(in.immediate));
    case Operand::kMemory: return load(s, address(s, in), o.bytes, false);
    default: return number_of_bytes(o.bytes);
  }
}

void Pass::write(State& s, const Instruction& in, unsigned operand, const Value& v) {
  const Operand& o = in.operands[operand];
  if (o.type == Operand::kRegister) set(s, o.reg, o.bytes, v);
  else if (o.type == Operand::kMemory) store(s, address(s, in), o.bytes, v);
}

// An immediate as a number of the operation's width.
static Value cut(const Value& v, unsigned bytes) {
  if (!v.is_constant() || bytes >= 8) return v;
  return constant(v.lo & ((uint64_t{1} << 8 * bytes) - 1));
}

void Pass::move(State& s, const Instruction& in) {
  const Operand &to = in.operands[0], &from = in.operands[1];
  switch (in.op) {
    case Op::kMove: {
      const Value v = from.type == Operand::kImmediate ? cut(read(s, in, 1), to.bytes) : read(s, in, 1);
      write(s, in, 0, v);
      return;
    }
    case Op::kMoveZero: {
      const Value v = read(s, in, 1);
      set(s, to.reg, std::max<unsigned>(to.bytes, 4),
          v.is_number() && v.hi <= number_of_bytes(from.bytes).hi ? v : number_of_bytes(from.bytes));
      return;
    }
    case Op::kMoveSign: {
      if (from.type != Operand::kMemory)
        return set(s, to.reg, to.bytes, sign_extended(read(s, in, 1), from.bytes, to.bytes));
      const Value at = address(s, in);
      const Value v = load(s, at, from.bytes, true);
      set(s, to.reg, to.bytes, v.is(Kind::kDistance) ? v : sign_extended(v, from.bytes, to.bytes));
      return;
    }
    case Op::kExchange: {
      const Value a = read(s, in, 0), b = read(s, in, 1);
      write(s, in, 0, b);
      write(s, in, 1, a);
      return;
    }
    default: return;
  }
}

// The flags are as after a comparison of the result with zero, or only that of zero is.
void Pass::compare_result(State& s, const Instruction& in, const Value& v, bool only_equality) {
  const Operand& to = in.operands[0];
  const bool is_register = to.type == Operand::kRegister && to.bytes >= 4;
  if (is_register) s.give_name(s.r[to.reg], name(kNameOfResult));
  s.flags = {to.bytes >= 4, is_register ? s.r[to.reg] : v, constant(0), to.bytes, only_equality};
}

void Pass::add(State& s, const Instruction& in) {
  const unsigned bytes = in.operands[0].bytes;
  const Value a = read(s, in, 0);
  Value b = in.op == Op::kIncrement || in.op == Op::kDecrement ? constant(1) : read(s, in, 1);
  const bool subtracts = in.op == Op::kSubtract || in.op == Op::kDecrement;
  Value v;
  if (bytes == 8) {
    if (!subtracts) v = sum(a, b);
    else if (b.is_constant()) v = plus_constant(a, static_cast<int64_t>(uint64_t{0} - b.lo));
  } else {
    b = cut(b, bytes);
    v = number_of_bytes(bytes);
    const uint64_t most = v.hi;
    // Without a carry the bounds are known.
    if (a.is_number() && b.is_number() && a.hi <= most && b.hi <= most) {
      if (!subtracts && a.hi + b.hi <= most) v = number(a.lo + b.lo, a.hi + b.hi);
      if (!subtracts && b.is_constant()) {  // of a negative constant
        const uint64_t less = most + 1 - b.lo;
        if (b.lo > most / 2 && a.lo >= less) v = number(a.lo - less, a.hi - less);
      }
      if (subtracts && a.lo >= b.hi) v = number(a.lo - b.hi, a.hi - b.lo);
    }
  }
  if (in.op == Op::kSubtract && bytes >= 4) {
    s.flags = {true, a, b, static_cast<uint8_t>(bytes)};
    write(s, in, 0, s.places(v));
  } else {
    write(s, in, 0, s.places(v));
    compare_result(s, in, v, true);
  }
}

void Pass::bitwise(State& s, const Instruction& in) {
  const Operand &x = in.operands[0], &y = in.operands[1];
  const unsigned bytes = x.bytes;
  if (in.op == Op::kXor && x.type == Operand::kRegister && y.type == Operand::kRegister && x.reg == y.reg) {
    set(s, x.reg, bytes, bytes >= 4 ? constant(0) : Value());
    s.flags.known = false;
    return;
  }
  const Value a = read(s, in, 0), b = cut(read(s, in, 1), bytes);
  Value v = number_of_bytes(bytes);
  const auto both = [&](Kind k, Kind l) { return (a.is(k) && b.is(l)) || (a.is(l) && b.is(k)); };
  const auto the = [&](Kind k) -> const Value& { return a.is(k) ? a : b; };
  if (a.is_constant() && b.is_constant()) {
    v = constant(in.op == Op::kAnd ? a.lo & b.lo : in.op == Op::kOr ? a.lo | b.lo : a.lo ^ b.lo);
  } else if (in.op == Op::kAnd && both(Kind::kOpen, Kind::kMask)) {
    const Value &at = the(Kind::kOpen), &mask = the(Kind::kMask);
    const bool is_same = at.id == mask.id && at.add == mask.add;
    const auto constant_of = [](const Value& x) { return x.flag != 0 ? x.lo : static_cast<uint64_t>(x.add); };
    const bool are_constant = (at.flag != 0 || at.id == 0) && (mask.flag != 0 || mask.id == 0);
    if (at.of == mask.of && (is_same || (are_constant && constant_of(at) == constant_of(mask))))
      v = {.kind = Kind::kOpenChecked, .of = at.of, .id = name(kNameOfResult), .hi = mask.hi};
    if (v.is(Kind::kOpenChecked)) s.forget(v.id);
  } else if (in.op == Op::kAnd && (a.is_number() || b.is_number())) {
    // A masked index is the index or 0.
    if (a.is_number()) v.hi = std::min(v.hi, a.hi);
    if (b.is_number()) v.hi = std::min(v.hi, b.hi);
  } else if (in.op == Op::kOr && both(Kind::kTableSize, Kind::kUnmasked)) {
    v = pointer(Kind::kTableEnd, 0, the(Kind::kTableSize).of);
  } else if (in.op != Op::kAnd && a.is_number() && b.is_number()) {
    uint64_t bits = a.hi | b.hi;
    for (unsigned shift = 1; shift < 64; shift *= 2) bits |= bits >> shift;
    v.hi = std::min(v.hi, bits);
  }
  write(s, in, 0, v);
  compare_result(s, in, v, false);
}

void Pass::shift(State& s, const Instruction& in) {
  const Operand& o = in.operands[0];
  const auto by = static_cast<unsigned>(in.immediate) & (o.bytes == 8 ? 63u : 31u);
  const Value a = read(s, in, 0);
  Value v = number_of_bytes(o.bytes);
  if (in.op == Op::kShiftSigned) {
    if (a.is_number() && a.hi <= v.hi >> 1) v = number(a.lo >> by, a.hi >> by);
    else if (o.bytes == 8 && a.is(Kind::kSigned)) v = signed_number(a.least() >> by, a.most() >> by);
    else if (o.bytes == 8 && by != 0) v = signed_number(INT64_MIN >> by, INT64_MAX >> by);
  } else if (in.op == Op::kShiftRight) {
    const bool is_size = (a.is(Kind::kTableSize) || a.is(Kind::kMemorySize)) && a.add == 0 && o.bytes == 8;
    if (o.bytes == 8 && by == 1 && a.is_at(Kind::kFrame, 0)) v = pointer(Kind::kHalfFrame);
    else if (is_size) v = {.kind = Kind::kSizePart, .flag = a.is(Kind::kMemorySize), .of = a.of, .add = by, .hi = 0};
    else if (a.is_number() && o.bytes >= 4 && a.hi <= v.hi) v = number(a.lo >> by, a.hi >> by);
    else if (o.bytes == 8) v.hi >>= by;
  } else if (a.is_number() && o.bytes >= 4 && by < 8 * o.bytes && a.hi <= v.hi >> by) {
    v = by < 4 ? times(a, 1u << by) : number(a.lo << by, a.hi << by);
  }
  set(s, o.reg, o.bytes, v);
  if (by != 0) compare_result(s, in, v, true);
  else s.flags.known = false;
}

void Pass::divide(State& s, const Instruction& in) {
  const unsigned bytes = in.operands[0].bytes;
  const Value by = read(s, in, 0), upper = low_part(s.r[rdx], bytes), lower = low_part(s.r[rax], bytes);
  uint64_t quotient = number_of_bytes(bytes).hi, rest = quotient;
  if (upper.is_constant(0) && lower.is_number()) quotient = rest = lower.hi;
  if (by.is_number() && by.hi != 0) rest = std::min(rest, by.hi - 1);
  set(s, rax, bytes, number(0, quotient));
  set(s, rdx, bytes, number(0, rest));
  s.flags.known = false;
}

// What only makes a number less, or counts its bits.
void Pass::reduce(State& s, const Instruction& in) {
  const Operand& to = in.operands[0];
  uint64_t most = number_of_bytes(to.bytes).hi;
  if (in.op == Op::kCount) {
    static_cast<void>(read(s, in, 1));
    most = 8 * to.bytes;
  } else {
    const bool extracts = in.op == Op::kExtract;
    const Value a = read(s, in, extracts ? 1 : 0), by = extracts ? reg(s, in.operands[2].reg, 8, 2) : Value();
    if (a.is_number()) most = std::min(most, a.hi);
    if (extracts && by.is_constant()) {
      const auto start = static_cast<unsigned>(by.lo & 0xff), bits = static_cast<unsigned>(by.lo >> 8 & 0xff);
      most = start < 64 ? most >> start : 0;
      if (bits < 64) most = std::min(most, (uint64_t{1} << bits) - 1);
    }
  }
  set(s, to.reg, to.bytes, number(0, most));
  s.flags.known = false;
}

void Pass::compare(State& s, const Instruction& in) {
  const unsigned bytes = in.operands[0].bytes;
  const Operand &x = in.operands[0], &y = in.operands[1];
  if (in.op == Op::kTest && x.type == Operand::kRegister && y.type == Operand::kRegister && x.reg == y.reg) {
    s.flags = {true, read(s, in, 0), constant(0), static_cast<uint8_t>(bytes)};
    return;
  }
  const Value a = read(s, in, 0), b = cut(read(s, in, 1), bytes);
  s.flags = {in.op == Op::kCompare, a, b, static_cast<uint8_t>(bytes)};
}

void Pass::select(State& s, const Instruction& in) {
  const auto c = static_cast<Condition>(in.condition);
  const unsigned bytes = in.operands[0].bytes;
  const Value if_false = read(s, in, 0), if_true = read(s, in, 1);
  const Flags& f = s.flags;
  Value v = join(if_false, if_true, false);
  if (f.known && (f.a.is_number() || f.a.is(Kind::kSigned)) && (if_true.id != 0 || if_false.id != 0)) {
    // Each of the two is what it was when it was compared.
    const auto refined = [&](Condition holds, const Value& value) -> std::optional<Value> {
      State other;
      other.r[0] = value, other.facts = s.facts;
      return other.refine(holds, f) ? std::optional(other.r[0]) : std::nullopt;
    };
    const std::optional<Value> yes = refined(c, if_true), no = refined(inverse(c), if_false);
    if (yes && no) v = join(*no, *yes, false);
    else if (yes || no) v = yes ? *yes : *no;
  }
  if (bytes == 8 && f.known) {
    // The less of an index and the end of a table.
    const bool takes_b = (c == Condition::kAboveOrEqual || c == Condition::kAbove) && !f.only_equality &&
                         if_false == f.a && if_true == f.b;
    const bool is_index = f.a.is_number() || f.a.is(Kind::kSigned);
    if (takes_b && (f.b.is(Kind::kTableSize) || f.b.is(Kind::kTableEnd)) && is_index) {
      v = number(0, f.a.is_number() ? f.a.hi : ~uint64_t{0});
      if (f.a.is_constant() && s.is_above(table_name(f.b.of), f.a.lo)) v.table = static_cast<uint16_t>(f.b.of + 1);
      else if (f.a.table == f.b.of + 1) v.table = f.a.table, v.flag = f.a.flag;  // it was less already
      else if (f.b.is(Kind::kTableSize)) v.table = static_cast<uint16_t>(f.b.of + 1), v.flag = 1;
    }
    // The size of a memory, less what is accessed, or 0.
    const auto places = [&](const Value& size, const Value& zero, Condition holds) {
      if (!size.is(Kind::kMemorySize) || !zero.is_constant(0) || size.add > 0 || size.add < -64) return;
      if (!f.a.is(Kind::kMemorySize) || f.a.of != size.of || f.a.add != 0 || !f.b.is_constant()) return;
      if (f.only_equality) return;
      const auto less = static_cast<uint64_t>(-size.add);
      const bool enough = (holds == Condition::kAboveOrEqual && f.b.lo >= less) ||
                          (holds == Condition::kAbove && f.b.lo + 1 >= less && f.b.lo + 1 != 0);
      if (enough) v = {.kind = Kind::kPlaces, .of = size.of, .hi = less + 1};
    };
    places(if_true, if_false, c);
    places(if_false, if_true, inverse(c));
  }
  set(s, in.operands[0].reg, bytes, v);
}

void Pass::compute(State& s, const Instruction& in) {
  for (const Operand& o : in.operands) {
    if (o.type != Operand::kMemory) continue;
    const Value at = address(s, in);
    if (in.writes) store(s, at, o.bytes, {});
    if (in.reads) static_cast<void>(load(s, at, o.bytes, false));
  }
  for (unsigned i = 0; i < in.written_count; ++i) {
    if (in.written[i].reg == rsp) refuse("computes with the native stack pointer");
    set(s, in.written[i].reg, in.written[i].bytes, number_of_bytes(8));
  }
  if (!in.keeps_flags) s.flags.known = false;
}

bool Pass::step(State& s, const Instruction& in) {
  switch (in.op) {
    case Op::kBad: return refuse("an instruction that code never needs");
    case Op::kMove:
    case Op::kMoveZero:
    case Op::kMoveSign:
    case Op::kExchange: move(s, in); break;
    case Op::kAddress: set(s, in.operands[0].reg, in.operands[0].bytes, s.places(address(s, in))); break;
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kIncrement:
    case Op::kDecrement: add(s, in); break;
    case Op::kAnd:
    case Op::kOr:
    case Op::kXor: bitwise(s, in); break;
    case Op::kShiftLeft:
    case Op::kShiftSigned:
    case Op::kShiftRight: shift(s, in); break;
    case Op::kMultiply: {
      const Operand& to = in.operands[0];
      const bool by_constant = in.operands[2].type == Operand::kImmediate;
      const Value a = read(s, in, 1), by = by_constant ? read(s, in, 2) : read(s, in, 0);
      Value v = number_of_bytes(to.bytes);
      if (a.is_number() && by.is_number() && by.hi != 0 && a.hi <= v.hi / by.hi) v = number(a.lo * by.lo, a.hi * by.hi);
      set(s, to.reg, to.bytes, v);
      s.flags.known = false;
      break;
    }
    case Op::kBorrow: {
      Value v;
      if (in.operands[1].type == Operand::kImmediate) {  // the number less one or two constants
        const Value a = read(s, in, 0);
        const auto less = static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(in.immediate));
        v = join(plus_constant(a, less), plus_constant(plus_constant(a, less), -1), false);
        set(s, in.operands[0].reg, in.operands[0].bytes,
            in.operands[0].bytes == 8 || (v.is_number() && v.hi <= kMost32) ? v : Value());
        s.flags.known = false;
        break;
      }
      if (s.flags.known && !s.flags.only_equality) {
        const Value a = as_number(s.flags.a), &b = s.flags.b;
        const bool all = b.is(Kind::kMemorySize) && b.add == 0;
        if (b.is(Kind::kPlaces) || all)
          v = {.kind = Kind::kMask,
               .flag = a.is_constant(),
               .of = b.of,
               .id = a.id,
               .add = a.id != 0 ? a.add : static_cast<int64_t>(a.lo),
               .lo = a.is_constant() ? a.lo : 0,
               .hi = all ? 1 : b.hi};
        if (!a.is_constant() && a.id == 0) v = {};
      }
      s.r[in.operands[0].reg] = v;
      s.flags.known = false;
      break;
    }
    case Op::kDivide: divide(s, in); break;
    case Op::kLess:
    case Op::kExtract:
    case Op::kCount: reduce(s, in); break;
    case Op::kCompare:
    case Op::kTest: compare(s, in); break;
    case Op::kSelect: select(s, in); break;
    case Op::kSet:
      if (in.operands[0].type == Operand::kRegister) {
        set(s, in.operands[0].reg, 1, number(0, 1));
      } else {
        write(s, in, 0, number(0, 1));
      }
      break;
    case Op::kPush: {
      const Value v = reg(s, in.operands[0].reg, 8, 0);
      set(s, rsp, 8, plus_constant(s.r[rsp], -8));
      if (problem_.empty()) s.stack.set(s.r[rsp].add, v);
      break;
    }
    case Op::kPop: {
      const Value v = load(s, s.r[rsp], 8, false);
      set(s, rsp, 8, plus_constant(s.r[rsp], 8));
      set(s, in.operands[0].reg, 8, v);
      break;
    }
    case Op::kNothing: break;
    case Op::kTrap: return false;
    case Op::kBranch: return branch(s, in);
    case Op::kJump: return jump(s, in);
    case Op::kCall: return call(s, in);
    case Op::kReturn: return returns(s);
    case Op::kCompute: compute(s, in); break;
  }
  return problem_.empty();
}

}  // namespace ermine::verify::optimized
