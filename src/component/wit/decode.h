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

// Adds what a component imports and exports, as the world root:component/root. An interface that is both imported and
// exported has the functions of both. kInvalid for what WIT has no form for: imports and exports of components, modules
// and values, and exports of types. After an error the Resolve must not be used.
Result<WorldId> decode_component(Resolve& resolve, const ValidComponent& component);

// Adds the imports and exports of the worlds of an encoded package to `into`. What has the same name must have the same
// type; an interface has the functions of all its copies. The order of packages and interfaces in the Resolve may then
// differ from that of their dependencies. The result: the keys of the package's items. After an error the Resolve must
// not be used.
struct MergedWorld {
  std::vector<std::string> imports, exports;
};
Result<MergedWorld> merge_world(Resolve& resolve, WorldId into, const ValidComponent& package);
// The same with the imports of a component.
Result<void> merge_imports(Resolve& resolve, WorldId into, const ValidComponent& component);

}  // namespace ermine::component::wit
