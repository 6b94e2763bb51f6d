// Maps the name of an instruction to wasm::Op, by a hash table made at compile time from opcodes.def.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wasm/opcodes.h"

namespace ermine::text {

// The instruction of that name. Where several encodings share one name (select, ref.test, ref.cast) the
// first of the table; the parser chooses by the operands.
std::optional<wasm::Op> find_instruction(std::string_view name);

// The likely intention of an unknown `name`: "local.get" for "get_local", the nearest name for a typing error, empty if
// no name is near.
std::string suggest_instruction(std::string_view name);

}  // namespace ermine::text
