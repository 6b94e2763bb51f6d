// ermine parse, print, objdump, wast: the text format from the command line. Names and options are those of
// wasm-tools where it has them.

#include <cstdio>

#include "cli/command.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/run_options.h"
#include "cli/text_format.h"
#include "ermine/ermine.h"
#include "script/files.h"
#include "script/runner.h"
#include "text/print/dump.h"
#include "text/print/print.h"
#include "text/text.h"

namespace ermine::cli {
namespace {

int fail(const Error& error, const std::string& file = {}) {
  if (file.empty()) print_error(error);
  else print_error(error.clone().with_context(file).to_string());
  return kFailed;
}

// What one of the commands is given: an input, and perhaps -o.
struct Files {
  std::string input, output;
  void add_to(Options& command, bool with_output) {
    command.argument("file", input, "A module, binary or text; - is standard input", "FILE");
    if (with_output) command.value("-o,--output", output, "Write here instead of to standard output", "FILE");
  }
};

int finish(const Result<void>& printed, OutputFile& out, const std::string& file) {
  // A pipe that nobody reads any more is no error in the module.
  Result<void> written = out.finish();
  if (!printed) return fail(const_cast<Result<void>&>(printed).error(), file);
  return written ? kOk : fail(written.error());
}

}  // namespace

int parse_main(Words words) {
  Options command("Turn the text format into a binary module.\nUsage: ermine parse [OPTIONS] FILE", "parse");
  Files files;
  files.add_to(command, true);
  bool no_names = false;
  command.flag("-g,--names", no_names, "Keep identifiers in a name section; this is the default", false);
  command.flag("--no-names", no_names, "Leave identifiers out");
  command.footer("\nExample:\n  ermine parse add.wat -o add.wasm\n");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;

  OutputFile out(files.output);
  if (Result<void> r = out.expect_binary(); !r) return fail(r.error());
  Result<std::vector<uint8_t>> source = read_file(files.input);
  if (!source) return fail(source.error());
  std::string_view text(reinterpret_cast<const char*>(source->data()), source->size());
  if (text::looks_like_text(text)) {
    text::ParseOptions options;
    options.features = wasm::FeatureSet::all();
    options.emit_names = !no_names;
    options.file_name = files.input;
    Result<std::vector<uint8_t>> binary = text::parse(text, options);
    if (!binary) return fail(binary.error());
    source = std::move(binary);
  }
  out.write({reinterpret_cast<const char*>(source->data()), source->size()});
  return finish({}, out, files.input);
}

int print_main(Words words) {
  Options command("Turn a binary module into the text format.\nUsage: ermine print [OPTIONS] FILE", "print");
  Files files;
  files.add_to(command, true);
  text::PrintOptions options;
  bool no_names = false, plain = false;
  command.flag("-f,--fold-instructions", options.folded, "Operands in parentheses inside their instruction");
  command.flag("-p,--print-offsets", options.offsets, "The offset of every instruction as a comment");
  command.flag("--no-names", no_names, "Numbers instead of the name section's identifiers");
  command.flag("--plain", plain, "No annotations about an encoding that parsing would not give again");
  command.footer("\nExample:\n  ermine print -f app.wasm | less\n");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;
  options.names = !no_names;
  options.exact = !plain;

  Result<std::vector<uint8_t>> bytes = read_module_bytes(files.input);
  if (!bytes) return fail(bytes.error());
  OutputFile out(files.output);
  Result<void> printed = text::print(*bytes, options, [&out](std::string_view piece) { return out.write(piece); });
  return finish(printed, out, files.input);
}

int objdump_main(Words words) {
  Options command("List what stands where in a module.\nUsage: ermine objdump [OPTIONS] FILE", "objdump");
  command.help_flag("--help", "Print this help message and exit");
  Files files;
  files.add_to(command, true);
  text::DumpOptions options;
  std::string section;
  bool no_names = false;
  command.flag("-h,--headers", options.headers, "The sections with their offsets and sizes; this is the default");
  command.flag("-x,--details", options.details, "The entries of every section");
  command.flag("-d,--disassemble", options.disassembly, "The functions' instructions, with offsets and bytes");
  command.flag("-s,--full-contents", options.contents, "The bytes of every section");
  command.value("-j,--section", section, "Only this one: code, elem, ... or a custom section's name", "NAME");
  command.flag("--no-names", no_names, "Numbers instead of the name section's identifiers");
  command.footer("\nExample:\n  ermine objdump -d app.wasm | grep -B 4 -A 4 '^ 00a2f1:'\n");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;
  options.headers = options.headers || !(options.details || options.disassembly || options.contents);
  options.names = !no_names;
  options.section = section;

  Result<std::vector<uint8_t>> bytes = read_module_bytes(files.input);
  if (!bytes) return fail(bytes.error());
  OutputFile out(files.output);
  Result<void> dumped = text::dump(*bytes, options, [&out](std::string_view piece) { return out.write(piece); });
  return finish(dumped, out, files.input);
}

int wast_main(Words words) {
  Options command("Run test scripts (.wast).\nUsage: ermine wast [OPTIONS] FILE-OR-FOLDER...", "wast");
  Words paths;
  bool json = false, list = false, verbose = false;
  Config config;
  command.arguments("files", paths, "Scripts, or folders of them", "PATH");
  command.flag("--json", json, "For programs instead of people");
  command.flag("-l,--list", list, "A line a script, also for those that pass");
  command.flag("-v,--verbose", verbose, "Also where a refusal's message is not the expected one, which is no failure");
  add_tier_options(command, config);
  add_feature_options(command, config);
  command.footer("\nExit codes: 0 if every directive holds, 1 if one does not or a script cannot be read.\n");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;

  // Scripts test proposals that are off by default, too.
  if (!command.given("--features")) config.enable_all_features();
  Engine engine(config);
  Result<std::vector<std::string>> scripts = script::find_scripts(paths);
  if (!scripts) return fail(scripts.error());
  std::vector<script::ScriptReport> reports;
  bool ok = true;
  for (const std::string& path : *scripts) {
    Result<std::string> source = script::read_script(path);
    if (!source) return fail(source.error());
    script::RunOptions options;
    if (!json) options.on_print = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
    Progress progress("running " + path);
    reports.push_back(script::run_script(engine, *source, path, options));
    ok = ok && reports.back().ok();
  }
  std::string summary = json ? script::json_summary(reports) : script::human_summary(reports, list, verbose);
  std::fwrite(summary.data(), 1, summary.size(), stdout);
  return ok ? kOk : kFailed;
}

}  // namespace ermine::cli
