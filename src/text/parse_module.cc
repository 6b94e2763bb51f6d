// Modules and their fields (specification 3.0, section 6.6). See parser.h for the passes.

#include <array>
#include <bit>

#include "base/format.h"
#include "text/encoding_delta.h"
#include "text/number.h"
#include "text/parser.h"

namespace ermine::text {

using binary::Section;

namespace {

constexpr uint8_t kFuncKind = 0, kTableKind = 1, kMemoryKind = 2, kGlobalKind = 3, kTagKind = 4;

struct DefinitionKind {
  std::string_view keyword;
  Space space;
  uint8_t kind;  // external kind in the binary format
};
constexpr DefinitionKind kDefinitions[] = {
    {"func", Space::kFunc, kFuncKind},       {"table", Space::kTable, kTableKind},
    {"memory", Space::kMemory, kMemoryKind}, {"global", Space::kGlobal, kGlobalKind},
    {"tag", Space::kTag, kTagKind},
};

const DefinitionKind* definition_kind(std::string_view keyword) {
  for (const DefinitionKind& d : kDefinitions)
    if (d.keyword == keyword) return &d;
  return nullptr;
}

}  // namespace

Result<std::vector<uint8_t>> Parser::parse_file() {
  const char* begin = lexer_.position();
  std::string_view text(begin, static_cast<size_t>(lexer_.end() - begin));
  if (Error error = check_encoding(source_, text)) return error;
  std::string_view id;
  advance();
  if (accept_open("module")) {
    closes_ = true;
    id = definition_name();
    names_.has_module = id.data() != nullptr;
    names_.module = id;
  }
  fields_begin_ = tok_.start;
  return finish();
}

Result<std::vector<uint8_t>> Parser::parse_module_fields(std::string_view id) {
  names_.has_module = !id.empty();
  names_.module = id;
  advance();
  if (tok_.kind == TokenKind::kAnnotation && tok_.text == "name") {
    names_.has_module = true;
    names_.module = name_annotation();
  }
  fields_begin_ = tok_.start;
  return finish();
}

Result<std::vector<uint8_t>> Parser::finish() {
  if (!failed()) {
    bind_fields();
    emit_types();
    restart(fields_begin_);
    emit_fields();
  }
  if (failed()) return take_error();

  if (needs_data_count_) module_.body(Section::kDataCount).leb(module_.count(Section::kData));
  write_metadata();
  if (emit_names_ && !explicit_names_ && (names_place_ || !names_.empty())) {
    if (names_place_) module_.set_custom(*names_place_, names_.encode());
    else module_.custom("name", names_.encode());
  }
  std::vector<uint8_t> bytes = module_.finish();
  if (!encoding_.empty()) {
    std::span delta(reinterpret_cast<const uint8_t*>(encoding_.data()), encoding_.size());
    if (auto original = EncodingDelta::apply(delta, bytes)) {
      bytes = *std::move(original);
      if (options_.source_map != nullptr) *options_.source_map = {};  // its offsets do not hold any more
    }
  }
  return bytes;
}

// -- First pass: identifiers ---------------------------------------------------------------------------

void Parser::bind_fields() {
  while (tok_.kind == TokenKind::kOpen || tok_.kind == TokenKind::kAnnotation) {
    const char* inside = lexer_.position();
    const char* start = tok_.start;
    if (tok_.kind == TokenKind::kAnnotation && tok_.text == "ermine.names") emit_names_ = true;
    if (tok_.kind == TokenKind::kOpen) {
      if (const DefinitionKind* d = definition_kind(tok_.text)) {
        bind_definition(d->space);
      } else if (tok_.text == "type") {
        type_starts_.push_back(start);
        bind_definition(Space::kType);
      } else if (tok_.text == "elem" || tok_.text == "data") {
        bind_definition(tok_.text == "elem" ? Space::kElem : Space::kData);
      } else if (tok_.text == "rec") {
        type_starts_.push_back(start);
        bind_group();
      } else if (tok_.text == "import") {
        bind_import();
      }
    }
    if (failed()) return;
    lexer_.jump(inside);
    // If the text ends inside the field, the third pass reports it.
    if (!lexer_.skip_to_close()) return;
    advance();
  }
}

void Parser::bind_definition(Space space) {
  advance();
  if (tok_.kind == TokenKind::kId) bind(space, tok_);
  ++counts_[static_cast<unsigned>(space)];
  if (space != Space::kTable && space != Space::kMemory) return;
  // An inline segment takes an index too.
  while (tok_.kind != TokenKind::kClose && tok_.kind != TokenKind::kEof) {
    if (tok_.kind == TokenKind::kOpen || tok_.kind == TokenKind::kAnnotation) {
      if (space == Space::kTable && tok_.text == "elem") ++counts_[static_cast<unsigned>(Space::kElem)];
      if (space == Space::kMemory && tok_.text == "data") ++counts_[static_cast<unsigned>(Space::kData)];
      if (!lexer_.skip_to_close()) return;
    }
    advance();
  }
}

void Parser::bind_group() {
  advance();
  while (at_open("type")) {
    const char* inside = lexer_.position();
    bind_definition(Space::kType);
    if (failed()) return;
    lexer_.jump(inside);
    if (!lexer_.skip_to_close()) return;
    advance();
  }
}

void Parser::bind_import() {
  auto bind_item = [&] {
    const DefinitionKind* d = tok_.kind == TokenKind::kOpen ? definition_kind(tok_.text) : nullptr;
    if (!d) return false;
    advance();
    if (tok_.kind == TokenKind::kId) bind(d->space, tok_);
    ++counts_[static_cast<unsigned>(d->space)];
    return true;
  };
  advance();
  if (tok_.kind != TokenKind::kString) return;
  advance();
  if (tok_.kind == TokenKind::kString) {
    advance();
    bind_item();
    return;
  }
  uint32_t untyped = 0;
  while (at_open("item")) {
    const char* inside = lexer_.position();
    advance();
    advance();
    if (!bind_item()) ++untyped;
    if (failed()) return;
    lexer_.jump(inside);
    if (!lexer_.skip_to_close()) return;
    advance();
  }
  if (untyped != 0 && tok_.kind == TokenKind::kOpen)
    if (const DefinitionKind* d = definition_kind(tok_.text)) counts_[static_cast<unsigned>(d->space)] += untyped;
}

// -- Second pass: types --------------------------------------------------------------------------------

void Parser::emit_types() {
  types_.reserve(space_count(Space::kType));
  for (const char* start : type_starts_) {
    restart(start);
    if (failed()) return;
    if (options_.source_map != nullptr)
      options_.source_map->add(Section::kType, module_.body(Section::kType).size(), start);
    ByteBuffer& out = module_.entry(Section::kType);
    if (tok_.text == "type") {
      type_definition(out, false);
      continue;
    }
    advance();
    ByteBuffer group;
    uint32_t count = 0;
    while (at_open("type")) {
      type_definition(group, true);
      ++count;
    }
    expect_close();
    out.u8(0x4E);
    out.leb(count);
    out.bytes(group.view());
  }
}

// -- Third pass: everything else -----------------------------------------------------------------------

void Parser::emit_fields() {
  while (tok_.kind == TokenKind::kOpen || tok_.kind == TokenKind::kAnnotation) {
    if (options_.source_map == nullptr) {
      field();
      continue;
    }
    // Only a comparison of the sizes afterwards shows the sections that the field adds to.
    const char* const at = tok_.start;
    std::array<size_t, binary::kSectionCount> sizes;
    for (unsigned i = 0; i < sizes.size(); ++i) sizes[i] = module_.body(static_cast<Section>(i)).size();
    field();
    for (unsigned i = 0; i < sizes.size(); ++i)
      if (const auto section = static_cast<Section>(i); module_.body(section).size() != sizes[i])
        options_.source_map->add(section, sizes[i], at);
  }
  if (closes_) expect_close();
  if (tok_.kind != TokenKind::kEof) unexpected("the end of the module");
}

void Parser::field() {
  if (tok_.kind == TokenKind::kAnnotation) {
    if (tok_.text == "custom") return custom_annotation();
    if (tok_.text == "ermine.names") return names_annotation();
    if (tok_.text == "ermine.name") {
      names_.module = own_name_annotation();
      names_.has_module = names_.module.data() != nullptr;
      return;
    }
    if (tok_.text == "ermine.encoding") return encoding_annotation();
    if (tok_.text.starts_with("metadata.code."))
      return fail(tok_, base::format("@{} annotation: not in a function", tok_.text));
    return unexpected("a module field");
  }
  std::string_view keyword = tok_.text;
  if (keyword == "func") return func_field();
  if (keyword == "type" || keyword == "rec") {
    lexer_.skip_to_close();
    return advance();
  }
  if (keyword == "import") return import_field();
  if (keyword == "global") return global_field();
  if (keyword == "export") return export_field();
  if (keyword == "data") return data_field();
  if (keyword == "elem") return elem_field();
  if (keyword == "table") return table_field();
  if (keyword == "memory") return memory_field();
  if (keyword == "tag") return tag_field();
  if (keyword == "start") return start_field();
  if (keyword.empty()) {
    Token open = tok_;
    advance();
    if (tok_.kind != TokenKind::kReserved && tok_.kind != TokenKind::kAnnotation && tok_.kind != TokenKind::kEof)
      tok_ = open;
    return unexpected("a module field");
  }
  fail(tok_, base::format("unexpected token \"({}\", expected a module field", keyword.substr(0, 40)),
       keyword == "module" ? "a module does not contain modules" : "");
}

void Parser::define(Space space) {
  if (!defined_)
    defined_ = space == Space::kFunc     ? "function"
               : space == Space::kTable  ? "table"
               : space == Space::kMemory ? "memory"
               : space == Space::kGlobal ? "global"
                                         : "tag";
}

void Parser::inline_exports(uint8_t kind, uint32_t index) {
  while (accept_open("export")) {
    ByteBuffer& out = module_.entry(Section::kExport);
    out.name(name_string());
    out.u8(kind);
    out.leb(index);
    expect_close();
  }
}

bool Parser::inline_import(uint8_t kind) {
  if (!at_open("import")) return false;
  if (defined_) fail(tok_, base::format("import after {}", defined_), "imports stand before all definitions");
  advance();
  ByteBuffer& out = module_.entry(Section::kImport);
  out.name(name_string());
  out.name(name_string());
  out.u8(kind);
  expect_close();
  return true;
}

void Parser::func_field() {
  advance();
  func_index_ = seen_[static_cast<unsigned>(Space::kFunc)]++;
  note_name(NameSpace::kFunc, func_index_, definition_name());
  inline_exports(kFuncKind, func_index_);
  if (inline_import(kFuncKind)) {
    module_.body(Section::kImport).leb(type_use(ParamNames::kAllow).index);
    return expect_close();
  }
  define(Space::kFunc);
  func_body();
  expect_close();
}

bool Parser::address_type() {
  if (accept_keyword("i64")) return true;
  accept_keyword("i32");
  return false;
}

// Limits have 64 bits since 64-bit memories exist; before, they had 32.
unsigned Parser::limit_bits() const { return options_.features.has(wasm::Feature::Memory64) ? 64 : 32; }

void Parser::table_type(ByteBuffer& out) {
  bool is64 = address_type();
  uint64_t min = unsigned_number(limit_bits());
  std::optional<uint64_t> max;
  if (tok_.kind == TokenKind::kNumber) max = unsigned_number(limit_bits());
  write_type(out, reference_type());
  out.u8((max ? 1 : 0) | (is64 ? 4 : 0));
  out.leb(min);
  if (max) out.leb(*max);
}

void Parser::table_field() {
  advance();
  uint32_t index = seen_[static_cast<unsigned>(Space::kTable)]++;
  note_name(NameSpace::kTable, index, definition_name());
  inline_exports(kTableKind, index);
  if (inline_import(kTableKind)) {
    table_type(module_.body(Section::kImport));
    return expect_close();
  }
  define(Space::kTable);
  ByteBuffer& out = module_.entry(Section::kTable);
  Token at = tok_;
  bool is64 = address_type();
  if (!at_reference_type()) {
    ByteBuffer type;
    restart(at.start);
    table_type(type);
    if (tok_.kind == TokenKind::kClose) {
      out.bytes(type.view());
    } else {
      out.u8(0x40);
      out.u8(0);
      out.bytes(type.view());
      constant_expr(out);
    }
    return expect_close();
  }

  ValTypeCode type = reference_type();
  if (!accept_open("elem")) return unexpected("(elem ...), or the table's size before its type");
  ++seen_[static_cast<unsigned>(Space::kElem)];
  bool written_as_exprs = tok_.kind == TokenKind::kOpen;
  // A list of functions has the type (ref func), which only tables of funcref always accept.
  bool exprs = written_as_exprs || type.code != 0x70;
  ByteBuffer& segment = module_.entry(Section::kElem);
  bool short_form = index == 0 && type.code == 0x70;
  segment.u8((exprs ? 4 : 0) | (short_form ? 0 : 2));
  if (!short_form) segment.leb(index);
  segment.opcode(is64 ? Op::i64_const : Op::i32_const);
  segment.u8(0);
  segment.opcode(Op::end);
  if (!short_form) {
    if (exprs) write_type(segment, type);
    else segment.u8(0);
  }
  uint32_t count = 0;
  if (exprs && !written_as_exprs) {
    ByteBuffer elements;
    for (; at_index(); ++count) {
      elements.opcode(Op::ref_func);
      elements.leb(this->index(Space::kFunc));
      elements.opcode(Op::end);
    }
    segment.leb(count);
    segment.bytes(elements.view());
  } else {
    count = elem_list(segment, exprs);
  }
  expect_close();
  expect_close();
  write_type(out, type);
  out.u8(1 | (is64 ? 4 : 0));
  out.leb(count);
  out.leb(count);
}

// "(pagesize N)"; the log2 of N.
uint8_t Parser::page_size() {
  uint64_t size = 0;
  Token at = tok_;
  if (tok_.kind == TokenKind::kNumber) at = tok_;
  size = unsigned_number(64);
  if (!failed() && !std::has_single_bit(size)) fail(at, "invalid custom page size: it must be a power of two");
  expect_close();
  return size == 0 ? 0 : static_cast<uint8_t>(std::countr_zero(size));
}

void Parser::memory_type(ByteBuffer& out, bool is64) {
  uint64_t min = unsigned_number(limit_bits());
  std::optional<uint64_t> max;
  if (tok_.kind == TokenKind::kNumber) max = unsigned_number(limit_bits());
  bool shared = accept_keyword("shared");
  if (!shared) accept_keyword("unshared");
  std::optional<uint8_t> page_log2;
  if (accept_open("pagesize")) page_log2 = page_size();
  out.u8((max ? 1 : 0) | (shared ? 2 : 0) | (is64 ? 4 : 0) | (page_log2 ? 8 : 0));
  out.leb(min);
  if (max) out.leb(*max);
  if (page_log2) out.leb(*page_log2);
}

void Parser::memory_field() {
  advance();
  uint32_t index = seen_[static_cast<unsigned>(Space::kMemory)]++;
  note_name(NameSpace::kMemory, index, definition_name());
  inline_exports(kMemoryKind, index);
  if (inline_import(kMemoryKind)) {
    bool is64 = address_type();
    memory_type(module_.body(Section::kImport), is64);
    return expect_close();
  }
  define(Space::kMemory);
  ByteBuffer& out = module_.entry(Section::kMemory);
  bool is64 = address_type();
  if (tok_.kind != TokenKind::kOpen) {
    memory_type(out, is64);
    return expect_close();
  }
  std::optional<uint8_t> page_log2;
  if (accept_open("pagesize")) page_log2 = page_size();
  if (!accept_open("data")) return unexpected("the memory's size or (data ...)");
  ++seen_[static_cast<unsigned>(Space::kData)];
  std::string contents = string_bytes();
  expect_close();
  expect_close();
  uint64_t pages = page_log2.value_or(16) > 63 ? 0 : contents.size() >> page_log2.value_or(16);
  if (pages << page_log2.value_or(16) < contents.size()) ++pages;
  out.u8(1 | (is64 ? 4 : 0) | (page_log2 ? 8 : 0));
  out.leb(pages);
  out.leb(pages);
  if (page_log2) out.leb(*page_log2);
  ByteBuffer& segment = module_.entry(Section::kData);
  segment.u8(index == 0 ? 0 : 2);
  if (index != 0) segment.leb(index);
  segment.opcode(is64 ? Op::i64_const : Op::i32_const);
  segment.u8(0);
  segment.opcode(Op::end);
  segment.name(contents);
}

void Parser::global_type(ByteBuffer& out) {
  if (accept_open("mut")) {
    write_type(out, value_type());
    expect_close();
    out.u8(1);
  } else {
    write_type(out, value_type());
    out.u8(0);
  }
}

void Parser::global_field() {
  advance();
  uint32_t index = seen_[static_cast<unsigned>(Space::kGlobal)]++;
  note_name(NameSpace::kGlobal, index, definition_name());
  inline_exports(kGlobalKind, index);
  if (inline_import(kGlobalKind)) {
    global_type(module_.body(Section::kImport));
    return expect_close();
  }
  define(Space::kGlobal);
  ByteBuffer& out = module_.entry(Section::kGlobal);
  global_type(out);
  constant_expr(out);
  expect_close();
}

void Parser::tag_field() {
  advance();
  uint32_t index = seen_[static_cast<unsigned>(Space::kTag)]++;
  note_name(NameSpace::kTag, index, definition_name());
  inline_exports(kTagKind, index);
  bool imported = inline_import(kTagKind);
  if (!imported) define(Space::kTag);
  ByteBuffer& out = imported ? module_.body(Section::kImport) : module_.entry(Section::kTag);
  out.u8(0);
  out.leb(type_use(ParamNames::kAllow).index);
  expect_close();
}

void Parser::export_field() {
  advance();
  ByteBuffer& out = module_.entry(Section::kExport);
  out.name(name_string());
  const DefinitionKind* d = tok_.kind == TokenKind::kOpen ? definition_kind(tok_.text) : nullptr;
  if (!d) return unexpected("what to export: (func ...), (table ...), (memory ...), (global ...) or (tag ...)");
  advance();
  out.u8(d->kind);
  out.leb(index(d->space));
  expect_close();
  expect_close();
}

void Parser::start_field() {
  if (has_start_) return fail(tok_, "multiple start sections");
  has_start_ = true;
  advance();
  module_.body(Section::kStart).leb(index(Space::kFunc));
  expect_close();
}

uint32_t Parser::elem_list(ByteBuffer& out, bool exprs) {
  ByteBuffer elements;
  uint32_t count = 0;
  if (exprs) {
    for (; tok_.kind == TokenKind::kOpen; ++count) {
      if (accept_open("item")) {
        constant_expr(elements);
        expect_close();
      } else {
        one_folded(elements);
        elements.opcode(Op::end);
      }
    }
  } else {
    for (; at_index(); ++count) elements.leb(index(Space::kFunc));
  }
  out.leb(count);
  out.bytes(elements.view());
  return count;
}

void Parser::offset_expr(ByteBuffer& out) {
  if (accept_open("offset")) {
    constant_expr(out);
    expect_close();
  } else {
    one_folded(out);
    out.opcode(Op::end);
  }
}

void Parser::elem_field() {
  advance();
  uint32_t segment_index = seen_[static_cast<unsigned>(Space::kElem)]++;
  note_name(NameSpace::kElem, segment_index, definition_name());
  bool declarative = accept_keyword("declare");
  bool active = false, explicit_table = false;
  uint32_t table = 0;
  ByteBuffer offset;
  if (!declarative) {
    if (accept_open("table")) {
      active = explicit_table = true;
      table = index(Space::kTable);
      expect_close();
    } else if (tok_.kind == TokenKind::kNumber) {
      active = true;  // a table's number alone, as in the first version of the format
      table = index(Space::kTable);
    }
    if (tok_.kind == TokenKind::kOpen && (active || tok_.text != "ref")) {
      active = true;
      offset_expr(offset);
    } else if (active) {
      return unexpected("the segment's offset");
    }
  }
  ByteBuffer& out = module_.entry(Section::kElem);
  bool exprs = false;
  ValTypeCode type;
  if (!accept_keyword("func")) {
    if (at_reference_type()) {
      exprs = true;
      type = reference_type();
    } else if (!active || explicit_table || (tok_.kind != TokenKind::kClose && !at_index())) {
      return unexpected("\"func\" or the segment's reference type");
    }
  }
  bool short_form = active && table == 0 && (!exprs || type.code == 0x70);
  out.u8((exprs ? 4 : 0) | (declarative ? 3 : !active ? 1 : short_form ? 0 : 2));
  if (active) {
    if (!short_form) out.leb(table);
    out.bytes(offset.view());
  }
  if (!short_form) {
    if (exprs) write_type(out, type);
    else out.u8(0);
  }
  elem_list(out, exprs);
  expect_close();
}

void Parser::data_field() {
  advance();
  uint32_t segment_index = seen_[static_cast<unsigned>(Space::kData)]++;
  note_name(NameSpace::kData, segment_index, definition_name());
  ByteBuffer& out = module_.entry(Section::kData);
  bool active = false;
  uint32_t memory = 0;
  if (accept_open("memory")) {
    active = true;
    memory = index(Space::kMemory);
    expect_close();
  } else if (tok_.kind == TokenKind::kNumber) {
    active = true;  // a memory's number alone, as in the first version of the format
    memory = index(Space::kMemory);
  }
  if (active || tok_.kind == TokenKind::kOpen) {
    if (tok_.kind != TokenKind::kOpen) return unexpected("the segment's offset");
    out.u8(memory == 0 ? 0 : 2);
    if (memory != 0) out.leb(memory);
    offset_expr(out);
  } else {
    out.u8(1);
  }
  if (tok_.kind == TokenKind::kString && !tok_.escaped) {
    // The usual case, one string: no copy in between. (With several strings the size is not known yet.)
    Token first = tok_;
    advance();
    if (tok_.kind != TokenKind::kString) {
      out.name(first.text);
      return expect_close();
    }
    std::string contents(first.text);
    contents += string_bytes();
    out.name(contents);
  } else {
    out.name(string_bytes());
  }
  expect_close();
}

uint8_t Parser::import_descriptor(ByteBuffer& out, bool allow_id) {
  const DefinitionKind* d = tok_.kind == TokenKind::kOpen ? definition_kind(tok_.text) : nullptr;
  if (!d) {
    unexpected("what to import: (func ...), (table ...), (memory ...), (global ...) or (tag ...)");
    return kFuncKind;
  }
  advance();
  if (!allow_id && tok_.kind == TokenKind::kId) {
    fail(tok_, "identifier not allowed", "the type is shared by several imports; give each item its own to name it");
    return d->kind;
  }
  std::string_view name = definition_name();
  if (allow_id) {
    constexpr NameSpace kNames[] = {NameSpace::kFunc, NameSpace::kTable, NameSpace::kMemory, NameSpace::kGlobal,
                                    NameSpace::kTag};
    note_name(kNames[d->kind], seen_[static_cast<unsigned>(d->space)]++, name);
  }
  out.u8(d->kind);
  switch (d->kind) {
    case kFuncKind: out.leb(type_use(ParamNames::kAllow).index); break;
    case kTableKind: table_type(out); break;
    case kMemoryKind: {
      bool is64 = address_type();
      memory_type(out, is64);
      break;
    }
    case kGlobalKind: global_type(out); break;
    case kTagKind:
      out.u8(0);
      out.leb(type_use(ParamNames::kAllow).index);
      break;
  }
  expect_close();
  return d->kind;
}

void Parser::import_field() {
  if (defined_) return fail(tok_, base::format("import after {}", defined_), "imports stand before all definitions");
  Token start = tok_;
  advance();
  ByteBuffer& out = module_.entry(Section::kImport);
  out.name(name_string());
  if (!at_open("item")) {
    out.name(name_string());
    import_descriptor(out, true);
    return expect_close();
  }

  // Compact import section: one module name for many items, with a type each or one type for all.
  if (!options_.features.has(wasm::Feature::CompactImports))
    return fail(start, "this form of import needs the feature compact-imports", {}, ErrorKind::kUnsupported);
  out.name("");
  ByteBuffer items;
  uint32_t count = 0;
  std::optional<bool> typed;
  while (accept_open("item")) {
    items.name(name_string());
    bool has_type = tok_.kind == TokenKind::kOpen;
    if (!typed) typed = has_type;
    else if (*typed != has_type) return unexpected(*typed ? "the item's type" : "\")\": the type follows the items");
    if (has_type) import_descriptor(items, true);
    expect_close();
    ++count;
  }
  if (*typed) {
    out.u8(0x7F);
  } else {
    out.u8(0x7E);
    uint8_t kind = import_descriptor(out, false);
    for (const DefinitionKind& d : kDefinitions)
      if (d.kind == kind) seen_[static_cast<unsigned>(d.space)] += count;
  }
  out.leb(count);
  out.bytes(items.view());
  expect_close();
}

}  // namespace ermine::text
