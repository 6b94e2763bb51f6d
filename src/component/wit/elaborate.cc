// What a world imports implicitly: every interface whose types an import, an export or a used type needs. See
// package_resolver.h; WIT.md, "Transitive imports and worlds".
//
// An exported interface that needs another one takes that from the exports if they have it, otherwise from the imports.
// It is an error if one exported interface needs another one both ways, because these would be different types:
// export a and c, where c uses types of a and b, and b, which is not exported and so imported, uses types of a.
//
// The order of imports is that in which a printed world has them, and the same for every text with the same meaning:
// interfaces, used types, other types, functions, methods.
#include <algorithm>
#include <unordered_set>

#include "base/format.h"
#include "component/wit/package_resolver.h"

namespace ermine::component::wit {

struct PackageResolver::Elaboration {
  const syntax::Name& at;
  OrderedMap<WorldItem> written_imports, exported_interfaces;  // as the text has them
  OrderedMap<WorldItem> imports, exports;  // the result
  std::unordered_set<uint32_t> needed_imports;  // interfaces that exports need as imports

  // The import or export of an interface that another one with these gates needs. If the text has it as well, wherever
  // that is, its documentation and gates are those of the text.
  WorldItem needed(InterfaceId interface, const Stability& stability, bool is_export) const {
    const WorldItem* written = (is_export ? exported_interfaces : written_imports).find(key_of(interface));
    WorldItem item;
    if (written != nullptr) item = *written;
    item.interface = interface;
    if (item.stability.is_unknown()) item.stability = stability;
    return item;
  }
};

namespace {

int import_class(const Resolve& resolve, const WorldItem& item) {
  switch (item.kind) {
    case WorldItemKind::kInterface: return 0;
    case WorldItemKind::kType: return resolve.used_interface(item.type) ? 1 : 2;
    case WorldItemKind::kFunction: return item.function.kind == FunctionKind::kFreestanding ? 3 : 4;
  }
  return 4;
}

OrderedMap<WorldItem> sorted(const Resolve& resolve, OrderedMap<WorldItem> items) {
  std::vector<std::pair<int, size_t>> order;
  size_t i = 0;
  for (const auto& [key, item] : items) order.emplace_back(import_class(resolve, item), i++);
  std::sort(order.begin(), order.end());
  OrderedMap<WorldItem> out;
  for (const auto& [rank, number] : order) {
    auto& entry = *(items.begin() + static_cast<std::ptrdiff_t>(number));
    out.add(std::move(entry.name), std::move(entry.value));
  }
  return out;
}

}  // namespace

void PackageResolver::elaborate(WorldId id, const syntax::Name& at) {
  Elaboration e{at, sorted(resolve_, std::move(resolve_[id].imports)), {}, {}, {}, {}};
  for (const auto& [key, item] : e.written_imports) {
    if (item.kind == WorldItemKind::kType)
      if (const InterfaceId used = resolve_.used_interface(item.type))
        elaborate_import(e, e.needed(used, resolve_[item.type].stability, false));
    if (item.kind == WorldItemKind::kInterface) elaborate_import(e, item);
    else e.imports.add(key, item);
  }
  for (const auto& [key, item] : resolve_[id].exports) {
    if (item.kind == WorldItemKind::kInterface) e.exported_interfaces.add(key, item);
    else e.exports.add(key, item);
  }
  for (const auto& [key, item] : e.exported_interfaces) {
    if (!ok()) return;
    if (!elaborate_export(e, item, true) && ok())
      fail(at,
           base::format("the export of {} needs an interface both as an import and as an export of this world",
                        resolve_.name_of(item)),
           "export the interfaces as well through which it is imported");
  }
  resolve_[id].imports = sorted(resolve_, std::move(e.imports));
  resolve_[id].exports = std::move(e.exports);
}

// Recursion is bounded by kMaxUseDepth.
void PackageResolver::elaborate_import(Elaboration& e, const WorldItem& item) {
  const std::string key = key_of(item);
  if (e.imports.find(key) != nullptr) return;
  for (const InterfaceId used : resolve_.used_interfaces(item.interface)) {
    if (!charge(sizeof(WorldItem) / 8, e.at)) return;
    elaborate_import(e, e.needed(used, item.stability, false));
  }
  if (charge(sizeof(WorldItem), e.at)) e.imports.add(key, item);
}

// Adds an interface that an export needs, as an export or as an import. False if it would be needed both ways.
bool PackageResolver::elaborate_export(Elaboration& e, const WorldItem& item, bool is_export) {
  const std::string key = key_of(item);
  if (e.exports.find(key) != nullptr) return is_export;
  if (!is_export && e.needed_imports.contains(item.interface.index)) return true;
  for (const InterfaceId used : resolve_.used_interfaces(item.interface)) {
    if (!charge(sizeof(WorldItem) / 8, e.at)) return false;
    const bool exported = is_export && e.exported_interfaces.find(key_of(used)) != nullptr;
    if (!elaborate_export(e, e.needed(used, item.stability, exported), exported)) return false;
  }
  if (!charge(sizeof(WorldItem), e.at)) return false;
  if (is_export) {
    if (item.name.empty() && e.needed_imports.contains(item.interface.index)) return false;
    e.exports.add(key, item);
  } else {
    e.needed_imports.insert(item.interface.index);
    e.imports.add(key, item);
  }
  return true;
}

}  // namespace ermine::component::wit
