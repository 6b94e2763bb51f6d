// The man page, in the macros of man(7).
#include "base/format.h"
#include "cli/command.h"
#include "cli/reference/reference.h"

namespace ermine::cli {
namespace {

using base::format;

// Escapes the text of a line: roff requests, escapes and hyphens.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else if (c == '`') continue;  // code, in sentences
    else if (c == '\n') out += ' ';
    else out += c;
  }
  return out;
}
std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

void add_option(std::string& out, const OptionInfo& option, bool as_member) {
  std::string names;
  for (size_t at = 0; at <= option.names.size();) {
    const size_t comma = std::min(option.names.find(',', at), option.names.size());
    names += (names.empty() ? "" : ", ") + bold(option.names.substr(at, comma - at));
    at = comma + 1;
  }
  std::string value;
  if (!option.type.empty()) value = (as_member ? "=" : " ") + italic(option.type);
  else if (as_member) value = "[=y|n]";
  out += ".TP\n" + names + value + "\n" + roff(full_help(option)) + ".\n";
}

void add_command_section(std::string& out, const Reference& reference, const CommandInfo& command) {
  const std::string name = "ermine " + std::string(command.name);
  out += format(".SS {:t}\n{:t}\n{:t}\n.PP\n{:t}.\n", roff(name), bold(name), italic(command.synopsis),
                roff(command.summary));
  for (const OptionInfo& a : command.arguments) out += ".TP\n" + italic(a.names) + "\n" + roff(a.help) + ".\n";
  const auto sections = reference.own_sections(command);
  for (const OptionSection& section : sections) {
    if (sections.size() > 1) out += format(".PP\n{:t}\n", italic(section.title));
    for (const OptionInfo& o : section.options) add_option(out, o, false);
  }
  std::string shared;
  for (const std::string& name : reference.shared_options(command)) shared += (shared.empty() ? "" : ", ") + bold(name);
  if (!shared.empty()) out += ".PP\nAs for " + bold("ermine run") + ": " + shared + ".\n";
  if (!command.notes.empty()) out += ".PP\n" + roff(command.notes) + "\n";
  out += ".PP\n" + roff("Exit codes: " + std::string(command.exit_codes)) + ".\n";
  if (command.examples.empty()) return;
  out += ".PP\n.EX\n";
  for (const std::string_view line : command.examples) out += roff(line) + "\n";
  out += ".EE\n";
}

}  // namespace

std::string man_page(const Reference& reference, std::string_view version) {
  std::string out =
      R"(.\" Written by "make reference" from src/cli/settings.def and the files of the commands. Edit those.
)";
  out += format(".TH ERMINE 1 \"\" \"ermine {}\" \"User Commands\"\n", version);
  out += ".SH NAME\nermine \\- run, check and inspect WebAssembly modules\n.SH SYNOPSIS\n";
  for (const CommandInfo& command : reference.commands)
    out += bold("ermine " + std::string(command.name)) + " " + italic(command.synopsis) + "\n.br\n";
  out += bold("ermine") + " " + italic("[OPTIONS OF RUN] FILE [ARGUMENTS...]") + "\n";
  out +=
      ".SH DESCRIPTION\n"
      "Ermine is a WebAssembly engine. It runs programs, which have access only to what the command line grants, and\n"
      "checks, lists and converts modules. A module may be a binary or text.\n"
      ".PP\nExamples of sizes are 65536, 64KiB and 2GiB; of times, 500ms, 2s, 3m and 1h.\n"
      ".SH COMMANDS\n";
  for (const CommandInfo& command : reference.commands) add_command_section(out, reference, command);
  for (const CommandInfo& command : reference.commands) {
    for (const OptionGroup& group : command.groups) {
      std::string title(group.title);
      for (char& c : title) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      const std::string letter(1, group.letter);
      out += format(".SH {:t}: \\-{:t}\nSeparated by commas, as in {:t}.\n", roff(title), letter,
                    bold("-" + letter + " a=1,b"));
      for (const OptionSection& section : group.sections) {
        out += ".SS " + roff(section.title) + "\n";
        for (const OptionInfo& o : section.options) add_option(out, o, true);
      }
    }
  }
  out += ".SH EXIT STATUS\nOf every command:\n" + roff(kCommonExitCodes) + "\n";
  out +=
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBNO_COLOR\\fR, \\fBTERM\\fR\nMessages are coloured on a terminal unless NO_COLOR is set or TERM is "
      "dumb.\n"
      ".TP\n\\fBERMINE_VERIFY_CODE\\fR\n1: as if \\fB\\-\\-verify\\-code\\fR were given.\n";
  return out;
}

}  // namespace ermine::cli
