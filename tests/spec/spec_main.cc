// Runs scripts in one tier: spec_test TIER PATH... (a path is a script or a folder of them). TIER:gc-stress collects
// garbage at every allocation. Returns 77, which ctest shows as skipped, when the paths are not there: the official
// suite is no part of the project.
//
// Machine code that the verifier refuses fails the test, and so does a function that the baseline tier does not
// compile: it would be interpreted with the same results, and nothing be tested.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "script/files.h"
#include "script/runner.h"

namespace {

void report(void*, std::string_view message) {
  std::printf("bug of the engine: %.*s\n", static_cast<int>(message.size()), message.data());
}

// Whether machine code was made where it was asked for. One script by itself may have nothing to compile.
bool compiled(const ermine::CodeCounts& counts, ermine::Tier tier, size_t scripts) {
  if (tier == ermine::Tier::kInterp) return counts.compiled == 0;
  std::printf("%llu functions compiled, %llu not\n", static_cast<unsigned long long>(counts.compiled),
              static_cast<unsigned long long>(counts.failed));
  if (!counts.available) {
    std::printf("this processor has no machine-code tier: all was interpreted\n");
    return true;
  }
  if (counts.refused != 0) return false;  // has been reported
  if (counts.failed != 0) std::printf("functions were not compiled\n");
  const bool nothing = tier == ermine::Tier::kBaseline && scripts > 1 && counts.compiled == 0;
  if (nothing) std::printf("nothing was compiled\n");
  return counts.failed == 0 && !nothing;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ermine;
  constexpr int kSkipped = 77;
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s TIER PATH...\n", argv[0]);
    return 2;
  }
  Config config;
  std::string_view name = argv[1];
  if (constexpr std::string_view kStress = ":gc-stress"; name.ends_with(kStress)) {
    config.gc_stress = true;
    name.remove_suffix(kStress.size());
  }
  auto tier = std::ranges::find(Config::tiers(), name, &TierName::name);
  if (tier == Config::tiers().end()) {
    std::fprintf(stderr, "unknown tier %s\n", argv[1]);
    return 2;
  }
  config.tier = tier->tier;
  config.report_bug = report;
  config.tier_up_calls = 2;  // so that short scripts move up, too
  config.tier_up_rounds = 20;
  std::vector<std::string> paths(argv + 2, argv + argc);
  auto files = script::find_scripts(paths);
  if (!files) {
    std::printf(
        "The test scripts are not here: %s\nSet the CMake variable ERMINE_SPEC_TESTS to the folder that has them.\n",
        files.error().message().c_str());
    return kSkipped;
  }
  if (files->empty()) {
    std::printf("no scripts found\n");
    return 1;
  }
  Engine engine(config);
  std::vector<script::ScriptReport> reports;
  bool ok = true;
  for (const std::string& file : *files) {
    if (std::getenv("ERMINE_SPEC_VERBOSE")) std::fprintf(stderr, "%s\n", file.c_str());
    auto text = script::read_script(file);
    if (!text) {
      std::printf("%s\n", text.error().message().c_str());
      return 1;
    }
    reports.push_back(script::run_script(engine, *text, file));
    ok &= reports.back().ok();
  }
  std::fputs(script::human_summary(reports, false).c_str(), stdout);
  ok &= compiled(engine.code_counts(), config.tier, files->size());
  return ok ? 0 : 1;
}
