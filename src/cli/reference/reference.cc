#include "cli/reference/reference.h"

#include <algorithm>

#include "cli/settings.h"

namespace ermine::cli {
namespace {

std::vector<CommandInfo> collected;

}  // namespace

Reference collect_reference() {
  Options::on_help = [](const CommandInfo& command) { collected.push_back(command); };
  for (const Command& command : commands()) {
    if (command.operations == nullptr) command.main({"--help"});
    else
      for (const Command& operation : command.operations()) operation.main({"--help"});
  }
  Reference reference{std::move(collected), {}};
  Settings settings;
  for (const SettingRow& row : setting_rows(settings))
    if (row.kind == SettingRow::kNoOption) reference.without_option.emplace_back(row.library, row.help);
  return reference;
}

bool Reference::is_shared(const CommandInfo& command, const OptionInfo& option) const {
  if (command.name == "run") return false;
  for (const OptionSection& section : commands.front().sections)
    for (const OptionInfo& one : section.options)
      if (one.names == option.names && one.help == option.help) return true;
  return false;
}

std::vector<OptionSection> Reference::own_sections(const CommandInfo& command) const {
  std::vector<OptionSection> sections = command.sections;
  for (OptionSection& section : sections)
    std::erase_if(section.options, [&](const OptionInfo& o) { return is_shared(command, o); });
  std::erase_if(sections, [](const OptionSection& s) { return s.options.empty(); });
  return sections;
}

std::vector<std::string> Reference::shared_options(const CommandInfo& command) const {
  std::vector<std::string> names;
  for (const OptionSection& section : command.sections)
    for (const OptionInfo& o : section.options)
      if (is_shared(command, o)) names.emplace_back(o.names);
  return names;
}

}  // namespace ermine::cli
