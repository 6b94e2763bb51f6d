#include "tiering/policy.h"

#include <algorithm>

namespace ermine::tiering {

namespace {
constexpr uint32_t kDearer = 1000;  // a tier than the one before
uint32_t times(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(std::min(uint64_t{a} * b, uint64_t{UINT32_MAX}));
}
}  // namespace

Policy Policy::of(const runtime::CodeOptions& options, unsigned tiers) {
  Policy p;
  if (tiers == 0 || options.tier == Tier::kInterp) return p;
  if (options.tier == Tier::kBaseline) p.first = 1;
  // What was not compiled at once, since it was just being compiled or called before, follows like anything else.
  p.steps.push_back({.from = kInterpreted, .to = 1, .calls = options.tier_up_calls, .rounds = options.tier_up_rounds});
  // From tier to tier what it costs to compile grows by about as much.
  uint32_t calls = options.tier_up_calls, rounds = options.tier_up_rounds;
  for (unsigned from = 1; from < tiers; ++from) {
    calls = times(calls, kDearer), rounds = times(rounds, kDearer);
    p.steps.push_back(
        {static_cast<Level>(from), static_cast<Level>(from + 1), calls, rounds, CompileThread::kBackground});
  }
  return p;
}

}  // namespace ermine::tiering
