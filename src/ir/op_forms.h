// The operations of the register code, by operation code (OpCode). The translator emits operations; each has a handler,
// and most have stencils. Most operations come from the instruction table: an instruction belongs to a family by its
// signature, and a family has a fixed number of operand forms:
//
//   operands   s = frame slot, r = the accumulator of the operand's type, i = immediate
//   binary     ss sr rs si ri          (a, b)
//   unary      s r                     (a)
//   load       s r                     (address)
//   store      ss sr rs rr si ri       (address, value); rr for floats only, si and ri for integers only
//   result     r: accumulator only; s: accumulator and slot. Form index = operands * 2 + result.
//   branch     binary operands * 4 + (on false) * 2 + (backwards): compare and branch
//
// There is one accumulator for integers and references (r), one for f32 (s) and one for f64 (d). The result of every
// operation with operand forms is left in its accumulator; the slot is written only if it is read later. Field layout:
// see encoding.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wasm/opcodes.h"

namespace ermine::ir {

using wasm::Op;

enum class Family : uint8_t { kNone, kBinary, kUnary, kLoad, kStore, kVector, kAtomic, kWide };

// Index of an operand form within its family.
enum BinaryForm : unsigned { kSlotSlot, kSlotAcc, kAccSlot, kSlotImm, kAccImm, kBinaryForms };
enum UnaryForm : unsigned { kSlotForm, kAccForm, kUnaryForms };
enum StoreForm : unsigned {
  kStoreSlotSlot,
  kStoreSlotAcc,
  kStoreAccSlot,
  kStoreAccAcc,
  kStoreSlotImm,
  kStoreAccImm,
  kStoreForms
};

constexpr bool is_scalar_letter(char c) { return c == 'i' || c == 'l' || c == 'f' || c == 'd'; }

namespace detail {
constexpr Family find_family(Op op) {
  const wasm::OpInfo& info = wasm::op_info(op);
  std::string_view sig = info.sig();
  if (sig == "*" || info.imm == wasm::Imm::Fence) return Family::kNone;
  if (info.feature == wasm::Feature::Threads) return Family::kAtomic;
  for (char c : sig)
    if (c == 'v') return Family::kVector;
  if (info.imm == wasm::Imm::MemArg) return (info.flags & wasm::kStore) ? Family::kStore : Family::kLoad;
  if (info.imm != wasm::Imm::None) return Family::kNone;  // constants
  if (sig.size() == 4 && sig[2] == ':') return Family::kBinary;
  if (sig.size() == 3 && sig[1] == ':') return Family::kUnary;
  if (sig.size() > 4) return Family::kWide;
  return Family::kNone;  // nop
}
// A table, because computing it at compile time takes long, and it is often asked for.
inline constexpr auto kFamilies = [] {
  std::array<Family, wasm::kOpCount> families{};
  for (unsigned i = 0; i < wasm::kOpCount; ++i) families[i] = find_family(static_cast<Op>(i));
  return families;
}();
}  // namespace detail
constexpr Family family_of(Op op) { return detail::kFamilies[static_cast<unsigned>(op)]; }

// A comparison of two scalars: it can be fused with a branch.
constexpr bool is_compare(Op op) {
  auto n = static_cast<unsigned>(op);
  return (n >= static_cast<unsigned>(Op::i32_eq) && n <= static_cast<unsigned>(Op::i32_ge_u)) ||
         (n >= static_cast<unsigned>(Op::i64_eq) && n <= static_cast<unsigned>(Op::f64_ge));
}
// Whether it could be fused with a branch that is taken if the result is not zero.
constexpr bool has_branch(Op op) { return is_compare(op) || op == Op::i32_and; }
// Whether it is. A build without superinstructions fuses only integers.
constexpr bool is_branchable(Op op) {
#ifdef ERMINE_WITHOUT_PAIRS
  if (static_cast<unsigned>(op) > static_cast<unsigned>(Op::i64_ge_u)) return op == Op::i32_and;
#endif
  return has_branch(op);
}

constexpr unsigned form_count(Op op) {
  switch (family_of(op)) {
    case Family::kBinary: return kBinaryForms * 2;
    case Family::kUnary:
    case Family::kLoad: return kUnaryForms * 2;
    case Family::kStore: return kStoreForms;
    case Family::kVector:
    case Family::kAtomic:
    case Family::kWide: return 1;
    case Family::kNone: return 0;
  }
  return 0;
}

// For integers, not a < b is a >= b: such a branch is never taken on false.
constexpr bool has_inverse(Op op) {
  return is_compare(op) && static_cast<unsigned>(op) <= static_cast<unsigned>(Op::i64_ge_u);
}
constexpr Op inverse(Op op) {
  const Op first = static_cast<unsigned>(op) <= static_cast<unsigned>(Op::i32_ge_u) ? Op::i32_eq : Op::i64_eq;
  // eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u
  constexpr uint8_t kInverse[] = {1, 0, 8, 9, 6, 7, 4, 5, 2, 3};
  const unsigned n = static_cast<unsigned>(first);
  return static_cast<Op>(n + kInverse[static_cast<unsigned>(op) - n]);
}

constexpr bool is_commutative(Op op) {
  switch (op) {
    case Op::i32_add:
    case Op::i32_mul:
    case Op::i32_and:
    case Op::i32_or:
    case Op::i32_xor:
    case Op::i32_eq:
    case Op::i32_ne:
    case Op::i64_add:
    case Op::i64_mul:
    case Op::i64_and:
    case Op::i64_or:
    case Op::i64_xor:
    case Op::i64_eq:
    case Op::i64_ne:
    case Op::v128_and:
    case Op::v128_or:
    case Op::v128_xor:
    case Op::i8x16_add:
    case Op::i8x16_eq:
    case Op::i8x16_ne:
    case Op::i8x16_min_s:
    case Op::i8x16_min_u:
    case Op::i8x16_max_s:
    case Op::i8x16_max_u:
    case Op::i8x16_add_sat_s:
    case Op::i8x16_add_sat_u:
    case Op::i8x16_avgr_u:
    case Op::i16x8_add:
    case Op::i16x8_mul:
    case Op::i16x8_eq:
    case Op::i16x8_ne:
    case Op::i16x8_min_s:
    case Op::i16x8_min_u:
    case Op::i16x8_max_s:
    case Op::i16x8_max_u:
    case Op::i16x8_add_sat_s:
    case Op::i16x8_add_sat_u:
    case Op::i16x8_avgr_u:
    case Op::i32x4_add:
    case Op::i32x4_mul:
    case Op::i32x4_eq:
    case Op::i32x4_ne:
    case Op::i32x4_min_s:
    case Op::i32x4_min_u:
    case Op::i32x4_max_s:
    case Op::i32x4_max_u:
    case Op::i32x4_dot_i16x8_s:
    case Op::i64x2_add:
    case Op::i64x2_mul:
    case Op::i64x2_eq:
    case Op::i64x2_ne: return true;
    default: return false;
  }
}

enum class IrOp : uint16_t {
#define IR(id, units) id,
#include "ir/ops.def"
};
inline constexpr unsigned kIrOpCount = 0
#define IR(id, units) +1
#include "ir/ops.def"
    ;

// An operation code: index into the table of handlers.
using OpCode = uint16_t;

namespace detail {
struct Bases {
  std::array<uint16_t, wasm::kOpCount> formed{}, branch{}, checked{};
  unsigned total = 0;
};
constexpr Bases make_bases() {
  Bases b;
  unsigned next = kIrOpCount;
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    b.formed[i] = static_cast<uint16_t>(next);
    next += form_count(static_cast<Op>(i));
  }
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    b.branch[i] = static_cast<uint16_t>(next);
    if (is_branchable(static_cast<Op>(i))) next += kBinaryForms * 4;
  }
  // Scalar loads and stores with an explicit bounds check, operands in slots.
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    b.checked[i] = static_cast<uint16_t>(next);
    Family f = family_of(static_cast<Op>(i));
    if (f == Family::kLoad || f == Family::kStore) ++next;
  }
  b.total = next;
  return b;
}
inline constexpr Bases kBases = make_bases();
}  // namespace detail

inline constexpr unsigned kPairBase = detail::kBases.total;

constexpr OpCode code_of(IrOp op) { return static_cast<OpCode>(op); }
constexpr OpCode code_of(Op op, unsigned operands, bool to_slot) {
  return static_cast<OpCode>(detail::kBases.formed[static_cast<unsigned>(op)] + operands * 2 + to_slot);
}
constexpr OpCode store_code(Op op, StoreForm form) {
  return static_cast<OpCode>(detail::kBases.formed[static_cast<unsigned>(op)] + form);
}
constexpr OpCode slots_code(Op op) { return detail::kBases.formed[static_cast<unsigned>(op)]; }
constexpr OpCode checked_code(Op op) { return detail::kBases.checked[static_cast<unsigned>(op)]; }
constexpr OpCode branch_code(Op op, BinaryForm form, bool on_false, bool back) {
  return static_cast<OpCode>(detail::kBases.branch[static_cast<unsigned>(op)] + form * 4 + on_false * 2 + back);
}

// The properties of an operation.
struct CodeInfo {
  enum Kind : uint8_t { kIr, kFormed, kBranch, kChecked, kPair } kind;
  IrOp ir = IrOp::enter;  // kIr
  Op op = Op::nop;  // kFormed, kBranch, kChecked
  unsigned form = 0;  // index within the instruction's codes; kPair: code within the pair
  unsigned pair = 0;  // kPair
};

constexpr CodeInfo code_info(OpCode code) {
  if (code < kIrOpCount) return {CodeInfo::kIr, static_cast<IrOp>(code)};
  auto search = [code](CodeInfo::Kind kind, const auto& bases) {
    // The last instruction whose operations start at or before this one; instructions without operations precede the
    // next one that has some, and share its base.
    unsigned low = 0, high = wasm::kOpCount;
    while (high - low > 1) {
      unsigned mid = (low + high) / 2;
      if (bases[mid] <= code) low = mid;
      else high = mid;
    }
    return CodeInfo{kind, IrOp::enter, static_cast<Op>(low), static_cast<unsigned>(code - bases[low])};
  };
  if (code < detail::kBases.branch[0]) return search(CodeInfo::kFormed, detail::kBases.formed);
  if (code < detail::kBases.checked[0]) return search(CodeInfo::kBranch, detail::kBases.branch);
  if (code < kPairBase) return search(CodeInfo::kChecked, detail::kBases.checked);
  return {CodeInfo::kPair, IrOp::enter, Op::nop, static_cast<unsigned>(code - kPairBase) % 4,
          static_cast<unsigned>(code - kPairBase) / 4};
}

// The operation that is emitted for a compare-and-branch: see has_inverse.
constexpr OpCode canonical(OpCode code) {
  const CodeInfo info = code_info(code);
  if (info.kind != CodeInfo::kBranch || !(info.form & 2) || !has_inverse(info.op)) return code;
  return branch_code(inverse(info.op), static_cast<BinaryForm>(info.form / 4), false, info.form & 1);
}

// Length of an instruction in units; 0 if it varies. Computed, as code_info() is; units_of() and info_of() look the
// same up in tables.
constexpr unsigned unit_count(OpCode code);
unsigned units_of(OpCode code);
const CodeInfo& info_of(OpCode code);

// Superinstructions: two operations in one handler, listed in pairs.def from counts over real programs. The operands of
// the second follow those of the first. If the second has a result, the pair has two operations (accumulator only; slot
// as well); if it is a compare-and-branch, four (on false, backwards).
struct Pair {
  OpCode first, second;
};
inline constexpr Pair kPairs[] = {
#ifndef ERMINE_WITHOUT_PAIRS
#define PAIR(first, second) {first, second},
#include "ir/pairs.def"
#endif
    {0, 0}};  // no pair
inline constexpr unsigned kPairCount = sizeof(kPairs) / sizeof(kPairs[0]) - 1;
inline constexpr unsigned kCodeCount = kPairBase + 4 * kPairCount;

// The operations for a pair's second part: `form` 0 to 3, see Pair.
constexpr OpCode pair_second(unsigned pair, unsigned form) { return static_cast<OpCode>(kPairs[pair].second + form); }
constexpr unsigned pair_forms(unsigned pair) {
  CodeInfo info = code_info(kPairs[pair].second);
  if (info.kind == CodeInfo::kBranch) return 4;
  return info.kind == CodeInfo::kFormed && family_of(info.op) != Family::kStore ? 2 : 1;
}

// The operation for `first` followed by `second`, or 0 (enter, which follows nothing) if they are not a pair.
OpCode find_pair(OpCode first, OpCode second);

constexpr unsigned unit_count(OpCode code) {
  CodeInfo d = code_info(code);
  switch (d.kind) {
    case CodeInfo::kIr: {
      constexpr uint8_t kUnits[] = {
#define IR(id, units) units,
#include "ir/ops.def"
      };
      return kUnits[static_cast<unsigned>(d.ir)];
    }
    case CodeInfo::kBranch: return 2;
    case CodeInfo::kChecked: return 3;
    case CodeInfo::kPair: return unit_count(kPairs[d.pair].first) + unit_count(pair_second(d.pair, d.form)) - 1;
    case CodeInfo::kFormed: break;
  }
  const wasm::OpInfo& info = wasm::op_info(d.op);
  switch (family_of(d.op)) {
    case Family::kBinary:
      return (info.sig()[0] == 'd' || info.sig()[0] == 'l') && (d.form / 2 == kSlotImm || d.form / 2 == kAccImm) ? 3
                                                                                                                 : 2;
    case Family::kVector:
      switch (info.imm) {
        case wasm::Imm::MemArg:
        case wasm::Imm::MemArgLane:
        case wasm::Imm::Shuffle: return 4;
        case wasm::Imm::Lane: return 3;
        default: return 2;
      }
    case Family::kAtomic: return 4;
    default: return 2;
  }
}

// Whether operations on garbage-collected objects have operation codes in this build, or are runtime calls.
#ifdef ERMINE_WITHOUT_OBJECT_OPS
inline constexpr bool kObjectOps = false;
#else
inline constexpr bool kObjectOps = true;
#endif

// Whether the operation exists. The forms of a family are counted for its widest instruction: floats have no immediates
// in stores and branches, integers have neither two accumulators nor a branch on false; v128.const is not an
// instruction of the register code. A build may leave out vectors.
constexpr bool code_exists(OpCode code) {
  CodeInfo info = code_info(code);
  std::string_view sig = wasm::op_info(info.op).sig();
  auto is_float = [&](unsigned i) { return sig[i] == 'f' || sig[i] == 'd'; };
  switch (info.kind) {
    case CodeInfo::kFormed:
      if (family_of(info.op) == Family::kStore)
        return info.form < kStoreAccAcc || (info.form == kStoreAccAcc) == is_float(1);
      return info.op != Op::v128_const && wasm::FeatureSet::all().has(wasm::op_info(info.op).feature);
    case CodeInfo::kBranch: return canonical(code) == code && (info.form / 4 < kSlotImm || !is_float(0));
    case CodeInfo::kPair: return info.form < pair_forms(info.pair);
    case CodeInfo::kIr: return kObjectOps || info.ir <= IrOp::fuel;  // object_ops.def follows
    case CodeInfo::kChecked: return true;
  }
  return false;
}

// What a tier provides for the translator: the handler of each operation, as its distance from its entry in the table,
// so that the table needs no relocations when the program starts.
struct HandlerTable {
  std::array<int32_t, kCodeCount> distances;  // 0: there is none

  bool has(unsigned code) const { return distances[code] != 0; }
  const void* operator[](unsigned code) const {
    return reinterpret_cast<const char*>(&distances[code]) + distances[code];
  }
};

}  // namespace ermine::ir
