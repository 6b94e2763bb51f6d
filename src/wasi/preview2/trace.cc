// Traces of calls (WasiConfig::trace): arguments and results in a style like WAVE's, read by their types from slots and
// memory. Nothing here trusts the guest: what is not in its memory is shown as "?".
#include <algorithm>
#include <cstring>

#include "ermine/printable.h"
#include "wasi/preview2/bind.h"

namespace ermine::wasi::preview2 {
namespace {

using component::ValueKind;
using component::detail::align_to;
using component::detail::Cursor;
using component::detail::PartShape;
using component::detail::TypeShape;

struct Layout {
  uint32_t size = 0, alignment = 1, flat = 0;
};

uint32_t discriminant_size(size_t cases) { return cases <= 0x100 ? 1 : cases <= 0x1'0000 ? 2 : 4; }

// `pointer`: the bytes of one.
Layout layout(const TypeShape* shape, uint32_t pointer);

// Fields one after the other.
Layout fields(std::span<const PartShape> parts, uint32_t pointer) {
  Layout all;
  for (const PartShape& part : parts) {
    const Layout l = layout(part.type, pointer);
    all.size = align_to(all.size, l.alignment) + l.size;
    all.alignment = std::max(all.alignment, l.alignment);
    all.flat += l.flat;
  }
  all.size = align_to(all.size, all.alignment);
  return all;
}

// The cases of an option, result or variant.
std::vector<PartShape> cases_of(const TypeShape& shape) {
  switch (shape.kind) {
    case ValueKind::kOption: return {{"none", nullptr}, {"some", shape.first}};
    case ValueKind::kResult: return {{"ok", shape.first}, {"err", shape.second}};
    default: return {shape.parts.begin(), shape.parts.end()};
  }
}
struct CasesLayout : Layout {
  uint32_t payload = 0;
};
CasesLayout cases_layout(std::span<const PartShape> cases, uint32_t pointer) {
  CasesLayout all;
  const uint32_t discriminant = discriminant_size(cases.size());
  uint32_t payload_size = 0, payload_alignment = 1;
  for (const PartShape& c : cases) {
    const Layout l = layout(c.type, pointer);
    payload_size = std::max(payload_size, l.size);
    payload_alignment = std::max(payload_alignment, l.alignment);
    all.flat = std::max(all.flat, l.flat);
  }
  ++all.flat;
  all.payload = align_to(discriminant, payload_alignment);
  all.alignment = std::max(payload_alignment, discriminant);
  all.size = align_to(all.payload + payload_size, all.alignment);
  return all;
}

Layout layout(const TypeShape* shape, uint32_t pointer) {
  if (shape == nullptr) return {};
  switch (shape->kind) {
    case ValueKind::kBool:
    case ValueKind::kS8:
    case ValueKind::kU8: return {1, 1, 1};
    case ValueKind::kS16:
    case ValueKind::kU16: return {2, 2, 1};
    case ValueKind::kS64:
    case ValueKind::kU64: return {8, 8, 1};
    case ValueKind::kString:
    case ValueKind::kList: return {2 * pointer, pointer, 2};
    case ValueKind::kRecord:
    case ValueKind::kTuple: return fields(shape->parts, pointer);
    case ValueKind::kVariant:
    case ValueKind::kOption:
    case ValueKind::kResult: return cases_layout(cases_of(*shape), pointer);
    case ValueKind::kEnum:
    case ValueKind::kFlags: return {1, 1, 1};  // none of WASI's has more than 37
    default: return {4, 4, 1};
  }
}

// Reads a value's parts from slots or from memory.
struct Source {
  const Cursor& cursor;
  const uint64_t* slots = nullptr;
  uint64_t at = 0;  // without slots
  uint32_t pointer() const { return cursor.is64 ? 8 : 4; }
  Source next(uint32_t offset, uint32_t flat) const { return {cursor, slots ? slots + flat : nullptr, at + offset}; }
  uint64_t number(uint32_t size) const {
    if (slots) return *slots;
    uint64_t value = 0;
    if (at <= cursor.memory_size && size <= cursor.memory_size - at) std::memcpy(&value, cursor.memory + at, size);
    return value;
  }
};

void describe(std::string& to, const TypeShape* shape, const Source& source);

void describe_fields(std::string& to, std::span<const PartShape> parts, const Source& source, bool names) {
  uint32_t offset = 0, flat = 0;
  for (const PartShape& part : parts) {
    const Layout l = layout(part.type, source.pointer());
    offset = align_to(offset, l.alignment);
    if (flat > 0 || offset > 0) to += ", ";
    if (names) (to += part.name) += ": ";
    describe(to, part.type, source.next(offset, flat));
    offset += l.size;
    flat += l.flat;
  }
}

void describe_text(std::string& to, const Source& source) {
  const uint32_t pointer = source.pointer();
  const uint64_t at = source.number(pointer), size = source.next(pointer, 1).number(pointer);
  if (at > source.cursor.memory_size || size > source.cursor.memory_size - at) {
    to += '?';
    return;
  }
  constexpr size_t kLongest = 128;
  const auto* text = reinterpret_cast<const char*>(source.cursor.memory + at);
  ((to += '"') += printable({text, std::min<size_t>(size, kLongest)})) += size > kLongest ? "\"..." : "\"";
}

void describe_flags(std::string& to, const TypeShape& shape, uint64_t bits) {
  std::string names;
  for (size_t i = 0; i < shape.parts.size(); ++i)
    if ((bits >> i & 1) != 0) (names += names.empty() ? "" : ", ") += shape.parts[i].name;
  ((to += '{') += names) += '}';
}

void describe(std::string& to, const TypeShape* shape, const Source& source) {
  const uint32_t pointer = source.pointer();
  const Layout own = layout(shape, pointer);
  switch (shape->kind) {
    case ValueKind::kBool: to += source.number(1) != 0 ? "true" : "false"; return;
    case ValueKind::kString: return describe_text(to, source);
    case ValueKind::kList:
      to += '[' + std::to_string(source.next(pointer, 1).number(pointer)) +
            (shape->first->kind == ValueKind::kU8 ? " bytes]" : " elements]");
      return;
    case ValueKind::kRecord:
    case ValueKind::kTuple: {
      const bool names = shape->kind == ValueKind::kRecord;
      to += names ? '{' : '(';
      describe_fields(to, shape->parts, source, names);
      to += names ? '}' : ')';
      return;
    }
    case ValueKind::kVariant:
    case ValueKind::kOption:
    case ValueKind::kResult: {
      const std::vector<PartShape> cases = cases_of(*shape);
      const CasesLayout l = cases_layout(cases, pointer);
      const uint64_t index = source.number(discriminant_size(cases.size()));
      if (index >= cases.size()) to += '?';
      else to += cases[index].name;
      if (index >= cases.size() || cases[index].type == nullptr) return;
      to += '(';
      describe(to, cases[index].type, source.next(l.payload, 1));
      to += ')';
      return;
    }
    case ValueKind::kEnum: {
      const uint64_t index = source.number(1);
      to += index < shape->parts.size() ? shape->parts[index].name : "?";
      return;
    }
    case ValueKind::kFlags: return describe_flags(to, *shape, source.number(1));
    case ValueKind::kS8:
    case ValueKind::kS16:
    case ValueKind::kS32: to += std::to_string(static_cast<int32_t>(source.number(own.size))); return;
    case ValueKind::kOwn:
    case ValueKind::kBorrow:
    case ValueKind::kStream:
    case ValueKind::kFuture: to += '#'; [[fallthrough]];
    default: to += std::to_string(source.number(own.size)); return;
  }
}

uint32_t flat_count(const TypeShape* shape) { return layout(shape, 4).flat; }

uint32_t flat_params(const component::detail::FuncShape& shape, uint32_t most, uint32_t most_results) {
  uint32_t flat = 0;
  for (const TypeShape* param : shape.params) flat += flat_count(param);
  flat = flat > most ? 1 : flat;
  // The place of the result.
  return flat_count(shape.result) > most_results ? flat + 1 : flat;
}

}  // namespace

uint32_t flat_params(const component::detail::FuncShape& shape) {
  return flat_params(shape, component::detail::kMaxFlatParams, component::detail::kMaxFlatResults);
}
uint32_t flat_params(const component::detail::FuncShape& shape, const Cursor& cursor) {
  return flat_params(shape, cursor.max_flat_params, cursor.max_flat_results);
}

std::string describe_call(const Import& import, const Cursor& cursor, const uint64_t* slots) {
  std::string line = import.interface;
  ((line += '.') += import.name) += '(';
  std::vector<PartShape> params;
  for (const TypeShape* param : import.shape.params) params.push_back({{}, param});
  const bool direct = fields(params, 4).flat <= cursor.max_flat_params;
  describe_fields(line, params, {cursor, direct ? slots : nullptr, slots[0]}, false);
  return line += ')';
}

std::string describe_result(const Import& import, const Cursor& cursor, const uint64_t* slots,
                            const uint64_t* arguments) {
  const component::detail::FuncShape& shape = import.shape;
  std::string text;
  const bool direct = flat_count(shape.result) <= cursor.max_flat_results;
  const uint64_t at = direct ? 0 : arguments[flat_params(shape, cursor) - 1];
  describe(text, shape.result, {cursor, direct ? slots : nullptr, at});
  return text;
}

}  // namespace ermine::wasi::preview2
