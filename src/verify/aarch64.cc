// AArch64 machine code for the analysis. Capstone identifies instructions; constants are read from the bit fields of
// the instruction word. Only instructions that are listed here are allowed.
#include <bit>
#include <optional>

#include "verify/analysis.h"
#include "verify/capstone.h"
#include "verify/instructions_aarch64.h"
#include "verify/interpret.h"

namespace ermine::verify {

#ifdef ERMINE_CAPSTONE
namespace {

constexpr unsigned kStackPointer = 31, kZero = 32;

struct Register {
  unsigned number;  // kStackPointer and kZero are 31 in instructions
  unsigned bytes;
};

std::optional<Register> general(unsigned r) {
  if (r >= ARM64_REG_X0 && r <= ARM64_REG_X28) return Register{r - ARM64_REG_X0, 8};
  if (r >= ARM64_REG_W0 && r <= ARM64_REG_W30) return Register{r - ARM64_REG_W0, 4};
  switch (r) {
    case ARM64_REG_X29: return Register{29, 8};
    case ARM64_REG_X30: return Register{30, 8};
    case ARM64_REG_SP: return Register{kStackPointer, 8};
    case ARM64_REG_WSP: return Register{kStackPointer, 4};
    case ARM64_REG_XZR: return Register{kZero, 8};
    case ARM64_REG_WZR: return Register{kZero, 4};
    default: return {};
  }
}

// The number of a vector register, by any of its names.
std::optional<unsigned> vector(unsigned r) {
  for (const unsigned first : {ARM64_REG_B0, ARM64_REG_H0, ARM64_REG_S0, ARM64_REG_D0, ARM64_REG_Q0, ARM64_REG_V0})
    if (r >= first && r <= first + 31) return r - first;
  return {};
}

unsigned vector_bytes(unsigned r) {
  if (r >= ARM64_REG_B0 && r <= ARM64_REG_B31) return 1;
  if (r >= ARM64_REG_H0 && r <= ARM64_REG_H31) return 2;
  if (r >= ARM64_REG_S0 && r <= ARM64_REG_S31) return 4;
  if (r >= ARM64_REG_D0 && r <= ARM64_REG_D31) return 8;
  return 16;
}

Condition condition(arm64_cc cc) {
  switch (cc) {
    case ARM64_CC_EQ: return Condition::kEqual;
    case ARM64_CC_NE: return Condition::kNotEqual;
    case ARM64_CC_LO: return Condition::kBelow;
    case ARM64_CC_HS: return Condition::kAboveOrEqual;
    case ARM64_CC_HI: return Condition::kAbove;
    case ARM64_CC_LS: return Condition::kBelowOrEqual;
    default: return Condition::kOther;
  }
}

// One instruction.
class Step {
 public:
  Step(Analysis& a, const cs_insn& in, std::span<const uint8_t> code, const uint8_t* mask,
       std::vector<Constant>* constants)
      : a_(a), in_(in), x_(in.detail->arm64), at_(static_cast<uint16_t>(in.address)), constants_(constants) {
    std::memcpy(&word_, code.data() + at_, 4);
    std::memcpy(&open_, mask + at_, 4);
    size_ = static_cast<uint32_t>(code.size());
  }

  void run() {
    if (open_ != 0 && !is_whole_field()) return a_.refuse("a constant that is not a whole field of its instruction");
    step();
  }

 private:
  static constexpr uint32_t bits(unsigned low, unsigned n) { return ((uint32_t{1} << n) - 1) << low; }
  bool is(uint32_t mask, uint32_t value) const { return (word_ & mask) == value; }
  bool is_add_immediate() const { return is(0x1f800000, 0x11000000); }
  bool is_move_wide() const { return is(0x1f800000, 0x12800000); }
  bool is_access_scaled() const { return is(0x3b000000, 0x39000000); }
  bool is_adrp() const { return is(0x9f000000, 0x90000000); }
  bool is_wide() const { return word_ >> 31; }

  bool is_whole_field() {
    bool constant = false;
    bool whole = false;
    if (is_add_immediate()) whole = open_ == bits(10, 12), constant = true;
    else if (is_access_scaled()) whole = open_ == bits(10, 12);
    else if (is_move_wide()) whole = open_ == bits(5, 16), constant = true;
    else if (is_adrp()) whole = open_ == (bits(29, 2) | bits(5, 19));
    else if (is(0x7c000000, 0x14000000)) whole = open_ == bits(0, 26);
    else if (is(0xff000010, 0x54000000) || is(0x7e000000, 0x34000000)) whole = open_ == bits(5, 19);
    else if (is(0x7e000000, 0x36000000)) whole = open_ == bits(5, 14);
    else if (is(0x1f800000, 0x13000000) || is(0x1f800000, 0x13800000))  // shifts: the position, the width, or both
      whole = (open_ & ~(bits(16, 6) | bits(10, 6))) == 0, constant = true;
    if (whole && constant && constants_ != nullptr)
      constants_->push_back({at_, at_, 4, static_cast<uint8_t>(is_wide() ? 8 : 4), false, false});
    return whole;
  }

  Term field(unsigned low, unsigned n, unsigned shift, bool is_signed) const {
    Field f{at_, static_cast<uint8_t>(low), static_cast<uint8_t>(n), static_cast<uint8_t>(shift), is_signed};
    if ((open_ & bits(low, n)) != 0) return Term(f);
    uint8_t word[8] = {};
    std::memcpy(word, &word_, 4);
    f.at = 0;
    return Term(f.of(word));
  }
  Value constant(const Term& t) const { return Value(Value::kConst, t); }

  const cs_arm64_op& op(unsigned i) const { return x_.operands[i]; }
  bool is_reg(unsigned i) const { return i < x_.op_count && op(i).type == ARM64_OP_REG && general(op(i).reg); }
  bool is_vector(unsigned i) const {
    return i < x_.op_count && op(i).type == ARM64_OP_REG && !general(op(i).reg) && vector(op(i).reg);
  }
  bool is_imm(unsigned i) const { return i < x_.op_count && op(i).type == ARM64_OP_IMM; }
  Register reg(unsigned i) const { return *general(op(i).reg); }

  Value value(Register r) const {
    if (r.number == kZero) return constant(Term(0));
    return r.bytes == 4 ? Analysis::low(a_.use(r.number)) : a_.use(r.number);
  }
  Operand operand(unsigned i) const {
    const Register r = reg(i);
    if (r.number == kZero) return {constant(Term(0)), kRegisters};
    return a_.operand(r.number, r.bytes == 4);
  }
  void write(Register r, const Value& v) {
    if (r.number != kZero) a_.set(r.number, v, r.bytes);
  }
  void write(unsigned i, const Value& v) {
    if (is_reg(i)) write(reg(i), v);
  }

  // A register operand, shifted or extended.
  Value shifted(unsigned i, unsigned& scale) const {
    Value v = value(reg(i));
    scale = 1;
    const auto& o = op(i);
    switch (o.ext) {
      case ARM64_EXT_INVALID:
      case ARM64_EXT_UXTX: break;
      case ARM64_EXT_UXTW: v = Analysis::low(v); break;
      case ARM64_EXT_SXTW: v = signed_half(v); break;
      default: return Value();
    }
    if (o.shift.type == ARM64_SFT_LSL) {
      if (o.shift.value > 4) return Value();
      scale = 1u << o.shift.value;
    } else if (o.shift.type == ARM64_SFT_LSR) {
      v = a_.shifted_right(v, o.shift.value);
    } else if (o.shift.type != ARM64_SFT_INVALID) {
      return Value();
    }
    return v;
  }
  // The lower half, sign-extended.
  static Value signed_half(const Value& v) {
    if (v.kind != Value::kConst) return Value();
    Value s = v;
    s.narrow = false;
    s.term.constant = static_cast<int32_t>(v.term.constant);
    for (unsigned i = 0; i < s.term.count; ++i) {
      Field& f = s.term.fields[i];
      if (f.bits + f.shift == 32) f.is_signed = true;
      else if (f.bits + f.shift > 32) return Value();
    }
    return s;
  }

  // The operands from the first on are read.
  void use(unsigned first) {
    for (unsigned i = first; i < x_.op_count; ++i) {
      if (is_reg(i)) static_cast<void>(value(reg(i)));
      else if (is_vector(i)) a_.use_vector(*vector(op(i).reg));
    }
  }

  // --- Accesses

  // The address of a load or store of `bytes` bytes, and the value added to its base register.
  Value address(unsigned bytes, bool& known) {
    known = true;
    const unsigned n = word_ >> 5 & 31;
    const Value base = a_.use(n == 31 ? kStackPointer : n);
    const unsigned shift = static_cast<unsigned>(std::countr_zero(bytes));
    auto moved = [&](const Term& by, unsigned mode) {  // 1: after, 3: before, else not
      const Value sum = a_.sum(base, constant(by));
      if (mode == 1 || mode == 3) a_.set(n == 31 ? kStackPointer : n, sum, 8);
      return mode == 1 ? base : sum;
    };
    if (is_access_scaled()) return moved(field(10, 12, shift, false), 0);
    if (is(0x3b200000, 0x38000000)) return moved(field(12, 9, 0, true), word_ >> 10 & 3);
    if (is(0x3a000000, 0x28000000)) return moved(field(15, 7, shift, true), word_ >> 23 & 3);
    if (is(0xbfff0000, 0x0d400000) || is(0xbfff0000, 0x0d000000) || is(0xbfff0000, 0x0c400000) ||
        is(0xbfff0000, 0x0c000000))
      return base;  // elements of vectors
    if (is(0x3b200c00, 0x38200800)) {
      const unsigned m = word_ >> 16 & 31, option = word_ >> 13 & 7;
      Value index = m == 31 ? constant(Term(0)) : a_.use(m);
      if (option == 2) index = Analysis::low(index);
      else if (option == 6) index = signed_half(index);
      else if (option != 3) index = Value();
      return a_.sum(base, index, (word_ >> 12 & 1) != 0 ? bytes : 1);
    }
    known = false;
    return Value();
  }

  void access(unsigned bytes, bool is_load, bool is_signed, unsigned registers) {
    bool known;
    const Value at = address(bytes, known);
    if (!known) return a_.refuse("an access in an unknown form");
    for (unsigned i = 0; i < registers; ++i) {
      const Value one = i == 0 ? at : a_.sum(at, constant(Term(int64_t{bytes} * i)));
      const bool is_general = is_reg(i);
      const auto v_reg = is_vector(i) ? vector(op(i).reg) : std::nullopt;
      if (v_reg && (!is_load || op(i).vector_index >= 0)) a_.use_vector(*v_reg);
      if (v_reg && is_load) a_.set_vector(*v_reg);
      if (is_load) {
        const Value v = a_.load(one, bytes, is_signed, is_general ? reg(i).bytes : 16);
        if (is_general) write(i, v);
      } else {
        a_.store(one, bytes, is_general ? value(reg(i)) : Value());
      }
    }
  }
  unsigned register_bytes() const { return is_reg(0) ? reg(0).bytes : vector_bytes(op(0).reg); }

  // --- Control

  void target(unsigned low, unsigned n, Term& t, bool& known, uint32_t& offset) const {
    t = field(low, n, 2, true);
    t.constant += at_;
    known = t.count == 0 && t.constant >= 0 && t.constant <= int64_t{size_};
    offset = static_cast<uint32_t>(t.constant);
    t.is_address = true;
  }
  void branch(unsigned low, unsigned n, Condition c) {
    Term t;
    bool known;
    uint32_t offset;
    target(low, n, t, known, offset);
    a_.branch(c, t, known, offset);
  }

  unsigned bit_of_tbz() const { return (word_ >> 31 & 1) << 5 | (word_ >> 19 & 31); }

  void add(bool subtracts) {
    Value a, b;
    unsigned scale = 1;
    if (is_add_immediate()) {
      a = value(reg(1));
      b = constant(field(10, 12, (word_ >> 22 & 1) != 0 ? 12 : 0, false));
    } else if (is_reg(0) && is_reg(1) && is_reg(2)) {
      a = value(reg(1));
      b = shifted(2, scale);
    } else {
      return generic();
    }
    if ((word_ >> 29 & 1) != 0) a_.forget_comparison();
    if (reg(0).bytes == 4) return write(0, Value());
    write(0, !subtracts ? a_.sum(a, b, scale) : scale == 1 ? a_.difference(a, b) : Value());
  }

  void move_wide() {
    const unsigned half = word_ >> 21 & 3;
    const Term part = field(5, 16, 16 * half, false);
    const Register to{word_ & 31, is_wide() ? 8u : 4u};
    switch (word_ >> 29 & 3) {
      case 2: return write(to, constant(part));
      case 0: return write(to, part.count == 0 ? constant(Term(~part.constant)) : Value());
      default: break;
    }
    // movk: into a register whose bits there are zero.
    Value v = a_.use(to.number);
    bool zeros = v.kind == Value::kConst && (static_cast<uint64_t>(v.term.constant) >> 16 * half & 0xffff) == 0;
    for (unsigned i = 0; zeros && i < v.term.count; ++i)
      zeros = v.term.fields[i].shift != 16 * half && v.term.fields[i].bits <= 16 && !v.term.fields[i].is_signed;
    if (!zeros) return write(to, Value());
    v.term = v.term.plus(part);
    write(to, v);
  }

  void generic() {
    if (!is_plain_aarch64(in_.id)) return a_.refuse("an instruction that code never needs");
    for (unsigned i = 0; i < x_.op_count; ++i)
      if (op(i).type == ARM64_OP_MEM) return a_.refuse("an access in an unknown form");
    use(1);
    if (is_vector(0) && (op(0).vector_index >= 0 || adds_to_first_aarch64(in_.id))) a_.use_vector(*vector(op(0).reg));
    if (x_.update_flags) a_.forget_comparison();
    if (is_vector(0)) a_.set_vector(*vector(op(0).reg));
    write(0, Value());
  }

  void step() {
    if (is_move_wide()) return move_wide();
    if (is(0xff800000, 0xd3000000) && is_reg(0))  // ubfm, by any of its aliases
      if (const Value v = a_.bit_field(field(16, 6, 0, false), field(10, 6, 0, false)); v.kind != Value::kAny)
        return write(0, v);
    switch (in_.id) {
      case ARM64_INS_NOP: return;
      case ARM64_INS_HINT:
        if (is(0xffffffff, 0xd503229f)) return;  // csdb, against speculation
        return generic();
      case ARM64_INS_ADRP: {
        Term t = field(29, 2, 12, false).plus(field(5, 19, 14, true));
        t.is_address = true;
        t.page_at = at_;
        return write(0, Value(Value::kCode, t));
      }
      case ARM64_INS_MOV:
        if (!is_reg(0)) return generic();
        if (is_reg(1) && reg(1).bytes == 8 && reg(1).number != kZero) return write(0, a_.reg(reg(1).number));
        if (is_reg(1)) return write(0, value(reg(1)));
        if (is_imm(1) && open_ == 0) return write(0, constant(Term(op(1).imm)));
        return write(0, Value());
      case ARM64_INS_ADD: return is_reg(0) ? add(false) : generic();
      case ARM64_INS_SUB: return is_reg(0) ? add(true) : generic();
      case ARM64_INS_LSR:
        // Shifted by one: half of an address. (By 32 and more: above.)
        if (is_reg(0) && is_imm(2) && open_ == 0 && reg(0).bytes == 8)
          return write(0, a_.shifted_right(value(reg(1)), static_cast<unsigned>(op(2).imm)));
        return generic();
      case ARM64_INS_BFI:
      case ARM64_INS_BFXIL: {
        // The inserted field is below bit 32.
        const bool low = open_ == 0 && (in_.id == ARM64_INS_BFXIL ? op(3).imm : op(2).imm + op(3).imm) <= 32;
        return write(0, low && Analysis::is_narrow(value(reg(0))) ? Value(Value::kNarrow) : Value());
      }
      case ARM64_INS_AND:
      case ARM64_INS_ORR:
      case ARM64_INS_EOR:
        if (is_reg(0) && is_reg(1) && (is_reg(2) || (is_imm(2) && open_ == 0)) && reg(0).bytes == 8 &&
            op(2).shift.type == ARM64_SFT_INVALID) {
          const bool first = Analysis::is_narrow(value(reg(1)));
          const bool second = Analysis::is_narrow(is_reg(2) ? value(reg(2)) : constant(Term(op(2).imm)));
          return write(0,
                       (in_.id == ARM64_INS_AND ? first || second : first && second) ? Value(Value::kNarrow) : Value());
        }
        return generic();
      case ARM64_INS_UMULH:
        // The upper half of a product with a number below 2^32 is below 2^32 as well.
        return write(0, Analysis::is_narrow(value(reg(1))) || Analysis::is_narrow(value(reg(2))) ? Value(Value::kNarrow)
                                                                                                 : Value());
      case ARM64_INS_CMP:
        if (!is_reg(0)) return a_.forget_comparison();
        if (is_add_immediate())
          return a_.compare(operand(0), {constant(field(10, 12, (word_ >> 22 & 1) != 0 ? 12 : 0, false)), kRegisters});
        if (is_reg(1) && op(1).shift.type == ARM64_SFT_INVALID && op(1).ext == ARM64_EXT_INVALID)
          return a_.compare(operand(0), operand(1));
        return a_.forget_comparison();
      case ARM64_INS_CMN:
      case ARM64_INS_TST:
      case ARM64_INS_CCMP:
      case ARM64_INS_FCMP:
      case ARM64_INS_FCCMP: use(0); return a_.forget_comparison();
      case ARM64_INS_CSEL: return write(0, a_.choose(condition(x_.cc), operand(1), operand(2)));
      case ARM64_INS_CSET: return write(0, Value(Value::kFlag));
      case ARM64_INS_LDR: return access(register_bytes(), true, false, 1);
      case ARM64_INS_LDUR: return access(register_bytes(), true, false, 1);
      case ARM64_INS_LDRB:
      case ARM64_INS_LDURB: return access(1, true, false, 1);
      case ARM64_INS_LDRH:
      case ARM64_INS_LDURH: return access(2, true, false, 1);
      case ARM64_INS_LDRSB: return access(1, true, true, 1);
      case ARM64_INS_LDRSH: return access(2, true, true, 1);
      case ARM64_INS_LDRSW: return access(4, true, true, 1);
      case ARM64_INS_STR:
      case ARM64_INS_STUR: return access(register_bytes(), false, false, 1);
      case ARM64_INS_STRB: return access(1, false, false, 1);
      case ARM64_INS_STRH: return access(2, false, false, 1);
      case ARM64_INS_LDP: return access(register_bytes(), true, false, 2);
      case ARM64_INS_STP: return access(register_bytes(), false, false, 2);
      case ARM64_INS_LD1:
      case ARM64_INS_LD1R: return access(16, true, false, 1);
      case ARM64_INS_ST1: return access(16, false, false, 1);
      case ARM64_INS_RET: return a_.ret(is_reg(0) ? value(reg(0)) : a_.reg(30));
      case ARM64_INS_BR: return a_.jump_to(value(reg(0)));
      case ARM64_INS_BLR: return a_.call_to(value(reg(0)));
      case ARM64_INS_B: {
        if (is(0xff000010, 0x54000000)) return branch(5, 19, condition(x_.cc));
        if (!is(0xfc000000, 0x14000000)) break;
        Term t;
        bool known;
        uint32_t offset;
        target(0, 26, t, known, offset);
        return a_.jump(t, known, offset);
      }
      case ARM64_INS_CBZ:
      case ARM64_INS_CBNZ:
        a_.compare(operand(0), {constant(Term(0)), kRegisters});
        return branch(5, 19, in_.id == ARM64_INS_CBZ ? Condition::kEqual : Condition::kNotEqual);
      case ARM64_INS_TBZ:
      case ARM64_INS_TBNZ: {
        use(0);
        const bool asks = is_reg(0) && reg(0).number != kZero && a_.reg(reg(0).number).kind == Value::kAnswer;
        if (!asks || bit_of_tbz() != 0) {
          a_.forget_comparison();
          return branch(5, 14, Condition::kOther);
        }
        a_.compare({a_.reg(reg(0).number), kRegisters}, {constant(Term(0)), kRegisters});
        return branch(5, 14, in_.id == ARM64_INS_TBZ ? Condition::kEqual : Condition::kNotEqual);
      }
      default: break;
    }
    generic();
  }

  Analysis& a_;
  const cs_insn& in_;
  const cs_arm64& x_;
  const uint16_t at_;
  std::vector<Constant>* constants_;
  uint32_t word_ = 0, open_ = 0, size_ = 0;
};

void decode(Decoder& decoder, std::span<const uint8_t> code, const uint8_t* mask, Facts& facts,
            std::vector<Constant>* constants) {
  interpret(kAArch64, decoder, code, facts, [&](Analysis& a, const cs_insn& in, bool again) {
    if (again && constants != nullptr) constants->clear();
    Step(a, in, code, mask, constants).run();
  });
}

}  // namespace

const Machine kAArch64 = {.frame = 21,
                          .context = 22,
                          .memory = 23,
                          .accumulator = 24,
                          .pc = 20,
                          .stack = kStackPointer,
                          .link = 30,
                          .call = 2,
                          .result = 0,
                          .values = 1u << 0 | 1u << 1 | 1u << 20 | 0x7u << 24 | 1u << 28,
                          .vectors = 0xff,
                          .accumulators = 1u << 24 | vector_bit(0) | vector_bit(1),
                          .kept = 1u << 29,
                          .kept_by_host = 0x3ff80000u | 1u << kStackPointer,
                          .host_arguments = {0, 1, 2},
                          .decode = decode,
                          .capstone_arch = CS_ARCH_ARM64,
                          .capstone_mode = CS_MODE_LITTLE_ENDIAN};
#endif

}  // namespace ermine::verify
