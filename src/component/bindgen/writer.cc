// The parts of the header, their order, and its functions.
#include "component/bindgen/writer.h"

#include "base/format.h"
#include "component/bindgen/bindgen.h"
#include "component/bindgen/names.h"

namespace ermine::component::bindgen {

using wit::Function;
using wit::FunctionKind;
using wit::InterfaceId;
using wit::TypeDefKind;
using wit::TypeId;
using wit::WorldItem;
using wit::WorldItemKind;

Result<std::string> write_header(const wit::Resolve& resolve, wit::WorldId world) {
  return HeaderWriter(resolve, world).run();
}

HeaderWriter::HeaderWriter(const wit::Resolve& resolve, wit::WorldId world)
    : resolve_(resolve), world_(resolve[world]), world_space_(package_space(world_.package)) {
  make_sections();
}

// ---- What there is

std::string HeaderWriter::package_space(wit::PackageId package) const {
  const wit::PackageName& name = resolve_[package].name;
  return snake_case(name.space) + "::" + snake_case(name.name);
}

std::string HeaderWriter::space_of(InterfaceId interface, bool exported) const {
  return package_space(resolve_[interface].package) + (exported ? "::exports::" : "::") + labels_.at(interface);
}

void HeaderWriter::make_sections() {
  std::map<std::string, InterfaceId> used;
  const auto label = [&](const WorldItem& item) {
    const wit::Interface& interface = resolve_[item.interface];
    std::string name = snake_case(interface.name.empty() ? item.name : interface.name);
    const std::string space = package_space(interface.package) + "::" + name;
    const auto [known, added] = used.emplace(space, item.interface);
    // The same interface in another version.
    if (!added && known->second != item.interface) {
      if (const auto& version = resolve_[interface.package].name.version)
        for (const char c : "_" + version->to_string()) name += c == '.' || c == '-' || c == '+' ? '_' : c;
    }
    labels_.emplace(item.interface, name);
  };
  for (const auto& [key, item] : world_.imports)
    if (item.kind == WorldItemKind::kInterface) label(item);
  for (const auto& [key, item] : world_.exports) {
    if (item.kind != WorldItemKind::kInterface) continue;
    label(item);
    exported_.insert(item.interface);
  }
  for (const bool exported : {false, true}) {
    Section own;
    own.exported = exported;
    own.cpp_space = world_space_;
    for (const auto& [key, item] : exported ? world_.exports : world_.imports) {
      if (item.kind == WorldItemKind::kType) own.types.push_back(item.type);
      if (item.kind == WorldItemKind::kFunction) own.functions.push_back(&item.function);
      if (item.kind != WorldItemKind::kInterface) continue;
      const wit::Interface& interface = resolve_[item.interface];
      Section section;
      section.name = resolve_.name_of(item);
      section.interface = item.interface;
      section.exported = exported;
      section.cpp_space = space_of(item.interface, exported);
      section.docs = interface.docs;
      for (const auto& [name, type] : interface.types) section.types.push_back(type);
      for (const auto& [name, function] : interface.functions) section.functions.push_back(&function);
      sections_.push_back(std::move(section));
    }
    sections_.push_back(std::move(own));
  }
}

// ---- Text

void HeaderWriter::line(std::string_view text) {
  out_ += text;
  out_ += '\n';
}

void HeaderWriter::docs(std::string_view text, std::string_view indent) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    out_ += indent;
    out_ += row.empty() ? "//" : "// ";
    out_ += row;
    // A comment that a backslash continues would swallow the next line.
    if (row.ends_with('\\')) out_ += '.';
    out_ += '\n';
  }
}

Result<std::string> HeaderWriter::run() {
  const wit::Package& package = resolve_[world_.package];
  line("// C++ bindings of the world " + world_.name + " of " + package.name.to_string() +
       ", written by `ermine bindgen`. Do not edit.");
  line("#pragma once");
  line();
  for (const char* header : {"array", "cstdint", "map", "memory", "optional", "span", "string", "string_view", "tuple",
                             "utility", "variant", "vector"})
    line(std::string("#include <") + header + ">");
  line();
  line("#include <ermine/component.h>");
  for (const Section& section : sections_) write_section(section);
  write_imports_class();
  write_exports_class();
  return std::move(out_);
}

void HeaderWriter::write_section(const Section& section) {
  const bool has_functions = !section.functions.empty();
  if (section.types.empty() && (!has_functions || (section.exported && !section.interface))) return;
  line();
  if (section.interface)
    docs((section.exported ? "Exported: " : "Imported: ") + section.name + (section.docs.empty() ? "" : "\n") +
         section.docs);
  line("namespace " + section.cpp_space + " {");
  for (const TypeId id : section.types) write_type(section, id);
  if (!section.exported) {
    for (const TypeId id : section.types)
      if (resolve_[id].kind == TypeDefKind::kResource) write_resource_class(section, id);
    bool has_resources = false;
    for (const TypeId id : section.types) has_resources |= resolve_[id].kind == TypeDefKind::kResource;
    if (has_functions || has_resources) {
      write_host(section);
      write_links(section);
    }
  } else if (section.interface && has_functions) {
    line();
    line("// The functions of " + section.name + " in an instance of a component. Must not be used after its store.");
    const std::string guest = free_name(section, "Guest");
    line("class " + guest + " {");
    line(" public:");
    line("  // kUsage if the instance does not export them, or with other types.");
    line("  static ermine::Result<" + guest + "> find(const ermine::ComponentInstance& instance) {");
    line("    " + guest + " guest;");
    for (const Function* function : section.functions)
      line("    ERMINE_ASSIGN(guest." + flat_name(*function) + "_, instance.get_typed_func<decltype(guest." +
           flat_name(*function) + "_)::Signature>(" + quoted(section.name) + ", " + quoted(function->name) + "));");
    line("    return guest;");
    line("  }");
    write_guest_members(section);
    line("};");
  }
  line();
  line("}  // namespace " + section.cpp_space);
}

// ---- What the host implements

std::string HeaderWriter::host_class(const Section& section) const {
  return section.interface ? free_name(section, "Host") : camel_case(world_.name) + "Host";
}

std::string HeaderWriter::host_params(const Function& function, size_t from) const {
  std::string out;
  for (size_t i = from; i < function.params.size(); ++i)
    out += (i == from ? "" : ", ") + type_name(function.params[i].type, Position::kHostParam, false) + " " +
           snake_case(function.params[i].name);
  return out;
}

// A name that no type of the section has.
std::string HeaderWriter::free_name(const Section& section, std::string name) const {
  for (const TypeId id : section.types)
    if (camel_case(resolve_[id].name) == name) return name + "Functions";
  return name;
}

// Outside of the class of a resource.
std::string HeaderWriter::flat_name(const Function& function) const {
  if (function.kind == FunctionKind::kFreestanding) return snake_case(function.item_name());
  const std::string resource = snake_case(resolve_[function.resource].name);
  if (function.kind == FunctionKind::kConstructor) return "new_" + resource;
  return resource + "_" + snake_case(function.item_name());
}

std::string HeaderWriter::reply_type(const Function& function) const {
  return "ermine::component::Reply<" + result_name(function.result, false) + ">";
}

std::string HeaderWriter::host_method(const Function& function) const {
  const bool method = function.kind == FunctionKind::kMethod;
  const std::string name = method ? snake_case(function.item_name()) : flat_name(function);
  const std::string params = host_params(function, method ? 1 : 0);
  if (function.is_async)
    return "virtual ermine::Result<void> " + name + "(" + reply_type(function) + " ermine_reply" +
           (params.empty() ? "" : ", ") + params + ") = 0;";
  return "virtual ermine::Result<" + result_name(function.result, false) + "> " + name + "(" + params + ") = 0;";
}

void HeaderWriter::write_resource_class(const Section& section, TypeId id) {
  const std::string name = camel_case(resolve_[id].name);
  line();
  docs(resolve_[id].docs);
  line("class " + name + " {");
  line(" public:");
  line("  virtual ~" + name + "() = default;");
  for (const Function* function : section.functions) {
    if (function->kind != FunctionKind::kMethod || resolve_.without_aliases(function->resource) != id) continue;
    docs(function->docs, "  ");
    line("  " + host_method(*function));
  }
  line("};");
}

void HeaderWriter::write_host(const Section& section) {
  const std::string name = host_class(section);
  line();
  line("// What the host implements. An error of a Result ends the calling program, as a trap does.");
  for (const Function* function : section.functions) {
    if (!function->is_async) continue;
    line(
        "// Functions that have a Reply answer by it, at once or later, from any thread; their arguments live until "
        "then.");
    break;
  }
  line("class " + name + " {");
  line(" public:");
  line("  virtual ~" + name + "() = default;");
  for (const Function* function : section.functions) {
    if (function->kind == FunctionKind::kMethod) continue;
    docs(function->docs, "  ");
    line("  " + host_method(*function));
  }
  line("};");
}

void HeaderWriter::write_links(const Section& section) {
  const std::string name = host_class(section), interface = quoted(section.name);
  line();
  line("// `ermine_get` gives the host of a call: a function from ermine::ComponentCaller& to " + name + "&.");
  line("template <class Get>");
  line("  requires std::is_invocable_r_v<" + name + "&, Get, ermine::ComponentCaller&>");
  line("ermine::Result<void> add_to_linker(ermine::ComponentLinker& linker, Get ermine_get) {");
  for (const TypeId id : section.types)
    if (resolve_[id].kind == TypeDefKind::kResource)
      line("  ERMINE_TRY(linker.resource<" + camel_case(resolve_[id].name) + ">(" + interface + ", " +
           quoted(resolve_[id].name) + "));");
  for (const Function* function : section.functions) {
    const bool method = function->kind == FunctionKind::kMethod;
    std::string arguments;
    for (size_t i = method ? 1 : 0; i < function->params.size(); ++i) {
      const std::string param = snake_case(function->params[i].name);
      const std::string type = type_name(function->params[i].type, Position::kHostParam, false);
      arguments += (arguments.empty() ? "" : ", ") +
                   (type.ends_with('&') ? param : "std::forward<decltype(" + param + ")>(" + param + ")");
    }
    std::string params = host_params(*function, 0);
    if (function->is_async) {
      params = reply_type(*function) + " ermine_reply" + (params.empty() ? "" : ", ") + params;
      arguments = "std::move(ermine_reply)" + (arguments.empty() ? std::string() : ", " + arguments);
    }
    line(std::string("  ERMINE_TRY(linker.") + (function->is_async ? "func_wrap_async(" : "func_wrap(") + interface +
         ", " + quoted(function->name) + ",");
    if (method) {
      line("      [](" + params + ") { return " + snake_case(function->params[0].name) + "." +
           snake_case(function->item_name()) + "(" + arguments + "); }));");
    } else {
      line("      [ermine_get](ermine::ComponentCaller& ermine_caller" + (params.empty() ? "" : ", " + params) +
           ") { return ermine_get(ermine_caller)." + flat_name(*function) + "(" + arguments + "); }));");
    }
  }
  bool uses_get = false;
  for (const Function* function : section.functions) uses_get |= function->kind != FunctionKind::kMethod;
  if (!uses_get) line("  (void)ermine_get;");
  line("  return {};");
  line("}");
  line("// One host for all calls, which must live as long as the linker and the instances made by it.");
  line("inline ermine::Result<void> add_to_linker(ermine::ComponentLinker& linker, " + name + "& host) {");
  line("  return add_to_linker(linker, [&host](ermine::ComponentCaller&) -> " + name + "& { return host; });");
  line("}");
}

void HeaderWriter::write_imports_class() {
  std::string members, links;
  for (const Section& section : sections_) {
    bool has_resources = false;
    for (const TypeId id : section.types) has_resources |= resolve_[id].kind == TypeDefKind::kResource;
    if (section.exported || (section.functions.empty() && !has_resources)) continue;
    const std::string name = section.interface ? labels_.at(section.interface) : "own";
    members += "  ::" + section.cpp_space + "::" + host_class(section) + "& " + name + ";\n";
    links += "  ERMINE_TRY(::" + section.cpp_space + "::add_to_linker(linker, imports." + name + "));\n";
  }
  if (members.empty()) return;
  const std::string name = camel_case(world_.name) + "Imports";
  line();
  line("namespace " + world_space_ + " {");
  line();
  line("// Everything that the world imports.");
  line("struct " + name + " {");
  out_ += members;
  line("};");
  line("inline ermine::Result<void> add_to_linker(ermine::ComponentLinker& linker, const " + name + "& imports) {");
  out_ += links;
  line("  return {};");
  line("}");
  line();
  line("}  // namespace " + world_space_);
}

// ---- What the component implements

bool HeaderWriter::owns(wit::Type type) const {
  if (!type || !type.id) return false;
  const wit::TypeDef& def = resolve_[type.id];
  if (def.kind == TypeDefKind::kOwn || def.kind == TypeDefKind::kStream || def.kind == TypeDefKind::kFuture)
    return true;
  if (def.kind == TypeDefKind::kBorrow) return false;
  for (const wit::Member& member : def.members)
    if (owns(member.type)) return true;
  for (const wit::Type part : def.parts)
    if (owns(part)) return true;
  return false;
}

void HeaderWriter::write_guest_members(const Section& section) {
  std::string members;
  for (const Function* function : section.functions) {
    std::string params, types, arguments;
    for (const wit::Param& param : function->params) {
      const std::string type = type_name(param.type, Position::kArgument, true), name = snake_case(param.name);
      const bool is_value = type.ends_with('&') || type.starts_with("std::string_view") ||
                            type.starts_with("std::span") || type == "ermine::component::ResourceRef" ||
                            (!param.type.id && param.type.primitive != Primitive::String) || owns(param.type);
      types += (types.empty() ? "" : ", ") + type;
      params += (params.empty() ? "" : ", ") + (is_value ? type : "const " + type + "&") + " " + name;
      arguments += (arguments.empty() ? "" : ", ") + (owns(param.type) ? "std::move(" + name + ")" : name);
    }
    const std::string result = result_name(function->result, true), name = flat_name(*function);
    line();
    docs(function->docs, "  ");
    if (function->is_async)
      line("  ermine::Result<ermine::ComponentCall<" + result + ">> " + name + "(" + params + ") const { return " +
           name + "_.call_async(" + arguments + "); }");
    else
      line("  ermine::Result<" + result + "> " + name + "(" + params + ") const { return " + name + "_(" + arguments +
           "); }");
    members += "  ermine::TypedComponentFunc<" + result + "(" + types + ")> " + name + "_;\n";
  }
  line();
  line(" private:");
  out_ += members;
}

void HeaderWriter::write_exports_class() {
  const Section& own = sections_.back();
  std::string finds, accessors, members;
  for (const Section& section : sections_) {
    if (!section.exported || !section.interface || section.functions.empty()) continue;
    const std::string type = "::" + section.cpp_space + "::" + free_name(section, "Guest"),
                      name = labels_.at(section.interface);
    finds += "    ERMINE_ASSIGN(found." + name + "_, " + type + "::find(found.instance_));\n";
    accessors += "  const " + type + "& " + name + "() const { return " + name + "_; }\n";
    members += "  " + type + " " + name + "_;\n";
  }
  for (const Function* function : own.functions)
    finds += "    ERMINE_ASSIGN(found." + flat_name(*function) + "_, found.instance_.get_typed_func<decltype(found." +
             flat_name(*function) + "_)::Signature>(" + quoted(function->name) + "));\n";
  if (finds.empty()) return;
  const std::string name = camel_case(world_.name);
  line();
  line("namespace " + world_space_ + " {");
  line();
  docs(world_.docs.empty()
           ? "An instance of a component of the world " + world_.name + ". Must not be used after its store."
           : world_.docs);
  line("class " + name + " {");
  line(" public:");
  line("  // kLink, kUsage if the component does not fit the world; kLimit, and the errors of running code.");
  line("  static ermine::Result<" + name +
       "> instantiate(const ermine::ComponentLinker& linker, ermine::StoreRef store,");
  line("      const ermine::Component& component) {");
  line("    ERMINE_ASSIGN(ermine::ComponentInstance instance, linker.instantiate(store, component));");
  line("    return find(std::move(instance));");
  line("  }");
  line("  static ermine::Result<" + name + "> find(ermine::ComponentInstance instance) {");
  line("    " + name + " found(std::move(instance));");
  out_ += finds;
  line("    return found;");
  line("  }");
  line("  const ermine::ComponentInstance& instance() const { return instance_; }");
  out_ += accessors;
  if (own.functions.empty()) {
    line();
    line(" private:");
  } else {
    write_guest_members(own);
  }
  line("  explicit " + name + "(ermine::ComponentInstance instance) : instance_(std::move(instance)) {}");
  line("  ermine::ComponentInstance instance_;");
  out_ += members;
  line("};");
  line();
  line("}  // namespace " + world_space_);
}

}  // namespace ermine::component::bindgen
