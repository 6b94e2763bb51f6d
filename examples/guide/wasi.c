/* Runs a program of WASI with an input, an output and files in memory. usage: guide_wasi wordcount.wasm */
#include "guide.h"

struct output {
  char text[1000];
  size_t size;
};

/* Keeps what it has room for: the program gets an error for the rest. */
static ptrdiff_t keep(void* env, const uint8_t* bytes, size_t size) {
  struct output* output = env;
  const size_t room = sizeof output->text - output->size;
  if (room == 0) return -28; /* ENOSPC */
  if (size > room) size = room;
  memcpy(output->text + output->size, bytes, size);
  output->size += size;
  return (ptrdiff_t)size;
}

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "wordcount.wasm";
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = ermine_module_from_file(store, path, strlen(path));
  check(module != NULL);

  static const char kPoem[] = "White in winter,\nbrown in summer:\nthe ermine.\n";
  ermine_virtual_directory_t* files = ermine_virtual_directory_new(1 << 20);
  check(ermine_virtual_directory_write_file(files, "poem.txt", 8, kPoem, sizeof kPoem - 1));
  struct output output = {.size = 0};
  ermine_wasi_config_t* config = ermine_wasi_config_new();
  static const char* const kArguments[] = {"wordcount", "poem.txt"};
  ermine_wasi_config_set_argv(config, 2, kArguments);
  ermine_wasi_config_set_stdout_custom(config, keep, &output, NULL);
  ermine_wasi_config_preopen_virtual_dir(config, files, "/", true);
  ermine_wasi_t* wasi = ermine_wasi_new(config);
  check(wasi != NULL);

  ermine_linker_t* linker = ermine_linker_new(engine);
  check(ermine_linker_define_wasi(linker, wasi));
  wasm_instance_t* instance = ermine_linker_instantiate(linker, store, module, NULL);
  check(instance != NULL);
  wasm_func_t* start = exported(instance, "_start");
  wasm_val_vec_t none = WASM_EMPTY_VEC, results = WASM_EMPTY_VEC;
  wasm_trap_t* trap = wasm_func_call(start, &none, &results);
  int32_t status = 0;
  if (trap != NULL && !ermine_trap_exit_status(trap, &status)) print_trap(trap), trap = NULL;
  wasm_trap_delete(trap);
  printf("exit status %d, output:\n%.*s", status, (int)output.size, output.text);

  wasm_func_delete(start);
  wasm_instance_delete(instance);
  ermine_linker_delete(linker);
  ermine_wasi_delete(wasi);
  ermine_virtual_directory_delete(files);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}
