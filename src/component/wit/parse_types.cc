// Definitions, functions and types. See parser.h.
#include "base/format.h"
#include "component/wit/limits.h"
#include "component/wit/parser.h"

namespace ermine::component::wit {

using syntax::DefinitionForm;
using syntax::TypeForm;

namespace {

struct DefinitionRow {
  Keyword keyword;
  DefinitionForm form;
  bool typed;     // its members have types
  bool optional;  // the types may be left out, and are in parentheses
};
constexpr DefinitionRow kDefinitions[] = {
    {Keyword::kType, DefinitionForm::kAlias, false, false},
    {Keyword::kRecord, DefinitionForm::kRecord, true, false},
    {Keyword::kFlags, DefinitionForm::kFlags, false, false},
    {Keyword::kVariant, DefinitionForm::kVariant, true, true},
    {Keyword::kEnum, DefinitionForm::kEnum, false, false},
    {Keyword::kResource, DefinitionForm::kResource, false, false},
};

const DefinitionRow* definition_row(Keyword keyword) {
  for (const DefinitionRow& row : kDefinitions)
    if (row.keyword == keyword) return &row;
  return nullptr;
}

// Types with parts in angle brackets.
struct GenericRow {
  Keyword keyword;
  TypeForm form;
  uint8_t least, most;  // numbers of parts; 255: any
};
constexpr GenericRow kGenerics[] = {
    {Keyword::kList, TypeForm::kList, 1, 1},     {Keyword::kMap, TypeForm::kMap, 2, 2},
    {Keyword::kTuple, TypeForm::kTuple, 0, 255}, {Keyword::kOption, TypeForm::kOption, 1, 1},
    {Keyword::kResult, TypeForm::kResult, 0, 2}, {Keyword::kFuture, TypeForm::kFuture, 0, 1},
    {Keyword::kStream, TypeForm::kStream, 0, 1},
};

}  // namespace

bool Parser::at_definition() const { return at(TokenKind::kKeyword) && definition_row(tok_.keyword) != nullptr; }

syntax::Definition Parser::definition(std::string_view comments, syntax::Attributes attributes) {
  syntax::Definition result;
  result.comments = comments;
  result.attributes = std::move(attributes);
  result.form = definition_row(tok_.keyword)->form;
  advance();
  result.name = name();
  if (result.form == DefinitionForm::kAlias) {
    expect(TokenKind::kEquals);
    result.alias = type();
    expect(TokenKind::kSemicolon);
  } else if (result.form == DefinitionForm::kResource) {
    if (accept(TokenKind::kSemicolon)) return result;
    if (!at(TokenKind::kOpenBrace)) unexpected("';' or '{'");
    resource_functions(result);
  } else {
    members(result);
  }
  return result;
}

void Parser::members(syntax::Definition& definition) {
  const DefinitionRow* row = nullptr;
  for (const DefinitionRow& r : kDefinitions)
    if (r.form == definition.form) row = &r;
  expect(TokenKind::kOpenBrace);
  while (!at(TokenKind::kCloseBrace) && !at(TokenKind::kEof)) {
    syntax::Member member;
    member.comments = tok_.gap;
    member.name = name();
    if (row->typed && !row->optional) {
      expect(TokenKind::kColon);
      member.type = type();
    } else if (row->typed && accept(TokenKind::kOpenParen)) {
      member.type = type();
      expect(TokenKind::kCloseParen);
    }
    definition.members.push_back(std::move(member));
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kCloseBrace);
}

void Parser::resource_functions(syntax::Definition& definition) {
  advance();
  while (!at(TokenKind::kCloseBrace) && !at(TokenKind::kEof)) {
    syntax::Function function;
    function.comments = tok_.gap;
    function.attributes = attributes();
    if (at(Keyword::kConstructor)) {
      function.form = syntax::FunctionForm::kConstructor;
      function.name = {tok_.text, tok_.start};
      advance();
      signature(function);
    } else if (at(TokenKind::kName)) {
      function.name = name();
      expect(TokenKind::kColon);
      function.form = accept(Keyword::kStatic) ? syntax::FunctionForm::kStatic : syntax::FunctionForm::kMethod;
      function_type(function);
    } else {
      unexpected("'constructor', the name of a function or '}'");
    }
    expect(TokenKind::kSemicolon);
    definition.functions.push_back(std::move(function));
  }
  expect(TokenKind::kCloseBrace);
}

void Parser::function_type(syntax::Function& function) {
  function.is_async = accept(Keyword::kAsync);
  if (!accept(Keyword::kFunc)) unexpected(function.is_async ? "'func'" : "'func' or 'async'");
  signature(function);
}

void Parser::signature(syntax::Function& function) {
  expect(TokenKind::kOpenParen);
  while (!at(TokenKind::kCloseParen) && !at(TokenKind::kEof)) {
    syntax::Param param;
    param.name = name();
    expect(TokenKind::kColon);
    param.type = type();
    function.params.push_back(std::move(param));
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kCloseParen);
  if (accept(TokenKind::kReturns)) function.result = type();
}

syntax::Type Parser::type(unsigned depth) {
  syntax::Type result;
  if (depth >= kMaxTypeNesting) {
    fail(tok_.start, tok_.length, base::format("types are nested more than {} deep", kMaxTypeNesting));
    return result;
  }
  result.name = {tok_.text, tok_.start};
  if (at(TokenKind::kName)) {
    result.form = TypeForm::kName;
    advance();
    return result;
  }
  if (!at(TokenKind::kKeyword)) {
    unexpected("a type");
    return result;
  }
  const Keyword keyword = tok_.keyword;
  if ((result.primitive = primitive_of(keyword)) != kNoPrimitive) {
    advance();
    return result;
  }
  if (keyword == Keyword::kOwn || keyword == Keyword::kBorrow) {
    result.form = keyword == Keyword::kOwn ? TypeForm::kOwn : TypeForm::kBorrow;
    advance();
    expect(TokenKind::kLess);
    result.name = name();
    expect(TokenKind::kGreater);
    return result;
  }
  type_parts(result, depth);
  return result;
}

// At the keyword of a type with parts.
void Parser::type_parts(syntax::Type& type, unsigned depth) {
  const GenericRow* row = nullptr;
  for (const GenericRow& r : kGenerics)
    if (r.keyword == tok_.keyword) row = &r;
  if (row == nullptr) return unexpected("a type");
  type.form = row->form;
  advance();
  if (!at(TokenKind::kLess)) {
    if (row->least > 0 || row->form == TypeForm::kTuple) unexpected("'<'");
    return;
  }
  advance();
  if (row->form == TypeForm::kResult && accept(Keyword::kUnderscore)) {
    expect(TokenKind::kComma);
    type.parts.push_back(this->type(depth + 1));
    return expect(TokenKind::kGreater);
  }
  // tuple<>, and a record without fields, have a text but no binary form.
  if (row->form == TypeForm::kTuple && accept(TokenKind::kGreater)) return;
  type.has_ok = row->form == TypeForm::kResult;
  while (true) {
    type.parts.push_back(this->type(depth + 1));
    const bool is_full = row->most != 255 && type.parts.size() == row->most;
    if (is_full && row->form == TypeForm::kList && at(TokenKind::kComma)) fixed_length(type);
    if (is_full || !accept(TokenKind::kComma)) break;
    if (row->form == TypeForm::kTuple && at(TokenKind::kGreater)) break;
  }
  if (type.parts.size() < row->least && !failed()) return unexpected("','");
  expect(TokenKind::kGreater);
}

// list<u8, 4>
void Parser::fixed_length(syntax::Type& type) {
  advance();
  type.form = TypeForm::kFixedList;
  if (!at(TokenKind::kNumber)) return unexpected("the length of the list");
  uint64_t value = 0;
  for (const char c : tok_.text)
    if ((value = value * 10 + static_cast<uint64_t>(c - '0')) > UINT32_MAX) break;
  // Explainer.md, "Type Checking": the length is not zero; binary format: a u32.
  if (tok_.text.starts_with('0') || value > UINT32_MAX)
    return fail(tok_.start, tok_.length,
                base::format("'{}' is not a length of a list: that is a number from 1 to {}", tok_.text, UINT32_MAX));
  type.length = static_cast<uint32_t>(value);
  advance();
}

}  // namespace ermine::component::wit
