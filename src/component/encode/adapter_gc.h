// Adapters: modules that implement the imports of older modules, such as wasi_snapshot_preview1, by functions of a
// world. An adapter is reduced to what a component needs of it, so that the component imports only what is used. Its
// memory is that of the main module, so it needs a stack of its own in there, which it gets from the main module's
// realloc or, if there is none, from memory.grow.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ermine/result.h"
#include "wasm/module.h"

namespace ermine::component {

// The adapter with these exports, which it must have, and what they need. `main_realloc`: the name of the main module's
// export; empty: memory.grow is used. kUnsupported for modules with tables, segments, memories of their own and the
// like. The result is well-formed, and valid if the adapter was compiled as adapters are (a stack pointer named
// __stack_pointer in the name section); validate it.
Result<std::vector<uint8_t>> reduce_adapter(const wasm::Module& adapter, const std::vector<std::string_view>& exports,
                                            std::string_view main_realloc);

}  // namespace ermine::component
