#include "wasm/module.h"

#include "wasm/name_map.h"
#include "wasm/type_registry.h"

namespace ermine::wasm {

Module::~Module() {
  if (!registry) return;
  for (uint32_t first : group_starts) registry->release(types[first]);
}

const TypeDef& Module::type_def(uint32_t type_index) const { return registry->get(types[type_index]); }

const FuncType& Module::func_type(uint32_t func_index) const { return registry->get(functions[func_index].type).func; }

const NameMap& Module::names() const {
  std::call_once(names_once_, [this] { names_ = NameMap::decode(*this); });
  return *names_;
}

std::string_view Module::function_name(uint32_t func_index) const {
  std::string_view name = names().function_name(func_index);
  if (!name.empty()) return name;
  for (const Export& e : exports)
    if (e.kind == ExternKind::kFunc && e.index == func_index) return e.name;
  return {};
}

std::string_view Module::tag_name(uint32_t tag_index) const {
  std::string_view name = names().tag_name(tag_index);
  if (!name.empty()) return name;
  for (const Export& e : exports)
    if (e.kind == ExternKind::kTag && e.index == tag_index) return e.name;
  if (tag_index >= imported_tags) return {};
  for (const Import& i : imports)
    if (i.kind == ExternKind::kTag && tag_index-- == 0) return i.name;
  return {};
}

std::string_view Module::module_name() const { return names().module_name(); }

}  // namespace ermine::wasm
