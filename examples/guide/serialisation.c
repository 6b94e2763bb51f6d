/* Stores a module, and loads it in another engine. usage: guide_serialisation hello.wat FILE
 *
 * The serialised form of a module is its binary: the same bytes for every version of Ermine and every processor, which
 * are validated again when they are loaded. Machine code is not in it. It is made when a function is first called, or
 * for all functions at once by ermine_module_compile_functions. */
#include "guide.h"

static void store_module(const char* wat, const char* path) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = load(store, wat);
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module, &bytes);
  FILE* file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0) perror(path), exit(1);
  printf("stored %zu bytes\n", bytes.size);
  wasm_byte_vec_delete(&bytes);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  store_module(argv[1], argv[2]);

  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = ermine_module_from_file(store, argv[2], strlen(argv[2]));
  check(module != NULL);
  check(ermine_module_compile_functions(module));
  wasm_instance_t* instance = wasm_instance_new(store, module, NULL, NULL);
  check(instance != NULL);
  wasm_func_t* gcd = exported(instance, "gcd");
  ermine_val_raw_t slots[2] = {{.i32 = 12}, {.i32 = 18}};
  wasm_trap_t* trap = ermine_func_call_unchecked(gcd, slots, 2);
  if (trap != NULL) print_trap(trap);
  else printf("gcd(12, 18) = %d\n", slots[0].i32);

  wasm_func_delete(gcd);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
