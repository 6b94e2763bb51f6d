// Lowering: from Values to slots and a guest's memory. The values were checked against their types.
#include <bit>
#include <cstring>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/stream_values.h"
#include "component/runtime/strings.h"
#include "component/runtime/values.h"

namespace ermine::component {

using runtime::Slot;

namespace {

// The bits of a primitive value as a slot.
uint64_t slot_of(Primitive type, const Value& value) {
  switch (type) {
    case Primitive::F32: return std::bit_cast<uint32_t>(value.as_f32());
    case Primitive::F64: return std::bit_cast<uint64_t>(value.as_f64());
    case Primitive::Bool: return value.as_bool() ? 1 : 0;
    case Primitive::Char: return value.as_char();
    case Primitive::S64:
    case Primitive::U64: return value.as_unsigned();
    default: return static_cast<uint32_t>(value.as_unsigned());
  }
}

}  // namespace

Result<uint32_t> ValueAccess::lower(std::span<const TypeUse> types, std::span<const Value> values, Slot* slots,
                                    bool flat, std::optional<uint64_t> out) {
  Slot* begin = slots;
  if (flat) {
    for (size_t i = 0; i < types.size(); ++i) ERMINE_TRY(lower_flat(types[i], values[i], slots));
    return static_cast<uint32_t>(slots - begin);
  }
  const Layout tuple = tuple_layout(types);
  uint64_t at = 0;
  if (out) {
    at = *out;
    if (at % tuple.alignment != 0) return component_trap(AdapterTrap::UnalignedPointer);
    const uint64_t size = memory().size;
    if (tuple.size > size || at > size - tuple.size) return component_trap(AdapterTrap::PointerOutOfBounds);
  } else {
    ERMINE_ASSIGN(at, allocate(tuple.alignment, tuple.size));
    *slots++ = at;
  }
  for (size_t i = 0; i < types.size(); ++i) {
    at = aligned(at, layout(types[i]).alignment);
    ERMINE_TRY(store(types[i], values[i], at));
    at += layout(types[i]).size;
  }
  return static_cast<uint32_t>(slots - begin);
}

Result<uint64_t> ValueAccess::allocate(uint64_t alignment, uint64_t bytes) {
  InstanceState& state = root_.state(instance_);
  Slot slots[4] = {0, 0, alignment, bytes};
  // The instance runs, or its task waits for what is written here.
  const int32_t before = state.flag();
  state.set_flag(kInstanceMayNotLeave);
  root_.enter_call(&state);
  ERMINE_TRY(call_core(root_.store(), root_.func(*options_.realloc), slots));
  ERMINE_TRY(root_.exit_call());
  state.set_flag(before);
  if (slots[0] % alignment != 0) return component_trap(AdapterTrap::ReallocUnaligned);
  const uint64_t size = memory().size;
  if (bytes > size || slots[0] > size - bytes) return component_trap(AdapterTrap::ReallocOutOfBounds);
  return slots[0];
}

Result<void> ValueAccess::store(TypeUse use, const Value& value, uint64_t at) {
  Primitive primitive = Primitive::Bool;
  const DefinedType* type = use.is_index() ? &types_.defined[use.index()] : nullptr;
  if (!type || type->kind == TypeKind::Primitive) {
    primitive = type ? type->primitive : use.primitive();
    if (primitive == Primitive::ErrorContext) {
      ERMINE_ASSIGN(const uint64_t handle, lower_error_context(value));
      write(at, handle, 4);
      return {};
    }
    if (primitive != Primitive::String) {
      write(at, slot_of(primitive, value), layout(TypeUse(primitive)).size);
      return {};
    }
    ERMINE_ASSIGN(const auto text, store_string(value.as_string()));
    write(at, text.first, pointer_size());
    write(at + pointer_size(), text.second, pointer_size());
    return {};
  }
  switch (type->kind) {
    case TypeKind::List:
    case TypeKind::Map: {
      ERMINE_ASSIGN(const auto list, store_list(*type, value));
      write(at, list.first, pointer_size());
      write(at + pointer_size(), list.second, pointer_size());
      return {};
    }
    case TypeKind::FixedList:
      for (size_t i = 0; i < value.size(); ++i) {
        ERMINE_TRY(store(type->first, value.at(i), at));
        at += layout(type->first).size;
      }
      return {};
    case TypeKind::Record:
    case TypeKind::Tuple:
      for (size_t i = 0; i < type->fields.size(); ++i) {
        const Layout inner = layout(type->fields[i].type);
        at = aligned(at, inner.alignment);
        ERMINE_TRY(store(type->fields[i].type,
                         type->kind == TypeKind::Record ? value.fields()[i].value : value.elements()[i], at));
        at += inner.size;
      }
      return {};
    case TypeKind::Flags: write(at, flags_bits(*type, value), layout(use).size); return {};
    case TypeKind::Own:
    case TypeKind::Borrow:
    case TypeKind::Stream:
    case TypeKind::Future: {
      ERMINE_ASSIGN(const uint64_t handle, lower_handle(use, value));
      write(at, handle, 4);
      return {};
    }
    default: {
      const uint32_t index = *find_case(*type, value);
      write(at, index, discriminant_size(*type));
      const TypeUse payload = case_type(*type, index);
      if (payload.is_none()) return {};
      return store(payload, *value.payload(), at + payload_offset(*type));
    }
  }
}

Result<void> ValueAccess::lower_flat(TypeUse use, const Value& value, Slot*& slots) {
  const DefinedType* type = use.is_index() ? &types_.defined[use.index()] : nullptr;
  if (!type || type->kind == TypeKind::Primitive) {
    const Primitive primitive = type ? type->primitive : use.primitive();
    if (primitive == Primitive::ErrorContext) {
      ERMINE_ASSIGN(*slots, lower_error_context(value));
      ++slots;
      return {};
    }
    if (primitive != Primitive::String) {
      *slots++ = slot_of(primitive, value);
      return {};
    }
    ERMINE_ASSIGN(const auto text, store_string(value.as_string()));
    *slots++ = text.first;
    *slots++ = text.second;
    return {};
  }
  switch (type->kind) {
    case TypeKind::List:
    case TypeKind::Map: {
      ERMINE_ASSIGN(const auto list, store_list(*type, value));
      *slots++ = list.first;
      *slots++ = list.second;
      return {};
    }
    case TypeKind::FixedList:
      for (size_t i = 0; i < value.size(); ++i) ERMINE_TRY(lower_flat(type->first, value.at(i), slots));
      return {};
    case TypeKind::Record:
      for (size_t i = 0; i < type->fields.size(); ++i)
        ERMINE_TRY(lower_flat(type->fields[i].type, value.fields()[i].value, slots));
      return {};
    case TypeKind::Tuple:
      for (size_t i = 0; i < type->fields.size(); ++i)
        ERMINE_TRY(lower_flat(type->fields[i].type, value.elements()[i], slots));
      return {};
    case TypeKind::Flags: *slots++ = flags_bits(*type, value); return {};
    case TypeKind::Own:
    case TypeKind::Borrow:
    case TypeKind::Stream:
    case TypeKind::Future: {
      ERMINE_ASSIGN(*slots, lower_handle(use, value));
      ++slots;
      return {};
    }
    default: {
      Slot* end = slots + flat_count(use);
      const uint32_t index = *find_case(*type, value);
      *slots++ = index;
      const TypeUse payload = case_type(*type, index);
      if (!payload.is_none()) ERMINE_TRY(lower_flat(payload, *value.payload(), slots));
      while (slots < end) *slots++ = 0;
      return {};
    }
  }
}

Result<std::pair<uint64_t, uint64_t>> ValueAccess::store_string(const std::string& text) {
  ERMINE_ASSIGN(const StringForm form, string_form(text, options_.encoding));
  ERMINE_ASSIGN(const uint64_t at, allocate(form.alignment, form.bytes));
  lower_string(text, form, options_.encoding, memory().base + at);
  return std::pair{at, form.tagged_units(options_.encoding, options_.address)};
}

Result<std::pair<uint64_t, uint64_t>> ValueAccess::store_list(const DefinedType& type, const Value& value) {
  const TypeUse pair[2] = {type.first, type.second};
  const bool is_map = type.kind == TypeKind::Map;
  const Layout element = is_map ? tuple_layout(pair) : layout(type.first);
  const uint64_t length = is_map ? value.entries().size() : value.size();
  if (element.size != 0 && length >= kMaxValueSize / element.size) return component_trap(AdapterTrap::ListTooLong);
  ERMINE_ASSIGN(const uint64_t begin, allocate(element.alignment, length * element.size));
  uint64_t at = begin;
  if (is_map) {
    const uint64_t mapped = aligned(layout(type.first).size, layout(type.second).alignment);
    for (const auto& [key, v] : value.entries()) {
      ERMINE_TRY(store(type.first, key, at));
      ERMINE_TRY(store(type.second, v, at + mapped));
      at += element.size;
    }
  } else if (value.is_packed()) {
    if (length != 0) std::memcpy(memory().base + begin, value.packed_bytes().data(), length * element.size);
  } else {
    for (const Value& v : value.elements()) {
      ERMINE_TRY(store(type.first, v, at));
      at += element.size;
    }
  }
  return std::pair{begin, length};
}

Result<void> ValueAccess::store_range(TypeUse element, std::span<const Value> values, uint64_t at) {
  const uint32_t size = layout(element).size;
  for (const Value& value : values) {
    ERMINE_TRY(store(element, value, at));
    at += size;
  }
  return {};
}

Result<uint64_t> ValueAccess::lower_error_context(const Value& value) {
  // Made by a component, and never changed.
  const auto* context = static_cast<const ErrorContextObject*>(value.as_handle().owner.get());
  if (!context) return Error(ErrorKind::kUsage, "the error context is null");
  ERMINE_ASSIGN(const uint32_t index,
                root_.state(instance_).handles.add(std::make_shared<ErrorContextObject>(context->message)));
  return uint64_t{index};
}

Result<uint64_t> ValueAccess::lower_handle(TypeUse use, const Value& value) {
  const DefinedType& type = types_.defined[use.index()];
  if (type.kind == TypeKind::Stream || type.kind == TypeKind::Future) {
    const auto* stream = static_cast<const StreamValue*>(value.as_handle().owner.get());
    if (!stream || !stream->shared) return Error(ErrorKind::kUsage, "the stream or future was passed on before");
    ERMINE_ASSIGN(const uint32_t end,
                  lower_stream(root_.state(instance_), std::exchange(stream->shared, nullptr), use));
    return uint64_t{end};
  }
  const std::shared_ptr<const ResourceType>& resource = root_.shared_resource_of(instance_, types_.resource_of(type));
  InstanceState& state = root_.state(instance_);
  const Handle& handle = value.as_handle();
  const auto* owner = static_cast<const HostHandle*>(handle.owner.get());
  // A call may have used it since it was checked, or it may be among the arguments twice.
  if (!owner->live) return Error(ErrorKind::kUsage, "the handle was passed on, or is no longer valid");
  if (type.kind == TypeKind::Borrow) {
    if (resource->implementer == &state) return handle.rep;
    ERMINE_ASSIGN(const uint32_t index, root_.add_borrow(state, resource.get(), handle.rep));
    return uint64_t{index};
  }
  owner->live = false;
  ERMINE_ASSIGN(const uint32_t index, state.handles.add({.type = resource.get(), .rep = handle.rep, .own = true}));
  return uint64_t{index};
}

}  // namespace ermine::component
