// Step<code>: one operation of the register code, as a function that is inlined into a handler. A handler executes one
// step, or the two of a pair. Steps are instantiated from the semantics.
//
// run() takes the machine's state by reference; `at` is pc, moved so that the step's operands follow it. It returns the
// trap, or kNone: a constant for steps that cannot trap. A memory access faults while pc is still the instruction's
// (see ERMINE_FAULT_BARRIER).
#pragma once

#include "interp/handlers.h"
#include "interp/object_step.h"
#include "interp/state.h"
#include "runtime/zero_extension.h"

namespace ermine::interp {

template <ir::OpCode code, ir::CodeInfo::Kind kind = ir::code_info(code).kind>
struct Step;

template <ir::OpCode code>
struct FormedStep {
  static constexpr ir::CodeInfo kInfo = ir::code_info(code);
  static constexpr Op kOp = kInfo.op;
  static constexpr ir::Family kFamily = ir::family_of(kOp);
  using Sem = SemanticsOf<kOp>;

  template <class T>
  [[gnu::always_inline]] static T slot_or_acc(bool acc, const State& s, const Code* at, unsigned byte) {
    return acc ? get_acc<T>(s.r0, s.s0, s.d0) : get_slot<T>(s.fp, field<uint16_t>(at, byte));
  }
  template <bool to_slot, class T>
  [[gnu::always_inline]] static void finish(const State& s, const Code* at, T value) {
    if constexpr (to_slot) set_slot(s.fp, field<uint16_t>(at, 0), value);
    set_acc(value, s.r0, s.s0, s.d0);
  }

  [[gnu::always_inline]] static TrapCode run(const State& s, unsigned skip) {
    using namespace ir;
    const Code* at = s.pc + skip;
    constexpr unsigned form = kInfo.form / 2;
    constexpr bool to_slot = kInfo.form & 1;
    TrapCode trap = TrapCode::kNone;
    if constexpr (kFamily == Family::kBinary) {
      using T = typename Sem::template Param<0>;
      T a = slot_or_acc<T>(form == kAccSlot || form == kAccImm, s, at, 2);
      T b;
      if constexpr (form == kSlotImm || form == kAccImm) b = get_imm<T>(at, 4);
      else b = slot_or_acc<T>(form == kSlotAcc, s, at, 4);
      typename Sem::Result result;
      if constexpr (Sem::kTraps) result = Sem::call(a, b, trap);
      else result = Sem::call(a, b);
      if (trap == TrapCode::kNone) [[likely]]
        finish<to_slot>(s, at, result);
    } else if constexpr (kFamily == Family::kUnary) {
      using T = typename Sem::template Param<0>;
      T a = slot_or_acc<T>(form == kAccForm, s, at, 2);
      typename Sem::Result result;
      if constexpr (Sem::kTraps) result = Sem::call(a, trap);
      else result = Sem::call(a);
      if (trap == TrapCode::kNone) [[likely]]
        finish<to_slot>(s, at, result);
    } else if constexpr (kFamily == Family::kLoad) {
      auto address = slot_or_acc<uint64_t>(form == kAccForm, s, at, 2);
      runtime::expect_zero_extended(kOp, address);
      typename Sem::Result value = Sem::call(s.mem + address + field<uint32_t>(at, 4));
      ERMINE_FAULT_BARRIER(s.pc);
      finish<to_slot>(s, s.pc + skip, value);
    } else if constexpr (kFamily == Family::kStore) {
      constexpr unsigned f = kInfo.form;
      using T = typename Sem::template Param<1>;
      auto address = slot_or_acc<uint64_t>(f == kStoreAccSlot || f == kStoreAccAcc || f == kStoreAccImm, s, at, 2);
      runtime::expect_zero_extended(kOp, address);
      T value;
      if constexpr (f == kStoreSlotImm || f == kStoreAccImm)
        value = static_cast<T>(static_cast<int64_t>(field<int16_t>(at, 0)));
      else value = slot_or_acc<T>(f == kStoreSlotAcc || f == kStoreAccAcc, s, at, 0);
      Sem::call(s.mem + address + field<uint32_t>(at, 4), value);
      ERMINE_FAULT_BARRIER(s.pc);
    }
    return trap;
  }
};

template <ir::OpCode code>
struct Step<code, ir::CodeInfo::kFormed> : FormedStep<code> {};

// Compare and branch: only decides.
template <ir::OpCode code>
struct Step<code, ir::CodeInfo::kBranch> {
  static constexpr ir::CodeInfo kInfo = ir::code_info(code);
  static constexpr bool kBack = kInfo.form & 1;
  [[gnu::always_inline]] static bool taken(const State& s, unsigned skip) {
    using namespace ir;
    const Code* at = s.pc + skip;
    using Sem = SemanticsOf<kInfo.op>;
    using T = typename Sem::template Param<0>;
    constexpr unsigned form = kInfo.form / 4;
    constexpr bool on_false = kInfo.form & 2;
    T a =
        form == kAccSlot || form == kAccImm ? get_acc<T>(s.r0, s.s0, s.d0) : get_slot<T>(s.fp, field<uint16_t>(at, 0));
    T b;
    if constexpr (form == kSlotImm || form == kAccImm) b = static_cast<T>(static_cast<int64_t>(field<int16_t>(at, 2)));
    else b = form == kSlotAcc ? get_acc<T>(s.r0, s.s0, s.d0) : get_slot<T>(s.fp, field<uint16_t>(at, 2));
    return (Sem::call(a, b) != 0) != on_false;
  }
};

template <ir::OpCode code>
struct Step<code, ir::CodeInfo::kIr> {
  static constexpr ir::IrOp kOp = ir::code_info(code).ir;
  [[gnu::always_inline]] static TrapCode run(const State& s, unsigned skip) {
    using ir::IrOp;
    const Code* at = s.pc + skip;
    Slot* fp = s.fp;
    if constexpr (kOp == IrOp::copy) {
      fp[field<uint16_t>(at, 0)] = fp[field<uint16_t>(at, 2)];
    } else if constexpr (kOp == IrOp::copy2) {
      fp[field<uint16_t>(at, 0)] = fp[field<uint16_t>(at, 2)];
      fp[field<uint16_t>(at, 4)] = fp[field<uint16_t>(at, 6)];
    } else if constexpr (kOp == IrOp::const32) {
      fp[field<uint16_t>(at, 0)] = field<uint32_t>(at, 4);
    } else if constexpr (kOp == IrOp::set_r) {
      fp[field<uint16_t>(at, 0)] = s.r0;
    } else if constexpr (kOp == IrOp::set_s) {
      set_slot(fp, field<uint16_t>(at, 0), s.s0);
    } else if constexpr (kOp == IrOp::set_d) {
      set_slot(fp, field<uint16_t>(at, 0), s.d0);
    } else if constexpr (kOp == IrOp::global_get_r) {
      s.r0 = *s.ctx->globals[field<uint32_t>(at, 4)];
    } else if constexpr (kOp == IrOp::global_set_r) {
      *s.ctx->globals[field<uint32_t>(at, 4)] = s.r0;
    } else if constexpr (ir::object_op(kOp).kind != ir::ObjectOp::kNone) {
      return ObjectStep<kOp>::run(s, skip);
    } else {
      static_assert(kOp == IrOp::copy, "this operation is not a step");
    }
    return TrapCode::kNone;
  }
};

// A handler that executes one step and continues.
template <ir::OpCode code>
ERMINE_HANDLER handler_step(ERMINE_HANDLER_PARAMS) {
  TrapCode trap = Step<code>::run(State{pc, fp, ctx, mem, r0, s0, d0}, 0);
  if (trap != TrapCode::kNone) [[unlikely]]
    ERMINE_TRAP(trap);
  ERMINE_NEXT(ir::unit_count(code));
}

// Names handler_step for each of `n` operations from `code` on (see handlers.h).
template <ir::OpCode code, unsigned n>
void name_steps() {
  []<unsigned... i>(std::integer_sequence<unsigned, i...>) {
    (static_cast<void>(handler_step<static_cast<ir::OpCode>(code + i)>), ...);
  }(std::make_integer_sequence<unsigned, n>());
}

}  // namespace ermine::interp
