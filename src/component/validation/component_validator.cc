// Components and their definitions in order, and the rules for a component as a whole.
#include "component/validation/component_validator.h"

#include "binary/decoder.h"
#include "binary/validator.h"
#include "component/model/limits.h"
#include "component/validation/core_match.h"

namespace ermine::component {

Error ComponentValidator::missing_feature(Feature feature, std::string_view what, uint64_t at) {
  return Error(ErrorKind::kInvalid, base::format("{} requires the feature {}", what, feature_name(feature)), at);
}

Error ComponentValidator::out_of_range(size_t size, uint32_t index, std::string_view noun, uint64_t at) {
  // The messages of the official scripts end with the last word of the noun.
  const std::string_view last = noun.substr(noun.rfind(' ') + 1);
  return invalid(at,
                 base::format("unknown {} {}: {} index out of bounds, {} are defined here", noun, index, last, size));
}

Error ComponentValidator::no_room(Sort sort, uint64_t at) {
  return Error(
      ErrorKind::kUnsupported,
      base::format("too many definitions of the sort {}: at most {} are supported", sort_noun(sort), sort_limit(sort)),
      at);
}

Result<void> ComponentValidator::add_weight(uint32_t& sum, uint32_t weight, uint64_t at) const {
  if (uint64_t{sum} + weight >= kMaxTypeSize)
    return Error(ErrorKind::kUnsupported, base::format("effective type size exceeds the limit of {}", kMaxTypeSize),
                 at);
  sum += weight;
  return {};
}

Result<void> ComponentValidator::add_depth(uint8_t& depth, uint8_t inner, uint64_t at) const {
  if (inner + 1u > kMaxTypeDepth)
    return Error(ErrorKind::kUnsupported,
                 base::format("type nesting is too deep: at most {} are supported", kMaxTypeDepth), at);
  depth = std::max(depth, static_cast<uint8_t>(inner + 1));
  return {};
}

Result<void> ComponentValidator::spend(uint64_t parts, uint64_t at) {
  work_ += parts;
  if (work_ <= kMaxTypeWork) return {};
  return Error(ErrorKind::kUnsupported,
               base::format("too many types: those that are imported, exported or compared have more than {} parts",
                            kMaxTypeWork),
               at);
}

Result<void> ComponentValidator::spend_copies(uint64_t parts, uint64_t at) {
  copies_ += parts;
  if (copies_ <= kMaxCopiedTypes) return {};
  return Error(
      ErrorKind::kUnsupported,
      base::format("too many types: those that instances have of their own have more than {} parts", kMaxCopiedTypes),
      at);
}

Result<void> ComponentValidator::run() { return body(result_.component->body, nullptr, result_.body); }

Result<void> ComponentValidator::body(const ComponentBody& body, ValidationScope* outer, ValidBody& valid) {
  ValidationScope scope(ValidationScopeKind::kComponent, outer);
  valid.body = &body;
  if (body.value_section != 0)
    ERMINE_TRY(require(Feature::Values, "support for component model `value`s", body.value_section));
  valid.definitions.resize(body.definitions.size());
  for (size_t i = 0; i < body.definitions.size(); ++i)
    ERMINE_TRY(definition(body.definitions[i], scope, valid, valid.definitions[i]));
  ERMINE_TRY(unused_values(scope, body.offset));
  ERMINE_ASSIGN(ComponentType type, finish(scope, body.offset));
  valid.type = static_cast<ComponentId>(types_.components.size());
  types_.components.push_back(std::move(type));
  valid.spaces = std::move(scope.spaces);
  return {};
}

Result<void> ComponentValidator::definition(const Definition& definition, ValidationScope& scope, ValidBody& valid,
                                            ResolvedDefinition& resolved) {
  const uint64_t at = definition.offset;
  IndexSpaces& spaces = scope.spaces;
  const auto add = [&](const auto& space) { resolved.index = static_cast<uint32_t>(space.size()); };
  switch (definition.kind) {
    case Definition::kCoreModule: add(spaces.core_modules); return core_module(definition.core_module(), scope);
    case Definition::kCoreInstance:
      add(spaces.core_instances);
      return core_instance(definition.core_instance(), scope, resolved, at);
    case Definition::kCoreType: add(spaces.core_types); return core_type(definition.core_type(), scope, at);
    case Definition::kComponent: {
      add(spaces.components);
      ERMINE_TRY(room(spaces.components, Sort::Component, at));
      valid.components.push_back(std::make_unique<ValidBody>());
      ERMINE_TRY(body(definition.component(), &scope, *valid.components.back()));
      resolved.component = valid.components.back().get();
      spaces.components.push_back(resolved.component->type);
      return {};
    }
    case Definition::kInstance: add(spaces.instances); return instance(definition.instance(), scope, resolved, at);
    case Definition::kAlias: return alias(definition.alias(), scope, resolved, at);
    case Definition::kType: add(spaces.types); return type(definition.type(), scope, at);
    case Definition::kCanon:
      if (definition.canon().op == CanonOp::Lift) add(spaces.funcs);
      else add(spaces.core_funcs);
      return canon(definition.canon(), scope, resolved, at);
    case Definition::kStart: add(spaces.values); return start(definition.start(), scope, at);
    case Definition::kImport: return import(definition.import(), scope, at);
    case Definition::kExport: return export_(definition.export_(), scope, at);
    case Definition::kExportDecl: break;  // only in types
    case Definition::kValue: add(spaces.values); return value(definition.value(), scope, at);
  }
  return {};
}

Result<void> ComponentValidator::core_module(const CoreModule& module, ValidationScope& scope) {
  ERMINE_TRY(room(scope.spaces.core_modules, Sort::CoreModule, module.offset));
  ERMINE_ASSIGN(auto decoded, binary::decode(module.bytes, result_.component, result_.core_types.registry,
                                             options_.core_features, module.offset));
  ERMINE_TRY(binary::validate(*decoded, {.threads = options_.threads}));
  const wasm::Module& m = *decoded;
  ModuleType type;
  uint64_t weight = 1 + m.imports.size() + m.exports.size();
  if (weight >= kMaxTypeSize)
    return Error(ErrorKind::kUnsupported, base::format("effective type size exceeds the limit of {}", kMaxTypeSize),
                 module.offset);
  type.weight = static_cast<uint32_t>(weight);
  const auto entity = [&](wasm::ExternKind kind, uint32_t index) {
    CoreEntity e;
    e.kind = kind;
    switch (kind) {
      case wasm::ExternKind::kFunc: e.type = m.functions[index].type; break;
      case wasm::ExternKind::kTable: e.table = m.tables[index].type; break;
      case wasm::ExternKind::kMemory: e.memory = m.memories[index]; break;
      case wasm::ExternKind::kGlobal: e.global = m.globals[index].type; break;
      case wasm::ExternKind::kTag: e.type = m.tags[index].type; break;
    }
    return e;
  };
  std::vector<CoreExtern> imports, exports;
  NameTable seen;
  for (const wasm::Import& import : m.imports) {
    imports.push_back({import.module, import.name, entity(import.kind, import.index)});
    // A component gives each import one value.
    const auto name_of = [&](uint32_t i) { return imports[i].import_name(); };
    if (seen.find_or_add(static_cast<uint32_t>(imports.size() - 1), imports.back().import_name(), name_of) !=
        NameTable::kNone)
      return invalid(m.base_offset + import.entry_offset,
                     base::format("duplicate import name `{}:{}` already defined", import.module, import.name));
  }
  for (const wasm::Export& e : m.exports) exports.push_back({{}, e.name, entity(e.kind, e.index)});
  type.imports = types_.arena.copy(imports);
  ERMINE_TRY(add_exports(type.exports, std::move(exports), types_.arena, module.offset, "duplicate export name"));
  type.module = std::move(decoded);
  scope.spaces.core_modules.push_back(static_cast<ModuleId>(types_.modules.size()));
  types_.modules.push_back(std::move(type));
  return {};
}

Result<void> ComponentValidator::declarators(std::span<const Definition> list, ValidationScope& scope) {
  for (const Definition& d : list) {
    const uint64_t at = d.offset;
    ResolvedDefinition resolved;
    switch (d.kind) {
      case Definition::kCoreType: ERMINE_TRY(core_type(d.core_type(), scope, at)); break;
      case Definition::kType: ERMINE_TRY(type(d.type(), scope, at)); break;
      case Definition::kAlias: ERMINE_TRY(alias(d.alias(), scope, resolved, at)); break;
      case Definition::kImport: ERMINE_TRY(import(d.import(), scope, at)); break;
      default: {
        ERMINE_ASSIGN(Entity entity, extern_type(d.export_decl().type, scope, at));
        ERMINE_TRY(add_export(d.export_decl().name, entity, scope, at));
        break;
      }
    }
  }
  return {};
}

// Binary.md, "Start Definitions": each value is consumed exactly once.
Result<void> ComponentValidator::unused_values(const ValidationScope& scope, uint64_t at) const {
  for (size_t i = 0; i < scope.value_used.size(); ++i)
    if (!scope.value_used[i])
      return invalid(at, base::format("value {} is not used: each value must be used exactly once", i));
  return {};
}

Result<ComponentType> ComponentValidator::finish(ValidationScope& scope, uint64_t at) {
  ComponentType type;
  type.weight = scope.weight;
  type.imports = scope.imports.finish(types_.arena);
  type.exports = scope.exports.finish(types_.arena);
  type.flags.depth = scope.depth;
  for (const Externs* list : {&type.imports, &type.exports})
    for (const Extern& item : list->items) type.flags.add(entity_flags(item.type));

  if (!scope.defined_resources.empty()) {
    FreeResources imported(types_);
    for (const Extern& item : type.imports.items) imported.add(item.type);
    FreeResources exported(types_);
    for (const Extern& item : type.exports.items) exported.add(item.type);
    std::vector<ResourceId> visible;
    for (ResourceId id : scope.defined_resources) {
      if (imported.contains(id)) return invalid(at, "local resource type found in imports");
      if (exported.contains(id)) visible.push_back(id);
    }
    const auto paths = resource_paths(types_, type.exports, visible);
    if (paths.size() != visible.size())
      return invalid(at, "local resource type found in export but not exported itself");
    type.defined = types_.arena.copy(paths);
  }
  if (!scope.imported_resources.empty())
    type.imported = types_.arena.copy(resource_paths(types_, type.imports, scope.imported_resources));
  return type;
}

namespace {
Result<std::shared_ptr<const ValidComponent>> run(std::shared_ptr<const Component> component,
                                                  const ValidateOptions& options) {
  auto result =
      std::make_shared<ValidComponent>(options.registry ? options.registry : std::make_shared<wasm::TypeRegistry>());
  result->component = std::move(component);
  ERMINE_TRY(ComponentValidator(*result, options).run());
  return std::shared_ptr<const ValidComponent>(std::move(result));
}
}  // namespace

Result<std::shared_ptr<const ValidComponent>> validate(std::shared_ptr<const Component> component,
                                                       const ValidateOptions& options) {
  return run(std::move(component), options);
}

Result<std::shared_ptr<const ValidComponent>> validate(std::span<const uint8_t> bytes,
                                                       std::shared_ptr<const void> owner,
                                                       const ValidateOptions& options) {
  ERMINE_ASSIGN(auto component, decode(bytes, std::move(owner), options.core_features));
  return run(std::move(component), options);
}

}  // namespace ermine::component
