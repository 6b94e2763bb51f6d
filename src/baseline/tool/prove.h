// The proof that a stencil is safe, whatever its holes will hold.
#pragma once

#include <string>

#include "baseline/tool/object.h"

namespace ermine::baseline {

// Empty, or what is wrong and where. Shown are: that every access has one of the forms that verify/analysis.h allows;
// that an integer of 32 bits is left with the upper half of its register, and of its slot, zero; that other pinned
// registers keep what they held; that every hole is a whole constant of an instruction; and that a constant operand
// stands only in instructions whose width and sign extension are right for all that it may be.
std::string prove(const Target& target, const Body& body, Marker marker, uint32_t result);

}  // namespace ermine::baseline
