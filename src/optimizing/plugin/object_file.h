// Reads the object file that LLVM made of one function.
#pragma once

#include <llvm/ADT/StringRef.h>

#include "optimizing/plugin.h"

namespace ermine::optimizing {

// Object::problem says why it cannot be used. `needs_state`: whether the function accesses memories.
// `frame_bytes`: the size of the largest frame on the native stack.
Object read_object(llvm::StringRef file, bool needs_state, uint64_t* frame_bytes);

}  // namespace ermine::optimizing
