// Types, core types, and the declarators within them.
#include <algorithm>

#include "base/format.h"
#include "binary/extern_types.h"
#include "binary/type_section.h"
#include "component/binary/definition_reader.h"
#include "component/model/limits.h"
#include "wasm/limits.h"

namespace ermine::component {

namespace {
struct FieldLimit {
  uint32_t limit;
  std::string_view what;
};
FieldLimit field_limit(TypeKind kind) {
  switch (kind) {
    case TypeKind::Record: return {kMaxRecordFields, "record fields"};
    case TypeKind::Variant: return {kMaxVariantCases, "variant cases"};
    case TypeKind::Tuple: return {kMaxTupleTypes, "types of a tuple"};
    case TypeKind::Flags: return {kMaxFlags, "flags"};
    case TypeKind::Enum: return {kMaxEnumCases, "enum cases"};
    default: return {kMaxFuncParams, "function parameters"};
  }
}
}  // namespace

std::span<const Field> DefinitionReader::fields(TypeKind kind, TypeForm form) {
  const FieldLimit limit = field_limit(kind);
  const uint32_t fields = count(limit.limit, limit.what);
  fields_.clear();
  fields_.reserve(fields);
  for (uint32_t i = 0; i < fields && in_.ok(); ++i) {
    Field field;
    field.offset = in_.offset();
    if (form != TypeForm::Types) field.label = string();
    if (form == TypeForm::Cases) {
      field.type = optional_type_use();
      const uint32_t at = in_.offset();
      if (const uint8_t zero = in_.byte(); zero != 0) bad_byte(zero, at, "zero byte required");
    } else if (form != TypeForm::Labels) {
      field.type = type_use();
    }
    fields_.push_back(field);
  }
  return arena_.copy(fields_);
}

const TypeDef* DefinitionReader::type() {
  TypeDef* def = arena_.make<TypeDef>();
  const uint32_t at = in_.offset();
  const uint8_t code = in_.byte();
  if (!in_.ok()) return def;
  if (const auto primitive = primitive_from_code(code)) {
    def->primitive = *primitive;
    return def;
  }
  const auto kind = type_kind_from_code(code);
  if (!kind) return bad_byte(code, at, "component defined type"), def;
  def->kind = *kind;
  const TypeForm form = type_form(*kind);
  switch (form) {
    case TypeForm::Primitive: break;
    case TypeForm::Fields:
    case TypeForm::Cases:
    case TypeForm::Types:
    case TypeForm::Labels: def->fields = fields(*kind, form); break;
    case TypeForm::Element: def->first = type_use(); break;
    case TypeForm::ElementLength:
      def->first = type_use();
      def->number = in_.u32();
      break;
    case TypeForm::Result:
      def->first = optional_type_use();
      def->second = optional_type_use();
      break;
    case TypeForm::Index: def->number = in_.u32(); break;
    case TypeForm::OptionalElement: def->first = optional_type_use(); break;
    case TypeForm::KeyValue:
      def->first = type_use();
      def->second = type_use();
      break;
    case TypeForm::Func:
      def->is_async = code == 0x43;
      def->fields = fields(*kind, form);
      def->first = result_list();
      break;
    case TypeForm::Declarators: def->declarators = declarators(*kind == TypeKind::Component); break;
    case TypeForm::Resource: {
      def->rep = in_.val_type();
      const uint32_t dtor_at = in_.offset();
      const uint8_t has_destructor = in_.byte();
      if (has_destructor > 1) bad_byte(has_destructor, dtor_at, "resource destructor");
      def->has_destructor = has_destructor == 1;
      if (def->has_destructor) def->number = in_.u32();
      break;
    }
  }
  return def;
}

std::span<const Definition> DefinitionReader::declarators(bool of_component) {
  if (depth_ >= kMaxNesting) {
    in_.fail(ErrorKind::kUnsupported, in_.offset(),
             base::format("types are nested too deeply: at most {} within each other are supported", kMaxNesting));
    return {};
  }
  const uint32_t declarators = count(kMaxTypeDeclarators, "declarators of a type");
  std::vector<Definition> list;
  ++depth_;
  for (uint32_t i = 0; i < declarators && in_.ok(); ++i) list.push_back(declarator(of_component));
  --depth_;
  return arena_.copy(list);
}

Definition DefinitionReader::declarator(bool of_component) {
  const uint32_t at = in_.offset();
  const uint8_t code = in_.byte();
  const uint32_t start = in_.offset();
  switch (code) {
    case 0: return {Definition::kCoreType, start, core_type()};
    case 1: return {Definition::kType, start, type()};
    case 2: return {Definition::kAlias, start, alias()};
    case 3:
      if (of_component) return {Definition::kImport, start, import()};
      break;
    case 4: return {Definition::kExportDecl, start, import()};
    default: break;
  }
  bad_byte(code, at, "component or instance type declaration");
  return {Definition::kType, at, nullptr};
}

const CoreType* DefinitionReader::core_type() {
  // A type that is neither final nor in a group begins like a module type, and is preceded by 0x00 for that reason.
  const uint32_t at = in_.offset();
  if (!in_.at_end() && in_.peek() == 0x00) {
    in_.byte();
    if (in_.peek() != 0x50) return bad_byte(in_.peek(), at + 1, "non-final sub type"), arena_.make<CoreType>();
    return rec_type();
  }
  if (in_.peek() != 0x50) return rec_type();
  in_.byte();
  CoreType* type = arena_.make<CoreType>();
  type->is_module = true;
  type->declarators = module_declarators();
  return type;
}

const CoreType* DefinitionReader::rec_type() {
  CoreType* type = arena_.make<CoreType>();
  const uint32_t at = in_.offset();
  uint32_t types = 1;
  if (in_.peek() == 0x4E) {
    in_.byte();
    if (!in_.require(wasm::Feature::Gc, "a recursion group", at)) return type;
    type->is_group = true;
    types = count(wasm::kMaxRecGroupSize, "types in a recursion group");
  }
  std::vector<CoreSubType> list;
  for (uint32_t i = 0; i < types && in_.ok(); ++i) list.push_back(core_sub_type());
  type->types = arena_.copy(list);
  return type;
}

CoreSubType DefinitionReader::core_sub_type() {
  CoreSubType type;
  type.offset = in_.offset();
  wasm::TypeDef def;
  // The validator checks that a supertype comes before; here all indices are possible.
  binary::read_sub_type(in_, def, UINT32_MAX);
  type.kind = def.kind;
  type.is_final = def.is_final;
  type.super = def.super;
  type.params = arena_.copy(def.func.params);
  type.results = arena_.copy(def.func.results);
  type.fields = arena_.copy(def.fields);
  return type;
}

std::span<const ModuleDeclarator> DefinitionReader::module_declarators() {
  const uint32_t declarators = count(kMaxModuleTypeDeclarators, "declarators of a module type");
  std::vector<ModuleDeclarator> list;
  list.reserve(declarators);
  for (uint32_t i = 0; i < declarators && in_.ok(); ++i) list.push_back(module_declarator());
  return arena_.copy(list);
}

ModuleDeclarator DefinitionReader::module_declarator() {
  ModuleDeclarator d;
  d.offset = in_.offset();
  const uint8_t code = in_.byte();
  switch (code) {
    case 0:
      d.kind = ModuleDeclarator::kImport;
      d.module = string();
      d.name = string();
      d.type = core_extern_type();
      return d;
    case 1:
      d.kind = ModuleDeclarator::kType;
      d.core_type = rec_type();
      return d;
    case 2: {
      d.kind = ModuleDeclarator::kOuterAlias;
      const uint32_t at = in_.offset();
      if (const uint8_t sort = in_.byte(); sort != sort_code(Sort::CoreType))
        return bad_byte(sort, at, "outer alias kind"), d;
      if (const uint8_t target = in_.byte(); target != 1) return bad_byte(target, at + 1, "outer alias target"), d;
      d.count = in_.u32();
      d.index = in_.u32();
      return d;
    }
    case 3:
      d.kind = ModuleDeclarator::kExport;
      d.name = string();
      d.type = core_extern_type();
      return d;
    default: return bad_byte(code, d.offset, "type definition"), d;
  }
}

const CoreExternType* DefinitionReader::core_extern_type() {
  CoreExternType* type = arena_.make<CoreExternType>();
  const uint32_t at = in_.offset();
  const uint8_t kind = in_.byte();
  switch (kind) {
    case 0: type->type_index = in_.u32(); break;
    case 1: type->table = binary::read_table_type(in_); break;
    case 2: type->memory = binary::read_memory_type(in_); break;
    case 3: type->global = binary::read_global_type(in_); break;
    case 4:
      if (!in_.require(wasm::Feature::Exceptions, "a tag", at)) return type;
      if (in_.byte() != 0 && in_.ok()) in_.malformed(at + 1, "zero byte expected: the attribute of a tag");
      type->type_index = in_.u32();
      break;
    default: return bad_byte(kind, at, "external kind"), type;
  }
  type->kind = static_cast<wasm::ExternKind>(kind);
  return type;
}

}  // namespace ermine::component
