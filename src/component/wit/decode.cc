// See decode.h.
//
// In the validated types of a component every import and export of a type has an id of its own, and says which type it
// was defined as. So the id of a type with a name leads to its definition in the Resolve (known_), and a type whose
// definition is known is a kAlias: `type a = b`, or a `use` if b belongs to another interface. Ids without a name are
// types without a name.
//
// Recursion is bounded by kMaxTypeDepth of the validator: only types without name recurse.
#include "component/wit/decode.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/format.h"
#include "component/wit/limits.h"
#include "component/wit/order.h"

namespace ermine::component::wit {
namespace {

TypeDefKind def_kind(TypeKind kind) {
  switch (kind) {
    case TypeKind::Record: return TypeDefKind::kRecord;
    case TypeKind::Variant: return TypeDefKind::kVariant;
    case TypeKind::List: return TypeDefKind::kList;
    case TypeKind::FixedList: return TypeDefKind::kFixedList;
    case TypeKind::Tuple: return TypeDefKind::kTuple;
    case TypeKind::Flags: return TypeDefKind::kFlags;
    case TypeKind::Enum: return TypeDefKind::kEnum;
    case TypeKind::Option: return TypeDefKind::kOption;
    case TypeKind::Result: return TypeDefKind::kResult;
    case TypeKind::Own: return TypeDefKind::kOwn;
    case TypeKind::Borrow: return TypeDefKind::kBorrow;
    case TypeKind::Stream: return TypeDefKind::kStream;
    case TypeKind::Future: return TypeDefKind::kFuture;
    case TypeKind::Map: return TypeDefKind::kMap;
    default: return TypeDefKind::kAlias;
  }
}

// "a:b/c@1.0.0"
struct InterfaceName {
  PackageName package;
  std::string name;
};

class Decoder {
 public:
  Decoder(Resolve& resolve, const ValidComponent& component)
      : resolve_(resolve), types_(component.types), component_(component) {}
  Result<PackageId> run();
  Result<WorldId> run_component();
  Result<MergedWorld> run_merge(WorldId into);
  Result<void> run_imports(WorldId into);

 private:
  bool ok() const { return !error_; }
  bool fail(std::string message, ErrorKind kind = ErrorKind::kInvalid) {
    if (ok()) error_ = Error(kind, std::move(message));
    return false;
  }
  bool charge(size_t bytes);

  bool export_of_package(const Extern& item);
  bool parse_name(std::string_view text, InterfaceName& out);
  PackageId package(const PackageName& name);
  InterfaceId interface(std::string_view name);
  bool interface_items(InterfaceId id, const InstanceType& type);
  bool read_items(InterfaceId id, const InstanceType& type);
  bool check_uses(uint32_t first);
  bool world(std::string_view name, std::string_view path, const ComponentType& type);
  bool world_items(WorldId id, const ComponentType& type);
  bool two_forms(std::string_view name);
  bool world_item(WorldId id, const Extern& item, bool is_export);
  TypeDef definition(std::string_view name, const Entity& entity);
  bool same_type(TypeId id, const Extern& item);
  static bool same_function(const Function& a, const Function& b);
  bool differs(InterfaceId id, std::string_view name) {
    return fail(base::format("the component has two forms of the interface {}, which differ in '{}'",
                             resolve_.name_of(id), name));
  }
  PackageId order_packages(uint32_t first);
  WorldId root_world();
  // Names are unique without regard to case in a package and in an interface, also if these have several copies.
  bool claim(PackageId package, InterfaceId interface, std::string_view name) {
    const std::string scope = std::to_string(package.index) + "/" + std::to_string(interface.index) + "/";
    if (names_.insert(scope + folded(name)).second) return true;
    return fail(base::format("the name '{}' is used twice in a package or interface, without regard to case", name));
  }
  TypeId named_type(std::string_view name, const Entity& entity, const Owner& owner, const Attributes* attributes);
  TypeDef shape(TypeUse use);
  Type type(TypeUse use);
  TypeId local(TypeId id);
  TypeId resource(ResourceName name);
  bool function(std::string_view name, const FuncType& type, const Attributes* attributes,
                const OrderedMap<TypeId>* interface_types, const OrderedMap<WorldItem>* world_items, Function& out);
  TypeId add(TypeDef type) {
    resolve_.types.push_back(std::move(type));
    return {static_cast<uint32_t>(resolve_.types.size() - 1)};
  }
  static std::optional<std::string> external_id(const Attributes* attributes) {
    if (attributes == nullptr || !attributes->external_id) return {};
    return std::string(*attributes->external_id);
  }

  Resolve& resolve_;
  const Types& types_;
  const ValidComponent& component_;
  Error error_;
  size_t left_ = kMaxExpansion;
  // Copies of an interface may have different functions: the interface has all of them. Packages may be known already.
  bool unites_ = false;
  // Exports may be resource types that the component defines.
  bool defines_resources_ = false;
  WorldId into_;  // what worlds are merged into
  MergedWorld keys_;  // of the worlds that were read
  PackageId main_;
  Owner owner_;  // of the types that are being read
  std::unordered_map<std::string, PackageId> packages_;  // that this component has
  std::unordered_map<std::string, InterfaceId> interfaces_;
  std::unordered_map<uint64_t, TypeId> known_;
  std::unordered_map<std::string, Type> anonymous_;
  std::unordered_set<std::string> names_;
  std::unordered_map<uint32_t, bool> is_complete_;  // interfaces whose functions have been read
};

bool Decoder::charge(size_t bytes) {
  if (bytes > left_)
    return fail(base::format("components whose packages take more than {} bytes are not supported", kMaxExpansion),
                ErrorKind::kUnsupported);
  left_ -= bytes;
  return true;
}

bool Decoder::parse_name(std::string_view text, InterfaceName& out) {
  const size_t colon = text.find(':'), slash = text.find('/');
  if (colon == text.npos || slash == text.npos || colon > slash || text.find('/', slash + 1) != text.npos ||
      text.substr(0, slash).find(':', colon + 1) != text.npos)
    return fail(base::format("'{}' is not the name of an interface or world of a package, such as a:b/c", text));
  const size_t at = text.find('@', slash);
  out.package.space = text.substr(0, colon);
  out.package.name = text.substr(colon + 1, slash - colon - 1);
  out.name = text.substr(slash + 1, at == text.npos ? text.npos : at - slash - 1);
  if (!is_label(out.package.space) || !is_label(out.package.name) || !is_label(out.name))
    return fail(base::format("'{}' is not the name of an interface or world of a package, such as a:b/c", text));
  if (at == text.npos) return true;
  auto version = Version::parse(text.substr(at + 1));
  if (!version) return fail(version.error().message());
  out.package.version = *std::move(version);
  return true;
}

PackageId Decoder::package(const PackageName& name) {
  const auto [found, is_new] = packages_.try_emplace(name.to_string());
  if (!is_new) return found->second;
  if (const PackageId known = resolve_.find(name)) {
    found->second = known;
    if (!unites_) fail(base::format("the package {} is known already", name.to_string()));
    return known;
  }
  found->second = {static_cast<uint32_t>(resolve_.packages.size())};
  resolve_.packages.push_back({name, {}, {}, {}});
  return found->second;
}

// The interface of this name, which is added if it is not known.
InterfaceId Decoder::interface(std::string_view name) {
  const auto [found, is_new] = interfaces_.try_emplace(std::string(name));
  if (!is_new) return found->second;
  InterfaceName parsed;
  if (!parse_name(name, parsed)) return {};
  const PackageId owner = package(parsed.package);
  if (!ok()) return {};
  if (const InterfaceId* known = resolve_[owner].interfaces.find(parsed.name)) {
    found->second = *known;
    return *known;
  }
  found->second = {static_cast<uint32_t>(resolve_.interfaces.size())};
  Interface& added = resolve_.interfaces.emplace_back();
  added.name = parsed.name;
  added.package = owner;
  if (claim(owner, {}, parsed.name)) resolve_[owner].interfaces.add(parsed.name, found->second);
  return found->second;
}

// A type with a name, used as a part of another type or of a function: WIT needs a `use` for those of other interfaces.
TypeId Decoder::local(TypeId id) {
  if (resolve_[id].owner == owner_) return id;
  fail(base::format("the type '{}' of another interface is used without a name of its own", resolve_[id].name));
  return {};
}

TypeId Decoder::resource(ResourceName name) {
  const auto found = known_.find(key(AnyType{AnyKind::Resource, name}));
  if (found != known_.end()) return local(found->second);
  fail("a resource is used that has no name");
  return {};
}

// What a type consists of, without name. An id with a name is a kAlias.
TypeDef Decoder::shape(TypeUse use) {
  TypeDef out;
  if (use.is_primitive()) {
    out.parts = {use.primitive()};
    return out;
  }
  if (const auto found = known_.find(key(AnyType{AnyKind::Defined, use.index()})); found != known_.end()) {
    out.parts = {found->second};
    return out;
  }
  const DefinedType& d = types_.defined[use.index()];
  out.kind = def_kind(d.kind);
  switch (d.kind) {
    case TypeKind::Primitive: out.parts = {d.primitive}; break;
    case TypeKind::Own:
    case TypeKind::Borrow: out.parts = {resource(d.number)}; break;
    case TypeKind::Result:
    case TypeKind::Map: out.parts = {type(d.first), type(d.second)}; break;
    case TypeKind::Tuple:
      for (const Field& field : d.fields) out.parts.push_back(type(field.type));
      break;
    case TypeKind::Record:
    case TypeKind::Variant:
    case TypeKind::Flags:
    case TypeKind::Enum:
      for (const Field& field : d.fields) out.members.push_back({std::string(field.label), {}, type(field.type)});
      break;
    default: out.parts = {type(d.first)}; break;
  }
  if (d.kind == TypeKind::FixedList) out.length = d.number;
  return out;
}

Type Decoder::type(TypeUse use) {
  if (use.is_none() || !ok()) return {};
  TypeDef found = shape(use);
  if (!ok()) return {};
  if (found.kind == TypeDefKind::kAlias) return found.parts[0].id ? Type(local(found.parts[0].id)) : found.parts[0];
  if (!found.members.empty()) {
    fail("a record, variant, enum or flags type has no name");
    return {};
  }
  std::string text;
  const auto append = [&](uint32_t value) { text.append(reinterpret_cast<const char*>(&value), sizeof value); };
  append(static_cast<uint32_t>(found.kind));
  append(found.length);
  for (const Type& part : found.parts) {
    append(static_cast<uint32_t>(part.primitive));
    append(part.id.index);
  }
  const auto [known, is_new] = anonymous_.try_emplace(std::move(text));
  if (is_new && charge(sizeof(TypeDef))) known->second = add(std::move(found));
  return known->second;
}

// What an import or export of a type defines, without name and owner.
TypeDef Decoder::definition(std::string_view name, const Entity& entity) {
  TypeDef out;
  if (entity.kind != AnyKind::Resource && entity.kind != AnyKind::Defined) {
    fail(base::format("the type '{}' is not the type of a value or resource", name));
    return out;
  }
  const auto same = known_.find(key(entity.equals()));
  if (entity.kind == AnyKind::Resource && entity.equals_id == entity.id) out.kind = TypeDefKind::kResource;
  else if (same != known_.end()) out.parts = {same->second};
  else if (entity.kind == AnyKind::Resource && defines_resources_) out.kind = TypeDefKind::kResource;
  else if (entity.kind == AnyKind::Resource) out.parts = {resource(entity.equals_id)};
  else out = shape(TypeUse::index(entity.equals_id));
  if (out.kind != TypeDefKind::kAlias || !ok() || !out.parts[0].id) return out;
  // An alias, or a `use`, which needs the name of an interface.
  const Owner& other = resolve_[out.parts[0].id].owner;
  if (other != owner_ && (!other.interface || resolve_[other.interface].name.empty()))
    fail(base::format("the type '{}' is that of a world or of an interface without name: WIT has no `use` for it",
                      name));
  return out;
}

TypeId Decoder::named_type(std::string_view name, const Entity& entity, const Owner& owner,
                           const Attributes* attributes) {
  TypeDef out = definition(name, entity);
  size_t bytes = sizeof(TypeDef) + name.size();
  for (const Member& member : out.members) bytes += sizeof(Member) + member.name.size();
  if (!ok() || !charge(bytes)) return {};
  out.name = name;
  out.owner = owner;
  out.external_id = external_id(attributes);
  const TypeId id = add(std::move(out));
  known_[key(entity.type())] = id;
  if (resolve_[id].kind == TypeDefKind::kResource) known_.try_emplace(key(entity.equals()), id);
  return id;
}

// Each world has a copy of the interfaces it imports; the copies must agree.
bool Decoder::same_type(TypeId id, const Extern& item) {
  const TypeDef other = definition(item.name, item.type);
  known_[key(item.type.type())] = id;
  const TypeDef& type = resolve_[id];
  if (type.kind == TypeDefKind::kResource) known_.try_emplace(key(item.type.equals()), id);
  const auto same_member = [](const Member& a, const Member& b) { return a.name == b.name && a.type == b.type; };
  return ok() && type.kind == other.kind && type.parts == other.parts && type.length == other.length &&
         std::equal(type.members.begin(), type.members.end(), other.members.begin(), other.members.end(), same_member);
}

bool Decoder::same_function(const Function& a, const Function& b) {
  const auto same_param = [](const Param& x, const Param& y) { return x.name == y.name && x.type == y.type; };
  return a.kind == b.kind && a.is_async == b.is_async && a.resource == b.resource && a.result == b.result &&
         std::equal(a.params.begin(), a.params.end(), b.params.begin(), b.params.end(), same_param);
}

// The kind of a function, and its resource, are in its name (Explainer.md, "Import and Export Definitions").
bool Decoder::function(std::string_view name, const FuncType& f, const Attributes* attributes,
                       const OrderedMap<TypeId>* interface_types, const OrderedMap<WorldItem>* world_items,
                       Function& out) {
  if (!charge(sizeof(Function) + name.size() + f.params.size() * sizeof(Param))) return false;
  out.name = name;
  out.is_async = f.is_async;
  out.external_id = external_id(attributes);
  if (name.starts_with('[')) {
    const size_t close = std::min(name.find(']'), name.size() - 1);
    const std::string_view kind = name.substr(1, close - 1);
    const std::string_view rest = name.substr(close + 1);
    if (kind == "method") out.kind = FunctionKind::kMethod;
    else if (kind == "static") out.kind = FunctionKind::kStatic;
    else if (kind == "constructor") out.kind = FunctionKind::kConstructor;
    else return fail(base::format("'{}' is not the name of a function in a package", name));
    const std::string_view owner = rest.substr(0, rest.find('.'));
    if (interface_types != nullptr) {
      if (const TypeId* found = interface_types->find(owner)) out.resource = *found;
    } else if (const WorldItem* found = world_items->find(owner)) {
      out.resource = found->type;
    }
    if (!out.resource || resolve_[out.resource].kind != TypeDefKind::kResource)
      return fail(base::format("the resource of '{}' is not defined beside it", name));
  } else if (!is_label(name)) {
    return fail(base::format("'{}' is not the name of a function in a package", name));
  }
  for (const Field& param : f.params) out.params.push_back({std::string(param.label), type(param.type)});
  out.result = type(f.result);
  return ok();
}

// The types and functions of an instance. If the interface is known, its types are those of the instance.
bool Decoder::interface_items(InterfaceId id, const InstanceType& instance) {
  const Owner outer = std::exchange(owner_, Owner{id, {}});
  const bool done = read_items(id, instance);
  owner_ = outer;
  return done;
}

bool Decoder::read_items(InterfaceId id, const InstanceType& instance) {
  const bool has_functions = is_complete_[id.index];
  size_t functions = 0;
  for (const Extern& item : instance.exports.items) {
    if (!ok()) return false;
    if (item.type.sort == Sort::Type) {
      if (const TypeId* found = resolve_[id].types.find(item.name)) {
        if (!same_type(*found, item)) return differs(id, item.name);
        continue;
      }
      if (!is_label(item.name)) return fail(base::format("'{}' is not the name of a type in a package", item.name));
      if (!claim({}, id, item.name)) return false;
      const TypeId added = named_type(item.name, item.type, {id, {}}, item.attributes);
      if (ok()) resolve_[id].types.add(std::string(item.name), added);
    } else if (item.type.sort == Sort::Func) {
      ++functions;
      Function f;
      if (!function(item.name, types_.funcs[item.type.id], item.attributes, &resolve_[id].types, nullptr, f))
        return false;
      if (const Function* known = resolve_[id].functions.find(item.name);
          known != nullptr || (has_functions && !unites_)) {
        if (known == nullptr || !same_function(*known, f)) return differs(id, item.name);
        continue;
      }
      if (!claim({}, id, item.name)) return false;
      resolve_[id].functions.add(std::string(item.name), std::move(f));
    } else {
      return fail(base::format("the interface '{}' has '{}', which is neither a type nor a function", resolve_[id].name,
                               item.name));
    }
  }
  if (functions > 0 && has_functions && !unites_ && functions != resolve_[id].functions.size())
    return differs(id, "the number of functions");
  if (functions > 0) is_complete_[id.index] = true;
  return ok();
}

bool Decoder::two_forms(std::string_view name) {
  return fail(base::format("there are two forms of '{}' among the imports or exports", name));
}

bool Decoder::world_item(WorldId id, const Extern& item, bool is_export) {
  WorldItem out;
  out.name = item.name;
  // With a plain name.
  const WorldItem* known = (is_export ? resolve_[id].exports : resolve_[id].imports).find(item.name);
  switch (item.type.sort) {
    case Sort::Type:
      if (is_export)
        return fail(base::format("the world '{}' exports the type '{}'; only imports can be types", resolve_[id].name,
                                 item.name));
      out.kind = WorldItemKind::kType;
      if (!is_label(item.name)) return fail(base::format("'{}' is not the name of a type in a package", item.name));
      if (known != nullptr && known->kind == WorldItemKind::kType) {
        if (!same_type(known->type, item)) return two_forms(item.name);
        return true;
      }
      out.type = named_type(item.name, item.type, {{}, id}, item.attributes);
      break;
    case Sort::Func:
      out.kind = WorldItemKind::kFunction;
      if (!function(item.name, types_.funcs[item.type.id], item.attributes, nullptr, &resolve_[id].imports,
                    out.function))
        return false;
      break;
    case Sort::Instance: {
      const bool has_path = item.name.find('/') != item.name.npos;
      const bool implements = item.attributes != nullptr && item.attributes->implements;
      out.external_id = external_id(item.attributes);
      if (has_path || implements) {
        out.interface = interface(implements ? *item.attributes->implements : item.name);
        if (has_path) out.name.clear();
      } else {
        if (!is_label(item.name)) return fail(base::format("'{}' is not the name of an interface", item.name));
        if (known != nullptr && known->kind == WorldItemKind::kInterface) {
          out.interface = known->interface;
        } else {
          out.interface = {static_cast<uint32_t>(resolve_.interfaces.size())};
          resolve_.interfaces.emplace_back().package = resolve_[id].package;
        }
      }
      if (!ok() || !interface_items(out.interface, types_.instances[item.type.id])) return false;
      break;
    }
    default:
      return fail(base::format("the world '{}' has '{}', which is neither an interface, a type nor a function",
                               resolve_[id].name, item.name));
  }
  if (!ok() || !charge(sizeof(WorldItem) + item.name.size())) return false;
  std::string item_key = key_of(out);
  (is_export ? keys_.exports : keys_.imports).push_back(item_key);
  OrderedMap<WorldItem>& items = is_export ? resolve_[id].exports : resolve_[id].imports;
  if (const WorldItem* other = items.find(item_key)) {
    if (other->kind != out.kind || other->interface != out.interface ||
        (out.kind == WorldItemKind::kFunction && !same_function(other->function, out.function)))
      return two_forms(item.name);
    return true;
  }
  items.add(std::move(item_key), std::move(out));
  return true;
}

bool Decoder::world(std::string_view name, std::string_view path, const ComponentType& type) {
  InterfaceName parsed;
  if (!parse_name(path, parsed)) return false;
  if (parsed.name != name)
    return fail(base::format("the export '{}' has the world {}, which has another name", name, path));
  const PackageId owner = package(parsed.package);
  if (!ok()) return false;
  if (!main_) main_ = owner;
  if (main_ != owner)
    return fail(base::format("the component has worlds or interfaces of two packages: {} and {}",
                             resolve_[main_].name.to_string(), parsed.package.to_string()));
  if (into_) return world_items(into_, type);
  if (!claim(owner, {}, parsed.name)) return false;
  const WorldId id{static_cast<uint32_t>(resolve_.worlds.size())};
  World& added = resolve_.worlds.emplace_back();
  added.name = parsed.name;
  added.package = owner;
  resolve_[owner].worlds.add(parsed.name, id);
  return world_items(id, type);
}

bool Decoder::world_items(WorldId id, const ComponentType& type) {
  owner_ = {{}, id};
  for (const Extern& item : type.imports.items)
    if (!world_item(id, item, false)) return false;
  for (const Extern& item : type.exports.items)
    if (!world_item(id, item, true)) return false;
  return true;
}

bool Decoder::export_of_package(const Extern& item) {
  if (item.type.sort != Sort::Type || item.type.kind != AnyKind::Component)
    return fail(
        base::format("the export '{}' is not a component type: the component is no encoded package", item.name));
  const ComponentType& wrapper = types_.components[item.type.id];
  if (wrapper.exports.items.size() != 1)
    return fail(base::format("the component type '{}' has {} exports; the types of encoded packages have one",
                             item.name, wrapper.exports.items.size()));
  const Extern& inner = wrapper.exports.items[0];
  // Types of other interfaces.
  for (const Extern& used : wrapper.imports.items) {
    if (used.type.sort != Sort::Instance)
      return fail(
          base::format("the component type '{}' imports '{}', which is not an interface", item.name, used.name));
    const InterfaceId id = interface(used.name);
    if (!ok() || !interface_items(id, types_.instances[used.type.id])) return false;
  }
  if (inner.type.sort == Sort::Component) return world(item.name, inner.name, types_.components[inner.type.id]);
  if (inner.type.sort != Sort::Instance)
    return fail(base::format("the component type '{}' exports neither an interface nor a world", item.name));
  const InterfaceId id = interface(inner.name);
  if (!ok()) return false;
  const Interface& found = resolve_[id];
  if (found.name != item.name)
    return fail(base::format("the export '{}' has the interface {}, which has another name", item.name, inner.name));
  if (!main_) main_ = found.package;
  if (main_ != found.package)
    return fail(base::format("the component has worlds or interfaces of two packages: {} and {}",
                             resolve_[main_].name.to_string(), resolve_[found.package].name.to_string()));
  return interface_items(id, types_.instances[inner.type.id]);
}

// `use` has no cycles, and chains of it are bounded: readers of a Resolve rely on that.
bool Decoder::check_uses(uint32_t first) {
  std::vector<std::vector<uint32_t>> edges;
  for (uint32_t i = first; i < resolve_.interfaces.size(); ++i) {
    auto& used = edges.emplace_back();
    for (const InterfaceId id : resolve_.used_interfaces({i})) used.push_back(id.index - first);
  }
  const Order order = topological_order(edges);
  if (order.is_cyclic)
    return fail(base::format("the interface '{}' uses types of one that uses types of it",
                             resolve_.interfaces[first + order.node].name));
  std::vector<unsigned> depth(edges.size());
  for (const uint32_t i : order.nodes) {
    for (const uint32_t used : edges[i]) depth[i] = std::max(depth[i], depth[used] + 1);
    if (depth[i] > kMaxUseDepth)
      return fail(base::format("chains of more than {} interfaces that each use types of the next are not supported",
                               kMaxUseDepth),
                  ErrorKind::kUnsupported);
  }
  return true;
}

// Puts the packages that were added in an order in which each comes after those it depends on.
PackageId Decoder::order_packages(uint32_t first) {
  std::vector<std::vector<uint32_t>> edges;
  for (uint32_t i = first; i < resolve_.packages.size(); ++i) {
    auto& dependencies = edges.emplace_back();
    for (const PackageId id : resolve_.dependencies({i}))
      if (id.index >= first) dependencies.push_back(id.index - first);
  }
  const Order order = topological_order(edges);
  if (order.is_cyclic) {
    fail(base::format("the packages of the component depend on each other: {}",
                      resolve_.packages[first + order.node].name.to_string()));
    return {};
  }
  std::vector<Package> sorted;
  std::vector<PackageId> places(edges.size());
  for (const uint32_t i : order.nodes) {
    places[i] = {first + static_cast<uint32_t>(sorted.size())};
    sorted.push_back(std::move(resolve_.packages[first + i]));
  }
  std::move(sorted.begin(), sorted.end(), resolve_.packages.begin() + first);
  const auto move = [&](PackageId& id) {
    if (id.index >= first) id = places[id.index - first];
  };
  for (Interface& i : resolve_.interfaces) move(i.package);
  for (World& w : resolve_.worlds) move(w.package);
  move(main_);
  return main_;
}

Result<PackageId> Decoder::run() {
  const auto first = static_cast<uint32_t>(resolve_.packages.size());
  const auto first_interface = static_cast<uint32_t>(resolve_.interfaces.size());
  const ComponentType& whole = types_.components[component_.body.type];
  if (!whole.imports.items.empty() || whole.exports.items.empty())
    fail("the component has imports, or no exports: it is no encoded package");
  for (const Extern& item : whole.exports.items)
    if (ok()) export_of_package(item);
  PackageId result;
  if (ok() && check_uses(first_interface)) result = order_packages(first);
  if (!ok()) return std::move(error_);
  return result;
}

WorldId Decoder::root_world() {
  const PackageName name{"root", "component", {}};
  PackageId package = resolve_.find(name);
  if (!package) {
    package = {static_cast<uint32_t>(resolve_.packages.size())};
    resolve_.packages.push_back({name, {}, {}, {}});
  }
  const WorldId id{static_cast<uint32_t>(resolve_.worlds.size())};
  World& added = resolve_.worlds.emplace_back();
  added.name = "root";
  added.package = package;
  resolve_[package].worlds.add(added.name, id);
  return id;
}

Result<WorldId> Decoder::run_component() {
  unites_ = defines_resources_ = true;
  const WorldId id = root_world();
  if (world_items(id, types_.components[component_.body.type])) check_uses(0);
  if (!ok()) return std::move(error_);
  return id;
}

Result<MergedWorld> Decoder::run_merge(WorldId into) {
  unites_ = true;
  into_ = into;
  const ComponentType& whole = types_.components[component_.body.type];
  for (const Extern& item : whole.exports.items)
    if (ok()) export_of_package(item);
  if (ok()) check_uses(0);
  if (!ok()) return std::move(error_);
  return std::move(keys_);
}

Result<void> Decoder::run_imports(WorldId into) {
  unites_ = true;
  owner_ = {{}, into};
  for (const Extern& item : types_.components[component_.body.type].imports.items)
    if (ok()) world_item(into, item, false);
  if (ok()) check_uses(0);
  if (!ok()) return std::move(error_);
  return {};
}

}  // namespace

bool is_package(const ValidComponent& component) {
  const ComponentType& whole = component.types.components[component.body.type];
  if (!whole.imports.items.empty() || whole.exports.items.empty()) return false;
  for (const Extern& item : whole.exports.items)
    if (item.type.sort != Sort::Type || item.type.kind != AnyKind::Component) return false;
  return true;
}

Result<PackageId> decode(Resolve& resolve, const ValidComponent& component) {
  return Decoder(resolve, component).run();
}

Result<WorldId> decode_component(Resolve& resolve, const ValidComponent& component) {
  return Decoder(resolve, component).run_component();
}

Result<MergedWorld> merge_world(Resolve& resolve, WorldId into, const ValidComponent& package) {
  return Decoder(resolve, package).run_merge(into);
}

Result<void> merge_imports(Resolve& resolve, WorldId into, const ValidComponent& component) {
  return Decoder(resolve, component).run_imports(into);
}

}  // namespace ermine::component::wit
