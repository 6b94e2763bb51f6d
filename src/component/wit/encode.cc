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
#include "component/model/preamble.h"
#include "component/wit/limits.h"
#include "component/wit/type_encoder.h"

namespace ermine::component::wit {
namespace {

using binary::ByteBuffer;

// Binary.md: declarators, and the sorts and kinds in them.
constexpr uint8_t kTypeDecl = 0x01, kAliasDecl = 0x02, kImportDecl = 0x03, kExportDecl = 0x04;
constexpr uint8_t kAliasExport = 0x00, kAliasOuter = 0x02;
constexpr uint8_t kEq = 0x00, kSubResource = 0x01;
constexpr uint8_t kTypeSection = 0x07, kExportSection = 0x0B;

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

class Encoder : public TypeEncoder {
 public:
  Encoder(const Resolve& resolve, const std::vector<bool>& borrows, size_t& bytes_left, Error& error)
      : TypeEncoder(resolve, borrows, error), bytes_left_(bytes_left) {}

  void interface_type(InterfaceId id);
  void world_type(WorldId id);
  const Declarators& result() const { return outer_; }

 private:
  Declarators& scope() { return inner_ ? *inner_ : outer_; }
  ByteBuffer& define(uint32_t& index) override {
    index = scope().types++;
    return scope().add(kTypeDecl);
  }
  std::optional<uint32_t> foreign(TypeId id) override;
  uint32_t named(const TypeDef& d, TypeId id, uint32_t index) override;
  uint32_t resource(const TypeDef& d, TypeId id) override;

  void begin_instance();
  uint32_t end_instance(InterfaceId id);
  uint32_t instance(InterfaceId id);
  void items(const OrderedMap<WorldItem>& items, uint8_t declarator);
  void external(uint8_t declarator, const EncodedName& name, Sort sort, uint32_t index);

  size_t& bytes_left_;
  Declarators outer_;
  std::optional<Declarators> inner_;
  Indices outer_indices_;
  std::unordered_map<uint32_t, uint32_t> instances_;  // interface -> index of the instance in the outer scope
  std::unordered_map<uint32_t, uint32_t> outer_types_;  // type of an instance -> index in the outer scope
  uint32_t instance_count_ = 0;
  InterfaceId interface_;  // whose types are defined here; those of others are taken from instances
  bool imports_types_ = false;  // types with names are imported, not exported
};

void Encoder::external(uint8_t declarator, const EncodedName& name, Sort sort, uint32_t index) {
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
  uint32_t index = 0;
  instance.write(define(index), TypeKind::Instance);
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
    const EncodedName external_name = encoded_name(resolve_, item, own_name);
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

// A type of another interface: an alias of the export of its instance and, within an instance type, of that.
std::optional<uint32_t> Encoder::foreign(TypeId id) {
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
  if (!inner_) return found->second;
  const uint32_t index = inner_->types++;
  ByteBuffer& out = inner_->add(kAliasDecl);
  out.u8(sort_code(Sort::Type));
  out.u8(kAliasOuter);
  out.leb(1);
  out.leb(found->second);
  return index;
}

uint32_t Encoder::named(const TypeDef& d, TypeId, uint32_t index) {
  ByteBuffer& out = scope().add(imports_types_ && !inner_ ? kImportDecl : kExportDecl);
  write_name(out, {d.name, {}, d.external_id});
  out.u8(sort_code(Sort::Type));
  out.u8(kEq);
  out.leb(index);
  return scope().types++;
}

uint32_t Encoder::resource(const TypeDef& d, TypeId) {
  ByteBuffer& out = scope().add(imports_types_ && !inner_ ? kImportDecl : kExportDecl);
  write_name(out, {d.name, {}, d.external_id});
  out.u8(sort_code(Sort::Type));
  out.u8(kSubResource);
  return scope().types++;
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

// A component type that exports the world's type under its path.
Error wrap_world(const Resolve& resolve, WorldId id, const std::vector<bool>& borrows, size_t& left, Declarators& out) {
  Error error;
  Encoder encoder(resolve, borrows, left, error);
  encoder.world_type(id);
  if (error) return error;
  ++out.types;
  encoder.result().write(out.add(kTypeDecl), TypeKind::Component);
  ByteBuffer& exported = out.add(kExportDecl);
  write_name(exported, {resolve.name_of(id), {}, {}});
  exported.u8(sort_code(Sort::Component));
  exported.leb(0);
  return error;
}

}  // namespace

Result<std::vector<uint8_t>> encode_world_type(const Resolve& resolve, WorldId world) {
  Error error;
  size_t left = kMaxEncodedBytes;
  const std::vector<bool> borrows = types_with_borrows(resolve);
  Encoder encoder(resolve, borrows, left, error);
  encoder.world_type(world);
  if (error) return error;
  ByteBuffer out;
  encoder.result().write(out, TypeKind::Component);
  return out.take();
}

Result<std::vector<uint8_t>> encode_world(const Resolve& resolve, WorldId world) {
  size_t left = kMaxEncodedBytes;
  Declarators wrapper;
  if (Error error = wrap_world(resolve, world, types_with_borrows(resolve), left, wrapper); error) return error;
  ByteBuffer out;
  wrapper.write(out, TypeKind::Component);
  return out.take();
}

Result<std::vector<uint8_t>> encode(const Resolve& resolve, PackageId package) {
  ByteBuffer out;
  out.bytes(kPreamble);
  uint32_t types = 0;
  Error error;
  size_t left = kMaxEncodedBytes;
  const std::vector<bool> borrows = types_with_borrows(resolve);
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
    Encoder encoder(resolve, borrows, left, error);
    encoder.interface_type(id);
    if (error) return error;
    add(name, encoder.result());
  }
  for (const auto& [name, id] : resolve[package].worlds) {
    Declarators wrapper;
    if (error = wrap_world(resolve, id, borrows, left, wrapper); error) return error;
    add(name, wrapper);
  }
  return out.take();
}

}  // namespace ermine::component::wit
