// The files of a shared library that is to be opened later, in a process that cannot search for them then.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ermine::platform {

// The files that dlopen(path) reads: the library's, those of the libraries that it needs and that are not loaded yet,
// and the system's list of libraries. Nothing: one of them is where only that list would find it, or cannot be read.
// Takes some 10 us for each.
std::optional<std::vector<std::string>> files_of_library(const std::string& path);

// A file in the directories that dlopen(file) searches first; empty: it is not there.
std::string find_library(const std::string& file);

}  // namespace ermine::platform
