// The C++ types of WIT types, and their declarations.
#include "base/format.h"
#include "component/bindgen/names.h"
#include "component/bindgen/writer.h"

namespace ermine::component::bindgen {

using wit::TypeDef;
using wit::TypeDefKind;
using wit::TypeId;

namespace {

std::string_view primitive_type(Primitive type) {
  switch (type) {
    case Primitive::Bool: return "bool";
    case Primitive::S8: return "int8_t";
    case Primitive::U8: return "uint8_t";
    case Primitive::S16: return "int16_t";
    case Primitive::U16: return "uint16_t";
    case Primitive::S32: return "int32_t";
    case Primitive::U32: return "uint32_t";
    case Primitive::S64: return "int64_t";
    case Primitive::U64: return "uint64_t";
    case Primitive::F32: return "float";
    case Primitive::F64: return "double";
    case Primitive::Char: return "char32_t";
    case Primitive::ErrorContext: return "ermine::component::ErrorContext";
    default: return "std::string";
  }
}

bool has_member(const TypeDef& def, std::string_view name) {
  for (const wit::Member& member : def.members)
    if (member.name == name) return true;
  return false;
}

}  // namespace

bool HeaderWriter::is_resource(TypeId id) const {
  return resolve_[resolve_.without_aliases(id)].kind == TypeDefKind::kResource;
}

bool HeaderWriter::is_exported(TypeId id, bool exported) const {
  return exported && exported_.contains(resolve_[id].owner.interface);
}

bool HeaderWriter::is_number(wit::Type type) const {
  if (type.id) {
    const TypeDef& def = resolve_[type.id];
    return def.kind == TypeDefKind::kAlias && is_number(def.parts[0]);
  }
  return type.primitive >= Primitive::S8 && type.primitive <= Primitive::F64;
}

bool HeaderWriter::is_bool(wit::Type type) const {
  if (type.id) {
    const TypeDef& def = resolve_[type.id];
    return def.kind == TypeDefKind::kAlias && is_bool(def.parts[0]);
  }
  return type.primitive == Primitive::Bool;
}

std::string HeaderWriter::qualified(TypeId id, bool exported) const {
  const TypeDef& def = resolve_[id];
  const std::string space = def.owner.interface ? space_of(def.owner.interface, is_exported(id, exported))
                                                : package_space(resolve_[def.owner.world].package);
  return "::" + space + "::" + camel_case(def.name);
}

std::string HeaderWriter::handle_name(TypeId resource, bool owned, Position position, bool exported) const {
  // The class is that of the resource itself, whatever names it has here.
  const TypeId id = resolve_.without_aliases(resource);
  if (is_exported(id, exported)) {
    if (owned) return "ermine::component::Resource";
    return "ermine::component::ResourceRef";
  }
  const std::string name = qualified(id, exported);
  if (owned) return "std::unique_ptr<" + name + ">";
  return name + (position == Position::kStored ? "*" : "&");
}

std::string HeaderWriter::type_name(wit::Type type, Position position, bool exported) const {
  if (!type.id) {
    if (type.primitive == Primitive::String && position != Position::kStored) return "std::string_view";
    return std::string(primitive_type(type.primitive));
  }
  const TypeDef& def = resolve_[type.id];
  // A name for a list or a string is written as what it stands for where that can be a view.
  if (position != Position::kStored && (def.kind == TypeDefKind::kAlias || def.kind == TypeDefKind::kList)) {
    const std::string inner = def.kind == TypeDefKind::kAlias ? type_name(def.parts[0], position, exported)
                                                              : definition_name(def, position, exported);
    if (inner.starts_with("std::string_view") || inner.starts_with("std::span")) return inner;
  }
  if (!def.name.empty()) return qualified(type.id, exported);
  return definition_name(def, position, exported);
}

std::string HeaderWriter::definition_name(const TypeDef& def, Position position, bool exported) const {
  const auto part = [&](size_t i) { return type_name(def.parts[i], Position::kStored, exported); };
  const auto payload = [&](size_t i, std::string_view nothing) {
    return def.parts[i] ? part(i) : std::string(nothing);
  };
  switch (def.kind) {
    case TypeDefKind::kAlias: return part(0);
    case TypeDefKind::kTuple: {
      std::string out = "std::tuple<";
      for (size_t i = 0; i < def.parts.size(); ++i) out += (i == 0 ? "" : ", ") + part(i);
      return out + ">";
    }
    case TypeDefKind::kList:
      if ((position == Position::kHostParam && is_number(def.parts[0])) ||
          (position == Position::kArgument && !is_bool(def.parts[0])))
        return "std::span<const " + part(0) + ">";
      return "std::vector<" + part(0) + ">";
    case TypeDefKind::kFixedList: return base::format("std::array<{:t}, {}>", part(0), def.length);
    case TypeDefKind::kMap: return "std::map<" + part(0) + ", " + part(1) + ">";
    case TypeDefKind::kOption: return "std::optional<" + part(0) + ">";
    case TypeDefKind::kResult:
      return "ermine::component::Expected<" + payload(0, "void") + ", " + payload(1, "std::monostate") + ">";
    case TypeDefKind::kStream: return "ermine::component::StreamReader<" + payload(0, "void") + ">";
    case TypeDefKind::kFuture: return "ermine::component::FutureReader<" + payload(0, "void") + ">";
    case TypeDefKind::kOwn: return handle_name(def.parts[0].id, true, position, exported);
    case TypeDefKind::kBorrow: return handle_name(def.parts[0].id, false, position, exported);
    default: return {};
  }
}

std::string HeaderWriter::result_name(wit::Type type, bool exported) const {
  return type ? type_name(type, Position::kStored, exported) : "void";
}

void HeaderWriter::write_type(const Section& section, TypeId id) {
  const TypeDef& def = resolve_[id];
  const std::string name = camel_case(def.name);
  const bool exported = section.exported;
  std::string names;
  for (const wit::Member& member : def.members) names += (names.empty() ? "" : ", ") + quoted(member.name);
  line();
  switch (def.kind) {
    case TypeDefKind::kResource:
      // Of the host: a class, which follows when all types are declared.
      docs(def.docs);
      line(exported ? "using " + name + " = ermine::component::Resource;" : "class " + name + ";");
      if (!exported) {
        line("constexpr auto ermine_component_type(const " + name + "*) { return ermine::component::resource(" +
             quoted(def.name) + "); }");
      }
      return;
    case TypeDefKind::kRecord:
      docs(def.docs);
      line("struct " + name + " {");
      for (const wit::Member& member : def.members) {
        docs(member.docs, "  ");
        line("  " + type_name(member.type, Position::kStored, exported) + " " + snake_case(member.name) + "{};");
      }
      line("};");
      line("constexpr auto ermine_component_type(const " + name + "*) {");
      line("  return ermine::component::record(");
      out_.pop_back();
      out_ += quoted(def.name);
      for (const wit::Member& member : def.members)
        out_ += ",\n      ermine::component::field(" + quoted(member.name) + ", &" + name +
                "::" + snake_case(member.name) + ")";
      out_ += ");\n";
      line("}");
      return;
    case TypeDefKind::kVariant: {
      docs(def.docs);
      std::string types;
      for (const wit::Member& member : def.members)
        types += (types.empty() ? "" : ", ") +
                 (member.type ? type_name(member.type, Position::kStored, exported) : std::string("std::monostate"));
      line("struct " + name + " : std::variant<" + types + "> {");
      line("  using variant::variant;");
      line("  // The cases: index() of a value; with std::in_place_index and std::get, too.");
      line("  enum : size_t {");
      for (const wit::Member& member : def.members) {
        docs(member.docs, "    ");
        line("    " + constant(member.name) + ",");
      }
      line("  };");
      line("};");
      line("ERMINE_VARIANT(" + name + ", " + names + ")");
      return;
    }
    case TypeDefKind::kEnum: {
      docs(def.docs);
      const size_t count = def.members.size();
      line("enum class " + name + " : " +
           (count <= 0x100      ? "uint8_t"
            : count <= 0x1'0000 ? "uint16_t"
                                : "uint32_t") +
           " {");
      for (const wit::Member& member : def.members) {
        docs(member.docs, "  ");
        line("  " + constant(member.name) + ",");
      }
      line("};");
      line("ERMINE_ENUM(" + name + ", " + names + ")");
      return;
    }
    case TypeDefKind::kFlags: {
      docs(def.docs);
      const size_t count = def.members.size();
      line("enum class " + name + " : " + (count <= 8 ? "uint8_t" : count <= 16 ? "uint16_t" : "uint32_t") + " {");
      if (!has_member(def, "none")) line("  kNone = 0,");
      for (size_t i = 0; i < count; ++i) {
        docs(def.members[i].docs, "  ");
        line(base::format("  {:t} = 1u << {},", constant(def.members[i].name), i));
      }
      line("};");
      line("ERMINE_FLAGS(" + name + ", " + names + ")");
      return;
    }
    case TypeDefKind::kAlias:
      docs(def.docs);
      if (is_resource(id)) {
        const TypeId target = resolve_.without_aliases(id);
        line("using " + name + " = " +
             (is_exported(target, exported) ? "ermine::component::Resource" : qualified(target, exported)) + ";");
        return;
      }
      line("using " + name + " = " + type_name(def.parts[0], Position::kStored, exported) + ";");
      return;
    default:
      docs(def.docs);
      line("using " + name + " = " + definition_name(def, Position::kStored, exported) + ";");
      return;
  }
}

}  // namespace ermine::component::bindgen
