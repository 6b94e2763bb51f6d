// The decoder: bytes to wasm::Module. It reads everything but function bodies, whose extent it records,
// and delimits constant expressions. What cannot be said in a Module is refused here, also where the
// specification counts it to validation (an unknown type, a supertype that does not fit); all other rules
// are validate()'s. Whoever instantiates a module needs both.
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

// `bytes` must stay unchanged and alive as long as the module, which holds `owner` for that purpose; null
// if the caller sees to it otherwise. Errors: kMalformed, kInvalid (what is mentioned above, or a feature
// that is switched off), kUnsupported (limits of wasm/limits.h); offset() is set. Thread-safe.
// `base_offset` is where the bytes begin in a larger binary: see wasm::Module.
Result<std::shared_ptr<const wasm::Module>> decode(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner,
                                                   std::shared_ptr<wasm::TypeRegistry> registry,
                                                   wasm::FeatureSet features = wasm::FeatureSet::defaults(),
                                                   uint64_t base_offset = 0);

}  // namespace ermine::binary
