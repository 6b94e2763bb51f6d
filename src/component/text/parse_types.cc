// Types (Explainer.md, "Type Definitions"). See parser.h.

#include "base/format.h"
#include "component/model/limits.h"
#include "component/text/parser.h"

namespace ermine::component {

namespace {

std::optional<Primitive> primitive_named(std::string_view word) {
  for (unsigned i = 0; i < static_cast<unsigned>(Primitive::kCount); ++i)
    if (const auto type = static_cast<Primitive>(i); primitive_name(type) == word) return type;
  return std::nullopt;
}

// The constructors of value types. Of the two kinds of lists it is the first.
std::optional<TypeKind> value_kind_named(std::string_view keyword) {
  for (unsigned i = 0; i < kTypeKinds; ++i) {
    const auto kind = static_cast<TypeKind>(i);
    const TypeForm form = type_form(kind);
    if (form == TypeForm::Primitive || form == TypeForm::Func || form == TypeForm::Declarators ||
        form == TypeForm::Resource)
      continue;
    if (type_keyword(kind) == keyword) return kind;
  }
  return std::nullopt;
}

}  // namespace

// -- Value types ---------------------------------------------------------------------------------------

bool TextParser::at_value_type() const {
  if (at_index()) return true;
  if (tok_.kind == TokenKind::kKeyword) return primitive_named(tok_.text).has_value();
  return tok_.kind == TokenKind::kOpen && value_kind_named(tok_.text).has_value();
}

void TextParser::value_type(Draft& out) {
  if (at_index()) return out.reference(plain_index(Sort::Type), true);
  if (tok_.kind == TokenKind::kOpen) {
    Draft definition;
    defined_type(definition);
    if (failed()) return;
    return out.bytes.sleb(define(Definition::kType, definition, Sort::Type));
  }
  defined_type(out);
}

void TextParser::optional_value_type(Draft& out) {
  out.bytes.u8(at_value_type() ? 1 : 0);
  if (at_value_type()) value_type(out);
}

// A primitive type, or a constructor and its operands in parentheses.
void TextParser::defined_type(Draft& out) {
  if (tok_.kind == TokenKind::kKeyword) {
    if (const std::optional<Primitive> type = primitive_named(tok_.text)) {
      advance();
      return out.bytes.u8(primitive_code(*type));
    }
    if (at_keyword("float32") || at_keyword("float64"))
      return fail(tok_, base::format("unexpected token \"{}\", expected a value type", tok_.text),
                  at_keyword("float32") ? "it is now called f32" : "it is now called f64");
  }
  const std::optional<TypeKind> kind = tok_.kind == TokenKind::kOpen ? value_kind_named(tok_.text) : std::nullopt;
  if (!kind) return unexpected("a value type");
  if (type_depth_ == kMaxTypeDepth)
    return fail(tok_, base::format("value types are nested more than {} deep", kMaxTypeDepth), {}, ErrorKind::kLimit);
  ++type_depth_;
  advance();
  switch (type_form(*kind)) {
    case TypeForm::Fields:
      out.bytes.u8(type_code(*kind));
      labelled(out, "field", false);
      break;
    case TypeForm::Cases:
      out.bytes.u8(type_code(*kind));
      labelled(out, "case", true);
      break;
    case TypeForm::Element:
    case TypeForm::ElementLength: {
      Draft element;
      value_type(element);
      const bool fixed = *kind == TypeKind::List && tok_.kind == TokenKind::kNumber;
      out.bytes.u8(type_code(fixed ? TypeKind::FixedList : *kind));
      out.append(std::move(element));
      if (fixed) out.bytes.leb(unsigned_number(32));
      break;
    }
    case TypeForm::Types:
      out.bytes.u8(type_code(*kind));
      type_list(out);
      break;
    case TypeForm::Labels:
      out.bytes.u8(type_code(*kind));
      labels(out);
      break;
    case TypeForm::Result:
      out.bytes.u8(type_code(*kind));
      optional_value_type(out);
      out.bytes.u8(at_open("error") ? 1 : 0);
      if (accept_open("error")) {
        value_type(out);
        expect_close();
      }
      break;
    case TypeForm::Index:
      out.bytes.u8(type_code(*kind));
      out.reference(index_or_reference(Sort::Type));
      break;
    case TypeForm::OptionalElement:
      out.bytes.u8(type_code(*kind));
      optional_value_type(out);
      break;
    case TypeForm::KeyValue:
      out.bytes.u8(type_code(*kind));
      value_type(out);
      value_type(out);
      break;
    case TypeForm::Primitive:
    case TypeForm::Func:
    case TypeForm::Declarators:
    case TypeForm::Resource: break;
  }
  expect_close();
  --type_depth_;
}

// "(field "a" type)" or "(case "a" type?)" any number of times.
void TextParser::labelled(Draft& out, std::string_view keyword, bool type_is_optional) {
  Draft fields;
  uint32_t count = 0;
  for (; accept_open(keyword); ++count) {
    // Cases may have identifiers, which nothing refers to any more.
    if (type_is_optional && tok_.kind == TokenKind::kId) advance();
    fields.bytes.name(name_string());
    if (type_is_optional) {
      optional_value_type(fields);
      fields.bytes.u8(0);
    } else {
      value_type(fields);
    }
    expect_close();
  }
  out.bytes.leb(count);
  out.append(std::move(fields));
}

void TextParser::labels(Draft& out) {
  ByteBuffer names;
  uint32_t count = 0;
  for (; tok_.kind == TokenKind::kString; ++count) names.name(name_string());
  out.bytes.leb(count);
  out.bytes.bytes(names.view());
}

void TextParser::type_list(Draft& out) {
  Draft types;
  uint32_t count = 0;
  for (; at_value_type(); ++count) value_type(types);
  out.bytes.leb(count);
  out.append(std::move(types));
}

// -- Function and resource types -----------------------------------------------------------------------

// "async? (param "a" type)* (result type)?"
void TextParser::func_type(Draft& out) {
  const bool is_async = accept_keyword("async");
  out.bytes.u8(is_async ? kAsyncFuncCode : type_code(TypeKind::Func));
  labelled(out, "param", false);
  result_type(out);
}

void TextParser::result_type(Draft& out) {
  if (accept_open("result")) {
    out.bytes.u8(0);
    value_type(out);
    return expect_close();
  }
  out.bytes.u8(1);
  out.bytes.u8(0);
}

// "(rep i32) (dtor ...)?"
void TextParser::resource_type(Draft& out) {
  out.bytes.u8(type_code(TypeKind::Resource));
  if (!accept_open("rep")) return unexpected("(rep ...)");
  if (!proceed(scope_->core_types().read_value_type(tok_.start, out.bytes))) return;
  expect_close();
  out.bytes.u8(at_open("dtor") ? 1 : 0);
  if (!accept_open("dtor")) return;
  out.reference(core_prefixed(Sort::CoreFunc));
  expect_close();
}

// -- Definitions ---------------------------------------------------------------------------------------

// "(type $id type)"
void TextParser::type(bool with_exports) {
  advance();
  const Name name = read_name();
  InlineExports exports;
  if (with_exports) {
    exports = inline_exports();
    if (inverted_alias(Sort::Type, name, exports)) return;
  }
  Draft out;
  type_definition(out, id_of(name));
  define(Definition::kType, out, Sort::Type, name, std::move(exports));
  expect_close();
}

void TextParser::type_definition(Draft& out, std::string_view id) {
  if (accept_open("func")) func_type(out);
  else if (accept_open("resource")) resource_type(out);
  else if (accept_open("component")) declarators(out, TypeKind::Component, id);
  else if (accept_open("instance")) declarators(out, TypeKind::Instance, id);
  else return defined_type(out);
  expect_close();
}

void TextParser::declarators(Draft& out, TypeKind kind, std::string_view id) {
  if (!enter()) return;
  Scope scope(kind == TypeKind::Component ? Scope::kComponentType : Scope::kInstanceType, scope_, id, source_,
              core_options_);
  push(scope);
  while (tok_.kind == TokenKind::kOpen && declarator(scope.kind())) {}
  pop();
  --nesting_;
  out.bytes.u8(type_code(kind));
  scope.finish_type(out.bytes);
}

bool TextParser::declarator(Scope::Kind kind) {
  if (at_core("type") || at_core("rec")) {
    core_type();
  } else if (at_open("type")) {
    type(false);
  } else if (at_open("alias")) {
    alias();
  } else if (at_open("export") || (at_open("import") && kind == Scope::kComponentType)) {
    const bool is_import = at_open("import");
    advance();
    Draft out;
    extern_name(out.bytes);
    Name name;
    const Sort sort = extern_type(out, &name);
    define(is_import ? Definition::kImport : Definition::kExportDecl, out, sort, name);
    expect_close();
  } else {
    unexpected(kind == Scope::kComponentType ? "a declaration of a component type"
                                             : "a declaration of an instance type");
    return false;
  }
  return !failed();
}

// -- Types of imports and exports ----------------------------------------------------------------------

// "(type $t)" or "(type $i "name")". In contrast, "(type $t (func))" is a declarator.
bool TextParser::at_type_reference() const {
  if (!at_open("type")) return false;
  text::Lexer ahead = lexer_;
  const Token index = ahead.next();
  if (index.kind != TokenKind::kId && index.kind != TokenKind::kNumber) return false;
  const TokenKind after = ahead.next().kind;
  return after == TokenKind::kClose || after == TokenKind::kString;
}

void TextParser::type_use(Draft& out, Sort sort) {
  if (at_type_reference()) {
    advance();
    return out.reference(rest_of_reference(sort == Sort::CoreModule ? Sort::CoreType : Sort::Type));
  }
  if (sort == Sort::CoreModule) {
    ByteBuffer definition;
    module_type(definition, {});
    scope_->emit(Definition::kCoreType, definition.view());
    return out.bytes.leb(add(Sort::CoreType, {}));
  }
  Draft definition;
  if (sort == Sort::Func) func_type(definition);
  else declarators(definition, sort == Sort::Component ? TypeKind::Component : TypeKind::Instance, {});
  if (failed()) return;
  out.bytes.leb(define(Definition::kType, definition, Sort::Type));
}

// Binary.md: externtype. `name`: where an identifier may stand; null: it may not.
Sort TextParser::extern_type(Draft& out, Name* name) {
  const std::optional<Sort> sort = accept_sort();
  if (!sort || (is_core(*sort) && *sort != Sort::CoreModule)) {
    unexpected("(func ...), (type ...), (instance ...), (component ...), (core module ...) or (value ...)");
    return Sort::Func;
  }
  if (name != nullptr) *name = read_name();
  write_sort(out.bytes, *sort);
  if (*sort == Sort::Type) {
    if (accept_open("eq")) {
      out.bytes.u8(0);
      out.reference(index_or_reference(Sort::Type));
      expect_close();
    } else if (accept_open("sub")) {
      if (!accept_keyword("resource")) unexpected("resource");
      out.bytes.u8(1);
      expect_close();
    } else {
      unexpected("(eq ...) or (sub resource)");
    }
  } else if (*sort == Sort::Value) {
    if (accept_open("eq")) {
      out.bytes.u8(0);
      out.reference(index_or_reference(Sort::Value));
      expect_close();
    } else {
      out.bytes.u8(1);
      if (at_type_reference()) {
        advance();
        out.reference(rest_of_reference(Sort::Type), true);
      } else {
        value_type(out);
      }
    }
  } else {
    type_use(out, *sort);
  }
  expect_close();
  return *sort;
}

}  // namespace ermine::component
