// Values and start functions (Binary.md, "Value Definitions" and "Start Definitions").
#include "base/utf8.h"
#include "binary/reader.h"
#include "component/validation/component_validator.h"

namespace ermine::component {

namespace {

constexpr std::string_view kValues = "support for component model `value`s";

// Reads a value of a type; the depth is bounded by that of types.
class ValueReader {
 public:
  ValueReader(const Types& types, binary::Reader& in) : types_(types), in_(in) {}

  void read(TypeUse type) {
    if (!in_.ok()) return;
    if (type.is_primitive()) return primitive(type.primitive());
    const DefinedType& defined = types_.defined[type.index()];
    switch (defined.kind) {
      case TypeKind::Primitive: return primitive(defined.primitive);
      case TypeKind::Record:
      case TypeKind::Tuple:
        for (const Field& field : defined.fields) read(field.type);
        return;
      case TypeKind::Variant:
      case TypeKind::Enum: {
        const uint32_t at = in_.offset();
        const uint32_t label = in_.u32();
        if (label >= defined.fields.size()) return bad(at, "case of a variant");
        if (!defined.fields[label].type.is_none()) read(defined.fields[label].type);
        return;
      }
      case TypeKind::List:
        for (uint32_t left = in_.length(); left > 0 && in_.ok(); --left) read(defined.first);
        return;
      case TypeKind::FixedList:
        for (uint32_t left = defined.number; left > 0 && in_.ok(); --left) read(defined.first);
        return;
      case TypeKind::Map:
        for (uint32_t left = in_.length(); left > 0 && in_.ok(); --left) {
          read(defined.first);
          read(defined.second);
        }
        return;
      case TypeKind::Flags: in_.bytes((defined.fields.size() + 7) / 8); return;
      case TypeKind::Option:
        if (flag()) read(defined.first);
        return;
      case TypeKind::Result: {
        const TypeUse payload = flag() ? defined.second : defined.first;
        if (!payload.is_none()) read(payload);
        return;
      }
      default: return bad(in_.offset(), "type of a value");
    }
  }

 private:
  void bad(uint32_t at, std::string_view what) {
    if (in_.ok()) in_.malformed(at, base::format("malformed value: invalid {}", what));
  }
  bool flag() {
    const uint32_t at = in_.offset();
    const uint8_t byte = in_.byte();
    if (byte > 1) bad(at, "discriminant");
    return byte == 1;
  }
  void signed_integer(int64_t min, int64_t max) {
    const uint32_t at = in_.offset();
    const int64_t value = in_.s64();
    if (value < min || value > max) bad(at, "integer");
  }
  void unsigned_integer(uint64_t max) {
    const uint32_t at = in_.offset();
    if (in_.u64() > max) bad(at, "integer");
  }
  void primitive(Primitive type) {
    const uint32_t at = in_.offset();
    switch (type) {
      case Primitive::Bool: flag(); return;
      case Primitive::S8:
      case Primitive::U8: in_.byte(); return;
      case Primitive::S16: return signed_integer(INT16_MIN, INT16_MAX);
      case Primitive::U16: return unsigned_integer(UINT16_MAX);
      case Primitive::S32: return signed_integer(INT32_MIN, INT32_MAX);
      case Primitive::U32: return unsigned_integer(UINT32_MAX);
      case Primitive::S64: in_.s64(); return;
      case Primitive::U64: in_.u64(); return;
      case Primitive::F32: return floating(4, 0x7F80'0000, 0x7FC0'0000);
      case Primitive::F64: return floating(8, 0x7FF0'0000'0000'0000, 0x7FF8'0000'0000'0000);
      case Primitive::Char: {
        const unsigned size = base::utf8_length(in_.position(), in_.position() + in_.left());
        if (size == 0) return bad(at, "character");
        in_.bytes(size);
        return;
      }
      case Primitive::String: in_.name(); return;
      default: return bad(at, "type of a value");
    }
  }
  // There is one NaN.
  void floating(unsigned size, uint64_t infinity, uint64_t nan) {
    const uint32_t at = in_.offset();
    const uint8_t* bytes = in_.bytes(size);
    if (!bytes) return;
    uint64_t bits = 0;
    for (unsigned i = 0; i < size; ++i) bits |= uint64_t{bytes[i]} << 8 * i;
    const uint64_t magnitude = bits & ~(uint64_t{1} << (8 * size - 1));
    if (magnitude > infinity && bits != nan) bad(at, "NaN");
  }

  const Types& types_;
  binary::Reader& in_;
};

}  // namespace

Result<void> ComponentValidator::value(const Value& value, ValidationScope& scope, uint64_t at) {
  ERMINE_TRY(require(Feature::Values, kValues, at));
  ERMINE_TRY(room(scope.spaces.values, Sort::Value, at));
  ERMINE_ASSIGN(TypeUse type, use(value.type, scope, at));
  const auto all = result_.component->body.bytes;
  const auto from = static_cast<uint64_t>(value.bytes.data() - all.data());
  binary::Reader in(all, from, from + value.bytes.size(), options_.core_features);
  ValueReader(types_, in).read(type);
  if (in.ok() && !in.at_end()) in.malformed(in.offset(), "malformed value: its size is not that of its type");
  if (!in.ok()) return in.take_error();
  scope.spaces.values.push_back(type);
  scope.value_used.push_back(false);
  return {};
}

Result<void> ComponentValidator::start(const Start& start, ValidationScope& scope, uint64_t at) {
  ERMINE_TRY(require(Feature::Values, kValues, at));
  if (scope.has_start) return invalid(at, "component cannot have more than one start function");
  ERMINE_TRY(in_range(scope.spaces.funcs, start.func, sort_noun(Sort::Func), at));
  const FuncType func = types_.funcs[scope.spaces.funcs[start.func]];
  if (func.params.size() != start.args.size())
    return invalid(at, base::format("component start function requires {} arguments but was given {}",
                                    func.params.size(), start.args.size()));
  const uint32_t results = func.result.is_none() ? 0 : 1;
  if (results != start.results)
    return invalid(at, base::format("component start function has a result count of {} but the function type has a "
                                    "result count of {}",
                                    start.results, results));
  Subtyping subtyping(types_, registry_);
  for (size_t i = 0; i < start.args.size(); ++i) {
    ERMINE_ASSIGN(TypeUse given, value_at(start.args[i], scope, at));
    if (!subtyping.matches(given, func.params[i].type))
      return invalid(at, base::format("value type mismatch for component start function argument {}: {:t}", i,
                                      subtyping.take_error()));
  }
  if (results == 1) {
    ERMINE_TRY(room(scope.spaces.values, Sort::Value, at));
    scope.spaces.values.push_back(func.result);
    scope.value_used.push_back(false);
  }
  scope.has_start = true;
  return {};
}

}  // namespace ermine::component
