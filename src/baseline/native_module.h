// The baseline compiler as a native tier (ir/native_tier.h).
#pragma once

#include "ir/native_tier.h"

namespace ermine::baseline {

// Thread-safe; the record lives as long as the program.
const ir::NativeTier& native_tier();

// Limits machine code to so many bytes, process-wide; only ever lowers the limit. Functions for which there is no
// room stay interpreted. Thread-safe.
void limit_code(size_t bytes);

// Before any engine is made: names in a perf map are found. False if it is too late. Thread-safe.
bool show_code_to_perf();
// Likewise: debuggers can set breakpoints.
bool show_code_to_debuggers();

}  // namespace ermine::baseline
