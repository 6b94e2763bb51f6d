#include "component/validation/core_match.h"

#include "base/format.h"
#include "wasm/type_name.h"

namespace ermine::component {

namespace {

// Section 3.3.10.
bool limits_match(const wasm::Limits& given, const wasm::Limits& expected) {
  return given.min >= expected.min && (!expected.max || (given.max && *given.max <= *expected.max));
}

}  // namespace

std::string_view extern_word(wasm::ExternKind kind) {
  constexpr std::string_view kWords[] = {"func", "table", "memory", "global", "tag"};
  return kWords[static_cast<size_t>(kind)];
}

std::string core_func_text(const wasm::TypeRegistry& registry, wasm::TypeId type) {
  const wasm::TypeDef& def = registry.get(type);
  std::string text = "(func";
  const auto list = [&](std::string_view word, const std::vector<wasm::ValType>& types) {
    if (types.empty()) return;
    text += base::format(" ({:t}", word);
    for (size_t i = 0; i < types.size() && i < 20; ++i) text += " " + wasm::type_name(types[i]);
    text += types.size() > 20 ? " …)" : ")";
  };
  list("param", def.func.params);
  list("result", def.func.results);
  return text + ")";
}

std::string table_mismatch(const wasm::TableType& given, const wasm::TableType& expected) {
  if (given.element != expected.element)
    return base::format("expected table element type {:t}, found {:t}", wasm::type_name(expected.element),
                        wasm::type_name(given.element));
  if (given.is64 != expected.is64) return "mismatch in index type used for tables";
  if (!limits_match(given.limits, expected.limits)) return "mismatch in table limits";
  return {};
}

std::string memory_mismatch(const wasm::MemoryType& given, const wasm::MemoryType& expected) {
  if (given.shared != expected.shared) return "mismatch in the shared flag for memories";
  if (given.is64 != expected.is64) return "mismatch in index type used for memories";
  if (given.page_log2 != expected.page_log2) return "mismatch in page size for memories";
  if (!limits_match(given.limits, expected.limits)) return "mismatch in memory limits";
  return {};
}

std::string core_mismatch(const wasm::TypeRegistry& registry, const CoreEntity& given, const CoreEntity& expected) {
  if (given.kind != expected.kind)
    return base::format("expected {}, found {}", extern_word(expected.kind), extern_word(given.kind));
  switch (given.kind) {
    case wasm::ExternKind::kTable: return table_mismatch(given.table, expected.table);
    case wasm::ExternKind::kMemory: return memory_mismatch(given.memory, expected.memory);
    case wasm::ExternKind::kGlobal: {
      const wasm::GlobalType &a = given.global, &b = expected.global;
      if (a.is_mutable != b.is_mutable) return "global types differ in mutability";
      if (registry.is_subtype(a.type, b.type) && (!a.is_mutable || registry.is_subtype(b.type, a.type))) return {};
      return base::format("expected global type {:t}, found {:t}", wasm::type_name(b.type), wasm::type_name(a.type));
    }
    case wasm::ExternKind::kFunc:
      if (registry.is_subtype(given.type, expected.type)) return {};
      break;
    case wasm::ExternKind::kTag:
      if (registry.is_subtype(given.type, expected.type) && registry.is_subtype(expected.type, given.type)) return {};
      break;
  }
  return base::format("expected: {:t}, found: {:t}", core_func_text(registry, expected.type),
                      core_func_text(registry, given.type));
}

}  // namespace ermine::component
