// Runtime calls made by code, for instructions that are too large for a handler. A builtin takes its operands from a
// range of slots and leaves its results in the same place. It returns kNone, or the trap; with TrapCode::kHost,
// Store::pending_error holds the error. It may allocate and collect; it must not keep pointers into memories or the
// heap across an allocation.
//
// `a` and `b` are immediates of the instruction, packed by ir/translate_object.cc as its table defines.
#pragma once

#include "runtime/context.h"
#include "wasm/opcodes.h"

namespace ermine::runtime {

using Builtin = TrapCode (*)(InstanceContext* ctx, Slot* base, uint32_t a, uint64_t b);

// The builtin of an instruction; null if it has none.
Builtin builtin_for(wasm::Op op);

}  // namespace ermine::runtime
