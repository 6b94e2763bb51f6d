// ermine parse, print, objdump: the text format on the command line. Names and options are those of wasm-tools where it
// has them.

#include <cstdio>

#include "cli/command.h"
#include "cli/component_text.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/settings.h"
#include "ermine/ermine.h"
#include "text/print/dump.h"
#include "text/print/print.h"
#include "text/text.h"

namespace ermine::cli {
namespace {

// The arguments of these commands: an input, and -o.
struct Files {
  std::string input, output;
  Settings settings;
  // Called before and after a command adds its own options.
  void begin(Options& command) {
    command.argument("FILE", input, "A module or component, binary or text; - is standard input");
    command.value("-o,--output", output, "Write here instead of to standard output", "FILE");
  }
  void finish(Options& command) {
    add_settings(command, settings, Takers::kEvery);
    command.exit_codes("0, or 1 if the file cannot be read or is not well-formed");
  }
};

// From opening to reading, with the process confined in between: `use` gets the bytes and the output.
template <class Read, class Use>
int process(const Files& files, OutputFile& out, Read&& read, Use&& use) {
  if (int code = files.settings.precautions.set_bounds(); code != kOk) return code;
  if (Result<void> r = out.open(); !r) return fail(r.error());
  Result<InputFile> input = InputFile::open(files.input);
  if (!input) return fail(input.error());
  if (int code = files.settings.precautions.confine_to_reading(); code != kOk) return code;
  Result<std::vector<uint8_t>> bytes = read(*input, files.settings.precautions.max_module_size);
  return bytes ? use(*bytes) : fail(bytes.error());
}

Result<std::vector<uint8_t>> read_any(InputFile& input, uint64_t limit) {
  return read_module_bytes(input, limit, Accepted::kComponentsToo);
}

int finish(const Result<void>& printed, OutputFile& out, const std::string& file) {
  // A closed pipe is not an error of the module.
  Result<void> written = out.finish();
  if (!printed) {
    fail(printed.error(), file);
    if (printed.error().kind() == ErrorKind::kUsage) print_note("ermine objdump -h lists the sections");
    return kFailed;
  }
  return written ? kOk : fail(written.error());
}

}  // namespace

int parse_main(Words words) {
  Options command("parse", "Turn the text format into the binary format", "[OPTIONS] FILE");
  Files files;
  files.begin(command);
  bool no_names = false;
  command.flag("-g,--names", no_names, "Keep identifiers in a name section; this is the default", false);
  command.flag("--no-names", no_names, "Leave identifiers out");
  files.finish(command);
  command.example("ermine parse add.wat -o add.wasm");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;

  OutputFile out(files.output);
  if (Result<void> r = out.expect_binary(); !r) return fail(r.error());
  auto read = [](InputFile& input, uint64_t limit) { return input.read_module(limit, Accepted::kComponentsToo); };
  return process(files, out, read, [&](std::vector<uint8_t>& source) {
    std::string_view text(reinterpret_cast<const char*>(source.data()), source.size());
    if (text::looks_like_text(text)) {
      Result<std::vector<uint8_t>> binary =
          Component::is_component(source)
              ? parse_component(text, !no_names, files.input)
              : text::parse(text,
                            {.features = wasm::FeatureSet::all(), .emit_names = !no_names, .file_name = files.input});
      if (!binary) return fail(binary.error());
      source = std::move(*binary);
    }
    out.write({reinterpret_cast<const char*>(source.data()), source.size()});
    return finish({}, out, files.input);
  });
}

int print_main(Words words) {
  Options command("print", "Turn the binary format into the text format", "[OPTIONS] FILE");
  Files files;
  files.begin(command);
  text::PrintOptions options;
  bool no_names = false, plain = false;
  command.flag("-f,--fold-instructions", options.folded, "Operands in parentheses inside their instruction");
  command.flag("-p,--print-offsets", options.offsets, "The offset of every instruction as a comment");
  command.flag("--no-names", no_names, "Numbers instead of the name section's identifiers");
  command.flag("--plain", plain, "No annotations about an encoding that parsing would not give again");
  files.finish(command);
  command.example("ermine print -f app.wasm | less");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;
  options.names = !no_names;
  options.exact = !plain;

  OutputFile out(files.output);
  return process(files, out, read_any, [&](const std::vector<uint8_t>& bytes) {
    if (Component::is_component(bytes)) {
      Result<std::string> text = print_component(bytes, options);
      if (text) out.write(*text);
      return finish(text ? Result<void>() : Result<void>(std::move(text).error()), out, files.input);
    }
    Result<void> printed = text::print(bytes, options, [&out](std::string_view piece) { return out.write(piece); });
    return finish(printed, out, files.input);
  });
}

int objdump_main(Words words) {
  Options command("objdump", "List the contents of a module or component with their offsets", "[OPTIONS] FILE");
  command.help_flag("--help");
  Files files;
  files.begin(command);
  text::DumpOptions options;
  std::string section;
  bool no_names = false;
  command.flag("-h,--headers", options.headers, "The sections with their offsets and sizes; this is the default");
  command.flag("-x,--details", options.details, "The entries of every section");
  command.flag("-d,--disassemble", options.disassembly, "The functions' instructions, with offsets and bytes");
  command.flag("-s,--full-contents", options.contents, "The bytes of every section");
  command.value("-j,--section", section, "Only this one: code, elem, ... or a custom section's name", "NAME");
  command.flag("--no-names", no_names, "Numbers instead of the name section's identifiers");
  files.finish(command);
  command.example("ermine objdump -d app.wasm | grep -B 4 -A 4 '^ 00a2f1:'");
  if (Parsed p = command.parse(std::move(words)); p.exit) return p.code;
  options.headers = options.headers || !(options.details || options.disassembly || options.contents);
  options.names = !no_names;
  options.section = section;

  OutputFile out(files.output);
  return process(files, out, read_any, [&](const std::vector<uint8_t>& bytes) {
    const text::TextSink sink = [&out](std::string_view piece) { return out.write(piece); };
    Result<void> dumped =
        Component::is_component(bytes) ? dump_component(bytes, options, sink) : text::dump(bytes, options, sink);
    return finish(dumped, out, files.input);
  });
}

}  // namespace ermine::cli
