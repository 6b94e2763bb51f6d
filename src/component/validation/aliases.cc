// Aliases (Binary.md, "Alias Definitions").
#include "component/validation/component_validator.h"

namespace ermine::component {

Result<void> ComponentValidator::alias(const Alias& alias, ValidationScope& scope, ResolvedDefinition& resolved,
                                       uint64_t at) {
  if (scope.kind != ValidationScopeKind::kComponent) {
    const bool allowed = alias.target == Alias::kExport  ? alias.sort == Sort::Type || alias.sort == Sort::Instance
                         : alias.target == Alias::kOuter ? alias.sort == Sort::Type || alias.sort == Sort::CoreType
                                                         : false;
    if (!allowed) return invalid(at, "aliases in a component or instance type may only refer to types or instances");
  }
  switch (alias.target) {
    case Alias::kExport: return export_alias(alias, scope, resolved, at);
    case Alias::kCoreExport: return core_export_alias(alias, scope, resolved, at);
    case Alias::kOuter: return outer_alias(alias, scope, at);
  }
  return {};
}

Result<void> ComponentValidator::export_alias(const Alias& alias, ValidationScope& scope, ResolvedDefinition& resolved,
                                              uint64_t at) {
  if (alias.sort == Sort::Value) ERMINE_TRY(require(Feature::Values, "support for component model `value`s", at));
  ERMINE_TRY(in_range(scope.spaces.instances, alias.instance, sort_noun(Sort::Instance), at));
  const Externs& exports = types_.instances[scope.spaces.instances[alias.instance]].exports;
  resolved.position = exports.find(alias.name);
  if (resolved.position == NameTable::kNone)
    return invalid(at, base::format("instance {} has no export named `{}`", alias.instance, alias.name));
  Entity entity = exports.items[resolved.position].type;
  if (entity.sort != alias.sort)
    return invalid(at, base::format("export `{}` for instance {} is not a {}", alias.name, alias.instance,
                                    sort_keyword(alias.sort)));
  return add_entity(entity, std::nullopt, {}, scope, at);
}

Result<void> ComponentValidator::core_export_alias(const Alias& alias, ValidationScope& scope,
                                                   ResolvedDefinition& resolved, uint64_t at) {
  ERMINE_TRY(in_range(scope.spaces.core_instances, alias.instance, sort_noun(Sort::CoreInstance), at));
  const CoreExports& exports = types_.core_instances[scope.spaces.core_instances[alias.instance]].exports;
  resolved.position = exports.find(alias.name);
  if (resolved.position == NameTable::kNone)
    return invalid(at, base::format("core instance {} has no export named `{}`", alias.instance, alias.name));
  const CoreEntity& item = exports.items[resolved.position].type;
  if (static_cast<uint8_t>(item.kind) != sort_code(alias.sort))
    return invalid(at, base::format("export `{}` for core instance {} is not a {}", alias.name, alias.instance,
                                    alias.sort == Sort::CoreFunc ? "function" : sort_keyword(alias.sort)));
  return add_core_item(item, scope, at);
}

Result<ValidationScope*> ComponentValidator::scope_at(ValidationScope& scope, uint32_t count, uint64_t at) {
  ValidationScope* target = &scope;
  for (uint32_t i = 0; i < count && target; ++i) target = target->outer;
  if (!target) return invalid(at, base::format("invalid outer alias count of {}", count));
  return target;
}

Result<void> ComponentValidator::outer_alias(const Alias& alias, ValidationScope& scope, uint64_t at) {
  ERMINE_ASSIGN(ValidationScope * target, scope_at(scope, alias.count, at));
  // Whether the way out leaves a component: then the definition must make sense without the state of the outer one.
  bool leaves_component = false;
  for (const ValidationScope* s = &scope; s != target; s = s->outer)
    leaves_component |= s->kind == ValidationScopeKind::kComponent;
  const auto copy = [&](auto& from, auto& to) -> Result<void> {
    ERMINE_TRY(in_range(from, alias.index, sort_noun(alias.sort), at));
    ERMINE_TRY(room(to, alias.sort, at));
    const auto entry = from[alias.index];
    to.push_back(entry);
    return {};
  };
  switch (alias.sort) {
    case Sort::CoreType: {
      ERMINE_TRY(copy(target->spaces.core_types, scope.spaces.core_types));
      const CoreTypeEntry entry = scope.spaces.core_types.back();
      scope.core_type_ids.push_back(entry.is_module ? wasm::kNoType : entry.id);
      return {};
    }
    case Sort::CoreModule: return copy(target->spaces.core_modules, scope.spaces.core_modules);
    case Sort::Component: return copy(target->spaces.components, scope.spaces.components);
    default: break;
  }
  ERMINE_TRY(in_range(target->spaces.types, alias.index, sort_noun(Sort::Type), at));
  // Large types are walked once, not for each alias.
  if (const AnyType type = target->spaces.types[alias.index]; leaves_component && !closed_types_.contains(type)) {
    FreeResources free(types_);
    free.add(type);
    if (free.empty()) closed_types_.insert(type);
    if (!free.empty())
      return invalid(at,
                     "cannot alias outer type which transitively refers to resources not defined in the current "
                     "component");
  }
  return copy(target->spaces.types, scope.spaces.types);
}

}  // namespace ermine::component
