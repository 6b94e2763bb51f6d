// Stencils on AArch64. State: l0 x20, fp x21, ctx x22, mem x23, r0 x24, l1 x25, l2 x26, (x27 is free), l3 x28, l4 x0,
// l5 x1. clang would compute a symbol's address in a register; slots should be the offset of a load or store, so the
// accesses with holes are written here. x9 to x13 are not used (machine_aarch64.h: kSpare).
#pragma once

namespace ermine::baseline {

#define STENCIL_FLOAT(v) "w"(v)
#define STENCIL_FREE(v) asm volatile("" : "=r"(v))

// A hole's symbol by its kind, in an instruction with the output %0 and fp as %1.
#define STENCIL_FOR_SLOT(hole, before, after, output, ...)                                                 \
  do {                                                                                                     \
    if constexpr (hole == HoleKind::kSlotA) asm(before "ermine_slot_a" after : output : __VA_ARGS__);      \
    else if constexpr (hole == HoleKind::kSlotB) asm(before "ermine_slot_b" after : output : __VA_ARGS__); \
    else if constexpr (hole == HoleKind::kSlotC) asm(before "ermine_slot_c" after : output : __VA_ARGS__); \
    else asm(before "ermine_slot_d" after : output : __VA_ARGS__);                                         \
  } while (false)

template <HoleKind hole>
[[gnu::always_inline]] inline char* slot_address(Slot* fp) {
  char* p;
  STENCIL_FOR_SLOT(hole, "add %0, %1, :lo12:", "", "=r"(p), "r"(fp));
  return p;
}
// A stencil never reads a slot after it has written one, so reads need not declare the memory that they read.
template <class T, HoleKind hole>
[[gnu::always_inline]] inline T load_slot(Slot* fp) {
  T v;
  if constexpr (std::is_same_v<T, float>)
    STENCIL_FOR_SLOT(hole, "ldr %s0, [%1, :lo12:", "]", "=w"(v), "r"(fp), "m"(*fp));
  else if constexpr (std::is_same_v<T, double>)
    STENCIL_FOR_SLOT(hole, "ldr %d0, [%1, :lo12:", "]", "=w"(v), "r"(fp), "m"(*fp));
  else if constexpr (sizeof(T) == 4) STENCIL_FOR_SLOT(hole, "ldr %w0, [%1, :lo12:", "]", "=r"(v), "r"(fp), "m"(*fp));
  else STENCIL_FOR_SLOT(hole, "ldr %0, [%1, :lo12:", "]", "=r"(v), "r"(fp), "m"(*fp));
  return v;
}
[[gnu::always_inline]] inline void store_slot(Slot* fp, Slot v) {
  asm volatile("str %1, [%0, :lo12:ermine_slot_d]" : : "r"(fp), "r"(v) : "memory");
}

[[gnu::always_inline]] inline char* plus_offset(void* pinned) {
  char* p;
  asm("add %0, %1, :lo12:ermine_offset" : "=r"(p) : "r"(pinned));
  return p;
}
[[gnu::always_inline]] inline char* plus_offset_anywhere(void* p) {
  uint64_t offset;
  asm("movz %0, :abs_g1:ermine_offset\n movk %0, :abs_g0_nc:ermine_offset" : "=r"(offset));
  return static_cast<char*>(p) + offset;
}

[[gnu::always_inline]] inline uint32_t count() {
  uint32_t n;
  asm("movz %w0, :abs_g1:ermine_count\n movk %w0, :abs_g0_nc:ermine_count" : "=r"(n));
  return n;
}
[[gnu::always_inline]] inline const char* record_address() {
  const char* p;
  asm("adrp %0, ermine_record\n add %0, %0, :lo12:ermine_record" : "=r"(p));
  return p;
}
[[gnu::always_inline]] inline uintptr_t native_stack_pointer() {
  uintptr_t sp;
  asm("mov %0, sp" : "=r"(sp));
  return sp;
}

// --- By hand, for control.cc. Addresses have 48 bits.

// The call-out contains a handler's address and its operands; the handler then continues after this stencil.
#define STENCIL_CALL_OUT "adrp x20, ermine_record\n add x20, x20, :lo12:ermine_record\n ldr x8, [x20]\n br x8"

#define STENCIL_PC(reg) \
  "movz " reg ", :abs_g2:ermine_pc\n movk " reg ", :abs_g1_nc:ermine_pc\n movk " reg ", :abs_g0_nc:ermine_pc\n"

// The callee's frame is at `offset`, its header at `slot_d`; calls through the table of functions. x2: the call, for
// call_stub.
#define STENCIL_CALL \
  "stp x21, x22, [sp, #-32]!\n str x30, [sp, #16]\n"             \
  STENCIL_PC("x2")                                               \
  "add x15, x21, :lo12:ermine_slot_d\n"                          \
  "stp x2, x22, [x15]\n"                                         \
  "add x21, x21, :lo12:ermine_offset\n"                          \
  "adrp x15, ermine_call_table\n"                                \
  "ldr x15, [x15, :lo12:ermine_call_table]\n"                    \
  "blr x15\n"                                                    \
  "ldr x30, [sp, #16]\n ldp x21, x22, [sp], #32\n"               \
  "ldr x23, [x22]\n"                                             \
  "mov x24, x0\n"                                                \
  "b ermine_next"

// The code of the function that r0 refers to, to x15, and its reference for call_stub: through the entry for its index,
// `count` being the distance in bytes to that of index 0.
#define STENCIL_CODE_OF_REF \
  "ldr w14, [x24, #" ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_INDEX) "]\n" \
  "sub x2, x24, #" ERMINE_ASM(ERMINE_CALL_STUB_DISTANCE) "\n" \
  "adrp x15, ermine_call_table\n"                                \
  "add x15, x15, :lo12:ermine_call_table\n"                      \
  "movz w16, :abs_g1:ermine_count\n"                             \
  "movk w16, :abs_g0_nc:ermine_count\n"                          \
  "add x15, x15, w16, sxtw\n"                                    \
  "ldr x15, [x15, x14, lsl #3]\n"

// The same for the function that r0 refers to.
#define STENCIL_CALL_REF \
  "stp x21, x22, [sp, #-32]!\n str x30, [sp, #16]\n"             \
  STENCIL_PC("x2")                                               \
  "add x15, x21, :lo12:ermine_slot_d\n"                          \
  "stp x2, x22, [x15]\n"                                         \
  "add x21, x21, :lo12:ermine_offset\n"                          \
  STENCIL_CODE_OF_REF                                            \
  "blr x15\n"                                                    \
  "ldr x30, [sp, #16]\n ldp x21, x22, [sp], #32\n"               \
  "ldr x23, [x22]\n"                                             \
  "mov x24, x0\n"                                                \
  "b ermine_next"

// Loads an imported function, whose pointer is at `offset`, to r0.
#define STENCIL_LOAD_IMPORT \
  "ldr x15, [x22, #" ERMINE_ASM(ERMINE_OFFSET_CONTEXT_FUNC_REFS) "]\n" \
  "movz x24, :abs_g1:ermine_offset\n movk x24, :abs_g0_nc:ermine_offset\n" \
  "ldr x24, [x15, x24]\n" \
  "ldr x15, [x24, #" ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_HOST) "]\n"

// The state that a function of another instance begins with; r0 refers to it. Its code, at x15, gets what the handlers
// give it: its entry in pc, its FuncCode in r0.
#define STENCIL_SWITCH_INSTANCE \
  "ldr x22, [x24, #" ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_CTX) "]\n" \
  "ldr x24, [x24, #" ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_CODE) "]\n" \
  "ldr x20, [x24]\n" \
  "ldr x23, [x22]\n" \
  "ldr x15, [x20]\n"

// Calls an imported function. The callee's frame (for a host function: its slots, which end at `count`) is at `slot_a`,
// where the result of a host function is; the header is at `slot_d`. On the native stack: fp and this instance, in
// their place for the host the HostCall; the return address; the address of the host's slots.
#define STENCIL_CALL_IMPORT \
  "stp x21, x22, [sp, #-32]!\n str x30, [sp, #16]\n"             \
  STENCIL_LOAD_IMPORT                                            \
  STENCIL_PC("x8")                                               \
  "cbz x15, 1f\n"                                                \
  "ldr x15, [x22, #" ERMINE_ASM(ERMINE_OFFSET_CONTEXT_EXEC) "]\n" \
  "stp x8, x21, [x15, #" ERMINE_ASM(ERMINE_OFFSET_EXEC_LAST_PC) "]\n" \
  "str x22, [x15, #" ERMINE_ASM(ERMINE_OFFSET_EXEC_LAST_PC) "+16]\n" \
  "movz w3, :abs_g1:ermine_count\n"                              \
  "movk w3, :abs_g0_nc:ermine_count\n"                           \
  "add x3, x21, x3\n"                                            \
  "str x3, [x15, #" ERMINE_ASM(ERMINE_OFFSET_EXEC_STACK_TOP) "]\n" \
  "add x2, x21, :lo12:ermine_slot_a\n"                           \
  "ldr x3, [x15, #" ERMINE_ASM(ERMINE_OFFSET_EXEC_STORE) "]\n"    \
  "str x3, [sp]\n"                                               \
  "str x2, [sp, #24]\n"                                          \
  "mov x1, sp\n"                                                 \
  "ldp x15, x0, [x24, #" ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_HOST) "]\n" \
  "blr x15\n"                                                    \
  "ldp x30, x2, [sp, #16]\n add sp, sp, #32\n"                   \
  "tbnz w0, #0, 2f\n b ermine_trap\n 2:\n"                       \
  "ldr x23, [x22]\n"                                             \
  "ldr x24, [x2]\n"                                              \
  "b ermine_next\n"                                              \
  "1:\n"                                                         \
  "add x14, x21, :lo12:ermine_slot_d\n"                          \
  "stp x8, x22, [x14]\n"                                         \
  "add x21, x21, :lo12:ermine_slot_a\n"                          \
  STENCIL_SWITCH_INSTANCE                                        \
  "blr x15\n"                                                    \
  "ldr x30, [sp, #16]\n ldp x21, x22, [sp], #32\n"               \
  "ldr x23, [x22]\n"                                             \
  "mov x24, x0\n"                                                \
  "b ermine_next"

#define STENCIL_GUEST_IMPORT            \
  STENCIL_LOAD_IMPORT                   \
  "cbz x15, 1f\n b ermine_taken\n 1:\n" \
  "b ermine_next"

// Tail calls of functions of this instance, as above: the frame is already the callee's, and it returns to the caller
// of this function.
#define STENCIL_RETURN_CALL                   \
  STENCIL_PC("x2")                            \
  "adrp x15, ermine_call_table\n"             \
  "ldr x15, [x15, :lo12:ermine_call_table]\n" \
  "br x15"
#define STENCIL_RETURN_CALL_REF \
  STENCIL_CODE_OF_REF           \
  "br x15"
#define STENCIL_RETURN_CALL_IMPORT STENCIL_SWITCH_INSTANCE "br x15"

// The base of another memory is at `offset` of the context.
#define STENCIL_USE_MEMORY "ldr x23, [x22, :lo12:ermine_offset]\n b ermine_next"

// r0 is the trap's code; the pool's entry is the handler of traps.
#define STENCIL_TRAP_SITE STENCIL_PC("x20") "adrp x8, ermine_pool\n ldr x8, [x8, :lo12:ermine_pool]\n br x8"

}  // namespace ermine::baseline
