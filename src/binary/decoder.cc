// The sections of a module in their order (specification 3.0, section 5.5). Vector lengths are bounded by
// the bytes that are left, so that memory is bounded by the input's size, and then by wasm/limits.h.
#include "binary/decoder.h"

#include "base/fixed_text.h"
#include "base/format.h"
#include "binary/extern_types.h"
#include "binary/instr_reader.h"
#include "binary/reader.h"
#include "binary/type_section.h"
#include "wasm/limits.h"
#include "wasm/type_registry.h"

namespace ermine::binary {

using wasm::ConstExpr;
using wasm::ExternKind;
using wasm::Feature;
using wasm::Module;
using wasm::SegmentMode;
using wasm::ValType;

namespace {

enum SectionId : uint8_t {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElem,
  kCode,
  kData,
  kDataCount,
  kTag,
  kSectionIdCount
};
constexpr base::FixedText<10> kSectionNames[] = {"custom", "type",   "import",     "function", "table",
                                                 "memory", "global", "export",     "start",    "element",
                                                 "code",   "data",   "data count", "tag"};
// The position of a section in the order; each may occur once.
constexpr uint8_t kSectionOrder[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

class Decoder {
 public:
  explicit Decoder(std::shared_ptr<Module> module)
      : m_(*module), in_(m_, 0, m_.bytes.size()), keep_(std::move(module)) {}

  Result<std::shared_ptr<const Module>> run() {
    sections();
    if (in_.ok()) lengths();
    if (in_.ok()) return std::shared_ptr<const Module>(std::move(keep_));
    Error error = in_.take_error();
    if (!section_.empty())
      error = Error(error.kind(), base::format("{:t} (in the {} section)", error.message(), section_), error.offset());
    return first_error(std::move(error));
  }

 private:
  void sections() {
    const uint8_t* magic = in_.bytes(4);
    if (!magic) return in_.malformed(m_.bytes.size(), "unexpected end"), void();
    if (std::string_view(reinterpret_cast<const char*>(magic), 4) != std::string_view("\0asm", 4)) {
      fail_head("magic header not detected: a WebAssembly binary starts with the bytes 00 61 73 6d", 0);
      return;
    }
    const uint8_t* version = in_.bytes(4);
    if (!version) return;
    if (version[0] == 0x0D && version[2] == 0x01) {
      fail_head("unknown binary version: this is a component, a core module was expected", 4);
      return;
    }
    if (version[0] != 1 || version[1] || version[2] || version[3]) {
      fail_head(base::format("unknown binary version {:02x} {:02x} {:02x} {:02x}: version 1 is supported", version[0],
                             version[1], version[2], version[3]),
                4);
      return;
    }
    while (in_.ok() && !in_.at_end()) section();
    if (in_.ok()) section_ = {};
  }

  void fail_head(std::string message, uint64_t at) { in_.malformed(at, std::move(message)); }

  void section() {
    const uint32_t at = in_.offset();
    section_ = {};
    const uint8_t id = in_.byte();
    if (id >= kSectionIdCount) {
      in_.malformed(at, base::format("malformed section id {}", id));
      return;
    }
    if (id != kCustom && kSectionOrder[id] <= order_) {
      in_.malformed(at, base::format("unexpected content after last section: {} section {}", kSectionNames[id].view(),
                                     id == last_id_ ? "given twice" : "out of order"));
      return;
    }
    const uint32_t size = in_.length();
    if (!in_.ok()) return;
    if (size > in_.left()) {
      in_.malformed(m_.bytes.size(),
                    base::format("unexpected end of section or function: {} section of {} bytes, {} are left",
                                 kSectionNames[id].view(), size, in_.left()));
      return;
    }
    section_ = kSectionNames[id].view();
    const uint32_t start = in_.offset();
    if (id == kCustom) {
      custom(start, size);
    } else {
      order_ = kSectionOrder[id];
      last_id_ = id;
      content(static_cast<SectionId>(id), start, size);
    }
    if (in_.ok() && in_.offset() != start + size)
      in_.malformed(start, base::format("section size mismatch: {} bytes declared, {} used by the content", size,
                                        in_.offset() - start));
  }

  void content(SectionId id, uint32_t start, uint32_t size) {
    switch (id) {
      case kType: return read_type_section(in_, m_);
      case kImport: return imports();
      case kFunction: return functions();
      case kTable: return each(m_.tables, wasm::kMaxTables, "tables", [&] { table(); });
      case kMemory:
        return each(m_.memories, wasm::kMaxMemories, "memories", [&] { m_.memories.push_back(memory_type()); });
      case kGlobal: return each(m_.globals, wasm::kMaxGlobals, "globals", [&] { global(); });
      case kExport: return each(m_.exports, wasm::kMaxExports, "exports", [&] { export_(); });
      case kStart:
        m_.start_offset = start;
        m_.start = in_.u32();
        return;
      case kElem: return each(m_.elems, wasm::kMaxElemSegments, "element segments", [&] { elem(); });
      case kCode: return code(start, size);
      case kData: return each(m_.data, wasm::kMaxDataSegments, "data segments", [&] { data(); });
      case kDataCount:
        if (!in_.require(Feature::BulkMemory, "a data count section", start)) return;
        m_.data_count = in_.u32();
        return;
      case kTag:
        if (!in_.require(Feature::Exceptions, "a tag section", start)) return;
        return each(m_.tags, wasm::kMaxTags, "tags", [&] { tag(); });
      case kCustom:
      case kSectionIdCount: break;
    }
  }

  // Specification 3.0, section 5.5.17, the conditions on a module as a whole.
  void lengths() {
    if (bodies_ != m_.functions.size() - m_.imported_functions)
      in_.malformed(m_.bytes.size(), base::format("function and code section have inconsistent lengths: {} and {}",
                                                  m_.functions.size() - m_.imported_functions, bodies_));
    else if (m_.data_count && *m_.data_count != m_.data.size())
      in_.malformed(m_.bytes.size(), base::format("data count and data section have inconsistent lengths: {} and {}",
                                                  *m_.data_count, m_.data.size()));
  }

  // A vector of entries, appended to `list`, whose size with imports may not pass `limit`.
  template <class T, class F>
  void each(std::vector<T>& list, size_t limit, std::string_view what, F&& entry) {
    const uint32_t at = in_.offset();
    const uint32_t count = in_.length();
    if (list.size() + count > limit) {
      in_.fail(ErrorKind::kUnsupported, at,
               base::format("too many {}: {}, at most {} are supported", what, list.size() + count, limit));
      return;
    }
    list.reserve(list.size() + count);
    for (uint32_t i = 0; i < count && in_.ok(); ++i) entry();
  }

  void custom(uint32_t start, uint32_t size) {
    std::string_view name = in_.name();
    if (!in_.ok()) return;
    const uint32_t end = start + size;
    if (in_.offset() > end) {
      in_.malformed(end,
                    "unexpected end of section or function: the name of a custom section is longer than the section");
      return;
    }
    wasm::CustomSection section;
    section.name = name;
    section.offset = in_.offset();
    section.bytes = m_.bytes.subspan(in_.offset(), end - in_.offset());
    section.after_id = last_id_;
    m_.customs.push_back(section);
    in_.seek(end);
  }

  // Specification 3.0, section 5.5.5, and the compact-import-section proposal: an empty field name and the
  // byte 0x7F begin a list of (name, type) with one module name, 0x7E one of names of one type.
  void imports() {
    for (uint32_t groups = in_.length(); groups > 0 && in_.ok(); --groups) {
      const uint32_t at = in_.offset();
      std::string_view module = in_.name();
      std::string_view name = in_.name();
      if (!in_.ok()) return;
      if (name.empty() && !in_.at_end() && (*in_.position() == 0x7F || *in_.position() == 0x7E)) {
        const uint32_t kind_at = in_.offset();
        const bool one_type = in_.byte() == 0x7E;
        if (!in_.features().has(Feature::CompactImports)) {
          in_.malformed(kind_at, "malformed import kind: a compact import requires the compact-imports feature");
          return;
        }
        const uint32_t type_at = in_.offset();
        if (one_type) extern_type([](const auto&) {});  // once for its form, then again for each name
        const uint32_t after_type = in_.offset();
        const uint32_t count = in_.length();
        if (!imports_fit(count, at)) return;
        for (uint32_t i = 0; i < count && in_.ok(); ++i) {
          const uint32_t item_at = in_.offset();
          name = in_.name();
          if (!one_type) {
            import(module, name, item_at);
            continue;
          }
          const uint32_t next = in_.offset();
          if (!in_.ok()) return;
          in_.seek(type_at);
          import(module, name, item_at);
          if (in_.ok() && in_.offset() == after_type) in_.seek(next);
        }
      } else {
        if (!imports_fit(1, at)) return;
        import(module, name, at);
      }
    }
  }

  bool imports_fit(uint32_t more, uint32_t at) {
    if (m_.imports.size() + more <= wasm::kMaxImports) return true;
    in_.fail(ErrorKind::kUnsupported, at,
             base::format("too many imports: at most {} are supported", wasm::kMaxImports));
    return false;
  }

  void import(std::string_view module, std::string_view name, uint32_t at) {
    extern_type([&](auto&& item) {
      ExternKind kind = append(item);
      const size_t index = kind == ExternKind::kFunc     ? m_.imported_functions++
                           : kind == ExternKind::kTable  ? m_.imported_tables++
                           : kind == ExternKind::kMemory ? m_.imported_memories++
                           : kind == ExternKind::kGlobal ? m_.imported_globals++
                                                         : m_.imported_tags++;
      m_.imports.push_back({module, name, kind, static_cast<uint32_t>(index), at});
    });
  }
  ExternKind append(const wasm::Function& f) { return m_.functions.push_back(f), ExternKind::kFunc; }
  ExternKind append(const wasm::Table& t) { return m_.tables.push_back(t), ExternKind::kTable; }
  ExternKind append(const wasm::MemoryType& t) { return m_.memories.push_back(t), ExternKind::kMemory; }
  ExternKind append(const wasm::Global& g) { return m_.globals.push_back(g), ExternKind::kGlobal; }
  ExternKind append(const wasm::Tag& t) { return m_.tags.push_back(t), ExternKind::kTag; }

  // Reads an import's type and, if it is well formed, gives f the record to be added.
  template <class F>
  void extern_type(F&& f) {
    const uint32_t at = in_.offset();
    const uint8_t kind = in_.byte();
    if (!in_.ok()) return;
    switch (kind) {
      case 0: {
        wasm::Function function = function_of_type();
        if (in_.ok()) f(function);
        return;
      }
      case 1: {
        wasm::Table table;
        table.entry_offset = at;
        table.type = table_type();
        if (in_.ok()) f(table);
        return;
      }
      case 2: {
        wasm::MemoryType memory = memory_type();
        if (in_.ok()) f(memory);
        return;
      }
      case 3: {
        wasm::Global global;
        global.entry_offset = at;
        global.type = global_type();
        if (in_.ok() && global.type.is_mutable) in_.require(Feature::MutableGlobal, "importing a mutable global", at);
        if (in_.ok()) f(global);
        return;
      }
      case 4: {
        if (!in_.require(Feature::Exceptions, "importing a tag", at)) return;
        wasm::Tag tag = tag_type();
        if (in_.ok()) f(tag);
        return;
      }
      default: in_.malformed(at, base::format("malformed import kind 0x{:02x}", kind));
    }
  }

  wasm::Function function_of_type() {
    const uint32_t at = in_.offset();
    wasm::Function function;
    function.type_index = in_.type_index();
    if (!in_.ok()) return function;
    function.type = m_.types[function.type_index];
    if (m_.registry->get(function.type).kind != wasm::CompositeKind::kFunc)
      in_.fail(ErrorKind::kInvalid, at, base::format("unknown type: non-function type {}", function.type_index));
    return function;
  }

  wasm::Tag tag_type() {
    const uint32_t at = in_.offset();
    if (in_.byte() != 0 && in_.ok()) in_.malformed(at, "zero byte expected: the attribute of a tag");
    wasm::Function like = function_of_type();
    return {like.type_index, like.type, at};
  }

  wasm::TableType table_type() { return read_table_type(in_); }
  wasm::MemoryType memory_type() { return read_memory_type(in_); }
  wasm::GlobalType global_type() { return read_global_type(in_); }

  void functions() {
    each(m_.functions, wasm::kMaxFunctions, "functions", [&] {
      wasm::Function function = function_of_type();
      if (in_.ok()) m_.functions.push_back(function);
    });
  }

  void table() {
    wasm::Table table;
    table.entry_offset = in_.offset();
    if (!in_.at_end() && *in_.position() == 0x40) {
      const uint32_t at = in_.offset();
      in_.byte();
      if (!in_.require(Feature::FunctionReferences, "a table with an initial value", at)) return;
      if (in_.byte() != 0 && in_.ok())
        in_.malformed(at + 1, "zero byte expected: before the type of a table with an initial value");
      table.type = table_type();
      table.init = const_expr();
    } else {
      table.type = table_type();
    }
    if (in_.ok()) m_.tables.push_back(table);
  }

  void tag() {
    wasm::Tag tag = tag_type();
    if (in_.ok()) m_.tags.push_back(tag);
  }

  void global() {
    wasm::Global global;
    global.entry_offset = in_.offset();
    global.type = global_type();
    global.init = const_expr();
    if (in_.ok()) m_.globals.push_back(global);
  }

  void export_() {
    wasm::Export e;
    e.entry_offset = in_.offset();
    e.name = in_.name();
    const uint32_t at = in_.offset();
    const uint8_t kind = in_.byte();
    if (kind > 4 && in_.ok()) in_.malformed(at, base::format("malformed export kind 0x{:02x}", kind));
    e.kind = static_cast<ExternKind>(kind);
    e.index = in_.u32();
    if (!in_.ok()) return;
    if (e.kind == ExternKind::kFunc) declare(e.index);
    m_.exports.push_back(e);
  }

  // Specification 3.0, section 3.5.1: functions that occur outside of bodies may be used in ref.func.
  void declare(uint32_t func_index) {
    if (func_index < m_.functions.size()) m_.functions[func_index].declared = true;
  }

  // Reads a constant expression up to and including the `end` that closes it.
  ConstExpr const_expr() {
    ConstExpr expr;
    if (!in_.ok()) return expr;
    expr.offset = in_.offset();
    InstrReader instrs(m_, expr.offset, static_cast<uint32_t>(m_.bytes.size() - expr.offset));
    Instr instr;
    uint32_t depth = 0;
    while (instrs.next(instr)) {
      if (wasm::opens_block(instr.op)) ++depth;
      switch (instr.op) {
        case Op::ref_func: declare(instr.index); break;
        case Op::else_:
          if (depth == 0)
            return in_.malformed(instr.offset, "END opcode expected: else in a constant expression"), expr;
          break;
        case Op::delegate:
          if (depth > 0) --depth;
          break;
        case Op::end:
          if (depth-- > 0) break;
          expr.size = instrs.offset() - expr.offset;
          in_.seek(instrs.offset());
          return expr;
        default: break;
      }
    }
    if (instrs.failed()) in_.fail(instrs.take_error());
    else in_.malformed(m_.bytes.size(), "unexpected end of section or function: a constant expression has no end");
    return expr;
  }

  // Specification 3.0, section 5.5.12. Bit 0: not active; bit 1: explicit table, or declarative; bit 2: expressions.
  void elem() {
    wasm::ElemSegment segment{};
    segment.entry_offset = in_.offset();
    const uint32_t flags = in_.u32();
    if (flags > 7) {
      in_.malformed(segment.entry_offset, base::format("malformed elements segment kind {}", flags));
      return;
    }
    if (flags != 0 &&
        !in_.require(Feature::BulkMemory, base::format("an element segment of kind {}", flags), segment.entry_offset))
      return;
    const bool active = !(flags & 1), exprs = flags & 4;
    segment.mode = active ? SegmentMode::kActive : flags & 2 ? SegmentMode::kDeclarative : SegmentMode::kPassive;
    if (active) {
      if (flags & 2) segment.table = in_.u32();
      segment.offset = const_expr();
    }
    segment.type = ValType::ref(wasm::HeapType::kFunc, exprs);
    if (flags & 3) {
      const uint32_t at = in_.offset();
      if (exprs) segment.type = in_.ref_type();
      else if (in_.byte() != 0 && in_.ok()) in_.malformed(at, "malformed element kind");
    }
    const uint32_t at = in_.offset();
    const uint32_t count = in_.length();
    if (count > wasm::kMaxTableElems) {
      in_.fail(ErrorKind::kUnsupported, at,
               base::format("element segment with {} elements: at most {} are supported", count, wasm::kMaxTableElems));
      return;
    }
    if (exprs) {
      segment.exprs.reserve(count);
      for (uint32_t i = 0; i < count && in_.ok(); ++i) segment.exprs.push_back(const_expr());
    } else {
      segment.funcs.reserve(count);
      for (uint32_t i = 0; i < count && in_.ok(); ++i) {
        const uint32_t index = in_.u32();
        declare(index);
        segment.funcs.push_back(index);
      }
    }
    if (in_.ok()) m_.elems.push_back(std::move(segment));
  }

  void code(uint32_t start, uint32_t size) {
    m_.code_offset = start;
    m_.code_size = size;
    const size_t defined = m_.functions.size() - m_.imported_functions;
    const uint32_t count = in_.length();
    for (uint32_t i = 0; i < count && in_.ok(); ++i) {
      const uint32_t at = in_.offset();
      const uint32_t body_size = in_.length();
      const uint32_t body = in_.offset();
      if (!in_.bytes(body_size)) return;
      if (body_size > wasm::kMaxFunctionSize) {
        in_.fail(
            ErrorKind::kUnsupported, at,
            base::format("function body of {} bytes: at most {} are supported", body_size, wasm::kMaxFunctionSize));
        return;
      }
      ++bodies_;
      if (i >= defined) continue;  // reported at the end, see lengths()
      wasm::Function& function = m_.functions[m_.imported_functions + i];
      function.body_offset = body;
      function.body_size = body_size;
    }
  }

  void data() {
    wasm::DataSegment segment{};
    segment.entry_offset = in_.offset();
    const uint32_t flags = in_.u32();
    if (flags > 2) {
      in_.malformed(segment.entry_offset, base::format("malformed data segment kind {}", flags));
      return;
    }
    if (flags != 0 &&
        !in_.require(Feature::BulkMemory, base::format("a data segment of kind {}", flags), segment.entry_offset))
      return;
    segment.mode = flags == 1 ? SegmentMode::kPassive : SegmentMode::kActive;
    if (flags == 2) segment.memory = in_.u32();
    if (flags != 1) segment.offset = const_expr();
    const uint32_t size = in_.u32();
    const uint8_t* bytes = in_.bytes(size);
    if (!in_.ok()) return;
    segment.bytes = {bytes, size};
    m_.data.push_back(segment);
  }

  // Function bodies are read later, but the error with the lowest offset must be reported: when something behind the
  // code section is malformed, the bodies are checked for their form first. (An empty body has the offset of what
  // follows.)
  Error first_error(Error error) {
    if (error.kind() != ErrorKind::kMalformed || m_.code_offset == 0) return error;
    for (size_t i = m_.imported_functions; i < m_.functions.size(); ++i) {
      const wasm::Function& function = m_.functions[i];
      if (function.body_offset == 0 || function.body_offset > error.offset()) break;
      auto form = check_form(function);
      if (form || form.error().kind() != ErrorKind::kMalformed) continue;
      return Error(form.error().kind(), base::format("{:t} (in function {})", form.error().message(), i),
                   form.error().offset());
    }
    return error;
  }

  Result<void> check_form(const wasm::Function& function) {
    ERMINE_ASSIGN(const uint32_t first, read_locals(m_, function, [](uint32_t, ValType) {}));
    const uint32_t end = function.body_offset + function.body_size;
    InstrReader instrs(m_, first, end - first);
    Instr instr;
    uint32_t depth = 1;
    while (depth > 0 && instrs.next(instr)) {
      if (wasm::opens_block(instr.op)) ++depth;
      else if (instr.op == Op::end || instr.op == Op::delegate) --depth;
    }
    if (instrs.failed()) return instrs.take_error();
    if (depth > 0) return missing_end(m_, end);
    return {};
  }

  Module& m_;
  Reader in_;
  std::shared_ptr<Module> keep_;
  std::string_view section_;
  uint8_t order_ = 0;
  uint8_t last_id_ = 0;
  size_t bodies_ = 0;
};

}  // namespace

Result<std::shared_ptr<const Module>> decode(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner,
                                             std::shared_ptr<wasm::TypeRegistry> registry, wasm::FeatureSet features,
                                             uint64_t base_offset) {
  if (bytes.size() > wasm::kMaxModuleSize)
    return Error(ErrorKind::kUnsupported,
                 base::format("module of {} bytes: at most {} are supported", bytes.size(), wasm::kMaxModuleSize));
  auto module = std::make_shared<Module>();
  module->bytes_owner = std::move(owner);
  module->bytes = bytes;
  module->registry = std::move(registry);
  module->features = features;
  module->base_offset = base_offset;
  auto decoded = Decoder(std::move(module)).run();
  if (!decoded) return std::move(decoded).error().with_offset_moved(base_offset);
  return decoded;
}

}  // namespace ermine::binary
