// Binary instructions and comparisons on i64.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

STENCIL_LIST kList = list_instructions<BinaryOn<'l'>::Stencils>();

}  // namespace
}  // namespace ermine::baseline
