// Stencils on x86-64. State: l0 r12, fp r13, ctx r14, mem r15, r0 rdi, l1 rsi, l2 rdx, (rcx is free), l3 r8, l4 r9,
// l5 r11. A symbol's address is a displacement or an operand of 32 bits, so clang itself makes the holes.
#pragma once

namespace ermine::baseline {

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
[[gnu::always_inline]] inline const char* island_address() {
  const char* p;
  asm("lea ermine_island(%%rip), %0" : "=r"(p));
  return p;
}
[[gnu::always_inline]] inline uintptr_t native_stack_pointer() {
  uintptr_t sp;
  asm("mov %%rsp, %0" : "=r"(sp));
  return sp;
}

// --- By hand, for control.cc

// The island holds a handler's address and its operands; it goes on behind this stencil by itself.
#define STENCIL_ISLAND "lea ermine_island(%rip), %r12\n jmp *(%r12)"

// Callee's frame at `offset`, its header `slot_d` behind; calls through the table of functions. The three
// words on the native stack keep it aligned.
#define STENCIL_CALL                    \
  "push %r13\n push %r14\n push %rax\n" \
  "movabs $ermine_pc, %rax\n"           \
  "mov %rax, ermine_slot_d(%r13)\n"     \
  "mov %r14, ermine_slot_d+8(%r13)\n"   \
  "add $ermine_offset, %r13\n"          \
  "mov $ermine_count, %edi\n"           \
  "call *ermine_call_table(%rip)\n"     \
  "pop %rcx\n pop %r14\n pop %r13\n"    \
  "mov (%r14), %r15\n"                  \
  "mov %rax, %rdi\n"                    \
  "jmp ermine_next"

// r0 is the trap's code; the pool's entry is the handler of traps.
#define STENCIL_TRAP_SITE "movabs $ermine_pc, %r12\n jmp *ermine_pool(%rip)"

}  // namespace ermine::baseline
