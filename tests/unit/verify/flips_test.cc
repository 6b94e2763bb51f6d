// Compiled functions with a single bit changed: each is refused, or differs only in a number. This file decides which
// of the two it may be a second time, instruction by instruction and without any of the verifier's code: the targets of
// accesses, the pinned registers, the control flow. And nothing crashes the verifier.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

#include "runtime/offsets.h"
#include "specimen.h"
#include "verify/analysis.h"
#include "verify/capstone.h"

namespace ermine::verify {
namespace {

constexpr std::string_view kFlipped = R"((module
  (type $t (func (param i32) (result i32)))
  (import "h" "f" (func $h (param i32) (result i32)))
  (memory 1)
  (table 10 funcref)
  (global $own (mut i32) (i32.const 1))
  (func $a (type $t) (i32.xor (local.get 0) (i32.const -5)))
  (func $loop (param $p i32) (param $n i32) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.load offset=0x1234 (local.get $p))))
      (i32.store8 (i32.or (local.get $p) (i32.const -256)) (local.get $n))
      (local.set $p (i32.rotl (i32.add (local.get $p) (i32.const 8)) (i32.const 3)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $calls (param i32) (result i32) (i32.add (call $a (local.get 0)) (call $h (local.get 0))))
  (func $table (type $t) (call_indirect (type $t) (local.get 0) (local.get 0)))
  (func $switch (type $t)
    (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0))) (return (i32.const 1))) (return (i32.const 2)))
    (i32.const 3))
  (func $global (type $t) (global.set $own (i32.div_s (global.get $own) (local.get 0))) (global.get $own))
  (func $float (param f32 f64) (result f32)
    (f32.add (local.get 0) (f32.demote_f64 (f64.mul (local.get 1) (f64.const 1.5)))))
  (func $vector (param i32)
    (v128.store (local.get 0) (i32x4.add (v128.load offset=16 (local.get 0)) (i32x4.splat (local.get 0)))))
  (func $tail (param i32 i32 i32) (result i32) (return_call $a (i32.add (local.get 0) (local.get 1))))
  (func $tail_table (type $t) (return_call_indirect (type $t) (local.get 0) (local.get 0)))
  (func $handler (type $t) (memory.fill (local.get 0) (i32.const 1) (i32.const 100)) (memory.size))
))";

#if defined(__x86_64__)

// The relevant properties of an instruction.
struct Instruction {
  uint32_t at = 0, size = 0;
  unsigned id = 0;
  std::string text;
  std::vector<uint8_t> groups;
  cs_x86 x{};
};

std::vector<Instruction> decode(const uint8_t* code, uint32_t size) {
  static csh handle = [] {
    csh h = 0;
    capstone().open(CS_ARCH_X86, CS_MODE_64, &h);
    capstone().option(h, CS_OPT_DETAIL, CS_OPT_ON);
    return h;
  }();
  static cs_insn* in = capstone().make(handle);
  std::vector<Instruction> out;
  for (uint32_t at = 0; at < size;) {
    const uint8_t* p = code + at;
    size_t left = size - at;
    uint64_t address = at;
    if (!capstone().next(handle, &p, &left, &address, in)) break;
    Instruction i{.at = at, .size = in->size, .id = in->id, .text = {}, .groups = {}, .x = in->detail->x86};
    i.text = std::string(in->mnemonic) + " " + in->op_str;
    i.groups.assign(in->detail->groups, in->detail->groups + in->detail->groups_count);
    out.push_back(std::move(i));
    at += in->size;
  }
  return out;
}

// A 64-bit register by any of its names.
unsigned whole(unsigned reg) {
  switch (reg) {
    case X86_REG_R13D:
    case X86_REG_R13W:
    case X86_REG_R13B: return X86_REG_R13;
    case X86_REG_R14D:
    case X86_REG_R14W:
    case X86_REG_R14B: return X86_REG_R14;
    case X86_REG_R15D:
    case X86_REG_R15W:
    case X86_REG_R15B: return X86_REG_R15;
    case X86_REG_ESP:
    case X86_REG_SP:
    case X86_REG_SPL: return X86_REG_RSP;
    case X86_REG_EBP:
    case X86_REG_BP:
    case X86_REG_BPL: return X86_REG_RBP;
    default: return reg;
  }
}
bool is_kept(unsigned reg) {
  const unsigned r = whole(reg);
  return r == X86_REG_R13 || r == X86_REG_R14 || r == X86_REG_R15 || r == X86_REG_RSP || r == X86_REG_RBP;
}

bool has_group(const Instruction& i, uint8_t group) {
  return std::find(i.groups.begin(), i.groups.end(), group) != i.groups.end();
}

const cs_x86_op* memory_of(const Instruction& i) {
  if (i.id == X86_INS_LEA || i.id == X86_INS_NOP) return nullptr;
  for (unsigned k = 0; k < i.x.op_count; ++k)
    if (i.x.operands[k].type == X86_OP_MEM) return &i.x.operands[k];
  return nullptr;
}

class Judge {
 public:
  Judge(const Specimen& s) : s_(s) {}

  // Why a changed piece must not run; empty if it is harmless. `was` and `is`: the piece before and after.
  std::string harm(uint32_t offset, const std::vector<Instruction>& was, const std::vector<Instruction>& is) {
    alias_ = {};
    returned_ = !was.empty() && has_group(was.back(), X86_GRP_RET);
    for (const Instruction& i : is) {
      const Instruction* before = nullptr;
      for (const Instruction& w : was)
        if (w.at == i.at) before = &w;
      if (before != nullptr && before->text == i.text && before->size == i.size) {
        note(i);
        continue;
      }
      if (const std::string why = harm(offset, before, i); !why.empty()) return i.text + ": " + why;
      note(i);
      // The next instruction is not reached, unless there is a jump to it.
      bool jumps = false;
      for (const Instruction& j : is) jumps |= has_group(j, X86_GRP_JUMP);
      if (has_group(i, X86_GRP_RET) && !jumps) return {};
    }
    return {};
  }

 private:
  std::string harm(uint32_t offset, const Instruction* before, const Instruction& i) {
    for (uint8_t group : {X86_GRP_PRIVILEGE, X86_GRP_INT, X86_GRP_IRET, X86_GRP_VM})
      if (has_group(i, group)) return "privileged, or leaves for the system";
    const bool jumps = has_group(i, X86_GRP_JUMP), calls = has_group(i, X86_GRP_CALL);
    if (jumps || calls) {
      if (i.x.op_count != 1) return "a transfer with other operands";
      const cs_x86_op& to = i.x.operands[0];
      if (calls || to.type != X86_OP_IMM) return "a transfer through another place";
      const auto target = static_cast<uint64_t>(to.imm) + offset;
      for (const Label& l : s_.labels)
        if (l.offset == target) return {};
      for (size_t p = 0; p < s_.pieces.size(); ++p)  // inside the piece, or to the next one
        if (s_.pieces[p].offset == offset) {
          const uint32_t end = p + 1 < s_.pieces.size() ? s_.pieces[p + 1].offset : s_.code_size;
          if (target >= offset && target <= end) return {};
        }
      return "a jump to nowhere";
    }
    if (has_group(i, X86_GRP_RET)) return returned_ ? "" : "a return where there was none";
    // Another value pushed or popped is a number like any other.
    const bool is_stack = i.id == X86_INS_PUSH || i.id == X86_INS_POP;
    if (is_stack && (before == nullptr || before->id != i.id)) return "the native stack";
    for (unsigned k = 0; k < i.x.op_count; ++k) {
      const cs_x86_op& o = i.x.operands[k];
      const bool writes = k == 0 && i.id != X86_INS_CMP && i.id != X86_INS_TEST && i.id != X86_INS_BT &&
                          i.id != X86_INS_PUSH && i.id != X86_INS_DIV && i.id != X86_INS_IDIV &&
                          !((i.id == X86_INS_MUL || i.id == X86_INS_IMUL) && i.x.op_count == 1);
      if (o.type == X86_OP_REG && writes && is_kept(o.reg)) return "a pinned register changes";
    }
    const cs_x86_op* m = memory_of(i);
    if (m == nullptr) return {};
    if (m->mem.segment != X86_REG_INVALID) return "a segment";
    const int64_t disp = m->mem.disp;
    if (m->mem.index == X86_REG_INVALID && m->mem.base == alias_.first && alias_.second == X86_REG_R13)
      return disp >= 0 && disp + m->size <= int64_t{s_.function->frame_slots} * 8 ? "" : "beside the frame";
    if (m->mem.base == X86_REG_R13 && m->mem.index == X86_REG_INVALID) {
      const int64_t frame = int64_t{s_.function->frame_slots} * 8;
      return disp >= 0 && disp + m->size <= frame ? "" : "beside the frame";
    }
    if (m->mem.base == X86_REG_R15) {
      if (m->mem.scale != 1) return "a scaled index";
      return disp >= 0 ? "" : "below memory";
    }
    if (m->mem.base == X86_REG_RIP) {
      const int64_t at = disp + i.at + i.size + offset;
      return at >= s_.data_start && at + m->size <= s_.size ? "" : "beside the constants";
    }
    if (m->mem.base == X86_REG_R14 && m->mem.disp >= runtime::offsets::kGlobalCells) {
      const int64_t cell = disp - runtime::offsets::kGlobalCells;
      return m->mem.index == X86_REG_INVALID && cell == 0 ? "" : "another global";
    }
    // Memory 0 may be the index of its index.
    if (m->mem.index == X86_REG_R15 && m->mem.scale == 1) return disp >= 0 ? "" : "below memory";
    // Through another pointer: only the existing ones, used differently.
    const cs_x86_op* old = before != nullptr ? memory_of(*before) : nullptr;
    if (old != nullptr && std::memcmp(&old->mem, &m->mem, sizeof m->mem) == 0 && m->size <= old->size &&
        (m == &i.x.operands[0]) <= (old == &before->x.operands[0]))
      return {};
    return "an access through another register";
  }
  // A register that has just received the frame's address.
  void note(const Instruction& i) {
    const cs_x86& x = i.x;
    if (i.id == X86_INS_MOV && x.op_count == 2 && x.operands[0].type == X86_OP_REG &&
        x.operands[1].type == X86_OP_REG && x.operands[0].size == 8)
      alias_ = {x.operands[0].reg, x.operands[1].reg};
    else if (x.op_count > 0 && x.operands[0].type == X86_OP_REG && x.operands[0].reg == alias_.first) alias_ = {};
  }

  const Specimen& s_;
  std::pair<unsigned, unsigned> alias_{};
  bool returned_ = false;  // the piece was the end of the function
};

// The differences.
const char* kind_of(const Instruction& was, const Instruction& is) {
  if (was.size != is.size) return "instructions of other lengths";
  if (has_group(was, X86_GRP_JUMP) && has_group(is, X86_GRP_JUMP))
    return was.id != is.id ? "another condition of a jump" : "a jump to another label";
  if (was.id == X86_INS_LEA && is.id == X86_INS_LEA) return "another sum";
  const cs_x86_op *a = memory_of(was), *b = memory_of(is);
  if ((a != nullptr) != (b != nullptr)) return "a register instead of memory, or the reverse";
  if (was.id != is.id) return "another operation on numbers";
  if (a != nullptr) {
    if (a->mem.base == X86_REG_R13 && a->mem.disp != b->mem.disp) return "another slot of the frame";
    if (std::memcmp(&a->mem, &b->mem, sizeof a->mem) != 0) return "another address in memory 0, or constant";
  }
  for (unsigned k = 0; k < was.x.op_count && k < is.x.op_count; ++k) {
    if (was.x.operands[k].type != is.x.operands[k].type) return "another kind of operand";
    if (was.x.operands[k].type == X86_OP_IMM && was.x.operands[k].imm != is.x.operands[k].imm)
      return "another constant";
    if (was.x.operands[k].size != is.x.operands[k].size) return "another width of a number";
    if (was.x.operands[k].type == X86_OP_REG && was.x.operands[k].reg != is.x.operands[k].reg)
      return "another register";
  }
  return "another encoding of the same";
}

TEST(Flips, OfCode) {
  Specimens all(kFlipped);
  std::map<std::string, unsigned> accepted;
  unsigned refused = 0, harmless = 0;
  for (uint32_t f = all.first(); f < all.end(); ++f) {
    Specimen s(all, f);
    ASSERT_EQ(s.verify(), "");
    Judge judge(s);
    for (size_t p = 0; p < s.pieces.size(); ++p) {
      const uint32_t begin = s.pieces[p].offset;
      const uint32_t size = (p + 1 < s.pieces.size() ? s.pieces[p + 1].offset : s.code_size) - begin;
      const std::vector<Instruction> was = decode(&s.bytes[begin], size);
      for (uint32_t bit = 0; bit < size * 8; ++bit) {
        uint8_t& byte = s.bytes[begin + bit / 8];
        byte ^= static_cast<uint8_t>(1u << bit % 8);
        if (s.verify().empty()) {
          ++harmless;
          const std::vector<Instruction> is = decode(&s.bytes[begin], size);
          const std::string why = judge.harm(begin, was, is);
          EXPECT_EQ(why, "") << "accepted, in " << all.module().function_name(f) << " at " << begin << ", bit " << bit;
          if (!why.empty())
            for (size_t i = 0; i < std::max(was.size(), is.size()); ++i)
              std::printf("    %-40s %s\n", i < was.size() ? was[i].text.c_str() : "",
                          i < is.size() ? is[i].text.c_str() : "");
          for (size_t i = 0; i < was.size() && i < is.size(); ++i)
            if (was[i].text != is[i].text || was[i].size != is[i].size) {
              const char* kind = kind_of(was[i], is[i]);
              if (accepted[kind]++ == 0) std::printf("  %s: %s -> %s\n", kind, was[i].text.c_str(), is[i].text.c_str());
              break;
            }
        } else {
          ++refused;
        }
        byte ^= static_cast<uint8_t>(1u << bit % 8);
      }
    }
    ASSERT_EQ(s.verify(), "");
  }
  for (const auto& [kind, n] : accepted) std::printf("%6u %s\n", n, kind.c_str());
  std::printf("%6u refused, %u accepted\n", refused, harmless);
  EXPECT_GT(refused, 2 * harmless);
}

#endif

// The constants beside the code: changed addresses are refused, numbers are not.
TEST(Flips, OfConstants) {
  Specimens all(kFlipped);
  unsigned refused = 0;
  for (uint32_t f = all.first(); f < all.end(); ++f) {
    Specimen s(all, f);
    // Where there are only addresses and copies of instructions: no constant of a float, no number of an instruction.
    for (uint32_t i = s.data_start; i + 8 <= s.size; i += 8) {
      uint64_t word;
      std::memcpy(&word, &s.bytes[i], 8);
      const bool is_code = word - Specimen::kExecute < s.code_size;
      if (!is_code) continue;
      for (unsigned bit = 0; bit < 64; ++bit) {
        s.bytes[i + bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
        const std::string said = s.verify();
        // Another label that can be entered is acceptable.
        uint64_t changed;
        std::memcpy(&changed, &s.bytes[i], 8);
        bool is_label = false;
        for (const Label& l : s.labels) is_label |= Specimen::kExecute + l.offset == changed;
        EXPECT_TRUE(is_label || !said.empty()) << all.module().function_name(f) << " at " << i << ", bit " << bit;
        refused += !said.empty();
        s.bytes[i + bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      }
    }
  }
  EXPECT_GT(refused, 500u);
}

// The description itself: any bit of it may be wrong, and the code stays the same. Whatever is accepted must also be
// accepted with the right description; apart from that, the verifier must not crash.
TEST(Flips, OfTheDescription) {
  Specimens all(kFlipped);
  unsigned refused = 0;
  for (uint32_t f = all.first(); f < all.end(); ++f) {
    const Specimen s(all, f);
    auto flip = [&](auto member, size_t n) {
      for (size_t i = 0; i < n; ++i)
        for (unsigned bit = 0; bit < 8 * sizeof(member(std::declval<Specimen&>(), i)); ++bit) {
          Specimen t = s;
          auto& field = member(t, i);
          field ^= std::remove_reference_t<decltype(field)>{1} << bit;
          refused += !t.verify().empty();
        }
    };
    flip([](Specimen& t, size_t i) -> uint32_t& { return t.pieces[i].offset; }, s.pieces.size());
    flip([](Specimen& t, size_t i) -> uint32_t& { return t.pieces[i].at; }, s.pieces.size());
    flip([](Specimen& t, size_t i) -> uint32_t& { return t.pieces[i].key; }, s.pieces.size());
    flip([](Specimen& t, size_t i) -> uint32_t& { return t.labels[i].offset; }, s.labels.size());
    flip([](Specimen& t, size_t i) -> uint32_t& { return t.labels[i].narrow; }, s.labels.size());
    flip([](Specimen& t, size_t i) -> RegisterSet& { return t.labels[i].own; }, s.labels.size());
    flip([](Specimen& t, size_t i) -> uint32_t& { return t.entries[i].unit; }, s.entries.size());
    flip([](Specimen& t, size_t) -> uint32_t& { return t.code_size; }, 1);
    flip([](Specimen& t, size_t) -> uint32_t& { return t.data_start; }, 1);
    for (uint32_t size = 0; size < s.size; ++size) {
      Specimen t = s;
      t.size = size;
      t.bytes.resize(size + 16);
      refused += !t.verify().empty();
    }
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace ermine::verify
