/* A program in C11 against the headers and the shared library. */
#include <inttypes.h>
#include <stdio.h>

#include "ermine.h"

static wasm_trap_t* print(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  (void)results;
  printf("%" PRId32 "\n", args->data[0].of.i32);
  return NULL;
}

int main(void) {
  static const char kText[] =
      "(module (import \"\" \"print\" (func $print (param i32)))"
      " (func (export \"run\") (param i32) (call $print (i32.mul (local.get 0) (i32.const 3)))))";
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary;
  if (!ermine_wat2wasm(kText, sizeof kText - 1, &binary)) return fprintf(stderr, "%s\n", ermine_last_error()), 1;
  wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  wasm_functype_t* type = wasm_functype_new_1_0(wasm_valtype_new_i32());
  wasm_func_t* func = wasm_func_new(store, type, print);
  wasm_functype_delete(type);
  wasm_extern_t* items[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports = WASM_ARRAY_VEC(items);
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, &trap);
  if (instance == NULL) return fprintf(stderr, "%s\n", ermine_last_error()), 1;
  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  wasm_val_t values[] = {WASM_I32_VAL(14)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(values), results = WASM_EMPTY_VEC;
  trap = wasm_func_call(wasm_extern_as_func(exports.data[0]), &args, &results);
  const int failed = trap != NULL;
  wasm_trap_delete(trap);
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_func_delete(func);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return failed;
}
