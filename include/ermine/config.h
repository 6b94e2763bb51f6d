// Config: how an Engine compiles and runs. A plain value, read once when the Engine is made.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine {

enum class Tier : uint8_t {
  kAuto,    // the best the build has; hot code moves up while it runs
  kInterp,  // the interpreter only
  kBaseline,  // machine code on a function's first call; what has none is interpreted
};

// What tells a profiler the names of functions in machine code.
enum class Profile : uint8_t {
  kNone,
  kPerfMap,  // /tmp/perf-PID.map, for perf: names only
  kJitDump,  // jit-PID.dump in the current directory, for `perf inject --jit`: also the code and where it comes from
};

// A tier and its name on the command line.
struct TierName {
  std::string_view name;
  Tier tier;
};

struct Config {
  // Stack for the frames of WebAssembly functions, in bytes a store; deeper recursion traps with "call
  // stack exhausted". Memory is used only as deep as a program goes. Between 64 KiB and 1 GiB.
  uint64_t max_wasm_stack = 8u << 20;

  // Address space for each 32-bit memory, in bytes. With at least 8 GiB (the default) an access needs no
  // bounds check: index and offset cannot leave the reservation. With less, or where the system grants
  // less, accesses are checked in code: slower, with the same results. 0 reserves nothing beyond the
  // memory itself, which then may move when it grows. Shared memories never move: they reserve their maximum.
  // A process has addresses for some 15,000 memories that are not checked (47 bits, and more space between
  // and around them: runtime/memory_slots.h), and for none if it may map less than 64 GiB (RLIMIT_AS).
  uint64_t memory_reservation = uint64_t{8} << 30;
  // Inaccessible bytes after a reservation; rounded up to pages. There are always some, and in front of it, too.
  uint64_t memory_guard = 64u << 10;

  // Count what a program does, so that StoreRef::set_fuel limits a run: 1 unit for each instruction, the same in every
  // tier and on every machine; 1 more for each 16 bytes (kBytesPerFuel) that an instruction on memories fills, copies
  // or grows by, for each element of a table, for every two of an array; and 1 for each 16 bytes of the buffers, names
  // and lists that a WASI call moves. Host functions take what they please (StoreRef::consume_fuel). Slows code; a
  // store starts with no fuel.
  bool consume_fuel = false;

  // On a machine that has no machine-code tier (docs/architecture.md) all are the interpreter.
  Tier tier = Tier::kAuto;
  // With kAuto: after how many calls of a function, or rounds of one of its loops, it moves up to machine code.
  // The defaults are about where interpreting has cost as much as compiling will (docs/rationale.md).
  uint32_t tier_up_calls = 30, tier_up_rounds = 100;
  // Most bytes of machine code, 1 GiB at most. All engines of a process share one cache: the smallest of their
  // limits holds. What finds no room stays interpreted.
  uint64_t code_cache_size = uint64_t{1} << 30;
  // Check the machine code of every function before it can run: that it stays in its sandbox even where the compiler
  // erred (docs/security.md). Takes about as long as compiling, and the system's capstone library, which is opened when
  // the engine is made. What is refused is interpreted, and reported (report_bug); without the library all is. On by
  // default in builds with assertions, and where the environment has ERMINE_VERIFY_CODE=1.
  bool verify_code = verifies_by_default();
  // Told of a bug of the engine that it noticed and that did no harm, or that machine code cannot be verified; called
  // by the thread that noticed, which may hold locks: it must not call the engine. Null: a line on standard error.
  void (*report_bug)(void* context, std::string_view message) = nullptr;
  void* report_bug_context = nullptr;
  // One file a process, whatever the number of engines; opened when the engine is made. If that fails, its modules
  // do not compile, and the error says why. docs/how-to/profile.md shows how to use it.
  Profile profile = Profile::kNone;

  // Tell gdb and lldb the names of functions in machine code, and how to walk their frames. Code takes more memory
  // (whole pages), so that breakpoints can be set in it. As for a perf map, the first engine of the process decides;
  // the two cannot be had at once.
  bool debug_info = false;

  // The tiers that can be asked for, kAuto first. What is to hold in every tier is tried in each of these.
  static std::span<const TierName> tiers();

  // Relaxed SIMD takes the deterministic profile's choice, the same on every machine, instead of the
  // machine's quickest. (The bits of NaNs that arithmetic makes are the processor's in any case.)
  bool deterministic = false;

  // Indices of arrays and tables stay in bounds also where the processor goes on by a guess (Spectre, variant 1), by
  // masks that no guess touches. Calls through tables and accesses to memories without guards do so in any case, at no
  // cost; for guarded memories there is nothing to do. What it costs stands in docs/rationale.md.
  bool mask_speculation = true;

  // Threads that validate or compile one module, the caller included. 0: as many as the machine has.
  unsigned parallelism = 0;

  // Most bytes of a store's garbage-collected heap. Stores may set less (StoreLimits).
  uint64_t max_gc_heap = uint64_t{1} << 30;
  // Collect garbage at every allocation: very slow, for finding references that the collector was not told of.
  bool gc_stress = false;

  // Features by the name of their proposal, as in "simd", "multi-memory", "legacy-exceptions". Those of
  // WebAssembly 3.0 and what programs need beyond it are on by default.
  static std::vector<std::string_view> feature_names();
  // Fails with kUsage for a name that feature_names() has not.
  Result<void> set_feature(std::string_view name, bool on);
  bool has_feature(std::string_view name) const;
  void enable_all_features();

  // The features as the engine's own bits; for the engine.
  uint64_t feature_bits = default_feature_bits();

 private:
  static bool verifies_by_default();
  static uint64_t default_feature_bits();
};

// What became of the functions of an engine's modules that were to have machine code (Config::tier), up to now.
struct CodeCounts {
  bool available = false;  // this build and this processor have a tier that makes machine code
  uint64_t compiled = 0;  // have it
  uint64_t failed = 0;  // stay interpreted: there was no room, or one of the next
  uint64_t refused = 0;  // of those: their machine code was not safe (Config::verify_code), a bug of the engine
};

}  // namespace ermine
