// Compares the types of C++ functions with those of a component.
#pragma once

#include <string_view>

#include "component/runtime/component_instance.h"
#include "ermine/component/detail/shape.h"

namespace ermine::component {

// What the types of a function mean, if `shape` is a shape of its type; otherwise kLink with the path of the
// difference, and both types in WIT. `instance` has the type (Plan::instances); `path` is the function's name in
// messages, `given` what gives the shape: "the host gives".
Result<HostTypes> check_host_types(const ComponentInstance& root, uint32_t instance, FuncId func,
                                   const detail::FuncShape& shape, std::string_view path, std::string_view given);

// The same for the elements of a stream or future.
Result<HostTypes> check_element_types(const ComponentInstance& root, uint32_t instance, TypeUse element,
                                      const detail::TypeShape* shape);

}  // namespace ermine::component
