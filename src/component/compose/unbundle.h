// Takes core modules out of a component, which imports them instead: for hosts that share or compile modules apart.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ermine/result.h"

namespace ermine::component {

struct UnbundledModule {
  std::string name;  // of the import: "unbundled-module0"
  std::span<const uint8_t> bytes;  // in the component
};

struct Unbundled {
  std::vector<uint8_t> component;
  std::vector<UnbundledModule> modules;
};

// Takes out the modules of more than `threshold` bytes. kUnsupported if such a module is within a nested component, has
// types other than functions of numbers and plain references, or if the component defines core types.
Result<Unbundled> unbundle(std::span<const uint8_t> component, uint64_t threshold);

}  // namespace ermine::component
