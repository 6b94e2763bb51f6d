// A listing of everything that a Resolve has, with names in place of ids: two packages with equal listings are the
// same. It is written without the printer, so that the printer's mistakes show.
#pragma once

#include <string>

#include "component/wit/resolve.h"

namespace ermine::testing {

std::string dump(const component::wit::Resolve& resolve, component::wit::PackageId package);
// All packages, sorted by name.
std::string dump(const component::wit::Resolve& resolve);

}  // namespace ermine::testing
