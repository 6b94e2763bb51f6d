// Finds scripts on disk.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ermine/result.h"

namespace ermine::script {

// The given files, and all *.wast files below the given folders, sorted within each folder. kIo if one does not exist.
Result<std::vector<std::string>> find_scripts(std::span<const std::string> paths);
Result<std::string> read_script(const std::string& path);

}  // namespace ermine::script
