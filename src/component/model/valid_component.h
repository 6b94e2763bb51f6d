// ValidComponent: a component that passed validation, with everything that instantiation needs: the resolved type of
// each entry of each index space, and for each definition the indices and positions that its names stand for. Immutable
// and shared between threads. Made by validation/validator.h.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "component/model/types.h"
#include "wasm/type_registry.h"

namespace ermine::component {

enum class StringEncoding : uint8_t { kUtf8, kUtf16, kLatin1Utf16 };

// Canonical options, by index.
struct CanonOptions {
  StringEncoding encoding = StringEncoding::kUtf8;
  bool is_async = false;
  AddressType address = AddressType::k32;  // of the memory, if there is one
  std::optional<uint32_t> memory, realloc, post_return, callback;
};

struct ResolvedCanon {
  CanonOptions options;
  wasm::TypeId core_type = wasm::kNoType;  // of the core function: the lifted one, or the one that is defined
  FuncId func_type = 0;  // Lift, Lower
  TypeUse type;  // of the stream or future; task.return: the result
  ResourceId resource = 0;  // resource.new, resource.drop, resource.rep
};

// For each import of a core module, in order, the core instance and the position in its exports.
struct CoreArgument {
  uint32_t instance = 0, position = 0;
};

// What validation found out about a definition. Which members are filled depends on its kind.
struct ResolvedDefinition {
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t index = kNone;  // of what it adds to the index space of its sort
  uint32_t position = kNone;  // kAlias of an export: its position in the exports of the instance's type
  std::span<const CoreArgument> core_arguments;  // kCoreInstance that instantiates
  std::span<const uint32_t> arguments;  // kInstance that instantiates: for each import, the position in
                                        // the definition's items
  const ResolvedCanon* canon = nullptr;  // kCanon
  const struct ValidBody* component = nullptr;  // kComponent
};

struct CoreTypeEntry {
  bool is_module = false;
  uint32_t id = 0;  // a ModuleId, or a wasm::TypeId
};

// The index spaces of a component, with the type of each entry.
struct IndexSpaces {
  std::vector<CoreTypeEntry> core_types;
  std::vector<wasm::TypeId> core_funcs, core_tags;
  std::vector<wasm::TableType> core_tables;
  std::vector<wasm::MemoryType> core_memories;
  std::vector<wasm::GlobalType> core_globals;
  std::vector<ModuleId> core_modules;
  std::vector<CoreInstanceId> core_instances;
  std::vector<AnyType> types;
  std::vector<FuncId> funcs;
  std::vector<TypeUse> values;
  std::vector<InstanceId> instances;
  std::vector<ComponentId> components;
};

struct ValidBody {
  const ComponentBody* body = nullptr;
  IndexSpaces spaces;
  std::vector<ResolvedDefinition> definitions;  // parallel to body->definitions
  ComponentId type = 0;
  std::vector<std::unique_ptr<ValidBody>> components;  // those that are defined in this one
};

// The core types that a component refers to, kept alive.
class CoreTypes {
 public:
  explicit CoreTypes(std::shared_ptr<wasm::TypeRegistry> types) : registry(std::move(types)) {}
  CoreTypes(const CoreTypes&) = delete;
  CoreTypes& operator=(const CoreTypes&) = delete;
  ~CoreTypes() {
    for (wasm::TypeId id : held) registry->release(id);
  }

  std::shared_ptr<wasm::TypeRegistry> registry;
  std::vector<wasm::TypeId> held;  // one reference each
};

class ValidComponent {
 public:
  explicit ValidComponent(std::shared_ptr<wasm::TypeRegistry> registry) : core_types(std::move(registry)) {}

  std::shared_ptr<const Component> component;
  CoreTypes core_types;
  Types types;
  ValidBody body;
};

}  // namespace ermine::component
