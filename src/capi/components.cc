// Components of the C API: linkers, instances, functions and resources (ermine_component.h).
#include "capi/component_objects.h"

using ermine::Component;
using ermine::ComponentCaller;
using ermine::ComponentFunc;
using ermine::ComponentInstance;
using ermine::ComponentItem;
using ermine::ComponentItemKind;
using ermine::Error;
using ermine::ErrorKind;
using ermine::HostResourceType;
using ermine::Result;
using ermine::capi::bytes_of;
using ermine::capi::from_value;
using ermine::capi::LentVals;
using ermine::capi::StoreState;
using ermine::capi::succeeded;
using ermine::capi::to_value;
using ermine::component::Resource;
using ermine::component::ResourceRef;
using ermine::component::Value;
using ermine::component::ValueKind;

namespace {

std::span<const uint8_t> component_bytes(const wasm_byte_vec_t* bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes->data), bytes->size};
}

static_assert(static_cast<int>(ComponentItemKind::kFunc) == ERMINE_COMPONENT_ITEM_FUNC &&
              static_cast<int>(ComponentItemKind::kValue) == ERMINE_COMPONENT_ITEM_VALUE);
ermine_component_item_vec_t items_of(const std::vector<ComponentItem>& items) {
  ermine_component_item_vec_t out{items.size(), items.empty() ? nullptr : new ermine_component_item_t[items.size()]};
  for (auto* to = out.data; const ComponentItem& item : items)
    *to++ = {static_cast<ermine_component_itemkind_t>(item.kind), bytes_of(item.interface), bytes_of(item.name),
             bytes_of(item.type)};
  return out;
}

}  // namespace

extern "C" {

// ---- Resources

ermine_component_resource_t* ermine_component_resource_clone(const ermine_component_resource_t* resource) {
  return resource != nullptr ? new ermine_component_resource_t{resource->value.clone()} : nullptr;
}
void ermine_component_resource_delete(ermine_component_resource_t* resource) { delete resource; }
bool ermine_component_resource_drop(ermine_component_resource_t* resource) {
  const std::unique_ptr<ermine_component_resource_t> owned(resource);
  Result<Resource> taken = Resource::from_value(owned->value);
  return succeeded(taken) && succeeded(taken->drop());
}
bool ermine_component_resource_owned(const ermine_component_resource_t* resource) {
  return resource->value.kind() == ValueKind::kOwn;
}
uint64_t ermine_component_resource_host_rep(const ermine_component_resource_t* resource) {
  const ValueKind kind = resource->value.kind();
  if (kind != ValueKind::kOwn && kind != ValueKind::kBorrow) return 0;
  return ResourceRef(resource->value.as_handle().owner).rep();
}
void ermine_component_resource_type_delete(ermine_component_resource_type_t* type) { delete type; }
ermine_component_resource_t* ermine_component_resource_host_new(const ermine_component_resource_type_t* type,
                                                                uint64_t rep) {
  return new ermine_component_resource_t{type->type.make(rep).into_value()};
}

// ---- Components

ermine_component_t* ermine_component_new(wasm_engine_t* engine, const wasm_byte_vec_t* binary) {
  Result<Component> made = Component::compile(engine->engine, component_bytes(binary));
  return succeeded(made) ? new ermine_component_t{*std::move(made)} : nullptr;
}
bool ermine_component_validate(wasm_engine_t* engine, const wasm_byte_vec_t* binary) {
  return succeeded(Component::validate(engine->engine, component_bytes(binary)));
}
ermine_component_t* ermine_component_clone(const ermine_component_t* component) {
  return new ermine_component_t(*component);
}
void ermine_component_delete(ermine_component_t* component) { delete component; }
void ermine_component_imports(const ermine_component_t* component, ermine_component_item_vec_t* out) {
  *out = items_of(component->component.imports());
}
void ermine_component_exports(const ermine_component_t* component, ermine_component_item_vec_t* out) {
  *out = items_of(component->component.exports());
}

// ---- Instances and functions

void ermine_component_instance_delete(ermine_component_instance_t* instance) { delete instance; }
wasm_trap_t* ermine_component_instance_invoke(const ermine_component_instance_t* instance, const char* call,
                                              size_t call_size, wasm_name_t* result) {
  wasm_byte_vec_new_empty(result);
  Result<std::string> text = instance->instance.invoke({call, call_size});
  if (!text) return ermine::capi::new_trap(instance->store, std::move(text).error());
  *result = bytes_of(*text);
  return nullptr;
}
ermine_component_func_t* ermine_component_instance_get_func(const ermine_component_instance_t* instance,
                                                            const char* instance_name, size_t instance_name_size,
                                                            const char* name, size_t name_size) {
  const std::string_view in(instance_name, instance_name_size), text(name, name_size);
  std::optional<ComponentFunc> func =
      in.empty() ? instance->instance.get_func(text) : instance->instance.get_func(in, text);
  return func ? new ermine_component_func_t{instance->store, *std::move(func)} : nullptr;
}
void ermine_component_func_delete(ermine_component_func_t* func) { delete func; }
void ermine_component_func_type(const ermine_component_func_t* func, wasm_name_t* out) {
  *out = bytes_of(func->func.type());
}
wasm_trap_t* ermine_component_func_call(const ermine_component_func_t* func, const ermine_component_val_t* args,
                                        size_t arg_count, ermine_component_val_t* result) {
  *result = {.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}};
  Result<std::vector<Value>> values = ermine::capi::arguments_of(args, arg_count);
  if (!values) return ermine::capi::new_trap(func->store, std::move(values).error());
  Result<std::optional<Value>> returned = func->func.call(*values);
  if (!returned) return ermine::capi::new_trap(func->store, std::move(returned).error());
  if (*returned) *result = from_value(**returned);
  return nullptr;
}

// ---- Linkers

ermine_component_linker_t* ermine_component_linker_new(wasm_engine_t* engine) {
  return new ermine_component_linker_t{ermine::ComponentLinker(engine->engine)};
}
void ermine_component_linker_delete(ermine_component_linker_t* linker) { delete linker; }
void ermine_component_linker_allow_shadowing(ermine_component_linker_t* linker, bool allow) {
  linker->linker.allow_shadowing(allow);
}
wasm_store_t* ermine_component_caller_store(ermine_component_caller_t* caller) {
  return new wasm_store_t{StoreState::of(caller->caller.store())};
}
bool ermine_component_linker_define_func(ermine_component_linker_t* linker, const char* instance_name,
                                         size_t instance_name_size, const char* name, size_t name_size,
                                         ermine_component_func_callback_t callback, void* env,
                                         void (*finalizer)(void*)) {
  return succeeded(linker->linker.func(
      {instance_name, instance_name_size}, {name, name_size},
      [callback, kept = ermine::capi::with_finalizer(env, finalizer)](
          ComponentCaller& caller, std::span<const Value> args) -> Result<std::optional<Value>> {
        const LentVals in(args);
        ermine_component_val_t out{.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}};
        ermine_component_caller_t of{caller};
        if (wasm_trap_t* trap = callback(kept.get(), &of, in.data(), in.size(), &out)) {
          ermine_component_val_delete(&out);
          return ermine::capi::take_error(trap);
        }
        if (out.kind == ERMINE_COMPONENT_NONE) return std::optional<Value>();
        Result<Value> value = to_value(out);
        ermine_component_val_delete(&out);
        if (!value) return Error(ErrorKind::kUsage, "the result of a function of the host: " + value.error().message());
        return std::optional<Value>(*std::move(value));
      }));
}
bool ermine_component_linker_define_resource(ermine_component_linker_t* linker, const char* instance_name,
                                             size_t instance_name_size, const char* name, size_t name_size,
                                             void (*destructor)(void* env, uint64_t rep), void* env,
                                             void (*finalizer)(void*), ermine_component_resource_type_t** type) {
  Result<HostResourceType> made = linker->linker.resource(
      {instance_name, instance_name_size}, {name, name_size},
      [destructor, kept = ermine::capi::with_finalizer(env, finalizer)](uint64_t rep) -> Result<void> {
        if (destructor != nullptr) destructor(kept.get(), rep);
        return {};
      });
  if (!succeeded(made)) return false;
  *type = new ermine_component_resource_type_t{*std::move(made)};
  return true;
}
bool ermine_component_linker_define_instance(ermine_component_linker_t* linker, const char* name, size_t name_size,
                                             const ermine_component_instance_t* instance) {
  return succeeded(linker->linker.instance({name, name_size}, instance->instance));
}
bool ermine_component_linker_define_wasi(ermine_component_linker_t* linker, const ermine_wasi_t* wasi) {
  return succeeded(wasi->wasi.add_to_linker(linker->linker));
}
bool ermine_component_linker_define_unknown_imports_as_traps(ermine_component_linker_t* linker,
                                                             const ermine_component_t* component) {
  return succeeded(linker->linker.define_unknown_imports_as_traps(component->component));
}
ermine_component_instance_t* ermine_component_linker_instantiate(const ermine_component_linker_t* linker,
                                                                 wasm_store_t* store,
                                                                 const ermine_component_t* component,
                                                                 wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  Result<ComponentInstance> made = linker->linker.instantiate(*store->state->store, component->component);
  if (succeeded(made)) return new ermine_component_instance_t{store->state, *std::move(made)};
  if (trap != nullptr) *trap = ermine::capi::new_trap(store->state, std::move(made).error());
  return nullptr;
}

}  // extern "C"
