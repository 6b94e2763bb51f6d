// Makes valid modules of all of WebAssembly 3.0 out of arbitrary bytes, to be run in all tiers and engines.
//
// What a module does is defined to the last bit (save where MadeOf::canonical_nans says), it ends, and it
// can be seen from outside: the functions that are exported take and give numbers, and the globals and
// memories are exported. Every function and turn of a loop takes one from the exported global "fuel" and
// traps when there is none; each exported function begins by filling it. The one import, "env" "log", takes
// an i64. The same bytes make the same module everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wasm/features.h"

namespace ermine::fuzz {

struct MadeOf {
  wasm::FeatureSet features = wasm::FeatureSet::all();  // what the module may use; WebAssembly 1.0's is always there
  // NaNs that arithmetic makes are replaced by the canonical one, so that engines agree on the bits.
  bool canonical_nans = false;
};

std::vector<uint8_t> generate_module(std::span<const uint8_t> choices, const MadeOf& of = {});

}  // namespace ermine::fuzz
