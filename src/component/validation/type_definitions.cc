// Types (Binary.md, "Type Definitions").
#include "component/model/limits.h"
#include "component/validation/component_validator.h"
#include "component/validation/extern_names.h"

namespace ermine::component {

Result<AnyType> ComponentValidator::type_at(uint32_t index, const ValidationScope& scope, uint64_t at) const {
  ERMINE_TRY(in_range(scope.spaces.types, index, sort_noun(Sort::Type), at));
  return scope.spaces.types[index];
}

Result<TypeUse> ComponentValidator::defined_at(uint32_t index, const ValidationScope& scope, uint64_t at) const {
  ERMINE_ASSIGN(AnyType type, type_at(index, scope, at));
  if (type.kind != AnyKind::Defined)
    return invalid(at, base::format("type index {} is not a defined type, but a {}", index, any_word(type.kind)));
  return TypeUse::index(type.id);
}

Result<ResourceName> ComponentValidator::resource_at(uint32_t index, const ValidationScope& scope, uint64_t at) const {
  ERMINE_ASSIGN(AnyType type, type_at(index, scope, at));
  if (type.kind != AnyKind::Resource)
    return invalid(at, base::format("type index {} is not a resource type, but a {}", index, any_word(type.kind)));
  return type.id;
}

Result<TypeUse> ComponentValidator::use(TypeUse type, const ValidationScope& scope, uint64_t at) const {
  if (type.is_index()) return defined_at(type.index(), scope, at);
  if (type.is_primitive() && type.primitive() == Primitive::ErrorContext)
    ERMINE_TRY(require(Feature::ErrorContext, "`error-context`", at));
  return type;
}

// The fields with resolved types. The decoded ones if no type is an index: they live as long.
Result<std::span<const Field>> ComponentValidator::resolved_fields(std::span<const Field> fields,
                                                                   const ValidationScope& scope) {
  Field* changed = nullptr;
  for (size_t i = 0; i < fields.size(); ++i) {
    ERMINE_ASSIGN(const TypeUse type, use(fields[i].type, scope, fields[i].offset));
    if (type == fields[i].type) continue;
    if (changed == nullptr) changed = types_.arena.copy_to_change(fields);
    changed[i].type = type;
  }
  if (changed == nullptr) return fields;
  return std::span<const Field>(changed, fields.size());
}

// Labels are in kebab case and differ in more than the case of letters.
Result<void> ComponentValidator::labels(std::span<const Field> fields, std::string_view what,
                                        std::string_view short_what) {
  for (const Field& field : fields) {
    if (is_kebab_case(field.label)) [[likely]]
      continue;
    if (field.label.empty()) return invalid(field.offset, base::format("{} name cannot be empty", what));
    return invalid(field.offset, base::format("{} name `{}` is not in kebab case", what, field.label));
  }
  const auto conflict = [&](size_t i, size_t previous) {
    return invalid(fields[i].offset, base::format("{} name `{}` conflicts with previous {} name `{}`", what,
                                                  fields[i].label, short_what, fields[previous].label));
  };
  constexpr size_t kFew = 8;
  if (fields.size() <= kFew) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; };
    for (size_t i = 1; i < fields.size(); ++i)
      for (size_t k = 0; k < i; ++k) {
        const std::string_view a = fields[i].label, b = fields[k].label;
        if (a.size() != b.size()) continue;
        size_t c = 0;
        while (c < a.size() && lower(a[c]) == lower(b[c])) ++c;
        if (c == a.size()) return conflict(i, k);
      }
    return {};
  }
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const Field& field : fields) names.push_back(canonical_label(field.label));
  const auto name_of = [&](uint32_t i) { return std::string_view(names[i]); };
  NameTable table;
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (const uint32_t previous = table.find_or_add(i, names[i], name_of); previous != NameTable::kNone)
      return conflict(i, previous);
  }
  return {};
}

Result<void> ComponentValidator::type(const TypeDef& def, ValidationScope& scope, uint64_t at) {
  ERMINE_TRY(room(scope.spaces.types, Sort::Type, at));
  switch (def.kind) {
    case TypeKind::Func: {
      ERMINE_ASSIGN(FuncType type, func_type(def, scope, at));
      scope.spaces.types.push_back({AnyKind::Func, static_cast<FuncId>(types_.funcs.size())});
      types_.funcs.push_back(type);
      return {};
    }
    case TypeKind::Component: {
      ValidationScope inner(ValidationScopeKind::kComponentType, &scope);
      ERMINE_TRY(declarators(def.declarators, inner));
      ERMINE_ASSIGN(ComponentType type, finish(inner, at));
      scope.spaces.types.push_back({AnyKind::Component, static_cast<ComponentId>(types_.components.size())});
      types_.components.push_back(std::move(type));
      return {};
    }
    case TypeKind::Instance: {
      ValidationScope inner(ValidationScopeKind::kInstanceType, &scope);
      ERMINE_TRY(declarators(def.declarators, inner));
      InstanceType type;
      type.weight = inner.weight;
      type.exports = inner.exports.finish(types_.arena);
      type.flags.depth = inner.depth;
      for (const Extern& item : type.exports.items) type.flags.add(entity_flags(item.type));
      type.defined = types_.arena.copy(inner.defined_resources);
      scope.spaces.types.push_back({AnyKind::Instance, static_cast<InstanceId>(types_.instances.size())});
      types_.instances.push_back(std::move(type));
      return {};
    }
    case TypeKind::Resource: return resource_type(def, scope, at);
    default: {
      ERMINE_ASSIGN(DefinedType type, defined_type(def, scope, at));
      if (auto complete = types_.complete(type); !complete) return located(std::move(complete.error()), at);
      scope.spaces.types.push_back({AnyKind::Defined, types_.add(type)});
      return {};
    }
  }
}

Result<void> ComponentValidator::resource_type(const TypeDef& def, ValidationScope& scope, uint64_t at) {
  if (scope.kind != ValidationScopeKind::kComponent)
    return invalid(at, "resources can only be defined within a concrete component");
  if (def.rep == wasm::kI64) ERMINE_TRY(require(Feature::Memory64, "a resource with the representation `i64`", at));
  if (def.rep != wasm::kI32 && def.rep != wasm::kI64)
    return invalid(at, "resources can only be represented by `i32` or `i64`");
  if (def.has_destructor) {
    ERMINE_ASSIGN(const wasm::TypeId dtor, core_func_type(def.number, scope, at));
    const wasm::FuncType& func = registry_.get(dtor).func;
    if (func.params != std::vector<wasm::ValType>{def.rep} || !func.results.empty())
      return invalid(at, base::format("core function {} has wrong signature for a destructor", def.number));
  }
  const ResourceName name = types_.add_resource();
  const ResourceId id = types_.resource_names[name];
  scope.defined_resources.push_back(id);
  scope.representations.emplace(id, def.rep);
  scope.spaces.types.push_back({AnyKind::Resource, name});
  return {};
}

Result<FuncType> ComponentValidator::func_type(const TypeDef& def, const ValidationScope& scope, uint64_t at) {
  FuncType type;
  type.is_async = def.is_async;
  if (def.is_async) ERMINE_TRY(require(Feature::Async, "an async function", at));
  ERMINE_TRY(labels(def.fields, "function parameter", "parameter"));
  ERMINE_ASSIGN(type.params, resolved_fields(def.fields, scope));
  ERMINE_ASSIGN(type.result, use(def.first, scope, at));
  if (types_.flags(type.result).borrow) return invalid(at, "function result cannot contain a `borrow` type");
  if (auto complete = types_.complete(type); !complete) return located(std::move(complete.error()), at);
  return type;
}

Result<DefinedType> ComponentValidator::defined_type(const TypeDef& def, const ValidationScope& scope, uint64_t at) {
  DefinedType type;
  type.kind = def.kind;
  type.primitive = def.primitive;
  type.number = def.number;
  ERMINE_ASSIGN(type.fields, resolved_fields(def.fields, scope));
  ERMINE_ASSIGN(type.first, use(def.first, scope, at));
  ERMINE_ASSIGN(type.second, use(def.second, scope, at));
  switch (def.kind) {
    case TypeKind::Primitive: {
      ERMINE_TRY(use(def.primitive, scope, at));
      break;
    }
    case TypeKind::Record:
      if (def.fields.empty()) return invalid(at, "record type must have at least one field");
      ERMINE_TRY(labels(def.fields, "record field", "field"));
      break;
    case TypeKind::Variant:
      if (def.fields.empty()) return invalid(at, "variant type must have at least one case");
      ERMINE_TRY(labels(def.fields, "variant case", "case"));
      break;
    case TypeKind::Tuple:
      if (def.fields.empty()) return invalid(at, "tuple type must have at least one type");
      break;
    case TypeKind::Flags:
      if (def.fields.empty()) return invalid(at, "flags must have at least one entry");
      if (def.fields.size() > 32)
        return invalid(at, base::format("cannot have more than 32 flags, found {}", def.fields.size()));
      ERMINE_TRY(labels(def.fields, "flag", "flag"));
      break;
    case TypeKind::Enum:
      if (def.fields.empty()) return invalid(at, "enum type must have at least one variant");
      ERMINE_TRY(labels(def.fields, "enum tag", "tag"));
      break;
    case TypeKind::FixedList:
      ERMINE_TRY(require(Feature::FixedLengthLists, "a list of a fixed length", at));
      if (def.number == 0) return invalid(at, "fixed-length lists must have more than zero elements");
      if (def.number > kMaxFixedLength)
        return Error(ErrorKind::kUnsupported,
                     base::format("fixed-length list of {} elements exceeds maximum byte size", def.number), at);
      break;
    case TypeKind::Map: {
      ERMINE_TRY(require(Feature::Map, "`map`", at));
      // The keytype of Explainer.md: a primitive type with a meaning of equality.
      const TypeUse key = types_.canonical(type.first);
      if (!key.is_primitive() || key.primitive() == Primitive::F32 || key.primitive() == Primitive::F64 ||
          key.primitive() == Primitive::ErrorContext)
        return invalid(
            at, base::format("`{}` is not valid as the type of the keys of a `map`", type_word(types_, type.first)));
      break;
    }
    case TypeKind::Own:
    case TypeKind::Borrow: {
      ERMINE_ASSIGN(type.number, resource_at(def.number, scope, at));
      break;
    }
    case TypeKind::Stream:
    case TypeKind::Future: {
      const std::string_view word = type_keyword(def.kind);
      ERMINE_TRY(require(Feature::Async, def.kind == TypeKind::Stream ? "`stream`" : "`future`", at));
      if (types_.flags(type.first).borrow)
        return invalid(at, base::format("`{}` element cannot contain a `borrow` type", word));
      // A temporary restriction (Concurrency.md, "TODO").
      if (def.kind == TypeKind::Stream && types_.canonical(type.first) == TypeUse(Primitive::Char))
        return invalid(at, "`stream<char>` is not valid at this time, use `stream<u8>` with an encoding instead");
      break;
    }
    default: break;
  }
  return type;
}

}  // namespace ermine::component
