// Writes C++ bindings of a WIT world: a header with its types, an abstract class for each interface that the host
// implements, functions that link them, and a class that calls what a component of the world exports.
//
// The header is written against the public API alone, as C++20.
#pragma once

#include <string>

#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::bindgen {

Result<std::string> write_header(const wit::Resolve& resolve, wit::WorldId world);

}  // namespace ermine::component::bindgen
