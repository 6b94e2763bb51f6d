// Tokens, names and paths. See parser.h.
#include "component/wit/parser.h"

#include "base/format.h"

namespace ermine::component::wit {

Result<syntax::File> parse_file(const Sources& sources, const text::Source& source) {
  std::string problem;
  if (const char* at = forbidden_character(source.text, problem); at != nullptr)
    return sources.error_at(at, 1, problem, {}, ErrorKind::kMalformed);
  return Parser(sources, source).file();
}

Parser::Parser(const Sources& sources, const text::Source& source) : sources_(sources), lexer_(source.text) {}

Result<syntax::File> Parser::file() {
  advance();
  syntax::File file;
  file_items(file);
  if (lexer_.error_position() != nullptr && !error_)
    return sources_.error_at(lexer_.error_position(), 1, lexer_.error(), {}, ErrorKind::kMalformed);
  if (error_) return std::move(error_);
  return file;
}

void Parser::fail(const char* position, size_t length, std::string_view message, std::string_view hint) {
  // An error of the lexer is earlier in the text.
  if (!failed()) error_ = sources_.error_at(position, length, message, hint, ErrorKind::kMalformed);
  lexer_.stop();
  tok_ = {};
}

void Parser::unexpected(std::string_view wanted) {
  std::string found(name_of(tok_.kind));
  std::string_view hint;
  switch (tok_.kind) {
    case TokenKind::kKeyword:
      found = base::format("the keyword '{}'", tok_.text);
      if (wanted.find("name") != wanted.npos) hint = "a keyword is a name if % is written in front of it";
      break;
    case TokenKind::kName:
    case TokenKind::kNumber:
    case TokenKind::kVersion: found = base::format("'{}'", tok_.text); break;
    default: break;
  }
  fail(tok_.start, tok_.length, base::format("unexpected {:t}, expected {:t}", found, wanted), hint);
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

bool Parser::accept(Keyword keyword) {
  if (!at(keyword)) return false;
  advance();
  return true;
}

void Parser::expect(TokenKind kind) {
  if (!accept(kind)) unexpected(name_of(kind));
}

syntax::Name Parser::name() {
  if (!at(TokenKind::kName)) {
    unexpected("a name");
    return {};
  }
  const syntax::Name result{tok_.text, tok_.start};
  advance();
  return result;
}

Version Parser::version() {
  tok_ = lexer_.next_version();
  if (!at(TokenKind::kVersion)) {
    unexpected("a version such as 1.0.0");
    return {};
  }
  auto result = Version::parse(tok_.text);
  if (!result) {
    fail(tok_.start, tok_.length, result.error().message());
    return {};
  }
  advance();
  return *std::move(result);
}

std::optional<Version> Parser::optional_version() {
  if (!at(TokenKind::kAt)) return {};
  return version();
}

syntax::PackageName Parser::package_name() {
  syntax::PackageName result;
  result.space = name();
  expect(TokenKind::kColon);
  result.name = name();
  // Nested namespaces and packages (a:b:c/d) are a future extension of the specification.
  if (at(TokenKind::kColon) || at(TokenKind::kSlash))
    fail(tok_.start, tok_.length, "nested namespaces and packages are not supported",
         "a package has a name such as a:b");
  result.version = optional_version();
  return result;
}

syntax::Path Parser::path() { return path_after(name()); }

// A path whose first name has been read.
syntax::Path Parser::path_after(syntax::Name first) {
  syntax::Path result;
  if (!accept(TokenKind::kColon)) {
    result.name = first;
    return result;
  }
  syntax::PackageName package;
  package.space = first;
  package.name = name();
  expect(TokenKind::kSlash);
  result.name = name();
  if (at(TokenKind::kSlash))
    fail(tok_.start, tok_.length, "nested packages are not supported", "an interface has a path such as a:b/c");
  package.version = optional_version();
  result.package = std::move(package);
  return result;
}

}  // namespace ermine::component::wit
