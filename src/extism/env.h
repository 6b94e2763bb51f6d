// extism:host/env: the functions that every plug-in may import. An error in one of them ends the call.
#pragma once

#include "ermine/linker.h"

namespace ermine::extism {

// In a store that calls them, the data is a Plugin.
Result<void> define_env(Linker& linker);

}  // namespace ermine::extism
