// Unary instructions and conversions.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

STENCIL_LIST kList = list_instructions<UnaryStencils>();

}  // namespace
}  // namespace ermine::baseline
