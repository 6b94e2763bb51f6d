// The interpreter as the engine's first tier.
#pragma once

#include "runtime/execution_hooks.h"
#include "tiering/tier.h"

namespace ermine::interp {

// The table of handlers, a constant.
const ir::HandlerTable& handlers();
// What machine code and its storage need of the interpreter. Constant for the life of the program.
const tiering::Interpreter& interpreter();

// What the runtime needs of it. Thread-safe; the record lives as long as the program.
const runtime::ExecutionHooks& execution_hooks();

// Faults of machine code between these addresses become traps, like the interpreter's own. Thread-safe.
void watch_machine_code(const uint8_t* begin, const uint8_t* end);

}  // namespace ermine::interp
