// Options of Wasmtime's command that ermine does not have, so that a command line written for it gets an answer instead
// of "no such option". Where an option means the same, ermine has it under Wasmtime's name (settings.def).
#pragma once

#include <string>
#include <string_view>

namespace ermine::cli {

class Options;

// A message about such an option: what to use instead, or why it can be left out. `group` is 'O', 'C', 'D', 'W', 'S' or
// 'R' for a member of that group, 0 for an option of its own ("--target"). Empty if Wasmtime has no such option either.
std::string about_wasmtime_option(char group, std::string_view name);

// Adds Wasmtime's groups of which ermine has no member at all, to give these messages.
void refuse_wasmtime_groups(Options& options);

}  // namespace ermine::cli
