// Compares the types of C++ functions with those of a component.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "component/runtime/component_instance.h"
#include "ermine/component/detail/shape.h"

namespace ermine::component {

// The classes of a function, if `shape` is a shape of its type; otherwise kLink with the path of the difference, and
// both types in WIT. `instance` has the type (Plan::instances); `path` is the function's name in messages, `given` what
// gives the shape: "the host gives".
Result<std::vector<HostClass>> check_host_types(const ComponentInstance& root, uint32_t instance, FuncId func,
                                                const detail::FuncShape& shape, std::string_view path,
                                                std::string_view given);

}  // namespace ermine::component
