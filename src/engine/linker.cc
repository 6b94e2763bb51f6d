#include "engine/linker.h"

#include "base/format.h"
#include "engine/import_match.h"

namespace ermine::engine {

using runtime::ExternValue;

Result<void> Linker::define(std::string_view module, std::string_view name, Item item) {
  auto at = modules_.find(module);
  if (at == modules_.end()) at = modules_.emplace(module, Items{}).first;
  auto [it, added] = at->second.try_emplace(std::string(name), item);
  if (added) return {};
  if (!shadowing_) {
    return Error(ErrorKind::kUsage, base::format("\"{}\" \"{}\" is defined already; Linker::allow_shadowing lets a "
                                                 "definition replace another",
                                                 module, name));
  }
  it->second = std::move(item);
  return {};
}

const Linker::Item* Linker::find(std::string_view module, std::string_view name) const {
  auto at = modules_.find(module);
  if (at == modules_.end()) return nullptr;
  auto it = at->second.find(name);
  return it == at->second.end() ? nullptr : &it->second;
}

Result<void> Linker::alias(std::string_view module, std::string_view name, std::string_view as_module,
                           std::string_view as_name) {
  const Item* item = find(module, name);
  if (!item) return Error(ErrorKind::kUsage, base::format("\"{}\" \"{}\" is not defined", module, name));
  return define(as_module, as_name, *item);
}

Result<void> Linker::alias_module(std::string_view module, std::string_view as_module) {
  auto at = modules_.find(module);
  if (at == modules_.end()) return Error(ErrorKind::kUsage, base::format("no definition in \"{}\"", module));
  if (module == as_module) return {};
  const Items items = at->second;
  for (const auto& [name, item] : items) ERMINE_TRY(define(as_module, name, item));
  return {};
}

Result<ExternValue> Linker::bring(runtime::Store& store, const Item& item) {
  if (const auto* host = std::get_if<std::shared_ptr<const runtime::HostFunction>>(&item)) {
    if ((*host)->registry != store.options().registry)
      return Error(ErrorKind::kUsage, "the linker and the store belong to different engines");
    return ExternValue(store.host_func(*host));
  }
  if (const auto* memory = std::get_if<std::shared_ptr<runtime::Memory>>(&item))
    return ExternValue(store.use_shared_memory(*memory));
  const auto& own = std::get<StoreItem>(item);
  if (own.store != &store) {
    if (own.value.kind == wasm::ExternKind::kMemory)
      if (auto shared = own.store->shared_memory(own.value.memory))
        return ExternValue(store.use_shared_memory(std::move(shared)));
    return Error(ErrorKind::kUsage, "the definition belongs to another store");
  }
  return own.value;
}

Result<std::vector<ExternValue>> Linker::resolve(runtime::Store& store, const wasm::Module& module) const {
  std::vector<ExternValue> values;
  values.reserve(module.imports.size());
  for (const wasm::Import& import : module.imports) {
    const Item* item = find(import.module, import.name);
    if (!item) return unknown_import(module, import);
    auto value = bring(store, *item);
    if (!value)
      return std::move(value).error().with_context(base::format("import \"{}\" \"{}\"", import.module, import.name));
    values.push_back(*value);
  }
  return values;
}

}  // namespace ermine::engine
