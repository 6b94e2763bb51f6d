// Alters x86-64 code at one place. A fault is in the encoding of an instruction, which keeps its length (a dropped
// instruction becomes a nop) unless a prefix is added; or it is in a hole.
#include <optional>

#include "baseline/machine_x86_64.h"
#include "baseline/tool/faults.h"
#include "verify/analysis.h"
#include "verify/capstone.h"

namespace ermine::baseline {

const char* name_of(Alteration a) {
  switch (a) {
    case Alteration::kWiden: return "32 bits become 64";
    case Alteration::kNarrow: return "64 bits become 32";
    case Alteration::kExtension: return "another extension, or none";
    case Alteration::kDisplacement: return "a displacement off";
    case Alteration::kScale: return "another scale";
    case Alteration::kBase: return "another base register";
    case Alteration::kIndex: return "another index register";
    case Alteration::kDestination: return "another register written";
    case Alteration::kSource: return "another register read";
    case Alteration::kTurnedJump: return "a conditional jump turned";
    case Alteration::kTurnedChoice: return "a conditional move or flag turned";
    case Alteration::kOtherCondition: return "another condition";
    case Alteration::kDroppedJump: return "a jump dropped";
    case Alteration::kUnconditional: return "a conditional jump always taken";
    case Alteration::kDropped: return "an instruction dropped";
    case Alteration::kLoadStore: return "load and store exchanged";
    case Alteration::kAddress: return "an address and what is there exchanged";
    case Alteration::kOperation: return "another operation";
    case Alteration::kConstant: return "a constant off";
    case Alteration::kHoleMoved: return "a hole a byte off";
    case Alteration::kHoleKind: return "a hole of another kind";
    case Alteration::kHoleAddend: return "a hole's addend off";
    case Alteration::kHoleForm: return "a constant's hole of another form";
    case Alteration::kCount: break;
  }
  return "";
}

namespace {

constexpr uint8_t kNop = 0x90;

struct Instruction {
  cs_insn in;
  cs_detail detail;
  unsigned at() const { return static_cast<unsigned>(in.address); }
  unsigned end() const { return at() + in.size; }
  const cs_x86& x() const { return detail.x86; }
  std::string text() const { return std::string(in.mnemonic) + " " + in.op_str; }
};

// All instructions; none if a byte does not belong to an instruction.
std::vector<Instruction> decode(const Body& body) {
  static verify::Decoder decoder(verify::kX86_64.capstone_arch, verify::kX86_64.capstone_mode);
  std::vector<uint8_t> code = body.code;
  for (const Hole& h : body.holes)
    if (h.kind == HoleKind::kNext && h.at + 4u <= code.size())
      kX86_64.put_next(&code[h.at], h.patch(), static_cast<int64_t>(code.size()) - h.at);
  std::vector<Instruction> list;
  for (size_t at = 0; at < code.size();) {
    const cs_insn* in = decoder.decode(code.data() + at, code.size() - at, at);
    if (in == nullptr) return {};
    list.push_back({*in, *in->detail});
    at += in->size;
  }
  return list;
}

const Hole* hole_in(const Body& body, unsigned begin, unsigned end) {
  for (const Hole& h : body.holes)
    if (h.at >= begin && h.at < end) return &h;
  return nullptr;
}

// The positions of an instruction's parts, from its first byte on; 0: there is none (for prefixes: kNone).
struct Parts {
  static constexpr unsigned kNone = ~0u;
  unsigned rex = kNone, vex = kNone, opcode = 0, modrm = 0;
  bool two_bytes = false;  // 0f, opcode; `opcode` is the position of the second byte
};
Parts parts_of(const uint8_t* p, const cs_x86& x) {
  Parts parts;
  unsigned i = 0;
  while (p[i] == 0x66 || p[i] == 0xf2 || p[i] == 0xf3) ++i;
  if (p[i] == 0xc4 || p[i] == 0xc5) {
    parts.vex = i;
    parts.opcode = i + (p[i] == 0xc4 ? 3u : 2u);
  } else {
    if ((p[i] & 0xf0) == 0x40) parts.rex = i++;
    parts.two_bytes = p[i] == 0x0f;
    parts.opcode = i + parts.two_bytes;
    if (parts.two_bytes && (p[parts.opcode] == 0x38 || p[parts.opcode] == 0x3a))
      ++parts.opcode, parts.two_bytes = false;
  }
  parts.modrm = x.encoding.modrm_offset;
  return parts;
}

bool is_general(const cs_x86_op& o, unsigned bytes) {
  if (o.type != X86_OP_REG || o.size != bytes) return false;
  return !(o.reg >= X86_REG_XMM0 && o.reg <= X86_REG_YMM31);
}

// Inserts a byte at `at`. Branches inside the stencil keep their targets.
bool insert(Body& body, const std::vector<Instruction>& list, unsigned at, uint8_t byte) {
  for (const Instruction& i : list) {
    const cs_x86& x = i.x();
    const bool jumps = x.op_count == 1 && x.operands[0].type == X86_OP_IMM && x.encoding.imm_offset != 0 &&
                       (i.in.mnemonic[0] == 'j' || i.in.mnemonic[0] == 'c');
    if (!jumps || hole_in(body, i.at(), i.end()) != nullptr) continue;
    const auto target = static_cast<unsigned>(x.operands[0].imm);
    const bool from_behind = i.at() >= at, to_behind = target > at;
    if (from_behind == to_behind) continue;
    if (x.encoding.imm_size != 1) return false;
    uint8_t& distance = body.code[i.at() + x.encoding.imm_offset];
    if (distance == 0x7f || distance == 0x80) return false;
    distance = static_cast<uint8_t>(to_behind ? distance + 1 : distance - 1);
  }
  body.code.insert(body.code.begin() + at, byte);
  for (Hole& h : body.holes)
    if (h.at >= at) ++h.at;
  return true;
}

void drop(Body& body, const Instruction& i) {
  for (unsigned n = i.at(); n < i.end(); ++n) body.code[n] = kNop;
  std::erase_if(body.holes, [&](const Hole& h) { return h.at >= i.at() && h.at < i.end(); });
}

bool is_load_or_store(uint8_t opcode) { return opcode == 0x89 || opcode == 0x8b; }

// Adds to a field of `size` bytes.
void add_to(uint8_t* field, unsigned size, int64_t delta) {
  int64_t v = 0;
  std::memcpy(&v, field, size);
  v += delta;
  std::memcpy(field, &v, size);
}

bool alter_instruction(Body& body, const std::vector<Instruction>& list, const Instruction& i, Alteration how,
                       uint64_t variant) {
  const cs_x86& x = i.x();
  uint8_t* const p = &body.code[i.at()];
  const Parts parts = parts_of(p, x);
  uint8_t& opcode = p[parts.opcode];
  const uint8_t mod = parts.modrm != 0 ? p[parts.modrm] >> 6 : 3;
  const bool has_sib = parts.modrm != 0 && mod != 3 && (p[parts.modrm] & 7) == 4;
  const auto flip = static_cast<uint8_t>(1 + variant % 7);
  const bool short_jump = parts.vex == Parts::kNone && !parts.two_bytes && (opcode & 0xf0) == 0x70;
  const bool near_jump = parts.two_bytes && (opcode & 0xf0) == 0x80;
  const bool is_jump = short_jump || near_jump;
  const bool chooses = parts.two_bytes && ((opcode & 0xf0) == 0x40 || (opcode & 0xf0) == 0x90);
  switch (how) {
    case Alteration::kWiden: {
      bool is_32 = false;
      for (unsigned n = 0; n < x.op_count; ++n) is_32 |= is_general(x.operands[n], 4);
      is_32 |= x.op_count == 2 && x.operands[0].type == X86_OP_MEM && x.operands[0].size == 4 &&
               x.operands[1].type == X86_OP_IMM;
      const bool zeroes = i.in.id == X86_INS_XOR && x.operands[0].reg == x.operands[1].reg;
      if (!is_32 || zeroes || i.in.id == X86_INS_NOP) return false;
      if (parts.vex != Parts::kNone) {
        if (p[parts.vex] != 0xc4) return false;
        p[parts.vex + 2] |= 0x80;
        return true;
      }
      if (parts.rex != Parts::kNone) {
        p[parts.rex] |= 8;
        return true;
      }
      unsigned at = i.at();
      while (body.code[at] == 0x66 || body.code[at] == 0xf2 || body.code[at] == 0xf3) ++at;
      return insert(body, list, at, 0x48);
    }
    case Alteration::kNarrow:
      if (parts.vex != Parts::kNone) {
        if (p[parts.vex] != 0xc4 || !(p[parts.vex + 2] & 0x80)) return false;
        p[parts.vex + 2] &= 0x7f;
        return true;
      }
      if (parts.rex == Parts::kNone || !(p[parts.rex] & 8)) return false;
      p[parts.rex] &= 0xf7;
      return true;
    case Alteration::kExtension:
      if (parts.two_bytes && (opcode & 0xf6) == 0xb6) {  // movzx, movsx
        opcode ^= 8;
        return true;
      }
      if (parts.vex != Parts::kNone || parts.two_bytes) return false;
      if (opcode == 0x63) {  // movsxd
        opcode = 0x8b;
        return true;
      }
      if (!is_load_or_store(opcode) || !is_general(x.operands[0], 4)) return false;
      if (x.operands[1].type == X86_OP_REG) drop(body, i);
      else opcode = 0x63;
      return true;
    case Alteration::kDisplacement: {
      constexpr int kDeltas[] = {1, -1, 8, -8, 4, 64};
      const unsigned at = x.encoding.disp_offset;
      if (at == 0 || mod == 3 || hole_in(body, i.at() + at, i.at() + at + 1) != nullptr) return false;
      add_to(p + at, mod == 1 ? 1 : 4, kDeltas[variant % 6]);
      return true;
    }
    case Alteration::kScale:
      if (!has_sib || x.sib_index == X86_REG_INVALID) return false;
      p[parts.modrm + 1] ^= static_cast<uint8_t>((1 + variant % 3) << 6);
      return true;
    case Alteration::kBase:
      if (parts.modrm == 0 || mod == 3) return false;
      if (variant % 8 == 7 && parts.rex != Parts::kNone) p[parts.rex] ^= 1;
      else p[parts.modrm + has_sib] ^= flip;
      return true;
    case Alteration::kIndex:
      if (!has_sib) return false;
      if (variant % 8 == 7 && parts.rex != Parts::kNone) p[parts.rex] ^= 2;
      else p[parts.modrm + 1] ^= static_cast<uint8_t>(flip << 3);
      return true;
    case Alteration::kDestination:
    case Alteration::kSource: {
      const unsigned field = static_cast<unsigned>(variant / 7 % 4);
      if (parts.modrm == 0) {
        const bool named = !parts.two_bytes && ((opcode & 0xf0) == 0x50 || (opcode & 0xf8) == 0xb8);
        if (!named) return false;
        opcode ^= flip;
      } else if (field == 0) {
        p[parts.modrm] ^= static_cast<uint8_t>(flip << 3);
      } else if (field == 1) {
        if (mod != 3) return false;
        p[parts.modrm] ^= flip;
      } else if (field == 2 && parts.vex != Parts::kNone) {
        p[parts.opcode - 1] ^= static_cast<uint8_t>(flip << 3);
      } else if (field == 3 && parts.rex != Parts::kNone) {
        p[parts.rex] ^= static_cast<uint8_t>(variant & 1 ? 4 : 1);
      } else {
        return false;
      }
      return true;
    }
    case Alteration::kTurnedJump:
      if (!is_jump) return false;
      opcode ^= 1;
      return true;
    case Alteration::kTurnedChoice:
      if (!chooses) return false;
      opcode ^= 1;
      return true;
    case Alteration::kOtherCondition:
      if (!is_jump && !chooses) return false;
      opcode ^= static_cast<uint8_t>(flip << 1);
      return true;
    case Alteration::kDroppedJump:
      if (!is_jump && i.in.id != X86_INS_JMP) return false;
      drop(body, i);
      return true;
    case Alteration::kUnconditional:
      if (short_jump) opcode = 0xeb;
      else if (near_jump) p[parts.opcode - 1] = kNop, opcode = 0xe9;
      else return false;
      return true;
    case Alteration::kDropped:
      if (is_jump || i.in.id == X86_INS_JMP || i.in.id == X86_INS_NOP) return false;
      drop(body, i);
      return true;
    case Alteration::kLoadStore:
      if (parts.vex != Parts::kNone || parts.two_bytes || mod == 3 || !is_load_or_store(opcode)) return false;
      opcode ^= 2;
      return true;
    case Alteration::kAddress:
      if (parts.vex != Parts::kNone || parts.two_bytes || mod == 3) return false;
      if (opcode == 0x8b) opcode = 0x8d;
      else if (opcode == 0x8d) opcode = 0x8b;
      else return false;
      return true;
    case Alteration::kOperation:
      if (parts.vex != Parts::kNone || parts.two_bytes) return false;
      if (opcode < 0x40 && (opcode & 7) < 6) opcode ^= static_cast<uint8_t>(flip << 3);
      else if (parts.modrm != 0 &&
               (opcode == 0x81 || opcode == 0x83 || opcode == 0xc1 || opcode == 0xd3 || opcode == 0xf7))
        p[parts.modrm] ^= static_cast<uint8_t>(flip << 3);
      else return false;
      return true;
    case Alteration::kConstant: {
      constexpr int kDeltas[] = {1, -1, 8, -8};
      const unsigned at = x.encoding.imm_offset, size = x.encoding.imm_size;
      if (at == 0 || size == 0 || is_jump || i.in.id == X86_INS_JMP ||
          hole_in(body, i.at() + at, i.at() + at + 1) != nullptr)
        return false;
      add_to(p + at, size, kDeltas[variant % 4]);
      return true;
    }
    default: return false;
  }
}

bool alter_hole(Body& body, Hole& h, Alteration how, uint64_t variant) {
  const auto kind = static_cast<unsigned>(h.kind);
  switch (how) {
    case Alteration::kHoleMoved:
      if (h.at == 0 && !(variant & 1)) return false;
      h.at = static_cast<uint16_t>(variant & 1 ? h.at + 1 : h.at - 1);
      return h.at + h.patch() <= body.code.size();
    case Alteration::kHoleKind: {
      // Numbers are replaced by numbers, distances by distances; a constant by another number.
      constexpr HoleKind kDistances[] = {HoleKind::kPool, HoleKind::kNext,   HoleKind::kTaken,
                                         HoleKind::kTrap, HoleKind::kRecord, HoleKind::kCallTable};
      if (h.kind == HoleKind::kPc) return false;
      if (h.kind == HoleKind::kImm && h.patch() != 4) return false;
      if (h.kind <= HoleKind::kImm) h.kind = static_cast<HoleKind>((kind + 1 + variant % 5) % 6);
      else h.kind = kDistances[variant % 6], h.addend = 0;
      if (h.kind <= HoleKind::kImm) h.patch_change = 4;
      return static_cast<unsigned>(h.kind) != kind;
    }
    case Alteration::kHoleAddend: {
      constexpr int kDeltas[] = {1, -1, 8, -8, 4, 16};
      if (h.kind == HoleKind::kImm || h.kind == HoleKind::kData || h.kind == HoleKind::kNext ||
          h.kind == HoleKind::kTaken || h.kind == HoleKind::kTrap || h.kind == HoleKind::kPc)
        return false;
      h.addend += kDeltas[variant % 6];
      return true;
    }
    case Alteration::kHoleForm: {
      if (h.kind != HoleKind::kImm) return false;
      unsigned patch = h.patch(), change = static_cast<unsigned>(h.change());
      if (variant & 1) {
        constexpr unsigned kWidths[] = {1, 2, 4, 8};
        patch = kWidths[variant / 2 % 4];
      } else {
        change = (change + 1 + variant / 2 % 4) % 5;
      }
      const auto now = static_cast<uint8_t>(patch | change << 4);
      if (now == h.patch_change || h.at + patch > body.code.size()) return false;
      h.patch_change = now;
      return true;
    }
    default: return false;
  }
}

// An integer register's number; for other registers: 16.
unsigned number_of(x86_reg reg) {
  constexpr x86_reg kNames[][4] = {
      {X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL},      {X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL},
      {X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL},      {X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL},
      {X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL},     {X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL},
      {X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL},     {X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL},
      {X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B},     {X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B},
      {X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B}, {X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B},
      {X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B}, {X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B},
      {X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B}, {X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B}};
  unsigned n = 0;
  while (n < 16 && std::find(std::begin(kNames[n]), std::end(kNames[n]), reg) == std::end(kNames[n])) ++n;
  return n;
}

// Registers that must not be written: frame, context, base of memory 0, native stack, rbx and rbp.
bool is_fixed(const cs_x86_op& o) {
  if (o.type != X86_OP_REG) return false;
  const unsigned r = number_of(o.reg);
  return (r >= 13 && r <= 15) || (r >= 3 && r <= 5);
}

void describe(const Instruction& i, Altered& out) {
  const cs_x86& x = i.x();
  out.jumps |= i.in.mnemonic[0] == 'j' || i.in.id == X86_INS_CALL || i.in.id == X86_INS_RET;
  out.compares |= i.in.id == X86_INS_CMP || i.in.id == X86_INS_TEST;
  out.chooses |= std::strncmp(i.in.mnemonic, "cmov", 4) == 0 || std::strncmp(i.in.mnemonic, "set", 3) == 0;
  for (unsigned n = 0; n < x.op_count; ++n) {
    const cs_x86_op& o = x.operands[n];
    if (o.type != X86_OP_MEM || o.mem.base == X86_REG_RIP) continue;
    const bool is_pointer = o.mem.base == X86_REG_R13 || o.mem.base == X86_REG_R14 || o.mem.base == X86_REG_R15;
    out.memory |= i.in.id != X86_INS_LEA || is_pointer;  // others add
    out.frame |= o.mem.base == X86_REG_R13;
  }
  for (unsigned n = 0; n < x.op_count; ++n) {
    const cs_x86_op& o = x.operands[n];
    if (n == 0 && o.type == X86_OP_MEM && !out.compares) out.writes_memory = true;
    if (o.type != X86_OP_REG) continue;
    const unsigned r = number_of(o.reg);
    if (r > 15) continue;
    if (n == 0 && !out.compares) out.registers |= 1u << r;
    for (unsigned pin : machine_x86_64::kPinRegisters) out.pin |= r == pin;
  }
  out.fixed |= x.op_count > 0 && !out.compares && is_fixed(x.operands[0]);
  out.fixed |= i.in.id == X86_INS_PUSH || i.in.id == X86_INS_POP;
}

}  // namespace

bool alter(const Body& body, Alteration how, uint64_t where, uint64_t variant, Altered& out) {
  const std::vector<Instruction> before = decode(body);
  if (before.empty()) return false;
  out = {};
  out.body = body;
  const bool of_hole = how >= Alteration::kHoleMoved;
  unsigned at;
  if (of_hole) {
    if (body.holes.empty()) return false;
    Hole& h = out.body.holes[where % body.holes.size()];
    at = h.at;
    const auto was = h;
    if (!alter_hole(out.body, h, how, variant)) return false;
    auto shown = [](const Hole& x) {
      return "hole " + std::to_string(static_cast<unsigned>(x.kind)) + " at " + std::to_string(x.at) + " + " +
             std::to_string(x.addend) + " form " + std::to_string(x.patch_change);
    };
    out.text = shown(was) + " -> " + shown(h);
    out.hole = h;
    out.address = true;
    out.breaks_off = how == Alteration::kHoleForm && h.patch() > was.patch();
    sort_holes(out.body);
  } else {
    at = before[where % before.size()].at();
    if (!alter_instruction(out.body, before, before[where % before.size()], how, variant)) return false;
  }
  const Instruction* of = nullptr;
  for (const Instruction& i : before)
    if (at >= i.at() && at < i.end()) of = &i;
  if (of == nullptr) return false;
  describe(*of, out);
  if (of_hole) {
    // A constant does not belong to the address beside it.
    if (how == Alteration::kHoleForm) out.address = false;
    out.wide = is_general(of->x().operands[0], 8);
    out.text = of->text() + ": " + out.text;
    return true;
  }
  const std::vector<Instruction> after = decode(out.body);
  const Instruction* now = nullptr;
  for (const Instruction& i : after)
    if (i.at() == at) now = &i;
  if (now == nullptr || now->text() == of->text()) return false;
  // The rest is unchanged.
  if (out.body.code.size() == body.code.size() && now->end() != of->end() && now->in.id != X86_INS_NOP &&
      how != Alteration::kUnconditional)
    return false;
  describe(*now, out);
  out.text = of->text() + " -> " + now->text();
  auto is_vector = [](const cs_x86& x) {
    return x.op_count > 0 && x.operands[0].type == X86_OP_REG && x.operands[0].reg >= X86_REG_XMM0 &&
           x.operands[0].reg <= X86_REG_YMM31;
  };
  out.vector = is_vector(of->x()) && (is_vector(now->x()) || now->in.id == X86_INS_NOP);
  const bool dropped = now->in.id == X86_INS_NOP;
  out.wide = is_general(now->x().operands[0], 8) ||
             (dropped && (is_general(of->x().operands[0], 4) || is_general(of->x().operands[0], 8)));
  // Operands that are no longer read or written, and branches that are no longer taken.
  const bool forgets = (how == Alteration::kAddress && now->in.id == X86_INS_LEA) ||
                       (how == Alteration::kLoadStore && of->x().operands[0].type == X86_OP_MEM);
  out.address =
      !forgets && (how == Alteration::kDisplacement || how == Alteration::kScale || how == Alteration::kBase ||
                   how == Alteration::kIndex || how == Alteration::kLoadStore || how == Alteration::kAddress ||
                   (how == Alteration::kWiden && !out.frame));  // all of a slot may be read
  // Which of its registers it is: the first one is written.
  if (how == Alteration::kDestination || how == Alteration::kSource) {
    const bool first =
        of->x().operands[0].type != now->x().operands[0].type || of->x().operands[0].reg != now->x().operands[0].reg;
    if (first != (how == Alteration::kDestination)) return false;
  }
  return true;
}

}  // namespace ermine::baseline
