// The tokens of WAVE. The first error is kept, and from then on the lexer returns kEnd.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ermine::component::wave {

enum class TokenKind : uint8_t {
  kEnd,
  kNumber,     // digits, and -inf
  kLabel,      // text: without the % that it may begin with
  kKeyword,    // true, false, inf, nan, some, none, ok, err
  kCharacter,  // with quotes
  kString,     // with quotes
  kMultiline,  // with """
  kOpenBrace,
  kCloseBrace,
  kOpenParen,
  kCloseParen,
  kOpenBracket,
  kCloseBracket,
  kColon,
  kComma,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  const char* start = nullptr;
  std::string_view text;
  size_t length = 0;  // from `start`
};

std::string_view name_of(TokenKind kind);
// Whether a label must be written with %.
bool is_keyword(std::string_view label);

class Lexer {
 public:
  explicit Lexer(std::string_view text);  // UTF-8
  Token next();
  // The name of a function, which may have the name of an interface and a version: everything up to the parenthesis.
  Token next_function_name();
  void stop() { pos_ = end_; }

  const char* error_position() const { return error_position_; }  // null: no error
  const std::string& error() const { return error_; }

 private:
  Token token(TokenKind kind, const char* start) const;
  Token fail(const char* at, std::string message);
  Token number(const char* start);
  Token label(const char* start);
  Token quoted(const char* start);
  void skip_space();

  const char* pos_;
  const char* end_;
  const char* error_position_ = nullptr;
  std::string error_;
};

// The character or string that a token stands for: escapes replaced. False, with what is wrong and where, if an escape
// or a multi-line string is wrong.
bool unquote(const Token& token, std::string& out, std::string_view& problem, const char*& at);

}  // namespace ermine::component::wave
