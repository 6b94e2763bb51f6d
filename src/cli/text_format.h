// The text format, where it is built in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ermine/result.h"

namespace ermine::cli {

// Named *.wat, or beginning like text.
bool looks_like_text(const std::vector<uint8_t>& bytes, const std::string& path);
// kUnsupported without the text format.
Result<std::vector<uint8_t>> assemble(const std::vector<uint8_t>& bytes, const std::string& path);

}  // namespace ermine::cli
