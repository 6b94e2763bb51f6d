// See ermine/component/value.h.
#include "component/value/value.h"

#include <bit>
#include <cassert>

#include "base/fixed_text.h"
#include "component/model/names.h"

namespace ermine::component {
namespace {

// The kinds of values begin with the primitive types, in the order of the table.
#define PRIMITIVE(id, name, code, size, flat) \
  static_assert(static_cast<unsigned>(ValueKind::k##id) == static_cast<unsigned>(Primitive::id));
#include "component/model/primitive_types.def"

// Bytes of a number.
constexpr size_t number_size(ValueKind kind) {
  switch (kind) {
    case ValueKind::kS8:
    case ValueKind::kU8: return 1;
    case ValueKind::kS16:
    case ValueKind::kU16: return 2;
    case ValueKind::kS32:
    case ValueKind::kU32:
    case ValueKind::kF32: return 4;
    default: return 8;
  }
}

constexpr base::FixedText<7> kCompoundNames[] = {"list",   "list",   "map",   "record", "tuple",  "variant", "enum",
                                                 "option", "result", "flags", "own",    "borrow", "stream",  "future"};

// The part of a variant that is known to be there: std::get would throw.
template <class T, class Data>
const T& part(const Data& data) {
  const T* found = std::get_if<T>(&data);
  assert(found != nullptr);
  return *found;
}

std::unique_ptr<Value> boxed(Value v) { return std::make_unique<Value>(std::move(v)); }

}  // namespace

std::string_view kind_name(ValueKind kind) {
  const auto i = static_cast<size_t>(kind);
  constexpr auto kPrimitives = static_cast<size_t>(Primitive::kCount);
  return i < kPrimitives ? primitive_name(static_cast<Primitive>(i)) : kCompoundNames[i - kPrimitives].view();
}

bool is_handle(ValueKind kind) { return kind >= ValueKind::kOwn || kind == ValueKind::kErrorContext; }

Value::Value(Value&&) noexcept = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

Value Value::f32(float v) { return Value(ValueKind::kF32, uint64_t{std::bit_cast<uint32_t>(v)}); }
Value Value::f64(double v) { return Value(ValueKind::kF64, std::bit_cast<uint64_t>(v)); }
Value Value::list(std::vector<Value> v) { return Value(ValueKind::kList, std::move(v)); }
Value Value::packed(ValueKind element, const void* bytes, size_t size) {
  const auto* begin = static_cast<const uint8_t*>(bytes);
  return Value(ValueKind::kList, Packed{element, std::vector<uint8_t>(begin, begin + size)});
}
Value Value::tuple(std::vector<Value> v) { return Value(ValueKind::kTuple, std::move(v)); }
Value Value::map(std::vector<std::pair<Value, Value>> v) { return Value(ValueKind::kMap, std::move(v)); }
Value Value::record(std::vector<NamedValue> fields) { return Value(ValueKind::kRecord, std::move(fields)); }
Value Value::flags(std::vector<std::string> names) { return Value(ValueKind::kFlags, std::move(names)); }

Value Value::with_case(ValueKind kind, std::string name, std::unique_ptr<Value> payload) {
  return Value(kind, Case{std::move(name), std::move(payload)});
}
Value Value::variant(std::string name) { return with_case(ValueKind::kVariant, std::move(name), nullptr); }
Value Value::variant(std::string name, Value payload) {
  return with_case(ValueKind::kVariant, std::move(name), boxed(std::move(payload)));
}
Value Value::none() { return with_case(ValueKind::kOption, "none", nullptr); }
Value Value::some(Value payload) { return with_case(ValueKind::kOption, "some", boxed(std::move(payload))); }
Value Value::result(bool is_ok) { return with_case(ValueKind::kResult, is_ok ? "ok" : "err", nullptr); }
Value Value::result(bool is_ok, Value payload) {
  return with_case(ValueKind::kResult, is_ok ? "ok" : "err", boxed(std::move(payload)));
}

uint64_t Value::bits() const { return part<uint64_t>(data_); }
float Value::as_f32() const { return std::bit_cast<float>(static_cast<uint32_t>(bits())); }
double Value::as_f64() const { return std::bit_cast<double>(bits()); }
const std::string& Value::as_string() const { return part<std::string>(data_); }
const std::vector<Value>& Value::elements() const { return part<std::vector<Value>>(data_); }
const std::vector<std::pair<Value, Value>>& Value::entries() const {
  return part<std::vector<std::pair<Value, Value>>>(data_);
}
const std::vector<NamedValue>& Value::fields() const { return part<std::vector<NamedValue>>(data_); }
const std::string& Value::case_name() const {
  return kind_ == ValueKind::kEnum ? part<std::string>(data_) : part<Case>(data_).name;
}
const Value* Value::payload() const { return part<Case>(data_).payload.get(); }
bool Value::is_ok() const { return part<Case>(data_).name == "ok"; }
const std::vector<std::string>& Value::flag_names() const { return part<std::vector<std::string>>(data_); }
const Handle& Value::as_handle() const { return part<Handle>(data_); }

ValueKind Value::packed_kind() const { return part<Packed>(data_).kind; }
std::span<const uint8_t> Value::packed_bytes() const { return part<Packed>(data_).bytes; }

size_t Value::size() const {
  return is_packed() ? packed_bytes().size() / number_size(packed_kind()) : elements().size();
}

Value Value::at(size_t index) const {
  if (!is_packed()) return elements()[index].clone();
  const Packed& list = part<Packed>(data_);
  const size_t size = number_size(list.kind);
  uint64_t bits = 0;
  std::memcpy(&bits, list.bytes.data() + index * size, size);
  // Integers are sign-extended.
  const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
  const bool is_signed = list.kind == ValueKind::kS8 || list.kind == ValueKind::kS16 || list.kind == ValueKind::kS32;
  if (is_signed) bits = static_cast<uint64_t>(static_cast<int64_t>(bits << unused) >> unused);
  return Value(list.kind, bits);
}

const Value* Value::field(std::string_view name) const {
  for (const NamedValue& f : fields())
    if (f.name == name) return &f.value;
  return nullptr;
}

Value Value::clone() const {
  switch (kind_) {
    case ValueKind::kList:
    case ValueKind::kFixedList:
    case ValueKind::kTuple: {
      if (is_packed()) return Value(kind_, part<Packed>(data_));
      std::vector<Value> copy;
      copy.reserve(elements().size());
      for (const Value& v : elements()) copy.push_back(v.clone());
      return Value(kind_, std::move(copy));
    }
    case ValueKind::kMap: {
      std::vector<std::pair<Value, Value>> copy;
      for (const auto& [key, v] : entries()) copy.emplace_back(key.clone(), v.clone());
      return map(std::move(copy));
    }
    case ValueKind::kRecord: {
      std::vector<NamedValue> copy;
      for (const NamedValue& f : fields()) copy.push_back({f.name, f.value.clone()});
      return record(std::move(copy));
    }
    case ValueKind::kVariant:
    case ValueKind::kOption:
    case ValueKind::kResult:
      return with_case(kind_, case_name(), payload() != nullptr ? boxed(payload()->clone()) : nullptr);
    case ValueKind::kString:
    case ValueKind::kEnum: return Value(kind_, part<std::string>(data_));
    case ValueKind::kFlags: return flags(flag_names());
    default: return is_handle(kind_) ? handle(kind_, as_handle()) : Value(kind_, bits());
  }
}

bool Value::operator==(const Value& o) const {
  if (kind_ != o.kind_) return false;
  if (is_packed() != o.is_packed()) {
    if (size() != o.size()) return false;
    for (size_t i = 0; i < size(); ++i)
      if (at(i) != o.at(i)) return false;
    return true;
  }
  if (data_.index() != o.data_.index()) return false;
  if (const auto* mine = std::get_if<Packed>(&data_)) {
    const Packed& other = part<Packed>(o.data_);
    return mine->bytes == other.bytes && (mine->kind == other.kind || mine->bytes.empty());
  }
  if (const auto* mine = std::get_if<Case>(&data_)) {
    const Case& other = part<Case>(o.data_);
    if (mine->name != other.name || (mine->payload == nullptr) != (other.payload == nullptr)) return false;
    return mine->payload == nullptr || *mine->payload == *other.payload;
  }
  if (const auto* v = std::get_if<uint64_t>(&data_)) return *v == o.bits();
  if (const auto* v = std::get_if<std::string>(&data_)) return *v == part<std::string>(o.data_);
  if (const auto* v = std::get_if<std::vector<Value>>(&data_)) return *v == o.elements();
  if (const auto* v = std::get_if<std::vector<std::pair<Value, Value>>>(&data_)) return *v == o.entries();
  if (const auto* v = std::get_if<std::vector<NamedValue>>(&data_)) return *v == o.fields();
  if (const auto* v = std::get_if<std::vector<std::string>>(&data_)) return *v == o.flag_names();
  return as_handle() == o.as_handle();
}

}  // namespace ermine::component
