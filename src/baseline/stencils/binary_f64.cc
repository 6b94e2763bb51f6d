// Binary instructions and comparisons on f64.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

STENCIL_LIST kList = list_instructions<BinaryOn<'d'>::Stencils>();

}  // namespace
}  // namespace ermine::baseline
