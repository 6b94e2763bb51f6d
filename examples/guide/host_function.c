/* A module calls functions of the host, which see its memory. usage: guide_host_function host_function.wat */
#include "guide.h"

static wasm_trap_t* new_trap(ermine_caller_t* caller, const char* text) {
  wasm_store_t* store = ermine_caller_store(caller);
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, text);
  wasm_trap_t* trap = wasm_trap_new(store, &message);
  wasm_byte_vec_delete(&message);
  wasm_store_delete(store);
  return trap;
}

/* env.log: func(text: pointer, size: u32). Addresses come from the module, so they are checked. */
static wasm_trap_t* log_text(void* env, ermine_caller_t* caller, const wasm_val_t* args, size_t arg_count,
                             wasm_val_t* results, size_t result_count) {
  (void)arg_count, (void)results, (void)result_count;
  wasm_extern_t* item = ermine_caller_export_get(caller, "memory", 6);
  wasm_memory_t* memory = item != NULL ? wasm_extern_as_memory(item) : NULL;
  if (memory == NULL) return new_trap(caller, "env.log: there is no memory");
  const uint64_t at = (uint32_t)args[0].of.i32, size = (uint32_t)args[1].of.i32;
  const bool fits = at + size <= wasm_memory_data_size(memory);
  if (fits) printf("%s: %.*s\n", (const char*)env, (int)size, wasm_memory_data(memory) + at);
  wasm_extern_delete(item);
  return fits ? NULL : new_trap(caller, "env.log: the text is not in the memory");
}

static wasm_trap_t* now(void* env, ermine_caller_t* caller, const wasm_val_t* args, size_t arg_count,
                        wasm_val_t* results, size_t result_count) {
  (void)env, (void)caller, (void)args, (void)arg_count, (void)result_count;
  results[0] = (wasm_val_t)WASM_I64_VAL(1700000000);
  return NULL;
}

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, argc > 1 ? argv[1] : "host_function.wat");

  ermine_linker_t* linker = ermine_linker_new(engine);
  wasm_functype_t* text = wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t* time = wasm_functype_new_0_1(wasm_valtype_new_i64());
  check(ermine_linker_define_func(linker, "env", 3, "log", 3, text, log_text, "guest", NULL));
  check(ermine_linker_define_func(linker, "env", 3, "now", 3, time, now, NULL, NULL));
  wasm_functype_delete(text);
  wasm_functype_delete(time);

  wasm_instance_t* instance = ermine_linker_instantiate(linker, store, module, NULL);
  check(instance != NULL);
  wasm_func_t* run = exported(instance, "run");
  wasm_val_vec_t none = WASM_EMPTY_VEC, results = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(run, &none, &results);
  if (trap != NULL) print_trap(trap);

  wasm_func_delete(run);
  wasm_instance_delete(instance);
  ermine_linker_delete(linker);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
