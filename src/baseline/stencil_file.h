// The file of stencils: made by tool/make_stencils.cc, linked into the library as bytes.
#pragma once

#include <cstdint>

namespace ermine::baseline {

// Followed by Stencil[stencils], Hole[holes], constants of 16 bytes, code.
struct StencilFile {
  uint32_t stencils, holes, constants, code_bytes;
};

}  // namespace ermine::baseline
