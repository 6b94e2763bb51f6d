// Fuzz target: a module made of the bytes is valid, and does the same in every tier and mode.
//
// The first byte says whether NaNs are made canonical by the module itself (then all variants must agree)
// or by the engine (then those of its deterministic profile must).
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

std::vector<Runner> make_runners(bool all) {
  std::vector<Runner> runners;
  for (fuzz::Variant& v : fuzz::variants(all)) runners.push_back({v, Engine(v.config)});
  return runners;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<Runner> all = make_runners(true), deterministic = make_runners(false);
  if (size == 0) return 0;
  fuzz::MadeOf of;
  of.canonical_nans = data[0] & 1;
  if (of.canonical_nans) of.features.remove(wasm::Feature::RelaxedSimd);
  std::vector<uint8_t> module = fuzz::generate_module({data + 1, size - 1}, of);
  std::string first;
  bool limited = false;
  for (const Runner& r : of.canonical_nans ? all : deterministic) {
    fuzz::Transcript t = fuzz::run_module(r.engine, module);
    if (t.text.starts_with("compile")) {
      std::fprintf(stderr, "the generated module is not valid: %s", t.text.c_str());
      std::abort();
    }
    limited = limited || t.limited;
    if (first.empty()) first = t.text;
    if (!limited && t.text != first) {
      std::fprintf(stderr, "%s differs:\n%s\nfrom %s:\n%s", r.variant.name.c_str(), t.text.c_str(),
                   all[0].variant.name.c_str(), first.c_str());
      std::abort();
    }
  }
  return 0;
}
