// The validator: the rules of the component model (Binary.md, Explainer.md, CanonicalABI.md) for a decoded component,
// and of core WebAssembly for the modules in it. A valid component can be instantiated without further checks other
// than those of its imports.
#pragma once

#include <memory>
#include <span>

#include "component/binary/decoder.h"
#include "component/model/valid_component.h"
#include "ermine/result.h"

namespace ermine::component {

struct ValidateOptions {
  FeatureSet features = FeatureSet::defaults();
  wasm::FeatureSet core_features = wasm::FeatureSet::defaults();
  std::shared_ptr<wasm::TypeRegistry> registry;  // of the core types; null: one of its own
  unsigned threads = 0;                          // for large core modules; 0: one per processor
};

// Errors: kMalformed (in a core module), kInvalid, kUnsupported; offset() is set and counts from the first byte of the
// outermost component. The message begins like that of the official test scripts, or contains it behind a context such
// as "type mismatch for import `a`: ". Thread-safe.
Result<std::shared_ptr<const ValidComponent>> validate(std::shared_ptr<const Component> component,
                                                       const ValidateOptions& options = {});

// Decodes and validates; see decode().
Result<std::shared_ptr<const ValidComponent>> validate(std::span<const uint8_t> bytes,
                                                       std::shared_ptr<const void> owner,
                                                       const ValidateOptions& options = {});

}  // namespace ermine::component
