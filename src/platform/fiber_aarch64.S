// See fiber.cc: FirstFrame there has the layout that is stored here.
  .text

  .globl ermine_fiber_switch
  .hidden ermine_fiber_switch
  .type ermine_fiber_switch, @function
  .p2align 4
ermine_fiber_switch:
  .cfi_startproc
  sub sp, sp, #160
  stp x19, x20, [sp]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
  .cfi_endproc
  .size ermine_fiber_switch, . - ermine_fiber_switch

  .globl ermine_fiber_start
  .hidden ermine_fiber_start
  .type ermine_fiber_start, @function
  .p2align 4
ermine_fiber_start:
  .cfi_startproc
  .cfi_undefined x30
  mov x29, #0
  mov x0, x19
  blr x20
  brk #1
  .cfi_endproc
  .size ermine_fiber_start, . - ermine_fiber_start

  .section .note.GNU-stack, "", @progbits
