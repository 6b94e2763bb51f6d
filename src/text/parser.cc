// The parser's basics: tokens, errors, identifiers. See parser.h.
#include "text/parser.h"

#include <algorithm>

#include "base/format.h"
#include "base/utf8.h"
#include "text/number.h"

namespace ermine::text {

namespace {
constexpr std::string_view kSpaceNames[] = {"type",   "func", "table",        "memory",
                                            "global", "tag",  "elem segment", "data segment"};
constexpr std::string_view kSpaceWords[] = {"type",   "function", "table",        "memory",
                                            "global", "tag",      "elem segment", "data segment"};
}  // namespace

Parser::Parser(const Source& source, const char* begin, const char* end, const ParseOptions& options)
    : source_(source), options_(options), lexer_(begin, end), emit_names_(options.emit_names) {}

void Parser::restart(const char* at) {
  if (failed()) return;
  lexer_.jump(at);
  advance();
}

void Parser::fail(const Token& at, std::string_view message, std::string_view hint, ErrorKind kind) {
  if (!error_ && !lexer_.error()) {
    const char* start = at.kind == TokenKind::kOpen && !at.text.empty() ? at.text.data() : at.start;
    size_t length = at.text.empty() ? 1 : static_cast<size_t>(at.end() - start);
    error_ = error_at(source_, start, length, message, hint, kind);
  }
  lexer_.stop();
  advance();
}

void Parser::unexpected(std::string_view wanted) {
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

bool Parser::accept_open(std::string_view keyword) {
  if (!at_open(keyword)) return false;
  advance();
  return true;
}

bool Parser::accept_keyword(std::string_view word) {
  if (!at_keyword(word)) return false;
  advance();
  return true;
}

void Parser::expect_close() {
  if (tok_.kind != TokenKind::kClose) return unexpected("\")\"");
  advance();
}

std::string_view Parser::identifier(const Token& tok) {
  if (!tok.escaped) return tok.text;
  std::string_view name = keep(unescape(tok.text));
  if (!base::is_utf8(name)) fail(tok, "malformed UTF-8 encoding in an identifier");
  return name;
}

std::string Parser::string_bytes() {
  std::string out;
  while (tok_.kind == TokenKind::kString) {
    if (tok_.escaped) out += unescape(tok_.text);
    else out += tok_.text;
    advance();
  }
  return out;
}

std::string_view Parser::name_string() {
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

uint64_t Parser::unsigned_number(unsigned bits) {
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

void Parser::bind(Space space, const Token& id) {
  auto s = static_cast<unsigned>(space);
  std::string_view name = identifier(id);
  if (failed()) return;
  if (!symbols_[s].insert(name, counts_[s]).is_new) fail(id, base::format("duplicate {} ${}", kSpaceNames[s], name));
}

uint32_t Parser::index(Space space) {
  if (tok_.kind == TokenKind::kNumber) return static_cast<uint32_t>(unsigned_number(32));
  auto s = static_cast<unsigned>(space);
  if (tok_.kind != TokenKind::kId) {
    unexpected(base::format("a {} index or identifier", kSpaceWords[s]));
    return 0;
  }
  std::string_view name = identifier(tok_);
  uint32_t* found = symbols_[s].find(name);
  if (!found) {
    fail(tok_, base::format("unknown {} ${}", kSpaceWords[s], name));
    return 0;
  }
  uint32_t value = *found;
  advance();
  return value;
}

uint32_t Parser::optional_index(Space space, uint32_t otherwise) { return at_index() ? index(space) : otherwise; }

std::string_view Parser::definition_name(Token* id) {
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

void Parser::note_name(NameSpace space, uint32_t index, std::string_view name) {
  if (emit_names_ && name.data()) names_.spaces[static_cast<unsigned>(space)].push_back({index, name});
}

Result<std::vector<uint8_t>> parse(std::string_view source, const ParseOptions& options) {
  Source shown{source, options.file_name};
  return Parser(shown, source.data(), source.data() + source.size(), options).parse_file();
}

Result<std::vector<uint8_t>> parse_fields(const Source& source, const char* begin, const char* end, std::string_view id,
                                          const ParseOptions& options) {
  return Parser(source, begin, end, options).parse_module_fields(id);
}

Error in_text(std::string_view source, const ParseOptions& options, std::span<const uint8_t> module,
              const Error& error) {
  if (error.offset() == Error::kNoOffset) return error.clone();
  SourceMap map;
  ParseOptions again = options;
  again.source_map = &map;
  const Result<std::vector<uint8_t>> bytes = parse(source, again);
  const char* const at = bytes && std::ranges::equal(*bytes, module) ? map.find(module, error.offset()) : nullptr;
  if (at == nullptr) return error.clone();
  Lexer lexer(at, source.data() + source.size());
  const Token token = lexer.next();
  const size_t length = token.text.empty() ? 1 : static_cast<size_t>(token.end() - at);
  return error_at({source, options.file_name}, at, length, error.message(), {}, error.kind()).with_limit(error.limit());
}

bool looks_like_text(std::string_view bytes) { return !bytes.starts_with(std::string_view("\0asm", 4)); }

}  // namespace ermine::text
