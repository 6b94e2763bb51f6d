// Components of the C API in a library that has none: what could make something says so. The others take what cannot be
// made, so nothing calls them.
#include "capi/objects.h"

namespace {

// Null, false.
bool without_components() {
  ermine::capi::set_last_error(
      ermine::Error(ermine::ErrorKind::kUnsupported, "the library was built without components"));
  return false;
}

}  // namespace

extern "C" {

ermine_component_resource_t* ermine_component_resource_clone(const ermine_component_resource_t*) { return nullptr; }
void ermine_component_resource_delete(ermine_component_resource_t*) {}
bool ermine_component_resource_drop(ermine_component_resource_t*) { return without_components(); }
bool ermine_component_resource_owned(const ermine_component_resource_t*) { return false; }
uint64_t ermine_component_resource_host_rep(const ermine_component_resource_t*) { return 0; }
void ermine_component_resource_type_delete(ermine_component_resource_type_t*) {}
ermine_component_resource_t* ermine_component_resource_host_new(const ermine_component_resource_type_t*, uint64_t) {
  return nullptr;
}

ermine_component_t* ermine_component_new(wasm_engine_t*, const wasm_byte_vec_t*) {
  without_components();
  return nullptr;
}
bool ermine_component_validate(wasm_engine_t*, const wasm_byte_vec_t*) { return without_components(); }
ermine_component_t* ermine_component_clone(const ermine_component_t*) { return nullptr; }
void ermine_component_delete(ermine_component_t*) {}
void ermine_component_imports(const ermine_component_t*, ermine_component_item_vec_t* out) { *out = {0, nullptr}; }
void ermine_component_exports(const ermine_component_t*, ermine_component_item_vec_t* out) { *out = {0, nullptr}; }

void ermine_component_instance_delete(ermine_component_instance_t*) {}
wasm_trap_t* ermine_component_instance_invoke(const ermine_component_instance_t*, const char*, size_t, wasm_name_t*) {
  return nullptr;
}
ermine_component_func_t* ermine_component_instance_get_func(const ermine_component_instance_t*, const char*, size_t,
                                                            const char*, size_t) {
  return nullptr;
}
void ermine_component_func_delete(ermine_component_func_t*) {}
void ermine_component_func_type(const ermine_component_func_t*, wasm_name_t* out) { wasm_byte_vec_new_empty(out); }
wasm_trap_t* ermine_component_func_call(const ermine_component_func_t*, const ermine_component_val_t*, size_t,
                                        ermine_component_val_t*) {
  return nullptr;
}

ermine_component_linker_t* ermine_component_linker_new(wasm_engine_t*) {
  without_components();
  return nullptr;
}
void ermine_component_linker_delete(ermine_component_linker_t*) {}
void ermine_component_linker_allow_shadowing(ermine_component_linker_t*, bool) {}
wasm_store_t* ermine_component_caller_store(ermine_component_caller_t*) { return nullptr; }
bool ermine_component_linker_define_func(ermine_component_linker_t*, const char*, size_t, const char*, size_t,
                                         ermine_component_func_callback_t, void*, void (*)(void*)) {
  return without_components();
}
bool ermine_component_linker_define_resource(ermine_component_linker_t*, const char*, size_t, const char*, size_t,
                                             void (*)(void*, uint64_t), void*, void (*)(void*),
                                             ermine_component_resource_type_t**) {
  return without_components();
}
bool ermine_component_linker_define_instance(ermine_component_linker_t*, const char*, size_t,
                                             const ermine_component_instance_t*) {
  return without_components();
}
bool ermine_component_linker_define_wasi(ermine_component_linker_t*, const ermine_wasi_t*) {
  return without_components();
}
bool ermine_component_linker_define_unknown_imports_as_traps(ermine_component_linker_t*, const ermine_component_t*) {
  return without_components();
}
ermine_component_instance_t* ermine_component_linker_instantiate(const ermine_component_linker_t*, wasm_store_t*,
                                                                 const ermine_component_t*, wasm_trap_t** trap) {
  if (trap != nullptr) *trap = nullptr;
  without_components();
  return nullptr;
}

ermine_component_call_t* ermine_component_func_call_async(const ermine_component_func_t*, const ermine_component_val_t*,
                                                          size_t, wasm_trap_t** trap) {
  *trap = nullptr;
  return nullptr;
}
void ermine_component_call_delete(ermine_component_call_t*) {}
bool ermine_component_call_done(const ermine_component_call_t*) { return true; }
wasm_trap_t* ermine_component_call_take(ermine_component_call_t*, ermine_component_val_t*) { return nullptr; }
wasm_trap_t* ermine_component_call_wait(ermine_component_call_t*, ermine_component_val_t*) { return nullptr; }
wasm_trap_t* ermine_component_call_cancel(ermine_component_call_t*) { return nullptr; }
bool ermine_component_call_was_cancelled(const ermine_component_call_t*) { return false; }
void ermine_component_call_on_done(ermine_component_call_t*, void (*)(void*), void*) {}
wasm_trap_t* ermine_component_event_loop_run_some(wasm_store_t*, bool* ran) {
  *ran = false;
  return nullptr;
}
int ermine_component_event_loop_fd(wasm_store_t*) { return without_components(), -1; }

void ermine_component_reply_complete(ermine_component_reply_t*, ermine_component_val_t*) {}
void ermine_component_reply_fail(ermine_component_reply_t*, const char*, size_t) {}
void ermine_component_reply_cancelled(ermine_component_reply_t*) {}
bool ermine_component_reply_cancel_requested(const ermine_component_reply_t*) { return false; }
void ermine_component_reply_on_cancel(ermine_component_reply_t*, void (*)(void*), void*) {}
bool ermine_component_linker_define_async_func(ermine_component_linker_t*, const char*, size_t, const char*, size_t,
                                               ermine_component_async_func_callback_t, void*, void (*)(void*)) {
  return without_components();
}

void ermine_component_stream_new(wasm_store_t*, ermine_component_valkind_t, ermine_component_end_t** writer,
                                 ermine_component_end_t** reader) {
  *writer = *reader = nullptr;
}
void ermine_component_future_new(wasm_store_t*, ermine_component_end_t** writer, ermine_component_end_t** reader) {
  *writer = *reader = nullptr;
}
void ermine_component_end_delete(ermine_component_end_t*) {}
bool ermine_component_end_to_val(ermine_component_end_t*, ermine_component_val_t* out) {
  out->kind = ERMINE_COMPONENT_NONE;
  return without_components();
}
ermine_component_end_t* ermine_component_end_from_val(wasm_store_t*, const ermine_component_val_t*) { return nullptr; }
void ermine_component_end_cancel(ermine_component_end_t*) {}
bool ermine_component_end_is_over(const ermine_component_end_t*) { return true; }
bool ermine_component_end_read(ermine_component_end_t*, size_t, ermine_component_read_callback_t, void*) {
  return without_components();
}
bool ermine_component_end_write(ermine_component_end_t*, const ermine_component_val_t*,
                                ermine_component_write_callback_t, void*) {
  return without_components();
}

}  // extern "C"
