// Handlers of the atomic instructions: operands in slots, bounds and alignment checked.
#include "interp/checked_address.h"
#include "interp/handlers.h"
#include "runtime/bulk.h"

namespace ermine::interp {

using namespace ir;

template <Op op>
ERMINE_HANDLER handler_atomic(ERMINE_HANDLER_PARAMS) {
  using Sem = SemanticsOf<op>;
  auto memory = field<uint32_t>(pc, 8);
  uint64_t index = fp[field<uint16_t>(pc, 2)];
  auto offset = field<uint64_t>(pc, 16);
  uint8_t* p = checked_address<op>(ctx, memory, index, offset);
  if (p == nullptr) [[unlikely]]
    ERMINE_MEMORY_TRAP(memory, index, offset);
  if (((index + offset) & (access_size(op) - 1)) != 0) [[unlikely]]
    ERMINE_TRAP(TrapCode::kUnalignedAtomic);
  uint64_t b = fp[field<uint16_t>(pc, 4)], c = fp[field<uint16_t>(pc, 6)];
  if constexpr (op == Op::memory_atomic_notify || op == Op::memory_atomic_wait32 || op == Op::memory_atomic_wait64) {
    ExecContext* exec = ctx->exec;
    exec->last_pc = pc;
    exec->last_fp = fp;
    exec->last_ctx = ctx;
    uint32_t result = 0;
    TrapCode trap;
    if constexpr (op == Op::memory_atomic_notify)
      trap = runtime::atomic_notify(ctx, memory, index + offset, static_cast<uint32_t>(b), &result);
    else if constexpr (op == Op::memory_atomic_wait32)
      trap = runtime::atomic_wait32(ctx, memory, index + offset, static_cast<uint32_t>(b), static_cast<int64_t>(c),
                                    &result);
    else trap = runtime::atomic_wait64(ctx, memory, index + offset, b, static_cast<int64_t>(c), &result);
    if (trap != TrapCode::kNone) ERMINE_TRAP(trap);
    mem = ctx->memory0_base;
    fp[field<uint16_t>(pc, 0)] = result;
  } else {
    if constexpr (Sem::kResults) {
      using T = typename Sem::Result;
      T result;
      if constexpr (Sem::kParams == 1) result = Sem::call(p);
      else if constexpr (Sem::kParams == 2) result = Sem::call(p, static_cast<T>(b));
      else result = Sem::call(p, static_cast<T>(b), static_cast<T>(c));
      set_slot(fp, field<uint16_t>(pc, 0), result);
    } else {
      Sem::call(p, static_cast<typename Sem::template Param<1>>(b));
    }
  }
  ERMINE_NEXT(4);
}

namespace {

[[maybe_unused]] void name_handlers() {
  for_each_op([]<Op op>() {
    if constexpr (family_of(op) == Family::kAtomic && code_exists(slots_code(op)))
      static_cast<void>(handler_atomic<op>);
  });
}

}  // namespace

}  // namespace ermine::interp
