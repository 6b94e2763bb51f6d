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

namespace {

void make_types(Plan& p, ModuleEncoder& m) {
  add_type(p, m, {});
  add_type(p, m, {.params = {kI64}});
  if (p.has(Feature::Gc)) {
    // Two that name each other.
    ByteBuffer& out = m.entry(Section::kType);
    TypeInfo s{.kind = TypeInfo::kStruct, .fields = {{kI32}, {ref_to(3, true)}}};
    TypeInfo a{.kind = TypeInfo::kArray, .fields = {{ref_to(2, true)}}};
    out.u8(0x4E);
    out.leb(2);
    write_type(s, out);
    write_type(a, out);
    p.types.push_back(s);
    p.types.push_back(a);
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
  ByteBuffer& import = m.entry(Section::kImport);
  import.name("env");
  import.name("log");
  import.u8(0);
  import.leb(1);
  p.func_types.push_back(1);
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
    exported.leb(1 + i);
  }
  std::vector<uint32_t> function_types;
  for (uint32_t i = 0; i < p.types.size(); ++i)
    if (p.types[i].kind == TypeInfo::kFunc) function_types.push_back(i);
  for (uint32_t n = 3 + p.in.below(kMaxCallees - 2); n > 0; --n) p.func_types.push_back(p.in.of(function_types));
  for (uint32_t i = 1; i < p.func_types.size(); ++i) m.entry(Section::kFunction).leb(p.func_types[i]);
  if (p.has(Feature::Exceptions) || p.legacy_exceptions) {
    for (uint32_t i = 0; i < p.types.size() && p.tags.size() < 4; ++i) {
      if (p.types[i].kind != TypeInfo::kFunc || !p.types[i].results.empty()) continue;
      p.tags.push_back(i);
      ByteBuffer& tag = m.entry(Section::kTag);
      tag.u8(0);
      tag.leb(i);
    }
  }
}

void make_memories(Plan& p, ModuleEncoder& m) {
  uint32_t count = p.has(Feature::MultiMemory) ? 1 + p.in.below(2) : 1;
  for (uint32_t i = 0; i < count; ++i) {
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
    ByteBuffer& out = m.entry(Section::kMemory);
    out.u8(static_cast<uint8_t>(1 | memory.shared << 1 | memory.is64 << 2 | memory.byte_pages << 3));
    out.leb(memory.min);
    out.leb(memory.max);
    if (memory.byte_pages) out.leb(0);
    ByteBuffer& exported = m.entry(Section::kExport);
    exported.name(fmt::format("m{}", i));
    exported.u8(2);
    exported.leb(i);
  }
}

void make_tables(Plan& p, ModuleEncoder& m) {
  p.tables.push_back({.element = ref_to(kFunc, true), .is64 = p.has(Feature::Memory64) && p.in.one_in(4)});
  if (p.has(Feature::ReferenceTypes))
    for (uint32_t n = 1 + p.in.below(2); n > 0; --n) {
      Type element = random_reference(p);
      element.nullable = true;
      p.tables.push_back({.element = element, .is64 = p.has(Feature::Memory64) && p.in.one_in(3)});
    }
  for (const TablePlan& t : p.tables) {
    ByteBuffer& out = m.entry(Section::kTable);
    t.element.write(out);
    out.u8(static_cast<uint8_t>(1 | t.is64 << 2));
    out.leb(t.min);
    out.leb(t.max);
  }
}

void make_globals(Plan& p, ModuleEncoder& m) {
  for (uint32_t i = 0, n = 4 + p.in.below(6); i < n; ++i) {
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
  uint32_t first = p.first_callee(), callees = static_cast<uint32_t>(p.func_types.size()) - first;
  ByteBuffer& active = m.entry(Section::kElem);
  active.leb(0);
  active.opcode(p.tables[0].is64 ? Op::i64_const : Op::i32_const);
  active.sleb(0);
  active.opcode(Op::end);
  active.leb(callees);
  for (uint32_t i = 0; i < callees; ++i) active.leb(first + i);
  if (p.has(Feature::BulkMemory)) {
    ByteBuffer& funcs = m.entry(Section::kElem);
    funcs.leb(1);
    funcs.u8(0);
    funcs.leb(Plan::kElemSize);
    for (uint32_t i = 0; i < Plan::kElemSize; ++i) funcs.leb(first + p.in.below(callees));
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

}  // namespace

std::vector<uint8_t> generate_module(std::span<const uint8_t> choices, const MadeOf& of) {
  Choices in(choices);
  Plan p{in, of};
  p.legacy_exceptions = p.has(Feature::LegacyExceptions) && (in.below(4) == 1 || !p.has(Feature::Exceptions));
  ModuleEncoder m;
  p.module = &m;
  make_types(p, m);
  make_functions(p, m);
  make_memories(p, m);
  make_tables(p, m);
  make_globals(p, m);
  make_segments(p, m);
  for (uint32_t f = p.first_callee(); f < p.func_types.size(); ++f)
    if (p.func_types[f] == 0 && in.below(4) == 1) {
      m.body(Section::kStart).leb(f);
      break;
    }
  for (uint32_t f = 1; f < p.func_types.size(); ++f) {
    ByteBuffer body = function_body(p, f);
    ByteBuffer& out = m.entry(Section::kCode);
    out.leb(body.size());
    out.bytes(body.view());
  }
  return m.finish();
}

}  // namespace ermine::fuzz
