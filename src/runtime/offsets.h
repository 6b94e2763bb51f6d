// Where the fields lie that generated code, and code that checks it, knows of the records in context.h.
#pragma once

#include <cstddef>

#include "runtime/context.h"

namespace ermine::runtime::offsets {

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"  // the compiler lays ExecContext out in order all the same
#define ERMINE_OFFSET(record, field) static_cast<int>(offsetof(record, field))

inline constexpr int kContextMemoryBase = ERMINE_OFFSET(InstanceContext, memory0_base),
                     kContextExec = ERMINE_OFFSET(InstanceContext, exec),
                     kContextFuncRefs = ERMINE_OFFSET(InstanceContext, func_refs),
                     kContextGlobals = ERMINE_OFFSET(InstanceContext, globals),
                     kContextTables = ERMINE_OFFSET(InstanceContext, tables);

// The cells of the globals that an instance defines lie behind its context, 16 bytes each.
inline constexpr int kGlobalCells = (sizeof(InstanceContext) + 15) / 16 * 16, kGlobalCellSize = 16;

inline constexpr int kExecStackLimit = ERMINE_OFFSET(ExecContext, stack_limit),
                     kExecStackTop = ERMINE_OFFSET(ExecContext, stack_top),
                     kExecNativeLine = ERMINE_OFFSET(ExecContext, native_line),
                     kExecInterrupt = ERMINE_OFFSET(ExecContext, interrupt),
                     kExecFuel = ERMINE_OFFSET(ExecContext, fuel), kExecExitSp = ERMINE_OFFSET(ExecContext, exit_sp),
                     kExecLastPc = ERMINE_OFFSET(ExecContext, last_pc),
                     kExecLastFp = ERMINE_OFFSET(ExecContext, last_fp),
                     kExecLastCtx = ERMINE_OFFSET(ExecContext, last_ctx),
                     kExecStore = ERMINE_OFFSET(ExecContext, store),
                     kExecDeterministic = ERMINE_OFFSET(ExecContext, deterministic),
                     kExecUntilSample = ERMINE_OFFSET(ExecContext, until_sample);

inline constexpr int kFuncRefCode = ERMINE_OFFSET(FuncRef, code), kFuncRefCtx = ERMINE_OFFSET(FuncRef, ctx),
                     kFuncRefHost = ERMINE_OFFSET(FuncRef, host), kFuncRefHostEnv = ERMINE_OFFSET(FuncRef, host_env),
                     kFuncRefIndex = ERMINE_OFFSET(FuncRef, func_index), kFuncRefType = ERMINE_OFFSET(FuncRef, type_id);

inline constexpr int kTableElements = ERMINE_OFFSET(TableView, elements), kTableSize = ERMINE_OFFSET(TableView, size);

inline constexpr int kHostCallStore = ERMINE_OFFSET(HostCall, store), kHostCallCaller = ERMINE_OFFSET(HostCall, caller);

#undef ERMINE_OFFSET
#pragma clang diagnostic pop

}  // namespace ermine::runtime::offsets
