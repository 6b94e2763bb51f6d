// The processor-dependent part of the baseline compiler: how a hole in machine code is filled, and which constants fit
// in instructions. One header per processor; stencils/machine_*.h (makes holes) and tool/*.cc (finds holes in object
// files) belong to it. Holes carry a number that only these know, their *patch*.
#pragma once

#include "baseline/stencil_ids.h"

#if defined(__x86_64__)
#include "baseline/machine_x86_64.h"
namespace ermine::baseline {
namespace machine = machine_x86_64;
}
#elif defined(__aarch64__)
#include "baseline/machine_aarch64.h"
namespace ermine::baseline {
namespace machine = machine_aarch64;
}
#else
#error "the baseline compiler does not know this machine"
#endif
