// The baseline compiler as a native tier (ir/native_tier.h).
#pragma once

#include "ir/native_tier.h"

namespace ermine::baseline {

// Thread-safe; the record lives as long as the program.
const ir::NativeTier& native_tier();

// Limits machine code to so many bytes, process-wide. Functions for which there is no room stay interpreted.
void set_code_limit(size_t bytes);

// Maps the memory for machine code now, where a process gives up the right to do so later. False: this
// machine has no native tier.
bool prepare();

}  // namespace ermine::baseline
