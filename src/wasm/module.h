// wasm::Module: a decoded module. Built by the decoder, immutable afterwards and shared between threads.
// Index spaces hold imports first, as in the specification. All bytes stay in `bytes`; spans and
// string_views of a Module point into it and live as long as the Module.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wasm/features.h"
#include "wasm/types.h"

namespace ermine::wasm {

class TypeRegistry;

enum class ExternKind : uint8_t { kFunc, kTable, kMemory, kGlobal, kTag };

struct Limits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
};

struct MemoryType {
  Limits limits;           // in pages
  bool is64 = false;
  bool shared = false;
  uint8_t page_log2 = 16;  // 16, or 0 under custom-page-sizes
  uint32_t entry_offset = 0;  // position in Module::bytes, for errors; the same in the records below
};

// A constant expression: its bytes including the final end, already validated.
struct ConstExpr {
  uint32_t offset = 0;  // in Module::bytes
  uint32_t size = 0;    // 0: absent
};

struct TableType {
  ValType element;
  Limits limits;
  bool is64 = false;
};

struct GlobalType {
  ValType type;
  bool is_mutable = false;
};

struct Import {
  std::string_view module, name;
  ExternKind kind;
  uint32_t index;  // in the index space of its kind
  uint32_t entry_offset = 0;
};

struct Export {
  std::string_view name;
  ExternKind kind;
  uint32_t index;
  uint32_t entry_offset = 0;
};

struct Function {
  uint32_t type_index = 0;  // module type index
  TypeId type = kNoType;
  uint32_t body_offset = 0;  // first byte of the body (its local declarations); 0 for imports
  uint32_t body_size = 0;
  bool declared = false;     // may be used in ref.func (specification: C.refs)
};

struct Table {
  TableType type;
  ConstExpr init;
  uint32_t entry_offset = 0;
};
struct Global {
  GlobalType type;
  ConstExpr init;
  uint32_t entry_offset = 0;
};
struct Tag {
  uint32_t type_index;
  TypeId type;
  uint32_t entry_offset = 0;
};

enum class SegmentMode : uint8_t { kActive, kPassive, kDeclarative };

struct ElemSegment {
  SegmentMode mode;
  uint32_t table = 0;
  ConstExpr offset;
  ValType type;
  // Exactly one of the two is filled.
  std::vector<uint32_t> funcs;
  std::vector<ConstExpr> exprs;
  uint32_t entry_offset = 0;
  uint32_t size() const { return static_cast<uint32_t>(funcs.empty() ? exprs.size() : funcs.size()); }
};

struct DataSegment {
  SegmentMode mode;
  uint32_t memory = 0;
  ConstExpr offset;
  std::span<const uint8_t> bytes;
  uint32_t entry_offset = 0;
};

struct CustomSection {
  std::string_view name;
  std::span<const uint8_t> bytes;
  uint64_t offset;   // of the payload
  uint8_t after_id;  // id of the last non-custom section before it; 0 if none
};

// The name section, decoded on demand (NameMap::decode): a large module's names are not needed to run.
class NameMap;

struct Module {
  std::shared_ptr<const void> bytes_owner;
  std::span<const uint8_t> bytes;
  // The offset of `bytes` in the binary that contains the module, if it is a part of one. All offsets in this class
  // count from the module's first byte; those in errors and backtraces count from the first byte of the whole binary.
  uint64_t base_offset = 0;
  std::shared_ptr<TypeRegistry> registry;
  FeatureSet features;

  std::vector<TypeId> types;  // module type index -> canonical type
  std::vector<uint32_t>
      group_starts;  // first type index of each recursion group; the Module holds one reference to each group
  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<Tag> tags;
  std::vector<Export> exports;
  std::vector<ElemSegment> elems;
  std::vector<DataSegment> data;
  std::vector<CustomSection> customs;
  std::optional<uint32_t> start;
  uint32_t start_offset = 0;  // of the start section's payload
  std::optional<uint32_t> data_count;
  uint64_t code_offset = 0;  // of the code section's payload; 0 if none
  uint64_t code_size = 0;
  uint32_t imported_functions = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0, imported_tags = 0;

  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module();  // releases its types in the registry

  bool is_imported_function(uint32_t index) const { return index < imported_functions; }
  const TypeDef& type_def(uint32_t type_index) const;
  const FuncType& func_type(uint32_t func_index) const;
  // Name of a function for messages: from the name section, otherwise its export, otherwise "". Thread-safe.
  std::string_view function_name(uint32_t func_index) const;
  // Name of a tag, in the same way; an imported tag may have the name of the import.
  std::string_view tag_name(uint32_t tag_index) const;
  // Name of the module from the name section, or "". Thread-safe.
  std::string_view module_name() const;

 private:
  const NameMap& names() const;
  mutable std::once_flag names_once_;
  mutable std::shared_ptr<NameMap> names_;  // built on first use
};

}  // namespace ermine::wasm
