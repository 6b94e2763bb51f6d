// Linker.
#include "engine/linker.h"
#include "base/format.h"

#include "api/convert.h"
#include "engine/import_match.h"
#include "engine/instantiate.h"
#include "runtime/call.h"

namespace ermine {

Linker::Linker(const Engine& engine) : impl_(std::make_unique<engine::Linker>(engine.impl())) {}
Engine Linker::engine() const { return Engine(impl_->shared_engine()); }
Linker::Linker(std::unique_ptr<engine::Linker> impl) : impl_(std::move(impl)) {}
Linker::~Linker() = default;
Linker::Linker(Linker&&) noexcept = default;
Linker& Linker::operator=(Linker&&) noexcept = default;
Linker Linker::clone() const { return Linker(std::make_unique<engine::Linker>(*impl_)); }

Linker& Linker::allow_shadowing(bool allow) {
  impl_->allow_shadowing(allow);
  return *this;
}

Result<void> Linker::define(std::string_view module, std::string_view name, const Extern& item) {
  if (item.kind() == ExternKind::kFunc && !*item.func())
    return Error(ErrorKind::kUsage, base::format("\"{}\" \"{}\": a null function cannot be defined", module, name));
  return impl_->define(module, name, engine::Linker::StoreItem{item.store_impl(), api::to_internal(item)});
}

Result<void> Linker::define_shared_memory(std::string_view module, std::string_view name, const SharedMemory& memory) {
  return impl_->define(module, name, memory.impl());
}

Result<void> Linker::func_raw(std::string_view module, std::string_view name, FuncType type, RawCallback callback,
                              std::shared_ptr<void> context) {
  return define_host(module, name, {callback, std::move(context), std::move(type)});
}

Result<void> Linker::define_host(std::string_view module, std::string_view name, detail::HostFunction function) {
  ERMINE_ASSIGN(auto host, api::to_internal(impl_->engine(), std::move(function)));
  return impl_->define(module, name, std::move(host));
}

Result<void> Linker::func(std::string_view module, std::string_view name, const FuncType& type, HostCallback callback) {
  return define_host(module, name, api::from_callback(type, std::move(callback)));
}

Result<void> Linker::instance(std::string_view module, const Instance& instance) {
  for (const auto& [name, item] : instance.exports()) ERMINE_TRY(define(module, name, item));
  return {};
}

Result<void> Linker::module(StoreRef store, std::string_view name, const Module& module) {
  ERMINE_ASSIGN(const Instance made, instantiate(store, module));
  const std::optional<Func> initialize = made.get_func("_initialize");
  if (initialize && initialize->type() == FuncType()) ERMINE_TRY(initialize->call({}));
  return instance(name, made);
}

Result<void> Linker::alias(std::string_view module, std::string_view name, std::string_view as_module,
                           std::string_view as_name) {
  return impl_->alias(module, name, as_module, as_name);
}

Result<void> Linker::alias_module(std::string_view module, std::string_view as_module) {
  return impl_->alias_module(module, as_module);
}

namespace {

// A host function with the type that the module declares.
std::shared_ptr<runtime::HostFunction> host_function(const wasm::Module& m, uint32_t func_index) {
  auto f = std::make_shared<runtime::HostFunction>();
  f->registry = m.registry;
  f->type = m.functions[func_index].type;
  m.registry->retain(f->type);
  return f;
}

bool unknown_import_called(void* env, runtime::HostCall& call, runtime::Slot*) {
  return runtime::fail(call, Error::trap(TrapCode::kHost, *static_cast<std::string*>(env)));
}

bool return_zeros(void* env, runtime::HostCall&, runtime::Slot* slots) {
  std::fill_n(slots, *static_cast<uint32_t*>(env), 0);
  return true;
}

}  // namespace

Result<void> Linker::define_unknown_imports_as_traps(const Module& module) {
  const wasm::Module& m = module.impl()->module();
  for (const wasm::Import& i : m.imports) {
    if (i.kind != wasm::ExternKind::kFunc || impl_->find(i.module, i.name)) continue;
    auto f = host_function(m, i.index);
    f->fn = unknown_import_called;
    f->env = std::make_shared<std::string>(base::format("unknown import \"{}\" \"{}\" was called", i.module, i.name));
    ERMINE_TRY(impl_->define(i.module, i.name, std::shared_ptr<const runtime::HostFunction>(std::move(f))));
  }
  return {};
}

Result<void> Linker::define_unknown_imports_as_defaults(StoreRef store, const Module& module) {
  const wasm::Module& m = module.impl()->module();
  runtime::Store* s = store.impl();
  for (const wasm::Import& i : m.imports) {
    if (impl_->find(i.module, i.name)) continue;
    auto own = [&](auto* thing) {
      return impl_->define(i.module, i.name, engine::Linker::StoreItem{s, runtime::ExternValue(thing)});
    };
    auto no_default = [&](wasm::ValType t) { return t.is_ref() && !t.nullable(); };
    const Error impossible(ErrorKind::kLink, base::format("import \"{}\" \"{}\" has no default: {}", i.module, i.name,
                                                          engine::describe_import(m, i)));
    switch (i.kind) {
      case wasm::ExternKind::kFunc: {
        for (wasm::ValType t : m.func_type(i.index).results)
          if (no_default(t)) return impossible.clone();
        auto f = host_function(m, i.index);
        f->fn = return_zeros;
        f->env = std::make_shared<uint32_t>(m.func_type(i.index).result_slots);
        ERMINE_TRY(impl_->define(i.module, i.name, std::shared_ptr<const runtime::HostFunction>(std::move(f))));
        break;
      }
      case wasm::ExternKind::kTable: {
        if (no_default(m.tables[i.index].type.element)) return impossible.clone();
        ERMINE_ASSIGN(runtime::Table * table, s->new_table(m.tables[i.index].type, 0));
        ERMINE_TRY(own(table));
        break;
      }
      case wasm::ExternKind::kMemory: {
        ERMINE_ASSIGN(runtime::Memory * memory, s->new_memory(m.memories[i.index]));
        ERMINE_TRY(own(memory));
        break;
      }
      case wasm::ExternKind::kGlobal:
        if (no_default(m.globals[i.index].type.type)) return impossible.clone();
        ERMINE_TRY(own(s->new_global(m.globals[i.index].type)));
        break;
      case wasm::ExternKind::kTag:
        s->registry().retain(m.tags[i.index].type);
        s->keep_type(m.tags[i.index].type);
        ERMINE_TRY(own(s->new_tag(m.tags[i.index].type)));
        break;
    }
  }
  return {};
}

std::optional<Extern> Linker::get(StoreRef store, std::string_view module, std::string_view name) const {
  const engine::Linker::Item* item = impl_->find(module, name);
  if (!item) return std::nullopt;
  auto value = engine::Linker::bring(*store.impl(), *item);
  if (!value) return std::nullopt;
  return api::to_public(store.impl(), *value);
}

bool Linker::has(std::string_view module, std::string_view name) const { return impl_->find(module, name) != nullptr; }

Result<Instance> Linker::instantiate(StoreRef store, const Module& module) const {
  if (store.impl()->options().registry != module.impl()->engine().registry())
    return Error(ErrorKind::kUsage, "the module and the store belong to different engines");
  ERMINE_ASSIGN(auto imports, impl_->resolve(*store.impl(), module.impl()->module()));
  ERMINE_ASSIGN(runtime::Instance * instance, engine::instantiate(*store.impl(), *module.impl(), imports));
  return Instance(store.impl(), instance);
}

}  // namespace ermine
