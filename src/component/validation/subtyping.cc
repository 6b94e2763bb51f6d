#include "component/validation/subtyping.h"

#include "component/validation/core_match.h"

namespace ermine::component {

bool Subtyping::within(std::string context) {
  error_ = base::format("{:t}: {:t}", context, error_);
  return false;
}

bool Subtyping::matches(const Entity& given, const Entity& expected) {
  if (given.sort != expected.sort)
    return fail(base::format("expected {}, found {}", sort_keyword(expected.sort), sort_keyword(given.sort)));
  switch (given.sort) {
    case Sort::CoreModule: return module(types_.modules[given.id], types_.modules[expected.id]);
    case Sort::Value: return matches(given.value_type, expected.value_type);
    case Sort::Func: return func(types_.funcs[given.id], types_.funcs[expected.id]);
    case Sort::Instance: return instance(types_.instances[given.id], types_.instances[expected.id]);
    case Sort::Component: return component(types_.components[given.id], types_.components[expected.id]);
    default: return any(given.equals(), expected.equals());
  }
}

bool Subtyping::any(AnyType given, AnyType expected) {
  if (given.kind != expected.kind)
    return fail(base::format("expected {}, found {}", any_word(expected.kind), any_word(given.kind)));
  switch (given.kind) {
    case AnyKind::Resource: return same_resource(given.id, expected.id) || fail("resource types are not the same");
    case AnyKind::Defined: return matches(TypeUse::index(given.id), TypeUse::index(expected.id));
    case AnyKind::Func: return func(types_.funcs[given.id], types_.funcs[expected.id]);
    case AnyKind::Instance: return instance(types_.instances[given.id], types_.instances[expected.id]);
    case AnyKind::Component: return component(types_.components[given.id], types_.components[expected.id]);
  }
  return false;
}

bool Subtyping::matches(TypeUse given, TypeUse expected) {
  const TypeUse a = types_.canonical(given), b = types_.canonical(expected);
  // Resource types are replaced on both sides in the same way, so equal types stay equal.
  if (a == b) return true;
  if (a.is_index() && b.is_index()) return defined(types_.defined[a.index()], types_.defined[b.index()]);
  if (a.is_primitive() && b.is_primitive())
    return fail(
        base::format("expected primitive `{}` found primitive `{}`", type_word(types_, b), type_word(types_, a)));
  // The official scripts call a primitive type by its name only where it was given directly.
  const bool as_type = b.is_primitive() && expected.is_index();
  return fail(
      base::format("expected {}, found {}", as_type ? "primitive" : type_word(types_, b), type_word(types_, a)));
}

bool Subtyping::optional(TypeUse given, TypeUse expected, std::string_view what, std::string_view context) {
  if (given.is_none() && expected.is_none()) return true;
  if (given.is_none()) return fail(base::format("expected {} type, but found none", what));
  if (expected.is_none()) return fail(base::format("expected {} type to not be present", what));
  return matches(given, expected) || within(base::format("type mismatch in {}", context));
}

bool Subtyping::defined(const DefinedType& a, const DefinedType& b) {
  if (a.kind != b.kind) return fail(base::format("expected {}, found {}", type_keyword(b.kind), type_keyword(a.kind)));
  const auto same_count = [&](std::string_view what) {
    return a.fields.size() == b.fields.size() ||
           fail(base::format("expected {} {}, found {}", b.fields.size(), what, a.fields.size()));
  };
  switch (a.kind) {
    case TypeKind::Record:
      if (!same_count("fields")) return false;
      for (size_t i = 0; i < a.fields.size(); ++i) {
        if (a.fields[i].label != b.fields[i].label)
          return fail(base::format("expected field name `{}`, found `{}`", b.fields[i].label, a.fields[i].label));
        if (!matches(a.fields[i].type, b.fields[i].type))
          return within(base::format("type mismatch in record field `{}`", a.fields[i].label));
      }
      return true;
    case TypeKind::Variant:
      if (!same_count("cases")) return false;
      for (size_t i = 0; i < a.fields.size(); ++i) {
        const Field &x = a.fields[i], &y = b.fields[i];
        if (x.label != y.label) return fail(base::format("expected case named `{}`, found `{}`", y.label, x.label));
        if (x.type.is_none() && !y.type.is_none())
          return fail(base::format("expected case `{}` to have a type, found none", x.label));
        if (!x.type.is_none() && y.type.is_none())
          return fail(base::format("expected case `{}` to have no type", x.label));
        if (!x.type.is_none() && !matches(x.type, y.type))
          return within(base::format("type mismatch in variant case `{}`", x.label));
      }
      return true;
    case TypeKind::Tuple:
      if (!same_count("types")) return false;
      for (size_t i = 0; i < a.fields.size(); ++i)
        if (!matches(a.fields[i].type, b.fields[i].type))
          return within(base::format("type mismatch in tuple field {}", i));
      return true;
    case TypeKind::Flags:
    case TypeKind::Enum: {
      bool same = a.fields.size() == b.fields.size();
      for (size_t i = 0; same && i < a.fields.size(); ++i) same = a.fields[i].label == b.fields[i].label;
      return same || fail(base::format("mismatch in {} elements", type_keyword(a.kind)));
    }
    case TypeKind::FixedList:
      if (a.number != b.number)
        return fail(base::format("expected fixed-length {}, found size {}", b.number, a.number));
      return matches(a.first, b.first);
    case TypeKind::List:
    case TypeKind::Option: return matches(a.first, b.first);
    case TypeKind::Result:
      return optional(a.first, b.first, "ok", "ok variant") && optional(a.second, b.second, "err", "err variant");
    case TypeKind::Map:
      if (!matches(a.first, b.first)) return within("type mismatch in map key");
      return matches(a.second, b.second) || within("type mismatch in map value");
    case TypeKind::Stream: return optional(a.first, b.first, "stream", "stream");
    case TypeKind::Future: return optional(a.first, b.first, "future", "future");
    case TypeKind::Own:
    case TypeKind::Borrow: return same_resource(a.number, b.number) || fail("resource types are not the same");
    default: return true;
  }
}

bool Subtyping::func(const FuncType& a, const FuncType& b) {
  const auto word = [](const FuncType& f) { return f.is_async ? "async" : "sync"; };
  if (a.is_async != b.is_async) return fail(base::format("expected {} function, found {} function", word(b), word(a)));
  if (a.params.size() != b.params.size())
    return fail(base::format("expected {} parameters, found {}", b.params.size(), a.params.size()));
  for (size_t i = 0; i < a.params.size(); ++i) {
    if (a.params[i].label != b.params[i].label)
      return fail(base::format("expected parameter named `{}`, found `{}`", b.params[i].label, a.params[i].label));
    if (!matches(a.params[i].type, b.params[i].type))
      return within(base::format("type mismatch in function parameter `{}`", a.params[i].label));
  }
  if (a.result.is_none() != b.result.is_none())
    return fail(a.result.is_none() ? "expected no result, found one: it is the other function that has none"
                                   : "expected a result, found none: it is the other function that has one");
  return a.result.is_none() || matches(a.result, b.result) || within("type mismatch with result type");
}

bool Subtyping::instance(const InstanceType& a, const InstanceType& b) {
  for (const Extern& expected : b.exports.items) {
    const uint32_t at = a.exports.find(expected.name);
    if (at == NameTable::kNone) return fail(base::format("missing expected export `{}`", expected.name));
    if (!matches(a.exports.items[at].type, expected.type))
      return within(base::format("type mismatch in instance export `{}`", expected.name));
  }
  return true;
}

// The given component receives what the expected one is instantiated with; what it then exports must suffice for the
// exports of the expected one.
bool Subtyping::component(const ComponentType& a, const ComponentType& b) {
  const auto outer = bound_;
  const auto find = [](const Externs& list) {
    return [&list](std::string_view name) -> const Entity* {
      const uint32_t at = list.find(name);
      return at == NameTable::kNone ? nullptr : &list.items[at].type;
    };
  };
  const bool ok = open(find(b.imports), a, Direction::kImport) && open(find(a.exports), b, Direction::kExport);
  bound_ = outer;
  return ok;
}

bool Subtyping::module(const ModuleType& a, const ModuleType& b) {
  // Imports are few in types that are written; those of modules are compared once each.
  NameTable table;
  const auto name_of = [&](uint32_t i) { return b.imports[i].import_name(); };
  for (uint32_t i = 0; i < b.imports.size(); ++i) table.add(i, name_of);
  for (const CoreExtern& item : a.imports) {
    const uint32_t at = table.find(item.import_name(), name_of);
    if (at == NameTable::kNone) return fail(base::format("missing expected import `{}::{}`", item.module, item.name));
    if (error_ = core_mismatch(registry_, b.imports[at].type, item.type); !error_.empty())
      return within(base::format("type mismatch in import `{}::{}`", item.module, item.name));
  }
  for (const CoreExtern& expected : b.exports.items) {
    const uint32_t at = a.exports.find(expected.name);
    if (at == NameTable::kNone) return fail(base::format("missing expected export `{}`", expected.name));
    if (error_ = core_mismatch(registry_, a.exports.items[at].type, expected.type); !error_.empty())
      return within(base::format("type mismatch in export `{}`", expected.name));
  }
  return true;
}

}  // namespace ermine::component
