// The lexer of WIT (WIT.md, "Lexical structure"): text into tokens, on demand.
//
// A token knows the text between it and the token before, because comments there document the item that begins with
// the token. The first error is kept, and from then on the lexer returns kEof: the parser checks for errors at its end.
// No recursion: nested comments are counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "component/wit/keywords.h"

namespace ermine::component::wit {

enum class TokenKind : uint8_t {
  kEof,
  kKeyword,
  kName,  // text: without the % that it may begin with
  kNumber,  // text: digits
  kString,  // text: between the quotes, escapes not replaced
  kVersion,  // text: the characters of a version, not checked
  kEquals,
  kComma,
  kColon,
  kSemicolon,
  kPeriod,
  kOpenParen,
  kCloseParen,
  kOpenBrace,
  kCloseBrace,
  kLess,
  kGreater,
  kReturns,
  kSlash,
  kAt,
};

struct Token {
  TokenKind kind = TokenKind::kEof;
  Keyword keyword = Keyword::kNone;
  const char* start = nullptr;
  std::string_view text;
  std::string_view gap;  // white space and comments before `start`
  size_t length = 0;  // from `start`
};

// ";", "keyword", and so on, for "expected …".
std::string_view name_of(TokenKind kind);

// The first character that WIT files may not have (control codes but for line ends and tabs, bidirectional controls,
// characters that Unicode deprecates, bytes that are not UTF-8), or null; `problem` says what it is.
const char* forbidden_character(std::string_view text, std::string& problem);

class Lexer {
 public:
  // forbidden_character() has found nothing in `text`.
  explicit Lexer(std::string_view text);

  Token next();
  // The next token, read as a version: its dots and hyphens would be tokens of their own otherwise. A dot at the end is
  // not a part of it: use a:b/c@1.0.0.{d}.
  Token next_version();
  // From now on the lexer returns kEof.
  void stop() { pos_ = end_; }

  // The first error, or null.
  const char* error_position() const { return error_position_; }
  const std::string& error() const { return error_; }

 private:
  Token token(TokenKind kind, const char* start, std::string_view gap);
  Token name(const char* start, std::string_view gap);
  Token string(const char* start, std::string_view gap);
  Token fail(const char* at, std::string message);
  bool skip_space(std::string_view& gap);
  bool skip_block_comment();

  const char* pos_;
  const char* end_;
  const char* error_position_ = nullptr;
  std::string error_;
};

// The contents of a kString token; the lexer has checked it.
std::string string_value(std::string_view text);

// The documentation in the gap before a token: the text of all comments. A line comment is a line; all / at its
// beginning are left out. White space that all lines begin with is left out, and so are empty lines at the end.
std::string documentation(std::string_view gap);

}  // namespace ermine::component::wit
