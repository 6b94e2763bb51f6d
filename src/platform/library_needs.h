// The places of a shared library that is to be opened later, in a process that cannot search for them then.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ermine::platform {

// Where dlopen(path) reads: the library's file, the directories where it looks for those that the library needs (the
// library's own and the system's), and the system's list of libraries. Nothing: one that it needs itself is in none of
// them, or its file cannot be read. What those need in their turn is not looked for, because reading 15 files takes
// half of a short program's start; if it is elsewhere, the library cannot be opened.
std::optional<std::vector<std::string>> places_of_library(const std::string& path);

// A file in the directories that dlopen(file) searches first; empty: it is not there.
std::string find_library(const std::string& file);

}  // namespace ermine::platform
