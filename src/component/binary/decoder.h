// The decoder: bytes to component::Component (Binary.md of the component model). It refuses what the binary format
// cannot express; all rules about indices, names and types are checked by the validator (validation/). Core modules are
// delimited, not decoded.
#pragma once

#include <memory>
#include <span>

#include "component/model/component.h"
#include "ermine/result.h"

namespace ermine::component {

// Whether the bytes begin like a component: the magic, and layer 1.
bool is_component(std::span<const uint8_t> bytes);

// `bytes` must stay unchanged and alive as long as the component, which holds `owner` for that purpose (null: the
// caller ensures it). Errors: kMalformed, kInvalid (a core type that needs a feature that is off), kUnsupported (limits
// of model/limits.h); offset() is set. Thread-safe.
Result<std::shared_ptr<const Component>> decode(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner,
                                                wasm::FeatureSet core_features = wasm::FeatureSet::defaults());

}  // namespace ermine::component
