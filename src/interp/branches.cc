// Handlers of compare-and-branch and the other branches, and of pairs. Backward ones check for interrupts.
#include "base/speculation.h"
#include "interp/step.h"
#include "runtime/bulk.h"

namespace ermine::interp {

using namespace ir;

// The branch at pc was decided; an interrupt is requested. r0 is preserved.
template <unsigned byte>
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
  ERMINE_JUMP(pc + field<int32_t>(pc, byte));
}

// Jumps by the field at `byte`.
#define ERMINE_BRANCH(back, byte)                                                  \
  do {                                                                             \
    if constexpr (back)                                                            \
      if (ctx->exec->interrupt.load(std::memory_order_relaxed) != 0) [[unlikely]]  \
        [[clang::musttail]] return handler_interrupted<byte>(ERMINE_HANDLER_ARGS); \
    ERMINE_JUMP(pc + field<int32_t>(pc, byte));                                    \
  } while (false)

template <OpCode code>
ERMINE_HANDLER handler_branch_if(ERMINE_HANDLER_PARAMS) {
  if (Step<code>::taken(State{pc, fp, ctx, mem, r0, s0, d0}, 0)) ERMINE_BRANCH(Step<code>::kBack, 4);
  ERMINE_NEXT(2);
}

// The two steps of a pair.
template <OpCode code>
ERMINE_HANDLER handler_pair(ERMINE_HANDLER_PARAMS) {
  constexpr CodeInfo info = code_info(code);
  constexpr OpCode first = kPairs[info.pair].first, second = pair_second(info.pair, info.form);
  constexpr unsigned skip = unit_count(first) - 1;
  State state{pc, fp, ctx, mem, r0, s0, d0};
  TrapCode trap = Step<first>::run(state, 0);
  if (trap != TrapCode::kNone) [[unlikely]]
    ERMINE_TRAP(trap);
  if constexpr (code_info(second).kind == CodeInfo::kBranch) {
    if (Step<second>::taken(state, skip)) ERMINE_BRANCH(Step<second>::kBack, skip * 8 + 4);
  } else {
    trap = Step<second>::run(state, skip);
    if (trap != TrapCode::kNone) [[unlikely]]
      ERMINE_TRAP(trap);
  }
  ERMINE_NEXT(unit_count(code));
}

template <bool back>
ERMINE_HANDLER handler_br(ERMINE_HANDLER_PARAMS) {
  ERMINE_BRANCH(back, 4);
}

template <bool null, bool back>
ERMINE_HANDLER handler_br_null(ERMINE_HANDLER_PARAMS) {
  if ((fp[field<uint16_t>(pc, 0)] == 0) == null) ERMINE_BRANCH(back, 4);
  ERMINE_NEXT(2);
}

template <From from>
ERMINE_HANDLER handler_br_table(ERMINE_HANDLER_PARAMS) {
  uint32_t wanted = from == From::kAcc ? static_cast<uint32_t>(r0) : get_slot<uint32_t>(fp, field<uint16_t>(pc, 0));
  const uint64_t index = base::clamp_index(wanted, field<uint32_t>(pc, 4));
  int32_t target;
  __builtin_memcpy(&target, reinterpret_cast<const char*>(pc + 2) + index * 4, sizeof target);
  ERMINE_JUMP(pc + target);
}

namespace {

template <OpCode code, unsigned n>
void name_branches() {
  []<unsigned... i>(std::integer_sequence<unsigned, i...>) {
    (
        [] {
          if constexpr (code_exists(code + i)) static_cast<void>(handler_branch_if<static_cast<OpCode>(code + i)>);
        }(),
        ...);
  }(std::make_integer_sequence<unsigned, n>());
}

template <unsigned pair>
void name_pair() {
  []<unsigned... i>(std::integer_sequence<unsigned, i...>) {
    (static_cast<void>(handler_pair<static_cast<OpCode>(kPairBase + 4 * pair + i)>), ...);
  }(std::make_integer_sequence<unsigned, pair_forms(pair)>());
}

[[maybe_unused]] void name_handlers() {
  for_each_op([]<Op op>() {
    if constexpr (is_branchable(op)) name_branches<branch_code(op, kSlotSlot, false, false), kBinaryForms * 4>();
  });
  []<unsigned... i>(std::integer_sequence<unsigned, i...>) {
    (name_pair<i>(), ...);
  }(std::make_integer_sequence<unsigned, kPairCount>());
}

}  // namespace

}  // namespace ermine::interp
