// The builtins (see builtins.h) on collected objects, references and exceptions.
#pragma once

#include "runtime/builtins.h"

namespace ermine::runtime {

// Null if the instruction is not one of these.
Builtin gc_builtin_for(wasm::Op op);
// The same, in builds without ERMINE_OBJECT_OPS.
Builtin small_object_builtin_for(wasm::Op op);

}  // namespace ermine::runtime
