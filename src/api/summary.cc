// Module::summary: figures of a module and the proposals it needs.
#include "api/convert.h"
#include "binary/instr_reader.h"
#include "engine/compiled_module.h"

namespace ermine {

namespace {

using wasm::Feature;

// Proposals that appear in types and sections instead of in an instruction.
void add_structure(const wasm::Module& m, wasm::FeatureSet& used) {
  auto add_type = [&used](wasm::ValType t) {
    if (t.kind() == wasm::ValKind::kV128) used.add(Feature::Simd);
    if (!t.is_ref()) return;
    if (t.heap().is_concrete() || !t.nullable()) used.add(Feature::FunctionReferences);
    else if (t == wasm::kExnRef) used.add(Feature::Exceptions);
    else if (t == wasm::kFuncRef || t == wasm::kExternRef) used.add(Feature::ReferenceTypes);
    else used.add(Feature::Gc);
  };
  for (wasm::TypeId id : m.types) {
    const wasm::TypeDef& t = m.registry->get(id);
    if (t.kind != wasm::CompositeKind::kFunc || t.super != wasm::kNoType || !t.is_final) used.add(Feature::Gc);
    if (t.func.results.size() > 1) used.add(Feature::MultiValue);
    for (wasm::ValType v : t.func.params) add_type(v);
    for (wasm::ValType v : t.func.results) add_type(v);
  }
  for (const wasm::MemoryType& t : m.memories) {
    if (t.is64) used.add(Feature::Memory64);
    if (t.shared) used.add(Feature::Threads);
    if (t.page_log2 != 16) used.add(Feature::CustomPageSizes);
  }
  if (m.memories.size() > 1) used.add(Feature::MultiMemory);
  for (const wasm::Table& t : m.tables) {
    if (t.type.is64) used.add(Feature::Memory64);
    if (t.init.size != 0) used.add(Feature::FunctionReferences);
    if (t.type.element != wasm::kFuncRef) add_type(t.type.element);
  }
  if (m.tables.size() > 1) used.add(Feature::ReferenceTypes);
  for (const wasm::Global& g : m.globals) add_type(g.type.type);
  for (const wasm::Import& i : m.imports)
    if (i.kind == wasm::ExternKind::kGlobal && m.globals[i.index].type.is_mutable) used.add(Feature::MutableGlobal);
  for (const wasm::Export& e : m.exports)
    if (e.kind == wasm::ExternKind::kGlobal && m.globals[e.index].type.is_mutable) used.add(Feature::MutableGlobal);
  if (!m.tags.empty()) used.add(Feature::Exceptions);
  if (m.data_count) used.add(Feature::BulkMemory);
  for (const wasm::DataSegment& d : m.data)
    if (d.mode != wasm::SegmentMode::kActive) used.add(Feature::BulkMemory);
  for (const wasm::ElemSegment& e : m.elems)
    if (e.mode != wasm::SegmentMode::kActive) used.add(Feature::BulkMemory);
}

void add_instructions(const wasm::Module& m, uint32_t offset, uint32_t size, wasm::FeatureSet& used) {
  binary::InstrReader reader(m, offset, size);
  binary::Instr in;
  while (reader.next(in)) {
    used.add(wasm::op_info(in.op).feature);
    if (wasm::op_info(in.op).imm == wasm::Imm::BlockType && in.block.kind == binary::BlockType::kFunc)
      used.add(Feature::MultiValue);
  }
}

}  // namespace

ModuleSummary Module::summary() const {
  const wasm::Module& m = impl_->module();
  ModuleSummary s;
  s.size = m.bytes.size();
  s.code_size = m.code_size;
  s.types = static_cast<uint32_t>(m.types.size());
  s.functions = static_cast<uint32_t>(m.functions.size()) - m.imported_functions;
  s.tables = static_cast<uint32_t>(m.tables.size()) - m.imported_tables;
  s.memories = static_cast<uint32_t>(m.memories.size()) - m.imported_memories;
  s.globals = static_cast<uint32_t>(m.globals.size()) - m.imported_globals;
  s.tags = static_cast<uint32_t>(m.tags.size()) - m.imported_tags;
  s.imports = static_cast<uint32_t>(m.imports.size());
  s.exports = static_cast<uint32_t>(m.exports.size());
  s.data_segments = static_cast<uint32_t>(m.data.size());
  s.elem_segments = static_cast<uint32_t>(m.elems.size());
  s.custom_sections = static_cast<uint32_t>(m.customs.size());
  for (const wasm::DataSegment& d : m.data) s.data_bytes += d.bytes.size();
  s.has_start = m.start.has_value();
  for (const wasm::MemoryType& t : m.memories) s.memory_types.push_back(api::to_public(t, t.limits.min));
  for (const wasm::Table& t : m.tables) s.table_types.push_back(api::to_public(t.type, t.type.limits.min));

  wasm::FeatureSet used;
  add_structure(m, used);
  for (const wasm::Function& f : m.functions) {
    if (f.body_size == 0) continue;
    auto code = binary::read_locals(m, f, [&used](uint32_t, wasm::ValType t) {
      if (t.kind() == wasm::ValKind::kV128) used.add(Feature::Simd);
    });
    if (code) add_instructions(m, *code, f.body_offset + f.body_size - *code, used);
  }
  for (const wasm::Global& g : m.globals) {
    binary::InstrReader reader(m, g.init.offset, g.init.size);
    binary::Instr in;
    // Arithmetic is what extended-const added to constant expressions.
    while (g.init.size != 0 && reader.next(in))
      if (wasm::op_info(in.op).sig() == "ii:i" || wasm::op_info(in.op).sig() == "ll:l")
        used.add(Feature::ExtendedConst);
  }
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::kCount); ++i) {
    const auto f = static_cast<Feature>(i);
    if (f != Feature::Mvp && used.has(f)) s.features.push_back(wasm::feature_name(f));
  }
  return s;
}

}  // namespace ermine
