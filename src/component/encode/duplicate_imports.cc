// See duplicate_imports.h.
#include "component/encode/duplicate_imports.h"

#include <unordered_set>

#include "binary/encoder.h"
#include "component/encode/core_types.h"
#include "component/encode/sections.h"

namespace ermine::component {

RenamedImports rename_duplicate_imports(const wasm::Module& module) {
  RenamedImports out;
  std::unordered_set<std::string> known;
  bool has_duplicates = false;
  for (const wasm::Import& one : module.imports) {
    if (one.kind != wasm::ExternKind::kFunc && one.kind != wasm::ExternKind::kMemory) return out;
    has_duplicates |= !known.insert(RenamedImports::key(one.module, one.name)).second;
  }
  if (!has_duplicates) return out;

  binary::ByteBuffer imports;
  imports.leb(module.imports.size());
  std::unordered_set<std::string> used;
  size_t number = 0;
  for (const wasm::Import& one : module.imports) {
    std::string name(one.name);
    if (!used.insert(RenamedImports::key(one.module, name)).second) {
      do name = std::string(one.name) + "#" + std::to_string(++number);
      while (known.contains(RenamedImports::key(one.module, name)));
      out.names[RenamedImports::key(one.module, name)] = one.name;
    }
    imports.name(one.module);
    imports.name(name);
    if (one.kind == wasm::ExternKind::kFunc) {
      imports.u8(0x00);
      imports.leb(module.functions[one.index].type_index);
    } else {
      imports.u8(0x02);
      write_memory_type(imports, module.memories[one.index]);
    }
  }
  binary::ByteBuffer all;
  all.bytes(module.bytes.first(8));
  for (const RawSection& section : raw_sections(module.bytes)) {
    if (section.id != 2) {
      all.bytes(section.whole);
      continue;
    }
    all.u8(2);
    all.leb(imports.size());
    all.bytes(imports.view());
  }
  out.module = all.take();
  return out;
}

}  // namespace ermine::component
