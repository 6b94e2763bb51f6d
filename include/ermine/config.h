// Config: how an Engine compiles and runs. A plain value, read once when the Engine is made. docs/reference/options.md
// lists its fields and the options of the command that set them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine {

// Which code runs.
enum class Tier : uint8_t {
  kAuto,    // the interpreter first, machine code for functions that run often
  kInterp,  // the interpreter only
  kBaseline,  // machine code on a function's first call; functions without any are interpreted
  // Machine code by LLVM on a function's first call: it takes milliseconds to make a function, and is the fastest.
  // Needs the plug-in libermine-llvm.so.
  kOptimized,
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

// Most embedders should leave most fields alone: the defaults were measured (docs/rationale.md), and the command has
// the same.
struct Config {
  // The values of a field that an engine uses. It replaces a value outside of its range by the nearest one inside.
  struct Range {
    uint64_t least, most;
  };

  // --- Limits. StoreLimits (ermine/limits.h) limits a single store.

  // Stack for the frames of WebAssembly functions, in bytes per store. Deeper recursion traps with "call stack
  // exhausted". Memory is used only for the depth that a program reaches.
  uint64_t max_wasm_stack = 8u << 20;
  static constexpr Range kMaxWasmStackRange{64u << 10, 1u << 30};
  // Maximum size of a store's garbage-collected heap, in bytes. A store may have a lower limit (StoreLimits).
  uint64_t max_gc_heap = uint64_t{1} << 30;
  static constexpr Range kMaxGcHeapRange{64u << 10, uint64_t{4} << 30};

  // Count the work of a program, so that StoreRef::set_fuel can limit it. An instruction costs 1 unit, in every tier
  // and on every machine. An instruction on memories costs 1 more for each 16 bytes (kBytesPerFuel) that it fills,
  // copies or grows by; on tables, for each element; on arrays, for each two elements. A WASI call costs 1 for each 16
  // bytes of buffers, names and lists that it moves. Host functions charge by StoreRef::consume_fuel. Counting makes
  // code slower. A store starts without fuel.
  bool consume_fuel = false;

  // --- Memories. Reserve less only if the process has little address space.

  // Address space for each 32-bit memory, in bytes. With 8 GiB or more (the default) an access needs no bounds check:
  // index and offset cannot leave the reservation. With less, or if the system grants less, accesses are checked in
  // code, which is slower and has the same results. With 0, only the memory itself is reserved, and it may move when it
  // grows. Shared memories never move: their maximum is reserved. A process has addresses for about 15,000 memories
  // without checks (47 bits, with space between and around them: runtime/memory_slots.h), and for none if it may map
  // less than 64 GiB (RLIMIT_AS).
  uint64_t memory_reservation = uint64_t{8} << 30;
  static constexpr Range kMemoryReservationRange{0, uint64_t{1} << 40};
  // Inaccessible bytes after a reservation, rounded up to pages. There are always some, before it as well.
  uint64_t memory_guard = 64u << 10;
  static constexpr Range kMemoryGuardRange{0, uint64_t{1} << 36};

  // --- Code: how functions are run

  // On a machine without a tier that makes machine code (docs/architecture.md), every value means the interpreter.
  Tier tier = Tier::kAuto;
  // With kAuto: a function is compiled to machine code after this number of calls, or of iterations of one of its
  // loops. At about the defaults, interpreting has cost as much time as compiling costs (docs/rationale.md).
  uint32_t tier_up_calls = 30, tier_up_rounds = 100;
  // With kAuto: functions that run for long are compiled again by LLVM, on a thread of the engine, and entered at their
  // next call or in the middle of a loop. As with Tier::kOptimized, the plug-in is needed. It is opened when the first
  // function is compiled (Engine::late_libraries).
  bool optimize = false;
  // With `optimize`: a function in machine code is compiled again after this number of calls and of iterations of its
  // loops, together. The engine counts in steps of about a thousand.
  uint32_t optimize_after = 100'000;
  // How much time LLVM takes for a function, for code that is faster: 0 the least (docs/rationale.md has both). Calls
  // are inlined from 2 on.
  uint32_t opt_level = 2;
  static constexpr Range kOptLevelRange{0, 2};
  bool uses_llvm() const { return tier == Tier::kOptimized || (tier == Tier::kAuto && optimize); }
  // Maximum size of machine code, in bytes. All engines of a process share one cache, with the lowest of their limits.
  // Functions that do not fit stay interpreted.
  uint64_t code_cache_size = uint64_t{1} << 30;
  static constexpr Range kCodeCacheSizeRange{0, uint64_t{1} << 30};
  // Number of threads that validate or compile one module, including the caller's. 0: one per processor.
  unsigned parallelism = 0;
  static constexpr Range kParallelismRange{0, 256};

  // --- Defense in depth

  // Check the machine code of every function before it can run: that it stays in its sandbox even if the compiler has a
  // bug (docs/security.md). Takes about as long as compiling, and the system's capstone library, which is opened when
  // the engine is made. Refused code is reported (report_bug) and the function interpreted; without the library all
  // functions are. Optimised code can be verified on x86-64 only, and is not used elsewhere then. On by default in
  // builds with assertions, and if the environment has ERMINE_VERIFY_CODE=1.
  bool verify_code = verifies_by_default();
  // Called with a bug of the engine that it detected and that did no harm, or if machine code cannot be verified or
  // optimised. The calling thread may hold locks, so the function must not call the engine. Null: a line on standard
  // error.
  void (*report_bug)(void* context, std::string_view message) = nullptr;
  void* report_bug_context = nullptr;
  // Keep indices of arrays and tables in bounds under speculative execution as well (Spectre, variant 1), by masks.
  // Calls through tables and accesses to memories without guards do that always, at no cost; accesses to guarded
  // memories need nothing. docs/rationale.md has the cost.
  bool mask_speculation = true;

  // --- For profilers and debuggers

  // One file per process, for all engines; opened when the engine is made. If that fails, the engine compiles no
  // modules and the error has the reason. docs/how-to/profile.md describes the use.
  Profile profile = Profile::kNone;
  // Give gdb and lldb the names of functions in machine code, and the means to walk their frames. Code takes more
  // memory (whole pages), so that breakpoints can be set in it. As with a perf map, the first engine of the process
  // decides; the two cannot be combined.
  bool debug_info = false;
  // Collect garbage at every allocation. Very slow; finds references that the collector does not know.
  bool gc_stress = false;

  // --- The language

  // Relaxed SIMD instructions make the choice of the deterministic profile, the same on every machine, instead of the
  // fastest on this machine. (The bits of NaNs from arithmetic are the processor's in both cases.)
  bool relaxed_simd_deterministic = false;

  // Features by the name of their proposal, such as "simd", "multi-memory", "legacy-exceptions", and those of
  // components, such as "cm-async", "cm-error-context", "cm64". By default those of WebAssembly 3.0 are on, those of
  // the component model that its releases have, and some that programs need.
  static std::vector<std::string_view> feature_names();
  // Fails with kUsage for a name that is not in feature_names().
  Result<void> set_feature(std::string_view name, bool on);
  bool has_feature(std::string_view name) const;
  void enable_all_features();
  // The features as bits. For the engine only.
  uint64_t feature_bits = default_feature_bits();
  uint64_t component_feature_bits = default_component_feature_bits();

  // The tiers of this build, kAuto first. Tests of all tiers use this list.
  static std::span<const TierName> tiers();

 private:
  static bool verifies_by_default();
  static uint64_t default_feature_bits();
  static uint64_t default_component_feature_bits();
};

// The number of functions of an engine's modules that were to be compiled to machine code (Config::tier) until now.
struct CodeCounts {
  bool available = false;  // this build and this processor have a tier that makes machine code
  uint64_t compiled = 0;
  uint64_t failed = 0;  // interpreted, because the code did not fit or was refused
  uint64_t refused =
      0;  // of those, refused: their machine code was not safe (Config::verify_code), a bug of the engine
};

}  // namespace ermine
