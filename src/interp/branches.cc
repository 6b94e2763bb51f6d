// Handlers of compare-and-branch and the other branches. Backward ones look for interrupts.
#include "interp/handler.h"
#include "interp/semantics_of.h"
#include "runtime/bulk.h"

namespace ermine::interp {

namespace {

using namespace ir;

// The branch at pc was decided; an interrupt is asked for. r0 is kept.
ERMINE_HANDLER handler_interrupted(ERMINE_HANDLER_PARAMS) {
  ctx->exec->last_pc = pc;
  ctx->exec->last_fp = fp;
  ctx->exec->last_ctx = ctx;
  uint64_t keep_r = r0;
  float keep_s = s0;
  double keep_d = d0;
  TrapCode trap = runtime::handle_interrupt(ctx->exec);
  if (trap != TrapCode::kNone) ERMINE_TRAP(trap);
  r0 = keep_r;
  s0 = keep_s;
  d0 = keep_d;
  mem = ctx->memory0_base;
  ERMINE_JUMP(pc + field<int32_t>(pc, 4));
}

#define ERMINE_BRANCH(back)                                                                   \
  do {                                                                                        \
    if constexpr (back)                                                                       \
      if (ctx->exec->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]]             \
        [[clang::musttail]] return handler_interrupted(ERMINE_HANDLER_ARGS);                  \
    ERMINE_JUMP(pc + field<int32_t>(pc, 4));                                                  \
  } while (false)

template <Op op, From a_from, From b_from, bool on_false, bool back>
ERMINE_HANDLER handler_branch_if(ERMINE_HANDLER_PARAMS) {
  using Sem = SemanticsOf<op>;
  using T = typename Sem::template Param<0>;
  T a = a_from == From::kAcc ? get_acc<T>(r0, s0, d0) : get_slot<T>(fp, field<uint16_t>(pc, 0));
  T b;
  if constexpr (b_from == From::kImm) b = static_cast<T>(static_cast<int64_t>(field<int16_t>(pc, 2)));
  else if constexpr (b_from == From::kAcc) b = get_acc<T>(r0, s0, d0);
  else b = get_slot<T>(fp, field<uint16_t>(pc, 2));
  if ((Sem::call(a, b) != 0) != on_false) ERMINE_BRANCH(back);
  ERMINE_NEXT(2);
}

template <bool back>
ERMINE_HANDLER handler_br(ERMINE_HANDLER_PARAMS) {
  ERMINE_BRANCH(back);
}

template <bool null, bool back>
ERMINE_HANDLER handler_br_null(ERMINE_HANDLER_PARAMS) {
  if ((fp[field<uint16_t>(pc, 0)] == 0) == null) ERMINE_BRANCH(back);
  ERMINE_NEXT(2);
}

template <From from>
ERMINE_HANDLER handler_br_table(ERMINE_HANDLER_PARAMS) {
  uint32_t index = from == From::kAcc ? static_cast<uint32_t>(r0) : get_slot<uint32_t>(fp, field<uint16_t>(pc, 0));
  auto count = field<uint32_t>(pc, 4);
  index = index < count ? index : count;
  int32_t target;
  __builtin_memcpy(&target, reinterpret_cast<const char*>(pc + 2) + uint64_t{index} * 4, sizeof target);
  ERMINE_JUMP(pc + target);
}

template <Op op, From a, From b>
void fill_form(HandlerTable& t, BinaryForm form) {
  t[branch_code(op, form, false, false)] = address_of(handler_branch_if<op, a, b, false, false>);
  t[branch_code(op, form, false, true)] = address_of(handler_branch_if<op, a, b, false, true>);
  t[branch_code(op, form, true, false)] = address_of(handler_branch_if<op, a, b, true, false>);
  t[branch_code(op, form, true, true)] = address_of(handler_branch_if<op, a, b, true, true>);
}

}  // namespace

void fill_branches(HandlerTable& t) {
  for_each_op([&]<Op op>() {
    if constexpr (is_branchable(op)) {
      using enum From;
      fill_form<op, kSlot, kSlot>(t, kSS);
      fill_form<op, kSlot, kAcc>(t, kSR);
      fill_form<op, kAcc, kSlot>(t, kRS);
      if constexpr (std::is_integral_v<typename SemanticsOf<op>::template Param<0>>) {
        fill_form<op, kSlot, kImm>(t, kSI);
        fill_form<op, kAcc, kImm>(t, kRI);
      }
    }
  });
  t[code_of(IrOp::br)] = address_of(handler_br<false>);
  t[code_of(IrOp::br_back)] = address_of(handler_br<true>);
  t[code_of(IrOp::br_null)] = address_of(handler_br_null<true, false>);
  t[code_of(IrOp::br_null_back)] = address_of(handler_br_null<true, true>);
  t[code_of(IrOp::br_non_null)] = address_of(handler_br_null<false, false>);
  t[code_of(IrOp::br_non_null_back)] = address_of(handler_br_null<false, true>);
  t[code_of(IrOp::br_table_s)] = address_of(handler_br_table<From::kSlot>);
  t[code_of(IrOp::br_table_r)] = address_of(handler_br_table<From::kAcc>);
}

}  // namespace ermine::interp
