// Instantiation (specification 3.0, section 4.7.2 "instantiation"), in the specification's order and with its effects.
#pragma once

#include <span>

#include "engine/compiled_module.h"
#include "runtime/extern_value.h"

namespace ermine::engine {

// `imports` are in the module's order and belong to `store`. The instance belongs to the store, even if a segment does
// not fit or the start function traps: then its functions may still be in tables that it wrote. Errors: kLink, kLimit,
// and those of running code.
Result<runtime::Instance*> instantiate(runtime::Store& store, const CompiledModule& compiled,
                                       std::span<const runtime::ExternValue> imports);

// The export of this name, or nothing.
std::optional<runtime::ExternValue> find_export(runtime::Instance& instance, std::string_view name);
runtime::ExternValue export_value(runtime::Instance& instance, const wasm::Export& e);

}  // namespace ermine::engine
