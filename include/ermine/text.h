// The text format of WebAssembly (.wat). Module::from_text() compiles it directly.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine {

// Translates a module or a component in the text format to a binary; identifiers become name sections. It is not
// validated. Errors: kMalformed, with line, column and the line of the text, which is called `file` in
// them; kUnsupported if the library was built without the text format. Thread-safe.
Result<std::vector<uint8_t>> text_to_binary(std::string_view text, std::string_view file = {});

}  // namespace ermine
