// Whether a component can be used where a world is expected.
#pragma once

#include <cstdint>
#include <span>

#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component {

// An error if the component imports more than the world, or exports less, or something of another type: it names the
// import or export. kMalformed, kInvalid or kUnsupported if the component is not valid. Thread-safe.
Result<void> check_targets(const wit::Resolve& resolve, wit::WorldId world, std::span<const uint8_t> component);

}  // namespace ermine::component
