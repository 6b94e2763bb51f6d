// The form of the interpreter's handlers.
//
// A handler executes one instruction of the register code and tail-calls the handler of the next one, whose address is
// the first unit of the next instruction. Its arguments are the machine's state, pinned in registers by the
// preserve_none calling convention (x86-64: pc r12, fp r13, ctx r14, mem r15, r0 rdi; AArch64: x20 to x24; stubs_*.S
// and the trap region rely on it):
//
//   pc   the instruction      fp   the frame's slot 0       ctx  the running instance
//   mem  base of memory 0     r0, s0, d0  the accumulators (integers and references, f32, f64)
//
// IrOp::use_memory gives mem another memory's base, for the loads and stores that follow it.
//
// Only a return instruction returns; a call is a native call, so that the processor predicts returns. All handlers are
// in the section ermine_interp, by which a fault is recognised as a trap.
#pragma once

#include "ir/encoding.h"
#include "ir/op_forms.h"
#include "runtime/builtins.h"
#include "runtime/context.h"
#include "semantics/semantics_of.h"

namespace ermine::interp {

using ir::Code;
using ir::field;
using runtime::ExecContext;
using runtime::InstanceContext;
using runtime::Slot;
using semantics::for_each_op;
using semantics::SemanticsOf;
using semantics::V128;
using wasm::Op;

#define ERMINE_HANDLER_PARAMS \
  const Code *pc, Slot *fp, InstanceContext *ctx, uint8_t *mem, uint64_t r0, float s0, double d0
#define ERMINE_HANDLER_ARGS pc, fp, ctx, mem, r0, s0, d0
#define ERMINE_HANDLER \
  [[gnu::section("ermine_interp"), gnu::visibility("hidden")]] __attribute__((preserve_none)) uint64_t
typedef __attribute__((preserve_none)) uint64_t (*Handler)(ERMINE_HANDLER_PARAMS);

#define ERMINE_TAIL(target, at)                               \
  do {                                                        \
    pc = (at);                                                \
    [[clang::musttail]] return (target)(ERMINE_HANDLER_ARGS); \
  } while (false)
#define ERMINE_JUMP(at)                                                             \
  do {                                                                              \
    pc = (at);                                                                      \
    [[clang::musttail]] return reinterpret_cast<Handler>(*pc)(ERMINE_HANDLER_ARGS); \
  } while (false)
// Continues `n` units further.
#define ERMINE_NEXT(n) ERMINE_JUMP(pc + (std::integral_constant<unsigned, (n)>::value))
// Traps at this instruction; the trap code is passed in r0.
#define ERMINE_TRAP(code)                                         \
  do {                                                            \
    r0 = static_cast<uint64_t>(code);                             \
    [[clang::musttail]] return handler_trap(ERMINE_HANDLER_ARGS); \
  } while (false)

// Traps at an access that is not completely inside of a memory (index as in the instruction).
#define ERMINE_MEMORY_TRAP(memory, index, offset)                                          \
  do {                                                                                     \
    mem = reinterpret_cast<uint8_t*>(ctx->memories[memory]);                               \
    if (__builtin_add_overflow(uint64_t{index}, uint64_t{offset}, &r0)) r0 = ~uint64_t{0}; \
    [[clang::musttail]] return handler_memory_trap(ERMINE_HANDLER_ARGS);                   \
  } while (false)

// Returns from a function of the guest, with fp in its register: machine code continues with it.
#if defined(__x86_64__)
#define ERMINE_FP_REGISTER "r13"
#elif defined(__aarch64__)
#define ERMINE_FP_REGISTER "x21"
#endif
#define ERMINE_RETURN(value)                            \
  do {                                                  \
    const uint64_t result_ = (value);                   \
    register Slot* frame_ asm(ERMINE_FP_REGISTER) = fp; \
    asm volatile("" : : "r"(frame_));                   \
    return result_;                                     \
  } while (false)

ERMINE_HANDLER handler_trap(ERMINE_HANDLER_PARAMS);
// mem: the runtime::Memory; r0: the address that it does not have.
ERMINE_HANDLER handler_memory_trap(ERMINE_HANDLER_PARAMS);
// Store::pending_error is set, or an exception is in flight.
ERMINE_HANDLER handler_fail(ERMINE_HANDLER_PARAMS);

// A value that costs nothing to make: the contents of an accumulator after a call. (volatile: otherwise two of them
// would be the same value, which would have to be preserved.)
template <class T>
[[gnu::always_inline]] inline T undefined() {
  T v;
#if defined(__x86_64__)
  asm volatile("" : "=x"(v));
#elif defined(__aarch64__)
  asm volatile("" : "=w"(v));
#else
  v = T{};
#endif
  return v;
}

// A memory access before this line is done while pc is still its instruction: the fault handler finds pc in its
// register. (The compiler may not move the access or the computation of the new pc across.)
#define ERMINE_FAULT_BARRIER(pc) asm volatile("" : "+r"(pc) : : "memory")

template <class T>
[[gnu::always_inline]] inline T get_slot(const Slot* fp, unsigned slot) {
  if constexpr (std::is_same_v<T, V128>) {
    return V128::load(fp + slot);
  } else {
    T v;
    __builtin_memcpy(&v, fp + slot, sizeof v);
    return v;
  }
}

template <class T>
[[gnu::always_inline]] inline void set_slot(Slot* fp, unsigned slot, T v) {
  if constexpr (std::is_same_v<T, V128>) v.store(fp + slot);
  else if constexpr (std::is_same_v<T, float>) fp[slot] = std::bit_cast<uint32_t>(v);
  else if constexpr (std::is_same_v<T, double>) fp[slot] = std::bit_cast<uint64_t>(v);
  else fp[slot] = v;  // i32 is zero-extended
}

// Registers that hold accumulators.
template <class T>
[[gnu::always_inline]] inline T get_acc(uint64_t r0, float s0, double d0) {
  if constexpr (std::is_same_v<T, float>) return s0;
  else if constexpr (std::is_same_v<T, double>) return d0;
  else return static_cast<T>(r0);
}
template <class T>
[[gnu::always_inline]] inline void set_acc(T v, uint64_t& r0, float& s0, double& d0) {
  if constexpr (std::is_same_v<T, float>) s0 = v;
  else if constexpr (std::is_same_v<T, double>) d0 = v;
  else r0 = v;
}

enum class From { kSlot, kAcc, kImm };

// Immediate operand of type T: 32 bits at byte `at`; i64 and f64 in the unit after the operands.
template <class T>
[[gnu::always_inline]] inline T get_imm(const Code* pc, unsigned at) {
  if constexpr (sizeof(T) == 8) return field<T>(pc, 8);
  else return field<T>(pc, at);
}

}  // namespace ermine::interp
