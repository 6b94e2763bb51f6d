// Worlds: imports and exports. See package_resolver.h.
#include "base/format.h"
#include "component/wit/lexer.h"
#include "component/wit/package_resolver.h"

namespace ermine::component::wit {

void PackageResolver::resolve_world(const Local& local) {
  const WorldId id = local.world_id;
  const syntax::World& syntax = *local.world;
  current_ = {};
  current_.owner.world = id;
  std::vector<const syntax::Use*> uses;
  std::vector<const syntax::Definition*> definitions;
  for (const syntax::WorldItem& item : syntax.items) {
    if (const auto* use = std::get_if<syntax::Use>(&item)) uses.push_back(use);
    if (const auto* definition = std::get_if<syntax::Definition>(&item)) definitions.push_back(definition);
  }
  resolve_names(uses, definitions);
  for (const auto& [name, type] : current_.types) {
    WorldItem item;
    item.kind = WorldItemKind::kType;
    item.name = name;
    item.type = type;
    add_world_item(resolve_[id], false, std::move(item), {name, name.data()});
  }
  for (const syntax::WorldItem& item : syntax.items) {
    if (!ok()) return;
    if (const auto* external = std::get_if<syntax::Extern>(&item)) resolve_extern(id, *external);
    const auto* definition = std::get_if<syntax::Definition>(&item);
    if (definition == nullptr || current_.names.find(definition->name.text)->second.is_left_out) continue;
    for (const syntax::Function& function : definition->functions) {
      if (!is_included(function.attributes, function.name)) continue;
      WorldItem method;
      method.kind = WorldItemKind::kFunction;
      method.function = resolve_function(function, &definition->name);
      method.name = method.function.name;
      add_world_item(resolve_[id], false, std::move(method), function.name);
    }
  }
  for (const syntax::WorldItem& item : syntax.items)
    if (const auto* include = std::get_if<syntax::Include>(&item); include != nullptr && ok())
      resolve_include(id, *include);
  if (ok()) check_world_names(resolve_[id], syntax.name);
  if (ok()) elaborate(id, syntax.name);
}

void PackageResolver::add_world_item(World& world, bool is_export, WorldItem item, const syntax::Name& at) {
  if (!ok()) return;
  const std::string key = key_of(item);
  const bool is_interface = item.name.empty();
  OrderedMap<WorldItem>& items = is_export ? world.exports : world.imports;
  if (items.add(key, std::move(item))) return;
  const std::string_view verb = is_export ? "exported" : "imported";
  if (is_interface) fail(at, base::format("the interface is {:t} twice", verb));
  else
    fail(at, base::format("'{}' is {:t} twice", key, verb),
         "an `include` can give another name: include … with { a as b }");
}

void PackageResolver::resolve_extern(WorldId id, const syntax::Extern& syntax) {
  const syntax::Name& at = syntax.form == syntax::ExternForm::kInterface ? syntax.path.name : syntax.name;
  const bool has_path = syntax.form == syntax::ExternForm::kInterface || syntax.form == syntax::ExternForm::kNamed;
  if (!is_included(syntax.attributes, at)) {
    // The package must exist, but the interface need not.
    if (has_path && syntax.path.package) find_package(*syntax.path.package);
    return;
  }
  WorldItem item;
  item.name = syntax.name.text;
  if (syntax.form == syntax::ExternForm::kFunction) {
    item.kind = WorldItemKind::kFunction;
    item.function = resolve_function(syntax.function, nullptr);
    item.function.docs = documentation(syntax.comments);
    item.function.stability = syntax.attributes.stability;
    item.function.external_id = syntax.attributes.external_id;
    return add_world_item(resolve_[id], syntax.is_export, std::move(item), at);
  }
  item.stability = syntax.attributes.stability;
  item.external_id = syntax.attributes.external_id;
  if (syntax.form == syntax::ExternForm::kInline) {
    item.interface = {static_cast<uint32_t>(resolve_.interfaces.size())};
    Interface& interface = resolve_.interfaces.emplace_back();
    interface.package = package_;
    interface.docs = documentation(syntax.comments);
    interface.stability = syntax.attributes.stability;
    OwnerScope world = std::move(current_);
    resolve_interface(item.interface, syntax.items, syntax.name);
    current_ = std::move(world);
  } else {
    item.docs = documentation(syntax.comments);
    item.interface = interface_target(syntax.path);
  }
  add_world_item(resolve_[id], syntax.is_export, std::move(item), at);
}

// WIT.md, "WIT Worlds": names are unique without regard to case, among the imports and among the exports.
void PackageResolver::check_world_names(const World& world, const syntax::Name& at) {
  for (const auto* items : {&world.imports, &world.exports}) {
    std::unordered_map<std::string, std::string_view> seen;
    for (const auto& [key, item] : *items) {
      if (item.name.empty()) continue;
      const auto [found, is_new] = seen.try_emplace(folded(item.name), item.name);
      if (!is_new)
        return fail(at, base::format("the world has the names '{}' and '{}', which differ only in case: names are "
                                     "unique without regard to case",
                                     found->second, item.name));
    }
  }
}

}  // namespace ermine::component::wit
