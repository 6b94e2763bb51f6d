// Measures, inside one process, any WebAssembly library with the standard C API (wasm.h). The library is loaded at run
// time, so no headers of it are needed:
//
//   capi_bench LIBRARY validate|compile|instantiate|call-in|call-out|rest FILE
//
// prints {"seconds": s, "count": n}, where s is the median time of one operation, or for `rest` {"bytes": b}, the
// resident memory of an idle instance. FILE is any module for the first two, and bench/programs/embed.wat, assembled,
// for the others. Making and freeing an instance includes its store, because in this API some libraries free instances
// only with the store.
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The parts of the standard API's layout that are needed here.
typedef struct {
  size_t size;
  char* data;
} Bytes;
typedef struct {
  size_t size;
  void** data;
} Pointers;
typedef struct {
  uint8_t kind;
  union {
    int32_t i32;
    int64_t i64;
    double f64;
    void* ref;
  } of;
} Value;
typedef struct {
  size_t size;
  Value* data;
} Values;
enum { kI32 = 0 };

static void* library;

static void fail(const char* what) {
  fprintf(stderr, "capi_bench: error: %s\n", what);
  exit(1);
}

static void* find(const char* name) {
  void* symbol = dlsym(library, name);
  if (!symbol) {
    fprintf(stderr, "capi_bench: error: the library has no %s\n", name);
    exit(1);
  }
  return symbol;
}

#define API(result, name, ...) static result (*name)(__VA_ARGS__)
API(void*, wasm_engine_new, void);
API(void*, wasm_store_new, void*);
API(void, wasm_store_delete, void*);
API(bool, wasm_module_validate, void*, const Bytes*);
API(void*, wasm_module_new, void*, const Bytes*);
API(void, wasm_module_delete, void*);
API(void, wasm_module_exports, const void*, Pointers*);
API(const Bytes*, wasm_exporttype_name, const void*);
API(void*, wasm_instance_new, void*, const void*, const Pointers*, void**);
API(void, wasm_instance_exports, const void*, Pointers*);
API(void, wasm_instance_delete, void*);
API(void, wasm_extern_vec_delete, Pointers*);
API(void*, wasm_extern_as_func, void*);
API(void*, wasm_func_call, const void*, const Values*, Values*);
API(void*, wasm_func_new, void*, const void*, void* (*)(const Values*, Values*));
API(void*, wasm_func_as_extern, void*);
API(void, wasm_func_delete, void*);
API(void, wasm_functype_delete, void*);
API(void*, wasm_functype_new, Pointers*, Pointers*);
API(void*, wasm_valtype_new, uint8_t);
API(void, wasm_valtype_vec_new, Pointers*, size_t, void* const*);

static void load(const char* path) {
  library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) fail(dlerror());
#define FIND(name) *(void**)&name = find(#name)
  FIND(wasm_engine_new);
  FIND(wasm_store_new);
  FIND(wasm_store_delete);
  FIND(wasm_module_validate);
  FIND(wasm_module_new);
  FIND(wasm_module_delete);
  FIND(wasm_module_exports);
  FIND(wasm_exporttype_name);
  FIND(wasm_instance_new);
  FIND(wasm_instance_exports);
  FIND(wasm_instance_delete);
  FIND(wasm_extern_vec_delete);
  FIND(wasm_extern_as_func);
  FIND(wasm_func_call);
  FIND(wasm_func_new);
  FIND(wasm_func_as_extern);
  FIND(wasm_func_delete);
  FIND(wasm_functype_delete);
  FIND(wasm_functype_new);
  FIND(wasm_valtype_new);
  FIND(wasm_valtype_vec_new);
}

static Bytes read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) fail("the module cannot be opened");
  fseek(file, 0, SEEK_END);
  Bytes bytes = {(size_t)ftell(file), NULL};
  rewind(file);
  bytes.data = malloc(bytes.size);
  if (fread(bytes.data, 1, bytes.size, file) != bytes.size) fail("the module cannot be read");
  fclose(file);
  return bytes;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static void* engine;
static Bytes bytes;
static void *store, *module, *func;
static size_t answer_at, twice_at, call_host_at;

// A sample is a batch that takes at least some milliseconds, so that the cost of reading the clock is negligible.
static void measure(void (*once)(void), int per_call) {
  long batch = 1;
  for (;; batch *= 2) {
    double start = now();
    for (long i = 0; i < batch; ++i) once();
    if (now() - start >= 0.005 || batch >= 1 << 20) break;
  }
  enum { kMost = 1000 };
  static double samples[kMost];
  int count = 0;
  double end = now() + 1;
  while (count < kMost && (now() < end || count < 3)) {
    double start = now();
    for (long i = 0; i < batch; ++i) once();
    samples[count++] = (now() - start) / (double)batch / per_call;
  }
  qsort(samples, (size_t)count, sizeof *samples, ascending);
  printf("{\"seconds\": %.12g, \"count\": %ld}\n", samples[count / 2], count * batch);
}

static void validate(void) {
  if (!wasm_module_validate(store, &bytes)) fail("the module is not valid");
}

static void compile(void) {
  void* made = wasm_module_new(store, &bytes);
  if (!made) fail("the module does not compile");
  wasm_module_delete(made);
}

static void* nothing(const Values* args, Values* results) {
  (void)args;
  (void)results;
  return NULL;
}

static void* add(const Values* args, Values* results) {
  results->data[0].kind = kI32;
  results->data[0].of.i32 = (int32_t)((uint32_t)args->data[0].of.i32 + (uint32_t)args->data[1].of.i32);
  return NULL;
}

static void* host_function(void* in, size_t params, size_t results, void* (*callback)(const Values*, Values*)) {
  void* types[2] = {wasm_valtype_new(kI32), wasm_valtype_new(kI32)};
  void* result[1] = {wasm_valtype_new(kI32)};
  Pointers from, to;
  wasm_valtype_vec_new(&from, params, types);
  wasm_valtype_vec_new(&to, results, result);
  void* type = wasm_functype_new(&from, &to);
  void* function = wasm_func_new(in, type, callback);
  wasm_functype_delete(type);
  return function;
}

// A new instance and its exports.
static void* make_instance(void* in, Pointers* exports) {
  void *first = host_function(in, 0, 0, nothing), *second = host_function(in, 2, 1, add);
  void* imports[2] = {wasm_func_as_extern(first), wasm_func_as_extern(second)};
  Pointers list = {2, imports};
  void* trap = NULL;
  void* instance = wasm_instance_new(in, module, &list, &trap);
  if (!instance || trap) fail("the module cannot be instantiated");
  wasm_instance_exports(instance, exports);
  // These handles keep the store alive; their objects live on in the instance.
  wasm_func_delete(first);
  wasm_func_delete(second);
  return instance;
}

static int32_t call(void* function, int32_t* argument) {
  Value value = {kI32, {0}}, result = {kI32, {0}};
  if (argument) value.of.i32 = *argument;
  Values args = {argument ? 1 : 0, &value}, results = {1, &result};
  if (wasm_func_call(function, &args, &results)) fail("the call trapped");
  return result.of.i32;
}

static void instantiate(void) {
  void* fresh = wasm_store_new(engine);
  Pointers exports;
  void* instance = make_instance(fresh, &exports);
  if (call(wasm_extern_as_func(exports.data[answer_at]), NULL) != 42) fail("a wrong answer");
  wasm_extern_vec_delete(&exports);
  wasm_instance_delete(instance);
  wasm_store_delete(fresh);
}

static void call_in(void) {
  for (int32_t i = 0; i < 1000; ++i) {
    if (call(func, &i) != 2 * i) fail("a wrong answer");
  }
}

static void call_out(void) {
  int32_t times = 1000;
  if (call(func, &times) != 500500) fail("a wrong answer");
}

static long resident_bytes(void) {
  long size = 0, resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%ld %ld", &size, &resident) != 2) fail("/proc/self/statm cannot be read");
  fclose(file);
  return resident * sysconf(_SC_PAGESIZE);
}

// A thousand instances at the same time, each in a store of its own and called once.
static void rest(void) {
  enum { kInstances = 1000 };
  long before = 0;
  for (int i = 0; i < kInstances + 10; ++i) {
    if (i == 10) before = resident_bytes();
    Pointers exports;
    make_instance(wasm_store_new(engine), &exports);
    if (call(wasm_extern_as_func(exports.data[answer_at]), NULL) != 42) fail("a wrong answer");
  }
  printf("{\"bytes\": %.0f, \"count\": %d}\n", (double)(resident_bytes() - before) / kInstances, kInstances);
}

static size_t export_index(const char* name) {
  Pointers exports;
  wasm_module_exports(module, &exports);
  for (size_t i = 0; i < exports.size; ++i) {
    const Bytes* is = wasm_exporttype_name(exports.data[i]);
    if (is->size == strlen(name) && !memcmp(is->data, name, is->size)) return i;
  }
  fail("the module lacks an export; bench/programs/embed.wasm is wanted");
  return 0;
}

int main(int argc, char** argv) {
  if (argc != 4) fail("usage: capi_bench LIBRARY validate|compile|instantiate|call-in|call-out|rest FILE");
  load(argv[1]);
  const char* what = argv[2];
  bytes = read_file(argv[3]);
  engine = wasm_engine_new();
  store = wasm_store_new(engine);
  if (!strcmp(what, "validate")) {
    measure(validate, 1);
    return 0;
  }
  if (!strcmp(what, "compile")) {
    measure(compile, 1);
    return 0;
  }
  module = wasm_module_new(store, &bytes);
  if (!module) fail("the module does not compile");
  answer_at = export_index("answer");
  twice_at = export_index("twice");
  call_host_at = export_index("call_host");
  if (!strcmp(what, "instantiate")) {
    measure(instantiate, 1);
    return 0;
  }
  if (!strcmp(what, "rest")) {
    rest();
    return 0;
  }
  Pointers exports;
  make_instance(store, &exports);
  if (!strcmp(what, "call-in")) {
    func = wasm_extern_as_func(exports.data[twice_at]);
    measure(call_in, 1000);
  } else if (!strcmp(what, "call-out")) {
    func = wasm_extern_as_func(exports.data[call_host_at]);
    measure(call_out, 1000);
  } else {
    fail("there is no such measurement");
  }
  return 0;
}
