// See print.h.
//
// Recursion is bounded: types without name nest at most kMaxTypeNesting deep, and a type with a name is printed as
// that.
#include "component/wit/print.h"

#include <unordered_map>

#include "base/format.h"
#include "base/utf8.h"

namespace ermine::component::wit {
namespace {

class Printer {
 public:
  Printer(const Resolve& resolve, const PrintOptions& options) : resolve_(resolve), options_(options) {}

  void package(PackageId id, bool is_main);
  void type(Type type);
  std::string take() { return std::move(out_); }

 private:
  using Functions = std::vector<const Function*>;
  using ResourceFunctions = std::unordered_map<uint32_t, Functions>;

  // -- lines
  Printer& text(std::string_view s) {
    if (at_line_start_ && !s.empty()) out_.append(2 * indent_, ' ');
    at_line_start_ = false;
    out_ += s;
    return *this;
  }
  Printer& name(std::string_view s) {
    if (keyword_of(s) != Keyword::kNone) text("%");
    return text(s);
  }
  void newline() {
    out_ += '\n';
    at_line_start_ = true;
  }
  void open() {
    text(" {");
    newline();
    ++indent_;
  }
  void close() {
    --indent_;
    text("}");
    newline();
  }
  void end() {
    text(";");
    newline();
  }
  // An empty line between items.
  void next_item() {
    if (has_items_) newline();
    has_items_ = true;
  }

  void docs(std::string_view docs);
  void gates(const Stability& stability, const std::optional<std::string>& external_id);
  void gate(std::string_view gate, std::string_view key, std::string_view value);
  void path(InterfaceId id, PackageId from);
  void interface_items(InterfaceId id);
  void world_items(WorldId id);
  void world_item(const WorldItem& item, PackageId package, std::string_view verb);
  void types(PackageId package, const std::vector<TypeId>& types, const ResourceFunctions& functions);
  void uses(PackageId package, const std::vector<TypeId>& used);
  void definition(const TypeDef& type, const Functions& functions);
  void resource(const TypeDef& type, const Functions& functions);
  void function(const Function& function);
  void shape(const TypeDef& type, bool explicit_own);
  void parts(const TypeDef& type, Keyword keyword);

  const Resolve& resolve_;
  const PrintOptions& options_;
  std::string out_;
  unsigned indent_ = 0;
  bool at_line_start_ = true;
  bool has_items_ = false;
};

void Printer::docs(std::string_view docs) {
  if (!options_.docs || docs.empty()) return;
  while (true) {
    const size_t end = docs.find('\n');
    const std::string_view line = docs.substr(0, end);
    text(line.empty() ? "///" : "/// ").text(line);
    newline();
    if (end == docs.npos) return;
    docs.remove_prefix(end + 1);
  }
}

void Printer::gate(std::string_view gate, std::string_view key, std::string_view value) {
  text("@").text(gate).text("(").text(key).text(" = ").text(value).text(")");
  newline();
}

void Printer::gates(const Stability& stability, const std::optional<std::string>& external_id) {
  const Stability none;
  const Stability& shown = options_.gates ? stability : none;
  if (shown.since) gate("since", "version", shown.since->to_string());
  if (!shown.unstable.empty()) {
    const bool is_keyword = keyword_of(shown.unstable) != Keyword::kNone;
    gate("unstable", "feature", (is_keyword ? "%" : "") + shown.unstable);
  }
  if (shown.deprecated) gate("deprecated", "version", shown.deprecated->to_string());
  if (!external_id) return;
  text("@external-id(\"");
  const auto* const end = reinterpret_cast<const uint8_t*>(external_id->data() + external_id->size());
  for (const auto* p = reinterpret_cast<const uint8_t*>(external_id->data()); p != end;) {
    const unsigned length = base::utf8_length(p, end);
    uint32_t c = length == 1 ? *p : *p & (0x7FU >> length);
    for (unsigned i = 1; i < length; ++i) c = c << 6 | (p[i] & 0x3FU);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       (c < 0x80 && std::string_view("-_./: ").contains(static_cast<char>(c)));
    static constexpr std::pair<char, std::string_view> kEscapes[] = {
        {'\\', "\\\\"}, {'"', "\\\""}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}};
    std::string written = plain ? std::string(1, static_cast<char>(c)) : base::format("\\u{:t}{:x}}", "{", c);
    for (const auto& [character, escape] : kEscapes)
      if (c == static_cast<uint32_t>(character)) written = escape;
    text(written);
    p += length;
  }
  text("\")");
  newline();
}

void Printer::package(PackageId id, bool is_main) {
  const Package& package = resolve_[id];
  docs(package.docs);
  text("package ").name(package.name.space).text(":").name(package.name.name);
  if (package.name.version) text("@").text(package.name.version->to_string());
  if (is_main) {
    end();
    newline();
  } else {
    open();
  }
  for (const auto& [interface_name, interface_id] : package.interfaces) {
    const Interface& interface = resolve_[interface_id];
    docs(interface.docs);
    gates(interface.stability, {});
    text("interface ").name(interface_name);
    open();
    interface_items(interface_id);
    close();
    if (is_main) newline();
  }
  for (const auto& [world_name, world_id] : package.worlds) {
    const World& world = resolve_[world_id];
    docs(world.docs);
    gates(world.stability, {});
    text("world ").name(world_name);
    open();
    world_items(world_id);
    close();
  }
  if (!is_main) close();
}

void Printer::interface_items(InterfaceId id) {
  const bool had_items = std::exchange(has_items_, false);
  const Interface& interface = resolve_[id];
  ResourceFunctions functions;
  Functions freestanding;
  for (const auto& [name, function] : interface.functions) {
    if (function.resource) functions[function.resource.index].push_back(&function);
    else freestanding.push_back(&function);
  }
  std::vector<TypeId> all;
  for (const auto& [name, type] : interface.types) all.push_back(type);
  types(interface.package, all, functions);
  for (const Function* f : freestanding) {
    next_item();
    docs(f->docs);
    gates(f->stability, f->external_id);
    name(f->name).text(": ");
    function(*f);
    end();
  }
  has_items_ = had_items;
}

// In the order of the elaborated world (elaborate.cc); methods are printed within their resources.
void Printer::world_items(WorldId id) {
  const bool had_items = std::exchange(has_items_, false);
  const World& world = resolve_[id];
  std::vector<TypeId> all;
  ResourceFunctions methods;
  std::vector<const WorldItem*> functions;
  for (const auto& [key, item] : world.imports) {
    if (item.kind == WorldItemKind::kType) {
      all.push_back(item.type);
    } else if (item.kind == WorldItemKind::kInterface) {
      world_item(item, world.package, "import ");
      has_items_ = true;
    } else if (item.function.resource) {
      methods[item.function.resource.index].push_back(&item.function);
    } else {
      functions.push_back(&item);
    }
  }
  types(world.package, all, methods);
  for (const WorldItem* item : functions) {
    world_item(*item, world.package, "import ");
    has_items_ = true;
  }
  if (!world.exports.empty()) next_item();
  for (const auto& [key, item] : world.exports) world_item(item, world.package, "export ");
  has_items_ = had_items;
}

void Printer::world_item(const WorldItem& item, PackageId package, std::string_view verb) {
  if (item.kind == WorldItemKind::kFunction) {
    docs(item.function.docs);
    gates(item.function.stability, item.function.external_id);
    text(verb).name(item.name).text(": ");
    function(item.function);
    return end();
  }
  const Interface& interface = resolve_[item.interface];
  docs(interface.name.empty() ? interface.docs : item.docs);
  gates(item.stability, item.external_id);
  text(verb);
  if (!item.name.empty()) name(item.name).text(": ");
  if (interface.name.empty()) {
    text("interface");
    open();
    interface_items(item.interface);
    return close();
  }
  path(item.interface, package);
  end();
}

void Printer::path(InterfaceId id, PackageId from) {
  const Interface& interface = resolve_[id];
  const PackageName& package = resolve_[interface.package].name;
  if (interface.package == from) {
    name(interface.name);
    return;
  }
  name(package.space).text(":").name(package.name).text("/").name(interface.name);
  if (package.version) text("@").text(package.version->to_string());
}

// Used types that follow each other and come from the same interface, with the same gates, share a `use`.
void Printer::uses(PackageId package, const std::vector<TypeId>& used) {
  const TypeDef* last = nullptr;
  InterfaceId from;
  for (const TypeId id : used) {
    const TypeDef& type = resolve_[id];
    const InterfaceId other = resolve_.used_interface(id);
    if (last != nullptr && from == other && (!options_.gates || last->stability == type.stability) &&
        last->external_id == type.external_id) {
      text(", ");
    } else {
      if (last != nullptr) {
        text("}");
        end();
      }
      gates(type.stability, type.external_id);
      text("use ");
      path(other, package);
      text(".{");
      last = &type;
      from = other;
    }
    const std::string& original = resolve_[type.parts[0].id].name;
    name(original);
    if (original != type.name) text(" as ").name(type.name);
  }
  if (last == nullptr) return;
  text("}");
  end();
  has_items_ = true;
}

void Printer::types(PackageId package, const std::vector<TypeId>& types, const ResourceFunctions& functions) {
  static const Functions kNone;
  std::vector<TypeId> used, defined;
  for (const TypeId id : types) (resolve_.used_interface(id) ? used : defined).push_back(id);
  uses(package, used);
  for (const TypeId id : defined) {
    const TypeDef& type = resolve_[id];
    next_item();
    docs(type.docs);
    gates(type.stability, type.external_id);
    const auto found = functions.find(id.index);
    definition(type, found == functions.end() ? kNone : found->second);
  }
}

void Printer::definition(const TypeDef& type, const Functions& functions) {
  std::string_view keyword;
  switch (type.kind) {
    case TypeDefKind::kRecord: keyword = "record "; break;
    case TypeDefKind::kFlags: keyword = "flags "; break;
    case TypeDefKind::kVariant: keyword = "variant "; break;
    case TypeDefKind::kEnum: keyword = "enum "; break;
    case TypeDefKind::kResource: return resource(type, functions);
    default:
      text("type ").name(type.name).text(" = ");
      shape(type, true);
      return end();
  }
  text(keyword).name(type.name);
  open();
  for (const Member& member : type.members) {
    docs(member.docs);
    name(member.name);
    if (member.type) {
      text(type.kind == TypeDefKind::kRecord ? ": " : "(");
      this->type(member.type);
      if (type.kind != TypeDefKind::kRecord) text(")");
    }
    text(",");
    newline();
  }
  close();
}

void Printer::resource(const TypeDef& type, const Functions& functions) {
  text("resource ").name(type.name);
  if (functions.empty()) return end();
  open();
  for (const Function* f : functions) {
    docs(f->docs);
    gates(f->stability, f->external_id);
    if (f->kind != FunctionKind::kConstructor) name(f->item_name()).text(": ");
    if (f->kind == FunctionKind::kStatic) text("static ");
    function(*f);
    end();
  }
  close();
}

void Printer::function(const Function& function) {
  const bool is_constructor = function.kind == FunctionKind::kConstructor;
  if (function.is_async) text("async ");
  text(is_constructor ? "constructor(" : "func(");
  const size_t first = function.kind == FunctionKind::kMethod ? 1 : 0;
  for (size_t i = first; i < function.params.size(); ++i) {
    if (i > first) text(", ");
    name(function.params[i].name).text(": ");
    type(function.params[i].type);
  }
  text(")");
  if (!function.result) return;
  // A constructor that returns its resource does not say so.
  if (is_constructor && function.result.id && resolve_[function.result.id].kind == TypeDefKind::kOwn) return;
  text(" -> ");
  type(function.result);
}

void Printer::type(Type type) {
  if (!type.id) {
    text(type ? primitive_name(type.primitive) : "_");
    return;
  }
  const TypeDef& definition = resolve_[type.id];
  if (definition.name.empty()) shape(definition, false);
  else name(definition.name);
}

void Printer::parts(const TypeDef& type, Keyword keyword) {
  text(text_of(keyword));
  size_t count = type.parts.size();
  while (type.kind != TypeDefKind::kTuple && count > 0 && !type.parts[count - 1]) --count;
  if (count == 0 && type.kind != TypeDefKind::kTuple) return;
  text("<");
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text(", ");
    this->type(type.parts[i]);
  }
  if (type.kind == TypeDefKind::kFixedList) text(", ").text(std::to_string(type.length));
  text(">");
}

void Printer::shape(const TypeDef& type, bool explicit_own) {
  switch (type.kind) {
    case TypeDefKind::kAlias: return this->type(type.parts[0]);
    case TypeDefKind::kList:
    case TypeDefKind::kFixedList: return parts(type, Keyword::kList);
    case TypeDefKind::kMap: return parts(type, Keyword::kMap);
    case TypeDefKind::kTuple: return parts(type, Keyword::kTuple);
    case TypeDefKind::kOption: return parts(type, Keyword::kOption);
    case TypeDefKind::kResult: return parts(type, Keyword::kResult);
    case TypeDefKind::kFuture: return parts(type, Keyword::kFuture);
    case TypeDefKind::kStream: return parts(type, Keyword::kStream);
    case TypeDefKind::kBorrow: return parts(type, Keyword::kBorrow);
    case TypeDefKind::kOwn:
      // `type a = own<b>` is a handle, and `type a = b` another name of the resource.
      return explicit_own ? parts(type, Keyword::kOwn) : this->type(type.parts[0]);
    case TypeDefKind::kRecord:
    case TypeDefKind::kFlags:
    case TypeDefKind::kVariant:
    case TypeDefKind::kEnum:
    case TypeDefKind::kResource: text(type.name); return;  // always have names
  }
}

}  // namespace

std::string print(const Resolve& resolve, PackageId package, std::span<const PackageId> nested,
                  const PrintOptions& options) {
  Printer printer(resolve, options);
  printer.package(package, true);
  for (const PackageId id : nested) printer.package(id, false);
  return printer.take();
}

std::string print_type(const Resolve& resolve, Type type) {
  const PrintOptions options;
  Printer printer(resolve, options);
  printer.type(type);
  return printer.take();
}

}  // namespace ermine::component::wit
