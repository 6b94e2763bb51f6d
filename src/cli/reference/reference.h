// What is made from the same descriptions as the command's --help: docs/reference/options.md, the man page and the
// completions of shells. `make reference` writes them; a test fails if they are out of date.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/help.h"

namespace ermine::cli {

struct Reference {
  std::vector<CommandInfo> commands;
  // Fields of Config and StoreLimits without an option, and the reasons.
  std::vector<std::pair<std::string_view, std::string_view>> without_option;

  // Options that a command shares with `ermine run` are described there only.
  bool is_shared(const CommandInfo& command, const OptionInfo& option) const;
  std::vector<std::string> shared_options(const CommandInfo& command) const;
  std::vector<OptionSection> own_sections(const CommandInfo& command) const;  // without empty ones
};

Reference collect_reference();
std::string markdown(const Reference& reference);
std::string man_page(const Reference& reference, std::string_view version);
std::string bash_completion(const Reference& reference);
std::string zsh_completion(const Reference& reference);
std::string fish_completion(const Reference& reference);

}  // namespace ermine::cli
