// The description of a command and its options. Options collects it; it is printed as the text of --help here, and as
// the man page and docs/reference/options.md by src/cli/reference/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ermine::cli {

// In all structures of this file a std::string_view refers to a string literal.
struct OptionInfo {
  std::string_view names;    // "-o,--output"; of a member of a group "fuel"; of an argument "FILE"
  std::string type;          // name of the value, "SIZE"; empty: a switch
  std::string_view help;     // starts with a capital letter, ends without a full stop
  std::string initial;       // default; empty: not shown
  std::string range;         // of numbers, "64KiB to 1GiB"; empty: any
  std::string_view library;  // the part of the library for the same, "Config::tier"; may be empty
  bool repeats = false;
};

struct OptionSection {
  std::string_view title;
  std::vector<OptionInfo> options;
};

// The options within one: -W fuel=1000,simd=n.
struct OptionGroup {
  char letter;
  std::string_view title;
  std::vector<OptionSection> sections;
};

struct CommandInfo {
  std::string_view name, summary;
  std::string_view synopsis;  // follows "ermine NAME" in the usage line
  std::string_view notes;     // one paragraph; may be empty
  std::vector<OptionInfo> arguments;
  std::vector<OptionSection> sections;
  std::vector<OptionGroup> groups;
  std::string_view exit_codes;  // its own; kCommonExitCodes are every command's
  std::vector<std::string_view> examples;
};

// An option with its value, "-o, --output FILE"; a member of a group, "fuel=N" or "simd[=y|n]".
std::string option_head(const OptionInfo& option);
std::string member_head(const OptionInfo& option);
// The help, followed by the range and the default in brackets.
std::string full_help(const OptionInfo& option);

// Lines are as wide as the terminal, up to 120 columns; 80 elsewhere.
std::string help_text(const CommandInfo& command);
std::string help_text(const OptionGroup& group);
std::string help_text(const OptionSection& members);
// Breaks `text` into such lines. The first line starts at column `at`; the others are indented.
std::string wrapped(std::string_view text, size_t indent, size_t at);

}  // namespace ermine::cli
