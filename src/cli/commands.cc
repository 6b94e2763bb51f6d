// The table of commands, `ermine --help`, and the choice of the command.
#include <sys/stat.h>

#include <algorithm>

#include "base/suggestion.h"
#include "cli/command.h"
#include "cli/version.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

constexpr Command kCommands[] = {
    {"run", "Run a WebAssembly program", run_main},
    {"validate", "Check that modules and components are valid", validate_main},
    {"inspect", "Show what a module or component imports, exports and needs", inspect_main},
    {"strip", "Remove custom sections", strip_main},
#ifdef ERMINE_HAS_EXPLORE
    {"explore", "Show the code of functions in every tier as an HTML page", explore_main},
#endif
#ifdef ERMINE_HAS_TEXT
    {"parse", "Turn the text format into the binary format", parse_main},
    {"print", "Turn the binary format into the text format", print_main},
    {"objdump", "List the contents of a module or component with their offsets", objdump_main},
    {"wast", "Run test scripts", wast_main},
#endif
#ifdef ERMINE_HAS_COMPONENT
    {"component", kComponentSummary, component_main, component_operations},
    {"bindgen", "Write C++ bindings of a WIT world", bindgen_main},
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
      "ermine COMMAND --help explains a command, ermine --version what is built in.\n";
  print_text(text);
}

bool is_file(const std::string& word) {
  struct stat st;
  return stat(word.c_str(), &st) == 0 && !S_ISDIR(st.st_mode);
}

const Command* find(std::string_view name) {
  auto c = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& c) { return c.name == name; });
  return c == std::end(kCommands) ? nullptr : c;
}

std::string similar_command(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Command& c : kCommands) names.push_back(c.name);
  return base::did_you_mean(word, names);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

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
    print_error("there is no command '" + printable(words[1]) + "'" + similar_command(words[1]));
    print_note("ermine --help lists the commands");
    return kUsage;
  }
  if (const Command* c = find(first)) {
    words.erase(words.begin());
    return c->main(std::move(words));
  }
  // Without a command it is a program to run, perhaps with options in front.
  if (first.starts_with('-') || is_file(first)) return run_main(std::move(words));
  print_error("'" + printable(first) + "' is neither a command nor a file" + similar_command(first));
  print_note("ermine --help lists the commands");
  return kUsage;
}

}  // namespace ermine::cli
