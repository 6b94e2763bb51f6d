/* The standard C API of WebAssembly (WebAssembly/wasm-c-api), as Ermine has it. What the standard lacks is in ermine.h.
 *
 * Ownership, in the signatures by the word `own`: a pointer or vector that is `own` belongs to the receiver, and is
 * deleted by wasm_..._delete (a vector with its elements); an `own` parameter passes to the function. `out` receives
 * what is then the caller's. Everything else is lent for the call, or until its owner is deleted. A reference keeps its
 * store alive, so references and stores may be deleted in any order. Null may be deleted.
 *
 * Threads: an engine, a module's shared form and types may be used by all threads. A store, and whatever was made with
 * it, is used by one thread at a time.
 *
 * Errors: functions that make something return null if they cannot; wasm_func_call and wasm_instance_new say why by a
 * trap, the others by ermine_last_error() in ermine.h. Lack of the host's memory ends the process.
 *
 * Differences from other engines: values of the kinds that this header does not have (v128, and references other than
 * those to functions and the host) pass through globals, tables and calls as what wasm_val_delete deletes, and ermine.h
 * has functions that see into them; a module's serialised form is its binary; wasm_frame_instance returns null. */
#ifndef WASM_H
#define WASM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef WASM_API_EXTERN
#ifdef __GNUC__
#define WASM_API_EXTERN __attribute__((visibility("default")))
#else
#define WASM_API_EXTERN
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* As in the standard: `char`, so that texts are bytes. */
typedef char byte_t;
/* A number of the type f32. */
typedef float float32_t;
/* A number of the type f64. */
typedef double float64_t;

/* ---- Forms of declarations */

#define WASM_DECLARE_OWN(name)                    \
  typedef struct wasm_##name##_t wasm_##name##_t; \
  WASM_API_EXTERN void wasm_##name##_delete(own wasm_##name##_t*);

/* A vector: `size` elements at `data`. `..._new` copies the array, and takes over what it points to; `..._copy` copies
   the elements as well; `..._new_uninitialized` leaves it to the caller to fill them. */
#define WASM_DECLARE_VEC(name, pointer)                                                                  \
  typedef struct wasm_##name##_vec_t {                                                                   \
    size_t size;                                                                                         \
    wasm_##name##_t pointer* data;                                                                       \
  } wasm_##name##_vec_t;                                                                                 \
  WASM_API_EXTERN void wasm_##name##_vec_new_empty(own wasm_##name##_vec_t* out);                        \
  WASM_API_EXTERN void wasm_##name##_vec_new_uninitialized(own wasm_##name##_vec_t* out, size_t);        \
  WASM_API_EXTERN void wasm_##name##_vec_new(own wasm_##name##_vec_t* out, size_t,                       \
                                             own wasm_##name##_t pointer const[]);                       \
  WASM_API_EXTERN void wasm_##name##_vec_copy(own wasm_##name##_vec_t* out, const wasm_##name##_vec_t*); \
  WASM_API_EXTERN void wasm_##name##_vec_delete(own wasm_##name##_vec_t*);

#define WASM_DECLARE_TYPE(name) \
  WASM_DECLARE_OWN(name)        \
  WASM_DECLARE_VEC(name, *)     \
  WASM_API_EXTERN own wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t*);

/* A reference. `..._copy` makes another reference to the same object, `..._same` compares objects. Each object can
   carry a pointer of the host, its host info, whose finalizer is called when the object ends: at the latest with the
   store. */
#define WASM_DECLARE_REF_BASE(name)                                                        \
  WASM_DECLARE_OWN(name)                                                                   \
  WASM_API_EXTERN own wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t*);         \
  WASM_API_EXTERN bool wasm_##name##_same(const wasm_##name##_t*, const wasm_##name##_t*); \
  WASM_API_EXTERN void* wasm_##name##_get_host_info(const wasm_##name##_t*);               \
  WASM_API_EXTERN void wasm_##name##_set_host_info(wasm_##name##_t*, void*);               \
  WASM_API_EXTERN void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t*, void*, void (*)(void*));

/* `..._as_ref` is the same reference under its general type, and `wasm_ref_as_...` the reverse: null if it is to
   another kind of object. Neither makes anything that is to be deleted. */
#define WASM_DECLARE_REF(name)                                                          \
  WASM_DECLARE_REF_BASE(name)                                                           \
  WASM_API_EXTERN wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t*);                   \
  WASM_API_EXTERN wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t*);                     \
  WASM_API_EXTERN const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t*); \
  WASM_API_EXTERN const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t*);

/* What stores on several threads may share: `..._share` makes its shared form, `..._obtain` a reference in a store. */
#define WASM_DECLARE_SHARABLE_REF(name)                                                    \
  WASM_DECLARE_REF(name)                                                                   \
  WASM_DECLARE_OWN(shared_##name)                                                          \
  WASM_API_EXTERN own wasm_shared_##name##_t* wasm_##name##_share(const wasm_##name##_t*); \
  WASM_API_EXTERN own wasm_##name##_t* wasm_##name##_obtain(wasm_store_t*, const wasm_shared_##name##_t*);

/* ---- Bytes and names */

/* A byte of a vector. */
typedef byte_t wasm_byte_t;
WASM_DECLARE_VEC(byte, )

/* UTF-8, without a NUL at its end. */
typedef wasm_byte_vec_t wasm_name_t;
#define wasm_name wasm_byte_vec
#define wasm_name_new wasm_byte_vec_new
#define wasm_name_new_empty wasm_byte_vec_new_empty
#define wasm_name_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_new_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_copy wasm_byte_vec_copy
#define wasm_name_delete wasm_byte_vec_delete

/* Without the NUL at its end. */
static inline void wasm_name_new_from_string(own wasm_name_t* out, const char* s) { wasm_name_new(out, strlen(s), s); }
/* With the NUL at its end. */
static inline void wasm_name_new_from_string_nt(own wasm_name_t* out, const char* s) {
  wasm_name_new(out, strlen(s) + 1, s);
}

/* ---- Configuration, engine, store */

WASM_DECLARE_OWN(config)
/* The defaults. ermine.h has functions that change them. */
WASM_API_EXTERN own wasm_config_t* wasm_config_new(void);

WASM_DECLARE_OWN(engine)
/* With the defaults. An engine compiles modules, and may be used by all threads. */
WASM_API_EXTERN own wasm_engine_t* wasm_engine_new(void);
/* Takes the configuration over. A plug-in that it asks for and that is missing is an error when modules are made. */
WASM_API_EXTERN own wasm_engine_t* wasm_engine_new_with_config(own wasm_config_t*);

WASM_DECLARE_OWN(store)
/* A store: what its instances have, they have in it, until it ends. */
WASM_API_EXTERN own wasm_store_t* wasm_store_new(wasm_engine_t*);

/* ---- Types */

/* wasm_mutability_enum */
typedef uint8_t wasm_mutability_t;
/* Whether the value of a global may change. */
enum wasm_mutability_enum { WASM_CONST, WASM_VAR };

/* Pages of 64 KiB, or elements. */
typedef struct wasm_limits_t {
  uint32_t min; /* at first */
  uint32_t max; /* wasm_limits_max_default: none */
} wasm_limits_t;
static const uint32_t wasm_limits_max_default = 0xffffffff; /* no maximum */

WASM_DECLARE_TYPE(valtype)
/* wasm_valkind_enum, or ermine_valkind_enum. */
typedef uint8_t wasm_valkind_t;
/* Kinds of values. */
enum wasm_valkind_enum { WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF = 128, WASM_FUNCREF };
/* Of a number, or of a reference that may be null. */
WASM_API_EXTERN own wasm_valtype_t* wasm_valtype_new(wasm_valkind_t);
/* The kind of its values. */
WASM_API_EXTERN wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t*);
/* Whether values are numbers. */
static inline bool wasm_valkind_is_num(wasm_valkind_t k) { return k < WASM_EXTERNREF; }
/* Whether values are references, or have to be deleted as such. */
static inline bool wasm_valkind_is_ref(wasm_valkind_t k) { return k >= WASM_EXTERNREF; }
/* Whether its values are numbers. */
static inline bool wasm_valtype_is_num(const wasm_valtype_t* t) { return wasm_valkind_is_num(wasm_valtype_kind(t)); }
/* Whether its values are references. */
static inline bool wasm_valtype_is_ref(const wasm_valtype_t* t) { return wasm_valkind_is_ref(wasm_valtype_kind(t)); }

WASM_DECLARE_TYPE(functype)
/* Takes both over. */
WASM_API_EXTERN own wasm_functype_t* wasm_functype_new(own wasm_valtype_vec_t* params, own wasm_valtype_vec_t* results);
/* Lent, as long as the type exists. */
WASM_API_EXTERN const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t*);
/* Lent, as long as the type exists. */
WASM_API_EXTERN const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t*);

WASM_DECLARE_TYPE(globaltype)
/* Takes the type of its values over. */
WASM_API_EXTERN own wasm_globaltype_t* wasm_globaltype_new(own wasm_valtype_t*, wasm_mutability_t);
/* The type of its values. */
WASM_API_EXTERN const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t*);
/* Whether its value may change. */
WASM_API_EXTERN wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t*);

WASM_DECLARE_TYPE(tabletype)
/* Takes the type of its elements over. */
WASM_API_EXTERN own wasm_tabletype_t* wasm_tabletype_new(own wasm_valtype_t*, const wasm_limits_t*);
/* The type of its elements. */
WASM_API_EXTERN const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t*);
/* Elements; of larger tables, see ermine.h. */
WASM_API_EXTERN const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t*);

WASM_DECLARE_TYPE(memorytype)
/* With 32-bit addresses; ermine_memorytype_new makes others. */
WASM_API_EXTERN own wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t*);
/* Pages; of larger memories, see ermine.h. */
WASM_API_EXTERN const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t*);

WASM_DECLARE_TYPE(externtype)
/* wasm_externkind_enum, or ERMINE_EXTERN_TAG. */
typedef uint8_t wasm_externkind_t;
/* Kinds of items that modules import and export. */
enum wasm_externkind_enum { WASM_EXTERN_FUNC, WASM_EXTERN_GLOBAL, WASM_EXTERN_TABLE, WASM_EXTERN_MEMORY };
/* What items of this type are. */
WASM_API_EXTERN wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t*);

/* The same object under its general type, and the reverse: null if it is of another kind. */
#define WASM_DECLARE_EXTERNTYPE(name)                                                                 \
  WASM_API_EXTERN wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t*);                   \
  WASM_API_EXTERN wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t*);                     \
  WASM_API_EXTERN const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t*); \
  WASM_API_EXTERN const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t*);
WASM_DECLARE_EXTERNTYPE(functype)
WASM_DECLARE_EXTERNTYPE(globaltype)
WASM_DECLARE_EXTERNTYPE(tabletype)
WASM_DECLARE_EXTERNTYPE(memorytype)

WASM_DECLARE_TYPE(importtype)
/* Takes all three over. */
WASM_API_EXTERN own wasm_importtype_t* wasm_importtype_new(own wasm_name_t* module, own wasm_name_t* name,
                                                           own wasm_externtype_t*);
/* The name of the module that it is imported from. */
WASM_API_EXTERN const wasm_name_t* wasm_importtype_module(const wasm_importtype_t*);
/* Its name there. */
WASM_API_EXTERN const wasm_name_t* wasm_importtype_name(const wasm_importtype_t*);
/* What must be given. */
WASM_API_EXTERN const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t*);

WASM_DECLARE_TYPE(exporttype)
/* Takes both over. */
WASM_API_EXTERN own wasm_exporttype_t* wasm_exporttype_new(own wasm_name_t*, own wasm_externtype_t*);
/* The name by which it is exported. */
WASM_API_EXTERN const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t*);
/* What it is. */
WASM_API_EXTERN const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t*);

/* ---- Values and references */

struct wasm_ref_t;
/* A value. One with a reference, or a vector (ERMINE_V128), owns it. */
typedef struct wasm_val_t {
  wasm_valkind_t kind; /* which member of the union it has */
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    struct wasm_ref_t* ref; /* null: the null reference */
  } of; /* its value */
} wasm_val_t;

/* Deletes the reference, if it has one. */
WASM_API_EXTERN void wasm_val_delete(own wasm_val_t*);
/* The same value, with a reference of its own. */
WASM_API_EXTERN void wasm_val_copy(own wasm_val_t* out, const wasm_val_t*);
WASM_DECLARE_VEC(val, )

WASM_DECLARE_REF_BASE(ref)

/* ---- Traps */

WASM_DECLARE_OWN(frame)
WASM_DECLARE_VEC(frame, *)
/* An independent copy. */
WASM_API_EXTERN own wasm_frame_t* wasm_frame_copy(const wasm_frame_t*);
/* Null: frames do not keep instances. */
WASM_API_EXTERN struct wasm_instance_t* wasm_frame_instance(const wasm_frame_t*);
/* The index of the function in its module. */
WASM_API_EXTERN uint32_t wasm_frame_func_index(const wasm_frame_t*);
/* Of the instruction, in bytes from the beginning of the function's body. */
WASM_API_EXTERN size_t wasm_frame_func_offset(const wasm_frame_t*);
/* The same from the beginning of the module. */
WASM_API_EXTERN size_t wasm_frame_module_offset(const wasm_frame_t*);

typedef wasm_name_t wasm_message_t; /* with a NUL at its end */

/* Whatever ended a call: a trap, a limit, an exception, the program's exit. */
WASM_DECLARE_REF(trap)
/* A trap with this message, which is copied: what a function of the host returns to end its call. */
WASM_API_EXTERN own wasm_trap_t* wasm_trap_new(wasm_store_t*, const wasm_message_t*);
/* Why the call ended, without the backtrace. */
WASM_API_EXTERN void wasm_trap_message(const wasm_trap_t*, own wasm_message_t* out);
/* The innermost frame; null if there was none. */
WASM_API_EXTERN own wasm_frame_t* wasm_trap_origin(const wasm_trap_t*);
/* The frames that were there, the innermost first. */
WASM_API_EXTERN void wasm_trap_trace(const wasm_trap_t*, own wasm_frame_vec_t* out);

/* ---- Objects */

/* An object that only has its identity and host info. */
WASM_DECLARE_REF(foreign)
/* An object of the host, for externref. */
WASM_API_EXTERN own wasm_foreign_t* wasm_foreign_new(wasm_store_t*);

WASM_DECLARE_SHARABLE_REF(module)
/* Compiles a module. Null if it is not valid. */
WASM_API_EXTERN own wasm_module_t* wasm_module_new(wasm_store_t*, const wasm_byte_vec_t* binary);
/* Whether the bytes are a valid module; ermine_last_error() says why not. */
WASM_API_EXTERN bool wasm_module_validate(wasm_store_t*, const wasm_byte_vec_t* binary);
/* What it imports, in its order. */
WASM_API_EXTERN void wasm_module_imports(const wasm_module_t*, own wasm_importtype_vec_t* out);
/* What it exports, in its order. */
WASM_API_EXTERN void wasm_module_exports(const wasm_module_t*, own wasm_exporttype_vec_t* out);
/* Its binary, which does not depend on the machine. */
WASM_API_EXTERN void wasm_module_serialize(const wasm_module_t*, own wasm_byte_vec_t* out);
/* Validates and compiles as wasm_module_new. */
WASM_API_EXTERN own wasm_module_t* wasm_module_deserialize(wasm_store_t*, const wasm_byte_vec_t*);

/* A function of the host returns null, having set as many results as its type has, or a trap, which ends the call. */
WASM_DECLARE_REF(func)
/* A function of the host. */
typedef own wasm_trap_t* (*wasm_func_callback_t)(const wasm_val_vec_t* args, own wasm_val_vec_t* results);
/* The same, with a pointer of the host. */
typedef own wasm_trap_t* (*wasm_func_callback_with_env_t)(void* env, const wasm_val_vec_t* args,
                                                          wasm_val_vec_t* results);
/* A function of the host with this type. */
WASM_API_EXTERN own wasm_func_t* wasm_func_new(wasm_store_t*, const wasm_functype_t*, wasm_func_callback_t);
/* The finalizer is called with `env` when the store ends. */
WASM_API_EXTERN own wasm_func_t* wasm_func_new_with_env(wasm_store_t*, const wasm_functype_t*,
                                                        wasm_func_callback_with_env_t, void* env,
                                                        void (*finalizer)(void*));
/* Its parameters and results. */
WASM_API_EXTERN own wasm_functype_t* wasm_func_type(const wasm_func_t*);
/* How many parameters it has. */
WASM_API_EXTERN size_t wasm_func_param_arity(const wasm_func_t*);
/* How many results it has. */
WASM_API_EXTERN size_t wasm_func_result_arity(const wasm_func_t*);
/* Null, and the results in `results`, which has as many entries; or a trap. */
WASM_API_EXTERN own wasm_trap_t* wasm_func_call(const wasm_func_t*, const wasm_val_vec_t* args,
                                                wasm_val_vec_t* results);

WASM_DECLARE_REF(global)
/* Null if the value is not of the type. */
WASM_API_EXTERN own wasm_global_t* wasm_global_new(wasm_store_t*, const wasm_globaltype_t*, const wasm_val_t*);
/* The type of its value, and whether it may change. */
WASM_API_EXTERN own wasm_globaltype_t* wasm_global_type(const wasm_global_t*);
/* Its value. */
WASM_API_EXTERN void wasm_global_get(const wasm_global_t*, own wasm_val_t* out);
/* Has no effect if the global is immutable, or the value is not of its type. */
WASM_API_EXTERN void wasm_global_set(wasm_global_t*, const wasm_val_t*);

WASM_DECLARE_REF(table)
/* Elements; ermine_table_size has larger ones. */
typedef uint32_t wasm_table_size_t;
/* A table whose elements are all `init`, which may be null. */
WASM_API_EXTERN own wasm_table_t* wasm_table_new(wasm_store_t*, const wasm_tabletype_t*, wasm_ref_t* init);
/* With its present size as the minimum. */
WASM_API_EXTERN own wasm_tabletype_t* wasm_table_type(const wasm_table_t*);
/* Null for the null reference, and beyond its end. */
WASM_API_EXTERN own wasm_ref_t* wasm_table_get(const wasm_table_t*, wasm_table_size_t index);
/* False beyond its end, or if the reference is not of its type. */
WASM_API_EXTERN bool wasm_table_set(wasm_table_t*, wasm_table_size_t index, wasm_ref_t*);
/* Elements. */
WASM_API_EXTERN wasm_table_size_t wasm_table_size(const wasm_table_t*);
/* By `delta` elements, which are `init`. False: the maximum, or a limit. */
WASM_API_EXTERN bool wasm_table_grow(wasm_table_t*, wasm_table_size_t delta, wasm_ref_t* init);

WASM_DECLARE_REF(memory)
/* Pages of 64 KiB; ermine_memory_size has more of them, and smaller ones. */
typedef uint32_t wasm_memory_pages_t;
/* Bytes. */
static const size_t MEMORY_PAGE_SIZE = 0x10000;
/* Null if a limit or the address space does not suffice. */
WASM_API_EXTERN own wasm_memory_t* wasm_memory_new(wasm_store_t*, const wasm_memorytype_t*);
/* With its present size as the minimum. */
WASM_API_EXTERN own wasm_memorytype_t* wasm_memory_type(const wasm_memory_t*);
/* Valid until the memory grows. */
WASM_API_EXTERN byte_t* wasm_memory_data(wasm_memory_t*);
/* Bytes. */
WASM_API_EXTERN size_t wasm_memory_data_size(const wasm_memory_t*);
/* Pages. */
WASM_API_EXTERN wasm_memory_pages_t wasm_memory_size(const wasm_memory_t*);
/* By `delta` pages of zeros. False: the maximum, or a limit. */
WASM_API_EXTERN bool wasm_memory_grow(wasm_memory_t*, wasm_memory_pages_t delta);

WASM_DECLARE_REF(extern)
WASM_DECLARE_VEC(extern, *)
/* What it is. */
WASM_API_EXTERN wasm_externkind_t wasm_extern_kind(const wasm_extern_t*);
/* Its present type. */
WASM_API_EXTERN own wasm_externtype_t* wasm_extern_type(const wasm_extern_t*);

#define WASM_DECLARE_EXTERN(name)                                                             \
  WASM_API_EXTERN wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t*);                   \
  WASM_API_EXTERN wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t*);                     \
  WASM_API_EXTERN const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t*); \
  WASM_API_EXTERN const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t*);
WASM_DECLARE_EXTERN(func)
WASM_DECLARE_EXTERN(global)
WASM_DECLARE_EXTERN(table)
WASM_DECLARE_EXTERN(memory)

/* The imports in the module's order. Null after an error; `trap`, which may be null, then receives it. */
WASM_DECLARE_REF(instance)
/* Runs the start function. `imports` may be null if there are none. */
WASM_API_EXTERN own wasm_instance_t* wasm_instance_new(wasm_store_t*, const wasm_module_t*,
                                                       const wasm_extern_vec_t* imports, own wasm_trap_t** trap);
/* In the module's order. */
WASM_API_EXTERN void wasm_instance_exports(const wasm_instance_t*, own wasm_extern_vec_t* out);

/* ---- Shorthands */

/* Initialises a vector without elements. */
#define WASM_EMPTY_VEC {0, NULL}
/* Initialises a vector that lends an array. */
#define WASM_ARRAY_VEC(array) {sizeof(array) / sizeof(*(array)), array}

/* Initialises a value. */
#define WASM_I32_VAL(i)                 \
  {                                     \
    .kind = WASM_I32, .of = {.i32 = i } \
  }
/* Initialises a value. */
#define WASM_I64_VAL(i)                 \
  {                                     \
    .kind = WASM_I64, .of = {.i64 = i } \
  }
/* Initialises a value. */
#define WASM_F32_VAL(z)                 \
  {                                     \
    .kind = WASM_F32, .of = {.f32 = z } \
  }
/* Initialises a value. */
#define WASM_F64_VAL(z)                 \
  {                                     \
    .kind = WASM_F64, .of = {.f64 = z } \
  }
/* Initialises a value with a reference, or null. */
#define WASM_REF_VAL(r)                       \
  {                                           \
    .kind = WASM_EXTERNREF, .of = {.ref = r } \
  }
/* Initialises a place for a result. */
#define WASM_INIT_VAL                            \
  {                                              \
    .kind = WASM_EXTERNREF, .of = {.ref = NULL } \
  }

static inline own wasm_valtype_t* wasm_valtype_new_i32(void) { return wasm_valtype_new(WASM_I32); }
static inline own wasm_valtype_t* wasm_valtype_new_i64(void) { return wasm_valtype_new(WASM_I64); }
static inline own wasm_valtype_t* wasm_valtype_new_f32(void) { return wasm_valtype_new(WASM_F32); }
static inline own wasm_valtype_t* wasm_valtype_new_f64(void) { return wasm_valtype_new(WASM_F64); }
static inline own wasm_valtype_t* wasm_valtype_new_externref(void) { return wasm_valtype_new(WASM_EXTERNREF); }
static inline own wasm_valtype_t* wasm_valtype_new_funcref(void) { return wasm_valtype_new(WASM_FUNCREF); }

/* wasm_functype_new_P_R: of P parameters and R results. */
static inline own wasm_functype_t* wasm_functype_new_from(size_t param_count, own wasm_valtype_t* const params[],
                                                          size_t result_count, own wasm_valtype_t* const results[]) {
  wasm_valtype_vec_t p, r;
  wasm_valtype_vec_new(&p, param_count, params);
  wasm_valtype_vec_new(&r, result_count, results);
  return wasm_functype_new(&p, &r);
}
static inline own wasm_functype_t* wasm_functype_new_0_0(void) { return wasm_functype_new_from(0, NULL, 0, NULL); }
static inline own wasm_functype_t* wasm_functype_new_1_0(own wasm_valtype_t* p1) {
  wasm_valtype_t* params[] = {p1};
  return wasm_functype_new_from(1, params, 0, NULL);
}
static inline own wasm_functype_t* wasm_functype_new_2_0(own wasm_valtype_t* p1, own wasm_valtype_t* p2) {
  wasm_valtype_t* params[] = {p1, p2};
  return wasm_functype_new_from(2, params, 0, NULL);
}
static inline own wasm_functype_t* wasm_functype_new_3_0(own wasm_valtype_t* p1, own wasm_valtype_t* p2,
                                                         own wasm_valtype_t* p3) {
  wasm_valtype_t* params[] = {p1, p2, p3};
  return wasm_functype_new_from(3, params, 0, NULL);
}
static inline own wasm_functype_t* wasm_functype_new_0_1(own wasm_valtype_t* r1) {
  wasm_valtype_t* results[] = {r1};
  return wasm_functype_new_from(0, NULL, 1, results);
}
static inline own wasm_functype_t* wasm_functype_new_1_1(own wasm_valtype_t* p1, own wasm_valtype_t* r1) {
  wasm_valtype_t* params[] = {p1};
  wasm_valtype_t* results[] = {r1};
  return wasm_functype_new_from(1, params, 1, results);
}
static inline own wasm_functype_t* wasm_functype_new_2_1(own wasm_valtype_t* p1, own wasm_valtype_t* p2,
                                                         own wasm_valtype_t* r1) {
  wasm_valtype_t* params[] = {p1, p2};
  wasm_valtype_t* results[] = {r1};
  return wasm_functype_new_from(2, params, 1, results);
}
static inline own wasm_functype_t* wasm_functype_new_3_1(own wasm_valtype_t* p1, own wasm_valtype_t* p2,
                                                         own wasm_valtype_t* p3, own wasm_valtype_t* r1) {
  wasm_valtype_t* params[] = {p1, p2, p3};
  wasm_valtype_t* results[] = {r1};
  return wasm_functype_new_from(3, params, 1, results);
}
static inline own wasm_functype_t* wasm_functype_new_0_2(own wasm_valtype_t* r1, own wasm_valtype_t* r2) {
  wasm_valtype_t* results[] = {r1, r2};
  return wasm_functype_new_from(0, NULL, 2, results);
}
static inline own wasm_functype_t* wasm_functype_new_1_2(own wasm_valtype_t* p1, own wasm_valtype_t* r1,
                                                         own wasm_valtype_t* r2) {
  wasm_valtype_t* params[] = {p1};
  wasm_valtype_t* results[] = {r1, r2};
  return wasm_functype_new_from(1, params, 2, results);
}
static inline own wasm_functype_t* wasm_functype_new_2_2(own wasm_valtype_t* p1, own wasm_valtype_t* p2,
                                                         own wasm_valtype_t* r1, own wasm_valtype_t* r2) {
  wasm_valtype_t* params[] = {p1, p2};
  wasm_valtype_t* results[] = {r1, r2};
  return wasm_functype_new_from(2, params, 2, results);
}
static inline own wasm_functype_t* wasm_functype_new_3_2(own wasm_valtype_t* p1, own wasm_valtype_t* p2,
                                                         own wasm_valtype_t* p3, own wasm_valtype_t* r1,
                                                         own wasm_valtype_t* r2) {
  wasm_valtype_t* params[] = {p1, p2, p3};
  wasm_valtype_t* results[] = {r1, r2};
  return wasm_functype_new_from(3, params, 2, results);
}
/* A pointer as an integer of its size. */
static inline void wasm_val_init_ptr(own wasm_val_t* out, void* p) {
#if UINTPTR_MAX == UINT32_MAX
  out->kind = WASM_I32;
  out->of.i32 = (int32_t)(intptr_t)p;
#else
  out->kind = WASM_I64;
  out->of.i64 = (int64_t)(intptr_t)p;
#endif
}
static inline void* wasm_val_ptr(const wasm_val_t* v) {
#if UINTPTR_MAX == UINT32_MAX
  return (void*)(intptr_t)v->of.i32;
#else
  return (void*)(intptr_t)v->of.i64;
#endif
}

#undef own

#ifdef __cplusplus
}
#endif

#endif
