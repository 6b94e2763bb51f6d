// TypedImportEnv: what a typed function of the host knows as the import of an instance.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "component/runtime/host_side.h"
#include "component/runtime/made_env.h"

namespace ermine::component {

struct TypedImportEnv : MadeEnv {
  std::shared_ptr<const detail::HostFunc> func;
  const HostTypes* types;  // the instance's
  std::string_view name;   // the plan's
  std::optional<SideParts> parts;  // from the first call on: a canonical definition may come before what it needs
};

}  // namespace ermine::component
