// The text format, if it is built in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ermine/result.h"

namespace ermine::launch {

// Named *.wat, or beginning like text.
bool looks_like_text(std::span<const uint8_t> bytes, const std::string& path);
// The same, but if more bytes follow, the given ones may be only blanks.
bool may_be_text(std::span<const uint8_t> beginning, const std::string& path);
// kUnsupported without the text format.
Result<std::vector<uint8_t>> assemble(const std::vector<uint8_t>& bytes, const std::string& path);
// Converts an error about the module that was assembled from `text` into an error about the text, and names the text.
// (text::in_text())
Error in_text(const std::vector<uint8_t>& text, const std::string& path, std::span<const uint8_t> module,
              const Error& error);

}  // namespace ermine::launch
