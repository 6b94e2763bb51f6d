// The optimising tier: machine code by LLVM, which is in a plug-in (plugin.h). All functions are thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ermine/result.h"
#include "tiering/tier.h"

namespace ermine::optimizing {

// When the plug-in is opened, once in the process; it takes some 20 ms and 60 MB of address space.
enum class Opening : bool {
  kNow,
  kLater,  // by the first function that is compiled; now, if only opening it shows whether there is one
};
// kUnsupported: there is no plug-in. If it is opened now: or it is another version's, or does not know this processor.
// Later these are a warning (CodeOptions::warn), and no function is compiled.
Result<const tiering::NativeTier*> tier(const tiering::Interpreter& interpreter, Opening when);

// The files that opening it will read, or directories where they are; none if it is open. Nothing: they are not known.
std::optional<std::vector<std::string>> files_to_open(const tiering::Interpreter& interpreter);

}  // namespace ermine::optimizing
