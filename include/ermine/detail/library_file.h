// Opens the library's plug-ins. For the library itself.
#pragma once

#include <string>

namespace ermine {

// `named`, or if that is empty the file of this name: beside the running program, as it is built and installed, or else
// where the system searches. Null: dlerror() has the reason.
void* open_library(const std::string& named, const char* file);

}  // namespace ermine
