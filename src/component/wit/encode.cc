// See encode.h.
//
// A scope is a component type or instance type that is being written: a list of declarators, with an index space of
// types. Within it, each type of the Resolve is defined when it is first needed. A type with a name is defined and then
// exported (or imported), and the index of the export is what refers to it.
//
// Recursion is bounded: what has a name is written in the order of the Resolve, so only types without name recurse,
// which nest at most kMaxTypeNesting deep.
#include "component/wit/encode.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/format.h"
#include "binary/encoder.h"
#include "component/model/names.h"
#include "component/wit/limits.h"
#include "component/wit/package_resolver.h"

namespace ermine::component::wit {
namespace {

using binary::ByteBuffer;

// Binary.md: declarators, and the sorts and kinds in them.
constexpr uint8_t kTypeDecl = 0x01, kAliasDecl = 0x02, kImportDecl = 0x03, kExportDecl = 0x04;
constexpr uint8_t kAliasExport = 0x00, kAliasOuter = 0x02;
constexpr uint8_t kAsyncFunc = 0x43;
constexpr uint8_t kEq = 0x00, kSubResource = 0x01;
constexpr uint8_t kImplements = 0x00, kExternalId = 0x02;
constexpr uint8_t kTypeSection = 0x07, kExportSection = 0x0B;
constexpr uint8_t kPreamble[] = {0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00};

// An import or export: the name and its attributes.
struct ExternName {
  std::string_view name;
  std::optional<std::string> implements, external_id;
};

void write_name(ByteBuffer& out, const ExternName& name) {
  const unsigned attributes = (name.implements ? 1 : 0) + (name.external_id ? 1 : 0);
  out.u8(attributes == 0 ? 0x00 : 0x02);
  out.name(name.name);
  if (attributes == 0) return;
  out.leb(attributes);
  if (name.implements) {
    out.u8(kImplements);
    out.name(*name.implements);
  }
  if (name.external_id) {
    out.u8(kExternalId);
    out.name(*name.external_id);
  }
}

TypeKind type_kind(TypeDefKind kind) {
  switch (kind) {
    case TypeDefKind::kRecord: return TypeKind::Record;
    case TypeDefKind::kFlags: return TypeKind::Flags;
    case TypeDefKind::kVariant: return TypeKind::Variant;
    case TypeDefKind::kEnum: return TypeKind::Enum;
    case TypeDefKind::kTuple: return TypeKind::Tuple;
    case TypeDefKind::kList: return TypeKind::List;
    case TypeDefKind::kFixedList: return TypeKind::FixedList;
    case TypeDefKind::kMap: return TypeKind::Map;
    case TypeDefKind::kOption: return TypeKind::Option;
    case TypeDefKind::kResult: return TypeKind::Result;
    case TypeDefKind::kFuture: return TypeKind::Future;
    case TypeDefKind::kStream: return TypeKind::Stream;
    case TypeDefKind::kOwn: return TypeKind::Own;
    case TypeDefKind::kBorrow: return TypeKind::Borrow;
    case TypeDefKind::kAlias:
    case TypeDefKind::kResource: break;
  }
  return TypeKind::Primitive;
}

// A type where it is used: a primitive one, or an index.
struct TypeRef {
  Primitive primitive = kNoPrimitive;
  uint32_t index = 0;
};

void write_ref(ByteBuffer& out, const TypeRef& type) {
  if (type.primitive != kNoPrimitive) out.u8(primitive_code(type.primitive));
  else out.sleb(type.index);
}

void write_optional(ByteBuffer& out, const std::optional<TypeRef>& type) {
  out.u8(type ? 1 : 0);
  if (type) write_ref(out, *type);
}

// The declarators of a component type or instance type.
struct Declarators {
  ByteBuffer bytes;
  uint32_t count = 0, types = 0;
  ByteBuffer& add(uint8_t kind) {
    ++count;
    bytes.u8(kind);
    return bytes;
  }
  void write(ByteBuffer& out, TypeKind kind) const {
    out.u8(type_code(kind));
    out.leb(count);
    out.bytes(bytes.view());
  }
};

// What has an index in the current scope.
struct Indices {
  std::unordered_map<uint32_t, uint32_t> types;
  std::unordered_map<std::string, uint32_t> functions;
};

class Encoder {
 public:
  Encoder(const Resolve& resolve, const ResolveFacts& facts, size_t& bytes_left, Error& error)
      : resolve_(resolve), facts_(facts), bytes_left_(bytes_left), error_(error) {}

  void interface_type(InterfaceId id);
  void world_type(WorldId id);
  const Declarators& result() const { return outer_; }

 private:
  bool ok() const { return !error_; }
  void refuse(std::string message) {
    if (ok()) error_ = Error(ErrorKind::kUnsupported, std::move(message));
  }
  Declarators& scope() { return inner_ ? *inner_ : outer_; }
  ByteBuffer& define() {
    ++scope().types;
    return scope().add(kTypeDecl);
  }

  void begin_instance();
  uint32_t end_instance(InterfaceId id);
  uint32_t instance(InterfaceId id);
  void items(const OrderedMap<WorldItem>& items, uint8_t declarator);
  ExternName name(const WorldItem& item) const;
  void external(uint8_t declarator, const ExternName& name, Sort sort, uint32_t index);
  uint32_t function(const Function& f);
  TypeRef type(Type type);
  std::optional<TypeRef> optional(Type t) { return t ? std::optional(type(t)) : std::nullopt; }
  std::optional<TypeRef> used_type(TypeId id);
  TypeRef definition(const TypeDef& d);
  TypeRef members(const TypeDef& d);
  uint32_t named(const TypeDef& d, TypeRef definition);
  uint32_t resource(const TypeDef& d);

  const Resolve& resolve_;
  const ResolveFacts& facts_;
  size_t& bytes_left_;
  Error& error_;
  Declarators outer_;
  std::optional<Declarators> inner_;
  Indices indices_, outer_indices_;
  std::unordered_map<uint32_t, uint32_t> instances_;  // interface -> index of the instance in the outer scope
  std::unordered_map<uint32_t, uint32_t> outer_types_;  // type of an instance -> index in the outer scope
  uint32_t instance_count_ = 0;
  InterfaceId interface_;  // whose types are defined here; those of others are taken from instances
  bool imports_types_ = false;  // types with names are imported, not exported
};

void Encoder::external(uint8_t declarator, const ExternName& name, Sort sort, uint32_t index) {
  ByteBuffer& out = scope().add(declarator);
  write_name(out, name);
  out.u8(sort_code(sort));
  out.leb(index);
}

void Encoder::begin_instance() {
  outer_indices_ = std::exchange(indices_, {});
  inner_.emplace();
}

// The index of the instance type. The interface's instance is the next one.
uint32_t Encoder::end_instance(InterfaceId id) {
  const Declarators instance = *std::exchange(inner_, std::nullopt);
  indices_ = std::move(outer_indices_);
  if (instance.bytes.size() > bytes_left_)
    refuse(base::format("packages that take more than {} bytes as components are not supported", kMaxEncodedBytes));
  if (!ok()) return 0;
  bytes_left_ -= instance.bytes.size();
  const uint32_t index = outer_.types;
  instance.write(define(), TypeKind::Instance);
  instances_[id.index] = instance_count_++;
  return index;
}

uint32_t Encoder::instance(InterfaceId id) {
  begin_instance();
  const Interface& interface = resolve_[id];
  std::unordered_map<uint32_t, size_t> positions;
  for (const auto& [name, type_id] : interface.types) {
    type(type_id);
    positions.emplace(type_id.index, positions.size());
  }
  // Methods in the order of their resources, then other functions, as in printed text.
  std::vector<std::pair<size_t, const Function*>> functions;  // pointers into one vector are in its order
  for (const auto& [name, f] : interface.functions)
    functions.emplace_back(f.resource ? positions[f.resource.index] : positions.size(), &f);
  std::sort(functions.begin(), functions.end());
  for (const auto& [position, f] : functions) {
    const uint32_t index = function(*f);
    external(kExportDecl, {f->name, {}, f->external_id}, Sort::Func, index);
  }
  return end_instance(id);
}

// The interfaces whose types this one uses, and in turn those that they use, with all their types: they are imported.
void Encoder::interface_type(InterfaceId id) {
  std::vector<InterfaceId> order;
  std::unordered_set<uint32_t> seen;
  // Recursion is bounded by kMaxUseDepth.
  const auto visit = [&](const auto& self, InterfaceId i) -> void {
    if (!seen.insert(i.index).second) return;
    for (const InterfaceId used : resolve_.used_interfaces(i)) self(self, used);
    order.push_back(i);
  };
  visit(visit, id);
  for (const InterfaceId i : order) {
    if (!ok()) return;
    interface_ = i;
    const std::string name = resolve_.name_of(i);
    if (i == id) {
      const uint32_t index = instance(i);
      return external(kExportDecl, {name, {}, {}}, Sort::Instance, index);
    }
    begin_instance();
    for (const auto& [type_name, type_id] : resolve_[i].types) type(type_id);
    const uint32_t index = end_instance(i);
    external(kImportDecl, {name, {}, {}}, Sort::Instance, index);
  }
}

ExternName Encoder::name(const WorldItem& item) const {
  ExternName out{item.name, {}, item.kind == WorldItemKind::kFunction ? item.function.external_id : item.external_id};
  if (item.implements(resolve_)) out.implements = resolve_.name_of(item.interface);
  return out;
}

void Encoder::items(const OrderedMap<WorldItem>& items, uint8_t declarator) {
  for (const auto& [key, item] : items) {
    if (!ok()) return;
    interface_ = {};
    if (item.kind == WorldItemKind::kType) {
      imports_types_ = true;
      type(item.type);
      imports_types_ = false;
      continue;
    }
    const std::string own_name = resolve_.name_of(item);
    ExternName external_name = name(item);
    external_name.name = own_name;
    if (item.kind == WorldItemKind::kFunction) {
      const uint32_t index = function(item.function);
      external(declarator, external_name, Sort::Func, index);
    } else {
      interface_ = item.interface;
      const uint32_t index = instance(item.interface);
      external(declarator, external_name, Sort::Instance, index);
    }
  }
}

void Encoder::world_type(WorldId id) {
  items(resolve_[id].imports, kImportDecl);
  items(resolve_[id].exports, kExportDecl);
}

uint32_t Encoder::function(const Function& f) {
  std::string key(1, f.is_async ? 'a' : 's');
  const auto add = [&](Type t) {
    for (const uint32_t part : {static_cast<uint32_t>(t.primitive), t.id.index})
      key.append(reinterpret_cast<const char*>(&part), sizeof part);
  };
  add(f.result);
  for (const Param& param : f.params) {
    add(param.type);
    key += param.name + "/";
  }
  if (const auto found = indices_.functions.find(key); found != indices_.functions.end()) return found->second;
  std::vector<TypeRef> params;
  for (const Param& param : f.params) params.push_back(type(param.type));
  const std::optional<TypeRef> result = optional(f.result);
  const uint32_t index = scope().types;
  ByteBuffer& out = define();
  out.u8(f.is_async ? kAsyncFunc : type_code(TypeKind::Func));
  out.leb(params.size());
  for (size_t i = 0; i < params.size(); ++i) {
    out.name(f.params[i].name);
    write_ref(out, params[i]);
  }
  out.u8(result ? 0x00 : 0x01);
  if (result) write_ref(out, *result);
  else out.u8(0x00);
  indices_.functions.emplace(std::move(key), index);
  return index;
}

// A type of another interface: an alias of the export of its instance and, within an instance type, of that.
std::optional<TypeRef> Encoder::used_type(TypeId id) {
  const InterfaceId owner = resolve_[id].owner.interface;
  if (!owner || owner == interface_) return {};
  const auto [found, is_new] = outer_types_.try_emplace(id.index, outer_.types);
  if (is_new) {
    ByteBuffer& out = outer_.add(kAliasDecl);
    ++outer_.types;
    out.u8(sort_code(Sort::Type));
    out.u8(kAliasExport);
    out.leb(instances_[owner.index]);
    out.name(resolve_[id].name);
  }
  if (!inner_) return TypeRef{kNoPrimitive, found->second};
  const uint32_t index = inner_->types++;
  ByteBuffer& out = inner_->add(kAliasDecl);
  out.u8(sort_code(Sort::Type));
  out.u8(kAliasOuter);
  out.leb(1);
  out.leb(found->second);
  return TypeRef{kNoPrimitive, index};
}

TypeRef Encoder::type(Type t) {
  if (!t.id) return {t.primitive, 0};
  if (const auto found = indices_.types.find(t.id.index); found != indices_.types.end())
    return {kNoPrimitive, found->second};
  if (!ok()) return {};
  if (const auto used = used_type(t.id)) {
    indices_.types.emplace(t.id.index, used->index);
    return *used;
  }
  const TypeDef& d = resolve_[t.id];
  TypeRef result;
  if (d.kind == TypeDefKind::kResource) {
    result.index = resource(d);
  } else {
    result = definition(d);
    if (!d.name.empty()) result = {kNoPrimitive, named(d, result)};
  }
  if (result.primitive == kNoPrimitive) indices_.types.emplace(t.id.index, result.index);
  return result;
}

uint32_t Encoder::named(const TypeDef& d, TypeRef definition) {
  if (definition.primitive != kNoPrimitive) {
    const uint32_t index = scope().types;
    define().u8(primitive_code(definition.primitive));
    definition = {kNoPrimitive, index};
  }
  ByteBuffer& out = scope().add(imports_types_ && !inner_ ? kImportDecl : kExportDecl);
  write_name(out, {d.name, {}, d.external_id});
  out.u8(sort_code(Sort::Type));
  out.u8(kEq);
  out.leb(definition.index);
  return scope().types++;
}

uint32_t Encoder::resource(const TypeDef& d) {
  ByteBuffer& out = scope().add(imports_types_ && !inner_ ? kImportDecl : kExportDecl);
  write_name(out, {d.name, {}, d.external_id});
  out.u8(sort_code(Sort::Type));
  out.u8(kSubResource);
  return scope().types++;
}

// Records, variants, enums and flags.
TypeRef Encoder::members(const TypeDef& d) {
  if (d.members.empty())
    refuse(base::format("'{}' has no fields or names: such a type has a text but no binary form", d.name));
  if (d.kind == TypeDefKind::kFlags && d.members.size() > kMaxFlagNames)
    refuse(base::format("'{}' has {} flags: types with more than {} have no binary form", d.name, d.members.size(),
                        kMaxFlagNames));
  std::vector<std::optional<TypeRef>> types;
  for (const Member& member : d.members) types.push_back(optional(member.type));
  const uint32_t index = scope().types;
  ByteBuffer& out = define();
  out.u8(type_code(type_kind(d.kind)));
  out.leb(d.members.size());
  for (size_t i = 0; i < types.size(); ++i) {
    out.name(d.members[i].name);
    if (d.kind == TypeDefKind::kRecord) write_ref(out, *types[i]);
    if (d.kind == TypeDefKind::kVariant) {
      write_optional(out, types[i]);
      out.u8(0x00);
    }
  }
  return {kNoPrimitive, index};
}

TypeRef Encoder::definition(const TypeDef& d) {
  if (d.kind == TypeDefKind::kAlias) return type(d.parts[0]);
  if (d.kind == TypeDefKind::kRecord || d.kind == TypeDefKind::kVariant || d.kind == TypeDefKind::kEnum ||
      d.kind == TypeDefKind::kFlags)
    return members(d);
  const bool is_async = d.kind == TypeDefKind::kFuture || d.kind == TypeDefKind::kStream;
  if (d.kind == TypeDefKind::kStream && d.parts[0].primitive == Primitive::Char)
    refuse("stream<char> has a text but no binary form yet");
  if (is_async && d.parts[0].id && facts_.has_borrow[d.parts[0].id.index])
    refuse("a stream or future with borrowed handles has a text but no binary form");
  if (d.kind == TypeDefKind::kTuple && d.parts.empty()) refuse("tuple<> has a text but no binary form");
  std::vector<std::optional<TypeRef>> parts;
  for (const Type& part : d.parts) parts.push_back(optional(part));
  const uint32_t index = scope().types;
  ByteBuffer& out = define();
  out.u8(type_code(type_kind(d.kind)));
  if (d.kind == TypeDefKind::kTuple) out.leb(parts.size());
  for (const auto& part : parts) {
    if (d.kind == TypeDefKind::kResult || is_async) write_optional(out, part);
    else if (d.kind == TypeDefKind::kOwn || d.kind == TypeDefKind::kBorrow) out.leb(part->index);
    else write_ref(out, *part);
  }
  if (d.kind == TypeDefKind::kFixedList) out.leb(d.length);
  return {kNoPrimitive, index};
}

// A section with one item.
void section(ByteBuffer& out, uint8_t id, const ByteBuffer& item) {
  ByteBuffer body;
  body.leb(1);
  body.bytes(item.view());
  out.u8(id);
  out.leb(body.size());
  out.bytes(body.view());
}

}  // namespace

Result<std::vector<uint8_t>> encode_world_type(const Resolve& resolve, WorldId world) {
  Error error;
  size_t left = kMaxEncodedBytes;
  const ResolveFacts facts(resolve);
  Encoder encoder(resolve, facts, left, error);
  encoder.world_type(world);
  if (error) return error;
  ByteBuffer out;
  encoder.result().write(out, TypeKind::Component);
  return out.take();
}

Result<std::vector<uint8_t>> encode(const Resolve& resolve, PackageId package) {
  ByteBuffer out;
  out.bytes(kPreamble);
  uint32_t types = 0;
  Error error;
  size_t left = kMaxEncodedBytes;
  const ResolveFacts facts(resolve);
  // The type, and its export, which has an index as well.
  const auto add = [&](std::string_view name, const Declarators& type) {
    ByteBuffer item;
    type.write(item, TypeKind::Component);
    section(out, kTypeSection, item);
    item.clear();
    write_name(item, {name, {}, {}});
    item.u8(sort_code(Sort::Type));
    item.leb(types);
    item.u8(0x00);
    section(out, kExportSection, item);
    types += 2;
  };
  for (const auto& [name, id] : resolve[package].interfaces) {
    Encoder encoder(resolve, facts, left, error);
    encoder.interface_type(id);
    if (error) return error;
    add(name, encoder.result());
  }
  for (const auto& [name, id] : resolve[package].worlds) {
    Encoder encoder(resolve, facts, left, error);
    encoder.world_type(id);
    if (error) return error;
    Declarators wrapper;
    ++wrapper.types;
    encoder.result().write(wrapper.add(kTypeDecl), TypeKind::Component);
    ByteBuffer& exported = wrapper.add(kExportDecl);
    write_name(exported, {resolve.name_of(id), {}, {}});
    exported.u8(sort_code(Sort::Component));
    exported.leb(0);
    add(name, wrapper);
  }
  return out.take();
}

}  // namespace ermine::component::wit
