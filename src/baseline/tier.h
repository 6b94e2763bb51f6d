// The baseline compiler as a tier (tiering/tier.h).
#pragma once

#include "tiering/tier.h"

namespace ermine::baseline {

// Null if the processor is not supported. Thread-safe; lives as long as the program.
const tiering::NativeTier* tier();

}  // namespace ermine::baseline
