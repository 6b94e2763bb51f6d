// Transcript: the results of a module, independent of addresses, to be compared between tiers, modes and engines.
//
// A module is instantiated with functions that log their arguments and return edge cases, and with zeroed globals,
// memories and tables. Each exported function whose values can be passed is called a few times with fixed arguments,
// and at the end globals are read and memories hashed. A trap ends a call, not the run. An exported global "fuel", if
// it is a mutable i32, is set before each call: a module can use it to end.
//
// Modules in custom sections "library" are instantiated first, as "l0", "l1" …; the module and later libraries may
// import their exports. They are called and read like the module, after it; lines about them begin with their name and
// a dot.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/ermine.h"

namespace ermine::fuzz {

// One way to run: a tier and other properties that must not change results.
struct Variant {
  std::string name;
  Config config;
  bool in_portions = false;  // calls are suspended whenever a little fuel is used up, and continued
  Variant(std::string_view mode, const TierName& tier);
};
// Each tier of the build by itself, then each in every other mode: with fuel, with little of it at a time,
// deterministic, with checked memories, with a collection at every allocation, in machine code from the beginning.
// Machine code is verified in all of them; a refusal of the verifier is a line of the transcript, and so a difference.
std::vector<Variant> variants();

struct Transcript {
  std::string text;
  // A limit of the machine or the engine was reached (stack, heap, fuel): the rest may differ.
  bool limited = false;
};

// `memories`: their non-zero bytes, in rows of 16, in addition to the hash.
Transcript run_module(const Variant& variant, const Engine& engine, std::span<const uint8_t> bytes,
                      bool memories = false);

// The same imports and calls for a program that drives another engine, as JSON on one line. "null" if the module does
// not compile, "{}" if its imports are not possible in both engines.
std::string plan_of(const Engine& engine, std::span<const uint8_t> bytes);

// The modules in custom sections of this name. None if one of them is not valid.
inline constexpr std::string_view kLibrary = "library";
std::optional<std::vector<Module>> libraries_of(const Engine& engine, const Module& module);
std::string library_name(size_t number);
// Whether run_module() and the other engine's driver can both provide the module's imports, as far as they are not from
// the first `libraries` libraries.
bool has_usable_imports(const Module& module, size_t libraries);

// Number of calls of each function, and the value of the global "fuel".
inline constexpr unsigned kCalls = 3;
inline constexpr uint32_t kGuestFuel = 200;

}  // namespace ermine::fuzz
