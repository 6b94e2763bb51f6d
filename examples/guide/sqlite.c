/* A function of SQL that is WebAssembly: SQLite calls it for every row. It cannot touch the database or the process,
 * and its time and memory are limited. usage: guide_sqlite sqlite.wat */
#include <sqlite3.h>

#include "guide.h"

struct user_function {
  wasm_store_t* store;
  wasm_instance_t* instance;
  wasm_memory_t* memory;
  wasm_func_t* function;
};

static void call(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  struct user_function* user = sqlite3_user_data(context);
  const void* text = sqlite3_value_text(values[0]);
  const size_t size = (size_t)sqlite3_value_bytes(values[0]);
  if (size > wasm_memory_data_size(user->memory)) return sqlite3_result_error_toobig(context);
  if (size > 0) memcpy(wasm_memory_data(user->memory), text, size);

  ermine_store_set_timeout(user->store, 100 * 1000 * 1000); /* 100 ms */
  wasm_val_t argument[] = {WASM_I32_VAL((int32_t)size)}, result[1];
  wasm_val_vec_t args = WASM_ARRAY_VEC(argument), results = WASM_ARRAY_VEC(result);
  wasm_trap_t* trap = wasm_func_call(user->function, &args, &results);
  if (trap == NULL) return sqlite3_result_int64(context, result[0].of.i64);
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  sqlite3_result_error(context, message.data, -1);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
}

static void end(void* data) {
  struct user_function* user = data;
  wasm_memory_delete(user->memory);
  wasm_func_delete(user->function);
  wasm_instance_delete(user->instance);
  wasm_store_delete(user->store);
  free(user);
}

static struct user_function* new_function(wasm_engine_t* engine, const char* path) {
  struct user_function* user = malloc(sizeof *user);
  if (user == NULL) abort();
  user->store = wasm_store_new(engine);
  ermine_store_limits_t limits;
  ermine_store_limits_init(&limits);
  limits.memory_bytes = 1 << 20;
  check(ermine_store_limiter(user->store, &limits));
  wasm_module_t* module = load(user->store, path);
  user->instance = wasm_instance_new(user->store, module, NULL, NULL);
  check(user->instance != NULL);
  wasm_module_delete(module);
  user->function = exported(user->instance, "function");
  user->memory = wasm_extern_as_memory(ermine_instance_export_get(user->instance, "memory", 6));
  return user;
}

static int print_row(void* unused, int count, char** values, char** names) {
  (void)unused, (void)names;
  for (int i = 0; i < count; ++i) printf("%s%s", i > 0 ? " " : "", values[i] != NULL ? values[i] : "null");
  printf("\n");
  return 0;
}

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  sqlite3* database = NULL;
  char* error = NULL;
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) return 1;
  sqlite3_create_function_v2(database, "vowels", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                             new_function(engine, argc > 1 ? argv[1] : "sqlite.wat"), call, NULL, NULL, end);
  const int done = sqlite3_exec(database,
                                "create table animals(name text);"
                                "insert into animals values ('ermine'), ('Otter'), ('lynx');"
                                "select name, vowels(name) from animals order by 2 desc, 1;",
                                print_row, NULL, &error);
  if (done != SQLITE_OK) fprintf(stderr, "%s\n", error);
  sqlite3_free(error);
  sqlite3_close(database);
  wasm_engine_delete(engine);
  return done != SQLITE_OK;
}
