// What is in a component: for people who look at it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "component/encode/sections.h"
#include "ermine/result.h"

namespace ermine::component {

struct ContainedModule {
  std::string within;  // "" or "component 0, component 2": the nested component that it is in
  std::span<const uint8_t> bytes;
  uint64_t offset = 0;  // of the first byte, in the whole binary
};

// The core modules in a component, those of nested components included, in the order of the binary. Errors: kMalformed,
// kUnsupported. The bytes are those of the argument.
Result<std::vector<ContainedModule>> core_modules(std::span<const uint8_t> component);

struct ComponentContents {
  std::string wit;  // its interface; empty if it has no form in WIT, then the reason is in `no_wit`
  std::string no_wit;
  std::vector<std::string> imports, exports;  // their names
  std::vector<ContainedModule> modules;
  uint32_t components = 0;  // nested ones
  Producers producers;  // of the component and of all in it
};

// Errors: those of validation.
Result<ComponentContents> contents_of(std::span<const uint8_t> component);

}  // namespace ermine::component
