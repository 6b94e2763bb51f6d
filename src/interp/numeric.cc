// Handlers of unary and binary instructions on scalars in every operand form, and of wide arithmetic.
#include "interp/step.h"

namespace ermine::interp {

using namespace ir;

template <Op op>
ERMINE_HANDLER handler_wide(ERMINE_HANDLER_PARAMS) {
  const Slot* in = fp + field<uint16_t>(pc, 2);
  Slot* out = fp + field<uint16_t>(pc, 0);
  semantics::Wide w;
  if constexpr (SemanticsOf<op>::kParams == 4) w = SemanticsOf<op>::call(in[0], in[1], in[2], in[3]);
  else w = SemanticsOf<op>::call(in[0], in[1]);
  out[0] = w.low;
  out[1] = w.high;
  ERMINE_NEXT(2);
}

namespace {

[[maybe_unused]] void name_handlers() {
  for_each_op([]<Op op>() {
    constexpr Family family = family_of(op);
    if constexpr (family == Family::kBinary || family == Family::kUnary)
      name_steps<code_of(op, 0, false), form_count(op)>();
    else if constexpr (family == Family::kWide) static_cast<void>(handler_wide<op>);
  });
}

}  // namespace

}  // namespace ermine::interp
