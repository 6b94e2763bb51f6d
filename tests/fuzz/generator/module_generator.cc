// The sections of a generated module. See module_generator.h.
#include "generator/module_generator.h"

#include <fmt/format.h>

#include <algorithm>

#include "generator/plan.h"

namespace ermine::fuzz {

namespace {

using binary::ModuleEncoder;
using binary::Section;

constexpr uint32_t kMaxCallees = 7;

Type random_number(Plan& p, bool vectors) {
  constexpr Type kNumbers[] = {kI32, kI64, kF32, kF64, kI32, kI64, kV128};
  return kNumbers[p.in.below(vectors && p.has(Feature::Simd) ? 7 : 6)];
}

Type random_reference(Plan& p) {
  bool gc = p.has(Feature::Gc), typed = p.has(Feature::FunctionReferences);
  bool nullable = !typed || !p.in.one_in(4);
  if (gc && p.in.below(2) == 0)
    return ref_to(static_cast<int>(p.in.below(static_cast<uint32_t>(p.types.size()))), nullable);
  if (gc) {
    constexpr int kHeaps[] = {kAny, kEq, kI31, kStruct, kArray, kFunc, kExtern, kExn};
    int heap = kHeaps[p.in.below(8)];
    if (heap == kExn && (!p.has(Feature::Exceptions) || p.legacy_exceptions)) heap = kAny;
    return ref_to(heap, nullable || heap == kExn);
  }
  return p.in.below(2) == 0 ? ref_to(kFunc, nullable) : ref_to(kExtern, true);
}

Type random_type(Plan& p) {
  bool refs = p.has(Feature::ReferenceTypes);
  return refs && p.in.below(3) == 0 ? random_reference(p) : random_number(p, true);
}

// The contents of a struct or array: always with a default, so that all of them can be made.
Field random_field(Plan& p) {
  Field f;
  f.is_mutable = !p.in.one_in(4);
  switch (p.in.below(5)) {
    case 0: f.type = {p.in.below(2) == 0 ? Type::kPacked8 : Type::kPacked16}; break;
    case 1:
      f.type = random_reference(p);
      f.type.nullable = true;
      break;
    default: f.type = random_number(p, true);
  }
  return f;
}

void write_storage(const Field& f, ByteBuffer& out) {
  f.type.write(out);
  out.u8(f.is_mutable);
}

void write_composite(const TypeInfo& t, ByteBuffer& out) {
  switch (t.kind) {
    case TypeInfo::kFunc:
      out.u8(0x60);
      for (const auto* list : {&t.params, &t.results}) {
        out.leb(list->size());
        for (Type type : *list) type.write(out);
      }
      return;
    case TypeInfo::kStruct:
      out.u8(0x5F);
      out.leb(t.fields.size());
      for (const Field& f : t.fields) write_storage(f, out);
      return;
    case TypeInfo::kArray: out.u8(0x5E); write_storage(t.fields[0], out);
  }
}

void write_type(const TypeInfo& t, ByteBuffer& out) {
  if (t.kind != TypeInfo::kFunc) {
    out.u8(0x50);
    out.leb(t.super ? 1 : 0);
    if (t.super) out.leb(*t.super);
  }
  write_composite(t, out);
}

void add_type(Plan& p, ModuleEncoder& m, TypeInfo type) {
  write_type(type, m.entry(Section::kType));
  p.types.push_back(std::move(type));
}

}  // namespace

uint32_t Plan::function_type(const std::vector<Type>& params, const std::vector<Type>& results) {
  for (uint32_t i = 0; i < types.size(); ++i)
    if (types[i].kind == TypeInfo::kFunc && types[i].params == params && types[i].results == results) return i;
  add_type(*this, *module, {.params = params, .results = results});
  return static_cast<uint32_t>(types.size() - 1);
}

void active_elements(Plan& p, uint32_t table, uint32_t at, const std::vector<uint32_t>& functions) {
  ByteBuffer& out = p.module->entry(Section::kElem);
  out.leb(table == 0 ? 0 : 2);
  if (table != 0) out.leb(table);
  out.opcode(p.tables[table].is64 ? Op::i64_const : Op::i32_const);
  out.sleb(static_cast<int64_t>(at));
  out.opcode(Op::end);
  if (table != 0) out.u8(0);
  out.leb(functions.size());
  for (uint32_t f : functions) out.leb(f);
  ++p.active_elems;
}

namespace {

// The first types of every module: two functions, and two objects that name each other.
void make_first_types(Plan& p, ModuleEncoder& m) {
  add_type(p, m, {});
  add_type(p, m, {.params = {kI64}});
  if (!p.has(Feature::Gc)) return;
  ByteBuffer& out = m.entry(Section::kType);
  TypeInfo s{.kind = TypeInfo::kStruct, .fields = {{kI32}, {ref_to(3, true)}}};
  TypeInfo a{.kind = TypeInfo::kArray, .fields = {{ref_to(2, true)}}};
  out.u8(0x4E);
  out.leb(2);
  write_type(s, out);
  write_type(a, out);
  p.types.push_back(s);
  p.types.push_back(a);
}

// `others`: the types of the modules that this one imports from. They come first, so that they are the same types with
// the same numbers.
void make_types(Plan& p, ModuleEncoder& m, std::span<const TypeInfo> others) {
  make_first_types(p, m);
  for (size_t i = p.types.size(); i < others.size(); ++i) add_type(p, m, others[i]);
  if (p.has(Feature::Gc)) {
    for (uint32_t n = 2 + p.in.below(4); n > 0; --n) {
      TypeInfo t;
      t.kind = p.in.below(3) == 0 ? TypeInfo::kArray : TypeInfo::kStruct;
      if (t.kind == TypeInfo::kStruct && p.in.below(2) == 0) {
        std::vector<uint32_t> structs;
        for (uint32_t i = 0; i < p.types.size(); ++i)
          if (p.types[i].kind == TypeInfo::kStruct) structs.push_back(i);
        t.super = p.in.of(structs);
        t.fields = p.types[*t.super].fields;
      }
      for (uint32_t f = t.kind == TypeInfo::kArray ? 1 : p.in.below(3); f > 0; --f) t.fields.push_back(random_field(p));
      add_type(p, m, t);
    }
  }
  uint32_t most_results = p.has(Feature::MultiValue) ? 3 : 1;
  for (uint32_t n = 4 + p.in.below(4); n > 0; --n) {
    TypeInfo t;
    for (uint32_t i = p.in.below(4); i > 0; --i) t.params.push_back(random_type(p));
    for (uint32_t i = p.in.below(4) == 0 ? 0 : 1 + p.in.below(most_results); i > 0; --i)
      t.results.push_back(random_type(p));
    add_type(p, m, t);
  }
}

void make_functions(Plan& p, ModuleEncoder& m) {
  const uint32_t imported = p.imported.functions;
  p.entries = 2 + p.in.below(3);
  for (uint32_t i = 0; i < p.entries; ++i) {
    TypeInfo t;
    for (uint32_t n = p.in.below(4); n > 0; --n) t.params.push_back(random_number(p, false));
    for (uint32_t n = 1 + (p.has(Feature::MultiValue) ? p.in.below(2) : 0); n > 0; --n)
      t.results.push_back(random_number(p, false));
    p.func_types.push_back(static_cast<uint32_t>(p.types.size()));
    add_type(p, m, t);
    ByteBuffer& exported = m.entry(Section::kExport);
    exported.name(fmt::format("f{}", i));
    exported.u8(0);
    exported.leb(imported + i);
  }
  std::vector<uint32_t> function_types;
  for (uint32_t i = 0; i < p.types.size(); ++i)
    if (p.types[i].kind == TypeInfo::kFunc) function_types.push_back(i);
  for (uint32_t n = 3 + p.in.below(kMaxCallees - 2); n > 0; --n) {
    // Types of imported functions as well, for tail calls and callbacks.
    const bool as_imported = imported > 1 && p.in.below(2) == 1;
    p.func_types.push_back(as_imported ? p.func_types[1 + p.in.below(imported - 1)] : p.in.of(function_types));
  }
  for (uint32_t i = imported; i < p.func_types.size(); ++i) m.entry(Section::kFunction).leb(p.func_types[i]);
  for (uint32_t i = p.first_callee(); i < p.func_types.size(); ++i) p.callees.push_back({p.func_types[i], i});
  for (uint32_t i = 1; i < imported; ++i) p.callees.push_back({p.func_types[i], i});
  for (uint32_t n = p.is_library ? 1 + p.in.below(3) : 0; n > 0; --n)
    p.callees.push_back({p.in.of(p.callees).type, std::nullopt});
  if (p.has(Feature::Exceptions) || p.legacy_exceptions) {
    for (uint32_t i = 0; i < p.types.size() && p.tags.size() < 4 + p.imported.tags; ++i) {
      if (p.types[i].kind != TypeInfo::kFunc || !p.types[i].results.empty()) continue;
      p.tags.push_back(i);
      ByteBuffer& tag = m.entry(Section::kTag);
      tag.u8(0);
      tag.leb(i);
    }
  }
}

void make_memories(Plan& p, ModuleEncoder& m) {
  const uint32_t imported = p.imported.memories;
  uint32_t count = p.has(Feature::MultiMemory) ? 1 + p.in.below(p.is_linked() ? 3 : 2) : 1;
  if (imported != 0) --count;
  for (uint32_t i = imported; i < imported + count; ++i) {
    MemoryPlan memory;
    memory.is64 = p.has(Feature::Memory64) && p.in.below(3) == 1;
    memory.shared = p.has(Feature::Threads) && p.in.below(3) == 1;
    memory.byte_pages = p.has(Feature::CustomPageSizes) && p.in.one_in(4);
    if (memory.byte_pages) {
      memory.min = 4200 + p.in.below(8);
      memory.max = memory.min + 20;
    } else {
      memory.max = memory.min + p.in.below(3);
    }
    p.memories.push_back(memory);
    memory.write(m.entry(Section::kMemory));
    ByteBuffer& exported = m.entry(Section::kExport);
    exported.name(fmt::format("m{}", i));
    exported.u8(2);
    exported.leb(i);
  }
}

void make_tables(Plan& p, ModuleEncoder& m) {
  p.home = p.imported.tables;
  p.tables.push_back(
      {.element = ref_to(kFunc, true), .is64 = p.has(Feature::Memory64) && p.in.one_in(4), .is_called = true});
  TablePlan& home = p.tables[p.home];
  home.min = std::max(home.min, static_cast<uint32_t>(p.callees.size()) + 1);
  home.max = home.min + 4;
  for (uint32_t i = 0; i < p.callees.size(); ++i)
    if (!p.callees[i].func) home.callbacks.push_back({i, p.callees[i].type});
  if (p.has(Feature::ReferenceTypes))
    for (uint32_t n = 1 + p.in.below(2); n > 0; --n) {
      Type element = random_reference(p);
      element.nullable = true;
      p.tables.push_back({.element = element, .is64 = p.has(Feature::Memory64) && p.in.one_in(3)});
    }
  for (const TablePlan& t : std::span(p.tables).subspan(p.imported.tables)) t.write(m.entry(Section::kTable));
}

void make_globals(Plan& p, ModuleEncoder& m) {
  for (uint32_t i = p.imported.globals, n = i + 4 + p.in.below(6); i < n; ++i) {
    GlobalPlan g;
    if (i == 0) g.type = kI32;
    else g = {random_type(p), !p.in.one_in(4)};
    if (g.type.is_ref() && !has_constant(p, g.type)) g.type.nullable = true;
    ByteBuffer& out = m.entry(Section::kGlobal);
    g.type.write(out);
    out.u8(g.is_mutable);
    if (i == 0) {
      out.opcode(Op::i32_const);
      out.sleb(100);
    } else {
      constant_expression(p, g.type, out, i);
    }
    out.opcode(Op::end);
    p.globals.push_back(g);
    if (g.type.is_ref() || g.type == kV128) continue;
    ByteBuffer& exported = m.entry(Section::kExport);
    exported.name(i == 0 ? "fuel" : fmt::format("g{}", i));
    exported.u8(3);
    exported.leb(i);
  }
}

void make_segments(Plan& p, ModuleEncoder& m) {
  std::vector<uint32_t> functions;
  for (const Callee& c : p.callees)
    if (c.func) functions.push_back(*c.func);
  active_elements(p, p.home, 0, functions);
  make_callbacks(p);
  if (p.has(Feature::BulkMemory)) {
    ByteBuffer& funcs = m.entry(Section::kElem);
    funcs.leb(1);
    funcs.u8(0);
    funcs.leb(Plan::kElemSize);
    for (uint32_t i = 0; i < Plan::kElemSize; ++i) funcs.leb(p.in.of(functions));
    p.elems.push_back({ref_to(kFunc, true)});
    if (p.has(Feature::Gc))
      for (uint32_t n = 2; n > 0; --n) {
        Type element = random_reference(p);
        element.nullable = true;
        ByteBuffer& out = m.entry(Section::kElem);
        out.leb(5);
        element.write(out);
        out.leb(Plan::kElemSize);
        for (uint32_t i = 0; i < Plan::kElemSize; ++i) {
          constant_expression(p, element, out, static_cast<uint32_t>(p.globals.size()));
          out.opcode(Op::end);
        }
        p.elems.push_back({element});
      }
    p.data_count = 3;
  }
  auto contents = [&p](ByteBuffer& out) {
    out.leb(Plan::kDataSize);
    for (uint32_t i = 0; i < Plan::kDataSize; ++i) out.u8(p.in.byte());
  };
  for (uint32_t i = 0; i < p.data_count; ++i) {
    ByteBuffer& out = m.entry(Section::kData);
    out.leb(1);
    contents(out);
  }
  ByteBuffer& data = m.entry(Section::kData);
  data.leb(0);
  data.opcode(p.memories[0].is64 ? Op::i64_const : Op::i32_const);
  data.sleb(64);
  data.opcode(Op::end);
  contents(data);
  if (p.has(Feature::BulkMemory)) m.body(Section::kDataCount).leb(p.data_count + 1);
}

// A module that imports from the libraries and contains them; or, with a name, one more library.
Library generate(std::span<const uint8_t> choices, const MadeOf& of, const std::vector<Library>& libraries,
                 std::string name = {}) {
  Choices in(choices);
  Plan p(in, of);
  p.is_library = !name.empty();
  if (p.is_library) p.instructions_left /= 2;
  const bool legacy = p.has(Feature::LegacyExceptions) && (in.below(4) == 1 || !p.has(Feature::Exceptions));
  p.legacy_exceptions = libraries.empty() ? legacy : libraries[0].contents.legacy_exceptions;
  ModuleEncoder m;
  p.module = &m;
  make_types(p, m, libraries.empty() ? std::span<const TypeInfo>() : libraries.back().contents.types);
  make_imports(p, libraries);
  make_functions(p, m);
  make_memories(p, m);
  make_tables(p, m);
  make_globals(p, m);
  make_segments(p, m);
  if (p.is_library) make_library_exports(p);
  for (uint32_t f = p.first_callee(); f < p.func_types.size(); ++f)
    if (p.func_types[f] == 0 && in.below(4) == 1) {
      m.body(Section::kStart).leb(f);
      break;
    }
  for (uint32_t f = p.imported.functions; f < p.func_types.size(); ++f) {
    ByteBuffer body = function_body(p, f);
    ByteBuffer& out = m.entry(Section::kCode);
    out.leb(body.size());
    out.bytes(body.view());
  }
  if (!p.is_library)
    for (const Library& l : libraries) m.custom("library", l.bytes);
  return {std::move(name), p, m.finish()};
}

}  // namespace

std::vector<uint8_t> generate_module(std::span<const uint8_t> choices, const MadeOf& of) {
  std::vector<Library> libraries;
  if (of.linked && !choices.empty()) {
    const size_t count = 1 + choices[0] % 2, part = choices.size() / (count + 2);
    const bool twice = choices[0] % 8 == 1;  // two instances of one module
    for (size_t i = 0; i < count; ++i) {
      libraries.push_back(i != 0 && twice
                              ? libraries[0]
                              : generate(choices.subspan(i * part, part), of, libraries, fmt::format("l{}", i)));
      libraries.back().name = fmt::format("l{}", i);
    }
    choices = choices.subspan(count * part);
  }
  return generate(choices, of, libraries).bytes;
}

}  // namespace ermine::fuzz
