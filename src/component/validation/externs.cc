// Imports and exports (Binary.md, "Import and Export Definitions").
#include "component/model/limits.h"
#include "component/validation/component_validator.h"
#include "component/validation/extern_names.h"
#include "wasm/limits.h"

namespace ermine::component {

namespace {
constexpr std::string_view kValues = "support for component model `value`s";
}

Result<TypeUse> ComponentValidator::value_at(uint32_t index, ValidationScope& scope, uint64_t at) {
  ERMINE_TRY(require(Feature::Values, kValues, at));
  ERMINE_TRY(in_range(scope.spaces.values, index, sort_noun(Sort::Value), at));
  if (scope.value_used[index]) return invalid(at, base::format("value {} cannot be used more than once", index));
  scope.value_used[index] = true;
  return scope.spaces.values[index];
}

// The type of a definition that is exported or given as an argument. A value is consumed by this.
Result<Entity> ComponentValidator::item(Sort sort, uint32_t index, ValidationScope& scope, uint64_t at) {
  Entity entity;
  entity.sort = sort;
  const IndexSpaces& s = scope.spaces;
  const auto get = [&](const std::vector<uint32_t>& space) -> Result<void> {
    ERMINE_TRY(in_range(space, index, sort_noun(sort), at));
    entity.id = space[index];
    return {};
  };
  switch (sort) {
    case Sort::CoreModule: ERMINE_TRY(get(s.core_modules)); break;
    case Sort::Func: ERMINE_TRY(get(s.funcs)); break;
    case Sort::Component: ERMINE_TRY(get(s.components)); break;
    case Sort::Instance: ERMINE_TRY(get(s.instances)); break;
    case Sort::Value: {
      ERMINE_ASSIGN(entity.value_type, value_at(index, scope, at));
      break;
    }
    default: {
      ERMINE_ASSIGN(AnyType type, type_at(index, scope, at));
      entity.kind = type.kind;
      entity.id = entity.equals_id = type.id;
      break;
    }
  }
  return entity;
}

Result<Entity> ComponentValidator::extern_type(const ExternType& type, ValidationScope& scope, uint64_t at) {
  Entity entity;
  entity.sort = type.sort;
  const auto indexed = [&](AnyKind kind, std::string_view what) -> Result<void> {
    ERMINE_ASSIGN(AnyType given, type_at(type.index, scope, at));
    if (given.kind != kind) return invalid(at, base::format("type index {} is not {}", type.index, what));
    entity.id = given.id;
    return {};
  };
  switch (type.sort) {
    case Sort::CoreModule:
      ERMINE_TRY(in_range(scope.spaces.core_types, type.index, sort_noun(Sort::CoreType), at));
      if (!scope.spaces.core_types[type.index].is_module)
        return invalid(at, base::format("core type index {} is not a module type", type.index));
      entity.id = scope.spaces.core_types[type.index].id;
      return entity;
    case Sort::Func: ERMINE_TRY(indexed(AnyKind::Func, "a function type")); return entity;
    case Sort::Instance: ERMINE_TRY(indexed(AnyKind::Instance, "an instance type")); return entity;
    case Sort::Component: ERMINE_TRY(indexed(AnyKind::Component, "a component type")); return entity;
    case Sort::Value: {
      ERMINE_TRY(require(Feature::Values, kValues, at));
      if (type.bound == ExternType::kValueEq) {
        ERMINE_TRY(in_range(scope.spaces.values, type.index, sort_noun(Sort::Value), at));
        entity.value_type = scope.spaces.values[type.index];
        return entity;
      }
      ERMINE_ASSIGN(entity.value_type, use(type.value, scope, at));
      return entity;
    }
    default: break;
  }
  if (type.bound == ExternType::kSubResource) {
    entity.kind = AnyKind::Resource;
    entity.id = entity.equals_id = types_.add_resource();
    return entity;
  }
  ERMINE_ASSIGN(AnyType equals, type_at(type.index, scope, at));
  entity.kind = equals.kind;
  entity.equals_id = equals.id;
  entity.id = types_.add_name(equals).id;
  return entity;
}

TypeFlags ComponentValidator::entity_flags(const Entity& entity) const {
  const auto of = [&](AnyKind kind, uint32_t id) {
    switch (kind) {
      case AnyKind::Defined: return types_.defined[id].flags;
      case AnyKind::Func: return types_.funcs[id].flags;
      case AnyKind::Instance: return types_.instances[id].flags;
      case AnyKind::Component: return types_.components[id].flags;
      case AnyKind::Resource: break;
    }
    TypeFlags flags;
    flags.resource = true;
    return flags;
  };
  switch (entity.sort) {
    case Sort::Func: return of(AnyKind::Func, entity.id);
    case Sort::Instance: return of(AnyKind::Instance, entity.id);
    case Sort::Component: return of(AnyKind::Component, entity.id);
    case Sort::Value: return types_.flags(entity.value_type);
    case Sort::Type: {
      TypeFlags flags = of(entity.kind, entity.id);
      flags.name = true;
      return flags;
    }
    default: return {};
  }
}

uint32_t ComponentValidator::entity_weight(const Entity& entity) const {
  switch (entity.sort) {
    case Sort::CoreModule: return types_.modules[entity.id].weight;
    case Sort::Func: return types_.funcs[entity.id].weight;
    case Sort::Instance: return types_.instances[entity.id].weight;
    case Sort::Component: return types_.components[entity.id].weight;
    case Sort::Value: return types_.weight(entity.value_type);
    default: break;
  }
  switch (entity.kind) {
    case AnyKind::Resource: return 1;
    case AnyKind::Defined: return types_.defined[entity.id].weight;
    case AnyKind::Func: return types_.funcs[entity.id].weight;
    case AnyKind::Instance: return types_.instances[entity.id].weight;
    case AnyKind::Component: return types_.components[entity.id].weight;
  }
  return 1;
}

// The resource types of an instance type belong to the instance: each import and export of the type gets its own.
Result<InstanceId> ComponentValidator::imported_instance(InstanceId id, ValidationScope& scope, Direction direction,
                                                         uint64_t at) {
  if (types_.instances[id].defined.empty()) return id;
  ERMINE_TRY(spend_copies(types_.instances[id].weight, at));
  Substitution fresh(types_);
  for (ResourceId old : types_.instances[id].defined) {
    const ResourceId resource = types_.resources++;
    fresh.replace(old, resource);
    (direction == Direction::kImport ? scope.imported_resources : scope.defined_resources).push_back(resource);
  }
  InstanceType type = types_.instances[id];
  type.exports = fresh.apply(type.exports);
  type.defined = {};
  types_.instances.push_back(std::move(type));
  return static_cast<InstanceId>(types_.instances.size() - 1);
}

Result<void> ComponentValidator::add_entity(Entity& entity, std::optional<Direction> direction, std::string_view name,
                                            ValidationScope& scope, uint64_t at) {
  IndexSpaces& s = scope.spaces;
  const auto add = [&](auto& space, auto value) -> Result<void> {
    ERMINE_TRY(room(space, entity.sort, at));
    space.push_back(value);
    return {};
  };
  switch (entity.sort) {
    case Sort::CoreModule: ERMINE_TRY(add(s.core_modules, entity.id)); break;
    case Sort::Func: ERMINE_TRY(add(s.funcs, entity.id)); break;
    case Sort::Component: ERMINE_TRY(add(s.components, entity.id)); break;
    case Sort::Instance:
      if (direction) { ERMINE_ASSIGN(entity.id, imported_instance(entity.id, scope, *direction, at)); }
      if (s.instances.size() + s.core_instances.size() >= kMaxInstances) return no_room(Sort::Instance, at);
      s.instances.push_back(entity.id);
      break;
    case Sort::Value:
      ERMINE_TRY(require(Feature::Values, kValues, at));
      if (direction == Direction::kExport && types_.flags(entity.value_type).borrow)
        return invalid(at, "exported value type cannot contain a `borrow` type");
      ERMINE_TRY(add(s.values, entity.value_type));
      scope.value_used.push_back(direction == Direction::kExport || scope.kind != ValidationScopeKind::kComponent);
      break;
    default:
      ERMINE_TRY(add(s.types, entity.type()));
      if (!direction || entity.kind != AnyKind::Resource) break;
      // A resource type that is new here.
      if (entity.id == entity.equals_id)
        (*direction == Direction::kImport ? scope.imported_resources : scope.defined_resources)
            .push_back(types_.resource_names[entity.id]);
      NamedResources& named = *direction == Direction::kImport ? scope.imported_names : scope.exported_names;
      named.name_of.emplace(entity.id, name);
      named.names.insert(name);
      break;
  }
  if (direction && !register_named(entity, *direction, scope))
    return invalid(at, base::format("{} not valid to be used as {}: a type in it is not {}ed by a name",
                                    sort_keyword(entity.sort), direction_word(*direction), direction_word(*direction)));
  return {};
}

Result<void> ComponentValidator::import(const Import& import, ValidationScope& scope, uint64_t at) {
  if (scope.imports.size() >= wasm::kMaxImports)
    return Error(ErrorKind::kUnsupported, base::format("too many imports: at most {} are supported", wasm::kMaxImports),
                 at);
  ERMINE_ASSIGN(Entity entity, extern_type(import.type, scope, at));
  ERMINE_TRY(add_entity(entity, Direction::kImport, import.name.name, scope, at));
  return add_extern(import.name, entity, Direction::kImport, scope.imported_names, scope.imports, nullptr, scope.weight,
                    scope.depth, at);
}

Result<void> ComponentValidator::add_export(const ExternName& name, Entity entity, ValidationScope& scope,
                                            uint64_t at) {
  if (scope.exports.size() >= wasm::kMaxExports)
    return Error(ErrorKind::kUnsupported, base::format("too many exports: at most {} are supported", wasm::kMaxExports),
                 at);
  ERMINE_TRY(add_entity(entity, Direction::kExport, name.name, scope, at));
  return add_extern(name, entity, Direction::kExport, scope.exported_names, scope.exports, nullptr, scope.weight,
                    scope.depth, at);
}

Result<void> ComponentValidator::export_(const Export& e, ValidationScope& scope, uint64_t at) {
  ERMINE_ASSIGN(Entity entity, item(e.sort, e.index, scope, at));
  if (entity.sort == Sort::Type) entity.id = types_.add_name(entity.equals()).id;
  if (e.type) {
    ERMINE_ASSIGN(Entity ascribed, extern_type(*e.type, scope, at));
    ERMINE_TRY(spend(uint64_t{entity_weight(entity)} + entity_weight(ascribed), at));
    Subtyping subtyping(types_, registry_);
    if (!subtyping.matches(entity, ascribed))
      return invalid(
          at, base::format("ascribed type of export is not compatible with item's type: {:t}", subtyping.take_error()));
    entity = ascribed;
  }
  return add_export(e.name, entity, scope, at);
}

Result<void> ComponentValidator::attributes(const ExternName& name, bool is_label, const Entity& entity,
                                            uint64_t at) const {
  const Attributes& a = *name.attributes;
  if (a.implements) {
    ERMINE_TRY(require(Feature::Implements, "the attribute `implements`", at));
    if (!is_label) return invalid(at, base::format("name `{}` is not valid with `implements`", name.name));
    if (entity.sort != Sort::Instance) return invalid(at, "only instances can have an `implements`");
    std::string error;
    const auto parsed = parse_extern_name(*a.implements, options_.features, error);
    if (!parsed) return invalid(at, base::format("`{}` is not a valid name: {:t}", *a.implements, error));
    if (parsed->kind != ParsedName::kInterface)
      return invalid(at, base::format("name `{}` must be an interface", *a.implements));
    if (error = check_version(*parsed, std::nullopt, options_.features); !error.empty())
      return invalid(at, base::format("`{}` is not a valid name: {:t}", *a.implements, error));
  }
  if (a.version_suffix) {
    ERMINE_TRY(require(Feature::CanonNames, "the attribute `versionsuffix`", at));
    if (entity.sort != Sort::Instance) return invalid(at, "only instances can have a `versionsuffix`");
    if (is_label) return invalid(at, base::format("name `{}` is not valid with `versionsuffix`", name.name));
  }
  if (a.external_id) ERMINE_TRY(require(Feature::Implements, "the attribute `external-id`", at));
  return {};
}

// The rules for names such as [method]a.b; returns what is wrong, or "".
std::string ComponentValidator::annotated_name(const ParsedName& name, const Entity& entity,
                                               const NamedResources& resources) const {
  if (name.kind == ParsedName::kLabel || name.kind == ParsedName::kInterface) return {};
  if (entity.sort != Sort::Func) return "item is not a func";
  const FuncType& func = types_.funcs[entity.id];
  const auto handle = [&](TypeUse type, TypeKind kind) -> std::optional<ResourceName> {
    if (types_.kind(type) != kind) return std::nullopt;
    return types_.defined[type.index()].number;
  };
  const auto check_resource = [&](ResourceName resource) -> std::string {
    const auto at = resources.name_of.find(resource);
    if (at == resources.name_of.end()) return "resource used in function does not have a name in this context";
    if (at->second == name.resource) return {};
    return base::format("function does not match expected resource name `{}`", at->second);
  };
  switch (name.kind) {
    case ParsedName::kConstructor: {
      if (func.is_async) return "constructor function cannot be async";
      if (func.result.is_none()) return "function should return one value";
      auto own = handle(func.result, TypeKind::Own);
      if (!own && types_.kind(func.result) == TypeKind::Result)
        own = handle(types_.defined[func.result.index()].first, TypeKind::Own);
      if (!own) return "function should return `(own $T)` or `(result (own $T))`";
      return check_resource(*own);
    }
    case ParsedName::kMethod: {
      if (func.params.empty()) return "function should have at least one argument";
      if (func.params[0].label != "self") return "function should have a first argument called `self`";
      const auto borrow = handle(func.params[0].type, TypeKind::Borrow);
      if (!borrow) return "function should take a first argument of `(borrow $T)`";
      return check_resource(*borrow);
    }
    default:
      if (resources.names.contains(name.resource)) return {};
      return "static resource name is not known in this context";
  }
}

Result<void> ComponentValidator::add_extern(const ExternName& name, const Entity& entity, Direction direction,
                                            const NamedResources& resources, ExternListBuilder& list, TypeFlags* flags,
                                            uint32_t& weight, uint8_t& depth, uint64_t at) {
  const std::string_view word = direction_word(direction);
  std::string error;
  const auto parsed = parse_extern_name(name.name, options_.features, error);
  if (!parsed)
    return invalid(at, base::format("{} name `{}` is not a valid extern name: {:t}", word, name.name, error));
  if (name.attributes) ERMINE_TRY(attributes(name, parsed->kind == ParsedName::kLabel, entity, at));
  if (parsed->kind == ParsedName::kInterface) {
    const auto suffix = name.attributes ? name.attributes->version_suffix : std::nullopt;
    if (error = check_version(*parsed, suffix, options_.features); !error.empty())
      return invalid(
          at, base::format("{} name `{}` is not valid: invalid interface version: {:t}", word, name.name, error));
  }
  if (error = annotated_name(*parsed, entity, resources); !error.empty())
    return invalid(at, base::format("{} name `{}` is not valid: {:t}", word, name.name, error));
  const std::string_view canonical = canonical_name(name.name, types_.arena);
  if (const auto previous = list.add({name.name, entity, name.attributes}, canonical))
    return invalid(at, base::format("{} name `{}` conflicts with previous name `{}`", word, name.name, *previous));
  const TypeFlags inner = entity_flags(entity);
  if (flags) flags->add(inner);
  ERMINE_TRY(spend(entity_weight(entity), at));
  ERMINE_TRY(add_weight(weight, entity_weight(entity), at));
  return add_depth(depth, inner.depth, at);
}

}  // namespace ermine::component
