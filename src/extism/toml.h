// Manifests in TOML 1.0, for the reader of manifests in JSON (manifest.cc).
#pragma once

#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::extism {

// The same document as JSON. kUsage with the place of a mistake; for dates and times, which JSON and manifests do not
// have; and for numbers that are not finite.
Result<std::string> toml_to_json(std::string_view toml);

}  // namespace ermine::extism
