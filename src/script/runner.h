// Runs scripts (.wast) on an Engine through the public API and reports for every directive whether it held.
//
// Each script gets a store and a linker of its own, with the `spectest` host module defined. If a directive fails, it
// is reported and the script continues. The rules:
// - assert_malformed and assert_invalid require the kind of the error. The wording of the message is a hint for people:
//   if it does not contain the expected one, that is noted and does not count as a failure. Assertions of suites of
//   older proposals (one memory, one table, limits of 32 bits) are tried with the features off that removed these
//   restrictions.
// - assert_trap, assert_exhaustion and assert_unlinkable compare the message as well.
// - Of components, assert_invalid accepts kMalformed: the decoder refuses some of what their scripts call invalid. A
//   definition passes if it is valid; what cannot be run yet fails when it is instantiated.
// Not thread-safe, but independent calls may run at once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/engine.h"
#include "text/wast/script.h"

namespace ermine::script {

using text::DirectiveKind;

struct DirectiveOutcome {
  size_t line = 0;
  DirectiveKind kind = DirectiveKind::kModule;
  bool passed = false;
  std::string message;  // why it failed; if it passed, a remark or nothing
};

struct RunOptions {
  // The time limit of one directive; after that it is interrupted and counts as failed.
  std::chrono::milliseconds timeout{120'000};
  // When all scripts are to be done: each directive gets a part of the time that is left.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  // Called after each directive, in order; for the threads of a script when they are joined.
  std::function<void(const DirectiveOutcome&)> on_directive;
  // The output of spectest.print and similar functions; not printed if absent.
  std::function<void(std::string_view)> on_print;
};

struct Count {
  uint64_t passed = 0;
  uint64_t failed = 0;
};

struct ScriptReport {
  std::string file;
  std::array<Count, text::kDirectiveKindCount> counts{};
  std::vector<DirectiveOutcome> failures;
  std::vector<DirectiveOutcome> notes;  // passed, with a remark
  double seconds = 0;

  uint64_t passed() const;
  uint64_t failed() const;
  bool ok() const { return failures.empty(); }
};

// The script need not be well formed: a syntax error is one failed directive, the last.
ScriptReport run_script(const Engine& engine, std::string_view source, std::string_view file_name,
                        const RunOptions& options = {});

// For people: one line per failure (and, if requested, per note), then totals by kind of directive.
std::string human_summary(const std::vector<ScriptReport>& reports, bool list_files, bool notes = false);
// For tools: {"passed":…,"failed":…,"directives":{kind:{…}},"files":[{"file":…,"failures":[…]}]}
std::string json_summary(const std::vector<ScriptReport>& reports);

}  // namespace ermine::script
