// Feature gates: @since, @unstable and @deprecated (WIT.md, "Feature Gates").
#pragma once

#include <optional>
#include <string>

#include "component/model/version.h"

namespace ermine::component::wit {

// At most one of `since` and `unstable`; `deprecated` only with one of them.
struct Stability {
  std::optional<Version> since;
  std::string unstable;  // the feature; empty: none
  std::optional<Version> deprecated;

  bool is_unknown() const { return !since && unstable.empty(); }
  bool operator==(const Stability&) const = default;
};

}  // namespace ermine::component::wit
