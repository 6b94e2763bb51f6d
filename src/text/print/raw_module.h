// RawModule: a binary module split into its parts as they are encoded, for printing. Types are identified by their
// index in the module, not by their canonical identity, because equal types may have several indices and the text must
// contain the original one. Only the binary form is checked.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "binary/instr_reader.h"
#include "binary/reader.h"
#include "ermine/result.h"
#include "text/names.h"
#include "wasm/module.h"

namespace ermine::text {

struct RawSection {
  uint8_t id;
  uint32_t start;  // of the id byte
  uint32_t begin;  // of the contents
  uint32_t end;
  std::string_view name;  // custom sections: their name, and `begin` is after it
};

struct RawType {
  uint32_t signature = 0;  // offset of the parameter count; 0 if it is not a function type
  uint32_t params = 0;
  uint32_t results = 0;
  uint32_t fields = 0;  // of a struct
};

class RawModule {
 public:
  static Result<std::unique_ptr<RawModule>> read(std::span<const uint8_t> bytes);
  // The readable part of a malformed module; `broken` is the error in the rest. Vectors may then be shorter than their
  // sections announce.
  static std::unique_ptr<RawModule> read_some(std::span<const uint8_t> bytes, Result<void>& broken);

  binary::Reader reader(const RawSection& s) const { return {module, s.begin, s.end}; }
  binary::Reader reader(uint32_t from, uint32_t to) const { return {module, from, to}; }
  // Null if the index is not that of a function type.
  const RawType* func_type(uint32_t type_index) const {
    return type_index < types.size() && types[type_index].signature != 0 ? &types[type_index] : nullptr;
  }

  wasm::Module module;  // for readers: bytes, features, and each type by its own index
  std::vector<RawSection> sections;
  std::vector<RawType> types;
  std::vector<uint32_t> functions;  // type indices, imported ones first
  std::vector<uint32_t> tags;  // type indices
  uint32_t imported_functions = 0;
  // Imports by kind: functions, tables, memories, globals, tags.
  std::array<uint32_t, 5> imported{};
  uint32_t empty_import_groups = 0;
  // All entries of each index space, imported and defined.
  std::array<uint32_t, kNameSpaceCount> counts{};
  uint32_t count(NameSpace space) const { return counts[static_cast<unsigned>(space)]; }
  ModuleNames names;
  const RawSection* name_section = nullptr;  // the first one, if it is well formed

 private:
  RawModule() = default;
  Result<void> frame_sections();
  Result<void> read_sections();
  Result<void> read_types(const RawSection& s);
  Result<void> read_imports(const RawSection& s);
  Result<void> read_indices(const RawSection& s, std::vector<uint32_t>& out, bool tags);
};

// These skip types.
void skip_value_type(binary::Reader& in);
void skip_limits(binary::Reader& in);
void skip_descriptor(uint8_t kind, binary::Reader& in);  // of an import

}  // namespace ermine::text
