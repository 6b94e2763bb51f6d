// Reading tokens: errors, strings, numbers. See token_reader.h.
#include "text/token_reader.h"

#include "base/format.h"
#include "base/utf8.h"
#include "text/number.h"

namespace ermine::text {

void TokenReader::restart(const char* at) {
  if (failed()) return;
  lexer_.jump(at);
  advance();
}

void TokenReader::fail(const Token& at, std::string_view message, std::string_view hint, ErrorKind kind) {
  if (!error_ && !lexer_.error()) {
    const char* start = at.kind == TokenKind::kOpen && !at.text.empty() ? at.text.data() : at.start;
    size_t length = at.text.empty() ? 1 : static_cast<size_t>(at.end() - start);
    error_ = error_at(source_, start, length, message, hint, kind);
  }
  lexer_.stop();
  advance();
}

void TokenReader::unexpected(std::string_view wanted) {
  switch (tok_.kind) {
    case TokenKind::kEof: return fail(tok_, base::format("unexpected token: the text ends here, expected {}", wanted));
    case TokenKind::kReserved: return fail(tok_, base::format("unknown operator {}", excerpt(tok_.text)));
    case TokenKind::kAnnotation:
      if (tok_.text == "custom" || tok_.text == "name")
        return fail(tok_, base::format("misplaced @{} annotation", tok_.text));
      return fail(tok_, base::format("@{} annotation: misplaced, expected {}", tok_.text, wanted));
    case TokenKind::kClose: return fail(tok_, base::format("unexpected token \")\", expected {}", wanted));
    case TokenKind::kOpen:
      return fail(tok_, base::format("unexpected token \"({}\", expected {}", excerpt(tok_.text), wanted));
    case TokenKind::kId:
      return fail(tok_, base::format("unexpected token \"${}\", expected {}", excerpt(tok_.text), wanted));
    case TokenKind::kString: return fail(tok_, base::format("unexpected token: a string, expected {}", wanted));
    case TokenKind::kKeyword:
    case TokenKind::kNumber:
      return fail(tok_, base::format("unexpected token \"{}\", expected {}", excerpt(tok_.text), wanted));
  }
}

bool TokenReader::accept_open(std::string_view keyword) {
  if (!at_open(keyword)) return false;
  advance();
  return true;
}

bool TokenReader::accept_keyword(std::string_view word) {
  if (!at_keyword(word)) return false;
  advance();
  return true;
}

void TokenReader::expect_close() {
  if (tok_.kind != TokenKind::kClose) return unexpected("\")\"");
  advance();
}

std::string_view TokenReader::identifier(const Token& tok) {
  if (!tok.escaped) return tok.text;
  std::string_view name = keep(unescape(tok.text));
  if (!base::is_utf8(name)) fail(tok, "malformed UTF-8 encoding in an identifier");
  return name;
}

std::string TokenReader::string_bytes() {
  std::string out;
  while (tok_.kind == TokenKind::kString) {
    if (tok_.escaped) out += unescape(tok_.text);
    else out += tok_.text;
    advance();
  }
  return out;
}

std::string_view TokenReader::name_string() {
  if (tok_.kind != TokenKind::kString) {
    unexpected("a string");
    return {};
  }
  std::string_view name = tok_.text;
  if (tok_.escaped) {
    name = keep(unescape(name));
    if (!base::is_utf8(name)) {
      fail(tok_, "malformed UTF-8 encoding in a name");
      return {};
    }
  }
  advance();
  return name;
}

uint64_t TokenReader::unsigned_number(unsigned bits) {
  if (tok_.kind != TokenKind::kNumber || tok_.text[0] == '-' || tok_.text[0] == '+') {
    unexpected("a number");
    return 0;
  }
  uint64_t value = 0;
  NumberStatus status = parse_unsigned(tok_.text, bits, value);
  if (status == NumberStatus::kMalformed) fail(tok_, base::format("unknown operator {}", excerpt(tok_.text)));
  else if (status == NumberStatus::kOutOfRange) fail(tok_, base::format("i{} constant out of range", bits));
  else advance();
  return value;
}

std::string_view TokenReader::definition_name(Token* id) {
  std::string_view name;
  if (id) *id = {};
  if (tok_.kind == TokenKind::kId) {
    if (id) *id = tok_;
    name = identifier(tok_);
    advance();
  }
  if (tok_.kind == TokenKind::kAnnotation && tok_.text == "name") return name_annotation();
  return name;
}

std::string_view TokenReader::name_annotation() {
  advance();
  std::string_view name = name_string();
  expect_close();
  if (tok_.kind == TokenKind::kAnnotation && tok_.text == "name")
    fail(tok_, "@name annotation: multiple module or definition names");
  return name;
}

std::string_view TokenReader::own_name_annotation() {
  advance();
  const std::string_view name = tok_.kind == TokenKind::kString ? name_string() : std::string_view();
  expect_close();
  return name;
}

Error TokenReader::take_error() {
  if (lexer_.error()) return error_at(source_, lexer_.error_position(), 1, lexer_.error());
  return std::move(error_);
}

}  // namespace ermine::text
