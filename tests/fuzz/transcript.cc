#include "transcript.h"

#include <fmt/format.h>

#include "values.h"

namespace ermine::fuzz {

namespace {

// The engine's reports of its own bugs since the run began. Modules run on the thread that compiles them.
thread_local std::string t_bugs;
void note_bug(void*, std::string_view message) { t_bugs += fmt::format("bug of the engine: {}\n", message); }

constexpr uint64_t kFuel = 50'000'000, kPortion = 500;

bool is_limit(const Error& e) {
  if (e.kind() == ErrorKind::kLimit || e.kind() == ErrorKind::kUnsupported) return true;
  if (e.kind() != ErrorKind::kTrap) return false;
  switch (e.trap_code()) {
    case TrapCode::kCallStackExhausted:
    case TrapCode::kAllocationTooLarge:
    case TrapCode::kGcHeapExhausted:
    case TrapCode::kOutOfFuel:
    case TrapCode::kInterrupted: return true;
    default: return false;
  }
}

std::string show(const Error& e) {
  if (e.kind() == ErrorKind::kException) return "exception";
  if (e.kind() == ErrorKind::kTrap) return "trap: " + std::string(trap_message(e.trap_code()));
  return "error: " + std::string(e.message());
}

// One module, with its libraries, in one variant.
class Run {
 public:
  Run(const Variant& variant, const Engine& engine)
      : variant_(variant), store_(engine, limits()), linker_(engine), has_fuel_(engine.config().consume_fuel) {}

  // The libraries come before the module.
  Transcript transcript(std::span<const Module> modules, bool memories) {
    std::vector<Part> parts;
    for (size_t i = 0; i < modules.size(); ++i) {
      const bool is_library = i + 1 < modules.size();
      const std::string name = is_library ? library_name(i) + "." : "";
      if (!define_imports(modules[i], i)) return {"imports: not for both\n", false};
      refuel();
      out_.text += name + "instantiate: ";
      auto instance = linker_.instantiate(store_, modules[i]);
      if (!instance) {
        failed(instance.error());
        return std::move(out_);
      }
      out_.text += "ok\n";
      if (is_library && !linker_.instance(library_name(i), *instance)) return {"imports: not for both\n", false};
      // The module itself is the first from here on.
      parts.insert(is_library ? parts.end() : parts.begin(), {name, *instance});
    }
    for (const Part& p : parts) calls(p);
    for (const Part& p : parts) state(p, memories);
    out_.text += fmt::format("log: {:x}\n", logged_);
    return std::move(out_);
  }

 private:
  struct Part {
    std::string name;
    Instance instance;
  };

  // Exports are identified by their position: names may be anything.
  void calls(const Part& p) {
    const auto exports = p.instance.exports();
    std::optional<Global> guest_fuel;
    if (auto item = p.instance.get_global("fuel"); item && item->type() == GlobalType{ValType::i32(), true})
      guest_fuel = *item;
    for (size_t e = 0; e < exports.size(); ++e) {
      std::optional<Func> func = exports[e].second.func();
      if (!func) continue;
      FuncType type = func->type();
      if (!can_cross(type.params, type.results)) continue;
      for (unsigned call = 0; call < kCalls; ++call) {
        if (guest_fuel) (void)guest_fuel->set(Val(kGuestFuel));
        out_.text += fmt::format("{}e{}#{}:", p.name, e, call);
        one_call(*func, type, call);
      }
    }
  }

  void state(const Part& p, bool memories) {
    const auto exports = p.instance.exports();
    for (size_t e = 0; e < exports.size(); ++e) {
      const Extern& item = exports[e].second;
      if (auto global = item.global(); global && is_number(global->type().type))
        out_.text += fmt::format("{}e{} = {}\n", p.name, e, fuzz::show(global->get()));
      if (auto memory = item.memory()) {
        out_.text += fmt::format("{}e{}: {} bytes, {:x}\n", p.name, e, memory->byte_size(), hash(memory->span()));
        if (memories) out_.text += rows(memory->span());
      }
    }
  }

  static StoreLimits limits() {
    StoreLimits limits;
    limits.memory_bytes = 64 << 20;
    limits.table_elements = 1'000'000;
    return limits;
  }

  void refuel() {
    if (has_fuel_) (void)store_.set_fuel(kFuel);
  }

  void failed(const Error& e) {
    out_.limited = out_.limited || is_limit(e);
    out_.text += show(e) + '\n';
  }

  // Functions that log their arguments and return edge cases; the other imports are defaults.
  bool define_imports(const Module& module, size_t libraries) {
    if (!has_usable_imports(module, libraries)) return false;
    for (const ImportType& i : module.imports()) {
      if (i.type.kind != ExternKind::kFunc || linker_.has(i.module, i.name)) continue;
      auto answer = [this, results = i.type.func.results](Caller&, std::span<const Val> args,
                                                          std::span<Val> out) -> Result<void> {
        for (const Val& v : args) logged_ = (logged_ ^ logged_bits(v)) * 0x9E3779B97F4A7C15;
        for (size_t r = 0; r < out.size(); ++r) out[r] = value_of(results[r], edge_value(results[r], host_calls_, r));
        ++host_calls_;
        return {};
      };
      if (!linker_.func(i.module, i.name, i.type.func, std::move(answer))) return false;
    }
    return linker_.define_unknown_imports_as_defaults(store_, module).has_value();
  }

  void one_call(const Func& func, const FuncType& type, unsigned call) {
    std::vector<Val> arguments;
    for (size_t i = 0; i < type.params.size(); ++i)
      arguments.push_back(value_of(type.params[i], edge_value(type.params[i], call, i)));
    auto results = variant_.in_portions ? in_portions(func, arguments) : at_once(func, arguments);
    if (!results) {
      out_.text += ' ';
      failed(results.error());
      if (results.error().kind() == ErrorKind::kException) (void)take_exception(store_);
      return;
    }
    for (const Val& v : *results) out_.text += ' ' + fuzz::show(v);
    out_.text += '\n';
  }

  Result<std::vector<Val>> at_once(const Func& func, std::span<const Val> arguments) {
    refuel();
    return func.call(arguments);
  }

  Result<std::vector<Val>> in_portions(const Func& func, std::span<const Val> arguments) {
    auto execution = Execution::create(func, arguments);
    if (!execution) return std::move(execution).error();
    for (uint64_t spent = 0; spent < kFuel; spent += kPortion) {
      (void)store_.set_fuel(kPortion);
      auto state = execution->run();
      if (!state) return std::move(state).error();
      if (*state == Execution::State::kReturned)
        return std::vector<Val>(execution->results().begin(), execution->results().end());
    }
    return Error::trap(TrapCode::kOutOfFuel);
  }

  const Variant& variant_;
  Store store_;
  Linker linker_;
  const bool has_fuel_;
  uint64_t logged_ = 0, host_calls_ = 0;
  Transcript out_;
};

}  // namespace

Variant::Variant(std::string_view mode, const TierName& tier)
    : name(fmt::format("{}{}{}", tier.name, mode.empty() ? "" : "+", mode)), in_portions(mode == "portions") {
  config.tier = tier.tier;
  // So that short programs tier up as well.
  config.tier_up_calls = mode == "early" ? 1 : 2;
  config.tier_up_rounds = mode == "early" ? 1 : 20;
  config.consume_fuel = in_portions || mode == "fuel" || mode == "fuel+deterministic";
  config.relaxed_simd_deterministic = mode == "deterministic" || mode == "fuel+deterministic";
  config.gc_stress = mode == "gc-stress";
  config.opt_level = mode == "checked" ? 0 : mode == "deterministic" ? 1 : 2;
  if (mode == "checked") config.memory_reservation = 0;
  config.verify_code = true;
#if !defined(__x86_64__)
  if (tier.tier == Tier::kOptimized) config.verify_code = false;  // it can only be verified there
#endif
  config.report_bug = note_bug;
  config.parallelism = 1;
  config.mask_speculation = !config.consume_fuel;
  config.max_gc_heap = 64 << 20;
  config.enable_all_features();
}

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (const char* mode :
       {"", "fuel", "portions", "deterministic", "fuel+deterministic", "checked", "gc-stress", "early"})
    for (const TierName& tier : Config::tiers())
      if (std::string_view(mode) != "early" || tier.tier == Tier::kAuto) all.emplace_back(mode, tier);
  return all;
}

Transcript run_module(const Variant& variant, const Engine& engine, std::span<const uint8_t> bytes, bool memories) {
  t_bugs.clear();
  auto module = Module::compile(engine, bytes);
  if (!module) return {fmt::format("compile: {}\n", module.error().message()), is_limit(module.error())};
  auto modules = libraries_of(engine, *module);
  if (!modules) return {"compile: a library is not valid\n", false};
  modules->push_back(std::move(*module));
  Transcript t = Run(variant, engine).transcript(*modules, memories);
  t.text += t_bugs;
  return t;
}

}  // namespace ermine::fuzz
