// The host functions that adapters import: transcoders, transfers of handles, scopes of calls, and traps.
#pragma once

#include "component/runtime/adapter_code.h"

namespace ermine::component {

Result<std::shared_ptr<const runtime::HostFunction>> intrinsic_function(
    const std::shared_ptr<ComponentInstance>& instance, const CompiledComponent::AdapterCode& code,
    const AdapterImport& import);

// A host function of this type.
Result<std::shared_ptr<const runtime::HostFunction>> make_host_function(std::shared_ptr<wasm::TypeRegistry> registry,
                                                                        const wasm::FuncType& type, runtime::HostFn fn,
                                                                        std::shared_ptr<void> env);

}  // namespace ermine::component
