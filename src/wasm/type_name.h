// Types in the spelling of the text format, for messages.
#pragma once

#include <span>
#include <string>

#include "wasm/types.h"

namespace ermine::wasm {

struct Module;

// "i32", "(ref null 3)", "funcref". A concrete heap type is spelled with its index in `module`, where it
// has one; pass null to get the canonical id instead, as in "(ref #17)".
std::string type_name(ValType type, const Module* module = nullptr);
std::string type_name(HeapType type, const Module* module = nullptr);
// "[i32 f64]"
std::string type_names(std::span<const ValType> types, const Module* module = nullptr);

}  // namespace ermine::wasm
