#include "engine/engine.h"

#include <algorithm>
#include <cstdio>

#include "base/format.h"
#ifdef ERMINE_BASELINE
#include "baseline/tier.h"
#include "optimizing/tier.h"
#include "tiering/background.h"
#include "tiering/code_arena.h"
#include "verify/capstone.h"
#endif
#include "interp/tier.h"

namespace ermine::engine {

namespace {
wasm::FeatureSet feature_set(uint64_t bits) {
  wasm::FeatureSet set;
  for (unsigned i = 0; i < static_cast<unsigned>(wasm::Feature::kCount); ++i)
    if (bits >> i & 1) set.add(static_cast<wasm::Feature>(i));
  return set;
}
#ifdef ERMINE_BASELINE
// Sets the kind of memory in the arena. False: it already has another kind.
bool choose(tiering::CodeArena::Kind kind) { return tiering::CodeArena::get()->choose(kind); }
#endif
void report_to_stderr(void*, std::string_view message) {
  std::fprintf(stderr, "ermine: bug of the engine, please report it with the module: %.*s\n",
               static_cast<int>(message.size()), message.data());
}
void warn_on_stderr(void*, std::string_view message) {
  std::fprintf(stderr, "ermine: %.*s\n", static_cast<int>(message.size()), message.data());
}
template <class T>
void bring_into(Config::Range range, T& figure) {
  figure = static_cast<T>(std::clamp<uint64_t>(figure, range.least, range.most));
}
Result<platform::CodeListenerPtr> make_listener(const Config& config) {
  platform::CodeListenerPtr listener;
  if (config.profile == Profile::kNone && !config.debug_info) return listener;
#ifdef ERMINE_BASELINE
  auto too_late = [] {
    return Error(ErrorKind::kUsage,
                 "Config::debug_info and Profile::kPerfMap cannot be combined, and must be set for the first Engine of "
                 "the process");
  };
  if (config.debug_info) {
    if (!choose(tiering::CodeArena::Kind::kPrivate)) return too_late();
    listener = platform::gdb_interface();
  }
  if (config.profile == Profile::kPerfMap) {
    if (!choose(tiering::CodeArena::Kind::kAnonymous)) return too_late();
    ERMINE_ASSIGN(platform::CodeListenerPtr map, platform::open_perf_map());
    listener = platform::tee_listener(std::move(listener), std::move(map));
  } else if (config.profile == Profile::kJitDump) {
    ERMINE_ASSIGN(platform::CodeListenerPtr dump, platform::open_jit_dump());
    listener = platform::tee_listener(std::move(listener), std::move(dump));
  }
  return listener;
#else
  return Error(ErrorKind::kUnsupported, "this build of Ermine has no machine code to profile or debug");
#endif
}

}  // namespace

Engine::Engine(const Config& config)
    : config_(config),
      features_(feature_set(config.feature_bits)),
      registry_(std::make_shared<wasm::TypeRegistry>()),
      hooks_(interp::execution_hooks()) {
  if (auto listener = make_listener(config)) listener_ = *std::move(listener);
  else ready_ = std::move(listener).error();
  tiers_.interpreter = &interp::interpreter();
#ifdef ERMINE_BASELINE
  counters_ = std::make_shared<runtime::CodeCounters>();
  // The verifier's library is opened now: later the process may not be allowed to open files.
  if (config.verify_code && config.tier != Tier::kInterp) (void)verify::capstone_problem();
  if (ready_) ready_ = add_machine_tiers();
  if (tiers_.arena != nullptr) tiers_.arena->lower_limit(config.code_cache_size);
#endif
}

#ifdef ERMINE_BASELINE
Result<void> Engine::add_machine_tiers() {
  const tiering::NativeTier* const baseline = baseline::tier();
  if (baseline == nullptr) return {};
  tiers_.compiled = {baseline};
  tiers_.arena = tiering::CodeArena::get();
  tiers_.arena->watch(interp::watch_machine_code);
  if (!config_.uses_llvm()) return {};
  // In the background, the plug-in is opened when the first function needs it: most programs end before.
  const auto when = config_.tier == Tier::kOptimized ? optimizing::Opening::kNow : optimizing::Opening::kLater;
  ERMINE_ASSIGN(const tiering::NativeTier* const optimizing, optimizing::tier(interp::interpreter(), when));
  tiers_.compiled.push_back(optimizing);
  background_ = std::make_shared<tiering::BackgroundCompiler>();
  tiers_.background = background_.get();
  return {};
}
#endif

std::vector<std::string> Engine::late_libraries() const {
#ifdef ERMINE_BASELINE
  if (config_.uses_llvm() && ready_ && tiers_.compiled.size() > 1)
    if (auto files = optimizing::files_to_open(interp::interpreter())) return *std::move(files);
#endif
  return {};
}

Result<void> Engine::open_libraries() const {
#ifdef ERMINE_BASELINE
  if (config_.uses_llvm() && ready_ && tiers_.compiled.size() > 1)
    ERMINE_TRY(optimizing::tier(interp::interpreter(), optimizing::Opening::kNow));
#endif
  return {};
}

CodeCounts Engine::code_counts() const {
  CodeCounts counts;
#ifdef ERMINE_BASELINE
  counts.available = !tiers_.compiled.empty();
  counts.compiled = counters_->compiled;
  counts.failed = counters_->failed;
  counts.refused = counters_->refused;
#endif
  return counts;
}

std::shared_ptr<Engine> Engine::create(Config config) {
  bring_into(Config::kMaxWasmStackRange, config.max_wasm_stack);
  bring_into(Config::kMaxGcHeapRange, config.max_gc_heap);
  bring_into(Config::kMemoryReservationRange, config.memory_reservation);
  bring_into(Config::kMemoryGuardRange, config.memory_guard);
  bring_into(Config::kCodeCacheSizeRange, config.code_cache_size);
  bring_into(Config::kOptLevelRange, config.opt_level);
  bring_into(Config::kParallelismRange, config.parallelism);
  return std::shared_ptr<Engine>(new Engine(config));
}

runtime::StoreOptions Engine::store_options() {
  runtime::StoreOptions o;
  o.hooks = &hooks_;
  o.registry = registry_;
  o.timer = &timer_;
  o.keep_alive = shared_from_this();
  o.memory = memory_options();
  o.max_wasm_stack = config_.max_wasm_stack;
  o.has_optimized_code = config_.uses_llvm();
  o.max_gc_heap = config_.max_gc_heap;
  o.gc_stress = config_.gc_stress;
  o.consume_fuel = config_.consume_fuel;
  o.relaxed_simd_deterministic = config_.relaxed_simd_deterministic;
  o.mask_speculation = config_.mask_speculation;
  return o;
}

runtime::CodeOptions Engine::code_options(bool guarded) const {
  return {.guarded = guarded,
          .consume_fuel = config_.consume_fuel,
          .tier = config_.tier,
          .tier_up_calls = config_.tier_up_calls,
          .tier_up_rounds = config_.tier_up_rounds,
          .optimize_after = config_.optimize_after,
          .opt_level = config_.opt_level,
          .verify_code = config_.verify_code,
          .report_bug = config_.report_bug != nullptr ? config_.report_bug : report_to_stderr,
          .warn = config_.report_bug != nullptr ? config_.report_bug : warn_on_stderr,
          .report_bug_context = config_.report_bug_context,
          .listener = listener_,
          .counters = counters_};
}

}  // namespace ermine::engine
