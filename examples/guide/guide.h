/* What the guide's programs in C have in common: modules from files of text, exports by name, and errors that end the
 * program. */
#ifndef GUIDE_H
#define GUIDE_H

#include <ermine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For what returned null or false. */
static inline void check(bool ok) {
  if (ok) return;
  fprintf(stderr, "%s\n", ermine_last_error());
  exit(1);
}

/* Prints why a call ended, and deletes that. */
static inline void print_trap(wasm_trap_t* trap) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  printf("trap: %s\n", message.data);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
}

/* A file of text as a binary module or component. */
static inline wasm_byte_vec_t read_wat(const char* path) {
  static char text[1 << 16];
  FILE* const file = fopen(path, "rb");
  if (file == NULL) perror(path), exit(1);
  const size_t size = fread(text, 1, sizeof text, file);
  fclose(file);
  wasm_byte_vec_t binary;
  check(ermine_wat2wasm(text, size, &binary));
  return binary;
}

static inline wasm_module_t* load(wasm_store_t* store, const char* path) {
  wasm_byte_vec_t binary = read_wat(path);
  wasm_module_t* const module = wasm_module_new(store, &binary);
  wasm_byte_vec_delete(&binary);
  check(module != NULL);
  return module;
}

/* An exported function; to be deleted as the wasm_func_t that it is. */
static inline wasm_func_t* exported(const wasm_instance_t* instance, const char* name) {
  wasm_extern_t* const item = ermine_instance_export_get(instance, name, strlen(name));
  if (item == NULL) fprintf(stderr, "there is no export %s\n", name), exit(1);
  return wasm_extern_as_func(item);
}

#endif
