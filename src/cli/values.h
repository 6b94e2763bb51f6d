// WebAssembly values as words of a command line.
#pragma once

#include <string>
#include <string_view>

#include "ermine/result.h"
#include "ermine/value.h"

namespace ermine::cli {

// Integers in decimal or 0x…, signed or unsigned; floats as strtod takes them ("1e3", "nan", "-inf"); v128 as
// 0x… of up to 32 digits; references only as "null". kUsage otherwise.
Result<Val> parse_value(StoreRef store, const ValType& type, const std::string& text);
std::string print_value(const Val& value);

}  // namespace ermine::cli
