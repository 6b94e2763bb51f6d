// See resolve.h.
#include "component/wit/resolve.h"

#include <algorithm>

namespace ermine::component::wit {

std::string_view Function::item_name() const {
  std::string_view result = name;
  if (kind == FunctionKind::kFreestanding) return result;
  if (kind == FunctionKind::kConstructor) return {};
  return result.substr(result.find('.') + 1);
}

bool WorldItem::implements(const Resolve& resolve) const {
  return kind == WorldItemKind::kInterface && !name.empty() && !resolve[interface].name.empty();
}

std::string PackageName::to_string() const {
  std::string out = space + ":" + name;
  return version ? out + "@" + version->to_string() : out;
}

std::strong_ordering PackageName::operator<=>(const PackageName& o) const {
  if (const auto order = space <=> o.space; order != 0) return order;
  if (const auto order = name <=> o.name; order != 0) return order;
  if (version.has_value() != o.version.has_value()) return version.has_value() <=> o.version.has_value();
  return version ? *version <=> *o.version : std::strong_ordering::equal;
}

PackageId Resolve::find(const PackageName& name) const {
  for (size_t i = 0; i < packages.size(); ++i)
    if (packages[i].name == name) return {static_cast<uint32_t>(i)};
  return {};
}

namespace {

std::string qualified(const PackageName& package, std::string_view name) {
  std::string out = package.space + ":" + package.name + "/" + std::string(name);
  return package.version ? out + "@" + package.version->to_string() : out;
}

}  // namespace

std::string Resolve::name_of(InterfaceId id) const {
  return qualified((*this)[(*this)[id].package].name, (*this)[id].name);
}

std::string Resolve::name_of(WorldId id) const {
  return qualified((*this)[(*this)[id].package].name, (*this)[id].name);
}

std::string Resolve::name_of(const WorldItem& item) const {
  return item.name.empty() ? name_of(item.interface) : item.name;
}

InterfaceId Resolve::used_interface(TypeId id) const {
  const TypeDef& type = (*this)[id];
  if (type.kind != TypeDefKind::kAlias || !type.parts[0].id) return {};
  const Owner& other = (*this)[type.parts[0].id].owner;
  return other == type.owner ? InterfaceId() : other.interface;
}

std::vector<InterfaceId> Resolve::used_interfaces(InterfaceId id) const {
  std::vector<InterfaceId> out;
  for (const auto& [name, type] : (*this)[id].types)
    if (const InterfaceId used = used_interface(type)) out.push_back(used);
  return out;
}

TypeId Resolve::without_aliases(TypeId id) const {
  while ((*this)[id].kind == TypeDefKind::kAlias && (*this)[id].parts[0].id) id = (*this)[id].parts[0].id;
  return id;
}

std::vector<PackageId> Resolve::dependencies(PackageId id) const {
  std::vector<PackageId> out;
  const auto add = [&](InterfaceId interface) {
    if (interface && (*this)[interface].package != id) out.push_back((*this)[interface].package);
  };
  const auto add_used = [&](InterfaceId interface) {
    for (const InterfaceId used : used_interfaces(interface)) add(used);
  };
  for (const auto& [name, interface] : (*this)[id].interfaces) add_used(interface);
  for (const auto& [name, world] : (*this)[id].worlds)
    for (const auto* items : {&(*this)[world].imports, &(*this)[world].exports})
      for (const auto& [key, item] : *items) {
        if (item.kind == WorldItemKind::kType) add(used_interface(item.type));
        if (item.kind != WorldItemKind::kInterface) continue;
        add(item.interface);
        if ((*this)[item.interface].name.empty()) add_used(item.interface);
      }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string key_of(InterfaceId interface) { return "/" + std::to_string(interface.index); }

std::string key_of(const WorldItem& item) { return item.name.empty() ? key_of(item.interface) : item.name; }

}  // namespace ermine::component::wit
