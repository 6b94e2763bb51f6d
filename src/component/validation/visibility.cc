// The external visibility of types (Explainer.md, "External Visibility of Types"): what the type of an import or export
// refers to must have been imported or exported itself.
#include "component/validation/component_validator.h"

namespace ermine::component {

// Whether the types in an import or export are visible; registers those that become so.
bool ComponentValidator::register_named(const Entity& entity, Direction direction, ValidationScope& scope) {
  if (scope.kind == ValidationScopeKind::kInstanceType) return true;  // checked where the type is used
  const bool imports = direction == Direction::kImport;
  AnyTypeSet& set = imports ? scope.imported_types : scope.exported_types;
  switch (entity.sort) {
    case Sort::Type:
      // Imports do not depend on exports. (What is imported is in both sets.)
      if (imports && scope.exported_types.contains(entity.equals()) && !set.contains(entity.equals())) return false;
      if (!all_named(entity.equals(), set)) return false;
      set.insert(entity.type());
      if (imports) scope.exported_types.insert(entity.type());
      return true;
    case Sort::Instance:
      for (const Extern& item : types_.instances[entity.id].exports.items)
        if (!register_named(item.type, direction, scope)) return false;
      return true;
    case Sort::Func: return func_named(types_.funcs[entity.id], set);
    case Sort::Value: return named(entity.value_type, set);
    default: return true;  // components and modules refer to nothing around them
  }
}

bool ComponentValidator::all_named(AnyType type, AnyTypeSet& set) const {
  switch (type.kind) {
    case AnyKind::Resource:
    case AnyKind::Component: return true;
    case AnyKind::Defined: return parts_named(types_.defined[type.id], set);
    case AnyKind::Func: return func_named(types_.funcs[type.id], set);
    case AnyKind::Instance: return instance_named(types_.instances[type.id], set);
  }
  return true;
}

bool ComponentValidator::parts_named(const DefinedType& type, AnyTypeSet& set) const {
  if (type.kind == TypeKind::Own || type.kind == TypeKind::Borrow)
    return set.contains({AnyKind::Resource, type.number});
  for (const Field& field : type.fields)
    if (!named(field.type, set)) return false;
  return named(type.first, set) && named(type.second, set);
}

bool ComponentValidator::func_named(const FuncType& type, AnyTypeSet& set) const {
  for (const Field& param : type.params)
    if (!named(param.type, set)) return false;
  return named(type.result, set);
}

// Within an instance type, the types that it exports are visible as well.
bool ComponentValidator::instance_named(const InstanceType& type, AnyTypeSet& set) const {
  std::vector<AnyType> added;
  bool ok = true;
  for (const Extern& item : type.exports.items) {
    const Entity& entity = item.type;
    switch (entity.sort) {
      case Sort::Func: ok = func_named(types_.funcs[entity.id], set); break;
      case Sort::Instance: ok = instance_named(types_.instances[entity.id], set); break;
      case Sort::Value: ok = named(entity.value_type, set); break;
      case Sort::Type:
        ok = all_named(entity.type(), set);
        if (ok && set.insert(entity.type())) added.push_back(entity.type());
        break;
      default: break;
    }
    if (!ok) break;
  }
  for (AnyType type_added : added) set.erase(type_added);
  return ok;
}

// A type that source languages give a name must have one; the parts of the other types must.
bool ComponentValidator::named(TypeUse type, const AnyTypeSet& set) const {
  if (!type.is_index()) return true;
  const DefinedType& defined = types_.defined[type.index()];
  switch (defined.kind) {
    case TypeKind::Record:
    case TypeKind::Variant:
    case TypeKind::Flags:
    case TypeKind::Enum: return set.contains({AnyKind::Defined, type.index()});
    case TypeKind::Own:
    case TypeKind::Borrow: return set.contains({AnyKind::Resource, defined.number});
    default:
      for (const Field& field : defined.fields)
        if (!named(field.type, set)) return false;
      return named(defined.first, set) && named(defined.second, set);
  }
}

}  // namespace ermine::component
