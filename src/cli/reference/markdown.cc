#include "base/format.h"
#include "cli/command.h"
#include "cli/reference/reference.h"

namespace ermine::cli {
namespace {

using base::format;

// Code in a cell of a table.
std::string code(std::string_view text) {
  std::string out = "`";
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out + "`";
}
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

// What holds without the option, and the range.
std::string initial(const OptionInfo& option) {
  if (option.range.empty()) return option.initial;
  return option.initial.empty() ? option.range : option.initial + " (" + option.range + ")";
}

std::string library(std::string_view names) {
  std::string out;
  for (size_t at = 0; at < names.size();) {
    const size_t comma = std::min(names.find(", ", at), names.size());
    out += (out.empty() ? "" : ", ") + code(names.substr(at, comma - at));
    at = comma + 2;
  }
  return out;
}

// The names of an option, each as it is written, with its value.
std::string heads(const OptionInfo& option, bool as_member) {
  std::string out;
  for (size_t at = 0; at <= option.names.size();) {
    const size_t comma = std::min(option.names.find(',', at), option.names.size());
    OptionInfo one{.names = option.names.substr(at, comma - at), .type = option.type};
    const std::string plain = std::string(one.names) + (one.type.empty() ? "" : " " + one.type);
    out += (out.empty() ? "" : ", ") + code(as_member ? member_head(one) : plain);
    at = comma + 1;
  }
  return out;
}

std::string table(const OptionSection& section, bool as_members) {
  bool defaults = false, libraries = false;
  for (const OptionInfo& o : section.options) {
    defaults = defaults || !initial(o).empty();
    libraries = libraries || !o.library.empty();
  }
  std::string out = "| option | |";
  if (defaults) out += " default |";
  if (libraries) out += " in the library |";
  out += "\n|---|---|";
  if (defaults) out += "---|";
  if (libraries) out += "---|";
  out += '\n';
  for (const OptionInfo& o : section.options) {
    out += format("| {:t} | {:t} |", heads(o, as_members), cell(o.help));
    if (defaults) out += format(" {:t} |", cell(initial(o)));
    if (libraries) out += format(" {:t} |", library(o.library));
    out += '\n';
  }
  return out;
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + code(name);
  return out;
}

void add_command(std::string& out, const Reference& reference, const CommandInfo& command) {
  out += format("\n## ermine {:t}\n\n{:t}.\n\n```\nermine {:t} {:t}\n```\n", command.name, command.summary,
                command.name, command.synopsis);
  const auto sections = reference.own_sections(command);
  for (const OptionSection& section : sections) {
    if (sections.size() > 1) out += format("\n### {:t}\n", section.title);
    out += "\n" + table(section, false);
  }
  if (const auto shared = reference.shared_options(command); !shared.empty())
    out += "\nAs for `ermine run`: " + list(shared) + ".\n";
  if (!command.notes.empty()) out += format("\n{:t}\n", command.notes);
  out += format("\nExit codes: {:t}.\n", command.exit_codes);
  for (const OptionGroup& group : command.groups) {
    out += format("\n### -{:t}: {:t}\n\nSeparated by commas, as in `-{:t} a=1,b`.\n", std::string(1, group.letter),
                  group.title, std::string(1, group.letter));
    for (const OptionSection& section : group.sections)
      out += format("\n**{:t}**\n\n{:t}", section.title, table(section, true));
  }
}

}  // namespace

std::string markdown(const Reference& reference) {
  std::string out =
      "<!-- Written by `make reference` from src/cli/settings.def and the files of the commands. Edit those. -->\n"
      "# Options of the command\n\n"
      "The options, their defaults, and the parts of the library for the same purpose. `ermine COMMAND --help` prints\n"
      "the options of a command, `-W help` the options within `-W`, `man ermine` everything. Examples of sizes are\n"
      "65536, 64KiB and 2GiB; of times, 500ms, 2s, 3m and 1h.\n\n"
      "Exit codes of every command: ";
  out += std::string(kCommonExitCodes) + "\n";
  for (const CommandInfo& command : reference.commands) add_command(out, reference, command);
  out += "\n## Fields without an option\n\nOnly embedders can set these.\n\n| field | reason |\n|---|---|\n";
  for (const auto& [field, reason] : reference.without_option)
    out += format("| {:t} | {:t} |\n", code(field), cell(reason));
  return out;
}

}  // namespace ermine::cli
