// UTF-8 for the names of WebAssembly (specification, section 5.2.4): the shortest form, no surrogates, nothing above
// U+10FFFF; and which characters may be displayed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ermine::base {

bool is_utf8(std::string_view text);

// Bytes of the character at `p`, which must be before `end`; 0 if it is malformed.
unsigned utf8_length(const uint8_t* p, const uint8_t* end);
// The same, but also 0 for characters that printable() (ermine/printable.h) escapes.
unsigned printable_length(const uint8_t* p, const uint8_t* end);

// Appends printable(text).
void append_printable(std::string& out, std::string_view text);

}  // namespace ermine::base
