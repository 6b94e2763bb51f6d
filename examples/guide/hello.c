/* Compiles a module and calls its function. usage: guide_hello hello.wat */
#include "guide.h"

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, argc > 1 ? argv[1] : "hello.wat");
  wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
  check(instance != NULL);

  wasm_func_t* gcd = exported(instance, "gcd");
  wasm_val_t arguments[] = {WASM_I32_VAL(1071), WASM_I32_VAL(462)}, result[1];
  wasm_val_vec_t args = WASM_ARRAY_VEC(arguments), results = WASM_ARRAY_VEC(result);
  wasm_trap_t* trap = wasm_func_call(gcd, &args, &results);
  if (trap != NULL) print_trap(trap);
  else printf("gcd(1071, 462) = %d\n", result[0].of.i32);

  wasm_func_delete(gcd);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
