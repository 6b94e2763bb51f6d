// Binary instructions and comparisons on i32.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

STENCIL_LIST kList = list_instructions<BinaryOn<'i'>::Stencils>();

}  // namespace
}  // namespace ermine::baseline
