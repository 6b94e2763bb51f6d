// See wit_dump.h.
#include "wit_dump.h"

#include <algorithm>
#include <vector>

namespace ermine::testing {

using namespace component::wit;

namespace {

class Dump {
 public:
  explicit Dump(const Resolve& resolve) : resolve_(resolve) {}
  std::string out;

  void package(PackageId id) {
    const Package& p = resolve_[id];
    line("package " + p.name.to_string() + quoted(p.docs));
    for (const auto& [name, interface] : p.interfaces) {
      line("interface " + name);
      this->interface(interface);
    }
    for (const auto& [name, world] : p.worlds) {
      const World& w = resolve_[world];
      line("world " + name + " = " + w.name + quoted(w.docs) + gates(w.stability) + " of " +
           resolve_[w.package].name.to_string());
      items("import", w.imports);
      items("export", w.exports);
    }
  }

 private:
  void line(const std::string& s) { out += s + "\n"; }
  static std::string quoted(const std::string& s) {
    std::string result = " \"";
    for (const char c : s) result += c == '\n' ? std::string("\\n") : std::string(1, c);
    return result + "\"";
  }
  static std::string gates(const Stability& s) {
    std::string result;
    if (s.since) result += " since " + s.since->to_string();
    if (!s.unstable.empty()) result += " unstable " + s.unstable;
    if (s.deprecated) result += " deprecated " + s.deprecated->to_string();
    return result;
  }
  static std::string external(const std::optional<std::string>& id) { return id ? " external" + quoted(*id) : ""; }
  std::string owner(const Owner& o) const {
    if (o.interface) return resolve_[o.interface].name.empty() ? "(inline)" : resolve_.name_of(o.interface);
    return o.world ? resolve_.name_of(o.world) : "(none)";
  }
  std::string type(Type t) const {
    if (!t) return "_";
    if (!t.id) return std::string(component::primitive_name(t.primitive));
    const TypeDef& d = resolve_[t.id];
    return d.name.empty() ? shape(d) : owner(d.owner) + "." + d.name;
  }
  std::string shape(const TypeDef& d) const {
    std::string result = "kind " + std::to_string(static_cast<int>(d.kind)) + "(";
    for (const Type& part : d.parts) result += type(part) + ",";
    return result + std::to_string(d.length) + ")";
  }
  void definition(const std::string& name, TypeId id) {
    const TypeDef& d = resolve_[id];
    line("  type " + name + " = " + d.name + " of " + owner(d.owner) + ": " + shape(d) + quoted(d.docs) +
         gates(d.stability) + external(d.external_id));
    for (const Member& member : d.members) line("    " + member.name + ": " + type(member.type) + quoted(member.docs));
  }
  void function(const std::string& name, const Function& f) {
    std::string s = "  func " + name + " = " + f.name + " kind " + std::to_string(static_cast<int>(f.kind)) +
                    (f.is_async ? " async" : "");
    if (f.resource) s += " of " + type(f.resource);
    for (const Param& param : f.params) s += " " + param.name + ": " + type(param.type) + ",";
    line(s + " -> " + type(f.result) + quoted(f.docs) + gates(f.stability) + external(f.external_id));
  }
  void interface(InterfaceId id) {
    const Interface& i = resolve_[id];
    line(" = " + i.name + quoted(i.docs) + gates(i.stability) + " of " + resolve_[i.package].name.to_string());
    for (const auto& [name, type] : i.types) definition(name, type);
    // Methods are printed with their resources, so only the order within a resource, and of other functions, is kept.
    std::vector<std::pair<TypeId, const Function*>> functions;  // pointers into one vector are in its order
    for (const auto& [name, f] : i.functions) functions.emplace_back(f.resource, &f);
    std::sort(functions.begin(), functions.end());
    for (const auto& [resource, f] : functions) function(i.functions.find(f->name) == f ? f->name : "(other)", *f);
  }
  void items(const std::string& verb, const OrderedMap<WorldItem>& items) {
    for (const auto& [key, item] : items) {
      const std::string name = " " + verb + " " + resolve_name(item);
      switch (item.kind) {
        case WorldItemKind::kType:
          line(name);
          definition(item.name, item.type);
          break;
        case WorldItemKind::kFunction:
          line(name);
          function(item.name, item.function);
          break;
        case WorldItemKind::kInterface:
          line(name + " plain '" + item.name + "'" + quoted(item.docs) + gates(item.stability) +
               external(item.external_id));
          if (resolve_[item.interface].name.empty()) interface(item.interface);
          else line("  is " + resolve_.name_of(item.interface));
          break;
      }
    }
  }
  std::string resolve_name(const WorldItem& item) const { return resolve_.name_of(item); }

  const Resolve& resolve_;
};

}  // namespace

std::string dump(const Resolve& resolve, PackageId package) {
  Dump d(resolve);
  d.package(package);
  return std::move(d.out);
}

std::string dump(const Resolve& resolve) {
  std::vector<std::pair<std::string, uint32_t>> names;
  for (uint32_t i = 0; i < resolve.packages.size(); ++i) names.emplace_back(resolve.packages[i].name.to_string(), i);
  std::sort(names.begin(), names.end());
  std::string out;
  for (const auto& [name, i] : names) out += dump(resolve, PackageId{i});
  return out;
}

}  // namespace ermine::testing
