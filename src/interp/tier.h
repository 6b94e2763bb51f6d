// The interpreter as a tier of the engine.
#pragma once

#include "ir/native_tier.h"
#include "runtime/hooks.h"

namespace ermine::interp {

// `native`: what hot functions move up to; null for none. It counts on the first call only. Thread-safe; the
// record lives as long as the program.
const runtime::TierHooks& tier_hooks(const ir::NativeTier* native);

}  // namespace ermine::interp
