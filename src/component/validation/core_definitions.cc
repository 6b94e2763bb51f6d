// Core types, module types and core instances.
#include <algorithm>

#include "binary/type_section.h"
#include "binary/validator.h"
#include "component/model/limits.h"
#include "component/validation/component_validator.h"
#include "component/validation/core_match.h"
#include "wasm/limits.h"
#include "wasm/type_name.h"

namespace ermine::component {

using wasm::CompositeKind;
using wasm::HeapType;
using wasm::TypeId;
using wasm::TypeRegistry;
using wasm::ValType;

Result<void> ComponentValidator::core_type(const CoreType& type, ValidationScope& scope, uint64_t at) {
  auto& space = scope.spaces.core_types;
  if (type.is_module) {
    ERMINE_TRY(room(space, Sort::CoreType, at));
    ERMINE_ASSIGN(ModuleType module, module_type(type, scope, at));
    space.push_back({true, static_cast<uint32_t>(types_.modules.size())});
    scope.core_type_ids.push_back(wasm::kNoType);
    types_.modules.push_back(std::move(module));
    return {};
  }
  if (space.size() + type.types.size() > wasm::kMaxTypes) return no_room(Sort::CoreType, at);
  const size_t first = space.size();
  ERMINE_TRY(rec_group(type, scope.core_type_ids, at));
  for (size_t i = first; i < scope.core_type_ids.size(); ++i) space.push_back({false, scope.core_type_ids[i]});
  return {};
}

// A type whose indices are those of the index space `types`, which the group of `group` types continues.
Result<ValType> ComponentValidator::core_val_type(ValType type, std::span<const TypeId> types, uint32_t group,
                                                  uint64_t at) const {
  if (!type.is_ref() || !type.heap().is_concrete()) return type;
  const uint32_t index = type.heap().type_id();
  TypeId id = wasm::kNoType;
  if (index < types.size()) {
    id = types[index];
    if (id == wasm::kNoType) return invalid(at, base::format("type index {} is a module type, not a sub type", index));
  } else if (index - types.size() < group) {
    id = TypeRegistry::kRecBase + static_cast<uint32_t>(index - types.size());
  } else {
    return invalid(at, base::format("unknown type {}: type index out of bounds", index));
  }
  return ValType::ref(HeapType::concrete(id), type.nullable());
}

Result<void> ComponentValidator::rec_group(const CoreType& type, std::vector<TypeId>& ids, uint64_t at) {
  if (type.types.empty()) return {};
  const auto group = static_cast<uint32_t>(type.types.size());
  std::vector<wasm::TypeDef> defs(group);
  for (uint32_t i = 0; i < group; ++i) {
    const CoreSubType& sub = type.types[i];
    wasm::TypeDef& def = defs[i];
    def.kind = sub.kind;
    def.is_final = sub.is_final;
    const auto list = [&](std::span<const ValType> from, std::vector<ValType>& to) -> Result<void> {
      to.reserve(from.size());
      for (ValType t : from) {
        ERMINE_ASSIGN(ValType resolved, core_val_type(t, ids, group, sub.offset));
        to.push_back(resolved);
      }
      return {};
    };
    ERMINE_TRY(list(sub.params, def.func.params));
    ERMINE_TRY(list(sub.results, def.func.results));
    for (wasm::FieldType field : sub.fields) {
      ERMINE_ASSIGN(field.storage, core_val_type(field.storage, ids, group, sub.offset));
      def.fields.push_back(field);
    }
    if (sub.super == wasm::kNoType) continue;
    if (sub.super >= ids.size() + i)
      return invalid(sub.offset, base::format("unknown type {}: type index out of bounds", sub.super));
    if (sub.super < ids.size() && ids[sub.super] == wasm::kNoType)
      return invalid(sub.offset, base::format("type index {} is a module type, not a sub type", sub.super));
    def.super = sub.super < ids.size() ? ids[sub.super]
                                       : TypeRegistry::kRecBase + static_cast<uint32_t>(sub.super - ids.size());
  }
  std::vector<TypeId> added(group, wasm::kNoType);
  if (auto result = registry_.add_group(defs, added); !result) return located(std::move(result.error()), at);
  result_.core_types.held.push_back(added[0]);
  for (uint32_t i = 0; i < group; ++i) {
    const wasm::TypeDef& def = registry_.get(added[i]);
    if (def.super == wasm::kNoType) continue;
    const wasm::TypeDef& super = registry_.get(def.super);
    if (super.is_final) return invalid(type.types[i].offset, "sub type cannot have a final super type");
    if (!binary::composite_type_matches(registry_, def, super))
      return invalid(type.types[i].offset, "sub type must match super type");
  }
  ids.insert(ids.end(), added.begin(), added.end());
  return {};
}

Result<CoreEntity> ComponentValidator::core_entity(const CoreExternType& type, std::span<const TypeId> types,
                                                   uint64_t at) const {
  CoreEntity entity;
  entity.kind = type.kind;
  switch (type.kind) {
    case wasm::ExternKind::kFunc:
    case wasm::ExternKind::kTag:
      if (type.type_index >= types.size())
        return invalid(at, base::format("unknown type {}: type index out of bounds", type.type_index));
      entity.type = types[type.type_index];
      if (registry_.get(entity.type).kind != CompositeKind::kFunc)
        return invalid(at, base::format("type index {} is not a function type", type.type_index));
      break;
    case wasm::ExternKind::kTable: {
      entity.table = type.table;
      ERMINE_ASSIGN(entity.table.element, core_val_type(type.table.element, types, 0, at));
      break;
    }
    case wasm::ExternKind::kMemory: entity.memory = type.memory; break;
    case wasm::ExternKind::kGlobal: {
      entity.global = type.global;
      ERMINE_ASSIGN(entity.global.type, core_val_type(type.global.type, types, 0, at));
      break;
    }
  }
  return entity;
}

Result<ModuleType> ComponentValidator::module_type(const CoreType& type, ValidationScope& scope, uint64_t at) {
  std::vector<TypeId> ids;  // the module type's own index space
  std::vector<CoreExtern> imports, exports;
  NameTable seen;
  // The rules for limits, memories and tags are those for the imports of a module that has all of them.
  auto module = std::make_shared<wasm::Module>();
  module->features = options_.core_features;
  module->registry = result_.core_types.registry;
  uint32_t weight = 1;
  const auto check = [&](const CoreEntity& entity, uint32_t offset) {
    uint32_t index = 0;
    switch (entity.kind) {
      case wasm::ExternKind::kTable:
        index = module->imported_tables++;
        module->tables.push_back({entity.table, {}, offset});
        break;
      case wasm::ExternKind::kMemory:
        index = module->imported_memories++;
        module->memories.push_back(entity.memory);
        break;
      default: return;
    }
    module->imports.push_back({{}, {}, entity.kind, index, offset});
  };
  for (const ModuleDeclarator& d : type.declarators) {
    switch (d.kind) {
      case ModuleDeclarator::kType:
        if (ids.size() + d.core_type->types.size() > wasm::kMaxTypes) return no_room(Sort::CoreType, d.offset);
        ERMINE_TRY(rec_group(*d.core_type, ids, d.offset));
        break;
      case ModuleDeclarator::kOuterAlias: {
        if (ids.size() >= wasm::kMaxTypes) return no_room(Sort::CoreType, d.offset);
        if (d.count == 0) {
          ERMINE_TRY(in_range(ids, d.index, "type", d.offset));
          ids.push_back(ids[d.index]);
          break;
        }
        ERMINE_ASSIGN(ValidationScope * target, scope_at(scope, d.count - 1, d.offset));
        ERMINE_TRY(in_range(target->spaces.core_types, d.index, "type", d.offset));
        const CoreTypeEntry entry = target->spaces.core_types[d.index];
        if (entry.is_module)
          return invalid(d.offset,
                         "not implemented: aliasing core module types into a core module's types index space");
        ids.push_back(entry.id);
        break;
      }
      case ModuleDeclarator::kImport:
      case ModuleDeclarator::kExport: {
        ERMINE_ASSIGN(CoreEntity entity, core_entity(*d.type, ids, d.offset));
        ERMINE_TRY(add_weight(weight, 1, d.offset));
        if (entity.kind == wasm::ExternKind::kTag && !registry_.get(entity.type).func.results.empty())
          return invalid(d.offset, "non-empty tag result type");
        check(entity, d.offset);
        if (d.kind == ModuleDeclarator::kExport) {
          exports.push_back({{}, d.name, entity});
          break;
        }
        imports.push_back({d.module, d.name, entity});
        const auto name_of = [&](uint32_t i) { return imports[i].import_name(); };
        if (seen.find_or_add(static_cast<uint32_t>(imports.size() - 1), imports.back().import_name(), name_of) !=
            NameTable::kNone)
          return invalid(d.offset, base::format("duplicate import name `{}:{}` already defined", d.module, d.name));
        break;
      }
    }
  }
  if (!module->imports.empty()) ERMINE_TRY(binary::validate(*module, {.threads = 1}));
  ModuleType result;
  result.weight = weight;
  result.imports = types_.arena.copy(imports);
  ERMINE_TRY(add_exports(result.exports, std::move(exports), types_.arena, at, "duplicate export name"));
  return result;
}

Result<void> ComponentValidator::add_exports(CoreExports& exports, std::vector<CoreExtern> items, Arena& arena,
                                             uint64_t at, std::string_view message) {
  auto names = std::make_shared<NameTable>();
  const auto name_of = [&](uint32_t i) { return items[i].name; };
  for (uint32_t i = 0; i < items.size(); ++i) {
    if (names->find_or_add(i, items[i].name, name_of) != NameTable::kNone)
      return invalid(at, base::format("{} `{}` already defined", message, items[i].name));
  }
  exports.items = arena.copy(items);
  if (items.size() > kFewNames) exports.names = std::move(names);
  return {};
}

Result<uint32_t> ComponentValidator::core_func_type(uint32_t index, const ValidationScope& scope, uint64_t at) const {
  ERMINE_TRY(in_range(scope.spaces.core_funcs, index, sort_noun(Sort::CoreFunc), at));
  return scope.spaces.core_funcs[index];
}

Result<CoreEntity> ComponentValidator::core_item(Sort sort, uint32_t index, const ValidationScope& scope,
                                                 uint64_t at) const {
  CoreEntity item;
  item.kind = static_cast<wasm::ExternKind>(sort_code(sort));
  const IndexSpaces& s = scope.spaces;
  const auto get = [&](const auto& space, auto& to) -> Result<void> {
    ERMINE_TRY(in_range(space, index, sort_noun(sort), at));
    to = space[index];
    return {};
  };
  switch (sort) {
    case Sort::CoreFunc: ERMINE_TRY(get(s.core_funcs, item.type)); break;
    case Sort::CoreTable: ERMINE_TRY(get(s.core_tables, item.table)); break;
    case Sort::CoreMemory: ERMINE_TRY(get(s.core_memories, item.memory)); break;
    case Sort::CoreGlobal: ERMINE_TRY(get(s.core_globals, item.global)); break;
    default: ERMINE_TRY(get(s.core_tags, item.type)); break;
  }
  return item;
}

Result<void> ComponentValidator::add_core_item(const CoreEntity& item, ValidationScope& scope, uint64_t at) const {
  IndexSpaces& s = scope.spaces;
  const auto add = [&](auto& space, const auto& value, Sort sort) -> Result<void> {
    ERMINE_TRY(room(space, sort, at));
    space.push_back(value);
    return {};
  };
  switch (item.kind) {
    case wasm::ExternKind::kFunc: return add(s.core_funcs, item.type, Sort::CoreFunc);
    case wasm::ExternKind::kTable: return add(s.core_tables, item.table, Sort::CoreTable);
    case wasm::ExternKind::kMemory: return add(s.core_memories, item.memory, Sort::CoreMemory);
    case wasm::ExternKind::kGlobal: return add(s.core_globals, item.global, Sort::CoreGlobal);
    case wasm::ExternKind::kTag: return add(s.core_tags, item.type, Sort::CoreTag);
  }
  return {};
}

// Binary.md, "Instance Definitions".
Result<void> ComponentValidator::core_instance(const Instance& instance, ValidationScope& scope,
                                               ResolvedDefinition& resolved, uint64_t at) {
  IndexSpaces& spaces = scope.spaces;
  if (spaces.core_instances.size() + spaces.instances.size() >= kMaxInstances) return no_room(Sort::CoreInstance, at);
  CoreInstanceType type;
  const auto name_of = [&](uint32_t i) { return instance.items[i].name.name; };
  if (!instance.instantiates) {
    std::vector<CoreExtern> exports;
    exports.reserve(instance.items.size());
    for (const Item& item : instance.items) {
      ERMINE_ASSIGN(CoreEntity entity, core_item(item.sort, item.index, scope, item.name.offset));
      exports.push_back({{}, item.name.name, entity});
    }
    type.weight = static_cast<uint32_t>(1 + exports.size());
    ERMINE_TRY(add_exports(type.exports, std::move(exports), types_.arena, at, "duplicate instantiation export name"));
  } else {
    ERMINE_TRY(in_range(spaces.core_modules, instance.target, sort_noun(Sort::CoreModule), at));
    const ModuleType& module = types_.modules[spaces.core_modules[instance.target]];
    ERMINE_TRY(spend(module.imports.size(), at));
    NameTable args;
    for (uint32_t i = 0; i < instance.items.size(); ++i) {
      const Item& item = instance.items[i];
      ERMINE_TRY(in_range(spaces.core_instances, item.index, sort_noun(Sort::CoreInstance), item.name.offset));
      if (args.find_or_add(i, item.name.name, name_of) != NameTable::kNone)
        return invalid(item.name.offset,
                       base::format("duplicate module instantiation argument named `{}`", item.name.name));
    }
    std::vector<CoreArgument> found;
    found.reserve(module.imports.size());
    uint32_t arg = NameTable::kNone;
    for (const CoreExtern& import : module.imports) {
      // Imports from the same module mostly follow one another.
      if (arg == NameTable::kNone || name_of(arg) != import.module) arg = args.find(import.module, name_of);
      if (arg == NameTable::kNone)
        return invalid(at, base::format("missing module instantiation argument named `{}`", import.module));
      const uint32_t from = instance.items[arg].index;
      const CoreExports& exports = types_.core_instances[spaces.core_instances[from]].exports;
      const uint32_t position = exports.find(import.name);
      if (position == NameTable::kNone)
        return invalid(at, base::format("module instantiation argument `{}` does not export an item named `{}`",
                                        import.module, import.name));
      if (std::string error = core_mismatch(registry_, exports.items[position].type, import.type); !error.empty())
        return invalid(at, base::format("type mismatch for export `{}` of module instantiation argument `{}`: {:t}",
                                        import.name, import.module, error));
      found.push_back({from, position});
    }
    resolved.core_arguments = types_.arena.copy(found);
    type.weight = module.weight;
    type.exports = module.exports;
  }
  spaces.core_instances.push_back(static_cast<CoreInstanceId>(types_.core_instances.size()));
  types_.core_instances.push_back(std::move(type));
  return {};
}

Result<TypeId> ComponentValidator::core_func(std::span<const ValType> params, std::span<const ValType> results) {
  uint64_t hash = params.size();
  for (ValType type : params) hash = hash_combine(hash, type.bits());
  for (ValType type : results) hash = hash_combine(hash, type.bits());
  hash >>= 1;  // never the key that IdMap reserves
  if (const TypeId* known = core_funcs_.find(hash)) {
    const wasm::FuncType& func = registry_.get(*known).func;
    if (std::ranges::equal(func.params, params) && std::ranges::equal(func.results, results)) return *known;
  }
  ERMINE_ASSIGN(TypeId id, registry_.add_func(params, results));
  result_.core_types.held.push_back(id);
  core_funcs_.set(hash, id);
  return id;
}

}  // namespace ermine::component
