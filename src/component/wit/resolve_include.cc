// `include`: copies the imports and exports of another world. See package_resolver.h.
//
// Interfaces under their own names are shared. What has a plain name belongs to the world and is copied: types that the
// other world defines, and interfaces that it defines inline, become new ones of this world.
#include "base/format.h"
#include "component/wit/package_resolver.h"

namespace ermine::component::wit {

struct PackageResolver::Cloner {
  Owner from, to;
  const syntax::Name& at;
  bool is_foreign;  // from another package, whose versions in @since mean nothing here
  const World& source;  // a copy, because vectors of the model grow
  std::unordered_map<std::string_view, std::string_view> names;
  std::unordered_map<std::string_view, bool> names_used;
  std::unordered_map<uint32_t, TypeId> types;

  Stability stability(const Stability& old) const { return is_foreign && old.since ? Stability() : old; }
};

namespace {

size_t size_of(const WorldItem& item) {
  return sizeof(WorldItem) + item.name.size() + item.docs.size() + item.function.docs.size() +
         item.function.params.size() * sizeof(Param);
}

}  // namespace

void PackageResolver::resolve_include(WorldId id, const syntax::Include& include) {
  const syntax::Name& at = include.from.name;
  if (!is_included(include.attributes, at)) {
    if (include.from.package) find_package(*include.from.package);
    return;
  }
  const WorldId from = world_target(include.from);
  if (!ok()) return;
  const World& original = resolve_[from];
  size_t bytes = 0;
  for (const auto* items : {&original.imports, &original.exports})
    for (const auto& [key, item] : *items) bytes += size_of(item);
  if (!charge(bytes, at)) return;
  const World source = original;
  Cloner cloner{{{}, from}, {{}, id}, at, source.package != package_, source, {}, {}, {}};
  for (const syntax::UsedName& name : include.names) {
    cloner.names.emplace(name.name.text, name.as->text);
    cloner.names_used.emplace(name.name.text, false);
  }
  include_items(id, false, cloner);
  include_items(id, true, cloner);
  for (const syntax::UsedName& name : include.names)
    if (ok() && !cloner.names_used[name.name.text])
      fail(name.name,
           base::format("the world '{}' has no import or export with the plain name '{}'", source.name, name.name.text),
           "interfaces that are imported under their own names cannot be renamed");
}

// A resource's new name is also that of its methods: [method]old.read becomes [method]new.read.
void PackageResolver::rename(std::string& name, Cloner& cloner) {
  const auto use = [&](std::string_view part) -> const std::string_view* {
    const auto found = cloner.names.find(part);
    if (found == cloner.names.end()) return nullptr;
    cloner.names_used[found->first] = true;
    return &found->second;
  };
  if (const auto* found = use(name)) {
    name = *found;
    return;
  }
  const size_t close = name.find(']');
  if (close == name.npos) return;
  const size_t dot = std::min(name.find('.', close), name.size());
  if (const auto* found = use(std::string_view(name).substr(close + 1, dot - close - 1)))
    name = name.substr(0, close + 1) + std::string(*found) + name.substr(dot);
}

void PackageResolver::include_items(WorldId id, bool exports, Cloner& cloner) {
  for (const auto& [key, original] : exports ? cloner.source.exports : cloner.source.imports) {
    if (!ok()) return;
    WorldItem item = original;
    item.stability = cloner.stability(item.stability);
    if (item.name.empty()) {
      OrderedMap<WorldItem>& items = exports ? resolve_[id].exports : resolve_[id].imports;
      WorldItem* present = items.find(key);
      if (present == nullptr) {
        items.add(key, std::move(item));
        continue;
      }
      if (cloner.is_foreign && original.stability.since) present->stability = {};
      else if (present->stability.is_unknown()) present->stability = item.stability;
      else if (!item.stability.is_unknown() && !(present->stability == item.stability))
        fail(cloner.at,
             base::format("the interface {} has different gates in this world and in the world '{}' that it includes",
                          resolve_.name_of(item.interface), cloner.source.name));
      continue;
    }
    rename(item.name, cloner);
    switch (item.kind) {
      case WorldItemKind::kType:
        item.type = clone(item.type, cloner);
        if (ok()) resolve_[item.type].name = item.name;
        break;
      case WorldItemKind::kFunction:
        item.function = clone(item.function, cloner);
        item.function.name = item.name;
        break;
      case WorldItemKind::kInterface:
        if (resolve_[item.interface].name.empty()) item.interface = clone(item.interface, cloner);
        break;
    }
    add_world_item(resolve_[id], exports, std::move(item), cloner.at);
  }
}

Type PackageResolver::clone(Type type, Cloner& cloner) { return type.id ? Type(clone(type.id, cloner)) : type; }

// Recursion is bounded: named types of an owner are copied in order, so a part with a name has been copied already, and
// types without name nest at most kMaxTypeNesting deep.
TypeId PackageResolver::clone(TypeId id, Cloner& cloner) {
  if (const auto found = cloner.types.find(id.index); found != cloner.types.end()) return found->second;
  const Owner owner = resolve_[id].owner;
  // A type of an interface that this one uses is shared.
  if (owner && owner != cloner.from) return id;
  TypeDef type = resolve_[id];
  size_t bytes = sizeof(TypeDef) + type.docs.size() + type.name.size() + type.parts.size() * sizeof(Type);
  for (const Member& member : type.members) bytes += sizeof(Member) + member.name.size() + member.docs.size();
  if (!charge(bytes, cloner.at)) return id;
  for (Type& part : type.parts) part = clone(part, cloner);
  for (Member& member : type.members) member.type = clone(member.type, cloner);
  type.stability = cloner.stability(type.stability);
  TypeId result;
  if (owner) {
    type.owner = cloner.to;
    result = add_type(std::move(type));
  } else {
    result = intern(std::move(type)).id;
  }
  cloner.types.emplace(id.index, result);
  return result;
}

Function PackageResolver::clone(const Function& function, Cloner& cloner) {
  Function out = function;
  if (out.resource) out.resource = clone(out.resource, cloner);
  for (Param& param : out.params) param.type = clone(param.type, cloner);
  out.result = clone(out.result, cloner);
  out.stability = cloner.stability(out.stability);
  return out;
}

InterfaceId PackageResolver::clone(InterfaceId id, Cloner& cloner) {
  const Interface original = resolve_[id];
  const InterfaceId result{static_cast<uint32_t>(resolve_.interfaces.size())};
  if (!charge(sizeof(Interface) + original.docs.size(), cloner.at)) return id;
  {
    Interface& copy = resolve_.interfaces.emplace_back();
    copy.package = package_;
    copy.docs = original.docs;
    copy.stability = cloner.stability(original.stability);
  }
  Cloner inner{{id, {}}, {result, {}}, cloner.at, cloner.is_foreign, cloner.source, {}, {}, {}};
  for (const auto& [name, type] : original.types) {
    const TypeId copy = clone(type, inner);
    resolve_[result].types.add(name, copy);
  }
  for (const auto& [name, function] : original.functions) {
    if (!charge(sizeof(Function) + name.size() + function.docs.size() + function.params.size() * sizeof(Param),
                cloner.at))
      return result;
    resolve_[result].functions.add(name, clone(function, inner));
  }
  facts_.add_interface(resolve_, result);
  return result;
}

}  // namespace ermine::component::wit
