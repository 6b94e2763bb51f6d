// Evaluates constant expressions (specification 3.0, section 3.4.15) of an instance during instantiation.
#pragma once

#include "ermine/result.h"
#include "runtime/instance.h"

namespace ermine::engine {

// Writes the value to `out` (two slots for v128). The instance's imports and the globals that the expression may read
// are set; the store's stack is prepared. The operand stack lies on the value stack, where the collector sees it.
// Errors: kTrap if an allocation fails or the stack is too small.
Result<void> evaluate(runtime::Instance& instance, const wasm::ConstExpr& expr, runtime::Slot* out);

}  // namespace ermine::engine
