// The items of a package, their order, and paths. See package_resolver.h.
#include "component/wit/package_resolver.h"

#include <algorithm>

#include "base/format.h"
#include "base/suggestion.h"
#include "component/wit/lexer.h"
#include "component/wit/limits.h"
#include "component/wit/order.h"

namespace ermine::component::wit {

using syntax::Path;

PackageName name_of(const syntax::PackageName& name) {
  return {std::string(name.space.text), std::string(name.name.text), name.version};
}

namespace {

void interface_paths(const std::vector<syntax::InterfaceItem>& items, std::vector<const Path*>& out) {
  for (const syntax::InterfaceItem& item : items)
    if (const auto* use = std::get_if<syntax::Use>(&item)) out.push_back(&use->from);
}

void world_paths(const syntax::World& world, std::vector<const Path*>& out) {
  for (const syntax::WorldItem& item : world.items) {
    if (const auto* use = std::get_if<syntax::Use>(&item)) out.push_back(&use->from);
    if (const auto* include = std::get_if<syntax::Include>(&item)) out.push_back(&include->from);
    if (const auto* extern_item = std::get_if<syntax::Extern>(&item)) {
      interface_paths(extern_item->items, out);
      out.push_back(&extern_item->path);
    }
  }
}

}  // namespace

std::vector<const syntax::PackageName*> package_paths(const syntax::Items& items) {
  std::vector<const Path*> paths;
  for (const syntax::Item& item : items) {
    if (const auto* interface = std::get_if<syntax::Interface>(&item)) interface_paths(interface->items, paths);
    if (const auto* world = std::get_if<syntax::World>(&item)) world_paths(*world, paths);
    if (const auto* use = std::get_if<syntax::TopLevelUse>(&item)) paths.push_back(&use->path);
  }
  std::vector<const syntax::PackageName*> out;
  for (const Path* path : paths)
    if (path->package) out.push_back(&*path->package);
  return out;
}

ResolveFacts::ResolveFacts(const Resolve& resolve) : expansion_left(kMaxExpansion) {
  for (const TypeDef& type : resolve.types) add_type(resolve, type);
  for (uint32_t i = 0; i < resolve.interfaces.size(); ++i) add_interface(resolve, {i});
  for (uint32_t i = 0; i < resolve.packages.size(); ++i)
    packages.emplace(resolve.packages[i].name.to_string(), PackageId{i});
}

void ResolveFacts::add_type(const Resolve&, const TypeDef& type) {
  bool found = type.kind == TypeDefKind::kBorrow;
  const auto add = [&](const Type& part) { found = found || (part.id && has_borrow[part.id.index]); };
  // A handle is no part of what its resource is.
  if (type.kind != TypeDefKind::kOwn)
    for (const Type& part : type.parts) add(part);
  for (const Member& member : type.members) add(member.type);
  has_borrow.push_back(found);
}

bool ResolveFacts::add_interface(const Resolve& resolve, InterfaceId id) {
  unsigned depth = 0;
  for (const InterfaceId used : resolve.used_interfaces(id)) depth = std::max(depth, use_depth[used.index] + 1);
  use_depth.resize(std::max<size_t>(use_depth.size(), id.index + 1));
  use_depth[id.index] = depth;
  return depth <= kMaxUseDepth;
}

void PackageResolver::fail(const syntax::Name& at, std::string_view message, std::string_view hint, ErrorKind kind) {
  if (ok()) error_ = sources_.error_at(at.at, at.text.size(), message, hint, kind);
}

bool PackageResolver::charge(size_t bytes, const syntax::Name& at) {
  if (!ok()) return false;
  if (bytes <= facts_.expansion_left) {
    facts_.expansion_left -= bytes;
    return true;
  }
  fail(
      at,
      base::format("worlds that include others, or that need many interfaces, may not take more than {} bytes together",
                   kMaxExpansion),
      {}, ErrorKind::kUnsupported);
  return false;
}

bool PackageResolver::is_enabled(const Stability& stability) const {
  return stability.unstable.empty() || options_.all_features ||
         std::find(options_.features.begin(), options_.features.end(), stability.unstable) != options_.features.end();
}

// WIT.md, "Rules for feature gate usage".
bool PackageResolver::is_included(const syntax::Attributes& attributes, const syntax::Name& at) {
  const Stability& stability = attributes.stability;
  if (stability.since) {
    const auto& version = resolve_[package_].name.version;
    if (!version)
      fail(at, base::format("'{}' has @since, but the package {} has no version", at.text,
                            resolve_[package_].name.to_string()));
    else if (*stability.since > *version)
      fail(at, base::format("'{}' is there since version {}, but the package has the lower version {}", at.text,
                            stability.since->to_string(), version->to_string()));
  }
  return is_enabled(stability);
}

void PackageResolver::left_out(const syntax::Name& name, std::string_view what) {
  fail(name, base::format("{:t} '{}' is left out, because its @unstable feature is not enabled", what, name.text),
       "what refers to it needs the same gate");
}

void PackageResolver::unique(std::unordered_map<std::string, std::string_view>& folded, const syntax::Name& name,
                             std::string_view what) {
  const auto [found, is_new] = folded.try_emplace(wit::folded(name.text), name.text);
  if (is_new) return;
  if (found->second == name.text) fail(name, base::format("{:t} '{}' is defined twice", what, name.text));
  else
    fail(name, base::format("{:t} '{}' differs from '{}' only in case: names are unique without regard to case", what,
                            name.text, found->second));
}

Result<PackageId> PackageResolver::run(const PackageSyntax& package) {
  package_ = {static_cast<uint32_t>(resolve_.packages.size())};
  resolve_.packages.push_back({name_of(package.name), {}, {}, package.docs});
  facts_.packages.emplace(package.name.to_string(), package_);
  collect(package);
  if (ok()) collect_scopes(package);
  std::vector<uint32_t> order;
  if (ok()) order = ordered_locals();
  for (const uint32_t i : order) {
    Local& local = locals_[i];
    if (!is_included(local.attributes(), local.name())) {
      local.is_left_out = true;
      check_left_out(local);
      continue;
    }
    if (local.interface != nullptr) {
      local.interface_id = {static_cast<uint32_t>(resolve_.interfaces.size())};
      Interface& interface = resolve_.interfaces.emplace_back();
      interface.name = local.name().text;
      interface.package = package_;
      interface.docs = documentation(local.interface->comments);
      interface.stability = local.attributes().stability;
      resolve_[package_].interfaces.add(interface.name, local.interface_id);
      scope_ = local.scope;
      resolve_interface(local.interface_id, local.interface->items, local.name());
    }
    if (!ok()) break;
  }
  for (const uint32_t i : order) {
    if (!ok()) break;
    Local& local = locals_[i];
    if (local.world == nullptr || local.is_left_out) continue;
    local.world_id = {static_cast<uint32_t>(resolve_.worlds.size())};
    World& world = resolve_.worlds.emplace_back();
    world.name = local.name().text;
    world.package = package_;
    world.docs = documentation(local.world->comments);
    world.stability = local.attributes().stability;
    resolve_[package_].worlds.add(world.name, local.world_id);
    scope_ = local.scope;
    resolve_world(local);
  }
  // Paths of a top-level `use` that nothing mentions.
  for (const Scope& scope : scopes_)
    for (const auto& [name, entry] : scope)
      if (ok() && entry.foreign != nullptr) interface_target(*entry.foreign);
  if (!ok()) return std::move(error_);
  return package_;
}

void PackageResolver::collect(const PackageSyntax& package) {
  std::unordered_map<std::string, std::string_view> folded;
  for (uint32_t scope = 0; scope < package.lists.size(); ++scope)
    for (const syntax::Item& item : *package.lists[scope]) {
      Local local;
      local.interface = std::get_if<syntax::Interface>(&item);
      local.world = std::get_if<syntax::World>(&item);
      local.scope = scope;
      if (local.interface == nullptr && local.world == nullptr) continue;
      unique(folded, local.name(), "the interface or world");
      local_names_.emplace(local.name().text, static_cast<uint32_t>(locals_.size()));
      locals_.push_back(local);
    }
}

void PackageResolver::collect_scopes(const PackageSyntax& package) {
  for (const syntax::Items* list : package.lists) {
    Scope& scope = scopes_.emplace_back();
    const auto add = [&](const syntax::Name& name, ScopeEntry entry) {
      if (!scope.emplace(name.text, entry).second)
        fail(name, base::format("'{}' is defined twice in this file", name.text), "'use … as' gives another name");
    };
    for (const syntax::Item& item : *list) {
      if (const auto* interface = std::get_if<syntax::Interface>(&item))
        add(interface->name, {local_names_[interface->name.text], nullptr});
      if (const auto* world = std::get_if<syntax::World>(&item))
        add(world->name, {local_names_[world->name.text], nullptr});
      const auto* use = std::get_if<syntax::TopLevelUse>(&item);
      if (use == nullptr) continue;
      if (use->path.package) {
        add(use->local(), {0, &use->path});
        continue;
      }
      const auto found = local_names_.find(use->path.name.text);
      if (found != local_names_.end()) {
        add(use->local(), {found->second, nullptr});
        continue;
      }
      std::vector<std::string_view> names;
      for (const auto& [name, local] : local_names_) names.push_back(name);
      std::sort(names.begin(), names.end());
      fail(use->path.name, base::format("the package has no interface or world '{}'{:t}", use->path.name.text,
                                        base::did_you_mean(use->path.name.text, names)));
    }
  }
}

// The local item that a path without package names from a file; null, with an error, if there is none, and null with
// `is_foreign` if the name is that of another package's item.
const uint32_t* PackageResolver::find_local(const syntax::Name& name, uint32_t scope, bool& is_foreign) {
  is_foreign = false;
  if (const auto found = scopes_[scope].find(name.text); found != scopes_[scope].end()) {
    is_foreign = found->second.foreign != nullptr;
    return is_foreign ? nullptr : &found->second.local;
  }
  if (const auto found = local_names_.find(name.text); found != local_names_.end()) return &found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, entry] : scopes_[scope]) names.push_back(known);
  for (const auto& [known, local] : local_names_) names.push_back(known);
  std::sort(names.begin(), names.end());
  fail(name, base::format("there is no interface or world '{}' in this package{:t}", name.text,
                          base::did_you_mean(name.text, names)));
  return nullptr;
}

std::vector<uint32_t> PackageResolver::local_dependencies(const Local& local) {
  std::vector<uint32_t> out;
  const auto add = [&](const Path& path) {
    bool is_foreign = false;
    if (path.package) return;
    if (const uint32_t* found = find_local(path.name, local.scope, is_foreign)) out.push_back(*found);
  };
  if (local.interface != nullptr)
    for (const syntax::InterfaceItem& item : local.interface->items)
      if (const auto* use = std::get_if<syntax::Use>(&item)) add(use->from);
  if (local.world != nullptr)
    for (const syntax::WorldItem& item : local.world->items)
      if (const auto* include = std::get_if<syntax::Include>(&item)) add(include->from);
  return out;
}

std::vector<uint32_t> PackageResolver::ordered_locals() {
  std::vector<std::vector<uint32_t>> edges;
  for (const Local& local : locals_) {
    edges.push_back(local_dependencies(local));
    if (!ok()) return {};
  }
  Order order = topological_order(edges);
  if (!order.is_cyclic) return std::move(order.nodes);
  const Local& from = locals_[order.node];
  const Local& to = locals_[edges[order.node][order.edge]];
  fail(from.name(), base::format("{:t} '{}' depends on {:t}: `use` and `include` have no cycles",
                                 from.interface != nullptr ? "the interface" : "the world", from.name().text,
                                 &from == &to ? "itself" : base::format("'{}', which depends on it", to.name().text)));
  return {};
}

// An item that is left out is not resolved, but types in it must be gated themselves.
void PackageResolver::check_left_out(const Local& local) {
  const auto check = [&](const syntax::Attributes& attributes, const syntax::Name& name) {
    if (is_included(attributes, name))
      fail(name,
           base::format(
               "the type '{}' has no gate, but what it is in is left out, because its @unstable feature is not enabled",
               name.text),
           "put the same gate in front of the type");
  };
  const auto check_item = [&](const auto& item) {
    if (const auto* definition = std::get_if<syntax::Definition>(&item))
      check(definition->attributes, definition->name);
    if (const auto* use = std::get_if<syntax::Use>(&item))
      for (const syntax::UsedName& name : use->names) check(use->attributes, name.name);
  };
  if (local.interface != nullptr)
    for (const auto& item : local.interface->items) check_item(item);
  else
    for (const auto& item : local.world->items) check_item(item);
}

PackageId PackageResolver::find_package(const syntax::PackageName& name) {
  if (const auto found = facts_.packages.find(name.to_string()); found != facts_.packages.end()) return found->second;
  // Another version is more often what is meant than another name.
  std::vector<std::string> known;
  std::string versions;
  for (const PackageName& other : facts_.known_packages) {
    known.push_back(other.to_string());
    const bool is_same = other.space == name.space.text && other.name == name.name.text;
    if (is_same && versions.size() < 200) versions += (versions.empty() ? "" : ", ") + known.back();
  }
  std::sort(known.begin(), known.end());
  const std::vector<std::string_view> names(known.begin(), known.end());
  fail(name.space,
       base::format("there is no package {}{:t}", name.to_string(),
                    versions.empty() ? base::did_you_mean(name.to_string(), names) : ""),
       versions.empty() ? "" : base::format("known versions: {}", versions));
  return {};
}

PackageResolver::Target PackageResolver::foreign_target(const Path& path) {
  const PackageId package = find_package(*path.package);
  if (!package) return {};
  const Package& found = resolve_[package];
  if (const InterfaceId* id = found.interfaces.find(path.name.text)) return {*id, {}};
  if (const WorldId* id = found.worlds.find(path.name.text)) return {{}, *id};
  std::vector<std::string_view> names = found.interfaces.names();
  for (const std::string_view name : found.worlds.names()) names.push_back(name);
  fail(path.name, base::format("the package {} has no interface or world '{}'{:t}", found.name.to_string(),
                               path.name.text, base::did_you_mean(path.name.text, names)));
  return {};
}

PackageResolver::Target PackageResolver::local_target(uint32_t i, const syntax::Name& at) {
  const Local& local = locals_[i];
  if (local.is_left_out) {
    left_out(at, local.interface != nullptr ? "the interface" : "the world");
    return {};
  }
  return {local.interface_id, local.world_id};
}

PackageResolver::Target PackageResolver::target(const Path& path) {
  if (path.package) return foreign_target(path);
  bool is_foreign = false;
  const uint32_t* local = find_local(path.name, scope_, is_foreign);
  if (is_foreign) {
    const Path& used = *scopes_[scope_][path.name.text].foreign;
    const InterfaceId id = interface_target(used);
    return {id, {}};
  }
  return local != nullptr ? local_target(*local, path.name) : Target();
}

InterfaceId PackageResolver::interface_target(const Path& path) {
  // A world of this package may have no id yet.
  bool is_foreign = false;
  if (!path.package)
    if (const uint32_t* local = find_local(path.name, scope_, is_foreign);
        local != nullptr && locals_[*local].world != nullptr) {
      fail(path.name, base::format("'{}' is a world, not an interface", path.name.text));
      return {};
    }
  const Target found = target(path);
  if (ok() && !found.interface) fail(path.name, base::format("'{}' is a world, not an interface", path.name.text));
  return found.interface;
}

WorldId PackageResolver::world_target(const Path& path) {
  const Target found = target(path);
  if (ok() && !found.world) fail(path.name, base::format("'{}' is an interface, not a world", path.name.text));
  return found.world;
}

}  // namespace ermine::component::wit
