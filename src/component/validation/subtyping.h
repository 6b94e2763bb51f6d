// Subtyping (Explainer.md, "Type Checking"): instances, components and modules may export more and import less; all
// other types must be equal. The resource types that an expected type leaves open are those of the given one.
#pragma once

#include <string>

#include "base/format.h"
#include "component/model/types.h"
#include "component/validation/scope.h"
#include "wasm/type_registry.h"

namespace ermine::component {

class Subtyping {
 public:
  Subtyping(const Types& types, const wasm::TypeRegistry& registry) : types_(types), registry_(registry) {}

  // Whether `given` is a subtype of `expected`; otherwise error() says why not.
  bool matches(const Entity& given, const Entity& expected);
  bool matches(TypeUse given, TypeUse expected);

  // Whether externs with the given types satisfy the imports (exports) of a component. The resource types that the
  // component imports (defines) are bound to those of the arguments: see resources().
  // `given(name)` returns an Entity or null.
  template <class F>
  bool open(F&& given, const ComponentType& component, Direction direction);

  const IdMap<ResourceId>& resources() const { return bound_; }
  std::string take_error() { return std::move(error_); }

 private:
  bool fail(std::string message) { return error_ = std::move(message), false; }
  // Puts a context in front of the error.
  bool within(std::string context);
  ResourceId resolve(ResourceId id) const {
    const ResourceId* to = bound_.find(id);
    return to ? *to : id;
  }
  bool same_resource(ResourceName given, ResourceName expected) const {
    return resolve(types_.resource_names[given]) == resolve(types_.resource_names[expected]);
  }
  bool any(AnyType given, AnyType expected);
  bool defined(const DefinedType& given, const DefinedType& expected);
  bool optional(TypeUse given, TypeUse expected, std::string_view what, std::string_view context);
  bool func(const FuncType& given, const FuncType& expected);
  bool instance(const InstanceType& given, const InstanceType& expected);
  bool component(const ComponentType& given, const ComponentType& expected);
  bool module(const ModuleType& given, const ModuleType& expected);
  const Entity* follow(const Entity* given, const Externs& list, std::span<const uint32_t> path) const;

  const Types& types_;
  const wasm::TypeRegistry& registry_;
  IdMap<ResourceId> bound_;
  std::string error_;
};

// What follows the first position of a path, in an argument: by the names that the component gives the exports.
inline const Entity* Subtyping::follow(const Entity* given, const Externs& list, std::span<const uint32_t> path) const {
  const Externs* expected = &list;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const Entity& entity = expected->items[path[i]].type;
    expected = &types_.instances[entity.id].exports;
    if (!given || given->sort != Sort::Instance) return nullptr;
    const Externs& exports = types_.instances[given->id].exports;
    const uint32_t at = exports.find(expected->items[path[i + 1]].name);
    given = at == NameTable::kNone ? nullptr : &exports.items[at].type;
  }
  return given;
}

template <class F>
bool Subtyping::open(F&& given, const ComponentType& component, Direction direction) {
  const bool imports = direction == Direction::kImport;
  const Externs& list = imports ? component.imports : component.exports;
  for (const ResourcePath& path : imports ? component.imported : component.defined) {
    // An argument of another sort is an error that is found below.
    const Entity* argument = follow(given(list.items[path.path[0]].name), list, path.path);
    if (argument && argument->sort == Sort::Type && argument->kind == AnyKind::Resource)
      bound_.set(path.resource, resolve(types_.resource_names[argument->id]));
  }
  for (const Extern& expected : list.items)
    if (!given(expected.name))
      return fail(base::format("missing {} named `{}`", direction_word(direction), expected.name));
  for (const Extern& expected : list.items)
    if (!matches(*given(expected.name), expected.type))
      return within(base::format("type mismatch for {} `{}`", direction_word(direction), expected.name));
  return true;
}

}  // namespace ermine::component
