// Handlers that move values: copies, constants, globals, selects, returns; and runtime calls.
#include "interp/step.h"
#include "runtime/bulk.h"

namespace ermine::interp {

using namespace ir;

ERMINE_HANDLER handler_copy_n(ERMINE_HANDLER_PARAMS) {
  std::memmove(fp + field<uint16_t>(pc, 0), fp + field<uint16_t>(pc, 2), size_t{field<uint32_t>(pc, 4)} * sizeof(Slot));
  r0 = 0;  // accumulators need not be preserved
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_copy_v128(ERMINE_HANDLER_PARAMS) {
  set_slot(fp, field<uint16_t>(pc, 0), get_slot<V128>(fp, field<uint16_t>(pc, 2)));
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_const64(ERMINE_HANDLER_PARAMS) {
  fp[field<uint16_t>(pc, 0)] = pc[2];
  ERMINE_NEXT(3);
}

ERMINE_HANDLER handler_const_v128(ERMINE_HANDLER_PARAMS) {
  set_slot(fp, field<uint16_t>(pc, 0), V128::load(pc + 2));
  ERMINE_NEXT(4);
}

// dst @0, a @2, b @4, condition @6.
template <class T, From condition_from, bool to_slot>
ERMINE_HANDLER handler_select(ERMINE_HANDLER_PARAMS) {
  uint32_t condition =
      condition_from == From::kAcc ? static_cast<uint32_t>(r0) : get_slot<uint32_t>(fp, field<uint16_t>(pc, 6));
  T a = get_slot<T>(fp, field<uint16_t>(pc, 2)), b = get_slot<T>(fp, field<uint16_t>(pc, 4));
  T v = condition ? a : b;
  if constexpr (to_slot) set_slot(fp, field<uint16_t>(pc, 0), v);
  if constexpr (!std::is_same_v<T, V128>) set_acc(v, r0, s0, d0);
  ERMINE_NEXT(3);
}

template <class T, bool to_slot>
ERMINE_HANDLER handler_global_get(ERMINE_HANDLER_PARAMS) {
  const Slot* cell = ctx->globals[field<uint32_t>(pc, 4)];
  T v = get_slot<T>(cell, 0);
  if constexpr (to_slot) set_slot(fp, field<uint16_t>(pc, 0), v);
  if constexpr (!std::is_same_v<T, V128>) set_acc(v, r0, s0, d0);
  ERMINE_NEXT(2);
}

template <class T, From from>
ERMINE_HANDLER handler_global_set(ERMINE_HANDLER_PARAMS) {
  Slot* cell = ctx->globals[field<uint32_t>(pc, 4)];
  if constexpr (from == From::kAcc) set_slot(cell, 0, get_acc<T>(r0, s0, d0));
  else set_slot(cell, 0, get_slot<T>(fp, field<uint16_t>(pc, 0)));
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_use_memory(ERMINE_HANDLER_PARAMS) {
  std::memcpy(&mem, reinterpret_cast<const char*>(ctx) + field<uint32_t>(pc, 4), sizeof mem);
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_memory_size(ERMINE_HANDLER_PARAMS) {
  uint64_t pages = runtime::memory_size(ctx, field<uint32_t>(pc, 4));
  fp[field<uint16_t>(pc, 0)] = pages;
  r0 = pages;
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_ret(ERMINE_HANDLER_PARAMS) { ERMINE_RETURN(r0); }

ERMINE_HANDLER handler_ret_copy(ERMINE_HANDLER_PARAMS) {
  uint64_t v = fp[field<uint16_t>(pc, 2)];
  fp[0] = v;
  ERMINE_RETURN(v);
}

template <class T>
ERMINE_HANDLER handler_ret_acc(ERMINE_HANDLER_PARAMS) {
  set_slot(fp, 0, get_acc<T>(r0, s0, d0));
  ERMINE_RETURN(r0);
}

ERMINE_HANDLER handler_ret_const(ERMINE_HANDLER_PARAMS) {
  fp[0] = pc[2];
  ERMINE_RETURN(pc[2]);
}

ERMINE_HANDLER handler_ret_copy_n(ERMINE_HANDLER_PARAMS) {
  std::memmove(fp, fp + field<uint16_t>(pc, 2), size_t{field<uint32_t>(pc, 4)} * sizeof(Slot));
  ERMINE_RETURN(0);
}

ERMINE_HANDLER handler_trap_now(ERMINE_HANDLER_PARAMS) { ERMINE_TRAP(field<uint32_t>(pc, 4)); }

// base @0, operand slots @2, a @4, b @8, function @16.
ERMINE_HANDLER handler_builtin(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  Slot* base = fp + field<uint16_t>(pc, 0);
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  exec->stack_top = base + field<uint16_t>(pc, 2);
  TrapCode trap = field<runtime::Builtin>(pc, 16)(ctx, base, field<uint32_t>(pc, 4), field<uint64_t>(pc, 8));
  if (trap != TrapCode::kNone) [[unlikely]]
    ERMINE_TRAP(trap);
  mem = ctx->memory0_base;
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_NEXT(4);
}

ERMINE_HANDLER handler_fuel(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  exec->fuel -= field<uint32_t>(pc, 4);
  if (exec->fuel < 0) [[unlikely]] {
    exec->last_pc = pc;
    exec->last_fp = fp;
    exec->last_ctx = ctx;
    TrapCode trap = runtime::handle_out_of_fuel(exec);
    if (trap != TrapCode::kNone) ERMINE_TRAP(trap);
    mem = ctx->memory0_base;
  }
  ERMINE_NEXT(2);
}

}  // namespace ermine::interp
