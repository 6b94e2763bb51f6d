// Instances of components (Binary.md, "Instance Definitions"; Explainer.md, "Type Checking").
#include "component/model/limits.h"
#include "component/validation/component_validator.h"

namespace ermine::component {

Result<void> ComponentValidator::instance(const Instance& instance, ValidationScope& scope,
                                          ResolvedDefinition& resolved, uint64_t at) {
  IndexSpaces& spaces = scope.spaces;
  if (spaces.core_instances.size() + spaces.instances.size() >= kMaxInstances) return no_room(Sort::Instance, at);
  ERMINE_ASSIGN(InstanceType type, instance.instantiates ? instantiate(instance, scope, resolved, at)
                                                         : inline_exports(instance, scope, at));
  spaces.instances.push_back(static_cast<InstanceId>(types_.instances.size()));
  types_.instances.push_back(std::move(type));
  return {};
}

Result<InstanceType> ComponentValidator::inline_exports(const Instance& instance, ValidationScope& scope, uint64_t at) {
  InstanceType type;
  ExternListBuilder list;
  const NamedResources none;  // no index is introduced that the name of a function could refer to
  for (const Item& item : instance.items) {
    ERMINE_ASSIGN(Entity entity, this->item(item.sort, item.index, scope, item.name.offset));
    ERMINE_TRY(add_extern(item.name, entity, Direction::kExport, none, list, &type.flags, type.weight, type.flags.depth,
                          item.name.offset));
  }
  type.exports = list.finish(types_.arena);
  (void)at;
  return type;
}

// The names of types that the imports introduce stand for those of the arguments from now on.
void ComponentValidator::rename_types(const Entity& given, const Entity& expected, Substitution& substitution) const {
  if (expected.sort == Sort::Type) {
    if (given.type() != expected.type()) substitution.replace(expected.type(), given.type());
  } else if (expected.sort == Sort::Instance) {
    const Externs& exports = types_.instances[given.id].exports;
    for (const Extern& item : types_.instances[expected.id].exports.items)
      rename_types(exports.items[exports.find(item.name)].type, item.type, substitution);
  }
}

Result<InstanceType> ComponentValidator::instantiate(const Instance& instance, ValidationScope& scope,
                                                     ResolvedDefinition& resolved, uint64_t at) {
  ERMINE_TRY(in_range(scope.spaces.components, instance.target, sort_noun(Sort::Component), at));
  const ComponentType component = types_.components[scope.spaces.components[instance.target]];
  std::vector<Entity> entities;
  entities.reserve(instance.items.size());
  NameTable args;
  const auto name_of = [&](uint32_t i) { return instance.items[i].name.name; };
  for (uint32_t i = 0; i < instance.items.size(); ++i) {
    const Item& item = instance.items[i];
    ERMINE_ASSIGN(Entity entity, this->item(item.sort, item.index, scope, item.name.offset));
    if (args.find_or_add(i, item.name.name, name_of) != NameTable::kNone)
      return invalid(item.name.offset, base::format("instantiation argument `{}` conflicts with previous argument `{}`",
                                                    item.name.name, item.name.name));
    entities.push_back(entity);
  }
  const auto given = [&](std::string_view name) -> const Entity* {
    const uint32_t i = args.find(name, name_of);
    return i == NameTable::kNone ? nullptr : &entities[i];
  };
  uint64_t parts = component.weight;
  for (const Entity& entity : entities) parts += entity_weight(entity);
  ERMINE_TRY(spend(parts, at));
  Subtyping subtyping(types_, registry_);
  if (!subtyping.open(given, component, Direction::kImport)) return invalid(at, subtyping.take_error());

  Substitution substitution(types_);
  std::vector<uint32_t> positions;
  positions.reserve(component.imports.items.size());
  for (const Extern& import : component.imports.items) {
    rename_types(*given(import.name), import.type, substitution);
    positions.push_back(args.find(import.name, name_of));
  }
  resolved.arguments = types_.arena.copy(positions);
  subtyping.resources().for_each(
      [&](uint64_t from, ResourceId to) { substitution.replace(static_cast<ResourceId>(from), to); });
  // Each instance has resource types of its own, which now belong to the component around it.
  for (const ResourcePath& path : component.defined) {
    const ResourceId fresh = types_.resources++;
    substitution.replace(path.resource, fresh);
    scope.defined_resources.push_back(fresh);
  }
  InstanceType type;
  if (component.flags.resource || component.flags.name) ERMINE_TRY(spend_copies(component.weight, at));
  type.exports = substitution.apply(component.exports);
  for (const Extern& item : type.exports.items) {
    const TypeFlags inner = entity_flags(item.type);
    type.flags.add(inner);
    ERMINE_TRY(add_weight(type.weight, entity_weight(item.type), at));
    ERMINE_TRY(add_depth(type.flags.depth, inner.depth, at));
  }
  return type;
}

}  // namespace ermine::component
