// Reads the object file that LLVM made of one function.
#pragma once

#include <llvm/ADT/StringRef.h>

#include "optimizing/plugin.h"

namespace ermine::optimizing {

// Object::problem says why it cannot be used. `needs_state`: whether the function accesses memories.
// `wants_frames`: Request's. `frame_bytes`: the size of the largest frame on the native stack.
Object read_object(llvm::StringRef file, bool needs_state, bool wants_frames, uint64_t* frame_bytes);

}  // namespace ermine::optimizing
