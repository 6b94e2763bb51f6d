// See world_types.h.
//
// An exported interface becomes an instance of a small component that imports its functions and types and exports them
// again: in an instance that is made of functions directly, types would have no names (Explainer.md, "Import and Export
// Definitions").
#include "component/encode/world_types.h"

#include <algorithm>

#include "base/format.h"
#include "component/wit/limits.h"

namespace ermine::component {

using binary::ByteBuffer;
using wit::EncodedName;
using wit::Function;
using wit::InterfaceId;
using wit::Resolve;
using wit::Type;
using wit::TypeDef;
using wit::TypeDefKind;
using wit::TypeEncoder;
using wit::TypeId;
using wit::WorldItem;
using wit::WorldItemKind;

namespace {

constexpr uint8_t kTypeDecl = 0x01, kAliasDecl = 0x02, kExportDecl = 0x04;
constexpr uint8_t kAliasOuter = 0x02, kEq = 0x00, kSubResource = 0x01;

std::vector<TypeId> in_order(const std::unordered_set<uint32_t>& types) {
  std::vector<TypeId> out;
  for (const uint32_t index : types) out.push_back({index});
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

// Types at the root of the component, for what refers to imports or for an exported interface.
class RootTypes : public TypeEncoder {
 public:
  // `exported` none: for imports. `early`: see WorldTypes::exports().
  RootTypes(WorldTypes& world, InterfaceId exported, bool early)
      : TypeEncoder(world.resolve_, world.borrows_, world.error_), world_(world), exported_(exported), early_(early) {}

  // In order: a function that needs the last of a long chain of types then does not lead to recursion.
  void define_all() {
    std::vector<TypeId> ordered;
    for (const auto& [name, id] : resolve_[exported_].types) ordered.push_back(id);
    std::sort(ordered.begin(), ordered.end());
    for (const TypeId id : ordered)
      if (ok()) type(id);
  }

 private:
  ByteBuffer& define(uint32_t& index) override { return world_.out_.type(index); }
  std::optional<uint32_t> foreign(TypeId id) override {
    const InterfaceId owner = resolve_[id].owner.interface;
    if (!owner || (exported_ && owner == exported_)) return {};
    const bool is_export = exported_ && world_.exports_used(exported_).contains(owner.index);
    if (is_export && early_) return world_.exports(owner, true).type_index(id);
    return world_.alias(is_export, id);
  }
  uint32_t named(const TypeDef& d, TypeId, uint32_t index) override {
    if (exported_) return index;
    return world_.out_.import({d.name, {}, d.external_id}, Sort::Type, index);
  }
  uint32_t resource(const TypeDef& d, TypeId id) override {
    if (!exported_) return world_.out_.import({d.name, {}, d.external_id}, Sort::Type, {});
    const auto found = world_.resources_.find(id.index);
    if (found != world_.resources_.end()) return found->second;
    refuse(base::format("the resource '{}' of an exported interface is not defined", d.name));
    return 0;
  }

  WorldTypes& world_;
  const InterfaceId exported_;
  const bool early_;
};

namespace {

// The type of an imported instance.
class InstanceTypes : public TypeEncoder {
 public:
  InstanceTypes(const Resolve& resolve, const std::vector<bool>& borrows, Error& error, InterfaceId interface,
                TypeEncoder& root)
      : TypeEncoder(resolve, borrows, error), interface_(interface), root_(root) {}

  void add(const Function& f) {
    const uint32_t index = function(f);
    ByteBuffer& out = declare(kExportDecl);
    wit::write_name(out, {f.name, {}, f.external_id});
    out.u8(sort_code(Sort::Func));
    out.leb(index);
  }
  bool empty() const { return count_ == 0; }
  void write(ByteBuffer& out) const {
    out.u8(type_code(TypeKind::Instance));
    out.leb(count_);
    out.bytes(bytes_.view());
  }

 private:
  ByteBuffer& declare(uint8_t kind) {
    ++count_;
    bytes_.u8(kind);
    return bytes_;
  }
  ByteBuffer& define(uint32_t& index) override {
    index = types_++;
    return declare(kTypeDecl);
  }
  std::optional<uint32_t> foreign(TypeId id) override {
    const InterfaceId owner = resolve_[id].owner.interface;
    if (!owner || owner == interface_) return {};
    const uint32_t outer = root_.type_index(id);
    ByteBuffer& out = declare(kAliasDecl);
    out.u8(sort_code(Sort::Type));
    out.u8(kAliasOuter);
    out.leb(1);
    out.leb(outer);
    return types_++;
  }
  uint32_t named(const TypeDef& d, TypeId, uint32_t index) override { return name(d, index); }
  uint32_t resource(const TypeDef& d, TypeId) override { return name(d, {}); }
  uint32_t name(const TypeDef& d, std::optional<uint32_t> index) {
    ByteBuffer& out = declare(kExportDecl);
    wit::write_name(out, {d.name, {}, d.external_id});
    out.u8(sort_code(Sort::Type));
    out.u8(index ? kEq : kSubResource);
    if (index) out.leb(*index);
    return types_++;
  }

  InterfaceId interface_;
  TypeEncoder& root_;
  ByteBuffer bytes_;
  uint32_t count_ = 0, types_ = 0;
};

// The component between an exported interface and its functions. First it imports what it needs, then it exports.
class NestedTypes : public TypeEncoder {
 public:
  using TypeEncoder::TypeEncoder;
  ComponentBuilder out;
  std::vector<std::pair<std::string, TypeId>> imports;  // types, as arguments of the instantiation
  bool exports_names = false;

  std::string unique(std::string name) {
    if (!names_.insert(name).second) {
      name += base::format("-x{}", names_.size());
      names_.insert(name);
    }
    return name;
  }
  Indices snapshot() const { return indices_; }
  void restore(Indices indices) { indices_ = std::move(indices); }
  void name_again(TypeId id) {
    const TypeDef& d = resolve_[id];
    set_index(id, out.export_({d.name, {}, d.external_id}, Sort::Type, indices_.types[id.index]));
  }

 private:
  ByteBuffer& define(uint32_t& index) override { return out.type(index); }
  std::optional<uint32_t> foreign(TypeId) override { return {}; }
  uint32_t named(const TypeDef& d, TypeId id, uint32_t index) override { return name(d, id, index); }
  uint32_t resource(const TypeDef& d, TypeId id) override { return name(d, id, {}); }
  uint32_t name(const TypeDef& d, TypeId id, std::optional<uint32_t> index) {
    if (exports_names && index) return out.export_({d.name, {}, d.external_id}, Sort::Type, *index);
    // Types of two interfaces can have the same name.
    const std::string name = unique(base::format("import-type-{}", d.name));
    imports.emplace_back(name, id);
    return out.import({name, {}, {}}, Sort::Type, index);
  }
  std::set<std::string> names_;
};

// "[method]a.b" -> "import-method-a-b".
std::string import_name(const Function& f) {
  if (f.kind == wit::FunctionKind::kFreestanding) return "import-func-" + f.name;
  std::string out = "import-";
  for (const char c : f.name)
    if (c != '[') out += c == ']' || c == '.' ? '-' : c;
  return out;
}

}  // namespace

WorldTypes::WorldTypes(const Resolve& resolve, wit::WorldId world, ComponentBuilder& out, Error& error)
    : resolve_(resolve),
      world_(resolve[world]),
      out_(out),
      error_(error),
      imports_(std::make_unique<RootTypes>(*this, InterfaceId(), false)) {}
WorldTypes::~WorldTypes() = default;

void WorldTypes::check_size() {
  if (ok() && out_.size() > wit::kMaxEncodedBytes)
    error_ =
        Error(ErrorKind::kUnsupported,
              base::format("components whose types take more than {} bytes are not supported", wit::kMaxEncodedBytes));
}

// ---- What is needed

void WorldTypes::need_contents(TypeId id, std::unordered_set<uint32_t>& live) const {
  std::vector<TypeId> left{id};
  while (!left.empty()) {
    const TypeId next = left.back();
    left.pop_back();
    if (!live.insert(next.index).second) continue;
    for (const Type& part : resolve_[next].parts)
      if (part.id) left.push_back(part.id);
    for (const wit::Member& member : resolve_[next].members)
      if (member.type.id) left.push_back(member.type.id);
  }
}

void WorldTypes::need(Type type) {
  if (type.id) need_contents(type.id, live_types_);
}

void WorldTypes::need(const WorldItem&, const Function& f) {
  if (!live_functions_.insert(&f).second) return;
  for (const wit::Param& param : f.params) need(param.type);
  need(f.result);
  if (f.resource) need(f.resource);
}

void WorldTypes::need_all_imports() {
  for (const auto& [key, item] : world_.imports) {
    if (item.kind == WorldItemKind::kFunction) need(item, item.function);
    if (item.kind != WorldItemKind::kInterface) continue;
    for (const auto& [name, id] : resolve_[item.interface].types) need(id);
    for (const auto& [name, f] : resolve_[item.interface].functions) need(item, f);
  }
}

// The exported interfaces whose types an exported interface uses, directly or through another.
const std::unordered_set<uint32_t>& WorldTypes::exports_used(InterfaceId id) {
  const auto [found, is_new] = exports_used_.try_emplace(id.index);
  if (!is_new) return found->second;
  std::unordered_set<uint32_t> used;
  std::vector<InterfaceId> left{id};
  while (!left.empty()) {
    const InterfaceId next = left.back();
    left.pop_back();
    for (const InterfaceId other : resolve_.used_interfaces(next))
      if (world_.exports.find(wit::key_of(other)) != nullptr && used.insert(other.index).second) left.push_back(other);
  }
  return exports_used_[id.index] = std::move(used);
}

void WorldTypes::need_exports() {
  for (const auto& [key, item] : world_.imports)
    if (item.kind == WorldItemKind::kType) need(item.type);
  for (const auto& [key, item] : world_.exports) {
    if (item.kind == WorldItemKind::kFunction) {
      for (const wit::Param& param : item.function.params) need(param.type);
      need(item.function.result);
    }
    if (item.kind != WorldItemKind::kInterface) continue;
    std::unordered_set<uint32_t> live;
    for (const auto& [name, id] : resolve_[item.interface].types) need_contents(id, live);
    const auto& used = exports_used(item.interface);
    for (const TypeId id : in_order(live)) {
      const InterfaceId owner = resolve_[id].owner.interface;
      if (owner && owner != item.interface && !used.contains(owner.index)) need(id);
    }
  }
}

// ---- Imports

void WorldTypes::import_interface(const WorldItem& item) {
  InstanceTypes types(resolve_, borrows_, error_, item.interface, *imports_);
  std::vector<TypeId> live;
  for (const auto& [name, id] : resolve_[item.interface].types)
    if (live_types_.contains(id.index)) live.push_back(id);
  std::sort(live.begin(), live.end());
  for (const TypeId id : live) types.type(id);
  for (const auto& [name, f] : resolve_[item.interface].functions)
    if (live_functions_.contains(&f)) types.add(f);
  check_size();
  if (types.empty() || !ok()) return;
  uint32_t type = 0;
  types.write(out_.type(type));
  const std::string name = resolve_.name_of(item);
  const uint32_t instance = out_.import(wit::encoded_name(resolve_, item, name), Sort::Instance, type);
  item_instances_[wit::key_of(item)] = instance;
  instances_[0].emplace(item.interface.index, instance);
}

void WorldTypes::write_imports() {
  for (const auto& [key, item] : world_.imports)
    if (item.kind == WorldItemKind::kInterface && ok()) import_interface(item);
  for (const auto& [key, item] : world_.imports)
    if (item.kind == WorldItemKind::kType && ok()) imports_->type(item.type);
  for (const auto& [key, item] : world_.imports) {
    if (item.kind != WorldItemKind::kFunction || !live_functions_.contains(&item.function) || !ok()) continue;
    const uint32_t type = imports_->function(item.function);
    item_functions_[key] = out_.import(wit::encoded_name(resolve_, item, item.name), Sort::Func, type);
  }
}

uint32_t WorldTypes::alias(bool is_export, TypeId id) {
  const TypeDef& d = resolve_[id];
  const auto [found, is_new] = aliases_.try_emplace(uint64_t{is_export} << 32 | id.index);
  if (!is_new) return found->second;
  const auto instance = instances_[is_export].find(d.owner.interface.index);
  if (instance == instances_[is_export].end()) {
    if (ok())
      error_ = Error(ErrorKind::kInvalid,
                     base::format("the type '{}' of {} is needed before the interface is {}", d.name,
                                  resolve_.name_of(d.owner.interface), is_export ? "exported" : "imported"));
    return 0;
  }
  return found->second = out_.alias_export(instance->second, d.name, Sort::Type);
}

uint32_t WorldTypes::imported_function(const WorldItem& item, const Function& f) {
  if (item.kind == WorldItemKind::kFunction) return item_functions_[wit::key_of(item)];
  return out_.alias_export(item_instances_[wit::key_of(item)], f.name, Sort::Func);
}

std::optional<uint32_t> WorldTypes::imported_instance(const WorldItem& item) const {
  const auto found = item_instances_.find(wit::key_of(item));
  if (found == item_instances_.end()) return {};
  return found->second;
}

TypeEncoder& WorldTypes::imports() { return *imports_; }
TypeEncoder& WorldTypes::exports(InterfaceId interface, bool early) {
  auto& types = exports_[early][interface.index];
  if (!types) {
    RootTypes* made = new RootTypes(*this, interface, early);
    types.reset(made);
    made->define_all();
    return *made;  // the map may have grown
  }
  return *types;
}

// ---- Exports

void WorldTypes::export_function(const WorldItem& item, uint32_t function) {
  out_.export_(wit::encoded_name(resolve_, item, item.name), Sort::Func, function);
}

void WorldTypes::export_interface(const WorldItem& item, const std::vector<uint32_t>& functions) {
  const wit::Interface& interface = resolve_[item.interface];
  NestedTypes nested(resolve_, borrows_, error_);
  TypeEncoder& root = exports(item.interface);

  // Imports: types of other interfaces, resources, functions with all other types.
  std::unordered_set<uint32_t> live, live_in_functions;
  for (const auto& [name, f] : interface.functions) {
    for (const wit::Param& param : f.params)
      if (param.type.id) need_contents(param.type.id, live_in_functions);
    if (f.result.id) need_contents(f.result.id, live_in_functions);
  }
  live = live_in_functions;
  for (const auto& [name, id] : interface.types) need_contents(id, live);
  const std::vector<TypeId> ordered = in_order(live);
  for (const TypeId id : ordered) {
    const InterfaceId owner = resolve_[id].owner.interface;
    if (owner && owner != item.interface && ok()) nested.type(id);
  }
  const auto foreign = nested.snapshot();
  std::vector<TypeId> resources;
  for (const auto& [name, id] : interface.types)
    if (resolve_[id].kind == TypeDefKind::kResource) {
      nested.type(id);
      resources.push_back(id);
    }
  const auto with_resources = nested.snapshot();
  for (const TypeId id : in_order(live_in_functions))  // in order, as in define_all()
    if (resolve_[id].owner.interface == item.interface && ok()) nested.type(id);
  std::vector<std::string> names;
  for (const auto& [name, f] : interface.functions) {
    if (!ok()) return;
    names.push_back(nested.unique(import_name(f)));
    const uint32_t type = nested.function(f);
    nested.out.import({names.back(), {}, {}}, Sort::Func, type);
  }
  std::vector<BuiltItem> arguments;
  for (size_t i = 0; i < names.size(); ++i) arguments.push_back({names[i], Sort::Func, functions[i]});
  for (const auto& [name, id] : nested.imports) arguments.push_back({name, Sort::Type, root.type_index(id)});

  // Exports. Types are defined again, now with their own names; resources keep their identity.
  const size_t imported = nested.imports.size();
  nested.restore(foreign);
  for (const TypeId id : resources) nested.set_index(id, with_resources.types.at(id.index));
  nested.exports_names = true;
  for (const auto& [name, id] : interface.types) {
    if (!ok()) return;
    if (resolve_[id].kind == TypeDefKind::kResource) nested.name_again(id);
    else nested.type(id);
  }
  uint32_t i = 0;
  for (const auto& [name, f] : interface.functions) {
    if (!ok()) return;
    const uint32_t type = nested.function(f);
    nested.out.export_({f.name, {}, f.external_id}, Sort::Func, i++, type);
  }
  if (ok() && nested.imports.size() != imported)
    error_ = Error(ErrorKind::kInvalid, base::format("the exported interface {} refers to a resource before it has it",
                                                     resolve_.name_of(item)));
  if (!ok()) return;
  const uint32_t component = out_.component(nested.out.finish());
  const uint32_t instance = out_.instance(component, arguments);
  const std::string name = resolve_.name_of(item);
  instances_[1][item.interface.index] = out_.export_(wit::encoded_name(resolve_, item, name), Sort::Instance, instance);
  check_size();
}

}  // namespace ermine::component
