#include "cli/help.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "cli/command.h"

namespace ermine::cli {
namespace {

constexpr size_t kColumn = 28;  // of the help of an option

// Of the lines: the terminal's width within reason; elsewhere 80.
size_t line_width() {
  winsize size{};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::clamp<size_t>(size.ws_col, kColumn + 20, 120);
}

void add_option(std::string& text, const std::string& head, std::string_view help) {
  text += head;
  size_t at = head.size();
  if (at + 2 > kColumn) {
    text += '\n';
    at = 0;
  }
  text.append(kColumn - at, ' ');
  text += wrapped(help, kColumn, kColumn) + '\n';
}

void add_members(std::string& text, const OptionSection& section) {
  (text += section.title) += ":\n";
  for (const OptionInfo& o : section.options) add_option(text, "  " + member_head(o), full_help(o));
}

}  // namespace

std::string wrapped(std::string_view text, size_t indent, size_t at) {
  const size_t width = line_width();
  std::string out;
  bool first = true;  // word of its line
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!first && at + 1 + word.size() > width) {
      out += '\n';
      out.append(indent, ' ');
      at = indent;
      first = true;
    }
    if (!first) out += ' ';
    at += word.size() + (first ? 0 : 1);
    out += word;
    first = false;
  }
  return out;
}

// "-o,--output" as "-o, --output". Names without a short form are indented, so that all long names are aligned.
std::string option_head(const OptionInfo& option) {
  std::string head(option.names);
  if (const size_t comma = head.find(','); comma != head.npos) head.insert(comma + 1, " ");
  else if (head.starts_with("--")) head = "    " + head;
  return option.type.empty() ? head : head + " " + option.type;
}

std::string member_head(const OptionInfo& option) {
  return std::string(option.names) + (option.type.empty() ? "[=y|n]" : "=" + option.type);
}

std::string full_help(const OptionInfo& option) {
  std::string in_brackets = option.range;
  if (!option.initial.empty()) in_brackets += (in_brackets.empty() ? "default: " : "; default: ") + option.initial;
  return std::string(option.help) + (in_brackets.empty() ? "" : " [" + in_brackets + "]");
}

std::string help_text(const OptionSection& members) {
  std::string text;
  add_members(text, members);
  return text;
}

std::string help_text(const OptionGroup& group) {
  std::string text = std::string(group.title) + ": -" + group.letter + " NAME=VALUE,...\n";
  for (const OptionSection& section : group.sections) {
    text += '\n';
    add_members(text, section);
  }
  return text;
}

std::string help_text(const CommandInfo& command) {
  std::string text = wrapped(std::string(command.summary) + ".", 0, 0);
  ((((text += "\n\nUsage: ermine ") += command.name) += " ") += command.synopsis) += "\n\n";
  for (const OptionInfo& a : command.arguments) add_option(text, "  " + std::string(a.names), a.help);
  for (const OptionSection& section : command.sections) {
    if (section.options.empty()) continue;
    ((text += "\n") += section.title) += ":\n";
    for (const OptionInfo& o : section.options) add_option(text, "  " + option_head(o), full_help(o));
  }
  if (!command.notes.empty()) text += "\n" + wrapped(command.notes, 0, 0) + '\n';
  text += "\n" + wrapped("Exit codes: " + std::string(command.exit_codes) + "; " + kCommonExitCodes, 0, 0) + '\n';
  if (!command.examples.empty()) text += command.examples.size() == 1 ? "\nExample:\n" : "\nExamples:\n";
  for (const std::string_view line : command.examples) ((text += "  ") += line) += '\n';
  return text;
}

}  // namespace ermine::cli
