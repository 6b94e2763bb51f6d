// Checks whether the value for an import fits it (specification 3.0, section 3.5.9 "external types").
#pragma once

#include <string>

#include "ermine/result.h"
#include "runtime/extern_value.h"
#include "wasm/module.h"
#include "wasm/type_registry.h"

namespace ermine::engine {

// kLink "incompatible import type …" with both types if it does not fit. Sizes are the current ones.
Result<void> match_import(const wasm::Module& module, const wasm::Import& import, const runtime::ExternValue& given);

// kLink "unknown import …" with the expected type.
Error unknown_import(const wasm::Module& module, const wasm::Import& import);

// For messages: `a function [i32] -> []`, `a memory of at least 1 page`.
std::string describe_import(const wasm::Module& module, const wasm::Import& import);
std::string describe(const runtime::ExternValue& value, const wasm::TypeRegistry& registry);

}  // namespace ermine::engine
