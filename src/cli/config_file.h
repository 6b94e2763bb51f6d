// --config: options from a TOML file.
#pragma once

#include <functional>
#include <string>

namespace ermine::cli {

// Calls `take(table, name, value)` for each value of the file, in no particular order: `table` is empty for the values
// before the first table; elements of an array come one after the other; true and false are "y" and "n". Throws
// BadOption, which names the file, and the line of a mistake in the syntax.
void read_config_file(
    const std::string& option, const std::string& path,
    const std::function<void(const std::string& table, const std::string& name, const std::string& value)>& take);

}  // namespace ermine::cli
