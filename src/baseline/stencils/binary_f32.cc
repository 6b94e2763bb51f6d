// Binary instructions and comparisons on f32.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

STENCIL_LIST kList = list_instructions<BinaryOn<'f'>::Stencils>();

}  // namespace
}  // namespace ermine::baseline
