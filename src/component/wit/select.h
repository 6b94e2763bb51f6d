// Chooses the world that a tool works on (WIT.md, "Specifying a World").
#pragma once

#include <string_view>

#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wit {

// `name` is empty (the only world of the package), the name of a world in the package, or a path such as a:b/c@1.0.0;
// the version may be left out if there is only one. kUsage with what there is to choose from.
Result<WorldId> select_world(const Resolve& resolve, PackageId package, std::string_view name = {});

}  // namespace ermine::component::wit
