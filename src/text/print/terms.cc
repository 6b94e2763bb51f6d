// Prints types, identifiers and instructions. See printer.h.
#include <fmt/format.h>

#include <algorithm>

#include "text/number.h"
#include "text/print/printer.h"
#include "text/type_words.h"

namespace ermine::text {

using binary::Instr;
using binary::Op;
using binary::Reader;
using wasm::HeapType;
using wasm::Imm;
using wasm::ValType;

namespace {
// Code of an abstract heap type, in the order of HeapType::Abstract.
constexpr uint8_t kAbstractCodes[] = {0x70, 0x73, 0x6F, 0x72, 0x6E, 0x6D, 0x6C, 0x6B, 0x6A, 0x71, 0x69, 0x74};
uint8_t code_of_heap(HeapType type) { return kAbstractCodes[type.abstract() - HeapType::kFunc]; }
}  // namespace

TermPrinter::TermPrinter(const RawModule& raw, Out& out, bool use_names)
    : raw_(raw), out_(out), use_names_(use_names) {}

void TermPrinter::heap_type(HeapType type) {
  if (type.is_concrete()) use(NameSpace::kType, type.type_id());
  else out_ << word_of(kHeapTypes, code_of_heap(type));
}

void TermPrinter::reference(ValType type) {
  if (type.nullable() && !type.heap().is_concrete()) {
    out_ << word_of(kReferenceTypes, code_of_heap(type.heap()));
    return;
  }
  out_ << (type.nullable() ? "(ref null " : "(ref ");
  heap_type(type.heap());
  out_ << ')';
}

void TermPrinter::value_type(Reader& in) {
  uint32_t at = in.offset();
  uint8_t code = in.byte();
  if (code == 0x63 || code == 0x64) {
    out_ << (code == 0x63 ? "(ref null " : "(ref ");
    HeapType heap = in.heap_type();
    if (!in.ok()) return;
    heap_type(heap);
    out_ << ')';
    return;
  }
  std::string_view word = word_of(kNumberTypes, code);
  if (word.empty()) word = word_of(kReferenceTypes, code);
  if (word.empty() && in.ok()) in.malformed(at, fmt::format("malformed value type 0x{:02x}", code));
  out_ << word;
}

void TermPrinter::field_type(Reader& in) {
  // The mutability follows the type but is written around it.
  uint32_t at = in.offset();
  skip_value_type(in);
  uint32_t flag_at = in.offset();
  uint8_t is_mutable = in.byte();
  if (is_mutable > 1 && in.ok()) in.malformed(flag_at, "malformed mutability");
  if (!in.ok()) return;
  if (is_mutable) out_ << "(mut ";
  uint8_t code = raw_.module.bytes[at];
  if (code == 0x78 || code == 0x77) {
    out_ << (code == 0x78 ? "i8" : "i16");
  } else {
    in.seek(at);
    value_type(in);
    in.byte();
  }
  if (is_mutable) out_ << ')';
}

void TermPrinter::table_type(Reader& in) {
  uint32_t type_at = in.offset();
  skip_value_type(in);
  uint32_t limits_at = in.offset();
  uint8_t flags = in.byte();
  if (flags > 7 || (flags & 2)) in.malformed(limits_at, "malformed limits flags");
  if (flags & 4) out_ << "i64 ";
  out_.number(in.u64());
  if (flags & 1) (out_ << ' ').number(in.u64());
  if (!in.ok()) return;
  uint32_t after = in.offset();
  in.seek(type_at);
  out_ << ' ';
  value_type(in);
  if (in.ok()) in.seek(after);
}

void TermPrinter::memory_type(Reader& in) {
  uint32_t at = in.offset();
  uint8_t flags = in.byte();
  if (flags > 15) in.malformed(at, "malformed limits flags");
  if (flags & 4) out_ << "i64 ";
  out_.number(in.u64());
  if (flags & 1) (out_ << ' ').number(in.u64());
  if (flags & 2) out_ << " shared";
  if (!(flags & 8)) return;
  uint32_t page_at = in.offset();
  uint32_t log2 = in.u32();
  if (log2 > 63) in.malformed(page_at, "invalid custom page size");
  else (out_ << " (pagesize ").number(uint64_t{1} << log2) << ')';
}

void TermPrinter::global_type(Reader& in) { field_type(in); }

void TermPrinter::signature(const RawType& type, const Identifiers* names) {
  Reader in = raw_.reader(type.signature, static_cast<uint32_t>(raw_.module.bytes.size()));
  in.u32();
  bool open = false;
  for (uint32_t i = 0; i < type.params; ++i) {
    bool named = names && names->has_definition(i);
    if (open && named) {
      out_ << ')';
      open = false;
    }
    if (!open) {
      out_ << " (param";
      if (named) names->define(out_, i);
      open = true;
    }
    out_ << ' ';
    value_type(in);
    if (named) {
      out_ << ')';
      open = false;
    }
  }
  if (open) out_ << ')';
  in.u32();
  if (type.results == 0) return;
  out_ << " (result";
  for (uint32_t i = 0; i < type.results; ++i) {
    out_ << ' ';
    value_type(in);
  }
  out_ << ')';
}

void TermPrinter::type_use(uint32_t type_index, bool with_signature, const Identifiers* names) {
  out_ << " (type ";
  use(NameSpace::kType, type_index);
  out_ << ')';
  if (!with_signature) return;
  if (const RawType* type = raw_.func_type(type_index)) signature(*type, names);
}

void TermPrinter::string(std::string_view bytes) { put_string(out_, bytes); }
void TermPrinter::name(std::string_view name) { put_name(out_, name); }

Identifiers& TermPrinter::fields_of(uint32_t type) {
  auto [found, is_new] = fields_.try_emplace(type);
  if (is_new && use_names_) {
    const auto& all = raw_.names.fields;
    auto from = std::lower_bound(all.begin(), all.end(), type,
                                 [](const IndirectNameEntry& e, uint32_t t) { return e.outer < t; });
    auto cursor = static_cast<size_t>(from - all.begin());
    found->second.assign(entries_of(all, type, cursor), type < raw_.types.size() ? raw_.types[type].fields : 0);
  }
  return found->second;
}

// -- Instructions --------------------------------------------------------------------------------------

void TermPrinter::label(uint32_t depth) {
  if (depth < open_labels.size()) {
    uint32_t number = open_labels[open_labels.size() - 1 - depth];
    if (labels.has(number)) {
      labels.use(out_, number);
      return;
    }
  }
  out_.number(depth);
}

void TermPrinter::block_type(const Instr& instr, uint32_t at) {
  switch (instr.block.kind) {
    case binary::BlockType::kEmpty: return;
    case binary::BlockType::kValue: {
      Reader in = raw_.reader(at, static_cast<uint32_t>(raw_.module.bytes.size()));
      out_ << " (result ";
      value_type(in);
      out_ << ')';
      return;
    }
    case binary::BlockType::kFunc: return type_use(instr.block.type_index, true, nullptr);
  }
}

void TermPrinter::block_head(const Instr& instr, uint32_t end) {
  out_ << wasm::op_info(instr.op).text();
  labels.define(out_, label_number);
  block_type(instr, instr.offset + 1);
  if (instr.op != Op::try_table) return;
  binary::CatchReader clauses(instr);
  while (clauses.left() != 0) {
    binary::Catch clause = clauses.next();
    constexpr std::string_view kWords[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    out_ << " (" << kWords[static_cast<unsigned>(clause.kind)];
    if (clause.kind == binary::CatchKind::kCatch || clause.kind == binary::CatchKind::kCatchRef) {
      out_ << ' ';
      use(NameSpace::kTag, clause.tag);
    }
    out_ << ' ';
    label(clause.label);
    out_ << ')';
  }
}

void TermPrinter::mem_arg(const Instr& instr) {
  if (instr.mem.memory != 0) {
    out_ << ' ';
    use(NameSpace::kMemory, instr.mem.memory);
  }
  if (instr.mem.offset != 0) (out_ << " offset=").number(instr.mem.offset);
  if (instr.mem.align != wasm::op_info(instr.op).width) {
    if (instr.mem.align < 64) (out_ << " align=").number(uint64_t{1} << instr.mem.align);
  }
}

void TermPrinter::instruction(const Instr& instr, uint32_t end) {
  const wasm::OpInfo& info = wasm::op_info(instr.op);
  auto space_use = [&](NameSpace space, uint32_t index) {
    out_ << ' ';
    use(space, index);
  };
  if (wasm::opens_block(instr.op)) {
    block_head(instr, end);
    return;
  }
  out_ << info.text();
  switch (info.imm) {
    case Imm::None:
    case Imm::Fence:
    case Imm::BlockType:
    case Imm::TryTable: return;
    case Imm::Label: out_ << ' '; return label(instr.index);
    case Imm::LabelTable: {
      binary::LabelReader targets(instr);
      while (targets.left() != 0) {
        out_ << ' ';
        label(targets.next());
      }
      return;
    }
    case Imm::Func: return space_use(NameSpace::kFunc, instr.index);
    case Imm::TypeTable:
      if (instr.index2 != 0) space_use(NameSpace::kTable, instr.index2);
      return type_use(instr.index, false, nullptr);
    case Imm::Type: return space_use(NameSpace::kType, instr.index);
    case Imm::Tag: return space_use(NameSpace::kTag, instr.index);
    case Imm::SelectTypes: {
      Reader in = raw_.reader(instr.offset + 1, end);
      out_ << " (result";
      for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
        out_ << ' ';
        value_type(in);
      }
      out_ << ')';
      return;
    }
    case Imm::Local: out_ << ' '; return locals.use(out_, instr.index);
    case Imm::Global: return space_use(NameSpace::kGlobal, instr.index);
    case Imm::Table:
      if (instr.index != 0 || ids(NameSpace::kTable).has(0)) space_use(NameSpace::kTable, instr.index);
      return;
    case Imm::Memory:
      if (instr.index != 0) space_use(NameSpace::kMemory, instr.index);
      return;
    case Imm::MemArg: return mem_arg(instr);
    case Imm::MemArgLane:
      mem_arg(instr);
      (out_ << ' ').number(instr.lane);
      return;
    case Imm::I32:
    case Imm::I64: (out_ << ' ').signed_number(static_cast<int64_t>(instr.bits)); return;
    case Imm::F32: out_ << ' '; return print_f32(out_.raw(), static_cast<uint32_t>(instr.bits));
    case Imm::F64: out_ << ' '; return print_f64(out_.raw(), instr.bits);
    case Imm::V128:
      out_ << " i32x4";
      for (unsigned i = 0; i < 16; i += 4) {
        out_ << " 0x";
        for (int b = 3; b >= 0; --b) out_.hex(instr.bytes16[i + static_cast<unsigned>(b)], 2);
      }
      return;
    case Imm::Shuffle:
      for (unsigned i = 0; i < 16; ++i) (out_ << ' ').number(instr.bytes16[i]);
      return;
    case Imm::Lane: (out_ << ' ').number(instr.lane); return;
    case Imm::HeapType:
      out_ << ' ';
      if (instr.op == Op::ref_null) return heap_type(instr.type.heap());
      return reference(instr.type);
    case Imm::TypeField:
      space_use(NameSpace::kType, instr.index);
      out_ << ' ';
      return fields_of(instr.index).use(out_, instr.index2);
    case Imm::TypeCount:
      space_use(NameSpace::kType, instr.index);
      (out_ << ' ').number(instr.index2);
      return;
    case Imm::TypeData: space_use(NameSpace::kType, instr.index); return space_use(NameSpace::kData, instr.index2);
    case Imm::TypeElem: space_use(NameSpace::kType, instr.index); return space_use(NameSpace::kElem, instr.index2);
    case Imm::TypeType: space_use(NameSpace::kType, instr.index); return space_use(NameSpace::kType, instr.index2);
    case Imm::BrOnCast:
      out_ << ' ';
      label(instr.index);
      out_ << ' ';
      reference(instr.type_from);
      out_ << ' ';
      return reference(instr.type_to);
    case Imm::DataMemory:
      if (instr.index2 != 0) space_use(NameSpace::kMemory, instr.index2);
      return space_use(NameSpace::kData, instr.index);
    case Imm::Data: return space_use(NameSpace::kData, instr.index);
    case Imm::MemoryMemory:
    case Imm::TableTable:
      if (instr.index != 0 || instr.index2 != 0) {
        NameSpace space = info.imm == Imm::TableTable ? NameSpace::kTable : NameSpace::kMemory;
        space_use(space, instr.index);
        space_use(space, instr.index2);
      }
      return;
    case Imm::ElemTable:
      if (instr.index2 != 0) space_use(NameSpace::kTable, instr.index2);
      return space_use(NameSpace::kElem, instr.index);
    case Imm::Elem: return space_use(NameSpace::kElem, instr.index);
  }
}

}  // namespace ermine::text
