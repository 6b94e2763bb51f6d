// Combines every operation with a result of at most 32 bits with the constants at the ends of widths and signs, with
// the possible locations of operands, and with all uses of such a number: cross_test GROUP [STRIDE]. The expected
// results are computed here, without the engine, and compared in every tier, with the verifier on. A number whose upper
// half is not zero in its register gives another result, another written byte, or a fault.
//
// The memory has 4 GiB, so that each number is an address; its window is filled before each call and checked
// afterwards.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cases.h"
#include "ermine/ermine.h"
#include "text/text.h"

namespace ermine::cross {
namespace {

constexpr size_t kAtOnce = 500;  // functions per module

template <class T>
T must(Result<T> result, const char* what) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s: %s\n", what, result.error().to_string().c_str());
  std::exit(2);
}

unsigned g_refused = 0;
void refused(void*, std::string_view message) {
  if (++g_refused <= 10) std::printf("bug of the engine: %.*s\n", static_cast<int>(message.size()), message.data());
}

struct Variant {
  const char* name;
  Config config;
  unsigned every = 1;  // of the modules
};

std::vector<Variant> variants() {
  std::vector<Variant> out;
  for (const TierName& t : Config::tiers()) {
    Config c;
    c.enable_all_features();
    c.tier = t.tier;
    c.tier_up_calls = c.tier_up_rounds = 1;
    c.verify_code = c.tier != Tier::kInterp;
#if !defined(__x86_64__)
    if (c.tier == Tier::kOptimized) c.verify_code = false;  // it can only be verified there
#endif
    c.report_bug = refused;
    // LLVM takes milliseconds for a function, and has the meaning of instructions from the same source.
    out.push_back({t.name.data(), c, t.tier == Tier::kOptimized ? 40u : 1u});
    if (t.tier != Tier::kBaseline) continue;
    c.memory_reservation = 0;
    out.push_back({"baseline with checked memory", c, 4});
  }
  return out;
}

void fill(uint8_t* window) {
  for (unsigned i = 0; i < kWindow; ++i) window[i] = static_cast<uint8_t>(0x91 + 13 * i);
}

class Runner {
 public:
  Runner(const Variant& variant) : variant_(variant), engine_(variant.config) {}
  const Variant& variant() const { return variant_; }

  // Runs functions of one module. Reports the failures and returns their number.
  size_t run(std::span<const uint8_t> bytes, std::span<const Trial> trials, bool explain) {
    const Module module = must(Module::compile(engine_, bytes), "the module");
    Store store(engine_);
    Linker linker(engine_);
    auto ok = linker.func_wrap("host", "same", [](int32_t v) { return v; });
    if (ok) ok = linker.func_wrap("host", "wide", [](uint32_t v) { return uint64_t{v}; });
    const GlobalType type{ValType::i32(), true};
    if (ok) ok = linker.define("host", "global", must(Global::create(store, type, Val(0)), "a global"));
    if (!ok) std::exit(2);
    const Instance instance = must(linker.instantiate(store, module), "instantiating");
    const Memory memory = *instance.get_memory("memory");
    size_t wrong = 0;
    for (size_t i = 0; i < trials.size(); ++i) {
      const auto f = must(instance.get_typed_func<uint64_t(uint64_t, uint64_t)>(std::to_string(i)), "a function");
      // Twice: in the tier that tiers up, the second run is in machine code from the start.
      for (unsigned time = 0; time < 2; ++time) {
        const std::string problem = once(f, memory, trials[i]);
        if (problem.empty()) continue;
        ++wrong;
        if (explain) this->explain(trials[i], problem);
        break;
      }
    }
    return wrong;
  }

 private:
  static std::string once(const TypedFunc<uint64_t(uint64_t, uint64_t)>& f, const Memory& memory, const Trial& t) {
    uint8_t window[kWindow + 16], found[kWindow];
    fill(window);
    const uint32_t at = t.of.value;
    const auto size = static_cast<size_t>(std::min<uint64_t>(kWindow, kMemoryEnd - at));
    memory.write(at, window, size);
    const uint64_t expected = t.trap != nullptr ? 0 : t.expected(window);
    const auto got = f(t.argument(0), t.argument(1));
    char text[160];
    if (t.trap != nullptr) {
      if (got) return std::string("does not trap: ") + t.trap;
      if (got.error().message().find(t.trap) == std::string::npos) return "ends with: " + got.error().message();
    } else if (!got) {
      return "ends with: " + got.error().message();
    } else if (*got != expected) {
      std::snprintf(text, sizeof text, "gives %#llx instead of %#llx", static_cast<unsigned long long>(*got),
                    static_cast<unsigned long long>(expected));
      return text;
    }
    memory.read(at, found, size);
    if (std::memcmp(found, window, size) != 0) return "writes other bytes than it should";
    return {};
  }

  // Each use by itself, to find the one that fails.
  void explain(const Trial& t, const std::string& problem);

  const Variant& variant_;
  Engine engine_;
};

std::vector<uint8_t> module_of(std::span<const Trial> trials) {
  std::string text = "(module" + std::string(environment());
  for (size_t i = 0; i < trials.size(); ++i) text += trials[i].text(i);
  text += ")\n";
  if (std::getenv("ERMINE_CROSS_TEXT") != nullptr) std::fputs(text.c_str(), stderr);
  return must(text::parse(text, {.features = wasm::FeatureSet::all(), .file_name = "cross"}), "the text");
}

void Runner::explain(const Trial& t, const std::string& problem) {
  std::printf("%s: %s: %s\n", variant_.name, t.of.describe().c_str(), problem.c_str());
  for (const Use* u : t.uses) {
    const Trial one{.of = t.of, .uses = {u}, .trap = t.trap};
    if (t.uses.size() == 1 || run(module_of({&one, 1}), {&one, 1}, false) != 0)
      std::printf("  used as %s\n", u->text.c_str());
  }
}

int run_group(std::string_view group, unsigned stride) {
  const std::vector<Variant> all = variants();
  std::vector<Runner> runners(all.begin(), all.end());
  size_t wrong = 0, combinations = 0, functions = 0;
  unsigned turn = 0, modules = 0;
  std::vector<Trial> trials;
  auto flush = [&] {
    const std::vector<uint8_t> bytes = module_of(trials);
    for (Runner& r : runners)
      if (modules % r.variant().every == 0) wrong += r.run(bytes, trials, wrong < 20);
    for (const Trial& t : trials) combinations += t.uses.size();
    functions += trials.size();
    ++modules;
    trials.clear();
  };
  for (const Case& c : cases(group, stride)) {
    add_trials(c, turn++, trials);
    if (trials.size() >= kAtOnce) flush();
  }
  if (!trials.empty()) flush();
  std::printf("%s: %zu combinations in %zu functions, each in %zu ways: %zu wrong, %u refused\n",
              std::string(group).c_str(), combinations, functions, runners.size(), wrong, g_refused);
  return wrong == 0 && g_refused == 0 && combinations != 0 ? 0 : 1;
}

}  // namespace
}  // namespace ermine::cross

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s GROUP [STRIDE]\n", argv[0]);
    return 2;
  }
  return ermine::cross::run_group(argv[1], argc > 2 ? static_cast<unsigned>(std::max(1, std::atoi(argv[2]))) : 1);
}
