// Runs whole scripts, and writes reports. See runner.h.
#include "script/runner.h"

#include <fmt/format.h>
#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/format.h"
#include "ermine/printable.h"
#include "script/script_state.h"

namespace ermine::script {

uint64_t ScriptReport::passed() const {
  uint64_t total = 0;
  for (const Count& count : counts) total += count.passed;
  return total;
}

uint64_t ScriptReport::failed() const {
  uint64_t total = 0;
  for (const Count& count : counts) total += count.failed;
  return total;
}

ScriptReport run_script(const Engine& engine, std::string_view source, std::string_view file_name,
                        const RunOptions& options) {
  ScriptReport report;
  report.file = file_name;
  auto start = std::chrono::steady_clock::now();
  text::Source text{source, file_name};
  ScriptState state(engine, text, options);
  auto collect = [&] {
    for (DirectiveOutcome& outcome : state.take_outcomes()) {
      Count& count = report.counts[static_cast<unsigned>(outcome.kind)];
      ++(outcome.passed ? count.passed : count.failed);
      if (options.on_directive) options.on_directive(outcome);
      if (!outcome.passed) report.failures.push_back(std::move(outcome));
      else if (!outcome.message.empty()) report.notes.push_back(std::move(outcome));
    }
  };
  text::ScriptReader reader(text);
  for (bool more = true; more;) {
    while (std::optional<text::Directive> directive = reader.next()) {
      state.run(*directive);
      collect();
    }
    Error error = reader.take_error();
    if (!error) break;
    const text::Directive& unread = reader.unread();
    more = reader.skip_unread();
    state.record(
        std::max<size_t>(unread.line, 1), unread.kind,
        std::move(error).with_context(more ? "the directive cannot be read"
                                           : "the directive cannot be read, and the rest of the script was not run"));
  }
  state.finish();
  collect();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::string human_summary(const std::vector<ScriptReport>& reports, bool list_files, bool notes) {
  std::string out;
  std::array<Count, text::kDirectiveKindCount> totals{};
  size_t bad_files = 0;
  size_t noted = 0;
  for (const ScriptReport& report : reports) {
    noted += report.notes.size();
    for (const DirectiveOutcome& failure : report.failures)
      out += base::format("{}:{}: {}: {:t}\n", report.file, failure.line, text::directive_name(failure.kind),
                          failure.message);
    for (const DirectiveOutcome& note : report.notes)
      if (notes)
        out += base::format("{}:{}: note: {}: {:t}\n", report.file, note.line, text::directive_name(note.kind),
                            note.message);
    for (unsigned i = 0; i < totals.size(); ++i) {
      totals[i].passed += report.counts[i].passed;
      totals[i].failed += report.counts[i].failed;
    }
    bad_files += !report.ok();
    if (list_files)
      out += fmt::format("{}: {} passed, {} failed, {:.2f} s\n", printable(report.file), report.passed(),
                         report.failed(), report.seconds);
  }
  Count all;
  for (unsigned i = 0; i < totals.size(); ++i) {
    all.passed += totals[i].passed;
    all.failed += totals[i].failed;
    if (totals[i].passed + totals[i].failed != 0)
      out += fmt::format("  {:<24} {:>7} passed {:>5} failed\n", text::directive_name(static_cast<DirectiveKind>(i)),
                         totals[i].passed, totals[i].failed);
  }
  out += fmt::format("{} scripts, {} directives: {} passed, {} failed", reports.size(), all.passed + all.failed,
                     all.passed, all.failed);
  if (notes) out += fmt::format(", {} with another message", noted);
  if (bad_files != 0) out += fmt::format(" (in {} scripts)", bad_files);
  return out + "\n";
}

std::string json_summary(const std::vector<ScriptReport>& reports) {
  using json = nlohmann::ordered_json;
  json directives = json::object();
  json files = json::array();
  uint64_t passed = 0, failed = 0;
  for (const ScriptReport& report : reports) {
    json failures = json::array();
    for (const DirectiveOutcome& failure : report.failures)
      failures.push_back(
          {{"line", failure.line}, {"directive", text::directive_name(failure.kind)}, {"message", failure.message}});
    files.push_back({{"file", report.file},
                     {"passed", report.passed()},
                     {"failed", report.failed()},
                     {"seconds", report.seconds},
                     {"failures", std::move(failures)}});
    passed += report.passed();
    failed += report.failed();
    for (unsigned i = 0; i < report.counts.size(); ++i) {
      const Count& count = report.counts[i];
      if (count.passed + count.failed == 0) continue;
      json& entry = directives[std::string(text::directive_name(static_cast<DirectiveKind>(i)))];
      if (entry.is_null()) entry = {{"passed", uint64_t{0}}, {"failed", uint64_t{0}}};
      entry["passed"] = entry["passed"].get<uint64_t>() + count.passed;
      entry["failed"] = entry["failed"].get<uint64_t>() + count.failed;
    }
  }
  json out = {
      {"passed", passed}, {"failed", failed}, {"directives", std::move(directives)}, {"files", std::move(files)}};
  // Escaped to ASCII: names of files and names in the script reach a terminal as well.
  return out.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

}  // namespace ermine::script
