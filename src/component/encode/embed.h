// Puts the world that a core module implements into a custom section of it (metadata.h), and makes modules that fit a
// world for tests of tools.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "component/encode/sections.h"
#include "component/model/valid_component.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component {

// The module with a section for the world. Errors: kMalformed if it is no core module; those of encode_metadata().
Result<std::vector<uint8_t>> embed_world(std::span<const uint8_t> module, const wit::Resolve& resolve,
                                         wit::WorldId world, StringEncoding encoding, const Producers& producers);

// A module that imports and exports everything of the world by names of the form cm32p2|…, with a memory and a realloc
// function; its functions trap. Asynchronous functions are exported as if they were not, and called likewise.
Result<std::vector<uint8_t>> make_dummy_module(const wit::Resolve& resolve, wit::WorldId world);

}  // namespace ermine::component
