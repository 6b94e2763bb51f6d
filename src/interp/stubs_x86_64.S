// See stubs.h. Registers of the handlers: pc r12, fp r13, ctx r14, mem r15, r0 rdi.
#include "runtime/asm_offsets.h"

  .section ermine_interp, "ax", @progbits

  .globl ermine_enter
  .hidden ermine_enter
  .type ermine_enter, @function
  .p2align 4
ermine_enter:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  pushq ERMINE_OFFSET_EXEC_EXIT_SP(%r9)
  pushq %r9
  subq $8, %rsp
  .cfi_offset %rbx, -24
  .cfi_offset %r12, -32
  .cfi_offset %r13, -40
  .cfi_offset %r14, -48
  .cfi_offset %r15, -56
  movq %rsp, ERMINE_OFFSET_EXEC_EXIT_SP(%r9)
  movq %rdi, %r12
  movq %rsi, %r13
  movq %rdx, %r14
  movq %rcx, %r15
  movq %r8, %rdi
  callq *(%r12)
  movl $1, %eax
.Lleave:
  addq $8, %rsp
  popq %r9
  popq ERMINE_OFFSET_EXEC_EXIT_SP(%r9)
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  .cfi_def_cfa %rsp, 8
  retq
  .cfi_endproc
  .size ermine_enter, . - ermine_enter

  .globl ermine_trap_exit
  .hidden ermine_trap_exit
  .type ermine_trap_exit, @function
  .p2align 4
ermine_trap_exit:
  movq ERMINE_OFFSET_CONTEXT_EXEC(%r14), %r9
  movq ERMINE_OFFSET_EXEC_EXIT_SP(%r9), %rsp
  leaq 64(%rsp), %rbp
  xorl %eax, %eax
  jmp .Lleave
  .size ermine_trap_exit, . - ermine_trap_exit

  .globl ermine_resume
  .hidden ermine_resume
  .type ermine_resume, @function
  .p2align 4
ermine_resume:
  movq (%rdi), %rsp
  movq 8(%rdi), %rbp
  movq %rsi, %r12
  movq %rdx, %r13
  movq %rcx, %r14
  movq %r8, %r15
  jmpq *(%r12)
  .size ermine_resume, . - ermine_resume

  .globl ermine_call_stub
  .hidden ermine_call_stub
  .type ermine_call_stub, @function
  .p2align 4
ermine_call_stub:
  movq ERMINE_CALL_STUB_DISTANCE(%rax), %rdi
  movq (%rdi), %r12
  jmpq *(%r12)
  .size ermine_call_stub, . - ermine_call_stub

  .globl ermine_handler_enter_sp
  .hidden ermine_handler_enter_sp
  .type ermine_handler_enter_sp, @function
  .p2align 4
ermine_handler_enter_sp:
  movzwl 8(%r12), %eax
  movq %rsp, (%r13,%rax,8)
  movq %rbp, 8(%r13,%rax,8)
  addq $16, %r12
  jmpq *(%r12)
  .size ermine_handler_enter_sp, . - ermine_handler_enter_sp

  .section .note.GNU-stack, "", @progbits
