// Stencils on x86-64. State: l0 r12, fp r13, ctx r14, mem r15, r0 rdi, l1 rsi, l2 rdx, (rcx is free), l3 r8, l4 r9, l5
// r11. A symbol's address is a displacement or a 32-bit operand, so clang itself makes the holes.
#pragma once

namespace ermine::baseline {

#define STENCIL_FLOAT(v) "x"(v)
#define STENCIL_FREE(v) asm volatile("" : "=c"(v))

template <HoleKind hole>
inline char* hole_symbol() {
  if constexpr (hole == HoleKind::kSlotA) return ermine_slot_a;
  else if constexpr (hole == HoleKind::kSlotB) return ermine_slot_b;
  else if constexpr (hole == HoleKind::kSlotC) return ermine_slot_c;
  else return ermine_slot_d;
}

template <HoleKind hole>
[[gnu::always_inline]] inline char* slot_address(Slot* fp) {
  return reinterpret_cast<char*>(fp) + reinterpret_cast<uintptr_t>(hole_symbol<hole>());
}
template <class T, HoleKind hole>
[[gnu::always_inline]] inline T load_slot(Slot* fp) {
  T v;
  std::memcpy(&v, slot_address<hole>(fp), sizeof v);
  return v;
}
[[gnu::always_inline]] inline void store_slot(Slot* fp, Slot v) {
  std::memcpy(slot_address<HoleKind::kSlotD>(fp), &v, sizeof v);
}

// A pinned register plus the offset; any other pointer plus the offset.
[[gnu::always_inline]] inline char* plus_offset(void* pinned) {
  return static_cast<char*>(pinned) + reinterpret_cast<uintptr_t>(ermine_offset);
}
[[gnu::always_inline]] inline char* plus_offset_anywhere(void* p) { return plus_offset(p); }

[[gnu::always_inline]] inline uint32_t count() {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(ermine_count));
}
[[gnu::always_inline]] inline const char* record_address() {
  const char* p;
  asm("lea ermine_record(%%rip), %0" : "=r"(p));
  return p;
}
[[gnu::always_inline]] inline uintptr_t native_stack_pointer() {
  uintptr_t sp;
  asm("mov %%rsp, %0" : "=r"(sp));
  return sp;
}

// --- By hand, for control.cc

// The call-out contains a handler's address and its operands; the handler then continues after this stencil.
#define STENCIL_CALL_OUT "lea ermine_record(%rip), %r12\n jmp *(%r12)"

// The callee's frame is at `offset`, its header at `slot_d`; calls through the table of functions. A callee returns
// with the fp that it got. The word on the native stack is for alignment. rax: the call, for call_stub.
#define STENCIL_CALL                  \
  "push %r14\n"                       \
  "movabs $ermine_pc, %rax\n"         \
  "mov %rax, ermine_slot_d(%r13)\n"   \
  "mov %r14, ermine_slot_d+8(%r13)\n" \
  "add $ermine_offset, %r13\n"        \
  "call *ermine_call_table(%rip)\n"   \
  "pop %r14\n"                        \
  "sub $ermine_offset, %r13\n"        \
  "mov (%r14), %r15\n"                \
  "mov %rax, %rdi\n"                  \
  "jmp ermine_next"

// The code of the function that r0 refers to is at STENCIL_ENTRY_OF_REF, the entry for its index: `count` is the
// distance in bytes to that of index 0. rax: the reference, for call_stub.
#define STENCIL_CODE_OF_REF \
  "mov " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_INDEX) "(%rdi), %ecx\n" \
  "lea -" ERMINE_ASM(ERMINE_CALL_STUB_DISTANCE) "(%rdi), %rax\n" \
  "lea ermine_call_table(%rip), %rdx\n"
#define STENCIL_ENTRY_OF_REF "*ermine_count(%rdx,%rcx,8)"

// The same for the function that r0 refers to.
#define STENCIL_CALL_REF                                                        \
  "push %r14\n"                                                                 \
  "movabs $ermine_pc, %rax\n"                                                   \
  "mov %rax, ermine_slot_d(%r13)\n"                                             \
  "mov %r14, ermine_slot_d+8(%r13)\n"                                           \
  "add $ermine_offset, %r13\n" STENCIL_CODE_OF_REF "call " STENCIL_ENTRY_OF_REF \
  "\n"                                                                          \
  "pop %r14\n"                                                                  \
  "sub $ermine_offset, %r13\n"                                                  \
  "mov (%r14), %r15\n"                                                          \
  "mov %rax, %rdi\n"                                                            \
  "jmp ermine_next"

// Loads an imported function, whose pointer is at `offset`, to r0.
#define STENCIL_LOAD_IMPORT \
  "mov " ERMINE_ASM(ERMINE_OFFSET_CONTEXT_FUNC_REFS) "(%r14), %rax\n" \
  "mov ermine_offset(%rax), %rdi\n"

// The state that a function of another instance begins with; r0 refers to it. Its code gets what the handlers give it:
// its entry in pc, its FuncCode in r0.
#define STENCIL_SWITCH_INSTANCE \
  "mov " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_CTX) "(%rdi), %r14\n" \
  "mov " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_CODE) "(%rdi), %rdi\n" \
  "mov (%rdi), %r12\n" \
  "mov (%r14), %r15\n"

// Calls an imported function. The callee's frame (for a host function: its slots, which end at `count`) is at `slot_a`,
// where the result of a host function is; the header is at `slot_d`. The words on the native stack: this instance,
// which is for alignment if the host is called; then, for the host, the HostCall.
#define STENCIL_CALL_IMPORT \
  "push %r14\n" STENCIL_LOAD_IMPORT                \
  "movabs $ermine_pc, %rax\n"                      \
  "cmpq $0, " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_HOST) "(%rdi)\n" \
  "je 1f\n"                                        \
  "push %r14\n push %rax\n"                       \
  "mov " ERMINE_ASM(ERMINE_OFFSET_CONTEXT_EXEC) "(%r14), %rcx\n" \
  "mov %rax, " ERMINE_ASM(ERMINE_OFFSET_EXEC_LAST_PC) "(%rcx)\n" \
  "mov %r13, " ERMINE_ASM(ERMINE_OFFSET_EXEC_LAST_PC) "+8(%rcx)\n" \
  "mov %r14, " ERMINE_ASM(ERMINE_OFFSET_EXEC_LAST_PC) "+16(%rcx)\n" \
  "lea ermine_slot_a(%r13), %rdx\n"                \
  "lea ermine_count(%r13), %rax\n"                 \
  "mov %rax, " ERMINE_ASM(ERMINE_OFFSET_EXEC_STACK_TOP) "(%rcx)\n" \
  "mov " ERMINE_ASM(ERMINE_OFFSET_EXEC_STORE) "(%rcx), %rax\n" \
  "mov %rax, (%rsp)\n"                             \
  "mov %rsp, %rsi\n"                               \
  "mov " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_HOST) "(%rdi), %rax\n" \
  "mov " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_HOST) "+8(%rdi), %rdi\n" \
  "call *%rax\n"                                   \
  "pop %rcx\n pop %rcx\n pop %rcx\n"             \
  "test %al, %al\n"                                \
  "je ermine_trap\n"                               \
  "mov (%r14), %r15\n"                             \
  "mov ermine_slot_a(%r13), %rdi\n"                \
  "jmp ermine_next\n"                              \
  "1:\n"                                           \
  "mov %rax, ermine_slot_d(%r13)\n"                \
  "mov %r14, ermine_slot_d+8(%r13)\n"              \
  "add $ermine_slot_a, %r13\n" STENCIL_SWITCH_INSTANCE \
  "call *(%r12)\n"                                 \
  "pop %r14\n"                                     \
  "sub $ermine_slot_a, %r13\n"                     \
  "mov (%r14), %r15\n"                             \
  "mov %rax, %rdi\n"                               \
  "jmp ermine_next"

#define STENCIL_GUEST_IMPORT \
  STENCIL_LOAD_IMPORT        \
  "cmpq $0, " ERMINE_ASM(ERMINE_OFFSET_FUNC_REF_HOST) "(%rdi)\n" \
  "jne ermine_taken\n"      \
  "jmp ermine_next"

// Tail calls of functions of this instance, as above: the frame is already the callee's, and it returns to the caller
// of this function.
#define STENCIL_RETURN_CALL "movabs $ermine_pc, %rax\n jmp *ermine_call_table(%rip)"
#define STENCIL_RETURN_CALL_REF \
  STENCIL_CODE_OF_REF           \
  "jmp " STENCIL_ENTRY_OF_REF
#define STENCIL_RETURN_CALL_IMPORT STENCIL_SWITCH_INSTANCE "jmp *(%r12)"

// The base of another memory is at `offset` of the context.
#define STENCIL_USE_MEMORY "mov ermine_offset(%r14), %r15\n jmp ermine_next"

// r0 is the trap's code; the pool's entry is the handler of traps.
#define STENCIL_TRAP_SITE "movabs $ermine_pc, %r12\n jmp *ermine_pool(%rip)"

}  // namespace ermine::baseline
