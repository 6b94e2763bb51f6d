// The stencils as they are linked in. Constant data, see stencil_ids.h.
#pragma once

#include "baseline/stencil_file.h"
#include "baseline/stencil_ids.h"

namespace ermine::baseline {

struct StencilTable {
  const Stencil* stencils;
  const Hole* holes;
  const uint8_t (*constants)[16];
  const uint8_t* code;
};

const StencilTable& stencil_table();

// Whether this processor runs them.
bool processor_suffices();

}  // namespace ermine::baseline
