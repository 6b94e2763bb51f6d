// Core types and the types of modules (Explainer.md, "Type Definitions"). See parser.h.

#include "component/text/parser.h"

namespace ermine::component {

// "(core type $id type)" or "(core rec (type $id type)*)"
void TextParser::core_type() {
  advance();
  const Token keyword = tok_;
  if (keyword.text == "type") {
    advance();
    const Name name = read_name();
    if (accept_open("module")) {
      ByteBuffer definition;
      module_type(definition, id_of(name));
      expect_close();
      scope_->emit(Definition::kCoreType, definition.view());
      add(Sort::CoreType, name);
      return expect_close();
    }
    restart(keyword.start);
  }
  ByteBuffer definition, prefixed;
  const size_t names = scope_->core_types().names().size();
  if (!proceed(scope_->core_types().definition(tok_.start, definition))) return;
  // Binary.md, "Type Definitions": the code of a subtype that is not final is that of a module type.
  if (!definition.empty() && definition.view()[0] == 0x50) prefixed.u8(0);
  prefixed.bytes(definition.view());
  scope_->emit(Definition::kCoreType, prefixed.view());
  scope_->add_core_type_names(names);
}

// The declarators of a module type and their number.
void TextParser::module_type(ByteBuffer& out, std::string_view id) {
  if (!enter()) return;
  Scope scope(Scope::kModuleType, scope_, id, source_, core_options_);
  push(scope);
  while (tok_.kind == TokenKind::kOpen) module_declarator();
  pop();
  --nesting_;
  out.u8(0x50);
  scope.finish_type(out);
}

void TextParser::module_declarator() {
  text::CoreTypes& types = scope_->core_types();
  if (at_open("type") || at_open("rec")) {
    ByteBuffer definition;
    if (!proceed(types.definition(tok_.start, definition))) return;
    return scope_->emit(Definition::kType, definition.view());
  }
  if (at_open("alias")) return alias();
  if (!at_open("import") && !at_open("export"))
    return unexpected("a declaration of a module type: type, rec, alias, import or export");
  const bool is_import = at_open("import");
  advance();
  ByteBuffer out, type, definition;
  out.name(name_string());
  if (is_import) out.name(name_string());
  if (failed() || !proceed(types.extern_type(tok_.start, type, definition))) return;
  if (!definition.empty()) scope_->emit(Definition::kType, definition.view());
  out.bytes(type.view());
  scope_->emit(is_import ? Definition::kImport : Definition::kExportDecl, out.view());
  expect_close();
}

}  // namespace ermine::component
