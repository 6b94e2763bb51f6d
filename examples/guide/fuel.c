/* Runs a long call in slices of fuel, between which the host may do other work. usage: guide_fuel fuel.wat */
#include <inttypes.h>

#include "guide.h"

int main(int argc, char** argv) {
  wasm_config_t* config = wasm_config_new();
  ermine_config_consume_fuel_set(config, true);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, argc > 1 ? argv[1] : "fuel.wat");
  check(ermine_store_set_fuel(store, 1000)); /* for what runs when it is instantiated */
  wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
  check(instance != NULL);
  wasm_func_t* sum = exported(instance, "sum");

  wasm_val_t argument[] = {WASM_I64_VAL(100000)};
  wasm_val_vec_t args = WASM_ARRAY_VEC(argument);
  ermine_execution_t* execution = ermine_execution_new(sum, &args);
  check(execution != NULL);
  int slices = 0;
  do {
    check(ermine_store_set_fuel(store, 100000));
    wasm_trap_t* trap = ermine_execution_run(execution);
    if (trap != NULL) print_trap(trap), exit(1);
    ++slices;
  } while (ermine_execution_state(execution) == ERMINE_EXECUTION_OUT_OF_FUEL);
  wasm_val_vec_t results;
  ermine_execution_results(execution, &results);
  printf("sum = %" PRId64 ", in %d slices\n", results.data[0].of.i64, slices);
  wasm_val_vec_delete(&results);
  ermine_execution_delete(execution);

  /* A plain call ends when its fuel is used up. */
  check(ermine_store_set_fuel(store, 1000));
  wasm_val_t result[1];
  wasm_val_vec_t room = WASM_ARRAY_VEC(result);
  wasm_trap_t* trap = wasm_func_call(sum, &args, &room);
  if (trap != NULL) print_trap(trap);

  wasm_func_delete(sum);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
