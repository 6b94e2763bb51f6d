#include "verify/optimized/instructions.h"

#include <algorithm>

#include "verify/capstone.h"

namespace ermine::verify::optimized {

#ifdef ERMINE_CAPSTONE
namespace {

struct General {
  uint8_t reg, bytes;
};

// A general register; 0 bytes: it is not one, or the second byte of one.
General general(unsigned id) {
  static constexpr auto kTable = [] {
    std::array<General, X86_REG_ENDING> t{};
    constexpr unsigned kWide[] = {X86_REG_RAX, X86_REG_RCX, X86_REG_RDX, X86_REG_RBX, X86_REG_RSP, X86_REG_RBP,
                                  X86_REG_RSI, X86_REG_RDI, X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11,
                                  X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};
    constexpr unsigned kHalf[] = {X86_REG_EAX,  X86_REG_ECX,  X86_REG_EDX,  X86_REG_EBX, X86_REG_ESP,  X86_REG_EBP,
                                  X86_REG_ESI,  X86_REG_EDI,  X86_REG_R8D,  X86_REG_R9D, X86_REG_R10D, X86_REG_R11D,
                                  X86_REG_R12D, X86_REG_R13D, X86_REG_R14D, X86_REG_R15D};
    constexpr unsigned kWord[] = {X86_REG_AX,   X86_REG_CX,   X86_REG_DX,   X86_REG_BX,  X86_REG_SP,   X86_REG_BP,
                                  X86_REG_SI,   X86_REG_DI,   X86_REG_R8W,  X86_REG_R9W, X86_REG_R10W, X86_REG_R11W,
                                  X86_REG_R12W, X86_REG_R13W, X86_REG_R14W, X86_REG_R15W};
    constexpr unsigned kByte[] = {X86_REG_AL,   X86_REG_CL,   X86_REG_DL,   X86_REG_BL,  X86_REG_SPL,  X86_REG_BPL,
                                  X86_REG_SIL,  X86_REG_DIL,  X86_REG_R8B,  X86_REG_R9B, X86_REG_R10B, X86_REG_R11B,
                                  X86_REG_R12B, X86_REG_R13B, X86_REG_R14B, X86_REG_R15B};
    for (uint8_t i = 0; i < kRegisters; ++i) {
      t[kWide[i]] = {i, 8};
      t[kHalf[i]] = {i, 4};
      t[kWord[i]] = {i, 2};
      t[kByte[i]] = {i, 1};
    }
    return t;
  }();
  return id < kTable.size() ? kTable[id] : General{};
}

// The second byte of one of the first four registers, which a write of it changes.
General second_byte(unsigned id) {
  switch (id) {
    case X86_REG_AH: return {rax, 1};
    case X86_REG_CH: return {rcx, 1};
    case X86_REG_DH: return {rdx, 1};
    case X86_REG_BH: return {rbx, 1};
    default: return {};
  }
}

bool is_vector(unsigned id) {
  return (id >= X86_REG_XMM0 && id <= X86_REG_XMM15) || (id >= X86_REG_YMM0 && id <= X86_REG_YMM15);
}

// Instructions of the extensions for vectors that do more than compute.
bool is_forbidden_vector(unsigned id) {
  switch (id) {
    case X86_INS_VLDMXCSR:
    case X86_INS_VSTMXCSR:
    case X86_INS_VMASKMOVDQU:
    case X86_INS_VGATHERDPD:
    case X86_INS_VGATHERDPS:
    case X86_INS_VGATHERQPD:
    case X86_INS_VGATHERQPS:
    case X86_INS_VPGATHERDD:
    case X86_INS_VPGATHERDQ:
    case X86_INS_VPGATHERQD:
    case X86_INS_VPGATHERQQ: return true;
    default: return false;
  }
}

// Whether the first operand in memory is only read.
bool only_reads(unsigned id) {
  switch (id) {
    case X86_INS_BT:
    case X86_INS_MUL:
    case X86_INS_DIV:
    case X86_INS_IDIV:
    case X86_INS_VPTEST:
    case X86_INS_VTESTPS:
    case X86_INS_VTESTPD:
    case X86_INS_VUCOMISS:
    case X86_INS_VUCOMISD:
    case X86_INS_VCOMISS:
    case X86_INS_VCOMISD: return true;
    default: return false;
  }
}

// Operations on general registers that only compute.
bool is_computation(unsigned id) {
  switch (id) {
    case X86_INS_ADC:
    case X86_INS_SBB:
    case X86_INS_SHL:
    case X86_INS_SHR:
    case X86_INS_SAR:
    case X86_INS_SAL:
    case X86_INS_ROL:
    case X86_INS_ROR:
    case X86_INS_RCL:
    case X86_INS_RCR:
    case X86_INS_SHLD:
    case X86_INS_SHRD:
    case X86_INS_SHLX:
    case X86_INS_SHRX:
    case X86_INS_SARX:
    case X86_INS_RORX:
    case X86_INS_MUL:
    case X86_INS_IMUL:
    case X86_INS_MULX:
    case X86_INS_DIV:
    case X86_INS_IDIV:
    case X86_INS_NEG:
    case X86_INS_NOT:
    case X86_INS_BSWAP:
    case X86_INS_MOVBE:
    case X86_INS_POPCNT:
    case X86_INS_LZCNT:
    case X86_INS_TZCNT:
    case X86_INS_BSF:
    case X86_INS_BSR:
    case X86_INS_BT:
    case X86_INS_BTS:
    case X86_INS_BTR:
    case X86_INS_BTC:
    case X86_INS_ANDN:
    case X86_INS_BLSR:
    case X86_INS_BLSI:
    case X86_INS_BLSMSK:
    case X86_INS_BEXTR:
    case X86_INS_BZHI:
    case X86_INS_PDEP:
    case X86_INS_PEXT:
    case X86_INS_CDQ:
    case X86_INS_CQO:
    case X86_INS_CDQE:
    case X86_INS_CWDE:
    case X86_INS_CWD:
    case X86_INS_CBW:
    case X86_INS_XADD:
    case X86_INS_CMPXCHG: return true;
    default: return false;
  }
}

Op op_of(unsigned id) {
  switch (id) {
    case X86_INS_MOV:
    case X86_INS_MOVABS: return Op::kMove;
    case X86_INS_MOVZX: return Op::kMoveZero;
    case X86_INS_MOVSX:
    case X86_INS_MOVSXD: return Op::kMoveSign;
    case X86_INS_LEA: return Op::kAddress;
    case X86_INS_ADD: return Op::kAdd;
    case X86_INS_SUB: return Op::kSubtract;
    case X86_INS_AND: return Op::kAnd;
    case X86_INS_OR: return Op::kOr;
    case X86_INS_XOR: return Op::kXor;
    case X86_INS_CMP: return Op::kCompare;
    case X86_INS_TEST: return Op::kTest;
    case X86_INS_INC: return Op::kIncrement;
    case X86_INS_DEC: return Op::kDecrement;
    case X86_INS_XCHG: return Op::kExchange;
    case X86_INS_PUSH: return Op::kPush;
    case X86_INS_POP: return Op::kPop;
    case X86_INS_JMP: return Op::kJump;
    case X86_INS_CALL: return Op::kCall;
    case X86_INS_RET: return Op::kReturn;
    case X86_INS_NOP:
    case X86_INS_MFENCE:
    case X86_INS_VZEROUPPER: return Op::kNothing;
    case X86_INS_UD2: return Op::kTrap;
    default: return Op::kBad;
  }
}

class Reader {
 public:
  Reader(const cs_insn& in, csh handle) : in_(in), x_(in.detail->x86), handle_(handle) {}

  Instruction read() {
    made_.size = static_cast<uint8_t>(in_.size);
    if (!prefixes() || !operands()) return bad();
    made_.op = op_of(in_.id);
    if (made_.op != Op::kBad) return special();
    const uint8_t* const code = x_.opcode;
    const bool is_long = code[0] == 0x0f;
    made_.condition = (is_long ? code[1] : code[0]) & 15;
    const bool has_vector = (in_.bytes[0] == 0xc4 || in_.bytes[0] == 0xc5) && !is_computation(in_.id);  // VEX
    if (group(X86_GRP_JUMP) && x_.op_count == 1 && x_.operands[0].type == X86_OP_IMM &&
        (is_long ? (code[1] & 0xf0) == 0x80 : (code[0] & 0xf0) == 0x70)) {
      made_.op = Op::kBranch;
      made_.immediate = x_.operands[0].imm;
      return made_;
    }
    if (is_long && (code[1] & 0xf0) == 0x40 && x_.op_count == 2 && !has_vector) return made_.op = Op::kSelect, made_;
    if (is_long && (code[1] & 0xf0) == 0x90 && x_.op_count == 1 && !has_vector) return made_.op = Op::kSet, made_;
    if (has_vector ? is_forbidden_vector(in_.id) : !is_computation(in_.id)) return bad();
    return compute(has_vector);
  }

 private:
  Instruction bad() const { return {.size = made_.size}; }
  bool group(uint8_t g) const {
    const cs_detail& d = *in_.detail;
    return std::find(d.groups, d.groups + d.groups_count, g) != d.groups + d.groups_count;
  }

  bool prefixes() const {
    if (x_.addr_size != 8) return false;
    if (in_.id == X86_INS_NOP) return true;
    if (x_.prefix[1] != 0) return false;  // of segments
    const bool is_control = group(X86_GRP_JUMP) || group(X86_GRP_CALL) || group(X86_GRP_RET);
    if (is_control) return x_.prefix[0] == 0 && x_.prefix[2] == 0;
    return x_.prefix[0] == 0 || x_.prefix[0] == X86_PREFIX_LOCK || mandatory();
  }
  // A prefix for repetition is a part of some instructions.
  bool mandatory() const { return in_.id == X86_INS_POPCNT || in_.id == X86_INS_LZCNT || in_.id == X86_INS_TZCNT; }

  bool operands() {
    if (in_.id == X86_INS_NOP) return true;
    if (x_.op_count > 5) return false;
    unsigned memories = 0;
    for (unsigned i = 0; i < x_.op_count; ++i) {
      const cs_x86_op& o = x_.operands[i];
      Operand to{.bytes = o.size};
      switch (o.type) {
        case X86_OP_REG:
          if (const General g = general(o.reg); g.bytes != 0) {
            to = {Operand::kRegister, g.reg, g.bytes};
          } else if (const General h = second_byte(o.reg); h.bytes != 0) {
            to = {Operand::kVector, h.reg, 1};  // nothing is known about it
            if (i == 0) wrote(h);
          } else if (is_vector(o.reg)) {
            to.type = Operand::kVector;
          } else {
            return false;
          }
          break;
        case X86_OP_IMM:
          to.type = Operand::kImmediate;
          made_.immediate = o.imm;
          break;
        case X86_OP_MEM: {
          to.type = Operand::kMemory;
          if (++memories > 1 || o.mem.segment != X86_REG_INVALID) return false;
          Address& a = made_.address;
          if (!part(o.mem.base, a.base) || !part(o.mem.index, a.index) || a.index == Address::kNext) return false;
          a.scale = static_cast<uint8_t>(o.mem.scale);
          if (o.mem.disp != static_cast<int32_t>(o.mem.disp)) return false;
          a.displacement = static_cast<int32_t>(o.mem.disp);
          if (o.size == 0 && in_.id != X86_INS_LEA) return false;
          break;
        }
        default: return false;
      }
      if (i < made_.operands.size()) made_.operands[i] = to;
      else if (o.type == X86_OP_MEM) return false;
    }
    return true;
  }
  static bool part(unsigned id, uint8_t& to) {
    if (id == X86_REG_INVALID) return true;
    if (id == X86_REG_RIP) return to = Address::kNext, true;
    const General g = general(id);
    to = g.reg;
    return g.bytes == 8;
  }

  Instruction special() {
    const Operand &a = made_.operands[0], &b = made_.operands[1];
    switch (made_.op) {
      case Op::kMove:
      case Op::kExchange:
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kAnd:
      case Op::kOr:
      case Op::kXor:
      case Op::kCompare:
      case Op::kTest:
        if (x_.op_count != 2) return bad();
        if (a.type == Operand::kVector || b.type == Operand::kVector) {  // of second bytes
          if (made_.op == Op::kExchange) return bad();
          const bool writes = made_.op != Op::kCompare && made_.op != Op::kTest;
          const bool keeps = made_.op == Op::kMove;
          if (writes && a.type == Operand::kRegister) wrote({a.reg, a.bytes});
          if (!writes) made_.written_count = 0;
          made_.reads = a.type == Operand::kMemory || b.type == Operand::kMemory;
          made_.writes = writes && a.type == Operand::kMemory;
          made_.op = Op::kCompute;
          made_.keeps_flags = keeps;
        }
        return made_;
      case Op::kMoveZero:
      case Op::kMoveSign:
        if (x_.op_count != 2 || a.type != Operand::kRegister) return bad();
        return made_;
      case Op::kAddress:
        return x_.op_count == 2 && a.type == Operand::kRegister && b.type == Operand::kMemory ? made_ : bad();
      case Op::kIncrement:
      case Op::kDecrement:
        if (x_.op_count != 1 || a.type == Operand::kVector) return bad();
        return made_;
      case Op::kPush: return x_.op_count == 1 && a.bytes == 8 && a.type == Operand::kRegister ? made_ : bad();
      case Op::kPop: return x_.op_count == 1 && a.bytes == 8 && a.type == Operand::kRegister ? made_ : bad();
      case Op::kJump:
      case Op::kCall:
        if (x_.op_count != 1 || a.bytes != 8) return bad();
        return made_;
      case Op::kReturn: return x_.op_count == 0 ? made_ : bad();
      default: return made_;
    }
  }

  Instruction compute(bool is_vector) {
    // With an index in a register it reaches far beyond its operand.
    const bool tests_bit =
        in_.id == X86_INS_BT || in_.id == X86_INS_BTS || in_.id == X86_INS_BTR || in_.id == X86_INS_BTC;
    if (tests_bit && made_.operands[0].type == Operand::kMemory && made_.operands[1].type != Operand::kImmediate)
      return bad();
    // What the analysis follows.
    const Operand &a = made_.operands[0], &b = made_.operands[1];
    if ((in_.id == X86_INS_SHL || in_.id == X86_INS_SHR) && a.type == Operand::kRegister &&
        (x_.op_count == 1 || b.type == Operand::kImmediate)) {
      if (x_.op_count == 1) made_.immediate = 1;
      made_.op = in_.id == X86_INS_SHL ? Op::kShiftLeft : Op::kShiftRight;
      return made_;
    }
    if (in_.id == X86_INS_IMUL && (x_.op_count == 2 || (x_.op_count == 3 && made_.immediate >= 0)))
      return made_.op = Op::kMultiply, made_;
    if (in_.id == X86_INS_SAR && a.type == Operand::kRegister && a.bytes >= 4 &&
        (x_.op_count == 1 || b.type == Operand::kImmediate)) {
      if (x_.op_count == 1) made_.immediate = 1;
      return made_.op = Op::kShiftSigned, made_;
    }
    if (in_.id == X86_INS_CDQE || in_.id == X86_INS_CWDE) {
      const uint8_t half = in_.id == X86_INS_CDQE ? 4 : 2;
      made_.operands = {
          {{Operand::kRegister, rax, static_cast<uint8_t>(2 * half)}, {Operand::kRegister, rax, half}, {}}};
      return made_.op = Op::kMoveSign, made_;
    }
    if (in_.id == X86_INS_SHR && a.type == Operand::kRegister) return made_.op = Op::kLess, made_;
    if (in_.id == X86_INS_SHRX && x_.op_count == 3) return made_.op = Op::kExtract, made_;
    if (in_.id == X86_INS_BEXTR && x_.op_count == 3 && made_.operands[2].type == Operand::kRegister)
      return made_.op = Op::kExtract, made_;
    if (in_.id == X86_INS_POPCNT || in_.id == X86_INS_LZCNT || in_.id == X86_INS_TZCNT)
      return made_.op = Op::kCount, made_;
    if (in_.id == X86_INS_DIV && a.bytes >= 4) return made_.op = Op::kDivide, made_;
    const bool of_itself = b.type == Operand::kRegister && a.reg == b.reg && a.bytes == 8;
    if (in_.id == X86_INS_SBB && a.type == Operand::kRegister &&
        (of_itself || (b.type == Operand::kImmediate && a.bytes >= 4))) {
      made_.op = Op::kBorrow;
      return made_;
    }
    made_.op = Op::kCompute;
    if (a.type == Operand::kRegister && !only_reads(in_.id)) wrote({a.reg, a.bytes});
    const bool writes_second = in_.id == X86_INS_MULX || in_.id == X86_INS_XADD;
    if (writes_second && b.type == Operand::kRegister) wrote({b.reg, b.bytes});
    cs_regs read, written;
    uint8_t reads = 0, writes = 0;
    if (capstone().accessed(handle_, &in_, read, &reads, written, &writes) != CS_ERR_OK) return bad();
    for (unsigned i = 0; i < writes; ++i) {
      if (const General g = general(written[i]); g.bytes != 0) wrote(g);
      else if (const General h = second_byte(written[i]); h.bytes != 0) wrote(h);
    }
    if (in_.id == X86_INS_CMPXCHG) wrote({rax, 8});
    const uint8_t whole = a.bytes == 4 ? 4 : 8;
    if (in_.id == X86_INS_MUL || in_.id == X86_INS_DIV || in_.id == X86_INS_IDIV ||
        (in_.id == X86_INS_IMUL && x_.op_count == 1))
      wrote({rax, whole}), wrote({rdx, whole});
    if (too_many_) return bad();
    for (unsigned i = 0; i < x_.op_count && i < made_.operands.size(); ++i) {
      if (made_.operands[i].type != Operand::kMemory) continue;
      made_.reads = true;
      made_.writes = i == 0 && !only_reads(in_.id) && !(in_.id == X86_INS_IMUL && x_.op_count == 1);
    }
    // AVX does not change flags, but for tests.
    made_.keeps_flags = (is_vector && !only_reads(in_.id)) || in_.id == X86_INS_RORX || in_.id == X86_INS_SHLX ||
                        in_.id == X86_INS_SHRX || in_.id == X86_INS_SARX || in_.id == X86_INS_MULX ||
                        in_.id == X86_INS_NOT || in_.id == X86_INS_BSWAP || in_.id == X86_INS_MOVBE ||
                        in_.id == X86_INS_CDQ || in_.id == X86_INS_CQO || in_.id == X86_INS_CDQE ||
                        in_.id == X86_INS_CWDE;
    return made_;
  }

  void wrote(General g) {
    for (unsigned i = 0; i < made_.written_count; ++i) {
      Instruction::Written& w = made_.written[i];
      if (w.reg == g.reg) return void(w.bytes = w.bytes == g.bytes ? g.bytes : uint8_t{8});
    }
    if (made_.written_count == made_.written.size()) too_many_ = true;
    else made_.written[made_.written_count++] = {g.reg, g.bytes};
  }

  const cs_insn& in_;
  const cs_x86& x_;
  const csh handle_;
  Instruction made_;
  bool too_many_ = false;
};

}  // namespace

Instructions::Instructions(std::span<const uint8_t> code)
    : code_(code), decoder_(std::make_unique<Decoder>(CS_ARCH_X86, CS_MODE_64)), places_(code.size()) {}
Instructions::~Instructions() = default;

const Instruction* Instructions::at(uint32_t offset) {
  if (offset >= code_.size()) return nullptr;
  uint32_t& place = places_[offset];
  if (place == 0) {
    const cs_insn* const in = decoder_->decode(code_.data() + offset, code_.size() - offset, offset);
    all_.push_back(in != nullptr ? Reader(*in, decoder_->handle()).read() : Instruction());
    place = static_cast<uint32_t>(all_.size());
  }
  const Instruction& found = all_[place - 1];
  return found.op != Op::kBad ? &found : nullptr;
}
#else
Instructions::Instructions(std::span<const uint8_t> code) : code_(code) {}
Instructions::~Instructions() = default;
const Instruction* Instructions::at(uint32_t) { return nullptr; }
#endif

}  // namespace ermine::verify::optimized
