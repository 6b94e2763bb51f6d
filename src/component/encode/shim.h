// The two small core modules of a component whose main module imports functions that need the main module's memory:
// the shim module, instantiated first, has functions that call through a table; the fixup module, instantiated last,
// fills the table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "component/wit/abi.h"
#include "wasm/module.h"

namespace ermine::component {

inline constexpr std::string_view kShimTable = "$imports", kShimMemory = "memory";
// Import modules of the fixup module. Its functions are imported by number, as the shim module exports them.
inline constexpr std::string_view kFixupFunctions = "actual", kFixupTable = "shim", kFixupMain = "main";
std::string shim_name(size_t number);

// `memory`: one that the module defines and exports. Only number types; precondition of both functions.
std::vector<uint8_t> make_shim_module(std::span<const wit::CoreSignature> functions,
                                      const std::optional<wasm::MemoryType>& memory);
// `initialize`: the name of an export of the main module that is called when the table is filled; empty: none.
std::vector<uint8_t> make_fixup_module(std::span<const wit::CoreSignature> functions, std::string_view initialize);

}  // namespace ermine::component
