// The type section: recursion groups, made canonical while they are read.
#pragma once

#include "binary/reader.h"
#include "wasm/type_registry.h"

namespace ermine::binary {

// Reads the section's content into module.types. On failure `in` is in its failed state; the groups read so far stay in
// the module, which releases them.
void read_type_section(Reader& in, wasm::Module& module);

// Reads one type of a recursion group, whose index in the index space of types is `index`; a supertype is below it.
void read_sub_type(Reader& in, wasm::TypeDef& def, uint32_t index);

// Whether the types, apart from their supertypes, allow `sub` to be declared a subtype of `super` (section 3.3.8).
bool composite_type_matches(const wasm::TypeRegistry& registry, const wasm::TypeDef& sub, const wasm::TypeDef& super);

}  // namespace ermine::binary
