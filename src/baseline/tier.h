// The baseline compiler as a tier (tiering/tier.h).
#pragma once

#include "tiering/tier.h"

namespace ermine::baseline {

// Null if it does not know this processor. Thread-safe; lives as long as the program.
const tiering::NativeTier* tier();

}  // namespace ermine::baseline
