// Binary instructions and comparisons on i64.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    if constexpr (ir::family_of(op) == Family::kBinary && wasm::op_info(op).sig()[0] == 'l') add_binary<op>(list);
    if constexpr (is_division(op) && wasm::op_info(op).sig()[0] == 'l') add_divisions<op>(list);
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
