// The model of WIT packages, with every name resolved: what encoders of components and generators of bindings read.
//
// A Resolve owns packages, interfaces, worlds and types, which refer to each other by ids (indices into its vectors).
// Referents come before what refers to them: a package after the packages it depends on, a type after its parts, an
// interface after those it uses types of. Reading in order meets nothing unknown, and there are no cycles.
//
// - A `use` is a type of its own, kAlias, that belongs to the interface or world with the `use` and refers to a type
//   that belongs to another interface. `type a = b;` is a kAlias within one owner.
// - A resource in a place for values is a handle that owns it: a type kOwn without name and owner. Only kAlias, kOwn,
//   kBorrow and Function::resource refer to resources themselves (kAlias: `type a = r;` is a resource as well).
// - Types without name are shared within a package: equal ones have the same id.
// - Gated items (@unstable) are left out unless their feature is enabled.
// - Worlds are elaborated as wasm-tools does it: `include` is carried out; each interface that an import, an export or
// a
//   used type needs is imported, unless it is exported and needed by exports alone; imports are in the order
//   interfaces, used types, other types, functions, methods, and each interface after those that it needs.
//
// Filled by resolver.h; printed by print.h. Objects may be read by several threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/wit/keywords.h"
#include "component/wit/ordered_map.h"
#include "component/wit/stability.h"

namespace ermine::component::wit {

// An index into one of the vectors of a Resolve; kNone refers to nothing.
template <class T>
struct Id {
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t index = kNone;
  explicit operator bool() const { return index != kNone; }
  auto operator<=>(const Id&) const = default;
};
struct Package;
struct Interface;
struct World;
struct TypeDef;
using PackageId = Id<Package>;
using InterfaceId = Id<Interface>;
using WorldId = Id<World>;
using TypeId = Id<TypeDef>;

// A use of a type: a primitive one, a definition, or none (a case without payload, a function without result).
struct Type {
  Primitive primitive = kNoPrimitive;
  TypeId id;
  Type() = default;
  Type(Primitive p) : primitive(p) {}
  Type(TypeId i) : id(i) {}
  explicit operator bool() const { return primitive != kNoPrimitive || id; }
  bool operator==(const Type&) const = default;
};

enum class TypeDefKind : uint8_t {
  kAlias,      // parts[0]
  kRecord,     // members: fields
  kFlags,      // members: flags, without types
  kVariant,    // members: cases, with types or without
  kEnum,       // members: cases, without types
  kTuple,      // parts
  kList,       // parts[0]
  kFixedList,  // parts[0], `length` times
  kMap,        // parts[0] to parts[1]
  kOption,     // parts[0]
  kResult,     // parts[0]: ok, parts[1]: error; each may be none
  kFuture,     // parts[0], which may be none
  kStream,     // parts[0], which may be none
  kOwn,        // parts[0]: a resource
  kBorrow,     // parts[0]: a resource
  kResource,
};

// The interface or world that a type belongs to; neither for types without name.
struct Owner {
  InterfaceId interface;
  WorldId world;
  explicit operator bool() const { return interface || world; }
  bool operator==(const Owner&) const = default;
};

// A field, case or flag.
struct Member {
  std::string name;
  std::string docs;
  Type type;
};

struct TypeDef {
  TypeDefKind kind = TypeDefKind::kAlias;
  std::string name;  // empty: none
  Owner owner;
  std::vector<Member> members;
  std::vector<Type> parts;
  uint32_t length = 0;
  std::string docs;
  Stability stability;
  std::optional<std::string> external_id;
};

enum class FunctionKind : uint8_t { kFreestanding, kMethod, kStatic, kConstructor };

struct Param {
  std::string name;
  Type type;
};

struct Function {
  // As in a component: "run", "[method]blob.read", "[static]blob.merge", "[constructor]blob".
  std::string name;
  FunctionKind kind = FunctionKind::kFreestanding;
  bool is_async = false;
  TypeId resource;            // of all kinds but kFreestanding
  std::vector<Param> params;  // a method's first is "self", a kBorrow
  Type result;
  std::string docs;
  Stability stability;
  std::optional<std::string> external_id;

  // "read" of "[method]blob.read"; empty for constructors.
  std::string_view item_name() const;
};

struct Interface {
  std::string name;  // empty: defined within a world
  PackageId package;
  OrderedMap<TypeId> types;  // those that it uses as well
  OrderedMap<Function> functions;
  std::string docs;
  Stability stability;
};

enum class WorldItemKind : uint8_t { kInterface, kType, kFunction };

// An import or export.
struct WorldItem {
  WorldItemKind kind = WorldItemKind::kInterface;
  // Of an import or export with a plain name. Empty: an interface under its own name, a:b/c@1.0.0.
  std::string name;
  InterfaceId interface;
  TypeId type;  // imports only
  Function function;
  // Of the interface's import or export; types and functions have their own.
  std::string docs;
  Stability stability;
  std::optional<std::string> external_id;

  // Under its plain name, a named interface: the import is encoded with (implements …).
  bool implements(const class Resolve& resolve) const;
};

struct World {
  std::string name;
  PackageId package;
  // The key is key_of(item).
  OrderedMap<WorldItem> imports, exports;
  std::string docs;
  Stability stability;
};

struct PackageName {
  std::string space, name;
  std::optional<Version> version;
  std::string to_string() const;  // "a:b@1.0.0"
  bool operator==(const PackageName&) const = default;
  std::strong_ordering operator<=>(const PackageName& o) const;
};

struct Package {
  PackageName name;
  OrderedMap<InterfaceId> interfaces;  // in an order in which each uses only types of those before it
  OrderedMap<WorldId> worlds;          // in an order in which each includes only those before it
  std::string docs;
};

class Resolve {
 public:
  std::vector<Package> packages;
  std::vector<Interface> interfaces;
  std::vector<World> worlds;
  std::vector<TypeDef> types;

  const Package& operator[](PackageId id) const { return packages[id.index]; }
  const Interface& operator[](InterfaceId id) const { return interfaces[id.index]; }
  const World& operator[](WorldId id) const { return worlds[id.index]; }
  const TypeDef& operator[](TypeId id) const { return types[id.index]; }
  Package& operator[](PackageId id) { return packages[id.index]; }
  Interface& operator[](InterfaceId id) { return interfaces[id.index]; }
  World& operator[](WorldId id) { return worlds[id.index]; }
  TypeDef& operator[](TypeId id) { return types[id.index]; }

  // None if there is no such package. The version must be the same: a path without version does not find a package that
  // has one.
  PackageId find(const PackageName& name) const;

  // "a:b/c@1.0.0", the name of an interface or world in components; the plain name of an interface within a world is
  // that of the item.
  std::string name_of(InterfaceId id) const;
  std::string name_of(WorldId id) const;
  // The name of an import or export in a component.
  std::string name_of(const WorldItem& item) const;

  // The interface whose type the type uses, if it comes from a `use`.
  InterfaceId used_interface(TypeId id) const;
  // The interfaces that `id` uses types of, in order; the same may occur again.
  std::vector<InterfaceId> used_interfaces(InterfaceId id) const;
  // The definition behind aliases.
  TypeId without_aliases(TypeId id) const;
  // The packages that `id` refers to, each once.
  std::vector<PackageId> dependencies(PackageId id) const;
};

// The key of an item in World::imports and exports: two items with the same key are the same import.
std::string key_of(const WorldItem& item);
std::string key_of(InterfaceId interface);

}  // namespace ermine::component::wit
