// Makes a component from a core module, as `wasm-tools component new` does. The module has custom sections with the
// world that it implements (metadata.h); the names of its imports and exports say what they stand for (core_items.h).
// Adapters (adapter_gc.h) implement what the module imports from elsewhere.
//
// Not supported: modules for 64-bit memories, shared-everything linking of several modules.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "component/encode/core_items.h"
#include "component/encode/sections.h"
#include "ermine/result.h"

namespace ermine::component {

struct AdapterModule {
  std::string name;  // of the module that is imported from
  std::span<const uint8_t> bytes;
};

struct MakeOptions {
  bool adapters_grow_memory = false;  // adapters do not use the main module's realloc
  NameSchemes names = NameSchemes::kBoth;
  bool unify_versions = true;  // see wit/unify.h
  bool validate = true;  // the result
  Producers::Value tool;  // for the producers section; without name: none
};

// Errors: kMalformed, kInvalid (the module or an adapter is not valid, does not fit its world; or the result is not
// valid), kUnsupported. Thread-safe.
Result<std::vector<uint8_t>> make_component(std::span<const uint8_t> module, std::span<const AdapterModule> adapters,
                                            const MakeOptions& options);

}  // namespace ermine::component
