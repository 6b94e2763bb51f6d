// Runtime calls made by code: what instructions do that are too large for a handler. A builtin takes its
// operands from a run of slots and leaves its results in a run from the same place. It returns kNone, or
// the trap; TrapCode::kHost says that ExecContext::error holds the error. It may allocate and collect;
// it must not keep pointers into memories or the heap across an allocation.
//
// `a` and `b` are immediates of the instruction, packed by ir/translate_object.cc as the table there says.
#pragma once

#include "runtime/context.h"
#include "wasm/opcodes.h"

namespace ermine::runtime {

using Builtin = TrapCode (*)(InstanceContext* ctx, Slot* base, uint32_t a, uint64_t b);

// The builtin of an instruction; null if it has none.
Builtin builtin_for(wasm::Op op);

}  // namespace ermine::runtime
