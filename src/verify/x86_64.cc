// x86-64 machine code for the analysis. Only instructions that are listed here are allowed.
#include <algorithm>
#include <optional>

#include "verify/analysis.h"
#include "verify/capstone.h"
#include "verify/instructions_x86_64.h"
#include "verify/interpret.h"

namespace ermine::verify {

#ifdef ERMINE_CAPSTONE
namespace {

enum : unsigned { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

struct Register {
  unsigned number;
  unsigned bytes;
};

std::optional<Register> general(unsigned r) {
  switch (r) {
#define ERMINE_NAMES(n, q, d, w, b)        \
  case X86_REG_##q: return Register{n, 8}; \
  case X86_REG_##d: return Register{n, 4}; \
  case X86_REG_##w: return Register{n, 2}; \
  case X86_REG_##b: return Register{n, 1};
    ERMINE_NAMES(rax, RAX, EAX, AX, AL)
    ERMINE_NAMES(rcx, RCX, ECX, CX, CL)
    ERMINE_NAMES(rdx, RDX, EDX, DX, DL)
    ERMINE_NAMES(rbx, RBX, EBX, BX, BL)
    ERMINE_NAMES(rsp, RSP, ESP, SP, SPL)
    ERMINE_NAMES(rbp, RBP, EBP, BP, BPL)
    ERMINE_NAMES(rsi, RSI, ESI, SI, SIL)
    ERMINE_NAMES(rdi, RDI, EDI, DI, DIL)
    ERMINE_NAMES(r8, R8, R8D, R8W, R8B)
    ERMINE_NAMES(r9, R9, R9D, R9W, R9B)
    ERMINE_NAMES(r10, R10, R10D, R10W, R10B)
    ERMINE_NAMES(r11, R11, R11D, R11W, R11B)
    ERMINE_NAMES(r12, R12, R12D, R12W, R12B)
    ERMINE_NAMES(r13, R13, R13D, R13W, R13B)
    ERMINE_NAMES(r14, R14, R14D, R14W, R14B)
    ERMINE_NAMES(r15, R15, R15D, R15W, R15B)
#undef ERMINE_NAMES
    case X86_REG_AH: return Register{rax, 1};
    case X86_REG_CH: return Register{rcx, 1};
    case X86_REG_DH: return Register{rdx, 1};
    case X86_REG_BH: return Register{rbx, 1};
    default: return {};
  }
}

// The number of a vector register of 16 bytes.
std::optional<unsigned> vector(unsigned r) {
  if (r >= X86_REG_XMM0 && r <= X86_REG_XMM15) return r - X86_REG_XMM0;
  return {};
}

Condition condition(unsigned id) {
  switch (id) {
    case X86_INS_JE:
    case X86_INS_CMOVE: return Condition::kEqual;
    case X86_INS_JNE:
    case X86_INS_CMOVNE: return Condition::kNotEqual;
    case X86_INS_JB:
    case X86_INS_CMOVB: return Condition::kBelow;
    case X86_INS_JAE:
    case X86_INS_CMOVAE: return Condition::kAboveOrEqual;
    case X86_INS_JA:
    case X86_INS_CMOVA: return Condition::kAbove;
    case X86_INS_JBE:
    case X86_INS_CMOVBE: return Condition::kBelowOrEqual;
    default: return Condition::kOther;
  }
}

// One instruction.
class Step {
 public:
  Step(Analysis& a, const cs_insn& in, std::span<const uint8_t> code, const uint8_t* mask, csh handle,
       std::vector<Constant>* constants)
      : a_(a),
        in_(in),
        x_(in.detail->x86),
        at_(static_cast<uint16_t>(in.address)),
        code_(code),
        mask_(mask),
        handle_(handle),
        constants_(constants) {}

  void run() {
    if (const char* why = prefixes()) return a_.refuse(why);
    if (!fields()) return a_.refuse("a constant that is not a whole field of its instruction");
    step();
  }

 private:
  const cs_x86_op& op(unsigned i) const { return x_.operands[i]; }
  bool is_reg(unsigned i) const { return i < x_.op_count && op(i).type == X86_OP_REG; }
  bool is_mem(unsigned i) const { return i < x_.op_count && op(i).type == X86_OP_MEM; }
  bool is_imm(unsigned i) const { return i < x_.op_count && op(i).type == X86_OP_IMM; }

  // Whether the bytes before the opcode are acceptable. They are checked here, because processors and disassemblers
  // disagree about several prefixes of a kind: of "fs ds" the first one counts, a branch with 66 has 16 bits on some
  // processors, and a REX prefix that is not the last is ignored.
  const char* prefixes() const {
    unsigned i = 0;
    bool narrowed = false;
    for (;; ++i) {
      switch (i < in_.size ? in_.bytes[i] : 0) {
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65: return "an access through a segment, or a hint";
        case 0x67: return "an address of 32 bits";
        case 0xf0: return "a locked access";
        case 0x66: narrowed = true; continue;
        case 0xf2:
        case 0xf3: continue;
        default: break;
      }
      break;
    }
    const uint8_t first = i < in_.size ? in_.bytes[i] : 0;
    if ((first & 0xf0) == 0x40) {
      const uint8_t next = i + 1u < in_.size ? in_.bytes[i + 1] : 0;
      if ((next & 0xf0) == 0x40 || next == 0x66 || next == 0xf2 || next == 0xf3) return "a prefix behind REX";
    }
    if (first == 0x62) return "an instruction of AVX-512";  // its displacements are scaled
    if (i != 0 && (is_conditional_jump_x86_64(in_.id) || in_.id == X86_INS_JMP || in_.id == X86_INS_CALL ||
                   in_.id == X86_INS_RET))
      return narrowed ? "a branch of 16 bits" : "a branch with a prefix";
    return x_.addr_size == 4 ? "an address of 32 bits" : nullptr;
  }

  // Whether the bits that may differ are one or two whole constants.
  bool fields() {
    auto kind = [&](unsigned begin, unsigned size) {  // 0: known, 1: open, 2: in part
      unsigned open = 0;
      for (unsigned i = 0; i < size; ++i) {
        const uint8_t m = mask_[at_ + begin + i];
        if (m != 0 && m != 0xff) return 2u;
        open += m == 0xff;
      }
      return open == 0 ? 0u : open == size ? 1u : 2u;
    };
    cs_x86_encoding& e = encoding_;
    e.disp_size = displacement_size();  // Capstone gives two bytes if there is a prefix for 16 bits
    if (in_.id == X86_INS_RORX) e.imm_offset = static_cast<uint8_t>(in_.size - 1), e.imm_size = 1;  // and none here
    const bool has_disp = e.disp_offset != 0 && e.disp_size != 0, has_imm = e.imm_offset != 0 && e.imm_size != 0;
    unsigned bits = 0, covered = 0;
    for (unsigned i = 0; i < in_.size; ++i) bits += mask_[at_ + i] != 0;
    if (has_disp) {
      const unsigned k = kind(e.disp_offset, e.disp_size);
      if (k == 2) return false;
      open_disp_ = k == 1;
      if (k == 1) covered += e.disp_size;
      disp_ = field(e.disp_offset, e.disp_size, true, open_disp_);
    }
    if (has_imm) {
      const unsigned k = kind(e.imm_offset, e.imm_size);
      if (k == 2) return false;
      open_imm_ = k == 1;
      if (k == 1) covered += e.imm_size;
    }
    if (constants_ != nullptr) {
      const auto width = static_cast<uint8_t>(x_.op_count > 0 ? op(0).size : 0);
      if (has_disp)
        constants_->push_back({at_, static_cast<uint16_t>(at_ + e.disp_offset), e.disp_size,
                               in_.id == X86_INS_LEA ? width : uint8_t{8}, in_.id != X86_INS_LEA, false});
      if (has_imm)
        constants_->push_back({at_, static_cast<uint16_t>(at_ + e.imm_offset), e.imm_size, width, false,
                               in_.id == X86_INS_MOV && is_mem(0)});
    }
    return bits == covered;
  }
  uint8_t displacement_size() const {
    if (x_.encoding.modrm_offset == 0) return 0;
    const unsigned mod = x_.modrm >> 6, rm = x_.modrm & 7;
    if (mod == 3) return 0;
    if (mod != 0) return mod == 1 ? 1 : 4;
    return rm == 5 || (rm == 4 && (x_.sib & 7) == 5) ? 4 : 0;
  }
  Term field(unsigned begin, unsigned bytes, bool is_signed, bool open) const {
    Field f{static_cast<uint16_t>(at_ + begin), 0, static_cast<uint8_t>(8 * bytes), 0, is_signed};
    if (open) return Term(f);
    uint64_t word = 0;
    std::memcpy(&word, code_.data() + f.at, bytes);
    word <<= 64 - f.bits;
    return Term(is_signed ? static_cast<int64_t>(word) >> (64 - f.bits) : static_cast<int64_t>(word >> (64 - f.bits)));
  }
  Value immediate(unsigned bytes) const {
    const auto& e = encoding_;
    if (e.imm_offset == 0) return Value(Value::kConst, Term(1));  // shifts by one
    return Value(Value::kConst, field(e.imm_offset, e.imm_size, bytes == 8 || e.imm_size < bytes, open_imm_));
  }

  Value address(const cs_x86_op& o) {
    if (o.mem.base == X86_REG_RIP) {
      Term t = disp_;
      t.constant += at_ + in_.size;
      t.is_address = true;
      return Value(Value::kCode, t);
    }
    Value v(Value::kConst, Term(0));
    if (o.mem.base != X86_REG_INVALID) {
      auto base = general(o.mem.base);
      if (!base || base->bytes != 8) return Value();
      v = a_.use(base->number);
    }
    if (o.mem.index != X86_REG_INVALID) {
      auto index = general(o.mem.index);
      if (!index || index->bytes != 8) return Value();
      v = a_.sum(v, a_.use(index->number), static_cast<unsigned>(o.mem.scale));
    }
    return a_.sum(v, Value(Value::kConst, disp_));
  }

  // The operand's value as read by an operation of `bytes` bytes.
  Operand read(unsigned i, unsigned bytes) {
    if (is_reg(i)) {
      auto r = general(op(i).reg);
      if (!r) return {};
      if (r->bytes == 8) return a_.operand(r->number);
      if (r->bytes == 4) return a_.operand(r->number, true);
      a_.use(r->number);
      return {Value(), kRegisters};
    }
    if (is_mem(i)) return {a_.load(address(op(i)), op(i).size, false, bytes), kRegisters};
    return {immediate(bytes), kRegisters};
  }
  void write(unsigned i, const Value& v) {
    if (is_reg(i)) {
      if (auto r = general(op(i).reg)) a_.set(r->number, v, r->bytes);
    } else if (is_mem(i)) {
      a_.store(address(op(i)), op(i).size, v);
    }
  }

  // The target of a jump: inside the piece, or given by the constant.
  void target(Term& t, bool& known, uint32_t& offset) const {
    const auto& e = encoding_;
    t = field(e.imm_offset, e.imm_size, true, open_imm_);
    t.constant += at_ + in_.size;
    known = !open_imm_ && t.constant >= 0 && t.constant <= static_cast<int64_t>(code_.size());
    offset = static_cast<uint32_t>(t.constant);
    t.is_address = true;
  }

  // By default registers that are written hold anything, and memory operands are checked.
  void generic() {
    if (!is_plain_x86_64(in_.id)) return a_.refuse("an instruction that code never needs");
    // With an index in a register it reaches far beyond its operand.
    if (in_.id == X86_INS_BT && is_mem(0) && !is_imm(1)) return a_.refuse("an access of a single bit anywhere");
    const bool only_reads = in_.id == X86_INS_BT || in_.id == X86_INS_COMISS || in_.id == X86_INS_COMISD ||
                            in_.id == X86_INS_VUCOMISS || in_.id == X86_INS_VUCOMISD || in_.id == X86_INS_UCOMISS ||
                            in_.id == X86_INS_UCOMISD || in_.id == X86_INS_VPTEST || in_.id == X86_INS_PTEST;
    for (unsigned i = 0; i < x_.op_count; ++i) {
      if (is_reg(i) && op(i).size > 16) return a_.refuse("a vector of more than 16 bytes");
      if (!is_mem(i)) continue;
      if (op(i).size == 0) return a_.refuse("an access of unknown size");
      const Value at = address(op(i));
      if (i != 0 || only_reads) a_.load(at, op(i).size, false, 8);
      else a_.store(at, op(i).size, Value());
    }
    cs_regs read, written;
    uint8_t reads = 0, writes = 0;
    if (capstone().accessed(handle_, &in_, read, &reads, written, &writes) != CS_ERR_OK)
      return a_.refuse("an instruction whose registers are not known");
    for (unsigned i = 0; i < reads; ++i)
      if (auto r = general(read[i])) a_.use(r->number);
    for (unsigned i = only_reads ? 0 : 1; i < x_.op_count; ++i)  // all but the result, whatever Capstone knows
      if (auto r = is_reg(i) ? general(op(i).reg) : std::nullopt) a_.use(r->number);
    vectors(only_reads);
    auto wrote = [&](unsigned id) {
      // BSF and BSR of 0 leave the register unchanged.
      const bool keeps = in_.id == X86_INS_BSF || in_.id == X86_INS_BSR;
      if (auto r = general(id)) a_.set(r->number, Value(), keeps ? 8 : r->bytes);
    };
    for (unsigned i = 0; i < writes; ++i) wrote(written[i]);
    if (is_reg(0) && !only_reads) wrote(op(0).reg);
    if (in_.id == X86_INS_MULX && is_reg(1)) wrote(op(1).reg);
    a_.forget_comparison();
  }

  // The vector registers that an operation reads and writes.
  void vectors(bool only_reads) {
    const bool same_sources =
        x_.op_count == 3 && is_reg(1) && is_reg(2) && op(1).reg == op(2).reg && ignores_equal_x86_64(in_.id);
    for (unsigned i = 0; i < x_.op_count; ++i) {
      const auto r = is_reg(i) ? vector(op(i).reg) : std::nullopt;
      if (!r) continue;
      if (i == 0 && !only_reads && !adds_to_first_x86_64(in_.id)) continue;
      if (same_sources || (i == 1 && x_.op_count >= 3 && keeps_upper_x86_64(in_.id))) continue;
      a_.use_vector(*r);
    }
    if (const auto r = is_reg(0) && !only_reads ? vector(op(0).reg) : std::nullopt) a_.set_vector(*r);
  }

  void step() {
    const unsigned bytes = x_.op_count > 0 ? op(0).size : 0;
    switch (in_.id) {
      case X86_INS_NOP: return;
      case X86_INS_MOV:
      case X86_INS_MOVABS:
        for (unsigned i = 0; i < 2; ++i)
          if (is_reg(i) && !general(op(i).reg)) return a_.refuse("a register that code never needs");
        if (is_mem(0) && !is_reg(1) && !is_imm(1)) break;
        if (is_reg(0) && is_reg(1) && bytes == 8) return write(0, a_.reg(general(op(1).reg)->number));
        return write(0, read(1, bytes).value);
      case X86_INS_LEA: return write(0, address(op(1)));
      case X86_INS_MOVZX: static_cast<void>(read(1, op(1).size)); return write(0, Value(Value::kNarrow));
      case X86_INS_MOVSX:
      case X86_INS_MOVSXD:
        if (is_mem(1)) return write(0, a_.load(address(op(1)), op(1).size, true, bytes));
        static_cast<void>(read(1, op(1).size));
        return write(0, Value());
      case X86_INS_ADD:
      case X86_INS_SUB: {
        const Value x = read(0, bytes).value, y = read(1, bytes).value;
        a_.forget_comparison();
        const bool wide = bytes == 8;
        return write(0, !wide ? Value() : in_.id == X86_INS_ADD ? a_.sum(x, y) : a_.difference(x, y));
      }
      case X86_INS_SHR:
        if (bytes == 8 && is_reg(0) && (x_.op_count == 1 || (is_imm(1) && !open_imm_))) {
          const auto by = x_.op_count == 1 ? 1u : static_cast<unsigned>(op(1).imm & 63);
          write(0, a_.shifted_right(a_.use(general(op(0).reg)->number), by));
          return a_.forget_comparison();
        }
        break;
      case X86_INS_XOR:
        if (is_reg(0) && is_reg(1) && op(0).reg == op(1).reg && bytes >= 4) {
          a_.forget_comparison();
          return a_.set(general(op(0).reg)->number, Value(Value::kConst, Term(0)), 4);
        }
        [[fallthrough]];
      case X86_INS_AND:
      case X86_INS_OR:
        if (is_reg(0) && bytes == 8) {
          const Value x = read(0, bytes).value, y = read(1, bytes).value;
          const bool first = a_.is_narrow(x), second = a_.is_narrow(y);
          const bool narrow = in_.id == X86_INS_AND ? first || second : first && second;
          a_.forget_comparison();
          return write(0, narrow ? Value(Value::kNarrow) : Value());
        }
        break;
      case X86_INS_CMP: {
        const Operand x = read(0, bytes), y = read(1, bytes);
        return bytes >= 4 ? a_.compare(x, y) : a_.forget_comparison();
      }
      case X86_INS_TEST:
        if (is_reg(0) && is_reg(1) && op(0).reg == op(1).reg && bytes >= 4)
          return a_.compare(read(0, bytes), {Value(Value::kConst, Term(0)), kRegisters});
        if (is_reg(0) && is_reg(1) && op(0).reg == op(1).reg && op(0).reg == X86_REG_AL &&
            a_.reg(rax).kind == Value::kAnswer)
          return a_.compare({a_.reg(rax), kRegisters}, {Value(Value::kConst, Term(0)), kRegisters});
        for (unsigned i = 0; i < 2; ++i) static_cast<void>(read(i, bytes));
        return a_.forget_comparison();
      case X86_INS_DIV:
      case X86_INS_IDIV:
        if (bytes < 4) break;
        static_cast<void>(read(0, bytes));
        a_.use(rax), a_.use(rdx);
        a_.set(rax, Value(), bytes);
        a_.set(rdx, Value(), bytes);
        return a_.forget_comparison();
      case X86_INS_MULX: {
        // The upper half of a product with a number below 2^32 is below 2^32 as well.
        if (bytes != 8) break;
        const Value factor = a_.use(rdx);
        const bool narrow = a_.is_narrow(read(2, 8).value) || a_.is_narrow(factor);
        write(1, Value());
        return write(0, narrow ? Value(Value::kNarrow) : Value());
      }
      case X86_INS_PUSH:
        if (!is_reg(0) || bytes != 8 || !general(op(0).reg)) break;
        return a_.push(a_.reg(general(op(0).reg)->number));
      case X86_INS_POP:
        if (!is_reg(0) || bytes != 8 || !general(op(0).reg)) break;
        return a_.set(general(op(0).reg)->number, a_.pop(), 8);
      case X86_INS_RET: return x_.op_count == 0 ? a_.ret(Value(Value::kReturn)) : a_.refuse("a return that pops");
      case X86_INS_CALL:
        if (is_mem(0)) return a_.call_through(address(op(0)));
        if (is_reg(0)) return a_.call_to(a_.reg(general(op(0).reg)->number));
        break;
      case X86_INS_JMP: {
        if (is_mem(0)) return a_.jump_through(address(op(0)));
        if (is_reg(0)) return a_.jump_to(a_.reg(general(op(0).reg)->number));
        Term t;
        bool known;
        uint32_t offset;
        target(t, known, offset);
        return a_.jump(t, known, offset);
      }
      default: break;
    }
    if (is_conditional_jump_x86_64(in_.id)) {
      Term t;
      bool known;
      uint32_t offset;
      target(t, known, offset);
      return a_.branch(condition(in_.id), t, known, offset);
    }
    if (is_conditional_move_x86_64(in_.id)) {
      const Operand if_true = read(1, bytes), if_false = read(0, bytes);
      return write(0, a_.choose(condition(in_.id), if_true, if_false));
    }
    if (is_set_x86_64(in_.id)) return write(0, Value());
    generic();
  }

  Analysis& a_;
  const cs_insn& in_;
  const cs_x86& x_;
  const uint16_t at_;
  std::span<const uint8_t> code_;
  const uint8_t* mask_;
  csh handle_;
  std::vector<Constant>* constants_;
  cs_x86_encoding encoding_ = x_.encoding;
  Term disp_{};
  bool open_disp_ = false, open_imm_ = false;
};

void decode(Decoder& decoder, std::span<const uint8_t> code, const uint8_t* mask, Facts& facts,
            std::vector<Constant>* constants) {
  interpret(kX86_64, decoder, code, facts, [&](Analysis& a, const cs_insn& in, bool again) {
    if (again && constants != nullptr) constants->clear();
    Step(a, in, code, mask, decoder.handle(), constants).run();
  });
}

}  // namespace

const Machine kX86_64 = {
    .frame = r13,
    .context = r14,
    .memory = r15,
    .accumulator = rdi,
    .pc = r12,
    .stack = rsp,
    .link = kRegisters,
    .call = rax,
    .result = rax,
    .values = 1u << rdi | 1u << rsi | 1u << rdx | 1u << r8 | 1u << r9 | 1u << r11 | 1u << r12,
    .vectors = 0xff,
    .accumulators = 1u << rdi | vector_bit(0) | vector_bit(1),
    .kept = 1u << rbp,
    .kept_by_host = 1u << rbx | 1u << rbp | 1u << rsp | 1u << r12 | 1u << r13 | 1u << r14 | 1u << r15,
    .host_arguments = {rdi, rsi, rdx},
    .decode = decode,
    .capstone_arch = CS_ARCH_X86,
    .capstone_mode = CS_MODE_64};
#endif

}  // namespace ermine::verify
