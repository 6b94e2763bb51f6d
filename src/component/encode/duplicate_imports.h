// A core module may import the same function twice; a module in a component may not. Linkers that optimise whole
// programs make such modules.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "wasm/module.h"

namespace ermine::component {

struct RenamedImports {
  std::vector<uint8_t> module;  // empty: nothing is imported twice
  // From the module's name, a zero byte and the new name of an import to its name.
  std::unordered_map<std::string, std::string> names;
  static std::string key(std::string_view module, std::string_view name) {
    return std::string(module) + '\0' + std::string(name);
  }
};

// Gives names of their own to imports of functions that have the names of earlier ones. Only modules that import
// functions and memories are changed.
RenamedImports rename_duplicate_imports(const wasm::Module& module);

}  // namespace ermine::component
