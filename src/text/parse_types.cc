// Types and type uses (specification 3.0, sections 6.4 and 6.6.4). See parser.h.

#include <array>

#include "base/format.h"
#include "text/parser.h"
#include "text/type_words.h"

namespace ermine::text {

using binary::Section;

int64_t Parser::heap_type() {
  if (tok_.kind == TokenKind::kKeyword) {
    if (uint8_t code = code_of(kHeapTypes, tok_.text)) {
      advance();
      return static_cast<int64_t>(code) - 0x80;
    }
    unexpected("a heap type");
    return -1;
  }
  if (!at_index()) {
    unexpected("a heap type");
    return -1;
  }
  int64_t type = index(Space::kType);
  highest_type_ = std::max(highest_type_, type);
  return type;
}

bool Parser::at_reference_type() const {
  return at_open("ref") || (tok_.kind == TokenKind::kKeyword && code_of(kReferenceTypes, tok_.text) != 0);
}

ValTypeCode Parser::reference_type() {
  ValTypeCode type;
  if (accept_open("ref")) {
    type.code = accept_keyword("null") ? 0x63 : 0x64;
    type.heap = heap_type();
    expect_close();
    return type;
  }
  if (tok_.kind == TokenKind::kKeyword) type.code = code_of(kReferenceTypes, tok_.text);
  if (type.code == 0) {
    if (at_keyword("anyfunc")) fail(tok_, "unknown operator anyfunc", "it is now called funcref");
    else unexpected("a reference type");
  } else {
    advance();
  }
  return type;
}

std::optional<ValTypeCode> Parser::try_value_type() {
  if (tok_.kind == TokenKind::kKeyword) {
    if (uint8_t code = code_of(kNumberTypes, tok_.text)) {
      advance();
      return ValTypeCode{code, 0};
    }
  }
  if (!at_reference_type()) return std::nullopt;
  return reference_type();
}

ValTypeCode Parser::value_type() {
  if (auto type = try_value_type()) return *type;
  if (at_keyword("anyfunc")) fail(tok_, "unknown operator anyfunc", "it is now called funcref");
  else unexpected("a value type");
  return {};
}

void Parser::write_type(ByteBuffer& out, const ValTypeCode& type) {
  out.u8(type.code);
  if (type.code == 0x63 || type.code == 0x64) out.sleb(type.heap);
}

// Equal types get one encoding: a nullable reference to an abstract type has a long and a short one.
void Parser::write_normal(ByteBuffer& out, const ValTypeCode& type) {
  if (type.code == 0x63 && type.heap < 0) return out.u8(static_cast<uint8_t>(type.heap + 0x80));
  out.u8(type.code);
  if (type.code == 0x63 || type.code == 0x64) out.sleb(type.heap);
}

void Parser::field_type(ByteBuffer& out) {
  bool is_mutable = accept_open("mut");
  if (accept_keyword("i8")) out.u8(0x78);
  else if (accept_keyword("i16")) out.u8(0x77);
  else write_type(out, value_type());
  if (is_mutable) expect_close();
  out.u8(is_mutable ? 1 : 0);
}

void Parser::composite_type(ByteBuffer& out, uint32_t type_index, bool plain) {
  TypeInfo& info = types_[type_index];
  if (accept_open("func")) {
    highest_type_ = -1;
    signature(ParamNames::kAllow);
    out.bytes(encode_signature(false));
    info.is_func = true;
    info.param_count = static_cast<uint32_t>(params_.size());
    info.signature = keep(encode_signature(true));
    // An inline function type is the first type equal to it. A type that mentions itself, or is in a group of several,
    // is never equal to one written inline.
    if (plain && highest_type_ < int64_t{type_index}) signatures_.insert(info.signature, type_index);
    return expect_close();
  }
  if (accept_open("array")) {
    out.u8(0x5E);
    field_type(out);
    return expect_close();
  }
  if (!accept_open("struct")) return unexpected("a type: (func ...), (struct ...), (array ...) or (sub ...)");
  ByteBuffer fields;
  uint32_t count = 0;
  while (accept_open("field")) {
    Token id;
    std::string_view name = definition_name(&id);
    if (name.data()) {
      if (id.kind == TokenKind::kId && !fields_.insert(identifier(id), count, type_index).is_new)
        fail(id, base::format("duplicate field ${}", identifier(id)));
      if (emit_names_) names_.fields.push_back({type_index, count, name});
      field_type(fields);
      ++count;
    } else {
      for (; tok_.kind != TokenKind::kClose && !failed(); ++count) field_type(fields);
    }
    expect_close();
  }
  out.u8(0x5F);
  out.leb(count);
  out.bytes(fields.view());
  expect_close();
}

void Parser::type_definition(ByteBuffer& out, bool in_group) {
  advance();
  auto type_index = static_cast<uint32_t>(types_.size());
  types_.emplace_back();
  note_name(NameSpace::kType, type_index, definition_name());
  if (accept_open("sub")) {
    bool is_final = accept_keyword("final");
    ByteBuffer supers;
    uint32_t count = 0;
    for (; at_index(); ++count) supers.leb(index(Space::kType));
    out.u8(is_final ? 0x4F : 0x50);
    out.leb(count);
    out.bytes(supers.view());
    composite_type(out, type_index, is_final && count == 0 && !in_group);
    expect_close();
  } else {
    composite_type(out, type_index, !in_group);
  }
  expect_close();
}

bool Parser::signature(ParamNames names) {
  params_.clear();
  results_.clear();
  param_ids_.clear();
  param_names_.clear();
  bool any = false;
  while (at_open("param")) {
    any = true;
    advance();
    Token id = tok_;
    bool annotated = tok_.kind == TokenKind::kAnnotation;
    if (tok_.kind == TokenKind::kId || annotated) {
      if (names == ParamNames::kRefuse) unexpected("value types: parameters have no names here");
      param_names_.push_back(definition_name(&id));
      param_ids_.push_back(id);
      params_.push_back(value_type());
    } else {
      while (auto type = try_value_type()) {
        params_.push_back(*type);
        param_ids_.emplace_back();
        param_names_.emplace_back();
      }
    }
    expect_close();
  }
  while (at_open("result")) {
    any = true;
    advance();
    while (auto type = try_value_type()) results_.push_back(*type);
    expect_close();
  }
  return any;
}

std::string Parser::encode_signature(bool normal) const {
  ByteBuffer out;
  out.u8(0x60);
  for (const auto* types : {&params_, &results_}) {
    out.leb(types->size());
    for (const ValTypeCode& type : *types) {
      if (normal) {
        write_normal(out, type);
      } else {
        out.u8(type.code);
        if (type.code == 0x63 || type.code == 0x64) out.sleb(type.heap);
      }
    }
  }
  return {reinterpret_cast<const char*>(out.view().data()), out.size()};
}

uint32_t Parser::type_of_signature() {
  std::string key = encode_signature(true);
  if (uint32_t* known = signatures_.find(key)) return *known;
  auto type_index = static_cast<uint32_t>(types_.size());
  module_.entry(Section::kType).bytes(encode_signature(false));
  TypeInfo info;
  info.is_func = true;
  info.param_count = static_cast<uint32_t>(params_.size());
  info.signature = keep(std::move(key));
  if (reuse_inline_types_) signatures_.insert(info.signature, type_index);
  types_.push_back(info);
  return type_index;
}

TypeUse Parser::type_use(ParamNames names) {
  if (!accept_open("type")) {
    signature(names);
    if (failed()) return {};
    return {type_of_signature(), static_cast<uint32_t>(params_.size())};
  }
  TypeUse use;
  use.index = index(Space::kType);
  expect_close();
  Token at = tok_;
  bool is_inline = signature(names);
  const TypeInfo* info = use.index < types_.size() ? &types_[use.index] : nullptr;
  use.param_count = info ? info->param_count : 0;
  if (is_inline && !failed() && !(info && info->is_opaque) &&
      (!info || !info->is_func || info->signature != encode_signature(true)))
    fail(at, info ? "inline function type differs from the type that is used" : "inline function type: unknown type");
  return use;
}

void Parser::block_type(ByteBuffer& out) {
  if (at_open("type")) return out.sleb(type_use(ParamNames::kRefuse).index);
  if (tok_.kind != TokenKind::kOpen) return out.u8(0x40);
  signature(ParamNames::kRefuse);
  if (!params_.empty() || results_.size() > 1) return out.sleb(failed() ? 0 : type_of_signature());
  if (results_.empty()) return out.u8(0x40);
  write_type(out, results_[0]);
}

}  // namespace ermine::text
