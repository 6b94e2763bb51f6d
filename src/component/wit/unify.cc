// See unify.h.
#include "component/wit/unify.h"

#include <unordered_map>

#include "base/format.h"
#include "component/wit/order.h"

namespace ermine::component::wit {
namespace {

bool has_all_of(const Interface& high, const Interface& low) {
  for (const auto& [name, id] : low.types)
    if (high.types.find(name) == nullptr) return false;
  for (const auto& [name, f] : low.functions)
    if (high.functions.find(name) == nullptr) return false;
  return true;
}

class Unifier {
 public:
  Unifier(Resolve& resolve, WorldId world) : resolve_(resolve), world_(resolve[world]) {}

  Result<void> run() {
    choose();
    if (types_.empty() && replaced_.empty()) return {};
    for (TypeDef& type : resolve_.types) {
      for (Type& part : type.parts) move(part);
      for (Member& member : type.members) move(member.type);
    }
    for (Interface& interface : resolve_.interfaces)
      for (auto& [name, f] : interface.functions) move(f);
    for (OrderedMap<WorldItem>* items : {&world_.imports, &world_.exports})
      for (auto& [key, item] : *items)
        if (item.kind == WorldItemKind::kFunction) move(item.function);
    return reorder();
  }

 private:
  const Version* version(InterfaceId id) const {
    const auto& found = resolve_[resolve_[id].package].name.version;
    return found ? &*found : nullptr;
  }

  void choose() {
    std::unordered_map<std::string, InterfaceId> highest;
    const auto each = [&](auto&& f) {
      for (const auto& [key, item] : world_.imports)
        if (item.kind == WorldItemKind::kInterface && item.name.empty() && version(item.interface) != nullptr)
          f(compatible_name(resolve_.name_of(item.interface)), item.interface);
    };
    each([&](std::string name, InterfaceId id) {
      InterfaceId& known = highest[std::move(name)];
      if (!known || *version(known) < *version(id)) known = id;
    });
    each([&](const std::string& name, InterfaceId id) {
      const InterfaceId high = highest[name];
      if (high == id || world_.exports.find(key_of(id)) != nullptr || !has_all_of(resolve_[high], resolve_[id])) return;
      replaced_[id.index] = high;
      for (const auto& [type_name, type] : resolve_[id].types)
        types_[type.index] = *resolve_[high].types.find(type_name);
    });
  }

  void move(Type& type) const {
    if (!type.id) return;
    if (const auto found = types_.find(type.id.index); found != types_.end()) type.id = found->second;
  }
  void move(Function& f) const {
    for (Param& param : f.params) move(param.type);
    move(f.result);
  }

  Result<void> reorder() {
    std::vector<WorldItem> kept;
    std::unordered_map<uint32_t, uint32_t> place;  // of interfaces
    for (auto& [key, item] : world_.imports) {
      if (item.kind == WorldItemKind::kInterface && item.name.empty()) {
        if (replaced_.contains(item.interface.index)) continue;
        place[item.interface.index] = static_cast<uint32_t>(kept.size());
      }
      kept.push_back(item);
    }
    std::vector<std::vector<uint32_t>> edges(kept.size());
    for (size_t i = 0; i < kept.size(); ++i) {
      std::vector<InterfaceId> used;
      if (kept[i].kind == WorldItemKind::kInterface) used = resolve_.used_interfaces(kept[i].interface);
      if (kept[i].kind == WorldItemKind::kType) used.push_back(resolve_.used_interface(kept[i].type));
      for (const InterfaceId id : used)
        if (const auto found = place.find(id.index); id && found != place.end()) edges[i].push_back(found->second);
    }
    const Order order = topological_order(edges);
    if (order.is_cyclic)
      return Error(ErrorKind::kInvalid,
                   base::format("{}: with the highest versions of all imported interfaces, this one uses itself",
                                resolve_.name_of(kept[order.node])));
    OrderedMap<WorldItem> sorted;
    for (const uint32_t i : order.nodes) sorted.add(key_of(kept[i]), std::move(kept[i]));
    world_.imports = std::move(sorted);
    return {};
  }

  Resolve& resolve_;
  World& world_;
  std::unordered_map<uint32_t, InterfaceId> replaced_;
  std::unordered_map<uint32_t, TypeId> types_;
};

}  // namespace

std::string compatible_name(std::string_view name) {
  const size_t at = name.find('@');
  if (at == name.npos) return std::string(name);
  Result<Version> version = Version::parse(name.substr(at + 1));
  return std::string(name.substr(0, at + 1)) + (version ? version->track() : std::string(name.substr(at + 1)));
}

Result<void> unify_imports(Resolve& resolve, WorldId world) { return Unifier(resolve, world).run(); }

}  // namespace ermine::component::wit
