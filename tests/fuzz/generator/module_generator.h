// Generates valid modules that use all of WebAssembly 3.0 from arbitrary bytes, to be run in all tiers and engines.
//
// The results of a module are completely determined (except where MadeOf::canonical_nans says otherwise), it ends, and
// its state is visible from outside: the exported functions take and return numbers, and the globals and memories are
// exported. Every function and every iteration of a loop takes one from the exported global "fuel" and traps if there
// is none; each exported function begins by setting it. The one import, "env" "log", takes an i64. The same bytes make
// the same module everywhere.
//
// A linked module imports from one or two others, which it contains in custom sections "library": they are "l0" and
// "l1", and are instantiated in this order before it. Functions, memories, tables, globals and tags are imported, and
// libraries call functions that importers put into their tables. All have the same fuel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wasm/features.h"

namespace ermine::fuzz {

struct MadeOf {
  wasm::FeatureSet features = wasm::FeatureSet::all();  // what the module may use; WebAssembly 1.0's is always there
  // NaNs from arithmetic are replaced by the canonical one, so that engines agree on the bits.
  bool canonical_nans = false;
  bool linked = false;
};

std::vector<uint8_t> generate_module(std::span<const uint8_t> choices, const MadeOf& of = {});

}  // namespace ermine::fuzz
