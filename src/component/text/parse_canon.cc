// Functions: lifted, lowered, and the canonical built-ins (Explainer.md, "Canonical Definitions"). See parser.h.

#include "base/format.h"
#include "component/text/parser.h"

namespace ermine::component {

// "(func $id ...)": an import, an alias, or a type and "(canon lift ...)".
void TextParser::func() {
  advance();
  const Name name = read_name();
  InlineExports exports = inline_exports();
  Draft out;
  if (inline_import(out)) {
    write_sort(out.bytes, Sort::Func);
    type_use(out, Sort::Func);
    define(Definition::kImport, out, Sort::Func, name, std::move(exports));
    return expect_close();
  }
  if (inverted_alias(Sort::Func, name, exports)) return;
  Draft type;
  type_use(type, Sort::Func);
  if (!accept_open("canon"))
    return unexpected("(canon lift ...), (import ...), (alias ...) or a part of the function's type");
  lift(out);
  expect_close();
  // The aliases of the type come first.
  ByteBuffer type_index = type.resolved([this](const Reference& reference) { return resolve(reference); });
  Draft whole;
  whole.append(std::move(out));
  whole.bytes.bytes(type_index.view());
  define(Definition::kCanon, whole, Sort::Func, name, std::move(exports));
  expect_close();
}

// "(core func $id ...)": an alias or a canonical definition.
void TextParser::core_func() {
  advance();
  advance();
  const Name name = read_name();
  if (inverted_alias(Sort::CoreFunc, name)) return;
  if (!accept_open("canon")) return unexpected("(canon ...) or (alias core export ...)");
  const std::optional<CanonOp> op = tok_.kind == TokenKind::kKeyword ? canon_from_name(tok_.text) : std::nullopt;
  if (!op || *op == CanonOp::Lift) return unexpected("lower or a canonical built-in");
  advance();
  Draft out;
  canon_immediates(*op, out);
  expect_close();
  define(Definition::kCanon, out, Sort::CoreFunc, name);
  expect_close();
}

void TextParser::canon() {
  advance();
  if (at_keyword("lift")) {
    Draft out, type;
    lift(out);
    if (!accept_open("func")) return unexpected("(func ...)");
    const Name name = read_name();
    type_use(type, Sort::Func);
    expect_close();
    ByteBuffer type_index = type.resolved([this](const Reference& reference) { return resolve(reference); });
    Draft whole;
    whole.append(std::move(out));
    whole.bytes.bytes(type_index.view());
    define(Definition::kCanon, whole, Sort::Func, name);
    return expect_close();
  }
  const std::optional<CanonOp> op = tok_.kind == TokenKind::kKeyword ? canon_from_name(tok_.text) : std::nullopt;
  if (!op) return unexpected("lift, lower or a canonical built-in");
  advance();
  Draft out;
  canon_immediates(*op, out);
  if (!at_core("func")) return unexpected("(core func ...)");
  advance();
  advance();
  const Name name = read_name();
  expect_close();
  define(Definition::kCanon, out, Sort::CoreFunc, name);
  expect_close();
}

// "lift (core func ...) options": everything but the type, which ends the encoding.
void TextParser::lift(Draft& out) {
  if (!accept_keyword("lift")) return unexpected("lift");
  out.bytes.u8(canon_info(CanonOp::Lift).opcode);
  out.bytes.u8(0);
  if (tok_.kind != TokenKind::kOpen) return unexpected("(core func ...)");
  out.reference(core_prefixed(Sort::CoreFunc));
  canon_options(out);
}

void TextParser::canon_flag(Draft& out, std::string_view word) { out.bytes.u8(accept_keyword(word) ? 1 : 0); }

void TextParser::canon_immediates(CanonOp op, Draft& out) {
  out.bytes.u8(canon_info(op).opcode);
  const CanonForm form = canon_info(op).form;
  switch (form) {
    case CanonForm::None:
    case CanonForm::Lift: return;  // lift() reads it
    case CanonForm::Lower:
      out.bytes.u8(0);
      if (!accept_open("func")) return unexpected("(func ...)");
      out.reference(rest_of_reference(Sort::Func));
      return canon_options(out);
    case CanonForm::Type: return out.reference(index_or_reference(Sort::Type));
    case CanonForm::TypeOptions: out.reference(index_or_reference(Sort::Type)); return canon_options(out);
    case CanonForm::TypeAsync: out.reference(index_or_reference(Sort::Type)); return canon_flag(out, "async");
    case CanonForm::Async: return canon_flag(out, "async");
    case CanonForm::Cancellable: return canon_flag(out, "cancellable");
    case CanonForm::CancellableMemory:
      canon_flag(out, "cancellable");
      if (!accept_open("memory")) return unexpected("(memory ...)");
      out.reference(option_item(Sort::CoreMemory));
      return expect_close();
    case CanonForm::CoreTypeSlot:
      if (!proceed(scope_->core_types().read_value_type(tok_.start, out.bytes))) return;
      return out.bytes.leb(unsigned_number(32));
    case CanonForm::ResultOptions: result_type(out); return canon_options(out);
    case CanonForm::Options: return canon_options(out);
    case CanonForm::CoreTypeTable:
    case CanonForm::SharedCoreType:
    case CanonForm::SharedCoreTypeTable:
    case CanonForm::Shared: break;
  }
  if (form != CanonForm::CoreTypeTable) canon_flag(out, "shared");
  if (form == CanonForm::Shared) return;
  out.reference(core_prefixed(Sort::CoreType));
  if (form != CanonForm::SharedCoreType) out.reference(core_prefixed(Sort::CoreTable));
}

Reference TextParser::option_item(Sort sort) {
  Reference item = core_prefixed(sort);
  // Before August 2026 the export of an instance followed it without further parentheses.
  if (item.exports.empty() && tok_.kind == TokenKind::kString) item.exports.push_back(name_string());
  return item;
}

void TextParser::canon_options(Draft& out) {
  Draft options;
  uint32_t count = 0;
  for (;; ++count) {
    const bool open = tok_.kind == TokenKind::kOpen;
    if (!open && tok_.kind != TokenKind::kKeyword) break;
    const CanonOptionInfo* found = nullptr;
    for (unsigned i = 0; i < kCanonOptionKinds && found == nullptr; ++i) {
      const CanonOptionInfo& info = canon_option_info(static_cast<CanonOptionKind>(i));
      if (info.name == tok_.text && (info.sort != Sort::None) == open) found = &info;
    }
    if (found == nullptr) {
      if (!open) unexpected("a canonical option");
      break;
    }
    advance();
    options.bytes.u8(found->code);
    if (!open) continue;
    options.reference(option_item(found->sort));
    expect_close();
  }
  out.bytes.leb(count);
  out.append(std::move(options));
}

}  // namespace ermine::component
