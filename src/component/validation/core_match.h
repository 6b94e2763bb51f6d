// Matching of the types of core imports and exports (specification of core WebAssembly 3.0, section 3.3), for the types
// that components see. The linker of core modules (engine/import_match.h) compares values instead.
#pragma once

#include <string>

#include "component/model/types.h"
#include "wasm/type_registry.h"

namespace ermine::component {

// What is wrong if `given` is not a subtype of `expected`; otherwise empty.
std::string core_mismatch(const wasm::TypeRegistry& registry, const CoreEntity& given, const CoreEntity& expected);
std::string memory_mismatch(const wasm::MemoryType& given, const wasm::MemoryType& expected);
std::string table_mismatch(const wasm::TableType& given, const wasm::TableType& expected);

std::string_view extern_word(wasm::ExternKind kind);
// "(func (param i32) (result i32))"
std::string core_func_text(const wasm::TypeRegistry& registry, wasm::TypeId type);

}  // namespace ermine::component
