#include "verify/refusals.h"

#include "base/format.h"

namespace ermine::verify {

bool Refusals::allow(uint32_t func_index, const std::optional<std::string>& problem,
                     std::string_view why_not_verified) {
  if (problem && problem->empty()) return true;
  if (problem) {
    if (options_.counters != nullptr) ++options_.counters->refused;
    report(base::format("the {} of function {} is not safe and is not run: {}", what_, func_index, *problem));
  } else if (!told_.exchange(true)) {
    report(base::format("{} cannot be verified and is not used: {}", what_, why_not_verified));
  }
  return false;
}

void Refusals::report(std::string_view message) const {
  if (options_.report_bug != nullptr) options_.report_bug(options_.report_bug_context, message);
}

}  // namespace ermine::verify
