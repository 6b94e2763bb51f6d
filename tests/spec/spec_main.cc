// Runs scripts in one tier: spec_test TIER PATH... (a path is a script or a folder of them). TIER:gc-stress collects
// garbage at every allocation. Returns 77, which ctest shows as skipped, if the paths do not exist: the official suite
// is not a part of the project.
//
// In a build without some features (ERMINE_SIMD and similar options), a script must pass up to the first module that
// needs one of them: later failures may depend on it, and are counted as not tried.
//
// Machine code that the verifier refuses fails the test, and so does a function that the baseline tier does not
// compile: it would be interpreted with the same results, and nothing would be tested.
//
// --pending FILE names scripts that cannot be run completely yet: lines of a script, as FOLDER/NAME, and the number of
// its directives that fail. It must be exactly that number, and each must fail because a component was refused: a list
// that is not up to date fails the test, and so does a wrong result.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "script/files.h"
#include "script/runner.h"

namespace {

void report(void*, std::string_view message) {
  std::printf("bug of the engine: %.*s\n", static_cast<int>(message.size()), message.data());
}

// Whether machine code was made if it was requested. A few calls may have nothing to compile.
bool compiled(const ermine::CodeCounts& counts, ermine::Tier tier, size_t calls) {
  if (tier == ermine::Tier::kInterp) return counts.compiled == 0;
  std::printf("%llu functions compiled, %llu not\n", static_cast<unsigned long long>(counts.compiled),
              static_cast<unsigned long long>(counts.failed));
  if (!counts.available) {
    std::printf("this processor has no machine-code tier: all was interpreted\n");
    return true;
  }
  if (counts.refused != 0) return false;  // has been reported
  if (counts.failed != 0) std::printf("functions were not compiled\n");
  const bool nothing = tier == ermine::Tier::kBaseline && calls > 1 && counts.compiled == 0;
  if (nothing) std::printf("nothing was compiled\n");
  return counts.failed == 0 && !nothing;
}

// The features that this build does not have.
std::vector<std::string> missing_features() {
  std::vector<std::string> missing;
  for (const std::string_view name : ermine::Config::feature_names())
    if (ermine::Config config; !config.set_feature(name, true)) missing.emplace_back(name);
#ifndef ERMINE_COMPONENT
  missing.emplace_back("components");
#endif
  return missing;
}

// Removes the failures from the report that are due to a missing feature; returns their number.
size_t excuse(ermine::script::ScriptReport& report, const std::vector<std::string>& missing) {
  using ermine::text::DirectiveKind;
  bool broken = false;  // a module is missing, and so everything that uses it
  return std::erase_if(report.failures, [&](const ermine::script::DirectiveOutcome& failure) {
    const bool needs = std::ranges::any_of(missing, [&](const std::string& feature) {
      return failure.message.find("the feature " + feature) != std::string::npos ||
             failure.message.find("the " + feature + " feature") != std::string::npos;
    });
    const bool module = failure.kind == DirectiveKind::kModule || failure.kind == DirectiveKind::kModuleDefinition ||
                        failure.kind == DirectiveKind::kThread;
    broken |= needs && module;
    if (!needs && !broken) return false;
    --report.counts[static_cast<size_t>(failure.kind)].failed;
    return true;
  });
}

// The script's name with its folder, as in the list.
std::string short_name(const std::string& file) {
  const size_t name = file.rfind('/');
  if (name == std::string::npos || name == 0) return file;
  const size_t folder = file.rfind('/', name - 1);
  return folder == std::string::npos ? file : file.substr(folder + 1);
}

std::map<std::string, size_t> read_pending(const char* path) {
  std::map<std::string, size_t> pending;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name;
    size_t count = 0;
    words >> name >> count;
    pending[name] = count;
  }
  return pending;
}

// Removes the failures of a script that are known; false if they are not as the list says.
bool take_pending(ermine::script::ScriptReport& report, size_t expected) {
  size_t refused = 0;
  for (const ermine::script::DirectiveOutcome& failure : report.failures)
    refused += failure.message.find("be run yet") != std::string::npos ||
               failure.message.find("be used yet") != std::string::npos ||
               failure.message.find("there is no current component") != std::string::npos;
  std::printf("not passing yet: %s, %zu directives\n", short_name(report.file).c_str(), report.failures.size());
  if (refused != report.failures.size() || report.failures.size() != expected) {
    std::printf("%zu are listed as not passing, %zu of those that failed were refused\n", expected, refused);
    return false;
  }
  for (const ermine::script::DirectiveOutcome& failure : report.failures)
    --report.counts[static_cast<size_t>(failure.kind)].failed;
  report.failures.clear();
  return true;
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
  config.tier_up_calls = 2;  // so that short scripts tier up as well
  config.tier_up_rounds = 20;
  std::vector<std::string> paths(argv + 2, argv + argc);
  std::map<std::string, size_t> pending;
  if (paths.size() > 2 && paths[paths.size() - 2] == "--pending") {
    pending = read_pending(paths.back().c_str());
    paths.resize(paths.size() - 2);
  }
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
  const std::vector<std::string> missing = missing_features();
  size_t not_tried = 0;
  for (const std::string& file : *files) {
    if (std::getenv("ERMINE_SPEC_VERBOSE")) std::fprintf(stderr, "%s\n", file.c_str());
    auto text = script::read_script(file);
    if (!text) {
      std::printf("%s\n", text.error().message().c_str());
      return 1;
    }
    reports.push_back(script::run_script(engine, *text, file));
    if (const auto known = pending.find(short_name(file)); known != pending.end()) {
      if (!take_pending(reports.back(), known->second)) ok = false;
    }
    if (!missing.empty()) not_tried += excuse(reports.back(), missing);
    ok &= reports.back().ok();
  }
  std::fputs(script::human_summary(reports, false).c_str(), stdout);
  for (const std::string& feature : missing) std::printf("this build is without %s\n", feature.c_str());
  if (not_tried != 0) std::printf("%zu directives were not tried for that\n", not_tried);
  // Scripts of validation alone run nothing.
  size_t calls = 0;
  for (const script::ScriptReport& report : reports)
    calls += report.counts[static_cast<size_t>(text::DirectiveKind::kAssertReturn)].passed;
  ok &= compiled(engine.code_counts(), config.tier, calls);
  return ok ? 0 : 1;
}
