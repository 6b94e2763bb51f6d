// Interfaces: uses, types and functions. See package_resolver.h.
#include <algorithm>

#include "base/format.h"
#include "base/suggestion.h"
#include "component/wit/lexer.h"
#include "component/wit/limits.h"
#include "component/wit/order.h"
#include "component/wit/package_resolver.h"

namespace ermine::component::wit {

using syntax::Definition;
using syntax::DefinitionForm;
using syntax::TypeForm;

void PackageResolver::resolve_interface(InterfaceId id, const std::vector<syntax::InterfaceItem>& items,
                                        const syntax::Name& at) {
  current_ = {};
  current_.owner.interface = id;
  std::vector<const syntax::Use*> uses;
  std::vector<const Definition*> definitions;
  for (const syntax::InterfaceItem& item : items) {
    if (const auto* use = std::get_if<syntax::Use>(&item)) uses.push_back(use);
    if (const auto* definition = std::get_if<Definition>(&item)) definitions.push_back(definition);
  }
  resolve_names(uses, definitions);
  for (const auto& [name, type] : current_.types) resolve_[id].types.add(std::string(name), type);

  for (const syntax::InterfaceItem& item : items) {
    if (!ok()) return;
    if (const auto* definition = std::get_if<Definition>(&item)) {
      const auto found = current_.names.find(definition->name.text);
      if (found == current_.names.end() || found->second.is_left_out) continue;
      for (const syntax::Function& function : definition->functions) {
        if (!is_included(function.attributes, function.name)) continue;
        Function resolved = resolve_function(function, &definition->name);
        std::string name = resolved.name;
        resolve_[id].functions.add(std::move(name), std::move(resolved));
      }
    }
    const auto* function = std::get_if<syntax::Function>(&item);
    if (function == nullptr) continue;
    define(function->name, {});
    if (!is_included(function->attributes, function->name)) continue;
    Function resolved = resolve_function(*function, nullptr);
    std::string name = resolved.name;
    resolve_[id].functions.add(std::move(name), std::move(resolved));
  }
  if (ok() && !facts_.add_interface(resolve_, id))
    fail(at,
         base::format("chains of more than {} interfaces that each use types of the next are not supported",
                      kMaxUseDepth),
         {}, ErrorKind::kUnsupported);
}

void PackageResolver::define(const syntax::Name& name, NameEntry entry) {
  unique(current_.folded, name, "the name");
  current_.names.emplace(name.text, entry);
  if (entry.type) current_.types.emplace_back(name.text, entry.type);
}

TypeId PackageResolver::add_type(TypeDef type) {
  facts_.add_type(resolve_, type);
  resolve_.types.push_back(std::move(type));
  return {static_cast<uint32_t>(resolve_.types.size() - 1)};
}

void PackageResolver::resolve_names(const std::vector<const syntax::Use*>& uses,
                                    const std::vector<const Definition*>& definitions) {
  for (const syntax::Use* use : uses)
    if (ok()) resolve_use(*use);
  for (const Definition* definition : ordered(definitions))
    if (ok()) resolve_definition(*definition);
}

void PackageResolver::resolve_use(const syntax::Use& use) {
  const bool is_left_out = !is_included(use.attributes, use.from.name);
  if (is_left_out) {
    // The package must exist, but the interface need not.
    if (use.from.package) find_package(*use.from.package);
    for (const syntax::UsedName& name : use.names) {
      define(name.local(), {{}, true});
      types_left_out_.insert(std::to_string(current_.owner.interface.index) + "/" + std::string(name.local().text));
    }
    return;
  }
  const InterfaceId from = interface_target(use.from);
  if (!ok()) return;
  for (const syntax::UsedName& used : use.names) {
    const std::string_view name = used.name.text;
    const TypeId* found = resolve_[from].types.find(name);
    if (found == nullptr) {
      if (types_left_out_.contains(std::to_string(from.index) + "/" + std::string(name)))
        return left_out(used.name, "the type");
      if (resolve_[from].functions.find(name) != nullptr)
        return fail(used.name, base::format("'{}' is a function: only types can be used", name));
      return fail(used.name, base::format("the interface {} has no type '{}'{:t}", resolve_.name_of(from), name,
                                          base::did_you_mean(name, resolve_[from].types.names())));
    }
    TypeDef type;
    type.name = used.local().text;
    type.owner = current_.owner;
    type.parts = {*found};
    type.stability = use.attributes.stability;
    type.external_id = use.attributes.external_id;
    define(used.local(), {add_type(std::move(type))});
    if (!ok()) return;
  }
}

namespace {

// The names that a type mentions.
void mentioned_names(const syntax::Type& type, std::vector<const syntax::Name*>& out) {
  if (type.form == TypeForm::kName || type.form == TypeForm::kOwn || type.form == TypeForm::kBorrow)
    out.push_back(&type.name);
  for (const syntax::Type& part : type.parts) mentioned_names(part, out);
}

}  // namespace

std::vector<const Definition*> PackageResolver::ordered(const std::vector<const Definition*>& definitions) {
  std::unordered_map<std::string_view, uint32_t> numbers;
  for (uint32_t i = 0; i < definitions.size(); ++i) {
    const syntax::Name& name = definitions[i]->name;
    if (!numbers.emplace(name.text, i).second || current_.names.contains(name.text))
      fail(name, base::format("the name '{}' is defined twice", name.text));
  }
  std::vector<std::vector<uint32_t>> edges(definitions.size());
  std::vector<std::vector<const syntax::Name*>> places(definitions.size());
  for (uint32_t i = 0; i < definitions.size() && ok(); ++i) {
    std::vector<const syntax::Name*> names;
    if (definitions[i]->form == DefinitionForm::kAlias) mentioned_names(definitions[i]->alias, names);
    for (const syntax::Member& member : definitions[i]->members)
      if (member.type) mentioned_names(*member.type, names);
    for (const syntax::Name* name : names) {
      if (const auto found = numbers.find(name->text); found != numbers.end()) {
        edges[i].push_back(found->second);
        places[i].push_back(name);
        continue;
      }
      if (current_.names.contains(name->text)) continue;
      std::vector<std::string_view> known;
      for (const auto& [other, number] : numbers) known.push_back(other);
      for (const auto& [other, entry] : current_.names) known.push_back(other);
      std::sort(known.begin(), known.end());
      const bool is_old = name->text == "float32" || name->text == "float64";
      fail(*name,
           base::format("there is no type '{}'{:t}", name->text, is_old ? "" : base::did_you_mean(name->text, known)),
           is_old ? "the floating-point types are f32 and f64" : "");
      break;
    }
  }
  if (!ok()) return {};
  const Order order = topological_order(edges);
  if (order.is_cyclic) {
    fail(*places[order.node][order.edge], base::format("the type '{}' depends on itself: types are not recursive",
                                                       places[order.node][order.edge]->text));
    return {};
  }
  std::vector<const Definition*> out;
  out.reserve(definitions.size());
  for (const uint32_t i : order.nodes) out.push_back(definitions[i]);
  return out;
}

void PackageResolver::resolve_definition(const Definition& definition) {
  if (!is_included(definition.attributes, definition.name)) {
    for (const syntax::Function& function : definition.functions)
      if (is_included(function.attributes, function.name))
        fail(
            function.name,
            base::format("'{}' has no gate, but its resource is left out, because its @unstable feature is not enabled",
                         function.name.text),
            "put the same gate in front of the function");
    define(definition.name, {{}, true});
    types_left_out_.insert(std::to_string(current_.owner.interface.index) + "/" + std::string(definition.name.text));
    return;
  }
  TypeDef type;
  if (definition.form == DefinitionForm::kAlias) type = shape(definition.alias);
  else resolve_members(definition, type);
  type.name = definition.name.text;
  type.owner = current_.owner;
  type.docs = documentation(definition.comments);
  type.stability = definition.attributes.stability;
  type.external_id = definition.attributes.external_id;
  if (ok()) define(definition.name, {add_type(std::move(type))});
}

void PackageResolver::resolve_members(const Definition& definition, TypeDef& type) {
  std::string_view what;
  switch (definition.form) {
    case DefinitionForm::kAlias: break;
    case DefinitionForm::kRecord: type.kind = TypeDefKind::kRecord, what = "the field"; break;
    case DefinitionForm::kFlags: type.kind = TypeDefKind::kFlags, what = "the flag"; break;
    case DefinitionForm::kVariant: type.kind = TypeDefKind::kVariant, what = "the case"; break;
    case DefinitionForm::kEnum: type.kind = TypeDefKind::kEnum, what = "the case"; break;
    case DefinitionForm::kResource: type.kind = TypeDefKind::kResource; return check_resource(definition);
  }
  const bool needs_case = type.kind == TypeDefKind::kVariant || type.kind == TypeDefKind::kEnum;
  if (needs_case && definition.members.empty())
    fail(definition.name, base::format("'{}' has no cases; it needs at least one", definition.name.text));
  std::unordered_map<std::string, std::string_view> folded;
  type.members.reserve(definition.members.size());
  for (const syntax::Member& member : definition.members) {
    if (!ok()) return;
    unique(folded, member.name, what);
    type.members.push_back({std::string(member.name.text), documentation(member.comments),
                            member.type ? value_type(*member.type) : Type()});
  }
}

// WIT.md, "Item: resource": at most one constructor; functions have different names.
void PackageResolver::check_resource(const Definition& definition) {
  std::unordered_map<std::string, std::string_view> folded;
  bool has_constructor = false;
  for (const syntax::Function& function : definition.functions) {
    if (function.form != syntax::FunctionForm::kConstructor) {
      unique(folded, function.name, "the function");
      continue;
    }
    if (has_constructor)
      fail(function.name, base::format("the resource '{}' has two constructors", definition.name.text));
    has_constructor = true;
  }
}

TypeId PackageResolver::find_type(const syntax::Name& name) {
  const auto found = current_.names.find(name.text);
  if (found == current_.names.end()) {
    std::vector<std::string_view> known;
    for (const auto& [other, type] : current_.types) known.push_back(other);
    fail(name, base::format("there is no type '{}'{:t}", name.text, base::did_you_mean(name.text, known)));
    return {};
  }
  if (found->second.is_left_out) left_out(name, "the type");
  else if (!found->second.type) fail(name, base::format("'{}' is a function, not a type", name.text));
  return found->second.type;
}

bool PackageResolver::is_resource(TypeId id) const {
  return resolve_[resolve_.without_aliases(id)].kind == TypeDefKind::kResource;
}

TypeId PackageResolver::find_resource(const syntax::Name& name) {
  const TypeId id = find_type(name);
  if (!id) return {};
  if (!is_resource(id)) {
    fail(name, base::format("'{}' is not a resource: own<…> and borrow<…> have resources in them", name.text));
    return {};
  }
  return id;
}

// What a type consists of, as a definition without name: a name or primitive type is a kAlias.
TypeDef PackageResolver::shape(const syntax::Type& type) {
  TypeDef out;
  const auto parts = [&](TypeDefKind kind) {
    out.kind = kind;
    for (const syntax::Type& part : type.parts)
      if (ok()) out.parts.push_back(value_type(part));
  };
  switch (type.form) {
    case TypeForm::kPrimitive: out.parts = {type.primitive}; break;
    case TypeForm::kName: out.parts = {find_type(type.name)}; break;
    case TypeForm::kOwn:
    case TypeForm::kBorrow:
      out.kind = type.form == TypeForm::kOwn ? TypeDefKind::kOwn : TypeDefKind::kBorrow;
      out.parts = {find_resource(type.name)};
      break;
    case TypeForm::kList: parts(TypeDefKind::kList); break;
    case TypeForm::kFixedList:
      parts(TypeDefKind::kFixedList);
      out.length = type.length;
      break;
    case TypeForm::kMap:
      parts(TypeDefKind::kMap);
      if (ok() && !is_map_key(out.parts[0].primitive))
        fail(type.parts[0].name,
             base::format("'{}' cannot be the key of a map: keys are integers, bool, char or string",
                          type.parts[0].name.text));
      break;
    case TypeForm::kTuple: parts(TypeDefKind::kTuple); break;
    case TypeForm::kOption: parts(TypeDefKind::kOption); break;
    case TypeForm::kResult:
      if (!type.has_ok) out.parts.push_back({});
      parts(TypeDefKind::kResult);
      out.parts.resize(2);
      break;
    case TypeForm::kFuture:
    case TypeForm::kStream:
      parts(type.form == TypeForm::kFuture ? TypeDefKind::kFuture : TypeDefKind::kStream);
      out.parts.resize(1);
      break;
  }
  return out;
}

// A type in a place for values.
Type PackageResolver::value_type(const syntax::Type& type) {
  TypeDef found = shape(type);
  if (!ok()) return {};
  if (found.kind != TypeDefKind::kAlias) return intern(std::move(found));
  const Type part = found.parts[0];
  return part.id && is_resource(part.id) ? own(part.id) : part;
}

Type PackageResolver::own(TypeId resource) {
  TypeDef type;
  type.kind = TypeDefKind::kOwn;
  type.parts = {resource};
  return intern(std::move(type));
}

// The type without name that equals `type`.
Type PackageResolver::intern(TypeDef type) {
  std::string key;
  const auto add = [&](uint32_t value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); };
  add(static_cast<uint32_t>(type.kind));
  add(type.length);
  for (const Type& part : type.parts) {
    add(static_cast<uint32_t>(part.primitive));
    add(part.id.index);
  }
  const auto [found, is_new] = anonymous_.try_emplace(std::move(key));
  if (is_new) found->second = add_type(std::move(type));
  return found->second;
}

Function PackageResolver::resolve_function(const syntax::Function& function, const syntax::Name* resource) {
  Function out;
  out.docs = documentation(function.comments);
  out.stability = function.attributes.stability;
  out.external_id = function.attributes.external_id;
  out.is_async = function.is_async;
  const std::string item(function.name.text);
  if (resource != nullptr) out.resource = find_type(*resource);
  const std::string owner(resource != nullptr ? resource->text : "");
  std::unordered_map<std::string, std::string_view> folded;
  switch (function.form) {
    case syntax::FunctionForm::kFreestanding: out.name = item; break;
    case syntax::FunctionForm::kMethod: {
      out.kind = FunctionKind::kMethod;
      out.name = "[method]" + owner + "." + item;
      TypeDef self;
      self.kind = TypeDefKind::kBorrow;
      self.parts = {out.resource};
      out.params.push_back({"self", intern(std::move(self))});
      folded.emplace("self", "self");
      break;
    }
    case syntax::FunctionForm::kStatic:
      out.kind = FunctionKind::kStatic;
      out.name = "[static]" + owner + "." + item;
      break;
    case syntax::FunctionForm::kConstructor:
      out.kind = FunctionKind::kConstructor;
      out.name = "[constructor]" + owner;
      break;
  }
  for (const syntax::Param& param : function.params) {
    if (!ok()) return out;
    unique(folded, param.name, "the parameter");
    out.params.push_back({std::string(param.name.text), value_type(param.type)});
  }
  if (function.form == syntax::FunctionForm::kConstructor) constructor_result(function, out);
  else if (function.result) out.result = value_type(*function.result);
  // Explainer.md, "Type Checking": results have no borrowed handles in them.
  if (ok() && out.result.id && facts_.has_borrow[out.result.id.index])
    fail(function.name,
         base::format("the result of '{}' has a borrow<…> in it: only parameters can be borrowed", function.name.text));
  return out;
}

// WIT.md, "Item: resource": nothing, or a result whose `ok` is the resource.
void PackageResolver::constructor_result(const syntax::Function& function, Function& result) {
  const Type resource = own(result.resource);
  if (!function.result) {
    result.result = resource;
    return;
  }
  const Type type = value_type(*function.result);
  if (!ok()) return;
  const bool is_result = type.id && resolve_[type.id].kind == TypeDefKind::kResult;
  if (!is_result || resolve_[type.id].parts[0] != resource)
    return fail(function.result->name,
                base::format("a constructor returns its resource or result<{}, …>, with the resource as ok",
                             resolve_[result.resource].name));
  result.result = type;
}

}  // namespace ermine::component::wit
