// Proves that a stencil is safe for any contents of its holes.
#pragma once

#include <string>

#include "baseline/tool/object.h"

namespace ermine::baseline {

// Empty, or the error and its position. The proof shows that every access has one of the forms that verify/analysis.h
// allows; that a 32-bit integer is left with a zero upper half in its register and its slot; that other pinned
// registers are preserved; that every hole is a whole constant of an instruction; and that a constant operand is used
// only in instructions whose width and sign extension are right for all of its values.
std::string prove(const Target& target, const Body& body, Marker marker, uint32_t result);

}  // namespace ermine::baseline
