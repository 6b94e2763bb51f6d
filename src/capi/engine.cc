// Engines, stores, modules and instances of the C API, and the errors of what returns null.
#include <cstring>

#include "capi/objects.h"
#include "ermine/printable.h"

using ermine::Engine;
using ermine::Error;
using ermine::Module;
using ermine::Result;
using ermine::capi::set_last_error;
using ermine::capi::SharedStore;
using ermine::capi::succeeded;

namespace ermine::capi {
namespace {

thread_local std::string the_last_error;

}  // namespace

void set_last_error(const Error& error) { the_last_error = error.to_string(); }

wasm_trap_t* new_trap(const SharedStore& store, Error error) {
  auto trap = std::make_shared<Trap>();
  if (error.kind() == ErrorKind::kException) trap->exception = take_exception(*store->store);
  trap->error = std::move(error);
  return new wasm_trap_t(store, std::move(trap));
}
Error take_error(wasm_trap_t* trap) {
  const std::unique_ptr<wasm_trap_t> owned(trap);
  const Trap& t = *trap->get<std::shared_ptr<Trap>>();
  return t.exception.is_null() ? t.error.clone() : throw_exception(trap->store_ref(), t.exception);
}

}  // namespace ermine::capi

namespace {

std::span<const uint8_t> span_of(const wasm_byte_vec_t* bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes->data), bytes->size};
}
const Error& error_of(const wasm_trap_t* trap) { return trap->get<std::shared_ptr<ermine::capi::Trap>>()->error; }
wasm_message_t message_of(std::string_view text) {
  wasm_message_t out;
  wasm_byte_vec_new_uninitialized(&out, text.size() + 1);
  std::memcpy(out.data, text.data(), text.size());
  out.data[text.size()] = 0;
  return out;
}

}  // namespace

extern "C" {

const char* ermine_last_error(void) { return ermine::capi::the_last_error.c_str(); }

wasm_config_t* wasm_config_new(void) { return new wasm_config_t; }
void wasm_config_delete(wasm_config_t* config) { delete config; }

wasm_engine_t* wasm_engine_new(void) { return new wasm_engine_t; }
wasm_engine_t* wasm_engine_new_with_config(wasm_config_t* config) {
  auto* engine = new wasm_engine_t{Engine(config->config)};
  delete config;
  return engine;
}
void wasm_engine_delete(wasm_engine_t* engine) { delete engine; }

wasm_store_t* wasm_store_new(wasm_engine_t* engine) {
  return new wasm_store_t{std::make_shared<ermine::capi::StoreState>(engine->engine)};
}
void wasm_store_delete(wasm_store_t* store) { delete store; }

// ---- Modules

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  Result<Module> module = Module::compile(store->state->store->engine(), span_of(binary));
  return succeeded(module) ? new wasm_module_t(store->state, *std::move(module)) : nullptr;
}
bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return succeeded(Module::validate(store->state->store->engine(), span_of(binary)));
}
void wasm_module_imports(const wasm_module_t* module, wasm_importtype_vec_t* out) {
  const std::vector<ermine::ImportType> imports = module->get<Module>().imports();
  wasm_importtype_vec_new_uninitialized(out, imports.size());
  for (size_t i = 0; i < imports.size(); ++i)
    out->data[i] =
        new wasm_importtype_t{ermine::capi::bytes_of(imports[i].module), ermine::capi::bytes_of(imports[i].name),
                              ermine::capi::new_externtype(imports[i].type)};
}
void wasm_module_exports(const wasm_module_t* module, wasm_exporttype_vec_t* out) {
  const std::vector<ermine::ExportType> exports = module->get<Module>().exports();
  wasm_exporttype_vec_new_uninitialized(out, exports.size());
  for (size_t i = 0; i < exports.size(); ++i)
    out->data[i] =
        new wasm_exporttype_t{ermine::capi::bytes_of(exports[i].name), ermine::capi::new_externtype(exports[i].type)};
}
void wasm_module_serialize(const wasm_module_t* module, wasm_byte_vec_t* out) {
  const std::span<const uint8_t> bytes = module->get<Module>().bytes();
  wasm_byte_vec_new(out, bytes.size(), reinterpret_cast<const wasm_byte_t*>(bytes.data()));
}
wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* bytes) {
  return wasm_module_new(store, bytes);
}
wasm_shared_module_t* wasm_module_share(const wasm_module_t* module) {
  return new wasm_shared_module_t{module->get<Module>()};
}
wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  if (shared->module.engine() == store->state->store->engine()) return new wasm_module_t(store->state, shared->module);
  set_last_error(Error(ermine::ErrorKind::kUsage, "the module was compiled by another engine"));
  return nullptr;
}
void wasm_shared_module_delete(wasm_shared_module_t* shared) { delete shared; }

// ---- Instances

wasm_instance_t* wasm_instance_new(wasm_store_t* store, const wasm_module_t* module, const wasm_extern_vec_t* imports,
                                   wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  std::vector<ermine::Extern> items;
  // A vector that is too long is no error in the standard's examples, which pass arrays of any size.
  const size_t wanted = module->get<Module>().imports().size();
  for (size_t i = 0; imports != nullptr && i < imports->size && i < wanted; ++i)
    items.push_back(ermine::capi::extern_of(*imports->data[i]));
  Result<ermine::Instance> made = ermine::Instance::create(*store->state->store, module->get<Module>(), items);
  if (succeeded(made)) return new wasm_instance_t(store->state, *made);
  if (trap != nullptr) *trap = ermine::capi::new_trap(store->state, std::move(made).error());
  return nullptr;
}
void wasm_instance_exports(const wasm_instance_t* instance, wasm_extern_vec_t* out) {
  const auto exports = instance->get<ermine::Instance>().exports();
  wasm_extern_vec_new_uninitialized(out, exports.size());
  for (size_t i = 0; i < exports.size(); ++i)
    out->data[i] = ermine::capi::new_extern(instance->store, exports[i].second);
}

// ---- Traps

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  std::string_view text = ermine::capi::view_of(*message);
  if (text.ends_with('\0')) text.remove_suffix(1);
  return ermine::capi::new_trap(store->state, Error(ermine::ErrorKind::kTrap, ermine::printable(text)));
}
void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) { *out = message_of(error_of(trap).message()); }
wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  const auto& frames = error_of(trap).backtrace();
  return frames.empty() ? nullptr : new wasm_frame_t{frames.front()};
}
void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  const auto& frames = error_of(trap).backtrace();
  wasm_frame_vec_new_uninitialized(out, frames.size());
  for (size_t i = 0; i < frames.size(); ++i) out->data[i] = new wasm_frame_t{frames[i]};
}

void wasm_frame_delete(wasm_frame_t* frame) { delete frame; }
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) { return new wasm_frame_t(*frame); }
wasm_instance_t* wasm_frame_instance(const wasm_frame_t*) { return nullptr; }
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) { return frame->frame.func_index; }
size_t wasm_frame_func_offset(const wasm_frame_t* frame) { return frame->frame.func_offset; }
size_t wasm_frame_module_offset(const wasm_frame_t* frame) { return frame->frame.offset; }
const char* ermine_frame_func_name(const wasm_frame_t* frame) { return frame->frame.func_name.c_str(); }
const char* ermine_frame_module_name(const wasm_frame_t* frame) { return frame->frame.module_name.c_str(); }

ermine_error_kind_t ermine_trap_kind(const wasm_trap_t* trap) {
  return static_cast<ermine_error_kind_t>(error_of(trap).kind());
}
uint8_t ermine_trap_code(const wasm_trap_t* trap) { return static_cast<uint8_t>(error_of(trap).trap_code()); }
bool ermine_trap_exit_status(const wasm_trap_t* trap, int32_t* status) {
  const Error& error = error_of(trap);
  if (error.kind() != ermine::ErrorKind::kExit) return false;
  *status = error.exit_code();
  return true;
}

}  // extern "C"
