// The command line of `ermine run`: options, a module, the program's arguments.
#pragma once

#include <string>

#include "cli/settings.h"

namespace ermine::cli {

struct RunOptions : Settings {
  std::string module;
  Words arguments;
};

// Options, then the module, then whatever follows, which is the program's.
Parsed parse_run_options(Words words, RunOptions& options);

}  // namespace ermine::cli
