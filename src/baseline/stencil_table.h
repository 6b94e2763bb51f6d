// The linked stencils. Constant data, see stencil_ids.h.
#pragma once

#include <span>

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

// Sets the bits in `mask` that are filled in where the stencil is copied. `mask` is as long as the code; if that is not
// as long as the stencil, no bit is set.
void mark_holes(uint32_t id, std::span<const uint8_t> code, uint8_t* mask);

// Whether this processor can run them.
bool processor_suffices();

}  // namespace ermine::baseline
