// See type_text.h. Recursion is bounded by kMaxTypeDepth.
#include "component/value/type_text.h"

#include "base/format.h"

namespace ermine::component {

namespace {

// Enough for every type that is meant to be read.
constexpr size_t kMaxText = 4000;

// Appends parts of a text until it is too long.
struct BoundedText {
  std::string out;
  bool full() const { return out.size() > kMaxText; }
  BoundedText& operator<<(std::string_view part) {
    if (!full()) {
      out += part;
      if (full()) out += " …";
    }
    return *this;
  }
};

// Writes `parts` in `open` and `close`, separated by commas.
template <class Parts, class F>
void list_parts(BoundedText& out, std::string_view open, const Parts& parts, std::string_view close, F&& write) {
  out << open;
  bool first = true;
  for (const auto& part : parts) {
    if (out.full()) return;
    if (!first) out << ", ";
    first = false;
    write(part);
  }
  out << close;
}

// The text of a type with up to two parts: "option<u8>", "result<_, u8>", "stream".
template <class Use, class F>
void angles(BoundedText& out, std::string_view word, const Use& first, const Use& second, bool has_first,
            bool has_second, F&& write) {
  out << word;
  if (!has_first && !has_second) return;
  out << "<";
  if (has_first) write(first);
  else out << "_";
  if (has_second) {
    out << ", ";
    write(second);
  }
  out << ">";
}

void write_shape(BoundedText& out, const detail::TypeShape* shape) {
  if (!shape) {
    out << "_";
    return;
  }
  const auto inner = [&](const detail::TypeShape* part) { write_shape(out, part); };
  const auto field = [&](const detail::PartShape& part) {
    out << part.name << ": ";
    inner(part.type);
  };
  const auto label = [&](const detail::PartShape& part) { out << part.name; };
  const auto word = kind_name(shape->kind);
  switch (shape->kind) {
    case ValueKind::kRecord: list_parts(out, "record { ", shape->parts, " }", field); return;
    case ValueKind::kEnum: list_parts(out, "enum { ", shape->parts, " }", label); return;
    case ValueKind::kFlags: list_parts(out, "flags { ", shape->parts, " }", label); return;
    case ValueKind::kTuple:
      list_parts(out, "tuple<", shape->parts, ">", [&](const detail::PartShape& part) { inner(part.type); });
      return;
    case ValueKind::kVariant:
      list_parts(out, "variant { ", shape->parts, " }", [&](const detail::PartShape& part) {
        out << (part.name.empty() ? "_" : part.name);
        if (!part.type) return;
        out << "(";
        inner(part.type);
        out << ")";
      });
      return;
    case ValueKind::kFixedList:
      out << "list<";
      inner(shape->first);
      out << base::format(", {}>", shape->length);
      return;
    case ValueKind::kOwn:
    case ValueKind::kBorrow: out << word << "<" << (shape->name.empty() ? "_" : shape->name) << ">"; return;
    default:
      angles(out, word, shape->first, shape->second, shape->first != nullptr, shape->second != nullptr, inner);
      return;
  }
}

}  // namespace

ValueKind value_kind(const Types& types, TypeUse use) {
  if (use.is_primitive()) return static_cast<ValueKind>(use.primitive());
  const DefinedType& type = types.defined[use.index()];
  switch (type.kind) {
    case TypeKind::Record: return ValueKind::kRecord;
    case TypeKind::Variant: return ValueKind::kVariant;
    case TypeKind::List: return ValueKind::kList;
    case TypeKind::FixedList: return ValueKind::kFixedList;
    case TypeKind::Tuple: return ValueKind::kTuple;
    case TypeKind::Flags: return ValueKind::kFlags;
    case TypeKind::Enum: return ValueKind::kEnum;
    case TypeKind::Option: return ValueKind::kOption;
    case TypeKind::Result: return ValueKind::kResult;
    case TypeKind::Own: return ValueKind::kOwn;
    case TypeKind::Borrow: return ValueKind::kBorrow;
    case TypeKind::Stream: return ValueKind::kStream;
    case TypeKind::Future: return ValueKind::kFuture;
    case TypeKind::Map: return ValueKind::kMap;
    default: return static_cast<ValueKind>(type.primitive);  // the kinds of primitive types have their order
  }
}

struct TypeText::Writer {
  const Types& types;
  const IdMap<std::string_view>& names;
  BoundedText out;

  const std::string_view* name_of(AnyType type) const { return names.find(key(type)); }

  void write(TypeUse use, bool by_name = true) {
    if (use.is_none()) {
      out << "_";
      return;
    }
    if (use.is_primitive()) {
      out << primitive_name(use.primitive());
      return;
    }
    if (const std::string_view* name = by_name ? name_of({AnyKind::Defined, use.index()}) : nullptr) {
      out << *name;
      return;
    }
    const DefinedType& type = types.defined[use.index()];
    const auto inner = [&](TypeUse part) { write(part); };
    const auto label = [&](const Field& field) { out << field.label; };
    const std::string_view word = type_keyword(type.kind);
    switch (type.kind) {
      case TypeKind::Primitive: out << primitive_name(type.primitive); return;
      case TypeKind::Record:
        list_parts(out, "record { ", type.fields, " }", [&](const Field& field) {
          out << field.label << ": ";
          inner(field.type);
        });
        return;
      case TypeKind::Enum: list_parts(out, "enum { ", type.fields, " }", label); return;
      case TypeKind::Flags: list_parts(out, "flags { ", type.fields, " }", label); return;
      case TypeKind::Tuple:
        list_parts(out, "tuple<", type.fields, ">", [&](const Field& field) { inner(field.type); });
        return;
      case TypeKind::Variant:
        list_parts(out, "variant { ", type.fields, " }", [&](const Field& field) {
          out << field.label;
          if (field.type.is_none()) return;
          out << "(";
          inner(field.type);
          out << ")";
        });
        return;
      case TypeKind::FixedList:
        out << "list<";
        inner(type.first);
        out << base::format(", {}>", type.number);
        return;
      case TypeKind::Own:
      case TypeKind::Borrow: {
        const std::string_view* name = name_of({AnyKind::Resource, type.number});
        out << word << "<" << (name ? *name : std::string_view("_")) << ">";
        return;
      }
      default: angles(out, word, type.first, type.second, !type.first.is_none(), !type.second.is_none(), inner); return;
    }
  }
};

void TypeText::add_names(const Externs& items) {
  for (const Extern& item : items.items)
    if (item.type.sort == Sort::Type) names_.set(key(item.type.type()), item.name);
}

std::string TypeText::type(TypeUse type) const {
  Writer writer{types_, names_, {}};
  writer.write(type);
  return std::move(writer.out.out);
}

std::string TypeText::definition(TypeUse type) const {
  Writer writer{types_, names_, {}};
  writer.write(type, false);
  return std::move(writer.out.out);
}

std::string TypeText::func(FuncId id) const {
  const FuncType& type = types_.funcs[id];
  Writer writer{types_, names_, {}};
  list_parts(writer.out, type.is_async ? "async func(" : "func(", type.params, ")", [&](const Field& param) {
    writer.out << param.label << ": ";
    writer.write(param.type);
  });
  if (!type.result.is_none()) {
    writer.out << " -> ";
    writer.write(type.result);
  }
  return std::move(writer.out.out);
}

std::string shape_text(const detail::TypeShape* shape) {
  BoundedText out;
  write_shape(out, shape);
  return std::move(out.out);
}

std::string shape_text(const detail::FuncShape& shape) {
  BoundedText out;
  list_parts(out, shape.is_async ? "async func(" : "func(", shape.params, ")",
             [&](const detail::TypeShape* param) { write_shape(out, param); });
  if (shape.result) {
    out << " -> ";
    write_shape(out, shape.result);
  }
  return std::move(out.out);
}

}  // namespace ermine::component
