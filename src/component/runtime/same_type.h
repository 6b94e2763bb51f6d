// Whether functions of two running components have the same type: structurally, and with the same resource types.
#pragma once

#include "component/runtime/component_instance.h"

namespace ermine::component {

// Types as one component instance has them.
struct TypeView {
  const ComponentInstance& root;
  uint32_t instance;
};

bool same_type(const TypeView& a, TypeUse a_type, const TypeView& b, TypeUse b_type);
bool same_func_type(TypeView a, FuncId a_type, TypeView b, FuncId b_type);

}  // namespace ermine::component
