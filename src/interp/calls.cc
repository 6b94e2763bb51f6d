// Handlers of function entry, calls and tail calls, and of the exits: traps and exceptions.
#include "interp/code_calls.h"
#include "interp/handlers.h"
#include "interp/stubs.h"
#include "interp/unwind.h"
#include "runtime/accesses.h"
#include "runtime/bulk.h"
#include "runtime/call.h"
#include "runtime/instance.h"
#include "runtime/store.h"
#include "runtime/zero_extension.h"

namespace ermine::interp {

using runtime::FuncCode;
using runtime::FuncRef;

ERMINE_HANDLER handler_trap(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  exec->trap = static_cast<TrapCode>(r0);
  if (exec->trap == TrapCode::kException) [[clang::musttail]]
    return handler_fail(ERMINE_HANDLER_ARGS);
  [[clang::musttail]] return ermine_trap_exit(ERMINE_HANDLER_ARGS);
}

ERMINE_HANDLER handler_memory_trap(ERMINE_HANDLER_PARAMS) {
  ctx->exec->store->note_outside(*reinterpret_cast<const runtime::Memory*>(mem), r0);
  ERMINE_TRAP(TrapCode::kMemoryOutOfBounds);
}

// last_* are set. An exception in flight goes to the nearest handler of this entry, anything else to the host.
ERMINE_HANDLER handler_fail(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  if (exec->exception != 0) {
    exec->trap = TrapCode::kNone;
    CatchTarget target = find_handler(exec);
    if (target.pc != nullptr) {
      InstanceContext* to = target.ctx;
      ermine_resume(&target, target.pc, target.fp, to, to->memory0_base);
    }
  }
  [[clang::musttail]] return ermine_trap_exit(ERMINE_HANDLER_ARGS);
}

using namespace ir;

static inline uintptr_t native_stack_pointer() {
  uintptr_t sp;
#if defined(__x86_64__)
  asm("mov %%rsp, %0" : "=r"(sp));
#elif defined(__aarch64__)
  asm("mov %0, sp" : "=r"(sp));
#else
  sp = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
#endif
  return sp;
}

ERMINE_HANDLER handler_enter_slowly(ERMINE_HANDLER_PARAMS);

// First slot to zero @0, number @2, slots of the frame @4. Zeroes four at a time: the frame is large enough.
[[gnu::always_inline]] static inline void zero_locals(const Code* pc, Slot* fp) {
  unsigned n = field<uint16_t>(pc, 2);
  Slot* p = fp + field<uint16_t>(pc, 0);
  for (Slot* end = p + n; p < end; p += 4) {
    __builtin_memset_inline(p, 0, 32);
    asm volatile("" : "+r"(p));  // not a call of memset
  }
}

ERMINE_HANDLER handler_enter(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  if (fp + field<uint32_t>(pc, 4) > exec->stack_limit.load(std::memory_order_relaxed) ||
      !runtime::native_stack_suffices(exec, fp, native_stack_pointer())) [[unlikely]]
    [[clang::musttail]] return handler_enter_slowly(ERMINE_HANDLER_ARGS);
  zero_locals(pc, fp);
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_enter_slowly(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  if (!runtime::native_stack_suffices(exec, fp, native_stack_pointer())) ERMINE_TRAP(TrapCode::kCallStackExhausted);
  TrapCode trap = runtime::check_stack(exec, fp + field<uint32_t>(pc, 4));
  if (trap != TrapCode::kNone) ERMINE_TRAP(trap);
  mem = ctx->memory0_base;
  zero_locals(pc, fp);
#ifdef ERMINE_BASELINE
  ERMINE_JUMP(pc + (*pc == reinterpret_cast<Code>(&handler_enter_count) ? 3 : 2));
#else
  ERMINE_NEXT(2);
#endif
}

#ifdef ERMINE_BASELINE

// Continues in machine code if the function at pc has some.
ERMINE_HANDLER handler_tier_up(ERMINE_HANDLER_PARAMS) {
  const Code* entry = tier_up(ctx, pc);
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_JUMP(entry);
}

// Decrements a counter in the code; true when it reaches zero. Threads may share the code: one round more or less does
// not matter.
[[gnu::always_inline]] inline bool count_down(const Code* counter) {
  auto* n = const_cast<Code*>(counter);
  Code left = __atomic_load_n(n, __ATOMIC_RELAXED);
  if (left == 0) return true;
  __atomic_store_n(n, left - 1, __ATOMIC_RELAXED);
  return false;
}

ERMINE_HANDLER handler_enter_count(ERMINE_HANDLER_PARAMS) {
  if (count_down(pc + kEnterCounter)) [[unlikely]]
    [[clang::musttail]] return handler_tier_up(ERMINE_HANDLER_ARGS);
  ExecContext* exec = ctx->exec;
  if (fp + field<uint32_t>(pc, 4) > exec->stack_limit.load(std::memory_order_relaxed) ||
      !runtime::native_stack_suffices(exec, fp, native_stack_pointer())) [[unlikely]]
    [[clang::musttail]] return handler_enter_slowly(ERMINE_HANDLER_ARGS);
  zero_locals(pc, fp);
  ERMINE_NEXT(3);
}

ERMINE_HANDLER handler_loop(ERMINE_HANDLER_PARAMS) {
  if (count_down(pc + kLoopCounter)) [[unlikely]]
    [[clang::musttail]] return handler_tier_up(ERMINE_HANDLER_ARGS);
  ERMINE_NEXT(2);
}

ERMINE_HANDLER handler_poll(ERMINE_HANDLER_PARAMS) {
  ExecContext* exec = ctx->exec;
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  TrapCode trap = runtime::handle_interrupt(exec);
  if (trap != TrapCode::kNone) ERMINE_TRAP(trap);
  mem = ctx->memory0_base;
  ERMINE_NEXT(2);
}

// Continues in machine code of a higher tier if the function has some now.
ERMINE_HANDLER handler_sample(ERMINE_HANDLER_PARAMS) {
  const Code* entry = sample(ctx, pc);
  s0 = undefined<float>();
  d0 = undefined<double>();
  if (entry != nullptr) ERMINE_JUMP(entry);
  ERMINE_NEXT(2);
}

#endif

// The entry of a function without code. r0: its FuncCode.
ERMINE_HANDLER handler_translate(ERMINE_HANDLER_PARAMS) {
  auto* code = reinterpret_cast<FuncCode*>(r0);
  if (!translate_now(ctx, code, fp)) [[clang::musttail]]
    return handler_fail(ERMINE_HANDLER_ARGS);
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_JUMP(code->entry.load(std::memory_order_acquire));
}

// Calls a host function with its arguments at `frame`. False: it failed (last_* are set).
static inline bool call_host(const Code* pc, Slot* fp, InstanceContext* ctx, FuncRef* ref, Slot* frame) {
  ExecContext* exec = ctx->exec;
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  uint32_t slots = std::max(ref->type->func.param_slots, ref->type->func.result_slots);
  exec->stack_top = frame + slots;
  runtime::HostCall call{exec->store, ctx};
  return ref->host(ref->host_env, call, frame);
}

// AArch64: no value that is needed after a call may be in x29 during the call. Callees preserve that register, but
// calls that an exception skips cannot restore it (ermine_resume), and the frame's header has no room for it beside the
// return address. So the state is on the native stack, and the compiler must assume that the call may change it.
#if defined(__aarch64__)
#define ERMINE_KEEP_STATE \
  struct {                \
    const Code* pc;       \
    Slot* fp;             \
    InstanceContext* ctx; \
  } kept{pc, fp, ctx};    \
  asm volatile("" : : "r"(&kept), "m"(kept) : "memory")
#define ERMINE_GET_STATE pc = kept.pc, fp = kept.fp, ctx = kept.ctx
#else
#define ERMINE_KEEP_STATE
#define ERMINE_GET_STATE
#endif

// A call of code: `off` @0, header @2 (see ir/encoding.h). The native call keeps pc, fp and ctx.
#define ERMINE_CALL(code, callee_ctx, callee_mem)                                                                  \
  do {                                                                                                             \
    Slot* frame = fp + field<uint16_t>(pc, 0);                                                                     \
    Slot* header = frame + field<uint16_t>(pc, 2);                                                                 \
    header[runtime::kHeaderCallerPc] = reinterpret_cast<Slot>(pc);                                                 \
    header[runtime::kHeaderCallerCtx] = reinterpret_cast<Slot>(ctx);                                               \
    const Code* entry = (code)->entry.load(std::memory_order_acquire);                                             \
    ERMINE_KEEP_STATE;                                                                                             \
    r0 = reinterpret_cast<Handler>(*entry)(entry, frame, callee_ctx, callee_mem, reinterpret_cast<uint64_t>(code), \
                                           undefined<float>(), undefined<double>());                               \
    ERMINE_GET_STATE;                                                                                              \
    s0 = undefined<float>();                                                                                       \
    d0 = undefined<double>();                                                                                      \
    mem = ctx->memory0_base;                                                                                       \
    ERMINE_NEXT(3);                                                                                                \
  } while (false)

ERMINE_HANDLER handler_call(ERMINE_HANDLER_PARAMS) {
  auto* code = reinterpret_cast<FuncCode*>(pc[2]);
  ERMINE_CALL(code, ctx, mem);
}

// Calls the host function in r0. Apart from the other calls, so that they need not save registers for it.
[[gnu::noinline]] ERMINE_HANDLER handler_call_host(ERMINE_HANDLER_PARAMS) {
  Slot* frame = fp + field<uint16_t>(pc, 0);
  if (!call_host(pc, fp, ctx, reinterpret_cast<FuncRef*>(r0), frame)) [[unlikely]]
    [[clang::musttail]] return handler_fail(ERMINE_HANDLER_ARGS);
  r0 = frame[0];
  s0 = undefined<float>();
  d0 = undefined<double>();
  mem = ctx->memory0_base;
  ERMINE_NEXT(3);
}

// Calls the function in r0, of any instance or of the host.
ERMINE_HANDLER handler_call_any(ERMINE_HANDLER_PARAMS) {
  auto* ref = reinterpret_cast<FuncRef*>(r0);
  if (ref->host != nullptr) [[clang::musttail]]
    return handler_call_host(ERMINE_HANDLER_ARGS);
  ERMINE_CALL(ref->code, ref->ctx, ref->ctx->memory0_base);
}

ERMINE_HANDLER handler_call_import(ERMINE_HANDLER_PARAMS) {
  r0 = reinterpret_cast<uint64_t>(ctx->func_refs[field<uint32_t>(pc, 8)]);
  [[clang::musttail]] return handler_call_any(ERMINE_HANDLER_ARGS);
}

// Whether a function of type `have` may be called as `want`.
[[gnu::always_inline]] static inline bool type_matches(const wasm::TypeDef* have, wasm::TypeId want,
                                                       InstanceContext* ctx) {
  return have->id == want || is_declared_subtype(have, want, ctx);
}

// Remembers the callee of an indirect call: the code may be compiled by a tier that inlines functions.
[[gnu::always_inline]] static inline void note_callee(const Code* pc, const FuncRef* ref, InstanceContext* ctx) {
#ifdef ERMINE_BASELINE
  auto* cell = const_cast<uint16_t*>(callee_cell(pc));
  const uint16_t before = __atomic_load_n(cell, __ATOMIC_RELAXED);
  if (before == kManyCallees) return;
  const uint32_t now = ref->func_index + 1;
  if (before == now && ref->ctx == ctx) [[likely]]
    return;
  const bool is_first = before == 0 && now < kManyCallees && ref->ctx == ctx;
  __atomic_store_n(cell, is_first ? static_cast<uint16_t>(now) : kManyCallees, __ATOMIC_RELAXED);
#endif
}

// type @4, table @8, index slot @12.
template <From from>
ERMINE_HANDLER handler_call_indirect(ERMINE_HANDLER_PARAMS) {
  const runtime::TableView* table = ctx->tables[field<uint32_t>(pc, 8)];
  uint64_t index = from == From::kAcc ? r0 : fp[field<uint16_t>(pc, 12)];
  runtime::expect_table_index(Op::call_indirect, ctx, field<uint32_t>(pc, 8), index);
  FuncRef* ref = runtime::table_function(*table, index);
  if (ref == nullptr) [[unlikely]]
    ERMINE_TRAP(index >= table->size ? TrapCode::kUndefinedElement : TrapCode::kUninitializedElement);
  if (!type_matches(ref->type, field<uint32_t>(pc, 4), ctx)) [[unlikely]]
    ERMINE_TRAP(TrapCode::kIndirectCallTypeMismatch);
  note_callee(pc, ref, ctx);
  if (ref->ctx != ctx) [[unlikely]] {
    r0 = reinterpret_cast<uint64_t>(ref);
    [[clang::musttail]] return handler_call_any(ERMINE_HANDLER_ARGS);
  }
  ERMINE_CALL(ref->code, ctx, mem);
}

// reference slot @8.
ERMINE_HANDLER handler_call_ref(ERMINE_HANDLER_PARAMS) {
  r0 = fp[field<uint16_t>(pc, 8)];
  if (r0 == 0) [[unlikely]]
    ERMINE_TRAP(TrapCode::kNullFunctionReference);
  note_callee(pc, reinterpret_cast<const FuncRef*>(r0), ctx);
  [[clang::musttail]] return handler_call_any(ERMINE_HANDLER_ARGS);
}

// Tail calls: arguments @0, their slots @2, own parameter slots @4, callee slot @6, target @8, type @16.
// The caller's header moves behind the new parameters, which move to the frame's start.
[[gnu::always_inline]] static inline void replace_frame(const Code* pc, Slot* fp) {
  unsigned params = field<uint16_t>(pc, 2), own = field<uint16_t>(pc, 4);
  Slot caller_pc = fp[own + runtime::kHeaderCallerPc], caller_ctx = fp[own + runtime::kHeaderCallerCtx];
  std::memmove(fp, fp + field<uint16_t>(pc, 0), params * sizeof(Slot));
  fp[params + runtime::kHeaderCallerPc] = caller_pc;
  fp[params + runtime::kHeaderCallerCtx] = caller_ctx;
}

ERMINE_HANDLER handler_return_call(ERMINE_HANDLER_PARAMS) {
  auto* code = reinterpret_cast<FuncCode*>(pc[2]);
  replace_frame(pc, fp);
  r0 = reinterpret_cast<uint64_t>(code);
  s0 = undefined<float>();
  d0 = undefined<double>();
  ERMINE_JUMP(code->entry.load(std::memory_order_acquire));
}

ERMINE_HANDLER handler_return_call_any(ERMINE_HANDLER_PARAMS) {
  auto* ref = reinterpret_cast<FuncRef*>(r0);
  if (ref->host != nullptr) {
    Slot* frame = fp + field<uint16_t>(pc, 0);
    if (!call_host(pc, fp, ctx, ref, frame)) [[unlikely]]
      [[clang::musttail]] return handler_fail(ERMINE_HANDLER_ARGS);
    std::memmove(fp, frame, ref->type->func.result_slots * sizeof(Slot));
    ERMINE_RETURN(fp[0]);
  }
  replace_frame(pc, fp);
  r0 = reinterpret_cast<uint64_t>(ref->code);
  s0 = undefined<float>();
  d0 = undefined<double>();
  const Code* entry = ref->code->entry.load(std::memory_order_acquire);
  ctx = ref->ctx;
  mem = ctx->memory0_base;
  ERMINE_JUMP(entry);
}

ERMINE_HANDLER handler_return_call_import(ERMINE_HANDLER_PARAMS) {
  r0 = reinterpret_cast<uint64_t>(ctx->func_refs[field<uint32_t>(pc, 8)]);
  [[clang::musttail]] return handler_return_call_any(ERMINE_HANDLER_ARGS);
}

ERMINE_HANDLER handler_return_call_indirect(ERMINE_HANDLER_PARAMS) {
  const runtime::TableView* table = ctx->tables[field<uint32_t>(pc, 8)];
  uint64_t index = fp[field<uint16_t>(pc, 6)];
  runtime::expect_table_index(Op::return_call_indirect, ctx, field<uint32_t>(pc, 8), index);
  FuncRef* ref = runtime::table_function(*table, index);
  if (ref == nullptr) [[unlikely]]
    ERMINE_TRAP(index >= table->size ? TrapCode::kUndefinedElement : TrapCode::kUninitializedElement);
  if (!type_matches(ref->type, field<uint32_t>(pc, 16), ctx)) [[unlikely]]
    ERMINE_TRAP(TrapCode::kIndirectCallTypeMismatch);
  r0 = reinterpret_cast<uint64_t>(ref);
  [[clang::musttail]] return handler_return_call_any(ERMINE_HANDLER_ARGS);
}

ERMINE_HANDLER handler_return_call_ref(ERMINE_HANDLER_PARAMS) {
  r0 = fp[field<uint16_t>(pc, 6)];
  if (r0 == 0) [[unlikely]]
    ERMINE_TRAP(TrapCode::kNullFunctionReference);
  [[clang::musttail]] return handler_return_call_any(ERMINE_HANDLER_ARGS);
}

}  // namespace ermine::interp
