// The annotations with a meaning: @custom, @name and @metadata.code.* (specification 3.0, appendix "Custom Sections").
// See parser.h.

#include <algorithm>
#include <map>

#include "base/fixed_text.h"
#include "base/format.h"
#include "base/utf8.h"
#include "text/parser.h"

namespace ermine::text {

using binary::CustomPlace;
using binary::Section;

namespace {
struct SectionWord {
  base::FixedText<9> word;
  Section section;
};
constexpr SectionWord kSectionWords[] = {
    {"type", Section::kType},     {"import", Section::kImport},       {"func", Section::kFunction},
    {"table", Section::kTable},   {"memory", Section::kMemory},       {"tag", Section::kTag},
    {"global", Section::kGlobal}, {"export", Section::kExport},       {"start", Section::kStart},
    {"elem", Section::kElem},     {"datacount", Section::kDataCount}, {"code", Section::kCode},
    {"data", Section::kData},
};
}  // namespace

// "(before SECTION)" or "(after SECTION)", if it is there.
CustomPlace Parser::annotated_place() {
  CustomPlace place;
  if (tok_.kind != TokenKind::kOpen) return place;
  if (at_open("before")) {
    place.where = CustomPlace::kBefore;
  } else if (at_open("after")) {
    place.where = CustomPlace::kAfter;
  } else {
    fail(tok_, "@custom annotation: malformed placement", "write (before SECTION) or (after SECTION)");
    return place;
  }
  advance();
  const auto* word = std::find_if(std::begin(kSectionWords), std::end(kSectionWords), [&](const SectionWord& w) {
    return tok_.kind == TokenKind::kKeyword && w.word == tok_.text;
  });
  if (word != std::end(kSectionWords)) place.section = word->section;
  else if (at_keyword("first") && place.where == CustomPlace::kBefore) place.where = CustomPlace::kFirst;
  else if (at_keyword("last") && place.where == CustomPlace::kAfter) place.where = CustomPlace::kLast;
  else fail(tok_, "@custom annotation: malformed section kind");
  advance();
  expect_close();
  return place;
}

// "(@ermine.names PLACE)", as the printer writes it: the position of the name section that is made of the identifiers.
void Parser::names_annotation() {
  Token at = tok_;
  advance();
  CustomPlace place = annotated_place();
  expect_close();
  if (names_place_) return fail(at, "@ermine.names annotation: there is more than one");
  names_place_ = module_.custom("name", {}, place);
}

// "(@ermine.encoding "...")": see encoding_delta.h.
void Parser::encoding_annotation() {
  Token at = tok_;
  advance();
  std::string delta = string_bytes();
  expect_close();
  if (!encoding_.empty()) return fail(at, "@ermine.encoding annotation: there is more than one");
  encoding_ = std::move(delta);
}

void Parser::custom_annotation() {
  Token at = tok_;
  advance();
  if (tok_.kind != TokenKind::kString) return fail(at, "@custom annotation: missing section name");
  std::string name = tok_.escaped ? unescape(tok_.text) : std::string(tok_.text);
  if (!base::is_utf8(name)) return fail(tok_, "@custom annotation: malformed UTF-8 encoding");
  advance();
  CustomPlace place = annotated_place();
  std::string contents = string_bytes();
  if (tok_.kind != TokenKind::kClose) return fail(tok_, "@custom annotation: unexpected token");
  advance();
  if (name == "name") explicit_names_ = true;
  module_.custom(name, {reinterpret_cast<const uint8_t*>(contents.data()), contents.size()}, place);
}

void Parser::metadata_annotation() {
  Token at = tok_;
  if (!in_function_) return fail(at, base::format("@{} annotation: not in a function", at.text));
  std::string_view kind = identifier(at);
  for (size_t i = waiting_hints_.size() - unassigned_hints_; i < waiting_hints_.size(); ++i)
    if (waiting_hints_[i].kind == kind) return fail(at, base::format("@{} annotation: duplicate annotation", kind));
  advance();
  std::string_view bytes = keep(string_bytes());
  expect_close();
  waiting_hints_.push_back({kind, bytes, func_index_, 0, at});
  ++unassigned_hints_;
}

// The hints that wait at the top of waiting_hints_ belong to the next instruction, at `offset`.
void Parser::place_hints(uint32_t count, Op op, size_t offset) {
  for (size_t i = waiting_hints_.size() - count; i < waiting_hints_.size(); ++i) {
    Hint& hint = waiting_hints_[i];
    if (hint.kind == "metadata.code.branch_hint" && op != Op::if_ && op != Op::br_if)
      fail(hint.at, "@metadata.code.branch_hint annotation: invalid target",
           "hints are for the branches that depend on an i32: if and br_if", ErrorKind::kInvalid);
    hint.offset = static_cast<uint32_t>(offset);
    hints_.push_back(hint);
  }
  waiting_hints_.resize(waiting_hints_.size() - count);
}

void Parser::write_metadata() {
  // One section per kind, functions and offsets in ascending order. (Code metadata precedes the code.)
  std::map<std::string_view, std::vector<const Hint*>> kinds;
  for (const Hint& hint : hints_) kinds[hint.kind].push_back(&hint);
  for (auto& [kind, hints] : kinds) {
    std::sort(hints.begin(), hints.end(), [](const Hint* a, const Hint* b) {
      return a->func != b->func ? a->func < b->func : a->offset != b->offset ? a->offset < b->offset : a < b;
    });
    ByteBuffer groups;
    uint32_t count = 0;
    for (size_t i = 0; i < hints.size(); ++count) {
      size_t j = i;
      while (j < hints.size() && hints[j]->func == hints[i]->func) ++j;
      groups.leb(hints[i]->func);
      groups.leb(j - i);
      for (; i < j; ++i) {
        groups.leb(hints[i]->offset);
        groups.name(hints[i]->bytes);
      }
    }
    ByteBuffer contents;
    contents.leb(count);
    contents.bytes(groups.view());
    module_.custom(kind, contents.view(), {CustomPlace::kBefore, Section::kCode});
  }
}

}  // namespace ermine::text
