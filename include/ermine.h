/* What Ermine's C API has besides the standard one (wasm.h, whose rules on ownership, threads and errors hold here).
 * Names of functions that Wasmtime's C API has as well differ only in their first word. Texts are UTF-8, given with
 * their size, and those that are returned end with NUL. */
#ifndef ERMINE_H
#define ERMINE_H

#include "ermine_component.h"
#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* Kinds of values and items that wasm.h does not have. References of these kinds are wasm_ref_t's.
   ERMINE_CONCRETEREF: to a type that a module has defined. */
enum ermine_valkind_enum { ERMINE_V128 = 4, ERMINE_ANYREF = 130, ERMINE_EXNREF = 131, ERMINE_CONCRETEREF = 132 };
/* Besides those of wasm_externkind_enum. */
enum ermine_externkind_enum { ERMINE_EXTERN_TAG = 4 };

/* 128 bits; the first byte is lane 0 of i8x16. A wasm_val_t of the kind ERMINE_V128 owns them on the heap, where they
   do not fit in it, so it is deleted by wasm_val_delete as one with a reference is. (ermine_func_call_unchecked passes
   them without.) */
typedef uint8_t ermine_v128[16];
/* A value with a copy of the bytes. */
WASM_API_EXTERN void ermine_val_new_v128(own wasm_val_t* out, const ermine_v128 bytes);
/* False: the value is of another kind. */
WASM_API_EXTERN bool ermine_val_get_v128(const wasm_val_t*, ermine_v128 out);

/* "0.1.0" */
WASM_API_EXTERN const char* ermine_version(void);

/* Why the last function of this thread that failed has done so, with position and backtrace: valid until the next one
   fails. For functions that return null or false; those that return a trap do not change it. */
WASM_API_EXTERN const char* ermine_last_error(void);

/* ---- Configuration: fields of ermine::Config (docs/reference/options.md) */

/* ermine_tier_enum */
typedef uint8_t ermine_tier_t;
/* Which code runs: the interpreter's at first, and machine code for what runs often; or only one of them. Optimised
   code needs the plug-in libermine-llvm.so: without it, modules cannot be made, and ermine_last_error() says so. */
enum ermine_tier_enum { ERMINE_TIER_AUTO, ERMINE_TIER_INTERP, ERMINE_TIER_BASELINE, ERMINE_TIER_OPTIMIZED };
/* ermine::Config::tier */
WASM_API_EXTERN void ermine_config_tier_set(wasm_config_t*, ermine_tier_t);
/* With ERMINE_TIER_AUTO: functions that run for long are compiled again in the background, by the same plug-in. */
WASM_API_EXTERN void ermine_config_optimize_set(wasm_config_t*, bool);
/* After this number of calls and iterations of its loops, together. */
WASM_API_EXTERN void ermine_config_optimize_after_set(wasm_config_t*, uint32_t);
/* How much time the plug-in takes for a function: 0 to 2. */
WASM_API_EXTERN void ermine_config_opt_level_set(wasm_config_t*, uint32_t);
/* Whether fuel is counted. */
WASM_API_EXTERN void ermine_config_consume_fuel_set(wasm_config_t*, bool);
/* Bytes. */
WASM_API_EXTERN void ermine_config_max_wasm_stack_set(wasm_config_t*, uint64_t);
/* Bytes that objects of the collector may have, in each store. */
WASM_API_EXTERN void ermine_config_max_gc_heap_set(wasm_config_t*, uint64_t);
/* Bytes of address space for each memory, in which it grows without moving. */
WASM_API_EXTERN void ermine_config_memory_reservation_set(wasm_config_t*, uint64_t);
/* Whether machine code is verified before it runs. */
WASM_API_EXTERN void ermine_config_verify_code_set(wasm_config_t*, bool);
/* For gdb and lldb. */
WASM_API_EXTERN void ermine_config_debug_info_set(wasm_config_t*, bool);
/* A proposal, by the name that `ermine run --features help` lists, or "all", which can only be switched on. False:
   there is none of that name. */
WASM_API_EXTERN bool ermine_config_wasm_feature_set(wasm_config_t*, const char* name, size_t name_size, bool on);

/* ---- Modules */

/* Text to binary. False: the text is not a module. */
WASM_API_EXTERN bool ermine_wat2wasm(const char* wat, size_t wat_size, own wasm_byte_vec_t* out);
/* From a file, which must not be truncated while the module exists. */
WASM_API_EXTERN own wasm_module_t* ermine_module_from_file(wasm_store_t*, const char* path, size_t path_size);
/* Makes the code of all functions now, instead of each at its first calls. */
WASM_API_EXTERN bool ermine_module_compile_functions(const wasm_module_t*);

/* ---- Stores */

/* Limits of a store; `size` is sizeof(ermine_store_limits_t), so that later versions may have more. Fields of
   ermine::StoreLimits; UINT64_MAX: no limit of its own. */
typedef struct ermine_store_limits_t {
  size_t size;                    /* sizeof(ermine_store_limits_t) */
  uint64_t memory_bytes;          /* of each memory */
  uint64_t instance_memory_bytes; /* of the memories that an instance defines, together */
  uint64_t total_memory_bytes;    /* of all memories of the store */
  uint64_t table_elements;        /* of each table */
  uint64_t total_table_elements;  /* of all tables of the store */
  uint64_t instances;             /* that are made in the store */
  uint64_t tables;                /* the same */
  uint64_t memories;              /* the same */
  uint64_t gc_heap_bytes;         /* of garbage-collected objects; at most the engine's limit */
} ermine_store_limits_t;
/* The defaults: those of ermine::StoreLimits, without limits on the number of instances, tables and memories. */
WASM_API_EXTERN void ermine_store_limits_init(ermine_store_limits_t*);
/* For what is made or grown later. False: `size` is not one that this version knows. */
WASM_API_EXTERN bool ermine_store_limiter(wasm_store_t*, const ermine_store_limits_t*);

/* A pointer of the embedder. */
WASM_API_EXTERN void* ermine_store_get_data(const wasm_store_t*);
/* For ermine_store_get_data. The store does nothing with it. */
WASM_API_EXTERN void ermine_store_set_data(wasm_store_t*, void*);

/* False: the engine does not count fuel (ermine_config_consume_fuel_set). A store starts without any. A call that uses
   it up ends with a trap; an ermine_execution_t is suspended. */
WASM_API_EXTERN bool ermine_store_set_fuel(wasm_store_t*, uint64_t units);
/* What is left. False: the engine does not count fuel. */
WASM_API_EXTERN bool ermine_store_get_fuel(const wasm_store_t*, uint64_t* units);

/* Code that still runs after this time is interrupted, as are later calls. */
WASM_API_EXTERN void ermine_store_set_timeout(wasm_store_t*, uint64_t nanoseconds_from_now);
/* Calls may take any time again. */
WASM_API_EXTERN void ermine_store_clear_timeout(wasm_store_t*);

/* Ends the running call of a store, or its next one, from any thread; also after the store was deleted. */
typedef struct ermine_interrupt_handle_t ermine_interrupt_handle_t;
/* A handle of its own for each caller. */
WASM_API_EXTERN own ermine_interrupt_handle_t* ermine_interrupt_handle_new(wasm_store_t*);
/* From any thread, but not from a signal handler. */
WASM_API_EXTERN void ermine_interrupt_handle_interrupt(const ermine_interrupt_handle_t*);
/* Null may be deleted. */
WASM_API_EXTERN void ermine_interrupt_handle_delete(own ermine_interrupt_handle_t*);

/* For functions of the host that wait for something: whether their call is to end. */
WASM_API_EXTERN bool ermine_store_interrupt_requested(const wasm_store_t*);
/* A descriptor that is readable while that is so, for poll(); -1 if the system has none. It is the store's. */
WASM_API_EXTERN int ermine_store_interrupt_fd(wasm_store_t*);
/* Answers the request, if there is one: a trap, which the function must return. In an ermine_execution_t, null: the
   call was suspended here, and continues. So a function can suspend the execution that calls it, by an interrupt of its
   own, until what it waits for is there. Memories may have grown in the meantime. */
WASM_API_EXTERN own wasm_trap_t* ermine_store_check_interrupt(wasm_store_t*);

/* Collects garbage now, and not only when the heap needs it. */
WASM_API_EXTERN void ermine_store_gc(wasm_store_t*);

/* ---- Traps */

/* ermine_error_kind_enum */
typedef uint8_t ermine_error_kind_t;
/* ermine::ErrorKind */
enum ermine_error_kind_enum {
  ERMINE_MALFORMED,
  ERMINE_INVALID,
  ERMINE_UNSUPPORTED,
  ERMINE_LINK,
  ERMINE_TRAP,
  ERMINE_EXCEPTION,
  ERMINE_LIMIT,
  ERMINE_EXIT,
  ERMINE_IO,
  ERMINE_USAGE
};
/* What has ended the call. */
WASM_API_EXTERN ermine_error_kind_t ermine_trap_kind(const wasm_trap_t*);
/* Of a trap in WebAssembly, its number in ermine/traps.def (TrapCode); 0 otherwise. */
WASM_API_EXTERN uint8_t ermine_trap_code(const wasm_trap_t*);
/* True, and the status, if the program has ended itself (ERMINE_EXIT). */
WASM_API_EXTERN bool ermine_trap_exit_status(const wasm_trap_t*, int32_t* status);
/* Valid as long as the frame; "" if it is not known. */
WASM_API_EXTERN const char* ermine_frame_func_name(const wasm_frame_t*);
/* The same of the module. */
WASM_API_EXTERN const char* ermine_frame_module_name(const wasm_frame_t*);

/* ---- Tags of exceptions */

/* The type of a tag; it is a wasm_externtype_t, and deleted as that. */
typedef struct ermine_tagtype_t ermine_tagtype_t;
/* Its parameters are the payload. Lent, as long as the tag's type exists. */
WASM_API_EXTERN const wasm_functype_t* ermine_tagtype_func(const ermine_tagtype_t*);
/* The same object; null if it is of another kind. */
WASM_API_EXTERN const ermine_tagtype_t* ermine_externtype_as_tagtype(const wasm_externtype_t*);
/* A tag, which exceptions are thrown with and caught by. */
typedef struct ermine_tag_t ermine_tag_t;
/* Its parameters are the payload of its exceptions; each tag is one of its own. */
WASM_API_EXTERN own ermine_tag_t* ermine_tag_new(wasm_store_t*, const wasm_functype_t*);
/* Another reference to the same tag. */
WASM_API_EXTERN own ermine_tag_t* ermine_tag_copy(const ermine_tag_t*);
/* Null may be deleted. */
WASM_API_EXTERN void ermine_tag_delete(own ermine_tag_t*);
/* The same reference under its general type, and the reverse, which is null for another kind of item. */
WASM_API_EXTERN wasm_extern_t* ermine_tag_as_extern(ermine_tag_t*);
/* Null for another kind of item. Not to be deleted. */
WASM_API_EXTERN ermine_tag_t* ermine_extern_as_tag(wasm_extern_t*);

/* ---- Exceptions. A trap of the kind ERMINE_EXCEPTION carries the one that was not caught. */

/* Null if it is none. */
WASM_API_EXTERN own wasm_ref_t* ermine_trap_exception(const wasm_trap_t*);
/* For a function of the host that throws: the trap that it returns. Null if `exception` is no exception of the store.
 */
WASM_API_EXTERN own wasm_trap_t* ermine_trap_new_exception(wasm_store_t*, const wasm_ref_t* exception);
/* Null if the payload does not fit the tag. */
WASM_API_EXTERN own wasm_ref_t* ermine_exn_new(wasm_store_t*, const ermine_tag_t*, const wasm_val_vec_t* payload);
/* Null, or false, if the reference is no exception. */
WASM_API_EXTERN own ermine_tag_t* ermine_exn_tag(const wasm_ref_t*);
/* The values that it was thrown with. */
WASM_API_EXTERN bool ermine_exn_payload(const wasm_ref_t*, own wasm_val_vec_t* out);

/* ---- Objects of the collector */

/* ermine_refkind_enum */
typedef uint8_t ermine_refkind_t;
/* Kinds of objects. */
enum ermine_refkind_enum {
  ERMINE_REF_OTHER, /* an object of the C API, whose kind wasm_ref_as_... shows, or of the host */
  ERMINE_REF_I31,
  ERMINE_REF_STRUCT,
  ERMINE_REF_ARRAY,
  ERMINE_REF_EXN
};
/* What a reference leads to; ERMINE_REF_OTHER for null. */
WASM_API_EXTERN ermine_refkind_t ermine_ref_kind(const wasm_ref_t*);
/* The low 31 bits. */
WASM_API_EXTERN own wasm_ref_t* ermine_i31_new(wasm_store_t*, uint32_t);
/* Sign-extended. */
WASM_API_EXTERN bool ermine_i31_get_s(const wasm_ref_t*, int32_t* out);
/* Zero-extended. */
WASM_API_EXTERN bool ermine_i31_get_u(const wasm_ref_t*, uint32_t* out);
/* `type` is a reference to a type that a module has defined: of a parameter or result of its functions, for instance.
   All of these return null or false if the reference, type, index or value does not fit. */
WASM_API_EXTERN own wasm_ref_t* ermine_struct_new(wasm_store_t*, const wasm_valtype_t* type,
                                                  const wasm_val_vec_t* fields);
/* How many fields it has. */
WASM_API_EXTERN bool ermine_struct_field_count(const wasm_ref_t*, uint32_t* out);
/* A field. Packed fields are zero-extended as i32. */
WASM_API_EXTERN bool ermine_struct_get(const wasm_ref_t*, uint32_t index, own wasm_val_t* out);
/* Changes a field that is mutable. */
WASM_API_EXTERN bool ermine_struct_set(const wasm_ref_t*, uint32_t index, const wasm_val_t*);
/* An array whose elements are all `fill`. */
WASM_API_EXTERN own wasm_ref_t* ermine_array_new(wasm_store_t*, const wasm_valtype_t* type, uint32_t length,
                                                 const wasm_val_t* fill);
/* How many elements it has. */
WASM_API_EXTERN bool ermine_array_length(const wasm_ref_t*, uint32_t* out);
/* An element. Packed elements are as packed fields. */
WASM_API_EXTERN bool ermine_array_get(const wasm_ref_t*, uint32_t index, own wasm_val_t* out);
/* Changes an element of an array that is mutable. */
WASM_API_EXTERN bool ermine_array_set(const wasm_ref_t*, uint32_t index, const wasm_val_t*);

/* ---- Calls over slots, which cost the least */

/* A slot. A v128 has two. */
typedef union ermine_val_raw_t {
  int32_t i32;   /* the other 32 bits of the slot do not matter */
  int64_t i64;   /* and halves of a v128, the lower one first */
  float32_t f32; /* as i32 */
  float64_t f64; /* all 64 bits */
} ermine_val_raw_t;
/* `slots` has the arguments, and receives the results; its size is that of whichever has more slots. Their types are
   not checked: they are taken to be those of the function. A trap (ERMINE_USAGE) if there are too few slots, or a
   parameter or result is a reference. */
WASM_API_EXTERN own wasm_trap_t* ermine_func_call_unchecked(const wasm_func_t*, ermine_val_raw_t* slots, size_t size);

/* ---- Memories and tables beyond those of wasm.h */

/* Sizes in pages of 2^page_size_log2 bytes (16, or 0 with custom page sizes). */
WASM_API_EXTERN own wasm_memorytype_t* ermine_memorytype_new(uint64_t min, bool max_present, uint64_t max, bool is_64,
                                                             bool shared, uint8_t page_size_log2);
/* Pages. */
WASM_API_EXTERN uint64_t ermine_memorytype_minimum(const wasm_memorytype_t*);
/* Pages. False: it has no maximum. */
WASM_API_EXTERN bool ermine_memorytype_maximum(const wasm_memorytype_t*, uint64_t* max);
/* Whether addresses have 64 bits. */
WASM_API_EXTERN bool ermine_memorytype_is64(const wasm_memorytype_t*);
/* Whether several threads may use it: ermine_sharedmemory_t. */
WASM_API_EXTERN bool ermine_memorytype_isshared(const wasm_memorytype_t*);
/* 16, or 0. */
WASM_API_EXTERN uint8_t ermine_memorytype_page_size_log2(const wasm_memorytype_t*);
/* Pages. */
WASM_API_EXTERN uint64_t ermine_memory_size(const wasm_memory_t*);
/* Whether growing may move the bytes. If not, they keep their address as long as the store lives. */
WASM_API_EXTERN bool ermine_memory_may_move(const wasm_memory_t*);
/* `before` may be null. */
WASM_API_EXTERN bool ermine_memory_grow(wasm_memory_t*, uint64_t delta, uint64_t* before);

/* A memory that stores on several threads use at once, as threads of a program share one. Its bytes may change at any
   time. `type` is shared and has a maximum. */
typedef struct ermine_sharedmemory_t ermine_sharedmemory_t;
/* Null if the type is not shared, or the address space does not suffice. */
WASM_API_EXTERN own ermine_sharedmemory_t* ermine_sharedmemory_new(wasm_engine_t*, const wasm_memorytype_t* type);
/* Another reference to the same memory. */
WASM_API_EXTERN own ermine_sharedmemory_t* ermine_sharedmemory_copy(const ermine_sharedmemory_t*);
/* The memory ends with its last reference. */
WASM_API_EXTERN void ermine_sharedmemory_delete(own ermine_sharedmemory_t*);
WASM_API_EXTERN uint8_t* ermine_sharedmemory_data(const ermine_sharedmemory_t*); /* never moves */
/* Bytes. Other threads may grow it at any time. */
WASM_API_EXTERN size_t ermine_sharedmemory_data_size(const ermine_sharedmemory_t*);
/* By `delta` pages; `before`, which may be null, receives how many there were. False: the maximum, or a limit. */
WASM_API_EXTERN bool ermine_sharedmemory_grow(const ermine_sharedmemory_t*, uint64_t delta, uint64_t* before);
/* A store's view of it. */
WASM_API_EXTERN own wasm_memory_t* ermine_sharedmemory_as_memory(wasm_store_t*, const ermine_sharedmemory_t*);
/* Null if the memory is not shared. */
WASM_API_EXTERN own ermine_sharedmemory_t* ermine_memory_as_shared(const wasm_memory_t*);

/* Sizes in elements. */
WASM_API_EXTERN own wasm_tabletype_t* ermine_tabletype_new(own wasm_valtype_t*, uint64_t min, bool max_present,
                                                           uint64_t max, bool is_64);
/* Whether indices have 64 bits. */
WASM_API_EXTERN bool ermine_tabletype_is64(const wasm_tabletype_t*);
/* Elements. */
WASM_API_EXTERN uint64_t ermine_table_size(const wasm_table_t*);
/* By `delta` elements, which are `init`; `before`, which may be null, receives how many there were. */
WASM_API_EXTERN bool ermine_table_grow(wasm_table_t*, uint64_t delta, wasm_ref_t* init, uint64_t* before);

/* ---- Calls that can be suspended, when fuel runs out or by a timeout or interrupt, and continued; ermine::Execution
 */

/* A call that can be suspended. */
typedef struct ermine_execution_t ermine_execution_t;
/* ermine_execution_state_enum */
typedef uint8_t ermine_execution_state_t;
/* ermine::Execution::State */
enum ermine_execution_state_enum {
  ERMINE_EXECUTION_READY,
  ERMINE_EXECUTION_RUNNING, /* as functions of the host see it */
  ERMINE_EXECUTION_OUT_OF_FUEL,
  ERMINE_EXECUTION_INTERRUPTED,
  ERMINE_EXECUTION_RETURNED,
  ERMINE_EXECUTION_FAILED
};
/* Null if the arguments do not fit, or there is no memory for its stacks. */
WASM_API_EXTERN own ermine_execution_t* ermine_execution_new(const wasm_func_t*, const wasm_val_vec_t* args);
/* One that is suspended ends as by a trap: functions of the host in the middle of it return. Before its store. */
WASM_API_EXTERN void ermine_execution_delete(own ermine_execution_t*);
/* Starts or continues it, until it returns, fails or is suspended again: a trap if it failed, or cannot run. */
WASM_API_EXTERN own wasm_trap_t* ermine_execution_run(ermine_execution_t*);
/* How far it is. */
WASM_API_EXTERN ermine_execution_state_t ermine_execution_state(const ermine_execution_t*);
/* Of one that has returned; none before. */
WASM_API_EXTERN void ermine_execution_results(const ermine_execution_t*, own wasm_val_vec_t* out);

/* ---- WASI: what a program is granted. Nothing but what is named; docs/security.md */

/* What a program is granted. */
typedef struct ermine_wasi_config_t ermine_wasi_config_t;
/* Grants nothing. */
WASM_API_EXTERN own ermine_wasi_config_t* ermine_wasi_config_new(void);
/* ermine_wasi_new takes the configuration over as well. */
WASM_API_EXTERN void ermine_wasi_config_delete(own ermine_wasi_config_t*);
/* The first is the program's name. */
WASM_API_EXTERN void ermine_wasi_config_set_argv(ermine_wasi_config_t*, size_t count, const char* const arguments[]);
/* Adds variables: names[i] has the value values[i]. */
WASM_API_EXTERN void ermine_wasi_config_set_env(ermine_wasi_config_t*, size_t count, const char* const names[],
                                                const char* const values[]);
/* All variables of the host. */
WASM_API_EXTERN void ermine_wasi_config_inherit_env(ermine_wasi_config_t*);
/* The process's own descriptors 0, 1 and 2. */
WASM_API_EXTERN void ermine_wasi_config_inherit_stdio(ermine_wasi_config_t*);
/* Descriptors for standard input, output and error. They stay the caller's, and must outlive the ermine_wasi_t. */
WASM_API_EXTERN void ermine_wasi_config_set_stdio(ermine_wasi_config_t*, int in, int out, int err);
/* A directory of the host under the guest's name. */
WASM_API_EXTERN void ermine_wasi_config_preopen_dir(ermine_wasi_config_t*, const char* host_path,
                                                    const char* guest_path, bool read_only);
/* Bytes for standard input, which are taken over. */
WASM_API_EXTERN void ermine_wasi_config_set_stdin_bytes(ermine_wasi_config_t*, own wasm_byte_vec_t* bytes);
/* Takes what a program writes, on the thread that runs it: the number of bytes that it took, at least one; or an error,
   as the negative of a number of errno.h. It must neither wait nor use the store. */
typedef ptrdiff_t (*ermine_wasi_write_callback_t)(void* env, const uint8_t* bytes, size_t size);
/* For standard output and error. The finalizer is called with `env` after the ermine_wasi_t and all linkers that have
   its functions have ended. */
WASM_API_EXTERN void ermine_wasi_config_set_stdout_custom(ermine_wasi_config_t*, ermine_wasi_write_callback_t,
                                                          void* env, void (*finalizer)(void*));
/* The same for standard error. */
WASM_API_EXTERN void ermine_wasi_config_set_stderr_custom(ermine_wasi_config_t*, ermine_wasi_write_callback_t,
                                                          void* env, void (*finalizer)(void*));
/* A directory in memory, of at most `max_bytes`. May be used by all threads, and granted to several programs, which
   keep it. Paths are relative to it; the directories that a written file is in are made. */
typedef struct ermine_virtual_directory_t ermine_virtual_directory_t;
/* An empty one. */
WASM_API_EXTERN own ermine_virtual_directory_t* ermine_virtual_directory_new(uint64_t max_bytes);
/* Programs that have it keep it. */
WASM_API_EXTERN void ermine_virtual_directory_delete(own ermine_virtual_directory_t*);
/* Makes a file, or replaces its contents. False: the path leads out, or there is no room. */
WASM_API_EXTERN bool ermine_virtual_directory_write_file(ermine_virtual_directory_t*, const char* path,
                                                         size_t path_size, const char* contents, size_t size);
/* A copy of a file's contents. False: there is none. */
WASM_API_EXTERN bool ermine_virtual_directory_read_file(const ermine_virtual_directory_t*, const char* path,
                                                        size_t path_size, own wasm_byte_vec_t* out);
/* A directory in memory under the guest's name. */
WASM_API_EXTERN void ermine_wasi_config_preopen_virtual_dir(ermine_wasi_config_t*, const ermine_virtual_directory_t*,
                                                            const char* guest_path, bool read_only);
/* A listening socket on "host:port". */
WASM_API_EXTERN void ermine_wasi_config_listen(ermine_wasi_config_t*, const char* address);
/* Descriptors that may be open at the same time. */
WASM_API_EXTERN void ermine_wasi_config_max_open_files_set(ermine_wasi_config_t*, uint32_t);
/* Bytes that may be written, to all descriptors together; more ends the program. */
WASM_API_EXTERN void ermine_wasi_config_max_written_bytes_set(ermine_wasi_config_t*, uint64_t);

/* The state of one running program, for one store at a time. Null if something that was granted cannot be opened. */
typedef struct ermine_wasi_t ermine_wasi_t;
/* Opens what is granted, and takes the configuration over. ermine_last_error() says what cannot be opened. */
WASM_API_EXTERN own ermine_wasi_t* ermine_wasi_new(own ermine_wasi_config_t*);
/* Linkers keep what they need of it. */
WASM_API_EXTERN void ermine_wasi_delete(own ermine_wasi_t*);

/* ---- Linkers: imports by name. Functions that return a bool say false if they fail, for instance because the name is
   defined already. */

/* Imports by name. */
typedef struct ermine_linker_t ermine_linker_t;
/* Without definitions. */
WASM_API_EXTERN own ermine_linker_t* ermine_linker_new(wasm_engine_t*);
/* Instances keep what they need of it. */
WASM_API_EXTERN void ermine_linker_delete(own ermine_linker_t*);
/* Whether a definition may replace one of the same name. Off by default. */
WASM_API_EXTERN void ermine_linker_allow_shadowing(ermine_linker_t*, bool);
/* An item, for instances in its store. */
WASM_API_EXTERN bool ermine_linker_define(ermine_linker_t*, const char* module, size_t module_size, const char* name,
                                          size_t name_size, const wasm_extern_t*);
/* All exports of an instance. */
WASM_API_EXTERN bool ermine_linker_define_instance(ermine_linker_t*, const char* module, size_t module_size,
                                                   const wasm_instance_t*);

/* Instantiates a module with the imports that are defined here, calls its function _initialize, if it has one, and
   defines its exports under the name. */
WASM_API_EXTERN bool ermine_linker_module(ermine_linker_t*, wasm_store_t*, const char* name, size_t name_size,
                                          const wasm_module_t*);

/* The call of a function of the host; valid during the call. */
typedef struct ermine_caller_t ermine_caller_t;
/* As wasm_func_callback_with_env_t. */
typedef own wasm_trap_t* (*ermine_func_callback_t)(void* env, ermine_caller_t* caller, const wasm_val_t* args,
                                                   size_t arg_count, wasm_val_t* results, size_t result_count);
/* An export of the calling instance; null if there is none. */
WASM_API_EXTERN own wasm_extern_t* ermine_caller_export_get(ermine_caller_t*, const char* name, size_t name_size);
/* The store that calls, under the caller's; to be deleted, which does not delete the store. */
WASM_API_EXTERN own wasm_store_t* ermine_caller_store(ermine_caller_t*);
/* For work that should cost fuel. False: it is used up; return a trap then. */
WASM_API_EXTERN bool ermine_caller_consume_fuel(ermine_caller_t*, uint64_t units);
/* For instances in any store of the engine. The finalizer is called with `env` after the linker and all these stores
   have ended. */
WASM_API_EXTERN bool ermine_linker_define_func(ermine_linker_t*, const char* module, size_t module_size,
                                               const char* name, size_t name_size, const wasm_functype_t*,
                                               ermine_func_callback_t, void* env, void (*finalizer)(void*));
/* WASI preview 1. The linker keeps what it needs of the program's state. */
WASM_API_EXTERN bool ermine_linker_define_wasi(ermine_linker_t*, const ermine_wasi_t*);
/* Imports that nothing defines trap when they are called. */
WASM_API_EXTERN bool ermine_linker_define_unknown_imports_as_traps(ermine_linker_t*, const wasm_module_t*);
/* Null after an error; `trap`, which may be null, then receives it. */
WASM_API_EXTERN own wasm_instance_t* ermine_linker_instantiate(const ermine_linker_t*, wasm_store_t*,
                                                               const wasm_module_t*, own wasm_trap_t** trap);
/* A definition; null if there is none. */
WASM_API_EXTERN own wasm_extern_t* ermine_linker_get(const ermine_linker_t*, wasm_store_t*, const char* module,
                                                     size_t module_size, const char* name, size_t name_size);

/* An export by name; null if there is none. */
WASM_API_EXTERN own wasm_extern_t* ermine_instance_export_get(const wasm_instance_t*, const char* name,
                                                              size_t name_size);

#undef own

#ifdef __cplusplus
}
#endif

#endif
