// What stencils of vector instructions call.
#pragma once

#include "baseline/stencils/stencil.h"
#include "semantics/deterministic.h"

namespace ermine::baseline {

// Relaxed instructions ask the store which of the results that are allowed it is to be.
template <Op op, class... A>
[[gnu::always_inline]] inline auto call_vector(const State& s, A... a) {
  if constexpr (semantics::has_choice(op))
    if (s.ctx->exec->deterministic) [[unlikely]]
      return semantics::deterministic_choice<op>(a...);
  return SemanticsOf<op>::call(a...);
}

}  // namespace ermine::baseline
