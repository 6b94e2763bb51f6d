// The definitions of a component, apart from functions and types (Explainer.md, "Component Definitions" to "Import and
// Export Definitions"). See parser.h.

#include "base/format.h"
#include "component/text/parser.h"
#include "text/text.h"

namespace ermine::component {

// -- Components ----------------------------------------------------------------------------------------

std::vector<uint8_t> TextParser::component_body(const Name& name) {
  if (!enter()) return {};
  Scope scope(Scope::kComponent, scope_, id_of(name), source_, core_options_);
  push(scope);
  definitions();
  pop();
  --nesting_;
  return scope.finish_component(options_.emit_names, name.name);
}

void TextParser::definitions() {
  while (tok_.kind == TokenKind::kOpen || tok_.kind == TokenKind::kAnnotation) definition();
}

void TextParser::definition() {
  if (tok_.kind == TokenKind::kAnnotation) {
    if (tok_.text == "custom") return custom_annotation();
    return unexpected("a definition");
  }
  const std::string_view keyword = tok_.text;
  if (keyword == "core") return core_definition();
  if (keyword == "component") return component_field();
  if (keyword == "instance") return instance();
  if (keyword == "alias") return alias();
  if (keyword == "type") return type(true);
  if (keyword == "import") return import();
  if (keyword == "export") return export_();
  if (keyword == "func") return func();
  if (keyword == "canon") return canon();
  if (keyword == "start") return start();
  if (keyword == "value") {
    advance();
    const Name name = read_name();
    if (inverted_alias(Sort::Value, name)) return;
    return fail(tok_, "definitions of values are not supported", "import the value, or alias that of an instance",
                ErrorKind::kUnsupported);
  }
  if (keyword == "module") {
    return fail(tok_, "unexpected token \"(module\", expected a definition of a component", "write (core module ...)");
  }
  unexpected("a definition of a component");
}

void TextParser::core_definition() {
  const std::string_view keyword = following().text;
  if (keyword == "module") return core_module();
  if (keyword == "instance") return core_instance();
  if (keyword == "type" || keyword == "rec") return core_type();
  if (keyword == "func") return core_func();
  const std::optional<Sort> sort = accept_sort();
  if (!sort) {
    advance();
    return unexpected("module, instance, type, rec or func after \"(core\"");
  }
  const Name name = read_name();
  if (!inverted_alias(*sort, name)) unexpected("(alias core export ...)");
}

void TextParser::component_field() {
  advance();
  const Name name = read_name();
  inline_exports(Sort::Component);
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::Component);
    type_use(out, Sort::Component);
    define(Definition::kImport, out, Sort::Component, name);
    return expect_close();
  }
  if (inverted_alias(Sort::Component, name)) return;
  if (at_keyword("binary") || at_keyword("quote"))
    return unexpected("definitions: only the outermost component can be given in this form");
  const std::vector<uint8_t> bytes = component_body(name);
  scope_->emit(Definition::kComponent, bytes);
  add(Sort::Component, name);
  expect_close();
}

// -- Core modules and instances ------------------------------------------------------------------------

void TextParser::core_module() {
  advance();
  advance();
  const Name name = read_name();
  inline_exports(Sort::CoreModule);
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::CoreModule);
    type_use(out, Sort::CoreModule);
    define(Definition::kImport, out, Sort::CoreModule, name);
    return expect_close();
  }
  if (inverted_alias(Sort::CoreModule, name)) return;
  const char* const begin = tok_.start;
  if (failed()) return;
  if (tok_.kind != TokenKind::kEof) lexer_.jump(begin);
  if (tok_.kind == TokenKind::kEof || !lexer_.skip_to_close()) {
    if (failed()) return advance();
    return fail(tok_, "unexpected token: the text ends here, expected \")\" after the module");
  }
  const char* const end = lexer_.position() - 1;
  advance();
  Result<std::vector<uint8_t>> bytes = text::parse_fields(source_, begin, end, name.name, core_options_);
  if (!bytes) return adopt(std::move(bytes).error());
  scope_->emit(Definition::kCoreModule, *bytes);
  add(Sort::CoreModule, name);
}

// The exports from which an instance is made: their number, then names and items.
void TextParser::core_instance_exports(Draft& out) {
  Draft exports;
  uint32_t count = 0;
  for (; accept_open("export"); ++count) {
    exports.bytes.name(name_string());
    const std::optional<Sort> sort = tok_.kind == TokenKind::kOpen ? sort_named(tok_.text, true) : std::nullopt;
    if (!sort) return unexpected("(func ...), (table ...), (memory ...), (global ...) or (tag ...)");
    advance();
    exports.bytes.u8(sort_code(*sort));
    exports.reference(rest_of_reference(*sort));
    expect_close();
  }
  out.bytes.u8(1);
  out.bytes.leb(count);
  out.append(std::move(exports));
}

void TextParser::core_instance() {
  advance();
  advance();
  const Name name = read_name();
  Draft out;
  if (!accept_open("instantiate")) {
    core_instance_exports(out);
    define(Definition::kCoreInstance, out, Sort::CoreInstance, name);
    return expect_close();
  }
  out.bytes.u8(0);
  out.reference(index_or_reference(Sort::CoreModule));
  Draft arguments;
  uint32_t count = 0;
  for (; accept_open("with"); ++count) {
    arguments.bytes.name(name_string());
    arguments.bytes.u8(sort_code(Sort::CoreInstance));
    if (!accept_open("instance")) return unexpected("(instance ...)");
    if (at_index()) {
      arguments.reference(rest_of_reference(Sort::CoreInstance));
    } else {
      Draft exports;
      core_instance_exports(exports);
      expect_close();
      arguments.bytes.leb(define(Definition::kCoreInstance, exports, Sort::CoreInstance));
    }
    expect_close();
  }
  out.bytes.leb(count);
  out.append(std::move(arguments));
  expect_close();
  define(Definition::kCoreInstance, out, Sort::CoreInstance, name);
  expect_close();
}

// -- Instances -----------------------------------------------------------------------------------------

void TextParser::instance_exports(Draft& out) {
  Draft exports;
  uint32_t count = 0;
  for (; accept_open("export"); ++count) {
    extern_name(exports.bytes);
    extern_reference(exports);
    expect_close();
  }
  out.bytes.u8(1);
  out.bytes.leb(count);
  out.append(std::move(exports));
}

void TextParser::instance() {
  advance();
  const Name name = read_name();
  inline_exports(Sort::Instance);
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::Instance);
    type_use(out, Sort::Instance);
    define(Definition::kImport, out, Sort::Instance, name);
    return expect_close();
  }
  if (inverted_alias(Sort::Instance, name)) return;
  if (!accept_open("instantiate")) {
    instance_exports(out);
    define(Definition::kInstance, out, Sort::Instance, name);
    return expect_close();
  }
  out.bytes.u8(0);
  out.reference(index_or_reference(Sort::Component));
  Draft arguments;
  uint32_t count = 0;
  for (; accept_open("with"); ++count) {
    arguments.bytes.name(name_string());
    const Token after = following();
    if (at_open("instance") && after.kind != TokenKind::kId && after.kind != TokenKind::kNumber) {
      advance();
      Draft exports;
      instance_exports(exports);
      expect_close();
      const uint32_t index = define(Definition::kInstance, exports, Sort::Instance);
      write_sort(arguments.bytes, Sort::Instance);
      arguments.bytes.leb(index);
    } else {
      extern_reference(arguments);
    }
    expect_close();
  }
  out.bytes.leb(count);
  out.append(std::move(arguments));
  expect_close();
  define(Definition::kInstance, out, Sort::Instance, name);
  expect_close();
}

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
bool TextParser::inverted_alias(Sort sort, const Name& name) {
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
  define(Definition::kAlias, out, sort, name);
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

void TextParser::inline_exports(Sort sort) {
  while (at_inline("export")) {
    advance();
    ByteBuffer out;
    extern_name(out);
    write_sort(out, sort);
    out.leb(scope_->count(sort));
    out.u8(0);
    scope_->emit_at_end(std::move(out));
    expect_close();
  }
}

bool TextParser::inline_import(Draft& out) {
  if (!at_inline("import")) return false;
  advance();
  extern_name(out.bytes);
  expect_close();
  return true;
}

void TextParser::start() {
  advance();
  Draft out, arguments;
  out.reference(plain_index(Sort::Func));
  uint32_t count = 0, results = 0;
  for (; accept_open("value"); ++count) arguments.reference(rest_of_reference(Sort::Value));
  out.bytes.leb(count);
  out.append(std::move(arguments));
  std::vector<Name> names;
  for (; accept_open("result"); ++results) {
    if (!accept_open("value")) return unexpected("(value ...)");
    names.push_back(read_name());
    expect_close();
    expect_close();
  }
  out.bytes.leb(results);
  emit(Definition::kStart, out);
  for (const Name& name : names) add(Sort::Value, name);
  expect_close();
}

void TextParser::custom_annotation() {
  const Token at = tok_;
  advance();
  const std::string_view name = name_string();
  if (tok_.kind == TokenKind::kOpen)
    return fail(tok_, "@custom annotation: unexpected token", "in a component its place is that of the annotation");
  const std::string contents = string_bytes();
  if (tok_.kind != TokenKind::kClose) return fail(tok_, "@custom annotation: unexpected token");
  advance();
  if (scope_->kind() != Scope::kComponent) return fail(at, "misplaced @custom annotation");
  scope_->emit_custom(name, {reinterpret_cast<const uint8_t*>(contents.data()), contents.size()});
}

}  // namespace ermine::component
