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
// An error about the module that `text` was assembled to, as one about the text, which it names. (text::in_text())
Error in_text(const std::vector<uint8_t>& text, const std::string& path, std::span<const uint8_t> module,
              const Error& error);

}  // namespace ermine::launch
