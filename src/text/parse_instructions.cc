// Instruction sequences, flat and folded (specification 3.0, section 6.5). See parser.h.
//
// Nothing here recurses: folded instructions wait on folds_ for their operands, their own bytes in pending_, and move
// to the output when their parenthesis closes. Labels of blocks are on labels_; label_names_ maps a name to its
// innermost label, so a lookup takes constant time at any depth.

#include <algorithm>

#include "base/fixed_text.h"
#include "base/format.h"
#include "text/mnemonics.h"
#include "text/parser.h"

namespace ermine::text {

using binary::Section;

void Parser::func_body() {
  locals_.clear();
  label_names_.clear();
  labels_.clear();
  label_number_ = 0;
  in_function_ = true;
  TypeUse use = type_use(ParamNames::kAllow);
  module_.entry(Section::kFunction).leb(use.index);
  local_count_ = 0;
  if (params_.empty()) local_count_ = use.param_count;
  else
    for (size_t i = 0; i < params_.size(); ++i) add_local(param_ids_[i], param_names_[i]);
  body_.clear();
  body_marks_.clear();
  local_declarations();
  instructions(body_);
  ByteBuffer& out = module_.entry(Section::kCode);
  out.leb(body_.size());
  if (options_.source_map != nullptr)
    for (const auto& [offset, at] : body_marks_) options_.source_map->add(Section::kCode, out.size() + offset, at);
  out.bytes(body_.view());
  in_function_ = false;
}

void Parser::add_local(const Token& id, std::string_view name) {
  if (id.kind == TokenKind::kId && !locals_.insert(identifier(id), local_count_).is_new)
    fail(id, base::format("duplicate local ${}", identifier(id)));
  if (emit_names_ && name.data()) names_.locals.push_back({func_index_, local_count_, name});
  ++local_count_;
}

void Parser::local_declarations() {
  ByteBuffer runs;
  uint32_t run_count = 0, length = 0;
  ValTypeCode run_type;
  auto flush = [&] {
    if (length == 0) return;
    runs.leb(length);
    write_type(runs, run_type);
    ++run_count;
    length = 0;
  };
  auto add = [&](const ValTypeCode& type) {
    if (!(type == run_type)) flush();
    run_type = type;
    ++length;
  };
  while (at_open("local")) {
    advance();
    if (tok_.kind == TokenKind::kId || tok_.kind == TokenKind::kAnnotation) {
      Token id;
      std::string_view name = definition_name(&id);
      add_local(id, name);
      add(value_type());
    } else {
      while (auto type = try_value_type()) {
        add(*type);
        ++local_count_;
      }
    }
    expect_close();
  }
  flush();
  body_.leb(run_count);
  body_.bytes(runs.view());
}

void Parser::instructions(ByteBuffer& out) {
  run_instructions(out, false);
  mark(out, tok_.start);
  out.opcode(Op::end);
}

void Parser::constant_expr(ByteBuffer& out) {
  labels_.clear();
  label_names_.clear();
  instructions(out);
}

void Parser::one_folded(ByteBuffer& out) {
  if (tok_.kind != TokenKind::kOpen) return unexpected("an instruction in parentheses");
  run_instructions(out, true);
}

void Parser::run_instructions(ByteBuffer& out, bool single) {
  folds_.clear();
  pending_.clear();
  waiting_hints_.clear();
  unassigned_hints_ = 0;
  for (;;) {
    switch (tok_.kind) {
      case TokenKind::kOpen: open_folded(out); break;
      case TokenKind::kKeyword: flat_instruction(out); break;
      case TokenKind::kClose:
        if (folds_.empty()) {
          if (!labels_.empty()) return fail(tok_, "unexpected token \")\": a block is not closed, expected \"end\"");
          if (unassigned_hints_ != 0) fail(waiting_hints_.back().at, "annotation without an instruction after it");
          return;
        }
        close_folded(out);
        if (single && folds_.empty()) return;
        break;
      case TokenKind::kAnnotation:
        if (!tok_.text.starts_with("metadata.code.")) return unexpected("an instruction");
        metadata_annotation();
        break;
      default: return unexpected("an instruction");
    }
  }
}

std::optional<Op> Parser::instruction_name() {
  std::optional<Op> op = find_instruction(tok_.text);
  if (!op) {
    if (tok_.kind == TokenKind::kOpen && tok_.text.empty()) {
      advance();
      unexpected("an instruction");
      return op;
    }
    // Words of the format that are not instructions are not unknown, only misplaced.
    static constexpr base::FixedText<6> kOtherWords[] = {"param",  "result", "type", "local", "export",
                                                         "import", "then",   "do",   "item"};
    if (std::find(std::begin(kOtherWords), std::end(kOtherWords), tok_.text) != std::end(kOtherWords)) {
      unexpected("an instruction");
      return op;
    }
    std::string suggestion = suggest_instruction(tok_.text);
    fail(tok_, base::format("unknown operator {}", excerpt(tok_.text)),
         suggestion.empty() ? "" : base::format("did you mean {}?", suggestion));
  } else if (wasm::Feature feature = wasm::op_info(*op).feature; !options_.features.has(feature)) {
    fail(tok_, base::format("{} needs the feature {}, which is off", tok_.text, wasm::feature_name(feature)), {},
         ErrorKind::kUnsupported);
    op.reset();
  }
  return op;
}

Parser::BlockName Parser::block_name() {
  BlockName name;
  if (tok_.kind == TokenKind::kId) {
    name.id = name.name = identifier(tok_);
    advance();
  }
  if (tok_.kind == TokenKind::kAnnotation && tok_.text == "name") name.name = name_annotation();
  return name;
}

void Parser::push_label(Op op, const BlockName& name) {
  auto depth = static_cast<uint32_t>(labels_.size()) + 1;
  uint32_t shadowed = 0;
  if (name.id.data()) {
    auto [value, is_new] = label_names_.insert(name.id, depth);
    if (!is_new) {
      shadowed = *value;
      *value = depth;
    }
  }
  if (emit_names_ && in_function_ && name.name.data()) names_.labels.push_back({func_index_, label_number_, name.name});
  ++label_number_;
  labels_.push_back({name.id, shadowed, op});
}

void Parser::pop_label() {
  const Label& top = labels_.back();
  if (top.name.data()) *label_names_.find(top.name) = top.shadowed;
  labels_.pop_back();
}

// After end, else and so on the block's label may be repeated.
void Parser::repeated_label() {
  if (tok_.kind != TokenKind::kId) return;
  std::string_view name = identifier(tok_);
  if (labels_.empty() || labels_.back().name != name) return fail(tok_, base::format("mismatching label ${}", name));
  advance();
}

// Writes the beginning of a block and enters its label.
void Parser::begin_block(Op op, const BlockName& name, ByteBuffer& out) {
  out.opcode(op);
  block_type(out);
  if (op == Op::try_table) catches(out);
  push_label(op, name);
}

void Parser::catches(ByteBuffer& out) {
  ByteBuffer clauses;
  uint32_t count = 0;
  for (; tok_.kind == TokenKind::kOpen; ++count) {
    uint8_t kind;
    if (tok_.text == "catch") kind = 0;
    else if (tok_.text == "catch_ref") kind = 1;
    else if (tok_.text == "catch_all") kind = 2;
    else if (tok_.text == "catch_all_ref") kind = 3;
    else break;
    advance();
    clauses.u8(kind);
    if (kind < 2) clauses.leb(index(Space::kTag));
    clauses.leb(label());
    expect_close();
  }
  out.leb(count);
  out.bytes(clauses.view());
}

void Parser::flat_instruction(ByteBuffer& out) {
  if (!folds_.empty() &&
      (folds_.back().kind == Fold::kPlain || folds_.back().kind == Fold::kIf || folds_.back().kind == Fold::kTry))
    return unexpected("an operand in parentheses");
  std::optional<Op> found = instruction_name();
  if (!found) return;
  Op op = *found;
  Token at = tok_;
  size_t outer = folds_.empty() ? 0 : folds_.back().labels;  // labels of the enclosing folded block
  Op open = labels_.size() > outer ? labels_.back().op : Op::nop;
  if (unassigned_hints_ != 0) {
    place_hints(unassigned_hints_, op, out.size());
    unassigned_hints_ = 0;
  }
  mark(out, at.start);
  advance();
  switch (op) {
    case Op::block:
    case Op::loop:
    case Op::if_:
    case Op::try_:
    case Op::try_table: {
      BlockName name = block_name();
      return begin_block(op, name, out);
    }
    case Op::else_:
      if (open != Op::if_) return fail(at, "unexpected token \"else\": it is not in an if");
      labels_.back().op = Op::else_;
      out.opcode(op);
      return repeated_label();
    case Op::catch_:
    case Op::catch_all:
      if (open != Op::try_ && open != Op::catch_)
        return fail(at, base::format("unexpected token \"{}\": it is not in a try", at.text));
      labels_.back().op = op;
      out.opcode(op);
      if (op == Op::catch_) out.leb(index(Space::kTag));
      return;
    case Op::delegate:
      if (open != Op::try_) return fail(at, "unexpected token \"delegate\": it ends a try without catch");
      pop_label();
      out.opcode(op);
      return out.leb(label());
    case Op::end:
      if (labels_.size() <= outer) return fail(at, "unexpected token \"end\": there is no open block");
      out.opcode(op);
      repeated_label();
      if (!failed()) pop_label();
      return;
    default: return plain(op, out);
  }
}

void Parser::open_folded(ByteBuffer& out) {
  Token at = tok_;
  auto enter = [&](Fold::Kind kind) {
    // A hint belongs to an instruction, and these words are not instructions.
    const bool is_part = kind == Fold::kThen || kind == Fold::kElse || kind == Fold::kDo || kind == Fold::kCatch;
    if (is_part && unassigned_hints_ != 0)
      return fail(waiting_hints_.back().at, "annotation without an instruction after it");
    Fold fold;
    fold.kind = kind;
    fold.pending = pending_.size();
    fold.labels = labels_.size();
    fold.hints = unassigned_hints_;
    fold.at = at;
    unassigned_hints_ = 0;
    folds_.push_back(fold);
  };
  if (!folds_.empty() && folds_.back().kind == Fold::kIf) {
    Fold& parent = folds_.back();
    if (at.text == "then" && parent.stage == 0) {
      parent.stage = 1;
      place_hints(parent.hints, Op::if_, out.size());
      mark(out, parent.at.start);
      out.bytes(pending_.from(parent.pending));
      pending_.truncate(parent.pending);
      push_label(Op::if_, parent.name);
      advance();
      return enter(Fold::kThen);
    }
    if (at.text == "else" && parent.stage == 1) {
      parent.stage = 2;
      mark(out, at.start);
      out.opcode(Op::else_);
      advance();
      return enter(Fold::kElse);
    }
    if (parent.stage != 0) return unexpected(parent.stage == 1 ? "(else ...) or \")\"" : "\")\"");
  }
  if (!folds_.empty() && folds_.back().kind == Fold::kTry) {
    Fold& parent = folds_.back();
    if (at.text == "do" && parent.stage == 0) {
      parent.stage = 1;
      advance();
      return enter(Fold::kDo);
    }
    if ((at.text == "catch" || at.text == "catch_all") && parent.stage == 1) {
      Op op = at.text == "catch" ? Op::catch_ : Op::catch_all;
      if (op == Op::catch_all) parent.stage = 2;
      labels_.back().op = op;
      mark(out, at.start);
      advance();
      out.opcode(op);
      if (op == Op::catch_) out.leb(index(Space::kTag));
      return enter(Fold::kCatch);
    }
    if (at.text == "delegate" && parent.stage == 1 && labels_.back().op == Op::try_) {
      parent.stage = 3;
      pop_label();
      mark(out, at.start);
      advance();
      out.opcode(Op::delegate);
      out.leb(label());
      return expect_close();
    }
    return unexpected(parent.stage == 0 ? "(do ...)" : "(catch ...), (catch_all ...), (delegate ...) or \")\"");
  }

  std::optional<Op> found = instruction_name();
  if (!found) return;
  Op op = *found;
  switch (op) {
    case Op::block:
    case Op::loop:
    case Op::try_:
    case Op::try_table: {
      if (unassigned_hints_ != 0) place_hints(std::exchange(unassigned_hints_, 0), op, out.size());
      mark(out, at.start);
      advance();
      BlockName name = block_name();
      begin_block(op, name, out);
      return enter(op == Op::try_ ? Fold::kTry : Fold::kBlock);
    }
    case Op::if_:
      advance();
      enter(Fold::kIf);
      folds_.back().name = block_name();
      pending_.opcode(op);
      return block_type(pending_);
    case Op::else_:
    case Op::end:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate: return unexpected("an instruction that can be folded");
    default:
      advance();
      enter(Fold::kPlain);
      folds_.back().op = op;
      return plain(op, pending_);
  }
}

void Parser::close_folded(ByteBuffer& out) {
  Fold& fold = folds_.back();
  switch (fold.kind) {
    case Fold::kPlain:
      mark(out, fold.at.start);
      if (fold.hints != 0) place_hints(fold.hints, fold.op, out.size());
      out.bytes(pending_.from(fold.pending));
      pending_.truncate(fold.pending);
      break;
    case Fold::kIf:
      if (fold.stage == 0) return unexpected("(then ...)");
      pop_label();
      mark(out, tok_.start);
      out.opcode(Op::end);
      break;
    case Fold::kTry:
      if (fold.stage == 0) return unexpected("(do ...)");
      if (fold.stage == 3) break;
      pop_label();
      mark(out, tok_.start);
      out.opcode(Op::end);
      break;
    case Fold::kBlock:
    case Fold::kThen:
    case Fold::kElse:
    case Fold::kDo:
    case Fold::kCatch:
      if (labels_.size() != fold.labels)
        return fail(tok_, "unexpected token \")\": a block inside is not closed, expected \"end\"");
      if (fold.kind == Fold::kBlock) {
        pop_label();
        mark(out, tok_.start);
        out.opcode(Op::end);
      }
      break;
  }
  if (unassigned_hints_ != 0) return fail(waiting_hints_.back().at, "annotation without an instruction after it");
  folds_.pop_back();
  advance();
}

}  // namespace ermine::text
