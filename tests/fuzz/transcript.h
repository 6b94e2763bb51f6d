// Transcript: what a module does, in words that do not depend on addresses, to be compared between tiers,
// modes and engines.
//
// A module is instantiated with the import "env" "log" (other functions do nothing and give zeros), each
// exported function that takes and gives numbers is called a few times with fixed arguments, and in the
// end globals are read and memories hashed. A trap ends a call, not the run.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ermine/ermine.h"

namespace ermine::fuzz {

// One way to run: a tier and what else Config has that must not change results.
struct Variant {
  std::string name;
  Config config;
};
// Every tier of the build with and without fuel, deterministic or not, with and without guarded memories.
std::vector<Variant> variants();

struct Transcript {
  std::string text;
  // A limit of the machine's or the engine's was met (stack, heap, fuel): what comes after may differ.
  bool limited = false;
};

// `memories`: their bytes that are not zero, in rows of 16, beside the hash.
Transcript run_module(const Engine& engine, std::span<const uint8_t> bytes, bool memories = false);

// The same calls for a program that drives another engine, as JSON. Empty if the module does not compile.
std::string plan_of(const Engine& engine, std::span<const uint8_t> bytes);

}  // namespace ermine::fuzz
