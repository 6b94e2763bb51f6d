// The inverse of encode.h: WIT packages from components that are encoded packages.
#pragma once

#include "component/model/valid_component.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wit {

// Whether a component has the form of an encoded package: it imports nothing, and its exports are component types.
bool is_package(const ValidComponent& component);

// Adds the package that a component encodes, and the packages that it refers to, with those of their interfaces and
// types that are in the component: an interface that only gives types to others has no functions. Documentation and
// gates are not in the format. kInvalid if the component is no encoded package, or if a package of it is known already;
// kUnsupported beyond kMaxExpansion. After an error the Resolve must not be used.
Result<PackageId> decode(Resolve& resolve, const ValidComponent& component);

}  // namespace ermine::component::wit
