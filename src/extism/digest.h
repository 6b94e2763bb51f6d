// What a manifest needs to read modules that are text, and to check them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ermine::extism {

// In hexadecimal digits, lower case.
std::string sha256(std::span<const uint8_t> bytes);
// Of the standard alphabet, with padding (RFC 4648, section 4). Nothing if the text is not that.
std::optional<std::vector<uint8_t>> decode_base64(std::string_view text);

}  // namespace ermine::extism
