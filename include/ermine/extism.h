/* The C interface of Extism 1.x for hosts of its plug-ins, as libextism has it: the same functions, types and
 * constants, in source and binary. A program or an SDK that uses libextism runs with Ermine's libextism.so unchanged;
 * docs/how-to/run-extism-plugins.md says how, and what differs.
 *
 * Errors. A function that makes something returns null when it fails; if `errmsg` is not null, it then points to a text
 * that extism_plugin_new_error_free() frees. A function that fails on a plug-in leaves a text for
 * extism_plugin_error(). A plug-in that is null is an error, too, and nothing happens.
 *
 * Threads. A plug-in may be used by any thread, by one after the other: a function waits for a call on another thread
 * to end. Calling a plug-in while it runs, from a host function of the same thread, fails. Compiled plug-ins, cancel
 * handles and logs may be used by several threads at once.
 *
 * Texts are UTF-8 and end with NUL, where no size is given. */
#ifndef ERMINE_EXTISM_H
#define ERMINE_EXTISM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* Declare a host function; the second form is for cgo. */
#define EXTISM_FUNCTION(N) \
  extern void N(ExtismCurrentPlugin*, const ExtismVal*, ExtismSize, ExtismVal*, ExtismSize, void*)
/* The same for cgo. */
#define EXTISM_GO_FUNCTION(N) extern void N(void*, ExtismVal*, ExtismSize, ExtismVal*, ExtismSize, uintptr_t)

/* What extism_plugin_call() returns if there was no error. */
#define EXTISM_SUCCESS 0

/* The type of the address of a block of memory. */
#define EXTISM_PTR ExtismValType_I64

/* Types of WebAssembly values. Host functions have numbers only, the first four. */
typedef enum {
  ExtismValType_I32,
  ExtismValType_I64,
  ExtismValType_F32,
  ExtismValType_F64,
  ExtismValType_V128,
  ExtismValType_FuncRef,
  ExtismValType_ExternRef
} ExtismValType;

/* Ends the calls of a plug-in, from any thread. */
typedef struct ExtismCancelHandle ExtismCancelHandle;
/* A plug-in's modules, compiled; any number of plug-ins can be made of it. */
typedef struct ExtismCompiledPlugin ExtismCompiledPlugin;
/* The plug-in that calls a host function, during that call. */
typedef struct ExtismCurrentPlugin ExtismCurrentPlugin;
/* A host function. */
typedef struct ExtismFunction ExtismFunction;
/* A plug-in with its state. */
typedef struct ExtismPlugin ExtismPlugin;

/* The address of a block of memory that a plug-in and its host exchange; 0: none. */
typedef uint64_t ExtismMemoryHandle;
/* Bytes, or how many there are. */
typedef uint64_t ExtismSize;

/* A number; its type says which. */
typedef union {
  int32_t i32; /* signed or unsigned */
  int64_t i64; /* the same */
  float f32;   /* 32 bits */
  double f64;  /* 64 bits */
} ExtismValUnion;

/* A parameter or a result of a host function. */
typedef struct {
  ExtismValType t;  /* its type */
  ExtismValUnion v; /* its value */
} ExtismVal;

/* A host function: reads `inputs`, and sets the values of `outputs`, whose types are set and whose values are 0. `data`
   is what extism_function_new() was given. It must return: neither exceptions nor longjmp may leave it. */
typedef void (*ExtismFunctionType)(ExtismCurrentPlugin* plugin, const ExtismVal* inputs, ExtismSize n_inputs,
                                   ExtismVal* outputs, ExtismSize n_outputs, void* data);

/* Gets one line of the log, with its line end; `data` ends with NUL and is valid during the call. */
typedef void (*ExtismLogDrainFunctionType)(const char* data, ExtismSize size);

/* ---- Host functions */

/* Makes a function that plug-ins can import from the module extism:host/user under this name. `user_data` is passed to
   each call; when neither the function nor a plug-in that has it exists any more, `free_user_data` is called with it,
   if it is not null. Null if the name is null or not UTF-8. */
ExtismFunction* extism_function_new(const char* name, const ExtismValType* inputs, ExtismSize n_inputs,
                                    const ExtismValType* outputs, ExtismSize n_outputs, ExtismFunctionType func,
                                    void* user_data, void (*free_user_data)(void*));
/* May be called before and after a plug-in was made with the function. */
void extism_function_free(ExtismFunction* f);
/* Another module to import it from. No effect after a plug-in was made with it. */
void extism_function_set_namespace(ExtismFunction* ptr, const char* namespace_);

/* ---- Plug-ins */

/* Compiles a plug-in. `wasm`: a module (binary or text), or a manifest in JSON or TOML; modules that it names by URL
   are fetched here. `functions`: its host functions; each can be used for one plug-in or compiled plug-in, which keeps
   it. `with_wasi`: whether it may import WASI. */
ExtismCompiledPlugin* extism_compiled_plugin_new(const uint8_t* wasm, ExtismSize wasm_size,
                                                 const ExtismFunction** functions, ExtismSize n_functions,
                                                 bool with_wasi, char** errmsg);
/* The same, with an amount of fuel (ermine/store.h) that each call may use. */
ExtismCompiledPlugin* extism_compiled_plugin_new_with_fuel_limit(const uint8_t* wasm, ExtismSize wasm_size,
                                                                 const ExtismFunction** functions,
                                                                 ExtismSize n_functions, bool with_wasi,
                                                                 uint64_t fuel_limit, char** errmsg);
/* Plug-ins that were made of it remain. */
void extism_compiled_plugin_free(ExtismCompiledPlugin* plugin);

/* Make a plug-in; the first two compile it for that. */
ExtismPlugin* extism_plugin_new(const uint8_t* wasm, ExtismSize wasm_size, const ExtismFunction** functions,
                                ExtismSize n_functions, bool with_wasi, char** errmsg);
/* The same, with an amount of fuel that each call may use. */
ExtismPlugin* extism_plugin_new_with_fuel_limit(const uint8_t* wasm, ExtismSize wasm_size,
                                                const ExtismFunction** functions, ExtismSize n_functions,
                                                bool with_wasi, uint64_t fuel_limit, char** errmsg);
/* A plug-in of its own; the compiled one is not changed. */
ExtismPlugin* extism_plugin_new_from_compiled(const ExtismCompiledPlugin* compiled, char** errmsg);
/* Frees a text of `errmsg`; null may be freed. */
void extism_plugin_new_error_free(char* err);
/* Not while it runs. */
void extism_plugin_free(ExtismPlugin* plugin);

/* 16 bytes, a random UUID (version 4); valid as long as the plug-in. */
const uint8_t* extism_plugin_id(ExtismPlugin* plugin);
/* Changes configuration values: a JSON object whose values are strings, or null to remove one. False: it is not that.
 */
bool extism_plugin_config(ExtismPlugin* plugin, const uint8_t* json, ExtismSize json_size);
/* From now on the plug-in can read the headers of the responses to its HTTP requests. */
void extism_plugin_allow_http_response_headers(ExtismPlugin* plugin);
/* Whether the plug-in exports a function of this name that can be called: without parameters, and with no result or an
   i32. */
bool extism_plugin_function_exists(ExtismPlugin* plugin, const char* func_name);

/* Calls an exported function with `data_len` bytes of input, which are copied. Returns what the function returns (0 if
   it returns nothing); 134 after a trap or when the time limit is over; the exit code of a plug-in that exits; -1 for
   all other errors. Fuel and the time limit count from here. */
int32_t extism_plugin_call(ExtismPlugin* plugin, const char* func_name, const uint8_t* data, ExtismSize data_len);
/* The same; host functions that it calls can get `host_context`. */
int32_t extism_plugin_call_with_host_context(ExtismPlugin* plugin, const char* func_name, const uint8_t* data,
                                             ExtismSize data_len, void* host_context);
/* The output of the last call; valid until the next call, extism_plugin_reset() or extism_plugin_free(). */
ExtismSize extism_plugin_output_length(ExtismPlugin* plugin);
/* Its bytes. */
const uint8_t* extism_plugin_output_data(ExtismPlugin* plugin);
/* The error of the last call, or null; valid until the next use of the plug-in. extism_error is an old name of it. */
const char* extism_plugin_error(ExtismPlugin* plugin);
/* The same as extism_plugin_error(). */
const char* extism_error(ExtismPlugin* plugin);
/* Frees all blocks of memory that the plug-in has from its host, input and output included. */
bool extism_plugin_reset(ExtismPlugin* plugin);

/* Belongs to the plug-in. */
const ExtismCancelHandle* extism_plugin_cancel_handle(const ExtismPlugin* plugin);
/* Ends the call that is running, as if its time limit were over; no effect if none is. False: there is no handle. */
bool extism_plugin_cancel(const ExtismCancelHandle* handle);

/* ---- For host functions, on the thread that runs them */

/* As given to extism_plugin_call_with_host_context(), or null. */
void* extism_current_plugin_host_context(ExtismCurrentPlugin* plugin);
/* Where the bytes of blocks are: a block with the handle H begins at extism_current_plugin_memory(plugin) + H. Get it
   again after a block was allocated. */
uint8_t* extism_current_plugin_memory(ExtismCurrentPlugin* plugin);
/* A block of this many bytes; 0 if it is empty or there is not enough memory. */
ExtismMemoryHandle extism_current_plugin_memory_alloc(ExtismCurrentPlugin* plugin, ExtismSize n);
/* Bytes of a block; 0 if there is none. */
ExtismSize extism_current_plugin_memory_length(ExtismCurrentPlugin* plugin, ExtismMemoryHandle n);
/* Frees a block; nothing happens if there is none. */
void extism_current_plugin_memory_free(ExtismCurrentPlugin* plugin, ExtismMemoryHandle ptr);

/* ---- The process */

/* Make a log of what plug-ins write to it, and of their errors: appended to a file ("stderr", "stdout" and "-" are the
   standard streams; null: "stderr"), or kept for extism_log_drain(), up to 64 MiB. `log_level`: the lowest level that
   is logged, trace, debug, info, warn or error (null: error), or directives as in "extism=debug,other=trace". False:
   the file cannot be opened, or there is a log already. */
bool extism_log_file(const char* filename, const char* log_level);
/* The same for extism_log_drain(). */
bool extism_log_custom(const char* log_level);
/* Calls `handler` for each line that was kept, and forgets the line. */
void extism_log_drain(ExtismLogDrainFunctionType handler);

/* The version of Extism whose interface this is, followed by "+ermine-" and Ermine's version. */
const char* extism_version(void);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
