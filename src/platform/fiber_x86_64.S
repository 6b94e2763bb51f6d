// See fiber.cc: FirstFrame there has the layout that is pushed here.
  .text

  .globl ermine_fiber_switch
  .hidden ermine_fiber_switch
  .type ermine_fiber_switch, @function
  .p2align 4
ermine_fiber_switch:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  subq $8, %rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  retq
  .cfi_endproc
  .size ermine_fiber_switch, . - ermine_fiber_switch

  .globl ermine_fiber_start
  .hidden ermine_fiber_start
  .type ermine_fiber_start, @function
  .p2align 4
ermine_fiber_start:
  .cfi_startproc
  .cfi_undefined %rip
  xorl %ebp, %ebp
  movq %r13, %rdi
  callq *%r12
  ud2
  .cfi_endproc
  .size ermine_fiber_start, . - ermine_fiber_start

  .section .note.GNU-stack, "", @progbits
