#include "component/validation/substitution.h"

namespace ermine::component {

ResourceId Substitution::resource(ResourceId id) const {
  const ResourceId* to = resources_.find(id);
  return to ? *to : id;
}

AnyType Substitution::apply(AnyType type) {
  if (const AnyType* done = done_.find(key(type))) return *done;
  AnyType result = type;
  switch (type.kind) {
    case AnyKind::Resource: result.id = resource_name(type.id); break;
    case AnyKind::Defined: result.id = defined(type.id); break;
    case AnyKind::Func: result.id = func(type.id); break;
    case AnyKind::Instance: result.id = instance(type.id); break;
    case AnyKind::Component: result.id = component(type.id); break;
  }
  done_.set(key(type), result);
  return result;
}

TypeUse Substitution::apply(TypeUse type) {
  if (!type.is_index()) return type;
  const TypeFlags flags = types_.defined[type.index()].flags;
  if (!flags.resource && !flags.name) return type;  // nothing in it can be replaced
  return TypeUse::index(apply(AnyType{AnyKind::Defined, type.index()}).id);
}

uint32_t Substitution::resource_name(ResourceName name) {
  const ResourceId before = types_.resource_names[name], after = resource(before);
  if (before == after) return name;
  types_.resource_names.push_back(after);
  return static_cast<ResourceName>(types_.resource_names.size() - 1);
}

std::span<const Field> Substitution::fields(std::span<const Field> list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (apply(list[i].type) == list[i].type) continue;
    std::vector<Field> changed(list.begin(), list.end());
    for (; i < changed.size(); ++i) changed[i].type = apply(changed[i].type);
    return types_.arena.copy(changed);
  }
  return list;
}

uint32_t Substitution::defined(DefinedId id) {
  DefinedType type = types_.defined[id];
  if (!type.flags.resource && !type.flags.name) return id;
  const DefinedType before = type;
  if (type.kind == TypeKind::Own || type.kind == TypeKind::Borrow)
    type.number = apply(AnyType{AnyKind::Resource, type.number}).id;
  type.first = apply(type.first);
  type.second = apply(type.second);
  type.fields = fields(type.fields);
  if (type.number == before.number && type.first == before.first && type.second == before.second &&
      type.fields.data() == before.fields.data())
    return id;
  return types_.add(type);  // resources do not influence the layout
}

uint32_t Substitution::func(FuncId id) {
  FuncType type = types_.funcs[id];
  if (!type.flags.resource && !type.flags.name) return id;
  const FuncType before = type;
  type.params = fields(type.params);
  type.result = apply(type.result);
  if (type.params.data() == before.params.data() && type.result == before.result) return id;
  types_.funcs.push_back(type);
  return static_cast<FuncId>(types_.funcs.size() - 1);
}

Entity Substitution::apply(Entity entity) {
  switch (entity.sort) {
    case Sort::Func: entity.id = apply(AnyType{AnyKind::Func, entity.id}).id; break;
    case Sort::Instance: entity.id = apply(AnyType{AnyKind::Instance, entity.id}).id; break;
    case Sort::Component: entity.id = apply(AnyType{AnyKind::Component, entity.id}).id; break;
    case Sort::Value: entity.value_type = apply(entity.value_type); break;
    case Sort::Type: {
      const bool is_new = entity.id == entity.equals_id;
      const AnyType equals = apply(entity.equals());
      const AnyType name = is_new ? equals : apply(entity.type());
      entity.kind = name.kind;
      entity.id = name.id;
      entity.equals_id = equals.id;
      break;
    }
    default: break;  // core modules refer to no types of components
  }
  return entity;
}

Externs Substitution::apply(const Externs& externs) {
  const auto same = [](const Entity& a, const Entity& b) {
    return a.id == b.id && a.equals_id == b.equals_id && a.value_type == b.value_type;
  };
  for (size_t i = 0; i < externs.items.size(); ++i) {
    const Entity first = apply(externs.items[i].type);
    if (same(first, externs.items[i].type)) continue;
    std::vector<Extern> changed(externs.items.begin(), externs.items.end());
    changed[i].type = first;
    for (size_t k = i + 1; k < changed.size(); ++k) changed[k].type = apply(changed[k].type);
    return {types_.arena.copy(changed), externs.names};
  }
  return externs;
}

uint32_t Substitution::instance(InstanceId id) {
  InstanceType type = types_.instances[id];
  if (!type.flags.resource && !type.flags.name) return id;
  const Externs exports = apply(type.exports);
  bool changed = exports.items.data() != type.exports.items.data();
  std::vector<ResourceId> defined(type.defined.begin(), type.defined.end());
  for (ResourceId& resource : defined) {
    const ResourceId after = this->resource(resource);
    changed |= after != resource;
    resource = after;
  }
  if (!changed) return id;
  type.exports = exports;
  type.defined = types_.arena.copy(defined);
  types_.instances.push_back(std::move(type));
  return static_cast<InstanceId>(types_.instances.size() - 1);
}

std::span<const ResourcePath> Substitution::paths(std::span<const ResourcePath> list) {
  for (const ResourcePath& path : list) {
    if (resource(path.resource) == path.resource) continue;
    std::vector<ResourcePath> changed(list.begin(), list.end());
    for (ResourcePath& p : changed) p.resource = resource(p.resource);
    return types_.arena.copy(changed);
  }
  return list;
}

uint32_t Substitution::component(ComponentId id) {
  ComponentType type = types_.components[id];
  if (!type.flags.resource && !type.flags.name) return id;
  const Externs imports = apply(type.imports), exports = apply(type.exports);
  const auto imported = paths(type.imported), defined = paths(type.defined);
  if (imports.items.data() == type.imports.items.data() && exports.items.data() == type.exports.items.data() &&
      imported.data() == type.imported.data() && defined.data() == type.defined.data())
    return id;
  type.imports = imports;
  type.exports = exports;
  type.imported = imported;
  type.defined = defined;
  types_.components.push_back(std::move(type));
  return static_cast<ComponentId>(types_.components.size() - 1);
}

namespace {

class PathFinder {
 public:
  PathFinder(Types& types, std::span<const ResourceId> wanted) : types_(types) {
    for (ResourceId id : wanted) found_.set(id, {});
  }

  void search(const Externs& externs) {
    for (uint32_t i = 0; i < externs.items.size(); ++i) {
      const Entity& entity = externs.items[i].type;
      path_.push_back(i);
      if (entity.sort == Sort::Type && entity.kind == AnyKind::Resource) {
        auto* path = found_.find(types_.resource_names[entity.id]);
        if (path && path->empty()) *path = types_.arena.copy(path_);
      } else if (entity.sort == Sort::Instance && types_.instances[entity.id].flags.resource) {
        search(types_.instances[entity.id].exports);
      }
      path_.pop_back();
    }
  }
  std::span<const uint32_t> path(ResourceId id) const { return *found_.find(id); }

 private:
  Types& types_;
  IdMap<std::span<const uint32_t>> found_;
  std::vector<uint32_t> path_;
};

}  // namespace

std::vector<ResourcePath> resource_paths(Types& types, const Externs& externs, std::span<const ResourceId> wanted) {
  std::vector<ResourcePath> result;
  if (wanted.empty()) return result;
  PathFinder finder(types, wanted);
  finder.search(externs);
  for (ResourceId id : wanted)
    if (const auto path = finder.path(id); !path.empty()) result.push_back({id, path});
  return result;
}

void FreeResources::add(TypeUse type) {
  if (type.is_index()) add(AnyType{AnyKind::Defined, type.index()});
}

void FreeResources::add(const Entity& entity) {
  switch (entity.sort) {
    case Sort::Func: return add(AnyType{AnyKind::Func, entity.id});
    case Sort::Instance: return add(AnyType{AnyKind::Instance, entity.id});
    case Sort::Component: return add(AnyType{AnyKind::Component, entity.id});
    case Sort::Value: return add(entity.value_type);
    case Sort::Type: return add(entity.type());
    default: return;
  }
}

void FreeResources::add(const Externs& externs) {
  for (const Extern& item : externs.items) add(item.type);
}

void FreeResources::add(AnyType type) {
  const bool resource = type.kind == AnyKind::Resource   ? true
                        : type.kind == AnyKind::Defined  ? types_.defined[type.id].flags.resource
                        : type.kind == AnyKind::Func     ? types_.funcs[type.id].flags.resource
                        : type.kind == AnyKind::Instance ? types_.instances[type.id].flags.resource
                                                         : types_.components[type.id].flags.resource;
  if (!resource) return;
  if (!seen_.set(key(type), true)) return;
  switch (type.kind) {
    case AnyKind::Resource: found_.set(types_.resource_names[type.id], true); return;
    case AnyKind::Defined: {
      const DefinedType& defined = types_.defined[type.id];
      if (defined.kind == TypeKind::Own || defined.kind == TypeKind::Borrow)
        found_.set(types_.resource_of(defined), true);
      for (const Field& field : defined.fields) add(field.type);
      add(defined.first);
      add(defined.second);
      return;
    }
    case AnyKind::Func: {
      const FuncType& func = types_.funcs[type.id];
      for (const Field& param : func.params) add(param.type);
      add(func.result);
      return;
    }
    case AnyKind::Instance: {
      const InstanceType& instance = types_.instances[type.id];
      add(instance.exports);
      for (ResourceId id : instance.defined) found_.set(id, false);
      return;
    }
    case AnyKind::Component: {
      const ComponentType& component = types_.components[type.id];
      add(component.imports);
      add(component.exports);
      for (const ResourcePath& path : component.imported) found_.set(path.resource, false);
      for (const ResourcePath& path : component.defined) found_.set(path.resource, false);
      return;
    }
  }
}

}  // namespace ermine::component
