// Imports of different versions of one interface that are compatible by Semantic Versioning: one import of the highest
// version takes the place of all.
#pragma once

#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wit {

// "a:b/c@1.2.3" -> "a:b/c@1": two names with the same result are compatible. Also without a version.
std::string compatible_name(std::string_view interface_name);

// Changes the imports of the world, the types that refer to those of a replaced interface, and the order of imports. A
// version stays if a higher one lacks something of it, or if it is exported as well. kInvalid if the interfaces then
// use each other.
Result<void> unify_imports(Resolve& resolve, WorldId world);

}  // namespace ermine::component::wit
