// A source text and how errors in it are shown: file, line, column, the line itself with a caret under
// the place, and a hint where one is known. Positions are pointers into the text until someone wants to
// read them, so the parser never counts lines.
#pragma once

#include <string>
#include <string_view>

#include "ermine/error.h"

namespace ermine::text {

struct Source {
  std::string_view text;
  std::string_view file_name;  // for messages; may be empty
};

struct Position {
  size_t line = 1;    // from 1
  size_t column = 1;  // from 1, in code points
};

// The beginning of a token, as much as messages show of it.
std::string_view excerpt(std::string_view token);

Position position_of(const Source& source, const char* at);

// The error for the `length` bytes at `at`: "file:line:column: message", the source line, a caret.
Error error_at(const Source& source, const char* at, size_t length, std::string_view message,
               std::string_view hint = {}, ErrorKind kind = ErrorKind::kMalformed);

}  // namespace ermine::text
