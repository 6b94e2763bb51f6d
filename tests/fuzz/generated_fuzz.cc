// Fuzz target: a module generated from the bytes is valid, and has the same results in every tier and mode.
//
// The modules make NaNs canonical themselves. The first byte decides whether they import from others, and whether they
// may use relaxed instructions: then
// the variants of the deterministic profile must agree among themselves, and so must those with the machine's choice.
#include <cstdio>
#include <cstdlib>

#include "generator/module_generator.h"
#include "transcript.h"

using namespace ermine;

namespace {

struct Runner {
  fuzz::Variant variant;
  Engine engine;
};

std::vector<Runner> make_runners() {
  std::vector<Runner> runners;
  for (fuzz::Variant& v : fuzz::variants()) runners.push_back({v, Engine(v.config)});
  return runners;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Runner> runners = make_runners();
  if (size == 0) return 0;
  const bool relaxed = data[0] & 1;
  fuzz::MadeOf of;
  of.canonical_nans = true;
  of.linked = data[0] & 2;
  if (!relaxed) of.features.remove(wasm::Feature::RelaxedSimd);
  std::vector<uint8_t> module = fuzz::generate_module({data + 1, size - 1}, of);
  const Runner* first[2] = {};
  std::string expected[2];
  bool limited = false;
  for (const Runner& r : runners) {
    // LLVM takes milliseconds for a function: some modules must do.
    if (r.variant.config.tier == Tier::kOptimized && module.size() % 32 != 0) continue;
    fuzz::Transcript t = fuzz::run_module(r.variant, r.engine, module);
    if (t.text.starts_with("compile")) {
      std::fprintf(stderr, "the generated module is not valid: %s", t.text.c_str());
      std::abort();
    }
    limited = limited || t.limited;
    unsigned group = relaxed && r.variant.config.relaxed_simd_deterministic;
    if (first[group] == nullptr) {
      first[group] = &r;
      expected[group] = t.text;
    }
    if (!limited && t.text != expected[group]) {
      std::fprintf(stderr, "%s differs:\n%s\nfrom %s:\n%s", r.variant.name.c_str(), t.text.c_str(),
                   first[group]->variant.name.c_str(), expected[group].c_str());
      std::abort();
    }
  }
  return 0;
}
