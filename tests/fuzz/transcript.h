// Transcript: what a module does, in words that do not depend on addresses, to be compared between tiers,
// modes and engines.
//
// A module is instantiated with functions that log what they are given and answer with edge values, and with zeroed
// globals, memories and tables. Each exported function whose values can cross is called a few times with fixed
// arguments, and in the end globals are read and memories hashed. A trap ends a call, not the run. An exported
// global "fuel", if it is a mutable i32, is filled before each call: with it a module may see to it that it ends.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ermine/ermine.h"

namespace ermine::fuzz {

// One way to run: a tier and what else must not change results.
struct Variant {
  std::string name;
  Config config;
  bool in_portions = false;  // calls are stopped whenever a little fuel is used up, and go on
  Variant(std::string_view mode, const TierName& tier);
};
// Each tier of the build plainly, then each in every other mode: with fuel, with little of it at a time,
// deterministic, with checked memories, with a collection at every allocation, in machine code from the beginning.
// Machine code is verified in all of them; what the verifier refuses is a line of the transcript, and so a difference.
std::vector<Variant> variants();

struct Transcript {
  std::string text;
  // A limit of the machine's or the engine's was met (stack, heap, fuel): what comes after may differ.
  bool limited = false;
};

// `memories`: their bytes that are not zero, in rows of 16, beside the hash.
Transcript run_module(const Variant& variant, const Engine& engine, std::span<const uint8_t> bytes,
                      bool memories = false);

// The same imports and calls for a program that drives another engine, as JSON on one line. "null" if the module
// does not compile, "{}" if its imports cannot be had in both engines.
std::string plan_of(const Engine& engine, std::span<const uint8_t> bytes);

// Whether run_module() and the other engine's driver can both give the module what it imports.
bool has_usable_imports(const Module& module);

// Calls of each function, and what the global "fuel" is filled with.
inline constexpr unsigned kCalls = 3;
inline constexpr uint32_t kGuestFuel = 200;

}  // namespace ermine::fuzz
