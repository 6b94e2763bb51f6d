// Linking: finds what a component imports.
#include "base/format.h"
#include "component/model/version.h"
#include "component/runtime/host_types.h"
#include "component/runtime/same_type.h"
#include "component/value/type_text.h"

namespace ermine::component {

// ---- Names with versions

namespace {

struct VersionedName {
  std::string_view base;  // "a:b/c@"
  Version version;
};

std::optional<VersionedName> versioned(std::string_view name) {
  const size_t at = name.rfind('@');
  if (at == name.npos) return std::nullopt;
  Result<Version> version = Version::parse(name.substr(at + 1));
  if (!version) return std::nullopt;
  return VersionedName{name.substr(0, at + 1), *std::move(version)};
}

// How much of a name is its key, if the version is as most are: three numbers. 0: it is not.
size_t short_key(std::string_view name) {
  const size_t at = name.rfind('@');
  if (at == name.npos) return 0;
  size_t key = 0, begin = at + 1;
  for (int part = 0; part < 3; ++part) {
    size_t end = begin;
    while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
    const bool is_zero = end == begin + 1 && name[begin] == '0';
    // Long numbers may be too large.
    if (end == begin || end - begin > 9 || (name[begin] == '0' && !is_zero)) return 0;
    if (part < 2 ? end == name.size() || name[end] != '.' : end != name.size()) return 0;
    if (key == 0 && (!is_zero || part == 2)) key = end;
    begin = end + 1;
  }
  return key;
}

}  // namespace

std::string compatible_key(std::string_view name) {
  if (const size_t size = short_key(name); size > 0) return std::string(name.substr(0, size));
  const std::optional<VersionedName> parts = versioned(name);
  return parts ? std::string(parts->base) + parts->version.track() : std::string();
}

const PlanItem* find_compatible(const PlanExports& exports, std::string_view name) {
  if (const auto found = exports.find(name); found != exports.end()) return &found->second;
  const std::string key = compatible_key(name);
  if (key.empty()) return nullptr;
  const PlanItem* best = nullptr;
  std::optional<VersionedName> best_name;
  // Names with the same base are neighbours.
  for (auto i = exports.lower_bound(name.substr(0, name.rfind('@') + 1)); i != exports.end(); ++i) {
    std::optional<VersionedName> other = versioned(i->first);
    if (!other || other->base != name.substr(0, other->base.size())) break;
    if (compatible_key(i->first) != key || (best && other->version < best_name->version)) continue;
    best = &i->second;
    best_name = std::move(other);
  }
  return best;
}

// ---- Definitions

LinkItem& ComponentLinker::at(std::string_view name) {
  const auto found = items_.find(name);
  if (found != items_.end()) return found->second;
  if (std::string key = compatible_key(name); !key.empty()) {
    std::string& highest = compatible_[std::move(key)];
    if (highest.empty() || versioned(highest)->version < versioned(name)->version) highest = name;
  }
  return items_[std::string(name)];
}

void ComponentLinker::define(std::string_view name, LinkItem item) { at(name) = std::move(item); }
LinkItem& ComponentLinker::item(std::string_view instance, std::string_view name) {
  return instance.empty() ? at(name) : at(instance).items[std::string(name)];
}
void ComponentLinker::define_func(std::string_view name, HostComponentFunc func) {
  define_func({}, name, std::move(func));
}
void ComponentLinker::define_func(std::string_view instance, std::string_view name, HostComponentFunc func) {
  item(instance, name).func = std::make_shared<const HostComponentFunc>(std::move(func));
}
void ComponentLinker::define_async_func(std::string_view name, AsyncHostFunc func) {
  define_async_func({}, name, std::move(func));
}
void ComponentLinker::define_async_func(std::string_view instance, std::string_view name, AsyncHostFunc func) {
  item(instance, name).async_func = std::make_shared<const AsyncHostFunc>(std::move(func));
}
void ComponentLinker::define_resource(std::string_view instance, std::string_view name,
                                      std::shared_ptr<const ResourceType> type) {
  item(instance, name).resource = std::move(type);
}
void ComponentLinker::define_instance(std::string_view name, std::shared_ptr<ComponentInstance> instance) {
  LinkItem item;
  item.item = {Sort::Instance, instance->plan().root};
  item.component = std::move(instance);
  define(name, std::move(item));
}
const LinkItem* ComponentLinker::find_exactly(std::string_view name) const {
  const auto found = items_.find(name);
  return found == items_.end() ? nullptr : &found->second;
}
const LinkItem* ComponentLinker::find(std::string_view name) const {
  if (const LinkItem* exact = find_exactly(name)) return exact;
  const auto other = compatible_.find(compatible_key(name));
  return other == compatible_.end() ? nullptr : find_exactly(other->second);
}

// ---- Linking

namespace {

// "`a` of `b`" for messages.
std::string path_text(const std::vector<std::string_view>& path) {
  std::string out;
  for (size_t i = path.size(); i-- > 0;) out += base::format("{:t}`{}`", out.empty() ? "" : " of ", path[i]);
  return out;
}

// "a:b/c.f"
std::string dotted(const std::vector<std::string_view>& path) {
  std::string out(path.front());
  for (size_t i = 1; i < path.size(); ++i) out += "." + std::string(path[i]);
  return out;
}

// Null: there is none. `made` has the item if it is none of the linker's.
const LinkItem* inner_item(const LinkItem& from, std::string_view name, LinkItem& made) {
  if (from.component) {
    if (from.item.sort != Sort::Instance) return nullptr;
    const PlanExports& exports = from.component->plan().exports[from.item.index];
    const PlanItem* found = find_compatible(exports, name);
    if (!found) return nullptr;
    made.component = from.component;
    made.item = *found;
    return &made;
  }
  const auto found = from.items.find(name);
  return found == from.items.end() ? nullptr : &found->second;
}

// The imports that do not fit, as one error: the first ones, and how many others there are.
class LinkProblems {
 public:
  void add(Error error) {
    if (!first_) first_ = std::move(error);
    else if (++more_ < kMostShown) rest_ += "\n" + error.message();
  }
  Result<void> result() && {
    if (!first_) return {};
    if (more_ == 0) return std::move(first_);
    if (more_ >= kMostShown) rest_ += base::format("\nand {} more", more_ - kMostShown + 1);
    return Error(first_.kind(), first_.message() + rest_);
  }

 private:
  static constexpr size_t kMostShown = 200;
  Error first_;
  std::string rest_;
  size_t more_ = 0;
};

// What `import` of a component is in WIT, with the names of the interface that it belongs to.
std::string import_text(const CompiledComponent& component, const PlanImport& import) {
  if (import.sort != Sort::Func) return "a resource type";
  const Types& types = component.types();
  TypeText text(types);
  const Externs* level = &component.type().imports;
  text.add_names(*level);
  for (size_t i = 0; i + 1 < import.path.size(); ++i) {
    const uint32_t at = level->find(import.path[i]);
    if (at == NameTable::kNone || level->items[at].type.sort != Sort::Instance) break;
    level = &types.instances[level->items[at].type.id].exports;
    text.add_names(*level);
  }
  return "`" + text.func(import.type) + "`";
}

}  // namespace

Result<void> ComponentInstance::link(const ComponentLinker& linker) {
  LinkProblems problems;
  imports_.reserve(plan().imports.size());
  // Imports of one interface follow each other.
  std::string_view interface;
  const LinkItem* top = nullptr;
  for (const PlanImport& import : plan().imports) {
    if (interface != import.path.front()) top = linker.find(interface = import.path.front());
    const LinkItem* found = top;
    LinkItem made;
    for (size_t i = 1; found && i < import.path.size(); ++i) found = inner_item(*found, import.path[i], made);
    std::optional<LinkItem> item;
    if (found) item = *found;
    const bool is_func = import.sort == Sort::Func;
    if (item && item->component) {
      if (&item->component->store() != store_)
        return Error(ErrorKind::kUsage,
                     base::format("import {:t}: the instance belongs to another store", path_text(import.path)));
      if (item->item.sort != import.sort) item.reset();
      else if (!is_func && item->item.index != kNoIndex)
        item->resource = item->component->shared_resource(item->item.index);
    }
    const bool is_given = item && (is_func ? item->func || item->typed_func || item->async_func || item->component
                                           : item->resource != nullptr);
    if (is_given && is_func) {
      const bool is_async = types().funcs[import.type].is_async;
      if (item->async_func && !is_async)
        problems.add(
            Error(ErrorKind::kLink,
                  base::format("import {:t}: an asynchronous host function was given, and the type is not async",
                               path_text(import.path))));
    }
    if (!is_given) {
      problems.add(Error(ErrorKind::kLink, base::format("unknown import {:t}: {:t} was expected",
                                                        path_text(import.path), import_text(*component_, import))));
      item.emplace();
    }
    imports_.push_back(std::move(*item));
  }
  ERMINE_TRY(std::move(problems).result());
  for (const PlanResource& resource : plan().resources)
    resources_.push_back(resource.is_import ? imports_[resource.import].resource : nullptr);
  return link_types();
}

// The types of functions of other components and of the host, now that the resource types are known.
Result<void> ComponentInstance::link_types() {
  LinkProblems problems;
  import_types_.resize(imports_.size());
  for (size_t i = 0; i < imports_.size(); ++i) {
    const LinkItem& item = imports_[i];
    const PlanImport& import = plan().imports[i];
    if (import.sort != Sort::Func) continue;
    if (item.component) {
      const PlanFunc& func = item.component->plan().funcs[item.item.index];
      if (same_func_type({*this, 0}, import.type, {*item.component, func.instance}, func.type)) continue;
      const Types& other = item.component->types();
      problems.add(Error(
          ErrorKind::kLink,
          base::format("incompatible import type for {:t}: {:t} was expected, `{:t}` was given", path_text(import.path),
                       import_text(*component_, import), TypeText(other).func(func.type))));
    } else if (item.typed_func) {
      auto host =
          check_host_types(*this, 0, import.type, item.typed_func->shape, dotted(import.path), "the host gives");
      if (host) import_types_[i] = *std::move(host);
      else problems.add(std::move(host).error());
    }
  }
  return std::move(problems).result();
}

}  // namespace ermine::component
