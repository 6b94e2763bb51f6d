// ermine: the command.

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "cli/abnormal_end.h"
#include "cli/command.h"
#include "cli/standard_streams.h"
#include "cli/version.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

constexpr Command kCommands[] = {
    {"run", "Run a WebAssembly program", run_main},
    {"validate", "Check that modules are valid", validate_main},
    {"inspect", "Show what a module imports, exports and needs", inspect_main},
    {"strip", "Remove custom sections from a module", strip_main},
#ifdef ERMINE_HAS_EXPLORE
    {"explore", "Show what functions become: an HTML page", explore_main},
#endif
#ifdef ERMINE_HAS_TEXT
    {"parse", "Turn the text format into a binary module", parse_main},
    {"print", "Turn a binary module into the text format", print_main},
    {"objdump", "List what stands where in a module", objdump_main},
    {"wast", "Run test scripts", wast_main},
#endif
};

void print_help() {
  std::string text =
      "Ermine, a WebAssembly engine\n"
      "\n"
      "Usage: ermine COMMAND [OPTIONS] ...\n"
      "       ermine [RUN OPTIONS] app.wasm [ARGUMENTS]      the same as `ermine run`\n"
      "\n"
      "Commands:\n";
  size_t width = 0;
  for (const Command& c : kCommands) width = std::max(width, c.name.size());
  for (const Command& c : kCommands) {
    text += "  ";
    text += c.name;
    text.append(width + 3 - c.name.size(), ' ');
    text += c.summary;
    text += '\n';
  }
  text +=
      "\n"
      "Examples:\n"
      "  ermine app.wasm one two             run a program with two arguments\n"
      "  ermine run --dir . app.wasm in.txt  with access to the files of this directory\n"
      "  ermine run --invoke add add.wasm 2 3\n"
      "  ermine inspect app.wasm\n"
      "\n"
      "ermine COMMAND --help explains a command; ermine --version says what was built in.\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
}

bool is_file(const std::string& word) {
  struct stat st;
  return stat(word.c_str(), &st) == 0 && !S_ISDIR(st.st_mode);
}

const Command* find(std::string_view name) {
  auto c = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& c) { return c.name == name; });
  return c == std::end(kCommands) ? nullptr : c;
}

int dispatch(Words words) {
  if (words.empty()) {
    print_help();
    return kUsage;
  }
  std::string first = words[0];
  if (first == "--version" || first == "-V" || first == "version") {
    print_version();
    return kOk;
  }
  if (first == "--help" || first == "-h" || (first == "help" && words.size() == 1)) {
    print_help();
    return kOk;
  }
  if (first == "help") {
    const Command* c = find(words[1]);
    if (c != nullptr) return c->main({"--help"});
    print_error("there is no command '" + printable(words[1]) + "'");
    return kUsage;
  }
  if (const Command* c = find(first)) {
    words.erase(words.begin());
    return c->main(std::move(words));
  }
  // Without a command it is a program to run, perhaps preceded by options.
  if (first.starts_with('-') || is_file(first)) return run_main(std::move(words));
  print_error("'" + printable(first) + "' is neither a command nor a file");
  print_note("ermine --help lists the commands");
  return kUsage;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace ermine::cli

int main(int argc, char** argv) {
  if (!ermine::cli::open_closed_streams()) return ermine::cli::kFailed;  // there is no stream for a message
  ermine::cli::watch_for_aborts();
  ermine::cli::Words words(argv + 1, argv + argc);
  return ermine::cli::finish_output(ermine::cli::dispatch(std::move(words)));
}
