/* Calls a function of a component by values. usage: guide_component ../components/greet.wat */
#include "guide.h"

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary = read_wat(argc > 1 ? argv[1] : "greet.wat");
  ermine_component_t* component = ermine_component_new(engine, &binary);
  wasm_byte_vec_delete(&binary);
  check(component != NULL);

  ermine_component_linker_t* linker = ermine_component_linker_new(engine);
  wasm_trap_t* trap = NULL;
  ermine_component_instance_t* instance = ermine_component_linker_instantiate(linker, store, component, &trap);
  if (instance == NULL) print_trap(trap), exit(1);
  ermine_component_func_t* greet = ermine_component_instance_get_func(instance, NULL, 0, "greet", 5);
  if (greet == NULL) return 1;
  ermine_component_val_t argument, result;
  ermine_component_val_new_string(&argument, "Ada");
  trap = ermine_component_func_call(greet, &argument, 1, &result);
  ermine_component_val_delete(&argument);
  if (trap != NULL) print_trap(trap);
  else printf("%.*s\n", (int)result.of.string.size, result.of.string.data);
  ermine_component_val_delete(&result);

  ermine_component_func_delete(greet);
  ermine_component_instance_delete(instance);
  ermine_component_linker_delete(linker);
  ermine_component_delete(component);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
