// Unary instructions and conversions.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    if constexpr (ir::family_of(op) == Family::kUnary) add_unary<op>(list);
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
