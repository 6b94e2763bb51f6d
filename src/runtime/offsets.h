// Offsets of the fields of the records in context.h that generated code, and code that checks it, uses.
#pragma once

#include <cstddef>

#include "runtime/asm_offsets.h"
#include "runtime/context.h"
#include "wasm/module.h"

namespace ermine::runtime::offsets {

#define ERMINE_OFFSET(record, field) static_cast<int>(offsetof(record, field))

inline constexpr int kContextMemoryBase = ERMINE_OFFSET(InstanceContext, memory0_base),
                     kContextExec = ERMINE_OFFSET(InstanceContext, exec),
                     kContextFuncRefs = ERMINE_OFFSET(InstanceContext, func_refs),
                     kContextGlobals = ERMINE_OFFSET(InstanceContext, globals),
                     kContextTables = ERMINE_OFFSET(InstanceContext, tables);

// The slots of the globals that an instance defines are behind its context, 16 bytes each.
inline constexpr int kGlobalCells = (sizeof(InstanceContext) + 15) / 16 * 16, kGlobalCellSize = 16;

// Whether memories of a type can lie in guarded reservations (memory.h).
inline bool can_be_guarded(const wasm::MemoryType& type) { return !type.is64 && type.page_log2 == 16; }
// Behind them are the bases of the instance's memories, 8 bytes each: of memories that are guarded; null for others.
// Memory 0 has its base in the context.
inline uint32_t memory_base(const wasm::Module& module, uint32_t memory) {
  const auto cells = static_cast<uint32_t>(module.globals.size()) - module.imported_globals;
  return memory == 0 ? kContextMemoryBase : kGlobalCells + cells * kGlobalCellSize + memory * 8;
}

inline constexpr int kExecStackLimit = ERMINE_OFFSET(ExecContext, stack_limit),
                     kExecStackTop = ERMINE_OFFSET(ExecContext, stack_top),
                     kExecNativeStackLimitTerm = ERMINE_OFFSET(ExecContext, native_stack_limit_term),
                     kExecInterrupt = ERMINE_OFFSET(ExecContext, interrupt),
                     kExecFuel = ERMINE_OFFSET(ExecContext, fuel), kExecExitSp = ERMINE_OFFSET(ExecContext, exit_sp),
                     kExecLastPc = ERMINE_OFFSET(ExecContext, last_pc),
                     kExecLastFp = ERMINE_OFFSET(ExecContext, last_fp),
                     kExecLastCtx = ERMINE_OFFSET(ExecContext, last_ctx),
                     kExecStore = ERMINE_OFFSET(ExecContext, store),
                     kExecRelaxedSimdDeterministic = ERMINE_OFFSET(ExecContext, relaxed_simd_deterministic),
                     kExecUntilSample = ERMINE_OFFSET(ExecContext, until_sample);

inline constexpr int kFuncRefCode = ERMINE_OFFSET(FuncRef, code), kFuncRefCtx = ERMINE_OFFSET(FuncRef, ctx),
                     kFuncRefHost = ERMINE_OFFSET(FuncRef, host), kFuncRefHostEnv = ERMINE_OFFSET(FuncRef, host_env),
                     kFuncRefIndex = ERMINE_OFFSET(FuncRef, func_index), kFuncRefType = ERMINE_OFFSET(FuncRef, type_id);
inline constexpr int kFuncCodeEntry = ERMINE_OFFSET(FuncCode, entry),
                     kFuncCodeRegisterEntry = ERMINE_OFFSET(FuncCode, register_entry);

inline constexpr int kTableElements = ERMINE_OFFSET(TableView, elements), kTableSize = ERMINE_OFFSET(TableView, size);

inline constexpr int kHostCallStore = ERMINE_OFFSET(HostCall, store), kHostCallCaller = ERMINE_OFFSET(HostCall, caller);

#undef ERMINE_OFFSET

// What assembly knows.
static_assert(kContextMemoryBase == ERMINE_OFFSET_CONTEXT_MEMORY0_BASE && kContextExec == ERMINE_OFFSET_CONTEXT_EXEC &&
              kContextFuncRefs == ERMINE_OFFSET_CONTEXT_FUNC_REFS);
static_assert(kExecStackTop == ERMINE_OFFSET_EXEC_STACK_TOP && kExecExitSp == ERMINE_OFFSET_EXEC_EXIT_SP &&
              kExecStore == ERMINE_OFFSET_EXEC_STORE);
static_assert(kExecLastPc == ERMINE_OFFSET_EXEC_LAST_PC && kExecLastFp == kExecLastPc + 8 &&
              kExecLastCtx == kExecLastPc + 16);
static_assert(kFuncRefCode == ERMINE_OFFSET_FUNC_REF_CODE && kFuncRefCtx == ERMINE_OFFSET_FUNC_REF_CTX &&
              kFuncRefHost == ERMINE_OFFSET_FUNC_REF_HOST && kFuncRefHostEnv == kFuncRefHost + 8 &&
              kFuncRefIndex == ERMINE_OFFSET_FUNC_REF_INDEX);
static_assert(kFuncCodeEntry == 0 && kContextMemoryBase == 0);  // read without an offset
static_assert(kHostCallStore == 0 && kHostCallCaller == 8);  // calls of the host make one on the native stack

}  // namespace ermine::runtime::offsets
