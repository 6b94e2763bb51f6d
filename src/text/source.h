// A source text, and the presentation of errors in it: file, line, column, the line itself with a caret under the
// position, and a hint if there is one. Positions are pointers into the text until a message is needed, so the parser
// never counts lines.
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

// The beginning of a token, as far as messages show it.
std::string_view excerpt(std::string_view token);

Position position_of(const Source& source, const char* at);

// The error for the `length` bytes at `at`: "file:line:column: message", the source line, a caret.
Error error_at(const Source& source, const char* at, size_t length, std::string_view message,
               std::string_view hint = {}, ErrorKind kind = ErrorKind::kMalformed);

// An error if `text`, a part of `source`, is not UTF-8 (with the place where it stops to be) or is longer than offsets
// of 32 bits can count; otherwise none.
Error check_encoding(const Source& source, std::string_view text);

}  // namespace ermine::text
