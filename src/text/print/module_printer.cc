// Prints the fields of a module. See module_printer.h; function bodies are in body.cc.
#include "text/print/module_printer.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/print/canonical.h"

namespace ermine::text {

using binary::Op;
using binary::Reader;

namespace {

constexpr uint8_t kFunc = 0, kTable = 1, kMemory = 2, kGlobal = 3, kTag = 4;
constexpr NameSpace kSpaceOf[] = {NameSpace::kFunc, NameSpace::kTable, NameSpace::kMemory, NameSpace::kGlobal,
                                  NameSpace::kTag};
constexpr std::string_view kKindWords[] = {"func", "table", "memory", "global", "tag"};

}  // namespace

std::string_view section_word(uint8_t id) {
  constexpr std::string_view kWords[] = {"",       "type",  "import", "func", "table", "memory",    "global",
                                         "export", "start", "elem",   "code", "data",  "datacount", "tag"};
  return id < std::size(kWords) ? kWords[id] : "";
}

ModulePrinter::ModulePrinter(const RawModule& raw, const PrintOptions& options, Out& out)
    : raw_(raw), options_(options), out_(out), terms_(raw, out, options.names) {
  for (unsigned kind = 0; kind < 5; ++kind) next_index_[kind] = 0;
  if (!options.names) return;
  for (unsigned s = 0; s < kNameSpaceCount; ++s)
    names_carried_ += terms_.ids(static_cast<NameSpace>(s)).assign(raw.names.spaces[s], raw.counts[s]);
}

void ModulePrinter::new_line(unsigned indent, uint32_t, uint32_t) {
  out_ << '\n';
  out_.spaces(indent);
}

void ModulePrinter::define(NameSpace space, uint32_t index) {
  terms_.ids(space).define(out_, index);
  (out_ << " (;").number(index) << ";)";
}

Result<void> ModulePrinter::finish(Reader& in) {
  if (in.ok() && !in.at_end()) in.malformed(in.offset(), "section size mismatch");
  if (!in.ok()) return in.take_error();
  out_.maybe_flush();
  return {};
}

Result<void> ModulePrinter::print() {
  if (!options_.head.empty()) {
    own_name();
  } else if (out_ << "(module"; options_.names && raw_.names.has_module) {
    std::string_view name = raw_.names.module;
    if (name.size() <= kMaxIdentifier && is_plain_identifier(name)) {
      out_ << " $" << name;
    } else {
      out_ << " (@name ";
      terms_.name(name);
      out_ << ')';
    }
  }
  for (const RawSection& s : raw_.sections) {
    ERMINE_TRY(section(s));
    if (s.id != 0) last_section_ = s.id;
    if (!out_.maybe_flush()) return {};
  }
  ERMINE_TRY(encoding());
  out_ << (raw_.sections.empty() ? ")\n" : "\n)\n");
  out_.flush();
  return {};
}

// The head, and the module's name if it is another than the head gives it.
void ModulePrinter::own_name() {
  out_ << options_.head;
  const bool named = options_.names && raw_.names.has_module;
  const bool is_same = named ? options_.head_name.data() != nullptr && raw_.names.module == options_.head_name
                             : options_.head_name.data() == nullptr;
  if (is_same) return;
  new_line(2);
  out_ << "(@ermine.name";
  if (named) {
    out_ << ' ';
    terms_.name(raw_.names.module);
  }
  out_ << ')';
}

Result<void> ModulePrinter::encoding() {
  if (!options_.exact) return {};
  ERMINE_ASSIGN(EncodingDelta delta, encoding_delta(raw_));
  if (delta.empty()) return {};
  std::vector<uint8_t> bytes = delta.finish(raw_.module.bytes.size());
  new_line(2);
  out_ << "(@ermine.encoding";
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (constexpr size_t kLine = 4096; !rest.empty(); rest.remove_prefix(std::min(kLine, rest.size()))) {
    new_line(4);
    terms_.string(rest.substr(0, kLine));
    out_.maybe_flush();
  }
  out_ << ')';
  return {};
}

Result<void> ModulePrinter::section(const RawSection& s) {
  switch (s.id) {
    case 0: custom(s); return {};
    case 1: return types(raw_.reader(s));
    case 2: return imports(raw_.reader(s));
    case 4: return tables(raw_.reader(s));
    case 5: return memories(raw_.reader(s));
    case 6: return globals(raw_.reader(s));
    case 7: return exports(raw_.reader(s));
    case 8: return start(raw_.reader(s));
    case 9: return elements(raw_.reader(s));
    case 10: return code(raw_.reader(s));
    case 11: return data(raw_.reader(s));
    case 13: return tags(raw_.reader(s));
    default: return {};  // functions are printed with their code; the data count follows from the code
  }
}

// -- Types ---------------------------------------------------------------------------------------------

Result<void> ModulePrinter::types(Reader in) {
  uint32_t index = 0;
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    if (in.peek() != 0x4E) {
      sub_type(in, index++, 2);
      continue;
    }
    new_line(2, in.offset());
    in.byte();
    out_ << "(rec";
    for (uint32_t members = in.length(); members > 0 && in.ok(); --members) sub_type(in, index++, 4);
    new_line(2, in.offset());
    out_ << ')';
  }
  return finish(in);
}

void ModulePrinter::sub_type(Reader& in, uint32_t index, unsigned indent) {
  // Only dump() reaches this with types that could not be read.
  if (index >= raw_.types.size()) return in.malformed(in.offset(), "malformed type");
  new_line(indent, in.offset());
  out_ << "(type";
  define(NameSpace::kType, index);
  out_ << ' ';
  uint8_t kind = in.peek();
  bool is_sub = kind == 0x50 || kind == 0x4F;
  if (is_sub) {
    in.byte();
    out_ << (kind == 0x4F ? "(sub final " : "(sub ");
    for (uint32_t supers = in.length(); supers > 0 && in.ok(); --supers) {
      terms_.use(NameSpace::kType, in.u32());
      out_ << ' ';
    }
  }
  composite(in, index);
  out_ << (is_sub ? "))" : ")");
  out_.maybe_flush();
}

void ModulePrinter::composite(Reader& in, uint32_t index) {
  switch (in.byte()) {
    case 0x60:
      out_ << "(func";
      terms_.signature(raw_.types[index], nullptr);
      out_ << ')';
      // Past what was printed: both lists.
      for (int list = 0; list < 2; ++list)
        for (uint32_t n = in.length(); n > 0 && in.ok(); --n) skip_value_type(in);
      break;
    case 0x5F: {
      out_ << "(struct";
      Identifiers& fields = terms_.fields_of(index);
      uint32_t count = in.length();
      for (uint32_t i = 0; i < count && in.ok(); ++i) {
        out_ << " (field";
        if (fields.has_definition(i)) {
          ++field_names_carried_;
          fields.define(out_, i);
        }
        out_ << ' ';
        terms_.field_type(in);
        out_ << ')';
      }
      out_ << ')';
      break;
    }
    case 0x5E:
      out_ << "(array ";
      terms_.field_type(in);
      out_ << ')';
      break;
    default: break;  // refused when the module was split
  }
}

// -- Imports and exports -------------------------------------------------------------------------------

void ModulePrinter::import_item(Reader& in, uint8_t kind, bool is_definition) {
  if (kind > kTag) return in.malformed(in.offset(), "malformed import kind");
  out_ << '(' << kKindWords[kind];
  if (is_definition) define(kSpaceOf[kind], next_index_[kind]++);
  switch (kind) {
    case kFunc: terms_.type_use(in.u32(), false, nullptr); break;
    case kTable:
      out_ << ' ';
      terms_.table_type(in);
      break;
    case kMemory:
      out_ << ' ';
      terms_.memory_type(in);
      break;
    case kGlobal:
      out_ << ' ';
      terms_.global_type(in);
      break;
    case kTag: {
      uint32_t at = in.offset();
      if (in.byte() != 0 && in.ok()) in.malformed(at, "malformed tag attribute");
      terms_.type_use(in.u32(), false, nullptr);
      break;
    }
  }
  out_ << ')';
}

Result<void> ModulePrinter::imports(Reader in) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t at = in.offset();
    std::string_view module = in.name(), name = in.name();
    uint8_t kind = in.byte();
    uint32_t type_at = in.offset();
    bool typed_items = name.empty() && kind == 0x7F, untyped_items = name.empty() && kind == 0x7E;
    if (untyped_items) {
      kind = in.byte();
      skip_descriptor(kind, in);
    }
    uint32_t items = typed_items || untyped_items ? in.length() : 1;
    // A group without items imports nothing, and the text format cannot express it.
    if (items == 0 || !in.ok()) continue;
    new_line(2, at);
    out_ << "(import ";
    terms_.name(module);
    if (!typed_items && !untyped_items) {
      out_ << ' ';
      terms_.name(name);
      out_ << ' ';
      import_item(in, kind, true);
    }
    for (; items > 0 && in.ok() && (typed_items || untyped_items); --items) {
      if (typed_items) new_line(4, in.offset());
      out_ << (typed_items ? "(item " : " (item ");
      terms_.name(in.name());
      if (typed_items) {
        out_ << ' ';
        import_item(in, in.byte(), true);
      } else {
        ++next_index_[kind];
      }
      out_ << ')';
      out_.maybe_flush();
    }
    if (untyped_items && in.ok()) {
      uint32_t after = in.offset();
      in.seek(type_at);
      out_ << ' ';
      import_item(in, in.byte(), false);
      in.seek(after);
    }
    out_ << ')';
    out_.maybe_flush();
  }
  return finish(in);
}

Result<void> ModulePrinter::exports(Reader in) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    new_line(2, in.offset());
    out_ << "(export ";
    terms_.name(in.name());
    uint32_t at = in.offset();
    uint8_t kind = in.byte();
    if (kind > kTag) {
      if (in.ok()) in.malformed(at, "malformed export kind");
      break;
    }
    out_ << " (" << kKindWords[kind] << ' ';
    terms_.use(kSpaceOf[kind], in.u32());
    out_ << "))";
    out_.maybe_flush();
  }
  return finish(in);
}

Result<void> ModulePrinter::start(Reader in) {
  new_line(2, in.offset());
  out_ << "(start ";
  terms_.use(NameSpace::kFunc, in.u32());
  out_ << ')';
  return finish(in);
}

// -- Definitions ---------------------------------------------------------------------------------------

Result<void> ModulePrinter::tables(Reader in) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    new_line(2, in.offset());
    out_ << "(table";
    define(NameSpace::kTable, next_index_[kTable]++);
    out_ << ' ';
    bool has_init = in.peek() == 0x40;
    if (has_init) {
      in.byte();
      uint32_t at = in.offset();
      if (in.byte() != 0 && in.ok()) in.malformed(at, "malformed table");
    }
    terms_.table_type(in);
    if (has_init) {
      out_ << ' ';
      // The text format cannot express this: it would be a table without one.
      if (in.peek() == 0x0B)
        in.fail(ErrorKind::kInvalid, in.offset(), "type mismatch: the table's initial value is an empty expression");
      bare_expression(in);
    }
    out_ << ')';
  }
  return finish(in);
}

Result<void> ModulePrinter::memories(Reader in) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    new_line(2, in.offset());
    out_ << "(memory";
    define(NameSpace::kMemory, next_index_[kMemory]++);
    out_ << ' ';
    terms_.memory_type(in);
    out_ << ')';
  }
  return finish(in);
}

Result<void> ModulePrinter::globals(Reader in) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    new_line(2, in.offset());
    out_ << "(global";
    define(NameSpace::kGlobal, next_index_[kGlobal]++);
    out_ << ' ';
    terms_.global_type(in);
    out_ << ' ';
    bare_expression(in);
    out_ << ')';
    out_.maybe_flush();
  }
  return finish(in);
}

Result<void> ModulePrinter::tags(Reader in) {
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    new_line(2, in.offset());
    import_item(in, kTag, true);
  }
  return finish(in);
}

Result<void> ModulePrinter::elements(Reader in) {
  uint32_t index = 0;
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t at = in.offset();
    uint32_t flags = in.u32();
    if (flags > 7) {
      if (in.ok()) in.malformed(at, "malformed elements segment kind");
      break;
    }
    new_line(2, at);
    out_ << "(elem";
    define(NameSpace::kElem, index++);
    bool active = !(flags & 1), exprs = flags & 4;
    if (active) {
      if (flags & 2) {
        out_ << " (table ";
        terms_.use(NameSpace::kTable, in.u32());
        out_ << ')';
      }
      out_ << ' ';
      expression(in, "offset");
    } else if (flags & 2) {
      out_ << " declare";
    }
    out_ << ' ';
    if ((flags & 3) == 0) {
      out_ << (exprs ? "funcref" : "func");
    } else if (exprs) {
      terms_.value_type(in);
    } else {
      uint32_t kind_at = in.offset();
      if (in.byte() != 0 && in.ok()) in.malformed(kind_at, "malformed element kind");
      out_ << "func";
    }
    for (uint32_t m = in.length(); m > 0 && in.ok(); --m) {
      element_item(in.offset());
      if (exprs) expression(in, "item");
      else terms_.use(NameSpace::kFunc, in.u32());
      out_.maybe_flush();
    }
    out_ << ')';
  }
  return finish(in);
}

Result<void> ModulePrinter::data(Reader in) {
  uint32_t index = 0;
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t at = in.offset();
    uint32_t flags = in.u32();
    if (flags > 2) {
      if (in.ok()) in.malformed(at, "malformed data segment kind");
      break;
    }
    new_line(2, at);
    out_ << "(data";
    define(NameSpace::kData, index++);
    if (flags == 2) {
      out_ << " (memory ";
      terms_.use(NameSpace::kMemory, in.u32());
      out_ << ')';
    }
    if (flags != 1) {
      out_ << ' ';
      expression(in, "offset");
    }
    out_ << ' ';
    uint32_t size = in.u32(), contents_at = in.offset();
    if (in.bytes(size)) data_contents(contents_at, size);
    out_ << ')';
    out_.maybe_flush();
  }
  return finish(in);
}

void ModulePrinter::element_item(uint32_t) { out_ << ' '; }

void ModulePrinter::data_contents(uint32_t at, uint32_t size) {
  terms_.string({reinterpret_cast<const char*>(raw_.module.bytes.data()) + at, size});
}

// -- Custom sections -----------------------------------------------------------------------------------

void ModulePrinter::place() {
  if (last_section_ == 0) out_ << " (before first)";
  else out_ << " (after " << section_word(last_section_) << ')';
}

void ModulePrinter::custom(const RawSection& s) {
  if (take_hints(s)) return;
  std::span<const uint8_t> contents = raw_.module.bytes.subspan(s.begin, s.end - s.begin);
  new_line(2);
  if (&s == raw_.name_section && options_.names) {
    // Identifiers in the text are sufficient if all names were used and the encoding is the usual one.
    size_t total = raw_.names.locals.size() + raw_.names.labels.size();
    for (const auto& space : raw_.names.spaces) total += space.size();
    std::vector<uint8_t> again = raw_.names.encode();
    if (total == names_carried_ && raw_.names.fields.size() == field_names_carried_ &&
        std::ranges::equal(again, contents)) {
      out_ << "(@ermine.names";
      place();
      out_ << ')';
      return;
    }
  }
  out_ << "(@custom ";
  terms_.name(s.name);
  place();
  if (!contents.empty()) {
    out_ << ' ';
    terms_.string({reinterpret_cast<const char*>(contents.data()), contents.size()});
  }
  out_ << ')';
}

}  // namespace ermine::text
