// Runs scripts (.wast) on an Engine through the public API and says of every directive whether it held.
//
// Each script gets a store and a linker of its own, with the `spectest` host module defined. A directive
// that fails is reported and the script goes on. What counts:
//  - assert_malformed and assert_invalid ask for the kind of the error; the wording of the message is
//    advice to people: where it does not contain the expected one, that is noted, and no failure.
//    What suites of older proposals assert (one memory, one table, limits of 32 bits) is tried with the
//    features off that brought more.
//  - assert_trap, assert_exhaustion and assert_unlinkable compare the message too.
// Not thread-safe, but independent calls may run at once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
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
  std::string message;  // why not; if it passed, a remark or nothing
};

struct RunOptions {
  // How long one directive may run before it is interrupted and counts as failed.
  std::chrono::milliseconds timeout{120'000};
  // Called after each directive, in order; those of a script's threads when they are waited for.
  std::function<void(const DirectiveOutcome&)> on_directive;
  // What spectest.print and its kin print; nothing happens if absent.
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

// For people: a line a failure (and, if asked for, a note), then totals by kind of directive.
std::string human_summary(const std::vector<ScriptReport>& reports, bool list_files, bool notes = false);
// For tools: {"passed":…,"failed":…,"directives":{kind:{…}},"files":[{"file":…,"failures":[…]}]}
std::string json_summary(const std::vector<ScriptReport>& reports);

}  // namespace ermine::script
