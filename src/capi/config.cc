// What the C API has of configuration, stores and linkers (include/ermine.h).
#include <algorithm>
#include <chrono>

#include "capi/objects.h"
#include "ermine/text.h"

using ermine::Error;
using ermine::ErrorKind;
using ermine::Extern;
using ermine::Result;
using ermine::StoreLimits;
using ermine::capi::StoreState;
using ermine::capi::succeeded;

struct ermine_interrupt_handle_t {
  ermine::InterruptHandle handle;
};
struct ermine_linker_t {
  ermine::Linker linker;
};

extern "C" {

const char* ermine_version(void) { return ERMINE_VERSION; }

// ---- Configuration

void ermine_config_tier_set(wasm_config_t* config, ermine_tier_t tier) {
  config->config.tier = tier == ERMINE_TIER_INTERP      ? ermine::Tier::kInterp
                        : tier == ERMINE_TIER_BASELINE  ? ermine::Tier::kBaseline
                        : tier == ERMINE_TIER_OPTIMIZED ? ermine::Tier::kOptimized
                                                        : ermine::Tier::kAuto;
}
void ermine_config_optimize_set(wasm_config_t* config, bool on) { config->config.optimize = on; }
void ermine_config_optimize_after_set(wasm_config_t* config, uint32_t count) { config->config.optimize_after = count; }
void ermine_config_opt_level_set(wasm_config_t* config, uint32_t level) { config->config.opt_level = level; }
void ermine_config_consume_fuel_set(wasm_config_t* config, bool on) { config->config.consume_fuel = on; }
void ermine_config_max_wasm_stack_set(wasm_config_t* config, uint64_t bytes) { config->config.max_wasm_stack = bytes; }
void ermine_config_max_gc_heap_set(wasm_config_t* config, uint64_t bytes) { config->config.max_gc_heap = bytes; }
void ermine_config_memory_reservation_set(wasm_config_t* config, uint64_t bytes) {
  config->config.memory_reservation = bytes;
}
void ermine_config_verify_code_set(wasm_config_t* config, bool on) { config->config.verify_code = on; }
void ermine_config_debug_info_set(wasm_config_t* config, bool on) { config->config.debug_info = on; }
bool ermine_config_wasm_feature_set(wasm_config_t* config, const char* name, size_t size, bool on) {
  const std::string_view feature(name, size);
  if (feature == "all" && on) return config->config.enable_all_features(), true;
  return succeeded(config->config.set_feature(feature, on));
}

// ---- Modules

bool ermine_wat2wasm(const char* wat, size_t size, wasm_byte_vec_t* out) {
  const Result<std::vector<uint8_t>> bytes = ermine::text_to_binary({wat, size});
  if (!succeeded(bytes)) return false;
  *out = ermine::capi::bytes_of({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  return true;
}
wasm_module_t* ermine_module_from_file(wasm_store_t* store, const char* path, size_t size) {
  Result<ermine::Module> module = ermine::Module::from_file(store->state->store->engine(), std::string(path, size));
  return succeeded(module) ? new wasm_module_t(store->state, *std::move(module)) : nullptr;
}
bool ermine_module_compile_functions(const wasm_module_t* module) {
  return succeeded(module->get<ermine::Module>().compile_functions());
}

// ---- Stores

void ermine_store_limits_init(ermine_store_limits_t* limits) {
  const StoreLimits d = StoreState::limits();
  *limits = {sizeof *limits,       d.memory_bytes,   d.instance_memory_bytes,
             d.total_memory_bytes, d.table_elements, d.total_table_elements,
             d.instances,          d.tables,         d.memories,
             d.gc_heap_bytes};
}
bool ermine_store_limiter(wasm_store_t* store, const ermine_store_limits_t* limits) {
  if (limits->size != sizeof *limits) {
    ermine::capi::set_last_error(Error(ErrorKind::kUsage, "limits of a version that is not known"));
    return false;
  }
  StoreLimits out = store->state->store->limits();
  out.memory_bytes = limits->memory_bytes;
  out.instance_memory_bytes = limits->instance_memory_bytes;
  out.total_memory_bytes = limits->total_memory_bytes;
  out.table_elements = limits->table_elements;
  out.total_table_elements = limits->total_table_elements;
  out.instances = limits->instances;
  out.tables = limits->tables;
  out.memories = limits->memories;
  out.gc_heap_bytes = limits->gc_heap_bytes;
  store->state->store->set_limits(out);
  return true;
}
void* ermine_store_get_data(const wasm_store_t* store) { return store->state->data; }
void ermine_store_set_data(wasm_store_t* store, void* data) { store->state->data = data; }
bool ermine_store_set_fuel(wasm_store_t* store, uint64_t units) {
  return succeeded(store->state->store->set_fuel(units));
}
bool ermine_store_get_fuel(const wasm_store_t* store, uint64_t* units) {
  const std::optional<uint64_t> fuel = store->state->store->fuel();
  if (fuel) *units = *fuel;
  return fuel.has_value();
}
void ermine_store_set_timeout(wasm_store_t* store, uint64_t nanoseconds) {
  constexpr uint64_t kLongest = uint64_t{1} << 60;
  store->state->store->set_timeout(std::chrono::nanoseconds(std::min(nanoseconds, kLongest)));
}
void ermine_store_clear_timeout(wasm_store_t* store) { store->state->store->clear_deadline(); }
ermine_interrupt_handle_t* ermine_interrupt_handle_new(wasm_store_t* store) {
  return new ermine_interrupt_handle_t{store->state->store->interrupt_handle()};
}
void ermine_interrupt_handle_interrupt(const ermine_interrupt_handle_t* handle) { handle->handle.interrupt(); }
void ermine_interrupt_handle_delete(ermine_interrupt_handle_t* handle) { delete handle; }
bool ermine_store_interrupt_requested(const wasm_store_t* store) { return store->state->store->interrupt_requested(); }
int ermine_store_interrupt_fd(wasm_store_t* store) { return store->state->store->interrupt_fd(); }
wasm_trap_t* ermine_store_check_interrupt(wasm_store_t* store) {
  ermine::Result<void> answered = store->state->store->check_interrupt();
  return answered ? nullptr : ermine::capi::new_trap(store->state, std::move(answered).error());
}
void ermine_store_gc(wasm_store_t* store) { store->state->store->collect_garbage(); }

ermine_tag_t* ermine_tag_new(wasm_store_t* store, const wasm_functype_t* type) {
  const Result<ermine::Tag> made = ermine::Tag::create(*store->state->store, {type->to_cxx()});
  return succeeded(made) ? new ermine_tag_t(store->state, *made) : nullptr;
}

// ---- Linkers

ermine_linker_t* ermine_linker_new(wasm_engine_t* engine) {
  return new ermine_linker_t{ermine::Linker(engine->engine)};
}
void ermine_linker_delete(ermine_linker_t* linker) { delete linker; }
void ermine_linker_allow_shadowing(ermine_linker_t* linker, bool allow) { linker->linker.allow_shadowing(allow); }
bool ermine_linker_define(ermine_linker_t* linker, const char* module, size_t module_size, const char* name,
                          size_t name_size, const wasm_extern_t* item) {
  return succeeded(linker->linker.define({module, module_size}, {name, name_size}, ermine::capi::extern_of(*item)));
}
bool ermine_linker_define_instance(ermine_linker_t* linker, const char* module, size_t module_size,
                                   const wasm_instance_t* instance) {
  return succeeded(linker->linker.instance({module, module_size}, instance->get<ermine::Instance>()));
}

bool ermine_linker_module(ermine_linker_t* linker, wasm_store_t* store, const char* name, size_t name_size,
                          const wasm_module_t* module) {
  return succeeded(linker->linker.module(*store->state->store, {name, name_size}, module->get<ermine::Module>()));
}

wasm_extern_t* ermine_caller_export_get(ermine_caller_t* caller, const char* name, size_t size) {
  const std::optional<Extern> found = caller->caller.get_export({name, size});
  return found ? ermine::capi::new_extern(StoreState::of(caller->caller.store()), *found) : nullptr;
}
wasm_store_t* ermine_caller_store(ermine_caller_t* caller) {
  return new wasm_store_t{StoreState::of(caller->caller.store())};
}
bool ermine_caller_consume_fuel(ermine_caller_t* caller, uint64_t units) {
  return succeeded(caller->caller.consume_fuel(units));
}

bool ermine_linker_define_func(ermine_linker_t* linker, const char* module, size_t module_size, const char* name,
                               size_t name_size, const wasm_functype_t* type, ermine_func_callback_t callback,
                               void* env, void (*finalizer)(void*)) {
  return succeeded(
      ermine::capi::define_host_func(linker->linker, {module, module_size}, {name, name_size}, type->to_cxx(),
                                     {.with_caller = callback, .env = ermine::capi::with_finalizer(env, finalizer)}));
}
bool ermine_linker_define_wasi(ermine_linker_t* linker, const ermine_wasi_t* wasi) {
  return succeeded(wasi->wasi.add_to_linker(linker->linker));
}
bool ermine_linker_define_unknown_imports_as_traps(ermine_linker_t* linker, const wasm_module_t* module) {
  return succeeded(linker->linker.define_unknown_imports_as_traps(module->get<ermine::Module>()));
}
wasm_instance_t* ermine_linker_instantiate(const ermine_linker_t* linker, wasm_store_t* store,
                                           const wasm_module_t* module, wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  Result<ermine::Instance> made = linker->linker.instantiate(*store->state->store, module->get<ermine::Module>());
  if (succeeded(made)) return new wasm_instance_t(store->state, *made);
  if (trap != nullptr) *trap = ermine::capi::new_trap(store->state, std::move(made).error());
  return nullptr;
}
wasm_extern_t* ermine_linker_get(const ermine_linker_t* linker, wasm_store_t* store, const char* module,
                                 size_t module_size, const char* name, size_t name_size) {
  const std::optional<Extern> found =
      linker->linker.get(*store->state->store, {module, module_size}, {name, name_size});
  return found ? ermine::capi::new_extern(store->state, *found) : nullptr;
}

wasm_extern_t* ermine_instance_export_get(const wasm_instance_t* instance, const char* name, size_t size) {
  const std::optional<Extern> found = instance->get<ermine::Instance>().get_export({name, size});
  return found ? ermine::capi::new_extern(instance->store, *found) : nullptr;
}

}  // extern "C"
