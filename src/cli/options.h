// The options of a command: names, help, and what to do with their values.
//
// A front for CLI11, whose headers stay in options.cc: each file that includes them constructs validators, and with
// <iostream> the locales of the C++ library, before main(), which was a tenth of running a small program.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/help.h"

namespace ermine::cli {

// An option on the command line: its name for messages ("--fuel", "-W fuel") and its value, which is empty for a
// switch.
struct Given {
  const std::string& option;
  const std::string& text;
};

// Thrown by the function that takes a value: prints "OPTION: MESSAGE" and a note about --help.
struct BadOption {
  std::string option, message;
};
// Thrown likewise, as by `-W help`: prints the text on standard output and ends the command.
struct HelpAsked {
  std::string text;
};

class Options {
 public:
  using Take = std::function<void(const Given&)>;

  // `synopsis` follows the command's name in the usage line.
  Options(const char* name, const char* summary, const char* synopsis);
  ~Options();

  // Positional arguments; `name` is used in the help.
  void argument(const char* name, std::string& to, const char* help);
  void arguments(const char* name, Words& to, const char* help);  // at least one
  // Only for the help: the command reads the argument itself.
  void describe_argument(const char* name, const char* help);

  // The heading of the options that are added next. Without one, the first heading is "Options".
  void section(const char* title);
  void add(OptionInfo info, Take take);
  // An option with a value that is known only to be refused: `why` throws. The help does not show it.
  void refuse(const char* names, Take why);
  // Short forms of add(): `names` as in "-o,--output"; `type` is the name of the value in the help.
  void value(const char* names, std::string& to, const char* help, const char* type);
  void values(const char* names, Words& to, const char* help, const char* type);
  void flag(const char* names, bool& to, const char* help, bool value = true);

  // An option such as "-W,--wasm", whose value is a list of other options: "fuel=1000,simd=n". `-W help` lists them.
  void group(const char* names, const char* title, const char* help);
  // `section` is the heading within `-W help`.
  void add_member(char letter, const char* section, OptionInfo info, Take take);

  // An option that names a TOML file with values for the others. Those of the command line come after them.
  void config_file(const char* name, const char* help);

  void help_flag(const char* names);  // instead of -h,--help
  void notes(const char* text);
  // Those of this command. The help adds those of all commands.
  void exit_codes(const char* own);
  void example(const char* line);

  Parsed parse(Words words);
  // Whether this option takes the next word as its value.
  bool takes_value(const std::string& name) const;

  // Called for --help; prints the help unless it is replaced.
  static void (*on_help)(const CommandInfo& command);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// For the lists of Wasmtime's grouped options, "a=1,b": calls `f(name, value)` for each element.
void each_pair(const std::string& text, const std::function<void(const std::string&, const std::string&)>& f);

}  // namespace ermine::cli
