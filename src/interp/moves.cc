// Handlers that move values: copies, constants, globals, selects, returns; and runtime calls.
#include "interp/step.h"
#include "runtime/bulk.h"

namespace ermine::interp {

namespace {

using namespace ir;

ERMINE_HANDLER handler_copy_n(ERMINE_HANDLER_PARAMS) {
  std::memmove(fp + field<uint16_t>(pc, 0), fp + field<uint16_t>(pc, 2), size_t{field<uint32_t>(pc, 4)} * sizeof(Slot));
  r0 = 0;  // accumulators are not kept
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

ERMINE_HANDLER handler_memory_size(ERMINE_HANDLER_PARAMS) {
  uint64_t pages = runtime::memory_size(ctx, field<uint32_t>(pc, 4));
  fp[field<uint16_t>(pc, 0)] = pages;
  r0 = pages;
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_ret(ERMINE_HANDLER_PARAMS) { return r0; }

ERMINE_HANDLER handler_ret_copy(ERMINE_HANDLER_PARAMS) {
  uint64_t v = fp[field<uint16_t>(pc, 2)];
  fp[0] = v;
  return v;
}

template <class T>
ERMINE_HANDLER handler_ret_acc(ERMINE_HANDLER_PARAMS) {
  set_slot(fp, 0, get_acc<T>(r0, s0, d0));
  return r0;
}

ERMINE_HANDLER handler_ret_const(ERMINE_HANDLER_PARAMS) {
  fp[0] = pc[2];
  return pc[2];
}

ERMINE_HANDLER handler_ret_copy_n(ERMINE_HANDLER_PARAMS) {
  std::memmove(fp, fp + field<uint16_t>(pc, 2), size_t{field<uint32_t>(pc, 4)} * sizeof(Slot));
  return 0;
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
  }
  ERMINE_NEXT(2);
}

}  // namespace

void fill_moves(HandlerTable& t) {
  auto set = [&](IrOp op, const void* p, unsigned form = 0) { t[code_of(op) + form] = p; };
  using enum From;
  fill_steps<code_of(IrOp::copy), 1>(t);
  fill_steps<code_of(IrOp::copy2), 1>(t);
  set(IrOp::copy_n, address_of(handler_copy_n));
  set(IrOp::copy_v128, address_of(handler_copy_v128));
  fill_steps<code_of(IrOp::const32), 1>(t);
  set(IrOp::const64, address_of(handler_const64));
  set(IrOp::const_v128, address_of(handler_const_v128));
  fill_steps<code_of(IrOp::set_r), 1>(t);
  fill_steps<code_of(IrOp::set_s), 1>(t);
  fill_steps<code_of(IrOp::set_d), 1>(t);
  auto set_class = [&]<class T>(IrOp select, IrOp global) {
    set(select, address_of(handler_select<T, kSlot, false>), 0);
    set(select, address_of(handler_select<T, kSlot, true>), 1);
    set(select, address_of(handler_select<T, kAcc, false>), 2);
    set(select, address_of(handler_select<T, kAcc, true>), 3);
    set(global, address_of(handler_global_get<T, false>), 0);
    set(global, address_of(handler_global_get<T, true>), 1);
  };
  set_class.operator()<uint64_t>(IrOp::select_r, IrOp::global_get_r);
  set_class.operator()<float>(IrOp::select_s, IrOp::global_get_s);
  set_class.operator()<double>(IrOp::select_d, IrOp::global_get_d);
  set(IrOp::select_v128, address_of(handler_select<V128, kSlot, true>));
  set(IrOp::global_get_v128, address_of(handler_global_get<V128, true>));
  fill_steps<code_of(IrOp::global_set_r), 1>(t);
  set(IrOp::global_set_s, address_of(handler_global_set<uint64_t, kSlot>));
  set(IrOp::global_set_v128, address_of(handler_global_set<V128, kSlot>));
  set(IrOp::memory_size, address_of(handler_memory_size));
  set(IrOp::ret, address_of(handler_ret));
  set(IrOp::ret_copy, address_of(handler_ret_copy));
  set(IrOp::ret_r, address_of(handler_ret_acc<uint64_t>));
  set(IrOp::ret_s, address_of(handler_ret_acc<float>));
  set(IrOp::ret_d, address_of(handler_ret_acc<double>));
  set(IrOp::ret_const, address_of(handler_ret_const));
  set(IrOp::ret_copy_n, address_of(handler_ret_copy_n));
  set(IrOp::trap, address_of(handler_trap_now));
  set(IrOp::builtin, address_of(handler_builtin));
  set(IrOp::fuel, address_of(handler_fuel));
}

}  // namespace ermine::interp
