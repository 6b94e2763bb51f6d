// The adapters of calls of functions whose type is async: one for the parameters, one for the result. (adapter.h,
// AdapterModule::add_async)
#pragma once

#include "component/adapter/builder.h"

namespace ermine::component::adapter {

Callee make_params_adapter(Builder& builder, const AdapterRequest& request);
Callee make_result_adapter(Builder& builder, const AdapterRequest& request);

}  // namespace ermine::component::adapter
