// DefinitionReader: reads single definitions of a component (Binary.md) and places them in an arena. On failure the
// core reader `in` is in its failed state and the result is incomplete.
#pragma once

#include <vector>

#include "binary/reader.h"
#include "component/model/component.h"

namespace ermine::component {

class DefinitionReader {
 public:
  DefinitionReader(binary::Reader& in, Arena& arena) : in_(in), arena_(arena) {}

  const Instance* core_instance();
  const CoreType* core_type();
  const Instance* instance();
  const Alias* alias();
  const TypeDef* type();
  const Canon* canon();
  const Start* start();
  const Import* import();
  const Export* export_();
  const ValueDefinition* value();

 private:
  // Common to all.
  std::string_view string();
  ExternName extern_name();
  const Attributes* attributes();
  Sort sort();
  Sort core_sort(std::string_view what);
  TypeUse type_use();
  TypeUse optional_type_use();
  TypeUse result_list();
  ExternType extern_type();
  std::span<const CanonOption> options();
  // A byte that is 0 or 1.
  bool flag(std::string_view what);
  void bad_byte(uint8_t byte, uint32_t at, std::string_view what);
  // The length of a vector, at most `limit`.
  uint32_t count(uint32_t limit, std::string_view what);

  // definition_types.cc
  std::span<const Field> fields(TypeKind kind, TypeForm form);
  std::span<const Definition> declarators(bool of_component);
  Definition declarator(bool of_component);
  std::span<const ModuleDeclarator> module_declarators();
  ModuleDeclarator module_declarator();
  const CoreExternType* core_extern_type();
  CoreSubType core_sub_type();
  const CoreType* rec_type();

  binary::Reader& in_;
  Arena& arena_;
  uint32_t depth_ = 0;  // of declarators
  // Reused between definitions.
  std::vector<Item> items_;
  std::vector<Field> fields_;
  std::vector<CanonOption> options_;
};

}  // namespace ermine::component
