// See stubs.h. Registers of the handlers: pc x20, fp x21, ctx x22, mem x23, r0 x24.
#include "runtime/asm_offsets.h"

  .section ermine_interp, "ax", @progbits

  .globl ermine_enter
  .hidden ermine_enter
  .type ermine_enter, @function
  .p2align 4
ermine_enter:
  .cfi_startproc
  stp x29, x30, [sp, #-192]!
  .cfi_def_cfa_offset 192
  .cfi_offset x29, -192
  .cfi_offset x30, -184
  mov x29, sp
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  ldr x9, [x5, #ERMINE_OFFSET_EXEC_EXIT_SP]
  stp x5, x9, [sp, #160]
  mov x9, sp
  str x9, [x5, #ERMINE_OFFSET_EXEC_EXIT_SP]
  mov x20, x0
  mov x21, x1
  mov x22, x2
  mov x23, x3
  mov x24, x4
  ldr x9, [x20]
  blr x9
  mov w0, #1
.Lleave:
  ldp x5, x9, [sp, #160]
  str x9, [x5, #ERMINE_OFFSET_EXEC_EXIT_SP]
  ldp d14, d15, [sp, #144]
  ldp d12, d13, [sp, #128]
  ldp d10, d11, [sp, #112]
  ldp d8, d9, [sp, #96]
  ldp x27, x28, [sp, #80]
  ldp x25, x26, [sp, #64]
  ldp x23, x24, [sp, #48]
  ldp x21, x22, [sp, #32]
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #192
  ret
  .cfi_endproc
  .size ermine_enter, . - ermine_enter

  .globl ermine_trap_exit
  .hidden ermine_trap_exit
  .type ermine_trap_exit, @function
  .p2align 4
ermine_trap_exit:
  ldr x9, [x22, #ERMINE_OFFSET_CONTEXT_EXEC]
  ldr x9, [x9, #ERMINE_OFFSET_EXEC_EXIT_SP]
  mov sp, x9
  mov w0, #0
  b .Lleave
  .size ermine_trap_exit, . - ermine_trap_exit

  .globl ermine_resume
  .hidden ermine_resume
  .type ermine_resume, @function
  .p2align 4
ermine_resume:
  ldp x9, x30, [x0]
  mov sp, x9
  mov x20, x1
  mov x21, x2
  mov x22, x3
  mov x23, x4
  ldr x9, [x20]
  br x9
  .size ermine_resume, . - ermine_resume

  .globl ermine_call_stub
  .hidden ermine_call_stub
  .type ermine_call_stub, @function
  .p2align 4
ermine_call_stub:
  ldr x24, [x2, #ERMINE_CALL_STUB_DISTANCE]
  ldr x20, [x24]
  ldr x9, [x20]
  br x9
  .size ermine_call_stub, . - ermine_call_stub

  .globl ermine_handler_enter_sp
  .hidden ermine_handler_enter_sp
  .type ermine_handler_enter_sp, @function
  .p2align 4
ermine_handler_enter_sp:
  ldrh w9, [x20, #8]
  add x9, x21, x9, lsl #3
  mov x10, sp
  stp x10, x30, [x9]
  ldr x9, [x20, #16]!
  br x9
  .size ermine_handler_enter_sp, . - ermine_handler_enter_sp

  .section .note.GNU-stack, "", @progbits
