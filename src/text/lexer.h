// The lexer of the text format (specification 3.0, section 6.3): source text into tokens, on demand.
//
// An opening parenthesis and the keyword after it are one token, kOpen, because the grammar decides by that pair.
// Annotations that the caller does not use are checked and skipped like white space; the others (is_known_annotation)
// are kAnnotation, followed by their contents as ordinary tokens and a kClose. The first lexical error is kept, and
// from then on the lexer returns kEof: a parser may continue to its end and check for errors only there. Copies of a
// lexer are independent, so a parser can look ahead by copying. No recursion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ermine::text {

enum class TokenKind : uint8_t {
  kEof,
  kOpen,        // "(": text is the keyword after it, or empty if there is none
  kClose,
  kKeyword,     // text: the word
  kNumber,      // begins with a digit or sign; the number parsers check it
  kId,          // text: the characters after the $, quotes removed, escapes not replaced
  kString,      // text: the characters between the quotes, escapes not replaced
  kAnnotation,  // "(@": text is the annotation's id, escapes not replaced
  kReserved,    // a run of characters that is not a token: "unknown operator"
};

struct Token {
  TokenKind kind = TokenKind::kEof;
  bool escaped = false;  // text has backslash escapes
  const char* start = nullptr;  // first character, the parenthesis or $ included
  std::string_view text;
  const char* end() const { return text.data() + text.size(); }
};

bool is_known_annotation(std::string_view id);

class Lexer {
 public:
  // `begin` to `end` is the text, which is known to be UTF-8.
  Lexer(const char* begin, const char* end) : pos_(begin), end_(end) {}

  Token next();
  // Skips to the parenthesis that closes the one just read (kOpen or kAnnotation), and past it. Does not check the
  // tokens in between. False if the text ends before.
  bool skip_to_close();

  const char* position() const { return pos_; }
  const char* end() const { return end_; }
  void jump(const char* to) { pos_ = to; }
  // From now on the lexer returns kEof.
  void stop() { pos_ = end_; }

  // The first error, or null.
  const char* error() const { return error_; }
  const char* error_position() const { return error_position_; }

 private:
  Token fail(const char* at, const char* message);
  // To the start of the next token; false if there was an error.
  bool skip_space();
  bool skip_block_comment();
  bool skip_annotation(const char* start);
  // The end of the string whose opening quote is at `p`, one past the closing one; null after an error.
  const char* string_end(const char* p, bool& escaped);
  // The id of an annotation "(@" whose "@" is at `p`; null after an error.
  const char* annotation_id(const char* p, std::string_view& id, bool& escaped);
  const char* run_end(const char* p);  // the end of a reserved run

  const char* pos_;
  const char* end_;
  const char* error_ = nullptr;
  const char* error_position_ = nullptr;
};

// Replaces the escapes of a string or identifier. The lexer has checked them.
std::string unescape(std::string_view text);

}  // namespace ermine::text
