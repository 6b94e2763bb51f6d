// Text that somebody else wrote (a name in a module, a path, a line of source), made fit for messages and logs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ermine {

// The most bytes that printable() gives: a longer text is cut, and ends in "...".
inline constexpr size_t kMaxPrintable = 1000;

// One line of UTF-8 that can neither control a terminal nor pass for something else: what controls one (C0 and C1
// controls, escape sequences, newlines), what is not seen or turns the direction of writing (zero widths, line and
// paragraph separators, bidirectional controls, tags), and bytes that are no UTF-8 stand as \hh, two hexadecimal digits
// a byte, as in the text format. Backslashes stay as they are: this is for reading, and applied twice it changes
// nothing.
//
// Every name of a guest in an Error is written so already. For names that an embedder reads itself (Module::exports(),
// imports(), custom_sections(), function_name()), which are whole and as the module has them.
std::string printable(std::string_view text);

}  // namespace ermine
