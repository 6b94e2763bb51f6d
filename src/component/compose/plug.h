// Wires components together: the exports of some ("plugs") become imports of another ("the socket"), as `wac plug`
// does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "component/encode/sections.h"
#include "ermine/result.h"

namespace ermine::component {

struct PlugInput {
  std::string name;  // for messages
  std::span<const uint8_t> bytes;
};

struct PlugOptions {
  Producers::Value tool;  // for the producers section; without name: none
};

// A component that contains all of them. It exports what the socket exports, and imports what the plugs import and what
// no plug exports of the socket's imports. An export satisfies an import of the same name, or of a version of the same
// interface that is compatible by Semantic Versioning if no plug has the same name; the first plug counts. Of imports
// of compatible versions only the highest is imported.
//
// Errors: kInvalid if a plug exports nothing that the socket imports, or if types do not fit; kUnsupported for imports
// that have no form in WIT (components, modules, values). Thread-safe.
Result<std::vector<uint8_t>> plug(const PlugInput& socket, std::span<const PlugInput> plugs,
                                  const PlugOptions& options);

}  // namespace ermine::component
