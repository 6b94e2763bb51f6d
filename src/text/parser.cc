// The parser's basics: identifiers and index spaces; and the functions of text.h. See parser.h.
#include "text/parser.h"

#include <algorithm>

#include "base/fixed_text.h"
#include "base/format.h"

namespace ermine::text {

namespace {
constexpr base::FixedText<12> kSpaceNames[] = {"type",   "func", "table",        "memory",
                                               "global", "tag",  "elem segment", "data segment"};
constexpr base::FixedText<12> kSpaceWords[] = {"type",   "function", "table",        "memory",
                                               "global", "tag",      "elem segment", "data segment"};
}  // namespace

Parser::Parser(const Source& source, const char* begin, const char* end, const ParseOptions& options)
    : TokenReader(source, begin, end), options_(options), emit_names_(options.emit_names) {}

void Parser::bind(Space space, const Token& id) {
  auto s = static_cast<unsigned>(space);
  std::string_view name = identifier(id);
  if (failed()) return;
  if (!symbols_[s].insert(name, counts_[s]).is_new)
    fail(id, base::format("duplicate {} ${}", kSpaceNames[s].view(), name));
}

uint32_t Parser::index(Space space) {
  if (tok_.kind == TokenKind::kNumber) return static_cast<uint32_t>(unsigned_number(32));
  auto s = static_cast<unsigned>(space);
  if (tok_.kind != TokenKind::kId) {
    unexpected(base::format("a {} index or identifier", kSpaceWords[s].view()));
    return 0;
  }
  std::string_view name = identifier(tok_);
  uint32_t* found = symbols_[s].find(name);
  if (!found) {
    fail(tok_, base::format("unknown {} ${}", kSpaceWords[s].view(), name));
    return 0;
  }
  uint32_t value = *found;
  advance();
  return value;
}

uint32_t Parser::optional_index(Space space, uint32_t otherwise) { return at_index() ? index(space) : otherwise; }

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
