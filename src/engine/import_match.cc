#include "engine/import_match.h"

#include "base/format.h"
#include "wasm/type_name.h"

namespace ermine::engine {

namespace {

using runtime::ExternValue;
using wasm::ExternKind;
using wasm::Limits;

// The type of an import or of a value, in one form for comparisons and messages.
struct Shape {
  explicit Shape(ExternKind k) : kind(k) {}
  ExternKind kind;
  wasm::TypeId func = wasm::kNoType;  // functions and tags
  wasm::TableType table;
  wasm::MemoryType memory;
  wasm::GlobalType global;
};

Shape shape_of(const wasm::Module& m, const wasm::Import& import) {
  Shape s{import.kind};
  switch (import.kind) {
    case ExternKind::kFunc: s.func = m.functions[import.index].type; break;
    case ExternKind::kTable: s.table = m.tables[import.index].type; break;
    case ExternKind::kMemory: s.memory = m.memories[import.index]; break;
    case ExternKind::kGlobal: s.global = m.globals[import.index].type; break;
    case ExternKind::kTag: s.func = m.tags[import.index].type; break;
  }
  return s;
}

Shape shape_of(const ExternValue& v) {
  Shape s{v.kind};
  switch (v.kind) {
    case ExternKind::kFunc: s.func = v.func->type->id; break;
    case ExternKind::kTable:
      s.table = v.table->type();
      s.table.limits.min = v.table->size();
      break;
    case ExternKind::kMemory:
      s.memory = v.memory->type();
      s.memory.limits.min = v.memory->pages();
      break;
    case ExternKind::kGlobal: s.global = v.global->type; break;
    case ExternKind::kTag: s.func = v.tag->type; break;
  }
  return s;
}

// Section 3.3.10: limits matching.
bool limits_match(const Limits& given, const Limits& wanted) {
  return given.min >= wanted.min && (!wanted.max || (given.max && *given.max <= *wanted.max));
}

bool same_type(const wasm::TypeRegistry& r, wasm::ValType a, wasm::ValType b) {
  return r.is_subtype(a, b) && r.is_subtype(b, a);
}

bool matches(const wasm::TypeRegistry& r, const Shape& given, const Shape& wanted) {
  if (given.kind != wanted.kind) return false;
  switch (wanted.kind) {
    case ExternKind::kFunc: return r.is_subtype(given.func, wanted.func);
    case ExternKind::kTag: return given.func == wanted.func;
    case ExternKind::kTable:
      return given.table.is64 == wanted.table.is64 && limits_match(given.table.limits, wanted.table.limits) &&
             same_type(r, given.table.element, wanted.table.element);
    case ExternKind::kMemory:
      return given.memory.is64 == wanted.memory.is64 && given.memory.shared == wanted.memory.shared &&
             given.memory.page_log2 == wanted.memory.page_log2 &&
             limits_match(given.memory.limits, wanted.memory.limits);
    case ExternKind::kGlobal:
      if (given.global.is_mutable != wanted.global.is_mutable) return false;
      return wanted.global.is_mutable ? same_type(r, given.global.type, wanted.global.type)
                                      : r.is_subtype(given.global.type, wanted.global.type);
  }
  return false;
}

std::string describe_limits(const Limits& l) {
  return l.max ? base::format("{} to {}", l.min, *l.max) : base::format("at least {}", l.min);
}

std::string describe(const Shape& s, const wasm::TypeRegistry& r, const wasm::Module* m) {
  switch (s.kind) {
    case ExternKind::kFunc: {
      const wasm::TypeDef& t = r.get(s.func);
      return base::format("a function {} -> {}", wasm::type_names(t.func.params, m),
                          wasm::type_names(t.func.results, m));
    }
    case ExternKind::kTag: return base::format("a tag {}", wasm::type_names(r.get(s.func).func.params, m));
    case ExternKind::kTable:
      return base::format("a {}table of {} with {} elements", s.table.is64 ? "64-bit " : "",
                          wasm::type_name(s.table.element, m), describe_limits(s.table.limits));
    case ExternKind::kMemory:
      return base::format("a {}{}memory of {} {}", s.memory.shared ? "shared " : "", s.memory.is64 ? "64-bit " : "",
                          describe_limits(s.memory.limits), s.memory.page_log2 == 16 ? "pages" : "pages of one byte");
    case ExternKind::kGlobal:
      return base::format("{} global of type {}", s.global.is_mutable ? "a mutable" : "an immutable",
                          wasm::type_name(s.global.type, m));
  }
  return {};
}

}  // namespace

std::string describe_import(const wasm::Module& module, const wasm::Import& import) {
  return describe(shape_of(module, import), *module.registry, &module);
}

std::string describe(const ExternValue& value, const wasm::TypeRegistry& registry) {
  return describe(shape_of(value), registry, nullptr);
}

Error unknown_import(const wasm::Module& module, const wasm::Import& import) {
  return Error(ErrorKind::kLink, base::format("unknown import: \"{}\" \"{}\" is not defined; the module needs {}",
                                              import.module, import.name, describe_import(module, import)));
}

Result<void> match_import(const wasm::Module& module, const wasm::Import& import, const ExternValue& given) {
  const Shape have = shape_of(given), want = shape_of(module, import);
  if (matches(*module.registry, have, want)) return {};
  // Both types are spelled with canonical ids if they differ in nothing else.
  std::string expected = describe(want, *module.registry, &module), found = describe(have, *module.registry, &module);
  if (expected == found) {
    expected += base::format(" (type #{})", want.func);
    found += base::format(" (type #{})", have.func);
  }
  return Error(ErrorKind::kLink, base::format("incompatible import type: \"{}\" \"{}\": expected {}, found {}",
                                              import.module, import.name, expected, found));
}

}  // namespace ermine::engine
