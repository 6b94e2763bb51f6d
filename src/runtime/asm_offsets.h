// Offsets in the records of context.h as plain numbers, for assembly in files of its own and in strings. This file
// contains only macros, so that .S files can include it; offsets.h asserts that each is right.
#pragma once

#define ERMINE_OFFSET_CONTEXT_MEMORY0_BASE 0
#define ERMINE_OFFSET_CONTEXT_EXEC 16
#define ERMINE_OFFSET_CONTEXT_FUNC_REFS 24

#define ERMINE_OFFSET_EXEC_STACK_TOP 24
#define ERMINE_OFFSET_EXEC_EXIT_SP 56
#define ERMINE_OFFSET_EXEC_LAST_PC 64  // last_fp and last_ctx follow
#define ERMINE_OFFSET_EXEC_STORE 88

#define ERMINE_OFFSET_FUNC_REF_CODE 0
#define ERMINE_OFFSET_FUNC_REF_CTX 8
#define ERMINE_OFFSET_FUNC_REF_HOST 24  // host_env follows
#define ERMINE_OFFSET_FUNC_REF_INDEX 40

// The distance of a call's FuncRef from the pointer that ermine_call_stub gets (interp/stubs.h).
#define ERMINE_CALL_STUB_DISTANCE 16
