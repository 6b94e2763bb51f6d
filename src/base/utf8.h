// UTF-8 as WebAssembly names need it (specification, section 5.2.4): the shortest form, no surrogates,
// nothing above U+10FFFF.
#pragma once

#include <string_view>

namespace ermine::base {

bool is_utf8(std::string_view text);

}  // namespace ermine::base
