// Lifting: from slots and a guest's memory to Values.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/stream_values.h"
#include "component/runtime/strings.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

namespace {

// A value from its bits, of which those above its type's size do not count; nothing if they are not one.
std::optional<Value> from_bits(Primitive type, uint64_t bits) {
  switch (type) {
    case Primitive::Bool: return Value::boolean((bits & 0xFFFF'FFFF) != 0);
    case Primitive::S8:
      return Value::integer(ValueKind::kS8, static_cast<uint64_t>(int64_t{static_cast<int8_t>(bits)}));
    case Primitive::U8: return Value::integer(ValueKind::kU8, static_cast<uint8_t>(bits));
    case Primitive::S16:
      return Value::integer(ValueKind::kS16, static_cast<uint64_t>(int64_t{static_cast<int16_t>(bits)}));
    case Primitive::U16: return Value::integer(ValueKind::kU16, static_cast<uint16_t>(bits));
    case Primitive::S32: return Value::s32(static_cast<int32_t>(bits));
    case Primitive::U32: return Value::u32(static_cast<uint32_t>(bits));
    case Primitive::S64: return Value::s64(static_cast<int64_t>(bits));
    case Primitive::U64: return Value::u64(bits);
    // A NaN is lifted as the canonical one.
    case Primitive::F32: {
      const float v = std::bit_cast<float>(static_cast<uint32_t>(bits));
      return Value::f32(std::isnan(v) ? std::bit_cast<float>(0x7FC0'0000u) : v);
    }
    case Primitive::F64: {
      const double v = std::bit_cast<double>(bits);
      return Value::f64(std::isnan(v) ? std::bit_cast<double>(0x7FF8'0000'0000'0000u) : v);
    }
    case Primitive::Char: {
      const auto c = static_cast<uint32_t>(bits);
      if (c >= 0x11'0000 || (c >= 0xD800 && c <= 0xDFFF)) return std::nullopt;
      return Value::character(c);
    }
    default: return std::nullopt;
  }
}

// The kind of a type of numbers.
std::optional<ValueKind> number_kind(const Types& types, TypeUse use) {
  use = types.canonical(use);
  if (use.is_index() && types.defined[use.index()].kind == TypeKind::Primitive)
    use = TypeUse(types.defined[use.index()].primitive);
  if (!use.is_primitive() || use.primitive() < Primitive::S8 || use.primitive() > Primitive::F64) return std::nullopt;
  return static_cast<ValueKind>(use.primitive());
}

// A list of numbers that lie in memory. A NaN becomes the canonical one, as in from_bits().
Value packed_numbers(ValueKind kind, const uint8_t* begin, uint64_t size) {
  if (kind != ValueKind::kF32 && kind != ValueKind::kF64) return Value::packed(kind, begin, size);
  std::vector<uint8_t> bytes(begin, begin + size);
  const auto canonicalize = [&]<class T>(T, auto canonical) {
    for (size_t i = 0; i < size; i += sizeof(T)) {
      T v;
      std::memcpy(&v, bytes.data() + i, sizeof(T));
      if (std::isnan(v)) std::memcpy(bytes.data() + i, &canonical, sizeof(T));
    }
  };
  if (kind == ValueKind::kF32) canonicalize(float{}, uint32_t{0x7FC0'0000});
  else canonicalize(double{}, uint64_t{0x7FF8'0000'0000'0000});
  return Value::packed(kind, bytes.data(), bytes.size());
}

}  // namespace

Result<std::vector<Value>> ValueAccess::lift(std::span<const TypeUse> types, const Slot* slots, bool flat) {
  std::vector<Value> values;
  ERMINE_TRY(charge(types.size() * sizeof(Value)));
  values.reserve(types.size());
  if (flat) {
    for (const TypeUse type : types) {
      ERMINE_ASSIGN(Value value, lift_flat(type, slots));
      values.push_back(std::move(value));
    }
    return values;
  }
  const Layout tuple = tuple_layout(types);
  uint64_t at = slots[0];
  if (at % tuple.alignment != 0) return component_trap(AdapterTrap::UnalignedPointer);
  const uint64_t size = memory().size;
  if (tuple.size > size || at > size - tuple.size) return component_trap(AdapterTrap::PointerOutOfBounds);
  for (const TypeUse type : types) {
    at = aligned(at, layout(type).alignment);
    ERMINE_ASSIGN(Value value, load(type, at));
    values.push_back(std::move(value));
    at += layout(type).size;
  }
  return values;
}

Result<Value> ValueAccess::load_primitive(Primitive type, uint64_t at) {
  if (type == Primitive::String)
    return load_string(read(at, pointer_size()), read(at + pointer_size(), pointer_size()));
  if (type == Primitive::ErrorContext) return lift_error_context(read(at, 4));
  std::optional<Value> value = from_bits(type, read(at, layout(TypeUse(type)).size));
  if (!value) return component_trap(AdapterTrap::InvalidChar);
  return std::move(*value);
}

Result<Value> ValueAccess::load(TypeUse use, uint64_t at) {
  if (use.is_primitive()) return load_primitive(use.primitive(), at);
  const DefinedType& type = types_.defined[use.index()];
  switch (type.kind) {
    case TypeKind::Primitive: return load_primitive(type.primitive, at);
    case TypeKind::List:
    case TypeKind::Map: {
      const uint64_t begin = read(at, pointer_size());
      return load_list(type, begin, read(at + pointer_size(), pointer_size()));
    }
    case TypeKind::FixedList: return load_elements(type.first, at, type.number);
    case TypeKind::Record: {
      std::vector<NamedValue> fields;
      ERMINE_TRY(charge(type.fields.size() * sizeof(NamedValue)));
      fields.reserve(type.fields.size());
      for (const Field& field : type.fields) {
        at = aligned(at, layout(field.type).alignment);
        ERMINE_ASSIGN(Value value, load(field.type, at));
        fields.push_back({std::string(field.label), std::move(value)});
        at += layout(field.type).size;
      }
      return Value::record(std::move(fields));
    }
    case TypeKind::Tuple: {
      std::vector<Value> elements;
      ERMINE_TRY(charge(type.fields.size() * sizeof(Value)));
      elements.reserve(type.fields.size());
      for (const Field& field : type.fields) {
        at = aligned(at, layout(field.type).alignment);
        ERMINE_ASSIGN(Value value, load(field.type, at));
        elements.push_back(std::move(value));
        at += layout(field.type).size;
      }
      return Value::tuple(std::move(elements));
    }
    case TypeKind::Flags: return flags_value(type, read(at, layout(use).size));
    case TypeKind::Variant:
    case TypeKind::Enum:
    case TypeKind::Option:
    case TypeKind::Result: {
      const auto index = static_cast<uint32_t>(read(at, discriminant_size(type)));
      if (index >= case_count(type)) return component_trap(AdapterTrap::InvalidDiscriminant);
      const TypeUse payload = case_type(type, index);
      if (payload.is_none()) return make_case(type, index, std::nullopt);
      ERMINE_TRY(charge(sizeof(Value)));
      ERMINE_ASSIGN(Value value, load(payload, at + payload_offset(type)));
      return make_case(type, index, std::move(value));
    }
    case TypeKind::Own:
    case TypeKind::Borrow:
    case TypeKind::Stream:
    case TypeKind::Future: return lift_handle(use, read(at, 4));
    default: return Error(ErrorKind::kUnsupported, base::format("values of type {:t}", type_word(types_, use)));
  }
}

Result<Value> ValueAccess::lift_primitive(Primitive type, const Slot*& slots) {
  if (type == Primitive::String) {
    const uint64_t at = *slots++;
    return load_string(at, *slots++);
  }
  if (type == Primitive::ErrorContext) return lift_error_context(*slots++);
  std::optional<Value> value = from_bits(type, *slots++);
  if (!value) return component_trap(AdapterTrap::InvalidChar);
  return std::move(*value);
}

Result<Value> ValueAccess::lift_flat(TypeUse use, const Slot*& slots) {
  if (use.is_primitive()) return lift_primitive(use.primitive(), slots);
  const DefinedType& type = types_.defined[use.index()];
  switch (type.kind) {
    case TypeKind::Primitive: return lift_primitive(type.primitive, slots);
    case TypeKind::List:
    case TypeKind::Map: {
      const uint64_t begin = *slots++;
      return load_list(type, begin, *slots++);
    }
    case TypeKind::FixedList: {
      std::vector<Value> elements;
      ERMINE_TRY(charge(uint64_t{type.number} * sizeof(Value)));
      for (uint32_t i = 0; i < type.number; ++i) {
        ERMINE_ASSIGN(Value value, lift_flat(type.first, slots));
        elements.push_back(std::move(value));
      }
      return Value::list(std::move(elements));
    }
    case TypeKind::Record: {
      std::vector<NamedValue> fields;
      for (const Field& field : type.fields) {
        ERMINE_ASSIGN(Value value, lift_flat(field.type, slots));
        fields.push_back({std::string(field.label), std::move(value)});
      }
      return Value::record(std::move(fields));
    }
    case TypeKind::Tuple: {
      std::vector<Value> elements;
      for (const Field& field : type.fields) {
        ERMINE_ASSIGN(Value value, lift_flat(field.type, slots));
        elements.push_back(std::move(value));
      }
      return Value::tuple(std::move(elements));
    }
    case TypeKind::Flags: return flags_value(type, *slots++);
    case TypeKind::Variant:
    case TypeKind::Enum:
    case TypeKind::Option:
    case TypeKind::Result: {
      const Slot* end = slots + flat_count(use);
      const Slot index = *slots;
      if (index >= case_count(type)) return component_trap(AdapterTrap::InvalidDiscriminant);
      const Slot* payload_slots = slots + 1;
      slots = end;
      const TypeUse payload = case_type(type, static_cast<uint32_t>(index));
      if (payload.is_none()) return make_case(type, static_cast<uint32_t>(index), std::nullopt);
      ERMINE_ASSIGN(Value value, lift_flat(payload, payload_slots));
      return make_case(type, static_cast<uint32_t>(index), std::move(value));
    }
    case TypeKind::Own:
    case TypeKind::Borrow:
    case TypeKind::Stream:
    case TypeKind::Future: return lift_handle(use, *slots++);
    default: return Error(ErrorKind::kUnsupported, base::format("values of type {:t}", type_word(types_, use)));
  }
}

Result<Value> ValueAccess::load_string(uint64_t at, uint64_t tagged_units) {
  const Memory memory = this->memory();
  ERMINE_ASSIGN(const StringPlace place,
                string_place(memory.base, memory.size, options_.encoding, options_.address, at, tagged_units));
  ERMINE_TRY(charge(place.bytes * 2));
  std::string text;
  ERMINE_TRY(lift_string(place, options_.encoding, text));
  return Value::string(std::move(text));
}

Result<Value> ValueAccess::load_list(const DefinedType& type, uint64_t at, uint64_t length) {
  const TypeUse pair[2] = {type.first, type.second};
  const Layout element = type.kind == TypeKind::Map ? tuple_layout(pair) : layout(type.first);
  if (element.size != 0 && length >= kMaxValueSize / element.size) return component_trap(AdapterTrap::ListTooLong);
  if (at % element.alignment != 0) return component_trap(AdapterTrap::UnalignedPointer);
  const uint64_t size = memory().size;
  const uint64_t bytes = length * element.size;
  if (bytes > size || at > size - bytes) return component_trap(AdapterTrap::ListOutOfBounds);
  if (type.kind == TypeKind::List) return load_elements(type.first, at, length);
  std::vector<std::pair<Value, Value>> entries;
  if (length > kMaxValueSize) return component_trap(AdapterTrap::ListTooLong);
  ERMINE_TRY(charge(length * 2 * sizeof(Value)));
  entries.reserve(length);
  const uint64_t mapped = aligned(layout(type.first).size, layout(type.second).alignment);
  for (uint64_t i = 0; i < length; ++i) {
    ERMINE_ASSIGN(Value key, load(type.first, at + i * element.size));
    ERMINE_ASSIGN(Value value, load(type.second, at + i * element.size + mapped));
    entries.emplace_back(std::move(key), std::move(value));
  }
  return Value::map(std::move(entries));
}

Result<Value> ValueAccess::load_elements(TypeUse element, uint64_t at, uint64_t length) {
  if (const std::optional<ValueKind> number = number_kind(types_, element)) {
    const uint64_t bytes = length * layout(element).size;
    ERMINE_TRY(charge(bytes));
    return packed_numbers(*number, memory().base + at, bytes);
  }
  if (length > kMaxHostValueBytes) return component_trap(AdapterTrap::ListTooLong);
  ERMINE_ASSIGN(std::vector<Value> elements, load_range(element, at, static_cast<uint32_t>(length)));
  return Value::list(std::move(elements));
}

Result<std::vector<Value>> ValueAccess::load_range(TypeUse element, uint64_t at, uint32_t count) {
  std::vector<Value> elements;
  ERMINE_TRY(charge(count * sizeof(Value)));
  elements.reserve(count);
  const uint32_t size = layout(element).size;
  for (uint64_t i = 0; i < count; ++i) {
    ERMINE_ASSIGN(Value value, load(element, at + i * size));
    elements.push_back(std::move(value));
  }
  return elements;
}

Result<std::string> ValueAccess::load_text(uint64_t at, uint64_t tagged_units) {
  ERMINE_ASSIGN(const Value text, load_string(at, tagged_units));
  return text.as_string();
}

Result<std::optional<Value>> lift_result(ComponentInstance& root, const PlanFunc& func, const Slot* slots) {
  const TypeUse result = root.types().funcs[func.type].result;
  if (result.is_none()) return std::optional<Value>();
  const Flat& flat = root.types().flat(result, func.options.address);
  const size_t most = func.options.is_async ? kMaxFlatParams : kMaxFlatResults;
  const bool direct = !flat.too_many && flat.types.size() <= most;
  ERMINE_ASSIGN(std::vector<Value> values,
                ValueAccess(root, func.instance, func.options).lift(std::span(&result, 1), slots, direct));
  return std::optional<Value>(std::move(values[0]));
}

Result<Value> ValueAccess::lift_error_context(uint64_t index) {
  ERMINE_ASSIGN(std::shared_ptr<ErrorContextObject> context,
                root_.state(instance_).handles.get<ErrorContextObject>(static_cast<uint32_t>(index)));
  return Value::handle(ValueKind::kErrorContext, Handle{0, std::move(context)});
}

Result<Value> ValueAccess::lift_handle(TypeUse use, uint64_t index) {
  const DefinedType& type = types_.defined[use.index()];
  if (type.kind == TypeKind::Stream || type.kind == TypeKind::Future) {
    const bool is_future = type.kind == TypeKind::Future;
    auto value = std::make_shared<StreamValue>();
    ERMINE_ASSIGN(value->shared,
                  lift_stream(root_.state(instance_), types_, static_cast<uint32_t>(index), use, is_future));
    value->scheduler = &root_.scheduler();
    value->waker = root_.scheduler().waker();
    value->root = root_.shared_from_this();
    value->instance = instance_;
    value->type = use;
    return Value::handle(is_future ? ValueKind::kFuture : ValueKind::kStream, Handle{0, std::move(value)});
  }
  const std::shared_ptr<const ResourceType>& resource = root_.shared_resource_of(instance_, types_.resource_of(type));
  InstanceState& state = root_.state(instance_);
  ERMINE_TRY(charge(sizeof(HostHandle)));
  uint64_t rep = 0;
  if (type.kind == TypeKind::Own) {
    ERMINE_ASSIGN(rep, root_.take_own(state, static_cast<uint32_t>(index), resource.get()));
    return Value::handle(ValueKind::kOwn, Handle{rep, HostHandle::make(root_, resource, rep, true)});
  }
  ERMINE_ASSIGN(rep, root_.lend(state, static_cast<uint32_t>(index), resource.get()));
  auto handle = HostHandle::make(root_, resource, rep, false);
  borrows_.push_back(handle);
  return Value::handle(ValueKind::kBorrow, Handle{rep, std::move(handle)});
}

}  // namespace ermine::component
