// Handlers of unary and binary instructions on scalars, instantiated from the semantics for every operand
// form, and of wide arithmetic.
#include "interp/handler.h"
#include "interp/semantics_of.h"

namespace ermine::interp {

namespace {

using namespace ir;

template <Op op, From a_from, From b_from, bool to_slot>
ERMINE_HANDLER handler_binary(ERMINE_HANDLER_PARAMS) {
  using Sem = SemanticsOf<op>;
  using T = typename Sem::template Param<0>;
  T a = a_from == From::kAcc ? get_acc<T>(r0, s0, d0) : get_slot<T>(fp, field<uint16_t>(pc, 2));
  T b;
  if constexpr (b_from == From::kImm) b = get_imm<T>(pc, 4);
  else if constexpr (b_from == From::kAcc) b = get_acc<T>(r0, s0, d0);
  else b = get_slot<T>(fp, field<uint16_t>(pc, 4));
  typename Sem::Result result;
  if constexpr (Sem::kTraps) {
    TrapCode trap = TrapCode::kNone;
    result = Sem::call(a, b, trap);
    if (trap != TrapCode::kNone) [[unlikely]] ERMINE_TRAP(trap);
  } else {
    result = Sem::call(a, b);
  }
  if constexpr (to_slot) set_slot(fp, field<uint16_t>(pc, 0), result);
  set_acc(result, r0, s0, d0);
  constexpr unsigned kUnits = b_from == From::kImm && std::is_same_v<T, double> ? 3 : 2;
  ERMINE_NEXT(kUnits);
}

template <Op op, From a_from, bool to_slot>
ERMINE_HANDLER handler_unary(ERMINE_HANDLER_PARAMS) {
  using Sem = SemanticsOf<op>;
  using T = typename Sem::template Param<0>;
  T a = a_from == From::kAcc ? get_acc<T>(r0, s0, d0) : get_slot<T>(fp, field<uint16_t>(pc, 2));
  typename Sem::Result result;
  if constexpr (Sem::kTraps) {
    TrapCode trap = TrapCode::kNone;
    result = Sem::call(a, trap);
    if (trap != TrapCode::kNone) [[unlikely]] ERMINE_TRAP(trap);
  } else {
    result = Sem::call(a);
  }
  if constexpr (to_slot) set_slot(fp, field<uint16_t>(pc, 0), result);
  set_acc(result, r0, s0, d0);
  ERMINE_NEXT(2);
}

template <Op op>
ERMINE_HANDLER handler_wide(ERMINE_HANDLER_PARAMS) {
  const Slot* in = fp + field<uint16_t>(pc, 2);
  Slot* out = fp + field<uint16_t>(pc, 0);
  semantics::Wide w;
  if constexpr (SemanticsOf<op>::kParams == 4) w = SemanticsOf<op>::call(in[0], in[1], in[2], in[3]);
  else w = SemanticsOf<op>::call(in[0], in[1]);
  out[0] = w.low;
  out[1] = w.high;
  ERMINE_NEXT(2);
}

template <Op op>
void fill_binary(HandlerTable& t) {
  auto set = [&](BinaryForm form, const void* r, const void* s) {
    t[code_of(op, form, false)] = r;
    t[code_of(op, form, true)] = s;
  };
  using enum From;
  set(kSS, address_of(handler_binary<op, kSlot, kSlot, false>), address_of(handler_binary<op, kSlot, kSlot, true>));
  set(kSR, address_of(handler_binary<op, kSlot, kAcc, false>), address_of(handler_binary<op, kSlot, kAcc, true>));
  set(kRS, address_of(handler_binary<op, kAcc, kSlot, false>), address_of(handler_binary<op, kAcc, kSlot, true>));
  set(kSI, address_of(handler_binary<op, kSlot, kImm, false>), address_of(handler_binary<op, kSlot, kImm, true>));
  set(kRI, address_of(handler_binary<op, kAcc, kImm, false>), address_of(handler_binary<op, kAcc, kImm, true>));
}

template <Op op>
void fill_op(HandlerTable& t) {
  constexpr Family family = family_of(op);
  if constexpr (family == Family::kBinary) {
    fill_binary<op>(t);
  } else if constexpr (family == Family::kUnary) {
    t[code_of(op, kS, false)] = address_of(handler_unary<op, From::kSlot, false>);
    t[code_of(op, kS, true)] = address_of(handler_unary<op, From::kSlot, true>);
    t[code_of(op, kR, false)] = address_of(handler_unary<op, From::kAcc, false>);
    t[code_of(op, kR, true)] = address_of(handler_unary<op, From::kAcc, true>);
  } else if constexpr (family == Family::kWide) {
    t[slots_code(op)] = address_of(handler_wide<op>);
  }
}

}  // namespace

void fill_numeric(HandlerTable& table) { for_each_op([&]<Op op>() { fill_op<op>(table); }); }

}  // namespace ermine::interp
