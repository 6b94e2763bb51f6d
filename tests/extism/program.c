/* A host of Extism plug-ins in C11, as it could be written for the original library: program PLUGIN OTHER [URL]. Each
   check that fails is printed, and the exit code says whether there was one. With a URL, requests over HTTP are made.
 */
#include <extism.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
#define CHECK(what) ((what) ? (void)0 : (void)(++failures, fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what)))

static const char *plugin_file, *other_file;
static char* last_message; /* of an error when a plug-in was made */

/* (func (param i32 i64 f32 f64) (result f64)): their sum, with the context and the user data. */
static void mix(ExtismCurrentPlugin* plugin, const ExtismVal* in, ExtismSize n_in, ExtismVal* out, ExtismSize n_out,
                void* data) {
  CHECK(n_in == 4 && n_out == 1 && out[0].t == ExtismValType_F64);
  CHECK(in[0].t == ExtismValType_I32 && in[1].t == ExtismValType_I64 && in[2].t == ExtismValType_F32);
  const ExtismMemoryHandle block = extism_current_plugin_memory_alloc(plugin, 3);
  CHECK(block != 0 && extism_current_plugin_memory_length(plugin, block) == 3);
  memcpy(extism_current_plugin_memory(plugin) + block, "abc", 3);
  extism_current_plugin_memory_free(plugin, block);
  CHECK(extism_current_plugin_memory_length(plugin, block) == 0);
  int* context = extism_current_plugin_host_context(plugin);
  if (context != NULL) *context += 1;
  out[0].v.f64 = in[0].v.i32 + (double)(in[1].v.i64 >> 32) + in[2].v.f32 + in[3].v.f64 + *(int*)data;
}

static int hundred = 100, freed;
static void free_data(void* data) {
  CHECK(data == &hundred);
  ++freed;
}

static ExtismFunction* new_mix(void) {
  static const ExtismValType in[] = {ExtismValType_I32, ExtismValType_I64, ExtismValType_F32, ExtismValType_F64};
  static const ExtismValType out[] = {ExtismValType_F64};
  return extism_function_new("mix", in, 4, out, 1, mix, &hundred, free_data);
}

/* A manifest with both modules and these further fields. */
static char* manifest(const char* fields) {
  static char text[8192];
  snprintf(text, sizeof text, "{\"wasm\": [{\"path\": \"%s\", \"name\": \"other\"}, {\"path\": \"%s\"}]%s%s}",
           other_file, plugin_file, *fields ? ", " : "", fields);
  return text;
}

static ExtismPlugin* new_plugin(const char* fields) {
  const char* text = manifest(fields);
  ExtismFunction* function = new_mix();
  extism_plugin_new_error_free(last_message);
  last_message = NULL;
  const ExtismFunction* functions[] = {function};
  ExtismPlugin* plugin = extism_plugin_new((const uint8_t*)text, strlen(text), functions, 1, true, &last_message);
  extism_function_free(function);
  return plugin;
}

static int call(ExtismPlugin* plugin, const char* name, const char* input) {
  return extism_plugin_call(plugin, name, (const uint8_t*)input, strlen(input));
}

static bool output_is(ExtismPlugin* plugin, const char* text) {
  const ExtismSize size = extism_plugin_output_length(plugin);
  return size == strlen(text) && memcmp(extism_plugin_output_data(plugin), text, size) == 0;
}

static bool error_has(ExtismPlugin* plugin, const char* text) {
  const char* error = extism_plugin_error(plugin);
  return error != NULL && strstr(error, text) != NULL;
}

static void calls(void) {
  ExtismPlugin* p = new_plugin("\"config\": {\"name\": \"value\"}");
  if (p == NULL) {
    ++failures;
    fprintf(stderr, "%s\n", last_message);
    return;
  }
  const uint8_t* id = extism_plugin_id(p);
  CHECK((id[6] & 0xf0) == 0x40 && (id[8] & 0xc0) == 0x80);
  CHECK(extism_plugin_function_exists(p, "echo") && extism_plugin_function_exists(p, "state"));
  CHECK(!extism_plugin_function_exists(p, "parameter") && !extism_plugin_function_exists(p, "long"));
  CHECK(!extism_plugin_function_exists(p, "none"));

  CHECK(call(p, "echo", "fifteen bytes..") == 0 && output_is(p, "fifteen bytes..") && extism_plugin_error(p) == NULL);
  CHECK(call(p, "echo", "") == 0 && output_is(p, ""));
  CHECK(call(p, "state", "") == 11 && call(p, "state", "") == 21);
  CHECK(call(p, "turn", "abcdef") == 0 && output_is(p, "fedcba"));
  CHECK(call(p, "blocks", "input") == 1 && output_is(p, ""));
  CHECK(call(p, "mix", "") == 94);
  int context = 0;
  CHECK(extism_plugin_call_with_host_context(p, "mix", NULL, 0, &context) == 94 && context == 1);

  CHECK(call(p, "config", "name") == 0 && output_is(p, "value"));
  CHECK(call(p, "config", "none") == 0 && output_is(p, ""));
  static const char kConfig[] = "{\"name\": null, \"new\": \"2\"}", kWrong[] = "{\"new\": 3}";
  CHECK(extism_plugin_config(p, (const uint8_t*)kConfig, strlen(kConfig)));
  CHECK(!extism_plugin_config(p, (const uint8_t*)kWrong, strlen(kWrong)));
  CHECK(call(p, "config", "name") == 0 && output_is(p, ""));
  CHECK(call(p, "config", "new") == 0 && output_is(p, "2"));
  CHECK(call(p, "remember", "this") == 0 && call(p, "recall", "") == 0 && output_is(p, "this"));
  CHECK(call(p, "forget", "") == 0 && call(p, "recall", "") == 0 && output_is(p, ""));

  CHECK(call(p, "fail", "why") == 3 && error_has(p, "why") && output_is(p, "why"));
  CHECK(call(p, "trap", "") == 134 && error_has(p, "unreachable"));
  CHECK(call(p, "fail_and_trap", "why") == -1 && strcmp(extism_error(p), "why") == 0);
  CHECK(call(p, "exit", "") == 5 && extism_plugin_error(p) != NULL);
  CHECK(call(p, "none", "") == -1 && error_has(p, "Function not found: none"));
  CHECK(call(p, "parameter", "") == -1 && error_has(p, "param i32"));
  CHECK(call(p, "long", "") == -1);
  CHECK(call(p, "fetch", "{\"url\": \"http://127.0.0.1/\"}") == -1 && error_has(p, "http_request"));
  CHECK(call(p, "level", "") == 2);
  /* A program that ended is begun again. */
  CHECK(call(p, "_start", "in") == 0 && output_is(p, "in") && extism_plugin_error(p) == NULL);
  CHECK(call(p, "state", "") == 11);
  CHECK(call(p, "echo", "x") == 0 && extism_plugin_reset(p) && output_is(p, ""));
  freed = 0;
  extism_plugin_free(p);
  CHECK(freed == 1);
}

/* The same fields in TOML. */
static void toml(void) {
  char text[4096];
  snprintf(text, sizeof text,
           "# a plug-in\nwasm = [{ path = '%s', name = \"other\" }, { path = '%s' }]\ntimeout_ms = 10_000\n"
           "memory.max_var_bytes = 0xA\n[config]\nname = \"v\\u0061lue\"\n",
           other_file, plugin_file);
  ExtismFunction* function = new_mix();
  const ExtismFunction* functions[] = {function};
  char* message = NULL;
  ExtismPlugin* p = extism_plugin_new((const uint8_t*)text, strlen(text), functions, 1, true, &message);
  if (message != NULL) fprintf(stderr, "%s\n", message);
  extism_plugin_new_error_free(message);
  extism_function_free(function);
  CHECK(call(p, "config", "name") == 0 && output_is(p, "value"));
  CHECK(call(p, "remember", "more than ten") == -1 && error_has(p, "10"));
  extism_plugin_free(p);
}

static void limits(void) {
  /* The plug-in has the first page of its own; 0x1000 pages are one block of "fill". */
  ExtismPlugin* p = new_plugin("\"memory\": {\"max_pages\": 8200, \"max_var_bytes\": 60}, \"timeout_ms\": 40");
  CHECK(call(p, "echo", "x") == 0);
  CHECK(call(p, "fill", "") == -1 && strcmp(extism_plugin_error(p), "oom") == 0);
  CHECK(call(p, "echo", "x") == 0 && output_is(p, "x"));
  CHECK(call(p, "remember", "ten bytes.") == 0);
  CHECK(call(p, "remember", "twelve bytes") == -1 && error_has(p, "max_var_bytes"));
  CHECK(call(p, "recall", "") == 0 && output_is(p, "ten bytes."));
  CHECK(call(p, "spin", "") == 134 && strcmp(extism_plugin_error(p), "timeout") == 0);
  CHECK(call(p, "echo", "x") == 0 && output_is(p, "x"));
  extism_plugin_free(p);
  p = new_plugin("");
  CHECK(call(p, "fill", "") == 15); /* of 4 GiB */
  extism_plugin_free(p);
  p = new_plugin("\"memory\": {\"max_pages\": 0}");
  CHECK(call(p, "echo", "") == -1 && strcmp(extism_plugin_error(p), "oom") == 0);
  extism_plugin_free(p);

  const char* text = manifest("");
  ExtismFunction* function = new_mix();
  const ExtismFunction* functions[] = {function};
  p = extism_plugin_new_with_fuel_limit((const uint8_t*)text, strlen(text), functions, 1, true, 100000, NULL);
  extism_function_free(function);
  CHECK(call(p, "spin", "") == -1 && strcmp(extism_plugin_error(p), "plugin ran out of fuel") == 0);
  CHECK(call(p, "echo", "x") == 0 && output_is(p, "x"));
  extism_plugin_free(p);
}

/* What cannot be made, and what the message says of it. */
static void refused(const char* source, const char* message) {
  char* text = NULL;
  CHECK(extism_compiled_plugin_new((const uint8_t*)source, strlen(source), NULL, 0, false, &text) == NULL);
  if (text == NULL || strstr(text, message) == NULL) {
    ++failures;
    fprintf(stderr, "%s\n  gives %s\n  and not %s\n", source, text != NULL ? text : "nothing", message);
  }
  extism_plugin_new_error_free(text);
  CHECK(extism_compiled_plugin_new((const uint8_t*)source, strlen(source), NULL, 0, false, NULL) == NULL);
}

static void errors(void) {
  refused("junk", "manifest");
  refused("{\"wasm\": []}", "wasm");
  refused("{\"wasm\": [{}]}", "wasm[0]");
  refused("{\"wasm\": [{\"path\": \"/dev/null/x\"}]}", "/dev/null/x");
  refused("{\"wasm\": [{\"url\": \"file:///etc/passwd\"}]}", "file:///etc/passwd");
  refused("{\"wasm\": [{\"url\": \"http://127.0.0.1/\", \"headers\": [1]}]}", "headers");
  refused("timeout_ms = 5\n[[wasm]]\npath = 1\n", "wasm[0]");
  refused("timeout_ms = 5\n[[wasm]\n", "line 2");
  refused("[[wasm]]\npath = 1979-05-27\n", "line 2");
  refused("{\"wasm\": [{\"data\": \"AGFz*Q==\"}]}", "base64");
  refused("{\"wasm\": [{\"data\": \"AGFzbQ==\"}]}", "module");
  refused("{\"wasm\": [{\"data\": \"AGFzbQEAAAA=\", \"hash\": \"00\"}]}",
          "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476");
  refused("{\"wasm\": [{\"data\": \"AGFzbQEAAAA=\"}, {\"data\": \"AGFzbQEAAAA=\"}]}", "name");
  refused("{\"wasm\": [{\"data\": \"AGFzbQEAAAA=\"}], \"tiemout_ms\": 1}", "tiemout_ms");
  refused("{\"wasm\": [{\"data\": \"AGFzbQEAAAA=\"}], \"timeout_ms\": -1}", "timeout_ms");
  refused("{\"wasm\": [{\"data\": \"AGFzbQEAAAA=\"}], \"memory\": {\"max_pages\": \"1\"}}", "memory.max_pages");
  refused("(module (func (result i32)))", "type mismatch");

  char* text = NULL;
  static const char kImport[] = "(module (import \"extism:host/env\" \"nothing\" (func)))";
  CHECK(extism_plugin_new((const uint8_t*)kImport, strlen(kImport), NULL, 0, false, &text) == NULL);
  CHECK(text != NULL && strstr(text, "extism:host/env::nothing") != NULL);
  extism_plugin_new_error_free(text);
  static const char kType[] = "(module (import \"extism:host/env\" \"alloc\" (func (param i32))))";
  CHECK(extism_plugin_new((const uint8_t*)kType, strlen(kType), NULL, 0, false, NULL) == NULL);
  CHECK(new_plugin("\"allowed_paths\": {\"/nowhere at all\": \"/\"}") == NULL);
  CHECK(last_message != NULL && strstr(last_message, "/nowhere at all") != NULL);

  /* A plug-in that cannot be initialised is not used. */
  static const char kBroken[] = "(module (func (export \"_initialize\") unreachable) (func (export \"f\")))";
  ExtismPlugin* p = extism_plugin_new((const uint8_t*)kBroken, strlen(kBroken), NULL, 0, false, NULL);
  CHECK(call(p, "f", "") == -1 && call(p, "f", "") == -1 && error_has(p, "unreachable"));
  extism_plugin_free(p);

  /* A host function belongs to one plug-in. */
  static const char kEmpty[] = "(module)";
  ExtismFunction* function = new_mix();
  extism_function_set_namespace(function, "elsewhere");
  const ExtismFunction* functions[] = {function};
  p = extism_plugin_new((const uint8_t*)kEmpty, strlen(kEmpty), functions, 1, false, NULL);
  CHECK(p != NULL);
  CHECK(extism_plugin_new((const uint8_t*)kEmpty, strlen(kEmpty), functions, 1, false, NULL) == NULL);
  extism_plugin_free(p);
  extism_function_free(function);
  CHECK(extism_function_new("\xff", NULL, 0, NULL, 0, mix, NULL, NULL) == NULL);
  CHECK(extism_plugin_call(NULL, "f", NULL, 0) == -1 && extism_plugin_error(NULL) == NULL);
  CHECK(strstr(extism_version(), "+ermine-") != NULL);
}

struct cancelling {
  const ExtismCancelHandle* handle;
  atomic_bool done;
};

static void* cancel(void* data) {
  struct cancelling* what = data;
  while (!what->done) CHECK(extism_plugin_cancel(what->handle));
  return NULL;
}

static void* use(void* compiled) {
  ExtismPlugin* p = extism_plugin_new_from_compiled(compiled, NULL);
  for (int i = 0; i < 20; ++i) CHECK(call(p, "turn", "abc") == 0 && output_is(p, "cba"));
  extism_plugin_free(p);
  return NULL;
}

static void threads(void) {
  ExtismPlugin* p = new_plugin("");
  pthread_t thread, others[3];
  struct cancelling what = {.handle = extism_plugin_cancel_handle(p)};
  /* Without a call there is nothing to cancel. */
  CHECK(extism_plugin_cancel(what.handle) && call(p, "echo", "x") == 0);
  pthread_create(&thread, NULL, cancel, &what);
  for (int i = 0; i < 20; ++i) CHECK(call(p, "spin", "") == 134 || call(p, "spin", "") == -1);
  what.done = true;
  pthread_join(thread, NULL);
  CHECK(call(p, "echo", "x") == 0 && output_is(p, "x"));
  extism_plugin_free(p);

  const char* text = manifest("");
  ExtismFunction* function = new_mix();
  const ExtismFunction* functions[] = {function};
  ExtismCompiledPlugin* compiled =
      extism_compiled_plugin_new((const uint8_t*)text, strlen(text), functions, 1, true, NULL);
  extism_function_free(function);
  for (int i = 0; i < 3; ++i) pthread_create(&others[i], NULL, use, compiled);
  for (int i = 0; i < 3; ++i) pthread_join(others[i], NULL);
  extism_compiled_plugin_free(compiled);
}

static int lines;
static char* wanted[] = {" INFO extism::pdk: a message plugin=\"", "ERROR extism::pdk: a message plugin=\""};
static void take(const char* data, ExtismSize size) {
  if (strstr(data, "extism::pdk") == NULL) return; /* the host's own */
  CHECK(size == strlen(data) && data[size - 1] == '\n');
  CHECK(lines < 2 && strstr(data, wanted[lines]) != NULL);
  ++lines;
}

static void logs(void) {
  ExtismPlugin* p = new_plugin("");
  CHECK(call(p, "log", "a message") == 0);
  extism_plugin_free(p);
  extism_log_drain(take);
  CHECK(lines == 2);
  extism_log_drain(take);
  CHECK(lines == 2 && !extism_log_custom("trace") && !extism_log_file("stderr", NULL));
}

static void http(const char* url) {
  char request[512];
  ExtismPlugin* p = new_plugin("\"allowed_hosts\": [\"127.0.*\"], \"memory\": {\"max_http_response_bytes\": 1000}");
  snprintf(request, sizeof request, "{\"url\": \"%s/redirect\", \"headers\": {\"X-Test\": \"a\"}}", url);
  CHECK(call(p, "fetch", request) == 0 && output_is(p, "GET /there?1 a"));
  CHECK(call(p, "status", "") == 203);
  CHECK(call(p, "headers", request) == 0 && output_is(p, ""));
  extism_plugin_allow_http_response_headers(p);
  CHECK(call(p, "headers", request) == 0 && extism_plugin_output_length(p) > 0);
  snprintf(request, sizeof request, "{\"url\": \"%s/x\", \"method\": \"post\"}", url);
  CHECK(call(p, "post", request) == 0 && output_is(p, request));
  snprintf(request, sizeof request, "{\"url\": \"%s/large\"}", url);
  CHECK(call(p, "fetch", request) == -1 && error_has(p, "max_http_response_bytes"));
  snprintf(request, sizeof request, "{\"url\": \"%s/away\"}", url);
  CHECK(call(p, "fetch", request) == -1 && error_has(p, "allowed_hosts"));
  CHECK(call(p, "fetch", "{\"url\": \"ftp://127.0.0.1/\"}") == -1 && error_has(p, "URL"));
  extism_plugin_free(p);
  p = new_plugin("\"allowed_hosts\": [\"127.0.0.1\"], \"timeout_ms\": 100");
  snprintf(request, sizeof request, "{\"url\": \"%s/slow\"}", url);
  CHECK(call(p, "fetch", request) == 134 && strcmp(extism_plugin_error(p), "timeout") == 0);
  extism_plugin_free(p);
}

/* A plug-in of the module at this path of the server, and the other one. */
static ExtismPlugin* from_url(const char* url, const char* path, const char* fields) {
  char text[1024];
  snprintf(text, sizeof text,
           "{\"wasm\": [{\"path\": \"%s\", \"name\": \"other\"}, {\"url\": \"%s%s\", \"headers\": {\"X-Test\": "
           "\"a\", \"Authorization\": \"only-here\"}%s}]}",
           other_file, url, path, fields);
  ExtismFunction* function = new_mix();
  const ExtismFunction* functions[] = {function};
  extism_plugin_new_error_free(last_message);
  last_message = NULL;
  ExtismPlugin* plugin = extism_plugin_new((const uint8_t*)text, strlen(text), functions, 1, true, &last_message);
  extism_function_free(function);
  return plugin;
}

/* Needs no allowed_hosts, which are the plug-in's. */
static void modules_by_url(const char* url) {
  static const char* const kRight[][2] = {
      {"/module", ""}, {"/module", ", \"method\": \"post\""}, {"/moved", ""}, {"/elsewhere", ""}};
  for (size_t i = 0; i < sizeof kRight / sizeof *kRight; ++i) {
    ExtismPlugin* p = from_url(url, kRight[i][0], kRight[i][1]);
    CHECK(call(p, "echo", kRight[i][0]) == 0 && output_is(p, kRight[i][0]));
    if (last_message != NULL) fprintf(stderr, "%s\n", last_message);
    extism_plugin_free(p);
  }
  CHECK(from_url(url, "/module", ", \"hash\": \"00\"") == NULL && strstr(last_message, "SHA-256") != NULL);
  CHECK(from_url(url, "/large", "") == NULL && strstr(last_message, "manifest") == NULL);
  CHECK(from_url(url, "/module-secret", "") == NULL && strstr(last_message, "status 403") != NULL);
  CHECK(from_url("http://127.0.0.1:1", "/", "") == NULL && strstr(last_message, "http://127.0.0.1:1/") != NULL);
}

int main(int argc, char** argv) {
  if (argc < 3) return fprintf(stderr, "program PLUGIN OTHER [URL]\n"), 2;
  plugin_file = argv[1];
  other_file = argv[2];
  CHECK(extism_log_custom("info"));
  if (argc > 3) {
    http(argv[3]);
    modules_by_url(argv[3]);
  } else {
    calls();
    toml();
    limits();
    errors();
    threads();
    logs();
  }
  extism_plugin_new_error_free(last_message);
  return failures != 0;
}
