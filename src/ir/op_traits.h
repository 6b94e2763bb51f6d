// The properties of each numeric instruction that the translators need, computed from the instruction table at compile
// time: reading its signature for every instruction of every function would take longer than translating it.
#pragma once

#include <array>

#include "ir/op_forms.h"
#include "wasm/types.h"

namespace ermine::ir {

// Accumulators by class of value.
enum Acc : uint8_t { kAccR, kAccS, kAccD, kAccCount };

constexpr wasm::ValType letter_type(char c) {
  switch (c) {
    case 'i': return wasm::kI32;
    case 'l': return wasm::kI64;
    case 'f': return wasm::kF32;
    case 'd': return wasm::kF64;
    default: return wasm::kV128;
  }
}

inline constexpr auto kAccByKind = [] {
  std::array<Acc, 16> accs{};
  accs[static_cast<unsigned>(wasm::ValKind::kF32)] = kAccS;
  accs[static_cast<unsigned>(wasm::ValKind::kF64)] = kAccD;
  return accs;
}();
constexpr Acc acc_of(wasm::ValType t) { return kAccByKind[static_cast<unsigned>(t.kind())]; }

// The comparison with exchanged operands, or nop.
constexpr Op exchanged(Op op) {
  switch (op) {
#define ERMINE_PAIR(t, x, y)            \
  case Op::t##_##x: return Op::t##_##y; \
  case Op::t##_##y: return Op::t##_##x
    ERMINE_PAIR(i32, lt_s, gt_s);
    ERMINE_PAIR(i32, lt_u, gt_u);
    ERMINE_PAIR(i32, le_s, ge_s);
    ERMINE_PAIR(i32, le_u, ge_u);
    ERMINE_PAIR(i64, lt_s, gt_s);
    ERMINE_PAIR(i64, lt_u, gt_u);
    ERMINE_PAIR(i64, le_s, ge_s);
    ERMINE_PAIR(i64, le_u, ge_u);
    ERMINE_PAIR(f32, lt, gt);
    ERMINE_PAIR(f32, le, ge);
    ERMINE_PAIR(f64, lt, gt);
    ERMINE_PAIR(f64, le, ge);
#undef ERMINE_PAIR
    default: return Op::nop;
  }
}

struct OpTraits {
  Op with_operands_exchanged = Op::nop;  // the same, if there is one
  Family family = Family::kNone;
  Acc result = kAccR;  // for scalars: where the result is
  wasm::ValKind result_kind = wasm::ValKind::kBot;
  bool compares : 1 = false, fuses : 1 = false;  // is_compare(), is_branchable()
  bool wide_imm : 1 = false;                     // a constant operand takes a unit of its own
  constexpr wasm::ValType result_type() const { return result_kind; }
};
static_assert(sizeof(OpTraits) == 6);

namespace detail {
inline constexpr auto kTraits = [] {
  std::array<OpTraits, wasm::kOpCount> traits{};
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    auto op = static_cast<Op>(i);
    OpTraits& t = traits[i];
    t.family = family_of(op);
    t.compares = is_compare(op);
    t.fuses = is_branchable(op);
    std::string_view sig = wasm::op_info(op).sig();
    if (t.family != Family::kBinary && t.family != Family::kUnary && t.family != Family::kLoad) continue;
    t.wide_imm = sig[0] == 'd' || sig[0] == 'l';
    t.result_kind = letter_type(sig.back()).kind();
    t.result = acc_of(t.result_kind);
    t.with_operands_exchanged = is_commutative(op) ? op : exchanged(op);
  }
  return traits;
}();
}  // namespace detail
constexpr const OpTraits& op_traits(Op op) { return detail::kTraits[static_cast<unsigned>(op)]; }

}  // namespace ermine::ir
