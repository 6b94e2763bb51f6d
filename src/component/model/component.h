// Component: a decoded component, as it is written: definitions in the order of the binary format, with indices that
// are not resolved. The binary decoder makes it; the printer reads it; the validator resolves it (validation/).
//
// All parts lie in one arena and are immutable. Strings and byte spans point into the component's bytes. Offsets count
// from the first byte of the outermost binary. A part that is named "optional" is absent as said at the field.
//
// Specification: Binary.md and Explainer.md of the component model.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "component/model/arena.h"
#include "component/model/names.h"
#include "wasm/module.h"

namespace ermine::component {

// A value type as it is written: a primitive type, or an index in the index space of types; or none.
class TypeUse {
 public:
  constexpr TypeUse() = default;
  constexpr TypeUse(Primitive type) : bits_(kPrimitiveBit | static_cast<uint32_t>(type)) {}
  static constexpr TypeUse index(uint32_t index) { return TypeUse(index, 0); }  // below 2^31
  constexpr bool is_none() const { return bits_ == kNone; }
  constexpr bool is_primitive() const { return (bits_ & kPrimitiveBit) && !is_none(); }
  constexpr bool is_index() const { return !(bits_ & kPrimitiveBit); }
  constexpr Primitive primitive() const { return static_cast<Primitive>(bits_ & ~kPrimitiveBit); }
  constexpr uint32_t index() const { return bits_; }
  constexpr bool operator==(const TypeUse&) const = default;

 private:
  static constexpr uint32_t kPrimitiveBit = 1u << 31, kNone = ~0u;
  constexpr TypeUse(uint32_t bits, int) : bits_(bits) {}
  uint32_t bits_ = kNone;
};

// ---- Names

struct Attributes {
  std::optional<std::string_view> implements, version_suffix, external_id;
};

struct ExternName {
  std::string_view name;
  const Attributes* attributes = nullptr;  // null: none
  uint32_t offset = 0;
};

// ---- Core types

// A type of a recursion group. Its type indices (in HeapType::type_id() and `super`) are those of the core type index
// space that the type is defined in, not canonical ids.
struct CoreSubType {
  wasm::CompositeKind kind = wasm::CompositeKind::kFunc;
  bool is_final = true;
  uint32_t super = wasm::kNoType;             // optional
  std::span<const wasm::ValType> params, results;  // kFunc
  std::span<const wasm::FieldType> fields;    // kStruct; kArray has one
  uint32_t offset = 0;
};

struct CoreExternType {
  wasm::ExternKind kind = wasm::ExternKind::kFunc;
  uint32_t type_index = 0;  // kFunc, kTag
  wasm::TableType table;    // table and global with indices as in CoreSubType
  wasm::MemoryType memory;
  wasm::GlobalType global;
};

struct CoreType;

struct ModuleDeclarator {
  enum Kind : uint8_t { kImport, kType, kOuterAlias, kExport } kind = kImport;
  uint32_t offset = 0;
  std::string_view module, name;       // kImport; kExport has only a name
  const CoreExternType* type = nullptr;  // kImport, kExport
  const CoreType* core_type = nullptr;   // kType
  uint32_t count = 0, index = 0;         // kOuterAlias
};

struct CoreType {
  bool is_module = false;
  bool is_group = false;  // written as a recursion group
  std::span<const CoreSubType> types;             // !is_module
  std::span<const ModuleDeclarator> declarators;  // is_module
};

// ---- Types

struct Definition;

struct Field {
  std::string_view label;
  TypeUse type;
  uint32_t offset = 0;
};

// Which members are filled depends on type_form(kind), see TypeForm.
struct TypeDef {
  TypeKind kind = TypeKind::Primitive;
  Primitive primitive = Primitive::Bool;
  bool is_async = false;
  bool has_destructor = false;
  uint32_t number = 0;
  TypeUse first, second;
  wasm::ValType rep;
  std::span<const Field> fields;
  std::span<const Definition> declarators;  // kCoreType, kType, kAlias, kExportDecl; in component types also kImport
};

// ---- Other definitions

// The type of an import or export.
struct ExternType {
  enum Form : uint8_t {
    kIndex,        // index: a type; of core modules, a core type
    kEq,           // Sort::Type; index: the type that it equals
    kSubResource,  // Sort::Type
    kValueEq,      // Sort::Value; index: the value that it equals
    kValueType,    // Sort::Value; value
  };
  Sort sort = Sort::Func;
  Form bound = kIndex;
  uint32_t index = 0;
  TypeUse value;
  uint32_t offset = 0;
};

// An argument of an instantiation, or an export that is written in an instance.
struct Item {
  ExternName name;
  Sort sort = Sort::Func;
  uint32_t index = 0;
};

struct CoreModule {
  std::span<const uint8_t> bytes;
  uint64_t offset = 0;  // of the first byte
};

struct Instance {  // of a component or of a core module
  bool instantiates = false;
  uint32_t target = 0;          // if it instantiates: the component or module
  std::span<const Item> items;  // if it instantiates the arguments, otherwise the exports
};

struct Alias {
  enum Target : uint8_t { kExport, kCoreExport, kOuter } target = kExport;
  Sort sort = Sort::Func;
  uint32_t instance = 0;  // kExport, kCoreExport
  std::string_view name;
  uint32_t count = 0, index = 0;  // kOuter
};

struct CanonOption {
  CanonOptionKind kind = CanonOptionKind::Utf8;
  uint32_t index = 0;
  uint32_t offset = 0;
};

// Which members are filled depends on canon_info(op).form, see CanonForm.
struct Canon {
  CanonOp op = CanonOp::Lift;
  bool is_async = false, is_cancellable = false, is_shared = false;
  uint32_t index = 0;
  uint32_t type = 0;
  TypeUse result;  // optional
  wasm::ValType core_type;
  std::span<const CanonOption> options;
};

struct Start {
  uint32_t func = 0;
  std::span<const uint32_t> args;
  uint32_t results = 0;
};

struct ValueDefinition {
  TypeUse type;
  std::span<const uint8_t> bytes;
};

struct Import {  // also an export in a component type or instance type
  ExternName name;
  ExternType type;
};

struct Export {
  ExternName name;
  Sort sort = Sort::Func;
  uint32_t index = 0;
  std::optional<ExternType> type;
};

struct ComponentBody;

struct Definition {
  enum Kind : uint8_t {
    kCoreModule,
    kCoreInstance,
    kCoreType,
    kComponent,
    kInstance,
    kAlias,
    kType,
    kCanon,
    kStart,
    kImport,
    kExport,
    kExportDecl,  // only in types
    kValue,
  } kind = kType;
  uint32_t offset = 0;

  const CoreModule& core_module() const { return get<CoreModule>(kCoreModule); }
  const component::Instance& core_instance() const { return get<component::Instance>(kCoreInstance); }
  const component::CoreType& core_type() const { return get<component::CoreType>(kCoreType); }
  const ComponentBody& component() const { return get<ComponentBody>(kComponent); }
  const component::Instance& instance() const { return get<component::Instance>(kInstance); }
  const component::Alias& alias() const { return get<component::Alias>(kAlias); }
  const TypeDef& type() const { return get<TypeDef>(kType); }
  const component::Canon& canon() const { return get<component::Canon>(kCanon); }
  const component::Start& start() const { return get<component::Start>(kStart); }
  const component::Import& import() const { return get<component::Import>(kImport); }
  const component::Export& export_() const { return get<component::Export>(kExport); }
  const component::Import& export_decl() const { return get<component::Import>(kExportDecl); }
  const ValueDefinition& value() const { return get<ValueDefinition>(kValue); }

  const void* part = nullptr;  // of the type that the kind implies

 private:
  template <class T>
  const T& get([[maybe_unused]] Kind expected) const {
    assert(kind == expected);
    return *static_cast<const T*>(part);
  }
};

struct CustomSection {
  std::string_view name;
  std::span<const uint8_t> bytes;
  uint32_t offset = 0;  // of the bytes
  uint32_t before = 0;  // the index in `definitions` of the next definition
};

// One component: the outermost one, or one that is defined in another.
struct ComponentBody {
  std::span<const uint8_t> bytes;
  uint32_t offset = 0;  // of the first byte
  std::span<const Definition> definitions;
  std::span<const CustomSection> customs;
  uint32_t value_section =
      0;  // where the first value section begins, which needs a feature even if it is empty; 0: none
};

class Component {
 public:
  ComponentBody body;
  std::shared_ptr<const void> bytes_owner;
  Arena arena;
};

}  // namespace ermine::component
