// See type_encoder.h.
#include "component/wit/type_encoder.h"

#include "base/format.h"
#include "component/wit/limits.h"
#include "component/wit/package_resolver.h"

namespace ermine::component::wit {

using binary::ByteBuffer;

namespace {

// Binary.md: the attributes of names.
constexpr uint8_t kImplements = 0x00, kExternalId = 0x02;

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

void write_optional(ByteBuffer& out, const std::optional<TypeRef>& type) {
  out.u8(type ? 1 : 0);
  if (type) write_ref(out, *type);
}

}  // namespace

void write_ref(ByteBuffer& out, const TypeRef& type) {
  if (type.primitive != kNoPrimitive) out.u8(primitive_code(type.primitive));
  else out.sleb(type.index);
}

void write_name(ByteBuffer& out, const EncodedName& name) {
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

EncodedName encoded_name(const Resolve& resolve, const WorldItem& item, std::string_view own_name) {
  EncodedName out{own_name, {}, item.kind == WorldItemKind::kFunction ? item.function.external_id : item.external_id};
  if (item.implements(resolve)) out.implements = resolve.name_of(item.interface);
  return out;
}

std::vector<bool> types_with_borrows(const Resolve& resolve) { return ResolveFacts(resolve).has_borrow; }

uint32_t TypeEncoder::function(const Function& f) {
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
  uint32_t index = 0;
  ByteBuffer& out = define(index);
  out.u8(f.is_async ? kAsyncFuncCode : type_code(TypeKind::Func));
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

TypeRef TypeEncoder::type(Type t) {
  if (!t.id) return {t.primitive, 0};
  if (const auto found = indices_.types.find(t.id.index); found != indices_.types.end())
    return {kNoPrimitive, found->second};
  if (!ok()) return {};
  TypeRef result;
  if (const auto used = foreign(t.id)) {
    result.index = *used;
  } else if (const TypeDef& d = resolve_[t.id]; d.kind == TypeDefKind::kResource) {
    result.index = resource(d, t.id);
  } else {
    result = definition(d);
    if (!d.name.empty()) {
      if (result.primitive != kNoPrimitive) result.index = define_primitive(result.primitive);
      result = {kNoPrimitive, named(d, t.id, result.index)};
    }
  }
  if (result.primitive == kNoPrimitive) indices_.types.emplace(t.id.index, result.index);
  return result;
}

uint32_t TypeEncoder::define_primitive(Primitive primitive) {
  uint32_t index = 0;
  define(index).u8(primitive_code(primitive));
  return index;
}

uint32_t TypeEncoder::type_index(Type t) {
  const TypeRef found = type(t);
  return found.primitive != kNoPrimitive ? define_primitive(found.primitive) : found.index;
}

// Records, variants, enums and flags.
TypeRef TypeEncoder::members(const TypeDef& d) {
  if (d.members.empty())
    refuse(base::format("'{}' has no fields or names: such a type has a text but no binary form", d.name));
  if (d.kind == TypeDefKind::kFlags && d.members.size() > kMaxFlagNames)
    refuse(base::format("'{}' has {} flags: types with more than {} have no binary form", d.name, d.members.size(),
                        kMaxFlagNames));
  std::vector<std::optional<TypeRef>> types;
  for (const Member& member : d.members) types.push_back(optional(member.type));
  uint32_t index = 0;
  ByteBuffer& out = define(index);
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

TypeRef TypeEncoder::definition(const TypeDef& d) {
  if (d.kind == TypeDefKind::kAlias) return type(d.parts[0]);
  if (d.kind == TypeDefKind::kRecord || d.kind == TypeDefKind::kVariant || d.kind == TypeDefKind::kEnum ||
      d.kind == TypeDefKind::kFlags)
    return members(d);
  const bool is_async = d.kind == TypeDefKind::kFuture || d.kind == TypeDefKind::kStream;
  if (d.kind == TypeDefKind::kStream && d.parts[0].primitive == Primitive::Char)
    refuse("stream<char> has a text but no binary form yet");
  if (is_async && d.parts[0].id && d.parts[0].id.index < borrows_.size() && borrows_[d.parts[0].id.index])
    refuse("a stream or future with borrowed handles has a text but no binary form");
  if (d.kind == TypeDefKind::kTuple && d.parts.empty()) refuse("tuple<> has a text but no binary form");
  std::vector<std::optional<TypeRef>> parts;
  for (const Type& part : d.parts) parts.push_back(optional(part));
  uint32_t index = 0;
  ByteBuffer& out = define(index);
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

}  // namespace ermine::component::wit
