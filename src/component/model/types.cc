// Layouts, flat forms and canonical types (CanonicalABI.md, "Alignment", "Element Size", "Flattening").
#include "component/model/types.h"

#include <algorithm>

#include "base/format.h"
#include "component/model/limits.h"

namespace ermine::component {

using wasm::ValType;

namespace {

constexpr ValType core_type(char letter) {
  switch (letter) {
    case 'I': return wasm::kI64;
    case 'f': return wasm::kF32;
    case 'F': return wasm::kF64;
    default: return wasm::kI32;
  }
}

constexpr ValType kPointerAndLength[kAddressTypes][2] = {{wasm::kI32, wasm::kI32}, {wasm::kI64, wasm::kI64}};

struct PrimitiveAbi {
  Layout layout[kAddressTypes];
  ValType core[1];
  bool pointer;
};
constexpr PrimitiveAbi primitive_abi(uint32_t size, char flat) {
  if (flat == 'p') return {{{8, 4}, {16, 8}}, {wasm::kI32}, true};
  return {{{size, size}, {size, size}}, {core_type(flat)}, false};
}
constexpr PrimitiveAbi kPrimitiveAbi[] = {
#define PRIMITIVE(id, name, code, size, flat) primitive_abi(size, flat),
#include "component/model/primitive_types.def"
};

struct PrimitiveFlats {
  Flat flats[std::size(kPrimitiveAbi)][kAddressTypes];
  PrimitiveFlats() {
    for (size_t i = 0; i < std::size(kPrimitiveAbi); ++i)
      for (unsigned a = 0; a < kAddressTypes; ++a)
        flats[i][a].types = kPrimitiveAbi[i].pointer ? std::span<const ValType>(kPointerAndLength[a])
                                                     : std::span<const ValType>(kPrimitiveAbi[i].core);
  }
};
const Flat& primitive_flat(Primitive type, unsigned address) {
  static const PrimitiveFlats flats;
  return flats.flats[static_cast<size_t>(type)][address];
}

constexpr uint64_t align(uint64_t size, uint32_t alignment) {
  return (size + alignment - 1) & ~uint64_t{alignment - 1};
}
constexpr uint32_t discriminant_size(size_t cases) { return cases <= 0x100 ? 1 : cases <= 0x1'0000 ? 2 : 4; }

// The type in which values of either type are passed.
ValType join(ValType a, ValType b) {
  if (a == b) return a;
  const auto is32 = [](ValType t) { return t == wasm::kI32 || t == wasm::kF32; };
  return is32(a) && is32(b) ? wasm::kI32 : wasm::kI64;
}

// A flat form under construction: at most kMaxFlatParams types.
class FlatBuilder {
 public:
  void add(const Flat& flat) {
    if (flat.too_many || size_ + flat.types.size() > kMaxFlatParams) {
      too_many_ = true;
      return;
    }
    std::copy(flat.types.begin(), flat.types.end(), types_ + size_);
    size_ += static_cast<uint32_t>(flat.types.size());
  }
  void add(ValType type) {
    if (size_ == kMaxFlatParams) too_many_ = true;
    else types_[size_++] = type;
  }
  // A case of a variant, whose types follow the first `from`.
  void add_case(const Flat& flat, uint32_t from) {
    if (flat.too_many || from + flat.types.size() > kMaxFlatParams) {
      too_many_ = true;
      return;
    }
    for (ValType type : flat.types) {
      if (from < size_) types_[from] = join(types_[from], type);
      else types_[size_++] = type;
      ++from;
    }
  }
  Flat finish(Arena& arena) const {
    if (too_many_) return {true, {}};
    return {false, arena.copy(std::span<const ValType>(types_, size_))};
  }
  bool too_many() const { return too_many_; }

 private:
  ValType types_[kMaxFlatParams];
  uint32_t size_ = 0;
  bool too_many_ = false;
};

struct Shape {
  uint64_t size = 0;
  uint32_t alignment = 1;
  void add_field(Layout field) {
    size = align(size, field.alignment) + field.size;
    alignment = std::max(alignment, field.alignment);
  }
};

}  // namespace

TypeFlags Types::flags(TypeUse type) const {
  if (type.is_index()) return defined[type.index()].flags;
  TypeFlags flags;
  flags.pointer = type.is_primitive() && kPrimitiveAbi[static_cast<size_t>(type.primitive())].pointer;
  return flags;
}

uint32_t Types::weight(TypeUse type) const { return type.is_index() ? defined[type.index()].weight : 1; }

Layout Types::layout(TypeUse type, AddressType address) const {
  const auto a = static_cast<unsigned>(address);
  if (type.is_index()) return defined[type.index()].layout[a];
  if (type.is_none()) return {0, 1};
  return kPrimitiveAbi[static_cast<size_t>(type.primitive())].layout[a];
}

const Flat& Types::flat(TypeUse type, AddressType address) const {
  static const Flat empty;
  const auto a = static_cast<unsigned>(address);
  if (type.is_index()) return defined[type.index()].flat[a];
  if (type.is_none()) return empty;
  return primitive_flat(type.primitive(), a);
}

Result<void> Types::complete(DefinedType& type) {
  TypeFlags flags;
  uint64_t weight = 1;
  uint32_t depth = 0;
  const auto contain = [&](TypeUse inner) {
    if (inner.is_none()) return;
    const TypeFlags f = this->flags(inner);
    flags.add(f);
    weight += this->weight(inner);
    depth = std::max<uint32_t>(depth, f.depth + 1u);
  };
  for (const Field& field : type.fields) contain(field.type);
  contain(type.first);
  contain(type.second);
  if (type.kind == TypeKind::Stream || type.kind == TypeKind::Future) flags.pointer = false;
  if (type.kind == TypeKind::List || type.kind == TypeKind::Map) flags.pointer = true;
  if (type.kind == TypeKind::Own || type.kind == TypeKind::Borrow) {
    flags.resource = true;
    flags.borrow = type.kind == TypeKind::Borrow;
  }
  if (type.kind == TypeKind::Primitive) flags.pointer = this->flags(type.primitive).pointer;
  if (depth > kMaxTypeDepth)
    return Error(ErrorKind::kUnsupported,
                 base::format("type nesting is too deep: at most {} are supported", kMaxTypeDepth));
  if (weight >= kMaxTypeSize)
    return Error(ErrorKind::kUnsupported,
                 base::format("effective type size exceeds the limit of {}: it has {} parts", kMaxTypeSize, weight));
  flags.depth = static_cast<uint8_t>(depth);
  type.flags = flags;
  type.weight = static_cast<uint32_t>(weight);

  for (unsigned a = 0; a < kAddressTypes; ++a) {
    if (a == 1 && !flags.pointer) {  // the same with all addresses
      type.layout[1] = type.layout[0];
      type.flat[1] = type.flat[0];
      break;
    }
    const auto address = static_cast<AddressType>(a);
    Shape shape;
    FlatBuilder flat;
    const auto field = [&](TypeUse inner) {
      shape.add_field(layout(inner, address));
      flat.add(this->flat(inner, address));
    };
    const auto variant = [&](size_t cases, auto&& payloads) {
      const uint32_t discriminant = discriminant_size(cases);
      Layout payload;
      flat.add(wasm::kI32);
      payloads([&](TypeUse inner) {
        const Layout l = layout(inner, address);
        payload.size = std::max(payload.size, l.size);
        payload.alignment = std::max(payload.alignment, l.alignment);
        flat.add_case(this->flat(inner, address), 1);
      });
      shape.alignment = std::max(discriminant, payload.alignment);
      shape.size = align(discriminant, payload.alignment) + payload.size;
    };
    switch (type.kind) {
      case TypeKind::Primitive:
        shape.add_field(layout(type.primitive, address));
        flat.add(primitive_flat(type.primitive, a));
        break;
      case TypeKind::Record:
      case TypeKind::Tuple:
        for (const Field& f : type.fields) field(f.type);
        break;
      case TypeKind::Variant:
        variant(type.fields.size(), [&](auto&& payload) {
          for (const Field& f : type.fields) payload(f.type);
        });
        break;
      case TypeKind::Enum: variant(type.fields.size(), [](auto&&) {}); break;
      case TypeKind::Option: variant(2, [&](auto&& payload) { payload(type.first); }); break;
      case TypeKind::Result:
        variant(2, [&](auto&& payload) {
          payload(type.first);
          payload(type.second);
        });
        break;
      case TypeKind::Flags: {
        const uint32_t size = type.fields.size() <= 8 ? 1 : type.fields.size() <= 16 ? 2 : 4;
        shape.add_field({size, size});
        flat.add(wasm::kI32);
        break;
      }
      case TypeKind::List:
      case TypeKind::Map:
        shape.add_field(layout(Primitive::String, address));
        flat.add(primitive_flat(Primitive::String, a));
        break;
      case TypeKind::FixedList: {
        const Layout element = layout(type.first, address);
        shape.alignment = element.alignment;
        shape.size = uint64_t{element.size} * type.number;
        const Flat& element_flat = this->flat(type.first, address);
        for (uint32_t i = 0; i < type.number && !flat.too_many(); ++i) flat.add(element_flat);
        break;
      }
      default:  // handles
        shape.add_field({4, 4});
        flat.add(wasm::kI32);
        break;
    }
    shape.size = align(shape.size, shape.alignment);
    if (shape.size >= kMaxValueSize)
      return Error(
          ErrorKind::kInvalid,
          base::format("the size of a value exceeds maximum byte size: it has {} bytes with {} addresses, fewer "
                       "than 2^28 are allowed",
                       shape.size, a == 0 ? "32-bit" : "64-bit"));
    type.layout[a] = {static_cast<uint32_t>(shape.size), shape.alignment};
    type.flat[a] = flat.finish(arena);
  }
  return {};
}

Result<void> Types::complete(FuncType& type) {
  uint64_t weight = 1;
  TypeFlags flags;
  for (const Field& param : type.params) {
    flags.add(this->flags(param.type));
    flags.depth = std::max(flags.depth, this->flags(param.type).depth);
    weight += this->weight(param.type);
  }
  if (!type.result.is_none()) {
    flags.add(this->flags(type.result));
    flags.depth = std::max(flags.depth, this->flags(type.result).depth);
    weight += this->weight(type.result);
  }
  if (weight >= kMaxTypeSize)
    return Error(ErrorKind::kUnsupported,
                 base::format("effective type size exceeds the limit of {}: it has {} parts", kMaxTypeSize, weight));
  type.flags = flags;
  type.weight = static_cast<uint32_t>(weight);
  for (unsigned a = 0; a < kAddressTypes; ++a) {
    if (a == 1 && !flags.pointer) {
      type.params_layout[1] = type.params_layout[0];
      type.params_flat[1] = type.params_flat[0];
      break;
    }
    const auto address = static_cast<AddressType>(a);
    Shape shape;
    FlatBuilder flat;
    for (const Field& param : type.params) {
      shape.add_field(layout(param.type, address));
      flat.add(this->flat(param.type, address));
    }
    // At most kMaxFuncParams values of less than kMaxValueSize each: this can exceed 32 bits, and then no memory that
    // the function can be called with has the room.
    const uint64_t size = align(shape.size, shape.alignment);
    if (size > UINT32_MAX)
      return Error(ErrorKind::kInvalid,
                   base::format("the size of all parameters exceeds maximum byte size: {} bytes", size));
    type.params_layout[a] = {static_cast<uint32_t>(size), shape.alignment};
    type.params_flat[a] = flat.finish(arena);
  }
  return {};
}

uint64_t Types::structure_hash(const DefinedType& type) const {
  const auto use = [&](TypeUse t) -> uint64_t {
    t = canonical(t);
    return t.is_none()    ? 1
           : t.is_index() ? uint64_t{t.index()} << 8 | 2
                          : uint64_t{static_cast<uint8_t>(t.primitive())} << 8 | 3;
  };
  uint64_t hash = hash_combine(static_cast<uint64_t>(type.kind) << 8, use(type.first));
  hash = hash_combine(hash, use(type.second));
  const bool handle = type.kind == TypeKind::Own || type.kind == TypeKind::Borrow;
  hash = hash_combine(hash, handle ? resource_of(type) : type.number);
  for (const Field& field : type.fields) hash = hash_bytes(field.label, hash_combine(hash, use(field.type)));
  return hash;
}

bool Types::same_structure(const DefinedType& a, const DefinedType& b) const {
  if (a.kind != b.kind || canonical(a.first) != canonical(b.first) || canonical(a.second) != canonical(b.second) ||
      a.fields.size() != b.fields.size())
    return false;
  const bool handle = a.kind == TypeKind::Own || a.kind == TypeKind::Borrow;
  if (handle ? resource_of(a) != resource_of(b) : a.number != b.number) return false;
  for (size_t i = 0; i < a.fields.size(); ++i)
    if (a.fields[i].label != b.fields[i].label || canonical(a.fields[i].type) != canonical(b.fields[i].type))
      return false;
  return true;
}

DefinedId Types::add(DefinedType type) {
  const auto id = static_cast<DefinedId>(defined.size());
  if (type.kind == TypeKind::Primitive) {
    type.canonical = type.primitive;
    defined.push_back(type);
    return id;
  }
  if ((canonical_count_ + 1) * 2 > canonical_.size()) {
    std::vector<DefinedId> old(canonical_.empty() ? 64 : canonical_.size() * 2, kNoDefined);
    old.swap(canonical_);
    for (DefinedId entry : old) {
      if (entry == kNoDefined) continue;
      size_t i = structure_hash(defined[entry]) & (canonical_.size() - 1);
      while (canonical_[i] != kNoDefined) i = (i + 1) & (canonical_.size() - 1);
      canonical_[i] = entry;
    }
  }
  size_t i = structure_hash(type) & (canonical_.size() - 1);
  for (; canonical_[i] != kNoDefined; i = (i + 1) & (canonical_.size() - 1)) {
    if (!same_structure(defined[canonical_[i]], type)) continue;
    type.canonical = TypeUse::index(canonical_[i]);
    defined.push_back(type);
    return id;
  }
  canonical_[i] = id;
  ++canonical_count_;
  type.canonical = TypeUse::index(id);
  defined.push_back(type);
  return id;
}

AnyType Types::add_name(AnyType type) {
  const auto copy = [](auto& list, uint32_t id) {
    auto entry = list[id];
    if constexpr (requires { entry.flags; }) entry.flags.name = true;
    list.push_back(std::move(entry));
    return static_cast<uint32_t>(list.size() - 1);
  };
  switch (type.kind) {
    case AnyKind::Resource: return {type.kind, copy(resource_names, type.id)};
    case AnyKind::Defined: return {type.kind, copy(defined, type.id)};
    case AnyKind::Func: return {type.kind, copy(funcs, type.id)};
    case AnyKind::Instance: return {type.kind, copy(instances, type.id)};
    case AnyKind::Component: return {type.kind, copy(components, type.id)};
  }
  return type;
}

ResourceName Types::add_resource() {
  resource_names.push_back(resources++);
  return static_cast<ResourceName>(resource_names.size() - 1);
}

std::string_view type_word(const Types& types, TypeUse type) {
  if (type.is_primitive()) return primitive_name(type.primitive());
  const DefinedType& defined = types.defined[type.index()];
  return defined.kind == TypeKind::Primitive ? primitive_name(defined.primitive) : type_keyword(defined.kind);
}

std::string_view any_word(AnyKind kind) {
  switch (kind) {
    case AnyKind::Resource: return "resource";
    case AnyKind::Defined: return "defined type";
    case AnyKind::Func: return "func type";
    case AnyKind::Instance: return "instance type";
    case AnyKind::Component: return "component type";
  }
  return {};
}

}  // namespace ermine::component
