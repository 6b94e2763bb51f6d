/* Objects of the garbage collector, and an exception that comes out of a call. usage: guide_objects objects.wat */
#include "guide.h"

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, argc > 1 ? argv[1] : "objects.wat");
  wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
  check(instance != NULL);
  wasm_func_t *point = exported(instance, "point"), *sum = exported(instance, "sum");

  /* The reference keeps the object alive; the host reads and writes its fields. */
  wasm_val_t numbers[] = {WASM_I32_VAL(3), WASM_I32_VAL(4)}, object[1], field;
  wasm_val_vec_t args = WASM_ARRAY_VEC(numbers), results = WASM_ARRAY_VEC(object);
  wasm_trap_t* trap = wasm_func_call(point, &args, &results);
  if (trap != NULL) print_trap(trap), exit(1);
  ermine_store_gc(store);
  check(ermine_struct_get(object[0].of.ref, 1, &field));
  printf("y = %d\n", field.of.i32);
  field.of.i32 = 39;
  check(ermine_struct_set(object[0].of.ref, 1, &field));
  wasm_val_t total[1];
  wasm_val_vec_t objects = WASM_ARRAY_VEC(object), totals = WASM_ARRAY_VEC(total);
  trap = wasm_func_call(sum, &objects, &totals);
  if (trap != NULL) print_trap(trap), exit(1);
  printf("x + y = %d\n", total[0].of.i32);
  wasm_val_delete(&object[0]);

  /* An exception that nothing catches is the trap's. */
  numbers[0].of.i32 = -5;
  trap = wasm_func_call(point, &args, &results);
  wasm_ref_t* exception = trap != NULL ? ermine_trap_exception(trap) : NULL;
  wasm_val_vec_t payload;
  check(exception != NULL && ermine_exn_payload(exception, &payload));
  printf("an exception with %d\n", payload.data[0].of.i32);
  wasm_val_vec_delete(&payload);
  wasm_ref_delete(exception);
  wasm_trap_delete(trap);

  wasm_func_delete(point);
  wasm_func_delete(sum);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
