// Substitution: replaces resource types and names of types within types. Instantiating a component replaces those that
// it imports by the arguments; each import or export of an instance type gets resource types of its own.
#pragma once

#include "component/model/types.h"

namespace ermine::component {

class Substitution {
 public:
  explicit Substitution(Types& types) : types_(types) {}

  void replace(ResourceId from, ResourceId to) { resources_.set(from, to); }
  void replace(AnyType from, AnyType to) { done_.set(key(from), to); }

  AnyType apply(AnyType type);
  TypeUse apply(TypeUse type);
  Entity apply(Entity entity);
  Externs apply(const Externs& externs);

 private:
  uint32_t resource_name(ResourceName name);
  uint32_t defined(DefinedId id);
  uint32_t func(FuncId id);
  uint32_t instance(InstanceId id);
  uint32_t component(ComponentId id);
  std::span<const Field> fields(std::span<const Field> list);
  ResourceId resource(ResourceId id) const;
  std::span<const ResourcePath> paths(std::span<const ResourcePath> list);

  Types& types_;
  IdMap<ResourceId> resources_;
  IdMap<AnyType> done_;  // what types became, those that did not change included
};

// The paths to resource types among externs: for each of `wanted` the first one, in the order of `wanted`. Resource
// types that are not found are left out.
std::vector<ResourcePath> resource_paths(Types& types, const Externs& externs, std::span<const ResourceId> wanted);

// Adds the resource types that a type refers to, except those that belong to a component type or instance type within
// it.
class FreeResources {
 public:
  explicit FreeResources(const Types& types) : types_(types) {}
  void add(AnyType type);
  void add(TypeUse type);
  void add(const Entity& entity);
  bool contains(ResourceId id) const {
    const bool* found = found_.find(id);
    return found && *found;
  }
  bool empty() const {
    bool any = false;
    found_.for_each([&](uint64_t, bool found) { any |= found; });
    return !any;
  }

 private:
  void add(const Externs& externs);
  const Types& types_;
  IdMap<bool> found_, seen_;
};

}  // namespace ermine::component
