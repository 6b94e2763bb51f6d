#include "tiering/policy.h"

#include <algorithm>

namespace ermine::tiering {

namespace {
constexpr uint32_t kDearer = 1000;  // cost of a tier relative to the one before
uint32_t times(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(std::min(uint64_t{a} * b, uint64_t{UINT32_MAX}));
}
}  // namespace

Policy Policy::of(const runtime::CodeOptions& options, unsigned tiers) {
  Policy p;
  if (tiers == 0 || options.tier == Tier::kInterp) return p;
  if (options.tier == Tier::kBaseline) p.first = 1;
  if (options.tier == Tier::kOptimized) p.first = static_cast<Level>(tiers);
  // A function that was not compiled immediately, because it was being compiled or had been called before, follows the
  // usual steps.
  p.steps.push_back({.from = kInterpreted, .to = 1, .calls = options.tier_up_calls, .rounds = options.tier_up_rounds});
  // The cost of compiling grows by about this factor from tier to tier.
  uint32_t rounds = options.optimize_after;
  for (unsigned from = 1; from < tiers; ++from, rounds = times(rounds, kDearer))
    p.steps.push_back(
        {static_cast<Level>(from), static_cast<Level>(from + 1), rounds, rounds, CompileThread::kBackground});
  return p;
}

}  // namespace ermine::tiering
