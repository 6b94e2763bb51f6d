// The error of a directive that did not do what the script says.
#pragma once

#include <string>
#include <utility>

#include "ermine/error.h"

namespace ermine::script {

inline Error failure(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

}  // namespace ermine::script
