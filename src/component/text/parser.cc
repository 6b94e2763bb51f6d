// The basics of the parser: sorts, references, aliases; and the functions of text.h. See parser.h.
#include "component/text/parser.h"

#include <algorithm>

#include "base/format.h"
#include "component/model/limits.h"

namespace ermine::component {

using text::Lexer;

TextParser::TextParser(const text::Source& source, const char* begin, const char* end, const TextOptions& options)
    : TokenReader(source, begin, end),
      options_(options),
      core_options_{
          .features = options.core_features, .emit_names = options.emit_names, .file_name = options.file_name} {}

TextParser::Name TextParser::read_name() {
  Name out;
  out.name = definition_name(&out.id);
  return out;
}

TextParser::Token TextParser::following() const {
  Lexer ahead = lexer_;
  return ahead.next();
}

std::optional<Sort> TextParser::sort_named(std::string_view keyword, bool core) const {
  for (unsigned i = 0; i < kSorts; ++i)
    if (const auto sort = static_cast<Sort>(i); is_core(sort) == core && sort_keyword(sort) == keyword) return sort;
  return std::nullopt;
}

std::optional<Sort> TextParser::accept_sort() {
  if (tok_.kind != TokenKind::kOpen) return std::nullopt;
  const bool core = tok_.text == "core";
  const std::optional<Sort> sort = sort_named(core ? following().text : tok_.text, core);
  if (!sort) return std::nullopt;
  if (core) advance();
  advance();
  return sort;
}

void TextParser::adopt(Error error) {
  if (!failed()) error_ = std::move(error);
  lexer_.stop();
  advance();
}

bool TextParser::proceed(const char* next) {
  if (next == nullptr) {
    adopt(scope_->core_types().take_error());
    return false;
  }
  restart(next);
  return true;
}

bool TextParser::enter() {
  if (nesting_ == kMaxNesting) {
    fail(tok_, base::format("components and types are nested more than {} deep", kMaxNesting), {}, ErrorKind::kLimit);
    return false;
  }
  ++nesting_;
  return true;
}

// -- Definitions ---------------------------------------------------------------------------------------

uint32_t TextParser::add(Sort sort, const Name& name) {
  const uint32_t index = scope_->count(sort);
  const std::string_view id = id_of(name);
  if (!scope_->add(sort, id, name.name))
    fail(name.id, base::format("duplicate {} identifier ${}", sort_noun(sort), id));
  return index;
}

void TextParser::emit(Definition::Kind kind, const Draft& draft) {
  const ByteBuffer bytes = draft.resolved([this](const Reference& reference) { return resolve(reference); });
  scope_->emit(kind, bytes.view());
}

uint32_t TextParser::define(Definition::Kind kind, const Draft& draft, Sort sort, const Name& name,
                            InlineExports exports) {
  emit(kind, draft);
  const uint32_t index = add(sort, name);
  export_inline(std::move(exports), sort, index);
  return index;
}

// -- References ----------------------------------------------------------------------------------------

uint32_t TextParser::look_up(Sort sort, const Reference& reference) {
  if (reference.token.kind != TokenKind::kId) return reference.number;
  const std::string_view id = identifier(reference.token);
  if (const std::optional<uint32_t> index = scope_->find(sort, id)) return *index;
  uint32_t count = 1;
  for (Scope* outer = scope_->outer(); outer != nullptr; outer = outer->outer(), ++count) {
    const std::optional<uint32_t> index = outer->find(sort, id);
    if (!index) continue;
    // Explainer.md, "Alias Definitions": an identifier of an outer definition stands for an outer alias.
    if (sort != Sort::CoreModule && sort != Sort::CoreType && sort != Sort::Type && sort != Sort::Component) {
      fail(reference.token, base::format("outer item `{}` is not a module, type, or component", id));
      return 0;
    }
    ByteBuffer alias;
    write_sort(alias, sort);
    alias.u8(2);
    alias.leb(count);
    alias.leb(*index);
    scope_->emit(Definition::kAlias, alias.view());
    return add(sort, {reference.token, id});
  }
  fail(reference.token, base::format("unknown {} ${}", sort_noun(sort), id));
  return 0;
}

uint32_t TextParser::resolve(const Reference& reference) {
  const Sort sort = reference.sort;
  if (reference.exports.empty()) return look_up(sort, reference);
  const bool core = is_core(sort) && sort != Sort::CoreModule;
  if (sort == Sort::CoreType || sort == Sort::CoreInstance) {
    fail(reference.token, base::format("instances do not export a {}", sort_noun(sort)));
    return 0;
  }
  if (core && reference.exports.size() > 1) {
    fail(reference.token, "core instances do not export instances", "one name of an export follows the instance");
    return 0;
  }
  uint32_t index = look_up(core ? Sort::CoreInstance : Sort::Instance, reference);
  for (size_t i = 0; i < reference.exports.size(); ++i) {
    const Sort exported = i + 1 == reference.exports.size() ? sort : Sort::Instance;
    ByteBuffer alias;
    write_sort(alias, exported);
    alias.u8(core ? 1 : 0);
    alias.leb(index);
    alias.name(reference.exports[i]);
    scope_->emit(Definition::kAlias, alias.view());
    index = add(exported, {});
  }
  return index;
}

Reference TextParser::plain_index(Sort sort) {
  Reference out;
  out.sort = sort;
  out.token = tok_;
  if (tok_.kind == TokenKind::kId) advance();
  else if (tok_.kind == TokenKind::kNumber) out.number = static_cast<uint32_t>(unsigned_number(32));
  else unexpected(base::format("the index or identifier of a {}", sort_noun(sort)));
  return out;
}

Reference TextParser::rest_of_reference(Sort sort) {
  Reference out = plain_index(sort);
  while (tok_.kind == TokenKind::kString) out.exports.push_back(name_string());
  expect_close();
  return out;
}

Reference TextParser::index_or_reference(Sort sort) {
  if (at_index()) return plain_index(sort);
  if (accept_open(sort_keyword(sort))) return rest_of_reference(sort);
  unexpected(base::format("the index or identifier of a {}, or ({} ...)", sort_noun(sort), sort_keyword(sort)));
  return {};
}

Reference TextParser::core_prefixed(Sort sort) {
  if (at_index()) return plain_index(sort);
  if (at_core(sort_keyword(sort))) {
    advance();
    advance();
    return rest_of_reference(sort);
  }
  // Before August 2026 the word core was left out.
  if (accept_open(sort_keyword(sort))) return rest_of_reference(sort);
  unexpected(base::format("the index or identifier of a {}, or (core {} ...)", sort_noun(sort), sort_keyword(sort)));
  return {};
}

void TextParser::write_sort(ByteBuffer& out, Sort sort) {
  if (is_core(sort)) out.u8(0);
  out.u8(sort_code(sort));
}

Sort TextParser::extern_reference(Draft& out) {
  const std::optional<Sort> sort = accept_sort();
  if (!sort) {
    unexpected("(func ...), (type ...), (instance ...), (component ...), (core module ...) or (value ...)");
    return Sort::Func;
  }
  write_sort(out.bytes, *sort);
  out.reference(rest_of_reference(*sort));
  return *sort;
}

// Binary.md, "Import and Export Definitions": nameattributes.
void TextParser::extern_name(ByteBuffer& out) {
  struct Attribute {
    std::string_view keyword;
    uint8_t code;
  };
  static constexpr Attribute kAttributes[] = {{"implements", 0}, {"versionsuffix", 1}, {"external-id", 2}};
  if (at_open("interface"))
    return fail(tok_, "unexpected token \"(interface\", expected a string", "write the name alone");
  const std::string_view name = name_string();
  ByteBuffer attributes;
  unsigned count = 0, seen = 0;
  while (tok_.kind == TokenKind::kOpen) {
    const Attribute* found = nullptr;
    for (const Attribute& attribute : kAttributes)
      if (attribute.keyword == tok_.text) found = &attribute;
    if (found == nullptr) break;
    if (seen & (1u << found->code)) return unexpected("each attribute once");
    seen |= 1u << found->code;
    ++count;
    advance();
    attributes.u8(found->code);
    attributes.name(name_string());
    expect_close();
  }
  out.u8(count == 0 ? 0 : 2);
  out.name(name);
  if (count == 0) return;
  out.leb(count);
  out.bytes(attributes.view());
}

// -- The interface -------------------------------------------------------------------------------------

Result<std::vector<uint8_t>> TextParser::parse_file() {
  const char* const begin = lexer_.position();
  if (Error error = text::check_encoding(source_, {begin, static_cast<size_t>(lexer_.end() - begin)})) return error;
  advance();
  std::vector<uint8_t> bytes;
  if (accept_open("component")) {
    const Name name = read_name();
    if (accept_keyword("binary")) {
      const std::string contents = string_bytes();
      bytes.assign(contents.begin(), contents.end());
    } else {
      bytes = component_body(name);
    }
    expect_close();
    if (tok_.kind != TokenKind::kEof) unexpected("the end of the component");
  } else {
    unexpected("(component ...)");
  }
  if (failed()) return take_error();
  if (options_.positions != nullptr) *options_.positions = std::move(positions_);
  return bytes;
}

Result<std::vector<uint8_t>> TextParser::parse_definitions(std::string_view id) {
  advance();
  Name name;
  name.name = id.empty() ? std::string_view() : id;
  if (!id.empty()) {
    name.id.kind = TokenKind::kId;
    name.id.text = id;
  }
  if (tok_.kind == TokenKind::kAnnotation && tok_.text == "name") name.name = name_annotation();
  std::vector<uint8_t> bytes = component_body(name);
  if (tok_.kind != TokenKind::kEof) unexpected("a definition");
  if (failed()) return take_error();
  if (options_.positions != nullptr) *options_.positions = std::move(positions_);
  return bytes;
}

Result<std::vector<uint8_t>> parse_text(std::string_view source, const TextOptions& options) {
  const text::Source shown{source, options.file_name};
  return TextParser(shown, source.data(), source.data() + source.size(), options).parse_file();
}

Result<std::vector<uint8_t>> parse_definitions(const text::Source& source, const char* begin, const char* end,
                                               std::string_view id, const TextOptions& options) {
  return TextParser(source, begin, end, options).parse_definitions(id);
}

Error in_text(std::string_view source, const TextOptions& options, std::span<const uint8_t> component,
              const Error& error) {
  if (error.offset() == Error::kNoOffset) return error.clone();
  TextPositions positions;
  TextOptions again = options;
  again.positions = &positions;
  const Result<std::vector<uint8_t>> bytes = parse_text(source, again);
  if (!bytes || !std::ranges::equal(*bytes, component)) return error.clone();
  const auto after = std::ranges::upper_bound(positions, error.offset(), {}, &TextPositions::value_type::first);
  if (after == positions.begin()) return error.clone();
  const char* const at = std::prev(after)->second;
  Lexer lexer(at, source.data() + source.size());
  const text::Token token = lexer.next();
  const size_t length = token.text.empty() ? 1 : static_cast<size_t>(token.end() - at);
  return text::error_at({source, options.file_name}, at, length, error.message(), {}, error.kind())
      .with_limit(error.limit());
}

bool looks_like_component_text(std::string_view source) {
  Lexer lexer(source.data(), source.data() + source.size());
  const text::Token token = lexer.next();
  return token.kind == text::TokenKind::kOpen && token.text == "component";
}

}  // namespace ermine::component
