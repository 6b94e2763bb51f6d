// The text format, where it is built in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ermine/result.h"

namespace ermine::launch {

// Named *.wat, or beginning like text.
bool looks_like_text(std::span<const uint8_t> bytes, const std::string& path);
// Likewise, if more bytes follow: there may be only blanks yet.
bool may_be_text(std::span<const uint8_t> beginning, const std::string& path);
// kUnsupported without the text format.
Result<std::vector<uint8_t>> assemble(const std::vector<uint8_t>& bytes, const std::string& path);

}  // namespace ermine::launch
