// What modules import from each other. See plan.h.
#include <fmt/format.h>

#include <algorithm>

#include "generator/plan.h"

namespace ermine::fuzz {

namespace {

using binary::Section;

// The kinds of imports and exports in the binary format.
enum Kind : uint8_t { kFunctionKind, kTableKind, kMemoryKind, kGlobalKind, kTagKind };

std::string name_of(Kind kind, uint32_t index) {
  if (kind == kGlobalKind && index == 0) return "fuel";
  return fmt::format("{}{}", "ctmgx"[kind], index);
}

ByteBuffer& import_entry(Plan& p, const Library& from, Kind kind, uint32_t index) {
  ByteBuffer& out = p.module->entry(Section::kImport);
  out.name(from.name);
  out.name(name_of(kind, index));
  out.u8(kind);
  return out;
}

void export_item(Plan& p, Kind kind, uint32_t index) {
  ByteBuffer& out = p.module->entry(Section::kExport);
  out.name(name_of(kind, index));
  out.u8(kind);
  out.leb(index);
}

void import_global(Plan& p, const Library& from, uint32_t index) {
  const GlobalPlan& g = from.contents.globals[index];
  ByteBuffer& out = import_entry(p, from, kGlobalKind, index);
  g.type.write(out);
  out.u8(g.is_mutable);
  p.globals.push_back(g);
}

void import_functions(Plan& p, const Library& from) {
  std::vector<uint32_t> own;
  for (const Callee& c : from.contents.callees)
    if (c.func && *c.func >= from.contents.imported.functions) own.push_back(*c.func);
  const uint32_t always = p.in.of(own);
  for (uint32_t f : own) {
    if (f != always && p.in.below(2) == 0) continue;
    import_entry(p, from, kFunctionKind, f).leb(from.contents.func_types[f]);
    p.func_types.push_back(from.contents.func_types[f]);
  }
}

void import_from(Plan& p, const Library& from) {
  const Contents& c = from.contents;
  import_functions(p, from);
  for (uint32_t i = c.imported.memories; i < c.memories.size(); ++i) {
    if (p.in.below(2) == 0 || (!p.memories.empty() && !p.has(Feature::MultiMemory))) continue;
    c.memories[i].write(import_entry(p, from, kMemoryKind, i));
    p.memories.push_back(c.memories[i]);
  }
  for (uint32_t i = c.imported.tables; i < c.tables.size() && p.has(Feature::ReferenceTypes); ++i) {
    if (p.in.below(c.tables[i].is_called ? 4 : 2) == 0) continue;
    c.tables[i].write(import_entry(p, from, kTableKind, i));
    p.tables.push_back(c.tables[i]);
  }
  for (uint32_t i = std::max(c.imported.globals, 1u); i < c.globals.size(); ++i)
    if (p.in.below(3) == 1) import_global(p, from, i);
  for (uint32_t i = c.imported.tags; i < c.tags.size(); ++i) {
    if (p.in.below(2) == 0) continue;
    ByteBuffer& out = import_entry(p, from, kTagKind, i);
    out.u8(0);
    out.leb(c.tags[i]);
    p.tags.push_back(c.tags[i]);
  }
}

}  // namespace

void make_imports(Plan& p, const std::vector<Library>& libraries) {
  ByteBuffer& log = p.module->entry(Section::kImport);
  log.name("env");
  log.name("log");
  log.u8(kFunctionKind);
  log.leb(1);
  p.func_types.push_back(1);
  if (!libraries.empty()) {
    import_global(p, libraries[0], 0);
    export_item(p, kGlobalKind, 0);
  }
  for (const Library& l : libraries) import_from(p, l);
  auto size = [](const auto& list) { return static_cast<uint32_t>(list.size()); };
  p.imported = {size(p.func_types), size(p.memories), size(p.tables), size(p.globals), size(p.tags)};
}

void make_callbacks(Plan& p) {
  for (uint32_t t = 0; t < p.imported.tables; ++t)
    for (const TablePlan::Callback& c : std::vector(p.tables[t].callbacks)) {
      std::vector<uint32_t> fitting;
      for (const Callee& f : p.callees)
        if (f.func && f.type == c.type) fitting.push_back(*f.func);
      if (!fitting.empty()) active_elements(p, t, c.element, {p.in.of(fitting)});
    }
}

void make_library_exports(Plan& p) {
  for (const Callee& c : p.callees)
    if (c.func && *c.func >= p.imported.functions) export_item(p, kFunctionKind, *c.func);
  for (uint32_t i = p.imported.tables; i < p.tables.size(); ++i) export_item(p, kTableKind, i);
  for (uint32_t i = std::max(p.imported.globals, 1u); i < p.globals.size(); ++i)
    if (p.globals[i].type.is_ref() || p.globals[i].type == kV128) export_item(p, kGlobalKind, i);
  for (uint32_t i = p.imported.tags; i < p.tags.size(); ++i) export_item(p, kTagKind, i);
}

}  // namespace ermine::fuzz
