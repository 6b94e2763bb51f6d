// ComponentValidator: the implementation of validate(). One instance validates a component with everything in it; the
// functions are grouped by the kind of definition, each group in a file of its own.
#pragma once

#include "base/format.h"
#include "component/validation/scope.h"
#include "component/validation/substitution.h"
#include "component/validation/subtyping.h"
#include "component/validation/validator.h"

namespace ermine::component {

class ComponentValidator {
 public:
  ComponentValidator(ValidComponent& result, const ValidateOptions& options)
      : result_(result), types_(result.types), registry_(*result.core_types.registry), options_(options) {}

  Result<void> run();

 private:
  static Error invalid(uint64_t at, std::string message) { return Error(ErrorKind::kInvalid, std::move(message), at); }
  // An error without offset gets this one.
  static Error located(Error error, uint64_t at) { return Error(error.kind(), error.message(), at); }
  // False, and `error_` set, if a feature is off.
  // A context and a name put together are formatted only then.
  Result<void> require(Feature feature, std::string_view what, uint64_t at, std::string_view name = {}) const {
    if (options_.features.has(feature)) [[likely]]
      return {};
    return missing_feature(feature, name.empty() ? std::string(what) : base::format("{}`{}`", what, name), at);
  }
  static Error missing_feature(Feature feature, std::string_view what, uint64_t at);
  template <class T>
  static Result<void> in_range(const std::vector<T>& space, uint32_t index, std::string_view noun, uint64_t at) {
    if (index < space.size()) [[likely]]
      return {};
    return out_of_range(space.size(), index, noun, at);
  }
  static Error out_of_range(size_t size, uint32_t index, std::string_view noun, uint64_t at);
  template <class T>
  static Result<void> room(const std::vector<T>& space, Sort sort, uint64_t at) {
    if (space.size() < sort_limit(sort)) [[likely]]
      return {};
    return no_room(sort, at);
  }
  static Error no_room(Sort sort, uint64_t at);
  Result<void> add_weight(uint32_t& sum, uint32_t weight, uint64_t at) const;
  // Counts the parts of types that are walked (copied), see limits.h.
  Result<void> spend(uint64_t parts, uint64_t at);
  Result<void> spend_copies(uint64_t parts, uint64_t at);
  Result<void> add_depth(uint8_t& depth, uint8_t inner, uint64_t at) const;

  // component_validator.cc
  Result<void> body(const ComponentBody& body, ValidationScope* outer, ValidBody& valid);
  Result<void> definition(const Definition& definition, ValidationScope& scope, ValidBody& valid,
                          ResolvedDefinition& resolved);
  Result<void> core_module(const CoreModule& module, ValidationScope& scope);
  Result<ComponentType> finish(ValidationScope& scope, uint64_t at);
  Result<void> declarators(std::span<const Definition> list, ValidationScope& scope);
  Result<void> unused_values(const ValidationScope& scope, uint64_t at) const;

  // core_definitions.cc
  Result<void> core_type(const CoreType& type, ValidationScope& scope, uint64_t at);
  Result<void> rec_group(const CoreType& type, std::vector<wasm::TypeId>& ids, uint64_t at);
  Result<ModuleType> module_type(const CoreType& type, ValidationScope& scope, uint64_t at);
  Result<wasm::ValType> core_val_type(wasm::ValType type, std::span<const wasm::TypeId> types, uint32_t group,
                                      uint64_t at) const;
  Result<CoreEntity> core_entity(const CoreExternType& type, std::span<const wasm::TypeId> types, uint64_t at) const;
  Result<void> core_instance(const Instance& instance, ValidationScope& scope, ResolvedDefinition& resolved,
                             uint64_t at);
  Result<CoreEntity> core_item(Sort sort, uint32_t index, const ValidationScope& scope, uint64_t at) const;
  Result<void> add_core_item(const CoreEntity& item, ValidationScope& scope, uint64_t at) const;
  Result<uint32_t> core_func_type(uint32_t index, const ValidationScope& scope, uint64_t at) const;
  Result<wasm::TypeId> core_func(std::span<const wasm::ValType> params, std::span<const wasm::ValType> results);
  static Result<void> add_exports(CoreExports& exports, std::vector<CoreExtern> items, Arena& arena, uint64_t at,
                                  std::string_view message);

  // type_definitions.cc
  Result<void> type(const TypeDef& def, ValidationScope& scope, uint64_t at);
  Result<DefinedType> defined_type(const TypeDef& def, const ValidationScope& scope, uint64_t at);
  Result<FuncType> func_type(const TypeDef& def, const ValidationScope& scope, uint64_t at);
  Result<void> resource_type(const TypeDef& def, ValidationScope& scope, uint64_t at);
  Result<std::span<const Field>> resolved_fields(std::span<const Field> fields, const ValidationScope& scope);
  Result<TypeUse> use(TypeUse type, const ValidationScope& scope, uint64_t at) const;
  Result<void> labels(std::span<const Field> fields, std::string_view what, std::string_view short_what);
  Result<ResourceName> resource_at(uint32_t index, const ValidationScope& scope, uint64_t at) const;
  Result<TypeUse> defined_at(uint32_t index, const ValidationScope& scope, uint64_t at) const;
  Result<AnyType> type_at(uint32_t index, const ValidationScope& scope, uint64_t at) const;

  // externs.cc
  Result<void> import(const Import& import, ValidationScope& scope, uint64_t at);
  Result<void> export_(const Export& e, ValidationScope& scope, uint64_t at);
  Result<void> add_export(const ExternName& name, Entity entity, ValidationScope& scope, uint64_t at);
  Result<Entity> extern_type(const ExternType& type, ValidationScope& scope, uint64_t at);
  Result<Entity> item(Sort sort, uint32_t index, ValidationScope& scope, uint64_t at);
  Result<void> add_entity(Entity& entity, std::optional<Direction> direction, std::string_view name,
                          ValidationScope& scope, uint64_t at);
  Result<void> add_extern(const ExternName& name, const Entity& entity, Direction direction,
                          const NamedResources& resources, ExternListBuilder& list, TypeFlags* flags, uint32_t& weight,
                          uint8_t& depth, uint64_t at);
  Result<void> attributes(const ExternName& name, bool is_label, const Entity& entity, uint64_t at) const;
  std::string annotated_name(const struct ParsedName& name, const Entity& entity,
                             const NamedResources& resources) const;
  TypeFlags entity_flags(const Entity& entity) const;
  uint32_t entity_weight(const Entity& entity) const;
  Result<TypeUse> value_at(uint32_t index, ValidationScope& scope, uint64_t at);
  Result<InstanceId> imported_instance(InstanceId id, ValidationScope& scope, Direction direction, uint64_t at);

  // visibility.cc
  bool register_named(const Entity& entity, Direction direction, ValidationScope& scope);
  bool all_named(AnyType type, AnyTypeSet& set) const;
  bool parts_named(const DefinedType& type, AnyTypeSet& set) const;
  bool func_named(const FuncType& type, AnyTypeSet& set) const;
  bool instance_named(const InstanceType& type, AnyTypeSet& set) const;
  bool named(TypeUse type, const AnyTypeSet& set) const;

  // aliases.cc
  Result<void> alias(const Alias& alias, ValidationScope& scope, ResolvedDefinition& resolved, uint64_t at);
  Result<void> export_alias(const Alias& alias, ValidationScope& scope, ResolvedDefinition& resolved, uint64_t at);
  Result<void> core_export_alias(const Alias& alias, ValidationScope& scope, ResolvedDefinition& resolved, uint64_t at);
  Result<void> outer_alias(const Alias& alias, ValidationScope& scope, uint64_t at);
  static Result<ValidationScope*> scope_at(ValidationScope& scope, uint32_t count, uint64_t at);

  // instances.cc
  Result<void> instance(const Instance& instance, ValidationScope& scope, ResolvedDefinition& resolved, uint64_t at);
  Result<InstanceType> instantiate(const Instance& instance, ValidationScope& scope, ResolvedDefinition& resolved,
                                   uint64_t at);
  Result<InstanceType> inline_exports(const Instance& instance, ValidationScope& scope, uint64_t at);
  void rename_types(const Entity& given, const Entity& expected, Substitution& substitution) const;

  // canonical.cc
  struct Options;
  Result<void> canon(const Canon& canon, ValidationScope& scope, ResolvedDefinition& resolved, uint64_t at);
  Result<Options> options(const Canon& canon, const ValidationScope& scope, uint64_t at) const;
  Result<AddressType> abi_memory(uint32_t index, const ValidationScope& scope, uint64_t at) const;
  Result<void> lift(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved, uint64_t at);
  Result<void> lower(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved, uint64_t at);
  Result<void> task_return(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved, uint64_t at);
  Result<void> built_in(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved, uint64_t at);
  Result<void> copy_built_in(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved, uint64_t at);
  Result<void> lowered(const FuncType& type, bool is_lift, const Options& options, std::vector<wasm::ValType>& params,
                       std::vector<wasm::ValType>& results, uint64_t at) const;

  // values.cc
  Result<void> start(const Start& start, ValidationScope& scope, uint64_t at);
  Result<void> value(const ValueDefinition& value, ValidationScope& scope, uint64_t at);

  ValidComponent& result_;
  Types& types_;
  wasm::TypeRegistry& registry_;
  const ValidateOptions& options_;
  AnyTypeSet closed_types_;  // that are known to refer to no resource types but their own
  IdMap<wasm::TypeId> core_funcs_;  // by a hash of the type
  uint64_t work_ = 0, copies_ = 0;
};

}  // namespace ermine::component
