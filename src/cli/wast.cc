// ermine wast: runs test scripts.

#include <algorithm>
#include <chrono>

#include "cli/command.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "ermine/ermine.h"
#include "script/files.h"
#include "script/runner.h"

namespace ermine::cli {
int wast_main(Words words) {
  Options command("wast", "Run test scripts (.wast)", "[OPTIONS] PATH...");
  Words paths;
  bool json = false, list = false, verbose = false;
  Settings settings;
  Config& config = settings.config;
  command.arguments("PATH", paths, "Scripts, or folders of them");
  command.flag("--json", json, "For programs instead of people");
  command.flag("-l,--list", list, "One line per script, also for those that pass");
  command.flag("-v,--verbose", verbose, "Also where a refusal's message is not the expected one, which is no failure");
  config.enable_all_features();  // scripts also test proposals that are off by default
  add_settings(command, settings, Takers::kExecuting);
  command.exit_codes("0 if every directive holds, 1 if one does not or a script cannot be read");
  command.example("ermine wast scripts");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;

  const Precautions& precautions = settings.precautions;
  if (int code = precautions.set_bounds(); code != kOk) return code;
  Result<std::vector<std::string>> scripts = script::find_scripts(paths);
  if (!scripts) return fail(scripts.error());
  std::vector<InputFile> inputs;
  for (const std::string& path : *scripts) {
    Result<InputFile> input = InputFile::open(path);
    if (!input) return fail(input.error());
    inputs.push_back(std::move(*input));
  }
  Engine engine(config);
  if (int code = precautions.confine_to_running(engine); code != kOk) return code;

  constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365);  // the clock's range is limited
  const auto end = std::chrono::steady_clock::now() + std::min(precautions.timeout.value_or(kLongest), kLongest);
  std::vector<script::ScriptReport> reports;
  bool ok = true;
  for (InputFile& input : inputs) {
    Result<std::vector<uint8_t>> source = input.read_module(precautions.max_module_size, Accepted::kComponentsToo);
    if (!source) return fail(source.error());
    script::RunOptions options;
    if (!json) options.on_print = print_text;
    if (precautions.timeout) options.deadline = end;
    Progress progress("running " + input.path());
    const std::string_view text(reinterpret_cast<const char*>(source->data()), source->size());
    reports.push_back(script::run_script(engine, text, input.path(), options));
    ok = ok && reports.back().ok();
  }
  std::string summary = json ? script::json_summary(reports) : script::human_summary(reports, list, verbose);
  print_text(summary);
  return ok ? kOk : kFailed;
}

}  // namespace ermine::cli
