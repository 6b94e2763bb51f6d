#include "tiering/policy.h"

namespace ermine::tiering {

Policy Policy::of(const runtime::CodeOptions& options, unsigned tiers) {
  Policy p;
  if (tiers == 0 || options.tier == Tier::kInterp) return p;
  if (options.tier == Tier::kBaseline) p.first = 1;
  // What was not compiled at once, since it was just being compiled or called before, follows like anything else.
  p.steps.push_back({.from = kInterpreted, .to = 1, .calls = options.tier_up_calls, .rounds = options.tier_up_rounds});
  return p;
}

}  // namespace ermine::tiering
