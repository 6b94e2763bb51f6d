// The decoder: bytes to wasm::Module. It reads everything except function bodies, whose position and size it records,
// and delimits constant expressions. It refuses whatever a Module cannot represent, also where the specification leaves
// the rule to validation (an unknown type, a supertype that does not fit). validate() checks all other rules; to
// instantiate a module, call both.
#pragma once

#include <memory>
#include <span>

#include "ermine/result.h"
#include "wasm/features.h"
#include "wasm/module.h"

namespace ermine::wasm {
class TypeRegistry;
}

namespace ermine::binary {

// `bytes` must stay unchanged and alive as long as the module, which holds `owner` for that purpose (null: the caller
// ensures it). Errors: kMalformed, kInvalid (as above, or a feature that is switched off), kUnsupported (limits of
// wasm/limits.h); offset() is set. Thread-safe. `base_offset` is the position of the bytes in a larger binary: see
// wasm::Module.
Result<std::shared_ptr<const wasm::Module>> decode(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner,
                                                   std::shared_ptr<wasm::TypeRegistry> registry,
                                                   wasm::FeatureSet features = wasm::FeatureSet::defaults(),
                                                   uint64_t base_offset = 0);

}  // namespace ermine::binary
