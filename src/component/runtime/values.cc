// What lifting and lowering share: memory, the shapes of types, and whether a value is one of a type.
#include "component/runtime/values.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/format.h"
#include "base/utf8.h"
#include "component/runtime/same_type.h"
#include "component/runtime/stream_values.h"

namespace ermine::component {

uint64_t host_value_bytes(const runtime::Store& store) {
  return std::min({kMaxHostValueBytes, store.limits.memory_bytes, store.limits.total_memory_bytes});
}

Error host_values_limit(const runtime::Store& store) {
  const uint64_t bytes = host_value_bytes(store);
  Error error =
      component_trap(base::format("the values of a call take more than {} bytes of the host's memory", bytes));
  if (bytes == store.limits.memory_bytes) return std::move(error).with_limit(Limit::kMemoryBytes);
  if (bytes == store.limits.total_memory_bytes) return std::move(error).with_limit(Limit::kTotalMemoryBytes);
  return error;
}

ValueAccess::Memory ValueAccess::memory() const {
  if (!options_.memory) return {};
  const runtime::Memory* memory = root_.memory(*options_.memory);
  return {memory->base(), memory->byte_size()};
}

uint64_t ValueAccess::read(uint64_t at, unsigned bytes) const {
  uint64_t value = 0;
  std::memcpy(&value, memory().base + at, bytes);
  return value;
}

void ValueAccess::write(uint64_t at, uint64_t value, unsigned bytes) const {
  std::memcpy(memory().base + at, &value, bytes);
}

Result<void> ValueAccess::charge(uint64_t bytes) {
  used_ += bytes;
  if (used_ <= host_value_bytes(root_.store())) return {};
  return host_values_limit(root_.store());
}

namespace {
constexpr uint64_t align(uint64_t at, uint64_t alignment) { return (at + alignment - 1) & ~(alignment - 1); }
}  // namespace

Layout ValueAccess::tuple_layout(std::span<const TypeUse> types) const {
  uint64_t size = 0;
  uint32_t alignment = 1;
  for (const TypeUse type : types) {
    const Layout inner = layout(type);
    size = align(size, inner.alignment) + inner.size;
    alignment = std::max(alignment, inner.alignment);
  }
  return {static_cast<uint32_t>(align(size, alignment)), alignment};
}

uint32_t ValueAccess::case_count(const DefinedType& type) {
  switch (type.kind) {
    case TypeKind::Option:
    case TypeKind::Result: return 2;
    default: return static_cast<uint32_t>(type.fields.size());
  }
}

TypeUse ValueAccess::case_type(const DefinedType& type, uint32_t index) {
  switch (type.kind) {
    case TypeKind::Option: return index == 0 ? TypeUse() : type.first;
    case TypeKind::Result: return index == 0 ? type.first : type.second;
    case TypeKind::Enum: return {};
    default: return type.fields[index].type;
  }
}

std::string_view ValueAccess::case_name(const DefinedType& type, uint32_t index) {
  switch (type.kind) {
    case TypeKind::Option: return index == 0 ? "none" : "some";
    case TypeKind::Result: return index == 0 ? "ok" : "err";
    default: return type.fields[index].label;
  }
}

uint32_t ValueAccess::discriminant_size(const DefinedType& type) {
  const uint32_t cases = case_count(type);
  return cases <= 0x100 ? 1 : cases <= 0x1'0000 ? 2 : 4;
}

uint64_t ValueAccess::payload_offset(const DefinedType& type) const {
  uint32_t alignment = 1;
  for (uint32_t i = 0; i < case_count(type); ++i) alignment = std::max(alignment, layout(case_type(type, i)).alignment);
  return align(discriminant_size(type), alignment);
}

std::optional<uint32_t> ValueAccess::find_case(const DefinedType& type, const Value& value) {
  if (type.kind == TypeKind::Result) return value.is_ok() ? 0 : 1;
  if (type.kind == TypeKind::Option) return value.payload() ? 1 : 0;
  for (uint32_t i = 0; i < type.fields.size(); ++i)
    if (type.fields[i].label == value.case_name()) return i;
  return std::nullopt;
}

Value ValueAccess::make_case(const DefinedType& type, uint32_t index, std::optional<Value> payload) {
  switch (type.kind) {
    case TypeKind::Option: return payload ? Value::some(std::move(*payload)) : Value::none();
    case TypeKind::Result: return payload ? Value::result(index == 0, std::move(*payload)) : Value::result(index == 0);
    case TypeKind::Enum: return Value::enumeration(std::string(type.fields[index].label));
    default: break;
  }
  std::string name(type.fields[index].label);
  return payload ? Value::variant(std::move(name), std::move(*payload)) : Value::variant(std::move(name));
}

Value ValueAccess::flags_value(const DefinedType& type, uint64_t bits) {
  std::vector<std::string> names;
  for (size_t i = 0; i < type.fields.size(); ++i)
    if (bits >> i & 1) names.emplace_back(type.fields[i].label);
  return Value::flags(std::move(names));
}

uint64_t ValueAccess::flags_bits(const DefinedType& type, const Value& value) {
  uint64_t bits = 0;
  for (size_t i = 0; i < type.fields.size(); ++i)
    for (const std::string& name : value.flag_names())
      if (name == type.fields[i].label) bits |= uint64_t{1} << i;
  return bits;
}

void ValueAccess::end_borrows() {
  for (const auto& handle : borrows_) handle->live = false;
}

Result<void> ValueAccess::check(TypeUse use, const Value& value) const {
  const auto wrong = [&](std::string_view given) {
    return Error(ErrorKind::kUsage,
                 base::format("the value is a {:t}, the type is {:t}", given, type_word(types_, use)));
  };
  if (!use.is_index()) {
    if (use.is_none()) return {};
    // The kinds of values begin with the primitive types, in the same order.
    if (static_cast<unsigned>(value.kind()) != static_cast<unsigned>(use.primitive()))
      return wrong(kind_name(value.kind()));
    if (use.primitive() == Primitive::String && !base::is_utf8(value.as_string()))
      return Error(ErrorKind::kUsage, "a string is not valid UTF-8");
    return {};
  }
  const DefinedType& type = types_.defined[use.index()];
  if (type.kind == TypeKind::Primitive) return check(TypeUse(type.primitive), value);
  const auto kind = [&](ValueKind expected) { return value.kind() == expected; };
  switch (type.kind) {
    case TypeKind::List:
    case TypeKind::FixedList:
      if (!kind(ValueKind::kList)) return wrong(kind_name(value.kind()));
      if (type.kind == TypeKind::FixedList && value.size() != type.number)
        return Error(ErrorKind::kUsage,
                     base::format("the list has {} elements, its type {}", value.size(), type.number));
      if (value.is_packed()) return value.size() == 0 ? Result<void>() : check(type.first, value.at(0));
      for (const Value& element : value.elements()) ERMINE_TRY(check(type.first, element));
      return {};
    case TypeKind::Map:
      if (!kind(ValueKind::kMap)) return wrong(kind_name(value.kind()));
      for (const auto& [key, mapped] : value.entries()) {
        ERMINE_TRY(check(type.first, key));
        ERMINE_TRY(check(type.second, mapped));
      }
      return {};
    case TypeKind::Record:
      if (!kind(ValueKind::kRecord)) return wrong(kind_name(value.kind()));
      if (value.fields().size() != type.fields.size()) return wrong("record with another number of fields");
      for (size_t i = 0; i < type.fields.size(); ++i) {
        if (value.fields()[i].name != type.fields[i].label)
          return Error(ErrorKind::kUsage, base::format("field {} of the record is `{}`, the type has `{}` there", i,
                                                       value.fields()[i].name, type.fields[i].label));
        ERMINE_TRY(check(type.fields[i].type, value.fields()[i].value));
      }
      return {};
    case TypeKind::Tuple:
      if (!kind(ValueKind::kTuple)) return wrong(kind_name(value.kind()));
      if (value.elements().size() != type.fields.size()) return wrong("tuple with another number of elements");
      for (size_t i = 0; i < type.fields.size(); ++i) ERMINE_TRY(check(type.fields[i].type, value.elements()[i]));
      return {};
    case TypeKind::Variant:
    case TypeKind::Enum:
    case TypeKind::Option:
    case TypeKind::Result: {
      const ValueKind expected = type.kind == TypeKind::Variant  ? ValueKind::kVariant
                                 : type.kind == TypeKind::Enum   ? ValueKind::kEnum
                                 : type.kind == TypeKind::Option ? ValueKind::kOption
                                                                 : ValueKind::kResult;
      if (!kind(expected)) return wrong(kind_name(value.kind()));
      const std::optional<uint32_t> index = find_case(type, value);
      if (!index) return Error(ErrorKind::kUsage, base::format("the type has no case `{}`", value.case_name()));
      const TypeUse payload = case_type(type, *index);
      if (type.kind == TypeKind::Enum) return {};
      if (payload.is_none() != (value.payload() == nullptr))
        return Error(ErrorKind::kUsage, base::format("the case `{}` has {:t} payload", case_name(type, *index),
                                                     payload.is_none() ? "no" : "a"));
      if (value.payload()) return check(payload, *value.payload());
      return {};
    }
    case TypeKind::Flags:
      if (!kind(ValueKind::kFlags)) return wrong(kind_name(value.kind()));
      for (const std::string& name : value.flag_names())
        if (!std::ranges::any_of(type.fields, [&](const Field& field) { return field.label == name; }))
          return Error(ErrorKind::kUsage, base::format("the type has no flag `{}`", name));
      return {};
    case TypeKind::Own:
    case TypeKind::Borrow: {
      const bool own = value.kind() == ValueKind::kOwn;
      if (!own && (type.kind == TypeKind::Own || !kind(ValueKind::kBorrow))) return wrong(kind_name(value.kind()));
      const auto* handle = static_cast<const HostHandle*>(value.as_handle().owner.get());
      if (!handle || !handle->live) return Error(ErrorKind::kUsage, "the handle was passed on, or is no longer valid");
      if (handle->type.get() != root_.resource_of(instance_, types_.resource_of(type)))
        return Error(ErrorKind::kUsage, "the handle is of another resource type");
      return {};
    }
    case TypeKind::Stream:
    case TypeKind::Future: {
      if (!kind(type.kind == TypeKind::Stream ? ValueKind::kStream : ValueKind::kFuture))
        return wrong(kind_name(value.kind()));
      const auto* stream = static_cast<const StreamValue*>(value.as_handle().owner.get());
      if (!stream || !stream->shared)
        return Error(ErrorKind::kUsage, "the stream or future was passed on, or is no longer valid");
      if (stream->root && !same_type({root_, instance_}, use, {*stream->root, stream->instance}, stream->type))
        return Error(ErrorKind::kUsage, "the stream or future has elements of another type");
      return {};
    }
    default: return wrong(kind_name(value.kind()));
  }
}

}  // namespace ermine::component
