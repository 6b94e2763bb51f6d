// The commands of `ermine`, and what they share: exit codes, messages, arguments.
//
// Only this folder may throw: CLI11 (see options.h) and nlohmann-json do. Commands are looked up by name before
// anything is parsed, so that running a program does not construct the options of all other commands.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/error.h"
#include "launch/exit_code.h"

namespace ermine::cli {

using enum launch::ExitCode;
using launch::ExitCode;
// The common exit codes in --help, below a command's own: "Exit codes: …".
extern const char* const kCommonExitCodes;

// Words after the command's name.
using Words = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*main)(Words words);
  // If the next word names an operation: all of them, whose names are that word.
  std::span<const Command> (*operations)() = nullptr;
};
std::span<const Command> commands();
// Runs the one that the words begin with; without one, they are those of `ermine run`.
int dispatch(Words words);

int run_main(Words words);
int validate_main(Words words);
int inspect_main(Words words);
int strip_main(Words words);
// With the text format only.
int parse_main(Words words);
int print_main(Words words);
int objdump_main(Words words);
int wast_main(Words words);
// With the text format and components.
inline constexpr std::string_view kComponentSummary = "Make components, and work with their interfaces";
int component_main(Words words);
std::span<const Command> component_operations();  // of `ermine component`
int component_wit_main(Words words);
int component_new_main(Words words);
int component_embed_main(Words words);
int component_plug_main(Words words);
int component_targets_main(Words words);
int component_unbundle_main(Words words);
int bindgen_main(Words words);
// With the text format and a tier that makes machine code.
int explore_main(Words words);

// The result of parsing the words of a command (Options::parse): whether to exit, as --help does, and with what code.
struct Parsed {
  bool exit = false;
  int code = kOk;
};

// Messages to stderr: "error: …", "note: …"; coloured on a terminal unless NO_COLOR is set.
void print_error(std::string_view message);
void print_error(const Error& error);
// Prints the error, which concerns `file` if that is not empty; kFailed.
int fail(const Error& error, const std::string& file = {});
void print_note(std::string_view message);
// Prints on standard output. finish_output() reports an error.
void print_text(std::string_view text);
// Called at the end of a command. Returns its exit code, or kFailed and prints an error if standard output could not be
// written.
int finish_output(int code);
bool colour_on(int fd);

}  // namespace ermine::cli
