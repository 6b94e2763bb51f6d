// The optimising tier: machine code by LLVM, which is in a plug-in (plugin.h).
#pragma once

#include "ermine/result.h"
#include "tiering/tier.h"

namespace ermine::optimizing {

// Opens the plug-in, once in the process; it takes some 20 ms and 60 MB of address space. kUnsupported: there is no
// plug-in, or it is another version's, or it does not know this processor. Thread-safe.
const Result<const tiering::NativeTier*>& tier(const tiering::Interpreter& interpreter);

}  // namespace ermine::optimizing
