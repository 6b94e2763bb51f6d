// Makes text from other authors (a name in a module, a path, a line of source) safe for messages and logs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ermine/detail/language.h"

namespace ermine {

// The maximal length of printable()'s result, in bytes: a longer text is cut, and ends in "...".
inline constexpr size_t kMaxPrintable = 1000;

// One line of UTF-8 that can neither control a terminal nor imitate something else. Characters that control a terminal
// (C0 and C1 controls, escape sequences, newlines), that are invisible or change the direction of writing (zero widths,
// line and paragraph separators, bidirectional controls, tags), and bytes that are not UTF-8, are written as \hh, two
// hexadecimal digits per byte, as in the text format. Backslashes are unchanged: the result is for reading, and
// applying the function twice changes nothing.
//
// Names from a guest in an Error are already in this form. Use it for names that an embedder reads itself
// (Module::exports(), imports(), custom_sections(), function_name()), which are complete and unchanged.
std::string printable(std::string_view text);

}  // namespace ermine
