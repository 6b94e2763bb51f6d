// The types of a valid component, resolved. The validator fills a Types; it is immutable afterwards.
//
// A type has two identities. Structurally equal value types have the same `canonical` type: two types are equal exactly
// if those are. In addition every import and export of a type introduces a name of its own, which is a further id with
// the same content: the rules on the external visibility of types (Explainer.md) depend on it. The same is true for
// resource types: a ResourceName is one name of a ResourceId.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "component/model/component.h"
#include "component/model/id_map.h"
#include "component/model/name_table.h"
#include "ermine/result.h"
#include "wasm/module.h"

namespace ermine::component {

// Indices in the vectors of Types.
using DefinedId = uint32_t;
using FuncId = uint32_t;
using InstanceId = uint32_t;
using ComponentId = uint32_t;
using ModuleId = uint32_t;
using CoreInstanceId = uint32_t;
using ResourceName = uint32_t;
using ResourceId = uint32_t;

// In all structures of this file, the index of a TypeUse is a DefinedId.

enum class AnyKind : uint8_t { Resource, Defined, Func, Instance, Component };

// What an index in the index space of types stands for. The id is a ResourceName, DefinedId, FuncId, InstanceId or
// ComponentId.
struct AnyType {
  AnyKind kind = AnyKind::Defined;
  uint32_t id = 0;
  bool operator==(const AnyType&) const = default;
};

enum class AddressType : uint8_t { k32, k64 };
inline constexpr unsigned kAddressTypes = 2;

// A key for IdMap.
inline uint64_t key(AnyType type) { return uint64_t{static_cast<uint8_t>(type.kind)} << 32 | type.id; }

// Of a value in memory (CanonicalABI.md, "Alignment" and "Element Size").
struct Layout {
  uint32_t size = 0, alignment = 1;
};

// The core values that a value is passed as (CanonicalABI.md, "Flattening"); unless there are more than kMaxFlatParams.
struct Flat {
  bool too_many = false;
  std::span<const wasm::ValType> types;  // empty if too_many
};

// Properties of a type and the types in it.
struct TypeFlags {
  bool borrow : 1 = false;  // has a borrow
  bool pointer : 1 = false;  // has a list, map or string
  bool resource : 1 = false;  // refers to a resource type
  bool name : 1 = false;  // has a type that was imported or exported
  uint8_t depth = 0;  // of value types within each other
  constexpr void add(const TypeFlags& inner) {
    borrow |= inner.borrow;
    pointer |= inner.pointer;
    resource |= inner.resource;
    name |= inner.name;
  }
};

struct DefinedType {
  TypeKind kind = TypeKind::Primitive;
  Primitive primitive = Primitive::Bool;
  TypeFlags flags;
  uint32_t number = 0;  // FixedList: the length; Own, Borrow: a ResourceName
  uint32_t weight = 1;  // parts of the type, see kMaxTypeSize
  TypeUse first, second;  // as in TypeDef
  std::span<const Field> fields;
  TypeUse canonical;
  Layout layout[kAddressTypes];
  Flat flat[kAddressTypes];
};

struct FuncType {
  bool is_async = false;
  TypeFlags flags;
  uint32_t weight = 1;
  std::span<const Field> params;
  TypeUse result;  // optional
  // The parameters as a tuple. The result has the layout of its type.
  Layout params_layout[kAddressTypes];
  Flat params_flat[kAddressTypes];
};

// The type of an import or export. Which id is in `id`: CoreModule: ModuleId; Func: FuncId; Instance: InstanceId;
// Component: ComponentId; Value: see value(); Type: see type().
struct Entity {
  Sort sort = Sort::Func;
  AnyKind kind = AnyKind::Defined;
  uint32_t id = 0;
  uint32_t equals_id = 0;  // Type: the type that it was defined as; for a new resource type, id itself
  TypeUse value_type;  // Value

  AnyType type() const { return {kind, id}; }
  AnyType equals() const { return {kind, equals_id}; }
};

struct Extern {
  std::string_view name;
  Entity type;
  const Attributes* attributes = nullptr;
};

// Lists with at most this number of items are searched from the start.
inline constexpr size_t kFewNames = 8;
template <class T>
uint32_t find_name(std::span<const T> items, const NameTable* names, std::string_view name) {
  if (names) return names->find(name, [&](uint32_t i) { return items[i].name; });
  for (uint32_t i = 0; i < items.size(); ++i)
    if (items[i].name == name) return i;
  return NameTable::kNone;
}

// A list of imports or exports. Copies with other types share the table of names.
struct Externs {
  std::span<const Extern> items;
  std::shared_ptr<const NameTable> names;  // null for few items
  // The position of a name, or NameTable::kNone.
  uint32_t find(std::string_view name) const { return find_name(items, names.get(), name); }
};

// Where a resource type is among imports or exports: the position in the list, then in the exports of the instance
// there, and so on.
struct ResourcePath {
  ResourceId resource = 0;
  std::span<const uint32_t> path;
};

struct InstanceType {
  TypeFlags flags;
  uint32_t weight = 1;
  Externs exports;
  // Resource types that each instance of an instance type that was written as such has of its own. Empty for the type
  // of an instance that exists: there they belong to the component that contains it.
  std::span<const ResourceId> defined;
};

struct ComponentType {
  TypeFlags flags;
  uint32_t weight = 1;
  Externs imports, exports;
  std::span<const ResourcePath> imported;  // the resource types that instantiation replaces
  std::span<const ResourcePath> defined;  // the resource types that each instance has of its own
};

// The type of an import or export of a core module.
struct CoreEntity {
  wasm::ExternKind kind = wasm::ExternKind::kFunc;
  wasm::TypeId type = wasm::kNoType;  // kFunc, kTag
  wasm::TableType table;
  wasm::MemoryType memory;
  wasm::GlobalType global;
};

struct CoreExtern {
  std::string_view module, name;  // exports have no module
  CoreEntity type;
  CoreImportName import_name() const { return {module, name}; }
};

struct CoreExports {
  std::span<const CoreExtern> items;
  std::shared_ptr<const NameTable> names;  // null for few items
  uint32_t find(std::string_view name) const { return find_name(items, names.get(), name); }
};

struct ModuleType {
  uint32_t weight = 1;
  std::span<const CoreExtern> imports;
  CoreExports exports;
  // The module itself; null for the type of an imported module.
  std::shared_ptr<const wasm::Module> module;
};

struct CoreInstanceType {
  uint32_t weight = 1;
  CoreExports exports;
};

class Types {
 public:
  std::vector<DefinedType> defined;
  std::vector<FuncType> funcs;
  std::vector<InstanceType> instances;
  std::vector<ComponentType> components;
  std::vector<ModuleType> modules;
  std::vector<CoreInstanceType> core_instances;
  std::vector<ResourceId> resource_names;  // ResourceName -> ResourceId
  uint32_t resources = 0;  // number of ResourceIds
  Arena arena;

  // The properties of a value type, primitive or not.
  TypeFlags flags(TypeUse type) const;
  uint32_t weight(TypeUse type) const;
  TypeUse canonical(TypeUse type) const { return type.is_index() ? defined[type.index()].canonical : type; }
  Layout layout(TypeUse type, AddressType address) const;
  const Flat& flat(TypeUse type, AddressType address) const;
  // The kind of a type, or Primitive.
  TypeKind kind(TypeUse type) const { return type.is_index() ? defined[type.index()].kind : TypeKind::Primitive; }
  ResourceId resource_of(const DefinedType& handle) const { return resource_names[handle.number]; }

  // Computes flags, weight, layout and flat form of a type from its other members. An error, without offset, if the
  // result exceeds a limit.
  Result<void> complete(DefinedType& type);
  Result<void> complete(FuncType& type);
  // Adds a complete type, with its canonical type.
  DefinedId add(DefinedType type);
  // A further name of a type, see above.
  AnyType add_name(AnyType type);
  ResourceName add_resource();

 private:
  bool same_structure(const DefinedType& a, const DefinedType& b) const;
  uint64_t structure_hash(const DefinedType& type) const;

  std::vector<DefinedId> canonical_;  // an open-addressed table of canonical types
  size_t canonical_count_ = 0;
};

inline constexpr DefinedId kNoDefined = ~uint32_t{0};

// "u32", "list", "own" and so on, for messages.
std::string_view type_word(const Types& types, TypeUse type);
// The word of messages for what an index of a type stands for: "defined type", "func type" and so on.
std::string_view any_word(AnyKind kind);

}  // namespace ermine::component
