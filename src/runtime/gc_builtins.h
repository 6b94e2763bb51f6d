// The builtins (see builtins.h) on collected objects, references and exceptions.
#pragma once

#include "runtime/builtins.h"

namespace ermine::runtime {

// Null if the instruction is none of these.
Builtin gc_builtin_for(wasm::Op op);
// In builds without ERMINE_OBJECT_OPS: likewise.
Builtin small_object_builtin_for(wasm::Op op);

}  // namespace ermine::runtime
