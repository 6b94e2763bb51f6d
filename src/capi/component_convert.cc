// Values of components: from what C has to what the library has, and back (component_objects.h).
#include "capi/component_objects.h"

using ermine::Error;
using ermine::ErrorKind;
using ermine::Result;
using ermine::capi::bytes_of;
using ermine::capi::view_of;
using ermine::component::NamedValue;
using ermine::component::Value;
using ermine::component::ValueKind;

namespace {

constexpr int kDeepest = 100;  // as deep as types are

Error unfit_value(std::string what) { return Error(ErrorKind::kUsage, std::move(what)); }

std::string string_of(const wasm_name_t& name) { return std::string(view_of(name)); }

// The kinds of numbers have the same order.
static_assert(static_cast<int>(ValueKind::kF64) - static_cast<int>(ValueKind::kS8) ==
              ERMINE_COMPONENT_F64 - ERMINE_COMPONENT_S8);
constexpr int kFirstNumber = static_cast<int>(ValueKind::kS8) - ERMINE_COMPONENT_S8;

Result<Value> value_at(const ermine_component_val_t& val, int depth);

Result<std::optional<Value>> payload_of(const ermine_component_val_t* val, int depth) {
  if (val == nullptr) return std::optional<Value>();
  ERMINE_ASSIGN(Value value, value_at(*val, depth));
  return std::optional<Value>(std::move(value));
}
Result<std::vector<Value>> values_at(const ermine_component_vallist_t& list, int depth) {
  std::vector<Value> out;
  out.reserve(list.size);
  for (size_t i = 0; i < list.size; ++i) {
    ERMINE_ASSIGN(Value value, value_at(list.data[i], depth));
    out.push_back(std::move(value));
  }
  return out;
}

Result<Value> value_at(const ermine_component_val_t& val, int depth) {
  if (depth > kDeepest) return unfit_value("a value is nested deeper than " + std::to_string(kDeepest));
  const auto& of = val.of;
  switch (val.kind) {
    case ERMINE_COMPONENT_BOOL: return Value::boolean(of.boolean);
    case ERMINE_COMPONENT_S8: return Value::integer(ValueKind::kS8, static_cast<uint64_t>(int64_t{of.s8}));
    case ERMINE_COMPONENT_U8: return Value::integer(ValueKind::kU8, of.u8);
    case ERMINE_COMPONENT_S16: return Value::integer(ValueKind::kS16, static_cast<uint64_t>(int64_t{of.s16}));
    case ERMINE_COMPONENT_U16: return Value::integer(ValueKind::kU16, of.u16);
    case ERMINE_COMPONENT_S32: return Value::s32(of.s32);
    case ERMINE_COMPONENT_U32: return Value::u32(of.u32);
    case ERMINE_COMPONENT_S64: return Value::s64(of.s64);
    case ERMINE_COMPONENT_U64: return Value::u64(of.u64);
    case ERMINE_COMPONENT_F32: return Value::f32(of.f32);
    case ERMINE_COMPONENT_F64: return Value::f64(of.f64);
    case ERMINE_COMPONENT_CHAR: return Value::character(of.character);
    case ERMINE_COMPONENT_STRING: return Value::string(string_of(of.string));
    case ERMINE_COMPONENT_LIST: {
      ERMINE_ASSIGN(std::vector<Value> values, values_at(of.list, depth + 1));
      return Value::list(std::move(values));
    }
    case ERMINE_COMPONENT_TUPLE: {
      ERMINE_ASSIGN(std::vector<Value> values, values_at(of.tuple, depth + 1));
      return Value::tuple(std::move(values));
    }
    case ERMINE_COMPONENT_NUMBERS: {
      const size_t size = ermine::capi::number_size(of.numbers.element);
      if (size == 0) return unfit_value("the elements of ERMINE_COMPONENT_NUMBERS are no numbers");
      return Value::packed(static_cast<ValueKind>(kFirstNumber + of.numbers.element), of.numbers.data,
                           of.numbers.size * size);
    }
    case ERMINE_COMPONENT_RECORD: {
      std::vector<NamedValue> fields;
      for (size_t i = 0; i < of.record.size; ++i) {
        ERMINE_ASSIGN(Value value, value_at(of.record.data[i].val, depth + 1));
        fields.push_back({string_of(of.record.data[i].name), std::move(value)});
      }
      return Value::record(std::move(fields));
    }
    case ERMINE_COMPONENT_MAP: {
      std::vector<std::pair<Value, Value>> entries;
      for (size_t i = 0; i < of.map.size; ++i) {
        ERMINE_ASSIGN(Value key, value_at(of.map.data[i].key, depth + 1));
        ERMINE_ASSIGN(Value value, value_at(of.map.data[i].value, depth + 1));
        entries.emplace_back(std::move(key), std::move(value));
      }
      return Value::map(std::move(entries));
    }
    case ERMINE_COMPONENT_VARIANT: {
      ERMINE_ASSIGN(std::optional<Value> payload, payload_of(of.variant.val, depth + 1));
      std::string name = string_of(of.variant.discriminant);
      return payload ? Value::variant(std::move(name), *std::move(payload)) : Value::variant(std::move(name));
    }
    case ERMINE_COMPONENT_ENUM: return Value::enumeration(string_of(of.enumeration));
    case ERMINE_COMPONENT_OPTION: {
      ERMINE_ASSIGN(std::optional<Value> payload, payload_of(of.option, depth + 1));
      return payload ? Value::some(*std::move(payload)) : Value::none();
    }
    case ERMINE_COMPONENT_RESULT: {
      ERMINE_ASSIGN(std::optional<Value> payload, payload_of(of.result.val, depth + 1));
      return payload ? Value::result(of.result.is_ok, *std::move(payload)) : Value::result(of.result.is_ok);
    }
    case ERMINE_COMPONENT_FLAGS: {
      std::vector<std::string> names;
      for (size_t i = 0; i < of.flags.size; ++i) names.push_back(string_of(of.flags.data[i]));
      return Value::flags(std::move(names));
    }
    case ERMINE_COMPONENT_RESOURCE:
    case ERMINE_COMPONENT_HANDLE:
      if (of.resource == nullptr) return unfit_value("the resource is null");
      return of.resource->value.clone();
    case ERMINE_COMPONENT_NONE: return unfit_value("there is no value where one is needed");
    default: return unfit_value("a value has the unknown kind " + std::to_string(val.kind));
  }
}

ermine_component_val_t* new_payload(const Value* value) {
  return value != nullptr ? new ermine_component_val_t(ermine::capi::from_value(*value)) : nullptr;
}
ermine_component_vallist_t list_of(const std::vector<Value>& values) {
  ermine_component_vallist_t out;
  ermine_component_vallist_new_uninit(&out, values.size());
  for (size_t i = 0; i < values.size(); ++i) out.data[i] = ermine::capi::from_value(values[i]);
  return out;
}

}  // namespace

namespace ermine::capi {

Result<Value> to_value(const ermine_component_val_t& val) { return value_at(val, 0); }

Result<std::vector<Value>> arguments_of(const ermine_component_val_t* args, size_t count) {
  std::vector<Value> values;
  values.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    Result<Value> value = to_value(args[i]);
    if (!value)
      return unfit_value("argument " + std::to_string(i + 1) + " of the function: " + value.error().message());
    values.push_back(*std::move(value));
  }
  return values;
}

ermine_component_val_t from_value(const Value& value) {
  ermine_component_val_t out{.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}};
  auto& of = out.of;
  const auto set = [&](ermine_component_valkind_enum kind) {
    out.kind = static_cast<ermine_component_valkind_t>(kind);
  };
  switch (value.kind()) {
    case ValueKind::kBool: set(ERMINE_COMPONENT_BOOL), of.boolean = value.as_bool(); break;
    case ValueKind::kS8: set(ERMINE_COMPONENT_S8), of.s8 = static_cast<int8_t>(value.as_signed()); break;
    case ValueKind::kU8: set(ERMINE_COMPONENT_U8), of.u8 = static_cast<uint8_t>(value.as_unsigned()); break;
    case ValueKind::kS16: set(ERMINE_COMPONENT_S16), of.s16 = static_cast<int16_t>(value.as_signed()); break;
    case ValueKind::kU16: set(ERMINE_COMPONENT_U16), of.u16 = static_cast<uint16_t>(value.as_unsigned()); break;
    case ValueKind::kS32: set(ERMINE_COMPONENT_S32), of.s32 = static_cast<int32_t>(value.as_signed()); break;
    case ValueKind::kU32: set(ERMINE_COMPONENT_U32), of.u32 = static_cast<uint32_t>(value.as_unsigned()); break;
    case ValueKind::kS64: set(ERMINE_COMPONENT_S64), of.s64 = value.as_signed(); break;
    case ValueKind::kU64: set(ERMINE_COMPONENT_U64), of.u64 = value.as_unsigned(); break;
    case ValueKind::kF32: set(ERMINE_COMPONENT_F32), of.f32 = value.as_f32(); break;
    case ValueKind::kF64: set(ERMINE_COMPONENT_F64), of.f64 = value.as_f64(); break;
    case ValueKind::kChar: set(ERMINE_COMPONENT_CHAR), of.character = value.as_char(); break;
    case ValueKind::kString: set(ERMINE_COMPONENT_STRING), of.string = bytes_of(value.as_string()); break;
    case ValueKind::kList:
    case ValueKind::kFixedList:
      if (value.is_packed()) {
        const auto element =
            static_cast<ermine_component_valkind_t>(static_cast<int>(value.packed_kind()) - kFirstNumber);
        const std::span<const uint8_t> bytes = value.packed_bytes();
        ermine_component_val_new_numbers(&out, element, bytes.size() / number_size(element), bytes.data());
      } else {
        set(ERMINE_COMPONENT_LIST), of.list = list_of(value.elements());
      }
      break;
    case ValueKind::kTuple: set(ERMINE_COMPONENT_TUPLE), of.tuple = list_of(value.elements()); break;
    case ValueKind::kMap: {
      set(ERMINE_COMPONENT_MAP);
      ermine_component_valmap_new_uninit(&of.map, value.entries().size());
      for (auto* to = of.map.data; const auto& [k, v] : value.entries()) *to++ = {from_value(k), from_value(v)};
      break;
    }
    case ValueKind::kRecord: {
      set(ERMINE_COMPONENT_RECORD);
      ermine_component_valrecord_new_uninit(&of.record, value.fields().size());
      for (auto* to = of.record.data; const NamedValue& f : value.fields())
        *to++ = {bytes_of(f.name), from_value(f.value)};
      break;
    }
    case ValueKind::kVariant:
      set(ERMINE_COMPONENT_VARIANT), of.variant = {bytes_of(value.case_name()), new_payload(value.payload())};
      break;
    case ValueKind::kEnum: set(ERMINE_COMPONENT_ENUM), of.enumeration = bytes_of(value.case_name()); break;
    case ValueKind::kOption: set(ERMINE_COMPONENT_OPTION), of.option = new_payload(value.payload()); break;
    case ValueKind::kResult:
      set(ERMINE_COMPONENT_RESULT), of.result = {value.is_ok(), new_payload(value.payload())};
      break;
    case ValueKind::kFlags: {
      set(ERMINE_COMPONENT_FLAGS);
      ermine_component_valflags_new_uninit(&of.flags, value.flag_names().size());
      for (auto* to = of.flags.data; const std::string& name : value.flag_names()) *to++ = bytes_of(name);
      break;
    }
    case ValueKind::kOwn:
    case ValueKind::kBorrow:
      set(ERMINE_COMPONENT_RESOURCE), of.resource = new ermine_component_resource_t{value.clone()};
      break;
    case ValueKind::kErrorContext:
    case ValueKind::kStream:
    case ValueKind::kFuture:
      set(ERMINE_COMPONENT_HANDLE), of.resource = new ermine_component_resource_t{value.clone()};
      break;
  }
  return out;
}

}  // namespace ermine::capi
