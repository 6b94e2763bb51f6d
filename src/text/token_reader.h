// TokenReader: the basis of the parsers of the text format: the current token, errors, strings and numbers.
//
// Errors stop the lexer (fail() keeps the first), so parsing code continues to the end of input, and only loops need
// care: each must end at kEof.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "ermine/error.h"
#include "text/lexer.h"
#include "text/source.h"

namespace ermine::text {

class TokenReader {
 protected:
  TokenReader(const Source& source, const char* begin, const char* end) : source_(source), lexer_(begin, end) {}

  void advance() { tok_ = lexer_.next(); }
  void restart(const char* at);
  void fail(const Token& at, std::string_view message, std::string_view hint = {},
            ErrorKind kind = ErrorKind::kMalformed);
  void unexpected(std::string_view wanted);
  bool failed() const { return static_cast<bool>(error_) || lexer_.error(); }
  Error take_error();  // precondition: failed()
  bool at_open(std::string_view keyword) const { return tok_.kind == TokenKind::kOpen && tok_.text == keyword; }
  bool at_keyword(std::string_view word) const { return tok_.kind == TokenKind::kKeyword && tok_.text == word; }
  bool accept_open(std::string_view keyword);
  bool accept_keyword(std::string_view word);
  void expect_close();
  bool at_index() const { return tok_.kind == TokenKind::kNumber || tok_.kind == TokenKind::kId; }
  std::string_view identifier(const Token& tok);  // with escapes replaced; checks UTF-8
  std::string string_bytes();  // one or more string tokens
  std::string_view name_string();  // one string token, UTF-8
  uint64_t unsigned_number(unsigned bits);
  std::string_view name_annotation();  // at "(@name"; the name
  // An optional identifier and @name annotation at a definition: its name for messages and name sections, null if it
  // has none. `id` becomes the identifier's token.
  std::string_view definition_name(Token* id = nullptr);
  // At "(@ermine.name "name")" or "(@ermine.name)", which give a module or component another name, or none, than its
  // definition in a component has. Null if there is none.
  std::string_view own_name_annotation();
  std::string_view keep(std::string s) { return strings_.emplace_back(std::move(s)); }

  const Source& source_;
  Lexer lexer_;
  Token tok_;
  Error error_;
  std::deque<std::string> strings_;
};

}  // namespace ermine::text
