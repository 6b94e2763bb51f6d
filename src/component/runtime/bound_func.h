// BoundFunc: an exported function of an instance for the public API, with what its calls need looked up; and typed
// functions of the host as the imports of an instance.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "component/runtime/host_side.h"
#include "ermine/component/detail/call_data.h"

namespace ermine::component {

struct BoundFunc {
  std::shared_ptr<ComponentInstance> root;
  const PlanFunc* func = nullptr;
  std::string path;  // "a:b/c.f"
  // Of typed functions (bind()):
  HostTypes types;
  bool is_async = false;
  SideParts parts;
  runtime::FuncRef* callee = nullptr;
  runtime::FuncRef* post_return = nullptr;
};

// The host function for an import that a typed function of the host is linked to.
Result<std::shared_ptr<const runtime::HostFunction>> typed_import(const std::shared_ptr<ComponentInstance>& instance,
                                                                  const MadeFunc& made);

}  // namespace ermine::component
