#include "component/adapter/translate.h"

#include <algorithm>
#include <array>

namespace ermine::component::adapter {

namespace {

uint64_t align(uint64_t offset, uint32_t alignment) { return (offset + alignment - 1) & ~uint64_t{alignment - 1}; }

}  // namespace

bool fits_stack(const Types& types, TypeUse use) {
  const Shape shape = Shape::of(types, use);
  return shape.kind == TypeKind::Flags || (shape.kind == TypeKind::Primitive && shape.primitive != Primitive::String);
}

Place Translator::skip(Place place, uint64_t bytes, size_t locals) {
  if (place.in_memory) place.offset += bytes;
  else place.locals = place.locals.subspan(std::min(locals, place.locals.size()));
  return place;
}

// A flat value may be in a local of the type that all cases of a variant share (CanonicalABI.md, `CoerceValueIter`).
void Translator::push(Place source, ValType type, uint32_t size, bool is_signed) {
  if (source.in_memory) {
    Op op = Op::i32_load;
    if (type == wasm::kI64) op = Op::i64_load;
    else if (type == wasm::kF32) op = Op::f32_load;
    else if (type == wasm::kF64) op = Op::f64_load;
    else if (size == 1) op = is_signed ? Op::i32_load8_s : Op::i32_load8_u;
    else if (size == 2) op = is_signed ? Op::i32_load16_s : Op::i32_load16_u;
    code_.get(source.base).access(op, from_.memory_index, source.offset, size);
    return;
  }
  if (source.on_stack) return;
  if (source.locals.empty()) return builder_.fail();
  const Local local = source.locals[0];
  code_.get(local);
  if (local.type == type) return;
  if (local.type == wasm::kI64 && (type == wasm::kI32 || type == wasm::kF32)) code_.op(Op::i32_wrap_i64);
  if (type == wasm::kF32) code_.op(Op::f32_reinterpret_i32);
  else if (type == wasm::kF64) code_.op(Op::f64_reinterpret_i64);
  else if (type == wasm::kI64) builder_.fail();
}

void Translator::prepare(Place target) {
  if (target.in_memory) code_.get(target.base);
}

void Translator::store(Place target, ValType type, uint32_t size) {
  if (target.in_memory) {
    Op op = Op::i32_store;
    if (type == wasm::kI64) op = Op::i64_store;
    else if (type == wasm::kF32) op = Op::f32_store;
    else if (type == wasm::kF64) op = Op::f64_store;
    else if (size == 1) op = Op::i32_store8;
    else if (size == 2) op = Op::i32_store16;
    code_.access(op, to_.memory_index, target.offset, size);
    return;
  }
  if (target.on_stack) return;
  if (target.locals.empty()) return builder_.fail();
  const Local local = target.locals[0];
  if (local.type != type) {
    if (type == wasm::kF32) code_.op(Op::i32_reinterpret_f32);
    else if (type == wasm::kF64) code_.op(Op::i64_reinterpret_f64);
    const bool is_32 = type == wasm::kI32 || type == wasm::kF32;
    if (local.type == wasm::kI64 && is_32) code_.op(Op::i64_extend_i32_u);
    else if (local.type == wasm::kI32 && !is_32) builder_.fail();
  }
  code_.set(local);
}

void Translator::value(TypeUse a, TypeUse b, Place source, Place target, bool whole) {
  if (a.is_none() && b.is_none()) return;
  const Shape x = Shape::of(*from_.types, a), y = Shape::of(*to_.types, b);
  if (x.kind != y.kind || x.primitive != y.primitive || code_.too_large()) return builder_.fail();
  if (source.in_memory && target.in_memory && x.type) {
    if (builder_.is_plain(*from_.types, a) && builder_.is_plain(*to_.types, b)) {
      const Layout layout = from_.types->layout(a, from_.address);
      if (layout.size != to_.types->layout(b, to_.address).size) return builder_.fail();
      return copy_bytes(layout.size, layout.alignment, source, target);
    }
    if (!whole && builder_.cost(*from_.types, a) > Builder::kInlineCost) {
      const auto address = [&](Place place) {
        code_.get(place.base);
        if (place.offset != 0) code_.constant(place.base.type, static_cast<int64_t>(place.offset)).add(place.base.type);
      };
      address(source);
      address(target);
      code_.call(builder_.value(from_, to_, a, b));
      return;
    }
  }
  if (!source.in_memory && !target.in_memory && !whole && x.type &&
      builder_.cost(*from_.types, a) > Builder::kInlineCost)
    return call_flat(a, b, source, target);
  switch (x.kind) {
    case TypeKind::Primitive: return primitive(x.primitive, source, target);
    case TypeKind::Record:
    case TypeKind::Tuple: return fields(x.type->fields, y.type->fields, source, target);
    case TypeKind::Variant:
    case TypeKind::Enum:
    case TypeKind::Option:
    case TypeKind::Result: return variant(x, y, source, target);
    case TypeKind::Flags: return flags(x, source, target);
    case TypeKind::List:
    case TypeKind::Map: return list(a, b, source, target);
    case TypeKind::FixedList: return fixed_list(x, y, source, target);
    case TypeKind::Own:
    case TypeKind::Borrow:
    case TypeKind::Stream:
    case TypeKind::Future: return handle(x, y, source, target);
    default: return builder_.fail();
  }
}

void Translator::field(TypeUse a, TypeUse b, Place& source, Place& target) {
  const Layout x = from_.types->layout(a, from_.address), y = to_.types->layout(b, to_.address);
  if (source.in_memory) source.offset = align(source.offset, x.alignment);
  if (target.in_memory) target.offset = align(target.offset, y.alignment);
  value(a, b, source, target);
  source = skip(source, x.size, source.in_memory ? 0 : from_.types->flat(a, from_.address).types.size());
  target = skip(target, y.size, target.in_memory ? 0 : to_.types->flat(b, to_.address).types.size());
}

// The offset of a place is aligned for the whole, so fields can be aligned by their offsets.
void Translator::fields(std::span<const Field> a, std::span<const Field> b, Place source, Place target) {
  if (a.size() != b.size()) return builder_.fail();
  for (size_t i = 0; i < a.size() && !builder_.failed();) {
    const size_t copied = numbers(a.subspan(i), b.subspan(i), source, target);
    if (copied == 0) field(a[i].type, b[i].type, source, target);
    i += std::max<size_t>(copied, 1);
  }
}

// Returns the number of fields that were copied: none, or at least two.
size_t Translator::numbers(std::span<const Field> a, std::span<const Field> b, Place& source, Place& target) {
  if (!source.in_memory || !target.in_memory) return 0;
  struct Number {
    ValType type;
    uint32_t size;
    uint64_t to;
    Local local;
  };
  std::array<Number, kMostNumbers> list;
  size_t count = 0;
  uint64_t from = source.offset, to = target.offset;
  for (; count < std::min(a.size(), kMostNumbers); ++count) {
    const Shape x = Shape::of(*from_.types, a[count].type), y = Shape::of(*to_.types, b[count].type);
    if (x.type || y.type || x.primitive != y.primitive || !builder_.is_plain(*from_.types, x.primitive)) break;
    const uint32_t size = from_.types->layout(x.primitive, from_.address).size;
    from = align(from, size) + size;
    to = align(to, size) + size;
    list[count] = {from_.types->flat(x.primitive, from_.address).types[0], size, to - size, {}};
  }
  if (count < 2) return 0;
  for (Number& n : std::span(list).first(count)) {
    source.offset = align(source.offset, n.size);
    push(source, n.type, n.size);
    n.local = code_.scratch(n.type);
    code_.set(n.local);
    source.offset += n.size;
  }
  for (const Number& n : std::span(list).first(count)) {
    target.offset = n.to;
    prepare(target);
    code_.get(n.local);
    store(target, n.type, n.size);
    code_.give_back(n.local);
  }
  target.offset = to;
  return count;
}

void Translator::pair(const DefinedType& a, const DefinedType& b, Place source, Place target) {
  field(a.first, b.first, source, target);
  field(a.second, b.second, source, target);
}

void Translator::primitive(Primitive type, Place source, Place target) {
  switch (type) {
    case Primitive::Bool:
      prepare(target);
      push(source, wasm::kI32, 1);
      code_.i32(0).op(Op::i32_ne);
      return store(target, wasm::kI32, 1);
    case Primitive::S8: return integer(1, true, source, target);
    case Primitive::U8: return integer(1, false, source, target);
    case Primitive::S16: return integer(2, true, source, target);
    case Primitive::U16: return integer(2, false, source, target);
    case Primitive::S32:
    case Primitive::U32: return integer(4, false, source, target);
    case Primitive::Char: return character(source, target);
    case Primitive::String: return text(source, target);
    case Primitive::ErrorContext: return handle({TypeKind::Primitive, type, nullptr}, {}, source, target);
    case Primitive::S64:
    case Primitive::U64:
    case Primitive::F32:
    case Primitive::F64: {
      // A NaN keeps its bits, which is one of the values that the specification allows.
      const ValType core = from_.types->flat(type, from_.address).types[0];
      const uint32_t size = core == wasm::kF32 ? 4 : 8;
      prepare(target);
      push(source, core, size);
      return store(target, core, size);
    }
    default: return builder_.fail();
  }
}

void Translator::integer(uint32_t size, bool is_signed, Place source, Place target) {
  prepare(target);
  push(source, wasm::kI32, size, is_signed);
  // Only the low bits of a flat value count. Those of a flat result are in range.
  if (!source.in_memory && !target.in_memory && size < 4) {
    if (is_signed) code_.op(size == 1 ? Op::i32_extend8_s : Op::i32_extend16_s);
    else code_.i32(size == 1 ? 0xFF : 0xFFFF).op(Op::i32_and);
  }
  store(target, wasm::kI32, size);
}

void Translator::character(Place source, Place target) {
  const Local c = code_.scratch(wasm::kI32);
  push(source, wasm::kI32, 4);
  // Moves the surrogates behind the other invalid values: one comparison finds both.
  code_.tee(c).i32(0xD800).op(Op::i32_xor).i32(0x800).op(Op::i32_sub).i32(0x11'0000 - 0x800).op(Op::i32_ge_u);
  builder_.trap_if(code_, AdapterTrap::InvalidChar);
  prepare(target);
  code_.get(c);
  store(target, wasm::kI32, 4);
  code_.give_back(c);
}

void Translator::text(Place source, Place target) {
  const ValType from = from_.pointer(), to = to_.pointer();
  const uint32_t from_size = from == wasm::kI64 ? 8 : 4, to_size = to == wasm::kI64 ? 8 : 4;
  const Local pointer = code_.scratch(to), length = code_.scratch(to);
  push(source, from, from_size);
  push(skip(source, from_size, 1), from, from_size);
  code_.call(builder_.string(from_, to_)).set(length).set(pointer);
  prepare(target);
  code_.get(pointer);
  store(target, to, to_size);
  target = skip(target, to_size, 1);
  prepare(target);
  code_.get(length);
  store(target, to, to_size);
  code_.give_back(pointer);
  code_.give_back(length);
}

void Translator::list(TypeUse a, TypeUse b, Place source, Place target) {
  const ValType from = from_.pointer(), to = to_.pointer();
  const uint32_t from_size = from == wasm::kI64 ? 8 : 4, to_size = to == wasm::kI64 ? 8 : 4;
  const Local length = code_.scratch(from);
  prepare(target);
  push(source, from, from_size);
  push(skip(source, from_size, 1), from, from_size);
  code_.tee(length).call(builder_.list(from_, to_, a, b));
  store(target, to, to_size);
  target = skip(target, to_size, 1);
  prepare(target);
  code_.get(length).convert(from, to);
  store(target, to, to_size);
  code_.give_back(length);
}

void Translator::fixed_list(const Shape& a, const Shape& b, Place source, Place target) {
  const uint32_t count = a.type->number;
  if (count != b.type->number) return builder_.fail();
  const TypeUse x = a.type->first, y = b.type->first;
  if (!source.in_memory || !target.in_memory || count == 1) {
    for (uint32_t i = 0; i < count && !builder_.failed(); ++i) field(x, y, source, target);
    return;
  }
  const Local from = code_.scratch(source.base.type), to = code_.scratch(target.base.type);
  const Local left = code_.scratch(wasm::kI32);
  const auto start = [&](Place place, Local cursor) {
    code_.get(place.base);
    if (place.offset != 0) code_.constant(cursor.type, static_cast<int64_t>(place.offset)).add(cursor.type);
    code_.set(cursor);
  };
  const auto advance = [&](Local cursor, uint32_t size) {
    code_.get(cursor).constant(cursor.type, size).add(cursor.type).set(cursor);
  };
  start(source, from);
  start(target, to);
  code_.i32(count).set(left).loop();
  value(x, y, Place::memory(from), Place::memory(to));
  advance(from, from_.types->layout(x, from_.address).size);
  advance(to, to_.types->layout(y, to_.address).size);
  code_.get(left).i32(1).op(Op::i32_sub).tee(left).br_if(0).end();
  code_.give_back(from);
  code_.give_back(to);
  code_.give_back(left);
}

void Translator::flags(const Shape& type, Place source, Place target) {
  const auto labels = static_cast<uint32_t>(type.type->fields.size());
  if (labels > 32) return builder_.fail();  // the validator allows no more
  const uint32_t size = type.type->layout[0].size;
  prepare(target);
  push(source, wasm::kI32, size);
  // Bits without a label are dropped.
  const bool exact = labels == 32 || (labels == 8 * size && source.in_memory);
  if (!exact) code_.i32(static_cast<int64_t>((uint64_t{1} << labels) - 1)).op(Op::i32_and);
  store(target, wasm::kI32, size);
}

void Translator::variant(const Shape& a, const Shape& b, Place source, Place target) {
  const uint32_t count = a.cases();
  if (count != b.cases()) return builder_.fail();
  const uint32_t size = discriminant_size(count);
  const Local discriminant = code_.scratch(wasm::kI32);
  push(source, wasm::kI32, size);
  code_.set(discriminant);
  if (!source.in_memory || size == 4 || count != 1u << (8 * size)) {
    code_.get(discriminant).i32(count).op(Op::i32_ge_u);
    builder_.trap_if(code_, AdapterTrap::InvalidDiscriminant);
  }
  prepare(target);
  code_.get(discriminant);
  store(target, wasm::kI32, size);
  if (a.kind == TypeKind::Enum) return code_.give_back(discriminant);
  const auto payload = [&](const Shape& shape, const Options& options, Place place) {
    uint32_t alignment = 1;
    if (place.in_memory)
      for (uint32_t i = 0; i < count; ++i)
        alignment = std::max(alignment, options.types->layout(shape.payload(i), options.address).alignment);
    return skip(place, align(size, alignment), 1);
  };
  cases(a, b, discriminant, 0, count, payload(a, from_, source), payload(b, to_, target));
  code_.give_back(discriminant);
}

// Cases in a row that have the same payload share its code; the others are found by bisection.
void Translator::cases(const Shape& a, const Shape& b, Local discriminant, uint32_t first, uint32_t end, Place source,
                       Place target) {
  if (builder_.failed()) return;
  const auto payload = [&](uint32_t i) {
    return std::pair(from_.types->canonical(a.payload(i)), to_.types->canonical(b.payload(i)));
  };
  const auto same = [&](uint32_t begin, uint32_t until) {
    for (uint32_t i = begin + 1; i < until; ++i)
      if (payload(i) != payload(begin)) return false;
    return true;
  };
  if (same(first, end)) {
    const TypeUse x = a.payload(first), y = b.payload(first);
    if (x.is_none() != y.is_none()) return builder_.fail();
    return value(x, y, source, target);
  }
  const uint32_t middle = first + (end - first) / 2;
  const auto empty = [&](uint32_t begin, uint32_t until) {
    return payload(begin).first.is_none() && same(begin, until);
  };
  code_.get(discriminant).i32(middle).op(empty(first, middle) ? Op::i32_ge_u : Op::i32_lt_u).if_();
  if (empty(first, middle)) {
    cases(a, b, discriminant, middle, end, source, target);
  } else {
    cases(a, b, discriminant, first, middle, source, target);
    if (!empty(middle, end)) {
      code_.else_();
      cases(a, b, discriminant, middle, end, source, target);
    }
  }
  code_.end();
}

void Translator::handle(const Shape& a, const Shape& b, Place source, Place target) {
  Intrinsic intrinsic = Intrinsic::TransferErrorContext;
  uint32_t from = 0, to = 0;
  const auto id = [](const Types& types, const DefinedType* type) {
    return static_cast<uint32_t>(type - types.defined.data());
  };
  switch (a.kind) {
    case TypeKind::Own:
    case TypeKind::Borrow:
      intrinsic = a.kind == TypeKind::Own ? Intrinsic::TransferOwn : Intrinsic::TransferBorrow;
      from = from_.types->resource_of(*a.type);
      to = to_.types->resource_of(*b.type);
      break;
    case TypeKind::Stream:
    case TypeKind::Future:
      intrinsic = a.kind == TypeKind::Stream ? Intrinsic::TransferStream : Intrinsic::TransferFuture;
      from = id(*from_.types, a.type);
      to = id(*to_.types, b.type);
      break;
    default: break;
  }
  prepare(target);
  push(source, wasm::kI32, 4);
  code_.call(builder_.transfer(intrinsic, from_, to_, from, to));
  store(target, wasm::kI32, 4);
}

void Translator::call_flat(TypeUse a, TypeUse b, Place source, Place target) {
  const std::span<const ValType> given = from_.types->flat(a, from_.address).types;
  const std::span<const ValType> made = to_.types->flat(b, to_.address).types;
  for (size_t i = 0; i < given.size(); ++i) push(skip(source, 0, i), given[i], 0);
  code_.call(builder_.flat_value(from_, to_, a, b));
  for (size_t i = made.size(); i-- > 0;) store(skip(target, 0, i), made[i], 0);
}

void Translator::copy_bytes(uint32_t size, uint32_t alignment, Place source, Place target) {
  if (size <= 32) {
    while (size > 0) {
      const uint32_t step = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;
      const uint32_t hint = std::min(alignment, step);
      const Op load = step == 8   ? Op::i64_load
                      : step == 4 ? Op::i32_load
                      : step == 2 ? Op::i32_load16_u
                                  : Op::i32_load8_u;
      const Op save = step == 8   ? Op::i64_store
                      : step == 4 ? Op::i32_store
                      : step == 2 ? Op::i32_store16
                                  : Op::i32_store8;
      code_.get(target.base).get(source.base).access(load, from_.memory_index, source.offset, hint);
      code_.access(save, to_.memory_index, target.offset, hint);
      source.offset += step;
      target.offset += step;
      size -= step;
    }
    return;
  }
  const auto address = [&](Place place) {
    code_.get(place.base);
    if (place.offset != 0) code_.constant(place.base.type, static_cast<int64_t>(place.offset)).add(place.base.type);
  };
  address(target);
  address(source);
  const bool both64 = from_.address == AddressType::k64 && to_.address == AddressType::k64;
  code_.constant(both64 ? wasm::kI64 : wasm::kI32, size).memory_copy(to_.memory_index, from_.memory_index);
}

}  // namespace ermine::component::adapter
