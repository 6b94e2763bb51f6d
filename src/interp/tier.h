// The interpreter as a tier of the engine.
#pragma once

#include "runtime/hooks.h"

namespace ermine::interp {

// Thread-safe; the record lives as long as the program.
const runtime::TierHooks& tier_hooks();

}  // namespace ermine::interp
