// Functions that stencils of vector instructions call.
#pragma once

#include "baseline/stencils/stencil.h"
#include "semantics/deterministic.h"

namespace ermine::baseline {

// Relaxed instructions ask the store for its choice of the allowed results.
template <Op op, class... A>
[[gnu::always_inline]] inline auto call_vector(const State& s, A... a) {
  if constexpr (semantics::has_choice(op))
    if (s.ctx->exec->relaxed_simd_deterministic) [[unlikely]]
      return semantics::deterministic_choice<op>(a...);
  return SemanticsOf<op>::call(a...);
}

}  // namespace ermine::baseline
