// Names of functions as their authors wrote them.
#pragma once

#include <string>

namespace ermine::cli {

// The name that a C++ or Rust compiler encoded ("_ZN…", "_R…"), at most 1,000 bytes of it; any other name unchanged.
// The name may be a hostile module's.
std::string demangled(const std::string& name);

}  // namespace ermine::cli
