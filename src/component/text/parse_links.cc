// Aliases, imports and exports (Explainer.md, "Alias Definitions", "Import and Export Definitions"). See parser.h.

#include "base/format.h"
#include "component/text/parser.h"

namespace ermine::component {

// -- Aliases -------------------------------------------------------------------------------------------

// The sort of an alias and the code of its target: 0 export, 1 core export, 2 outer.
void TextParser::alias_target(Draft& out, const Token& at, Sort sort, uint8_t target) {
  write_sort(out.bytes, sort);
  out.bytes.u8(target);
  if (target == 2) {
    if (sort != Sort::CoreModule && sort != Sort::CoreType && sort != Sort::Type && sort != Sort::Component)
      fail(at, base::format("an outer {} cannot be aliased", sort_noun(sort)),
           "outer aliases are those of core modules, core types, types and components");
  } else if ((target == 1) != (is_core(sort) && sort != Sort::CoreModule)) {
    fail(at,
         base::format("a {} is not an export of {}", sort_noun(sort), target == 1 ? "a core instance" : "an instance"));
  }
}

void TextParser::alias() {
  advance();
  if (accept_keyword("outer")) return outer_alias();
  if (scope_->kind() == Scope::kModuleType) return unexpected("outer");
  const bool core = accept_keyword("core");
  if (!accept_keyword("export")) return unexpected(core ? "export" : "export, core export or outer");
  Reference instance = plain_index(core ? Sort::CoreInstance : Sort::Instance);
  const std::string_view exported = name_string();
  const Token at = tok_;
  const std::optional<Sort> sort = accept_sort();
  if (!sort) return unexpected("the sort of the export: (func ...), (core func ...), (type ...), ...");
  Draft out;
  alias_target(out, at, *sort, core ? 1 : 0);
  const Name name = read_name();
  out.reference(std::move(instance));
  out.bytes.name(exported);
  expect_close();
  define(Definition::kAlias, out, *sort, name);
  expect_close();
}

// "$component $item (sort $id)"
void TextParser::outer_alias() {
  const bool in_module_type = scope_->kind() == Scope::kModuleType;
  const Reference outer = plain_index(Sort::Component);
  const Reference item = plain_index(Sort::Type);  // its sort follows
  const Token at = tok_;
  std::optional<Sort> sort = accept_sort();
  if (!sort) return unexpected("(type ...), (component ...), (core module ...) or (core type ...)");
  Draft out;
  if (in_module_type) {
    if (*sort != Sort::Type)
      return fail(at, "the type of a module has outer aliases of types only", "write (type ...)");
    sort = Sort::CoreType;
    out.bytes.u8(sort_code(Sort::CoreType));
    out.bytes.u8(1);
  } else {
    alias_target(out, at, *sort, 2);
  }
  const Name name = read_name();
  if (failed()) return;

  uint32_t count = outer.number, index = item.number;
  // Two numbers are left to the validator.
  if (outer.token.kind == TokenKind::kId || item.token.kind == TokenKind::kId) {
    Scope* target = scope_;
    const std::string_view id = outer.token.kind == TokenKind::kId ? identifier(outer.token) : std::string_view();
    for (count = 0; target != nullptr && (id.empty() ? count != outer.number : target->id() != id); ++count)
      target = target->outer();
    if (target == nullptr && id.empty())
      return fail(outer.token,
                  base::format("outer count of {} is too large: {} components and types are around this one",
                               outer.number, count - 1));
    if (target == nullptr) return fail(outer.token, base::format("unknown outer component ${}", id));
    if (item.token.kind == TokenKind::kId) {
      const std::string_view name_of_item = identifier(item.token);
      const std::optional<uint32_t> found = target->find(*sort, name_of_item);
      if (!found) return fail(item.token, base::format("unknown {} ${}", sort_noun(*sort), name_of_item));
      index = *found;
    }
  }
  out.bytes.leb(count);
  out.bytes.leb(index);
  expect_close();
  define(Definition::kAlias, out, *sort, name);
  expect_close();
}

// "(sort $id (alias export $i "name"))", at the inner parenthesis. In contrast, an alias that is the first definition
// of a component ends with a sort.
bool TextParser::inverted_alias(Sort sort, const Name& name, InlineExports exports) {
  if (!at_open("alias")) return false;
  text::Lexer ahead = lexer_;
  Token token = ahead.next();
  const bool core = token.kind == TokenKind::kKeyword && token.text == "core";
  if (core) token = ahead.next();
  if (token.kind != TokenKind::kKeyword || token.text != "export") return false;
  token = ahead.next();
  if (token.kind != TokenKind::kId && token.kind != TokenKind::kNumber) return false;
  if (ahead.next().kind != TokenKind::kString || ahead.next().kind != TokenKind::kClose) return false;
  advance();
  if (core) advance();
  advance();
  Draft out;
  alias_target(out, tok_, sort, core ? 1 : 0);
  out.reference(plain_index(core ? Sort::CoreInstance : Sort::Instance));
  out.bytes.name(name_string());
  expect_close();
  define(Definition::kAlias, out, sort, name, std::move(exports));
  expect_close();
  return true;
}

// -- Imports and exports -------------------------------------------------------------------------------

void TextParser::import() {
  advance();
  Draft out;
  extern_name(out.bytes);
  Name name;
  const Sort sort = extern_type(out, &name);
  define(Definition::kImport, out, sort, name);
  expect_close();
}

void TextParser::export_() {
  advance();
  const Name name = read_name();
  Draft out, item, type;
  extern_name(out.bytes);
  const Sort sort = extern_reference(item);
  type.bytes.u8(tok_.kind == TokenKind::kOpen ? 1 : 0);
  if (tok_.kind == TokenKind::kOpen) extern_type(type, nullptr);
  // The aliases of the type come first.
  auto resolved = [this](const Draft& draft) {
    return draft.resolved([this](const Reference& reference) { return resolve(reference); });
  };
  const ByteBuffer type_bytes = resolved(type);
  out.bytes.bytes(resolved(item).view());
  out.bytes.bytes(type_bytes.view());
  define(Definition::kExport, out, sort, name);
  expect_close();
}

bool TextParser::at_inline(std::string_view keyword) const {
  if (!at_open(keyword)) return false;
  text::Lexer ahead = lexer_;
  if (ahead.next().kind != TokenKind::kString) return false;
  Token token = ahead.next();
  // Attributes may follow the name.
  while (token.kind == TokenKind::kOpen &&
         (token.text == "implements" || token.text == "versionsuffix" || token.text == "external-id")) {
    if (ahead.next().kind != TokenKind::kString || ahead.next().kind != TokenKind::kClose) return false;
    token = ahead.next();
  }
  return token.kind == TokenKind::kClose;
}

TextParser::InlineExports TextParser::inline_exports() {
  InlineExports out;
  while (at_inline("export")) {
    advance();
    extern_name(out.emplace_back());
    expect_close();
  }
  return out;
}

void TextParser::export_inline(InlineExports exports, Sort sort, uint32_t index) {
  for (ByteBuffer& out : exports) {
    write_sort(out, sort);
    out.leb(index);
    out.u8(0);
    scope_->emit_at_end(std::move(out));
  }
}

bool TextParser::inline_import(Draft& out) {
  if (!at_inline("import")) return false;
  advance();
  extern_name(out.bytes);
  expect_close();
  return true;
}

}  // namespace ermine::component
