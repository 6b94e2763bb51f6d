// What debuggers and profilers want to know of compiled functions and the compiler itself does not keep.
#pragma once

#include <span>
#include <vector>

#include "baseline/ir_instr.h"
#include "tiering/tier.h"

namespace ermine::baseline {

// How deep the native stack is where, from one call to the next: calls alone push and pop. `positions` are those of
// the function's machine code.
std::vector<tiering::CodeLayout::StackDepth> stack_depths(std::span<const uint8_t> machine_code,
                                                          const ir::FunctionCode& code, const HandlerIndex& codes,
                                                          std::span<const tiering::CodeLayout::Position> positions);

}  // namespace ermine::baseline
