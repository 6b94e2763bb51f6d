// Instance and Linker.

#include "api/convert.h"
#include "base/format.h"
#include "engine/instantiate.h"

namespace ermine {

namespace {

Result<void> check_engine(StoreRef store, const Module& module) {
  if (store.impl()->options().registry != module.impl()->engine().registry())
    return Error(ErrorKind::kUsage, "the module and the store belong to different engines");
  return {};
}

}  // namespace

// --- Instance

Result<Instance> Instance::create(StoreRef store, const Module& module, std::span<const Extern> imports) {
  ERMINE_TRY(check_engine(store, module));
  std::vector<runtime::ExternValue> values;
  values.reserve(imports.size());
  for (size_t i = 0; i < imports.size(); ++i) {
    const Extern& e = imports[i];
    if (e.kind() == ExternKind::kFunc && !*e.func())
      return Error(ErrorKind::kUsage, base::format("import {} is a null function", i));
    ERMINE_ASSIGN(runtime::ExternValue value,
                  engine::Linker::bring(*store.impl(), engine::Linker::StoreItem{e.store_impl(), api::to_internal(e)}));
    values.push_back(value);
  }
  ERMINE_ASSIGN(runtime::Instance * instance, engine::instantiate(*store.impl(), *module.impl(), values));
  return Instance(store.impl(), instance);
}

Module Instance::module() const {
  return Module(std::static_pointer_cast<const engine::CompiledModule>(impl_->compiled()));
}

std::optional<Extern> Instance::get_export(std::string_view name) const {
  auto value = engine::find_export(*impl_, name);
  if (!value) return std::nullopt;
  return api::to_public(store_, *value);
}

std::optional<Func> Instance::get_func(std::string_view name) const {
  auto e = get_export(name);
  return e ? e->func() : std::nullopt;
}
std::optional<Table> Instance::get_table(std::string_view name) const {
  auto e = get_export(name);
  return e ? e->table() : std::nullopt;
}
std::optional<Memory> Instance::get_memory(std::string_view name) const {
  auto e = get_export(name);
  return e ? e->memory() : std::nullopt;
}
std::optional<Global> Instance::get_global(std::string_view name) const {
  auto e = get_export(name);
  return e ? e->global() : std::nullopt;
}
std::optional<Tag> Instance::get_tag(std::string_view name) const {
  auto e = get_export(name);
  return e ? e->tag() : std::nullopt;
}

Result<Func> Instance::require_func(std::string_view name) const {
  auto e = get_export(name);
  if (!e) return Error(ErrorKind::kUsage, base::format("the module exports nothing named \"{}\"", name));
  if (auto f = e->func()) return *f;
  return Error(ErrorKind::kUsage,
               base::format("the export \"{}\" is a {}, not a function", name, to_string(e->kind())));
}

std::vector<std::pair<std::string_view, Extern>> Instance::exports() const {
  std::vector<std::pair<std::string_view, Extern>> out;
  out.reserve(impl_->module().exports.size());
  for (const wasm::Export& e : impl_->module().exports)
    out.emplace_back(e.name, api::to_public(store_, engine::export_value(*impl_, e)));
  return out;
}

}  // namespace ermine
