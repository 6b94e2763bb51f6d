// Facts about compiled functions for debuggers and profilers, which the compiler itself does not keep.
#pragma once

#include <span>
#include <vector>

#include "baseline/clobbers.h"
#include "tiering/tier.h"

namespace ermine::baseline {

// The depth of the native stack by position in the code: only calls push and pop. `positions` are those of the
// function's machine code.
std::vector<tiering::CodeLayout::StackDepth> stack_depths(std::span<const uint8_t> machine_code,
                                                          const ir::FunctionCode& code, const HandlerIndex& codes,
                                                          std::span<const tiering::CodeLayout::Position> positions);

}  // namespace ermine::baseline
