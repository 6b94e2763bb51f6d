/* Components in C. wasm.h has the rules on ownership, threads and errors; names of functions that Wasmtime's C API has
 * as well differ only in their first word. ermine.h includes this header.
 *
 * A library that was built without components has these functions, too. None makes anything then: they return null or
 * false, and ermine_last_error() says why. */
#ifndef ERMINE_COMPONENT_H
#define ERMINE_COMPONENT_H

#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

struct ermine_wasi_t;

/* ---- Values. Names and texts are UTF-8, without NUL at their end. */

/* ermine_component_valkind_enum */
typedef uint8_t ermine_component_valkind_t;
/* What a value is. Of numbers, texts and compounds as in WIT. */
enum ermine_component_valkind_enum {
  ERMINE_COMPONENT_BOOL,
  ERMINE_COMPONENT_S8,
  ERMINE_COMPONENT_U8,
  ERMINE_COMPONENT_S16,
  ERMINE_COMPONENT_U16,
  ERMINE_COMPONENT_S32,
  ERMINE_COMPONENT_U32,
  ERMINE_COMPONENT_S64,
  ERMINE_COMPONENT_U64,
  ERMINE_COMPONENT_F32,
  ERMINE_COMPONENT_F64,
  ERMINE_COMPONENT_CHAR,
  ERMINE_COMPONENT_STRING,
  ERMINE_COMPONENT_LIST,
  ERMINE_COMPONENT_RECORD,
  ERMINE_COMPONENT_TUPLE,
  ERMINE_COMPONENT_VARIANT,
  ERMINE_COMPONENT_ENUM,
  ERMINE_COMPONENT_OPTION,
  ERMINE_COMPONENT_RESULT,
  ERMINE_COMPONENT_FLAGS,
  ERMINE_COMPONENT_RESOURCE, /* own or borrow */
  ERMINE_COMPONENT_MAP,
  ERMINE_COMPONENT_NUMBERS, /* a list of numbers, as an array of them: all that come from a component are */
  ERMINE_COMPONENT_HANDLE,  /* a stream, future or error context; ermine_component_end_from_val */
  ERMINE_COMPONENT_NONE     /* no value: the result of a function that has none */
};

/* A value of any type. */
typedef struct ermine_component_val_t ermine_component_val_t;
/* A field of a record. */
typedef struct ermine_component_valrecord_entry_t ermine_component_valrecord_entry_t;
/* An entry of a map. */
typedef struct ermine_component_valmap_entry_t ermine_component_valmap_entry_t;
/* A resource, or another handle. */
typedef struct ermine_component_resource_t ermine_component_resource_t;

/* Elements of a list, unless they are numbers. */
typedef struct ermine_component_vallist_t {
  size_t size;                  /* how many */
  ermine_component_val_t* data; /* the elements */
} ermine_component_vallist_t;
/* Elements of a tuple. */
typedef ermine_component_vallist_t ermine_component_valtuple_t;
/* Fields of a record. */
typedef struct ermine_component_valrecord_t {
  size_t size; /* how many */
  ermine_component_valrecord_entry_t* data; /* all fields, in the order of the type */
} ermine_component_valrecord_t;
/* Entries of a map; if keys repeat, the last one counts. */
typedef struct ermine_component_valmap_t {
  size_t size;                           /* how many */
  ermine_component_valmap_entry_t* data; /* the entries */
} ermine_component_valmap_t;
/* Names of flags. */
typedef struct ermine_component_valflags_t {
  size_t size; /* how many are set */
  wasm_name_t* data; /* of those that are set, in the order of the type */
} ermine_component_valflags_t;
/* Numbers of a list. */
typedef struct ermine_component_valnumbers_t {
  ermine_component_valkind_t element; /* ERMINE_COMPONENT_S8 to ERMINE_COMPONENT_F64 */
  size_t size;                        /* in elements */
  void* data;                         /* int8_t to double */
} ermine_component_valnumbers_t;
/* A case of a variant. */
typedef struct ermine_component_valvariant_t {
  wasm_name_t discriminant;    /* the name of the case */
  ermine_component_val_t* val; /* null: it has no payload */
} ermine_component_valvariant_t;
/* A result: ok, or an error. */
typedef struct ermine_component_valresult_t {
  bool is_ok; /* whether it is no error */
  ermine_component_val_t* val; /* null: it has no payload */
} ermine_component_valresult_t;

/* A value, which owns its parts. */
struct ermine_component_val_t {
  ermine_component_valkind_t kind; /* which member of the union it has */
  union {
    bool boolean;
    int8_t s8;
    uint8_t u8;
    int16_t s16;
    uint16_t u16;
    int32_t s32;
    uint32_t u32;
    int64_t s64;
    uint64_t u64;
    float32_t f32;
    float64_t f64;
    uint32_t character;
    wasm_name_t string;
    ermine_component_vallist_t list;
    ermine_component_valrecord_t record;
    ermine_component_valtuple_t tuple;
    ermine_component_valvariant_t variant;
    wasm_name_t enumeration;
    ermine_component_val_t* option; /* null: none */
    ermine_component_valresult_t result;
    ermine_component_valflags_t flags;
    ermine_component_resource_t* resource; /* of ERMINE_COMPONENT_HANDLE as well */
    ermine_component_valmap_t map;
    ermine_component_valnumbers_t numbers;
  } of; /* its value */
};
/* A field of a record. */
struct ermine_component_valrecord_entry_t {
  wasm_name_t name;           /* as in WIT */
  ermine_component_val_t val; /* its value */
};
/* An entry of a map. */
struct ermine_component_valmap_entry_t {
  ermine_component_val_t key;   /* a number, a text, a bool or a char */
  ermine_component_val_t value; /* what it maps to */
};

/* Deletes the parts of a value, which is ERMINE_COMPONENT_NONE then. */
WASM_API_EXTERN void ermine_component_val_delete(own ermine_component_val_t*);
/* A copy of all parts. Copies of a resource are one resource. */
WASM_API_EXTERN void ermine_component_val_clone(const ermine_component_val_t* from, own ermine_component_val_t* out);
/* The value in a place of the heap, for options, variants and results: takes over its parts. */
WASM_API_EXTERN own ermine_component_val_t* ermine_component_val_new(own ermine_component_val_t*);
/* Deletes a value in a place of the heap, and the place. */
WASM_API_EXTERN void ermine_component_val_free(own ermine_component_val_t*);
/* `text` ends with NUL. */
WASM_API_EXTERN void ermine_component_val_new_string(own ermine_component_val_t* out, const char* text);
/* Copies the array. */
WASM_API_EXTERN void ermine_component_val_new_numbers(own ermine_component_val_t* out,
                                                      ermine_component_valkind_t element, size_t size,
                                                      const void* data);

/* Parts of values: `..._new_uninit` makes room for `size` elements, each ERMINE_COMPONENT_NONE and without a name, and
   `..._delete` deletes them. */
WASM_API_EXTERN void ermine_component_vallist_new_uninit(own ermine_component_vallist_t* out, size_t size);
/* Deletes the elements. */
WASM_API_EXTERN void ermine_component_vallist_delete(own ermine_component_vallist_t*);
/* Room for this many fields. */
WASM_API_EXTERN void ermine_component_valrecord_new_uninit(own ermine_component_valrecord_t* out, size_t size);
/* Deletes the fields, with their names. */
WASM_API_EXTERN void ermine_component_valrecord_delete(own ermine_component_valrecord_t*);
/* Room for this many entries. */
WASM_API_EXTERN void ermine_component_valmap_new_uninit(own ermine_component_valmap_t* out, size_t size);
/* Deletes the entries. */
WASM_API_EXTERN void ermine_component_valmap_delete(own ermine_component_valmap_t*);
/* Room for this many names. */
WASM_API_EXTERN void ermine_component_valflags_new_uninit(own ermine_component_valflags_t* out, size_t size);
/* Deletes the names. */
WASM_API_EXTERN void ermine_component_valflags_delete(own ermine_component_valflags_t*);

/* ---- Resources. An own can be passed on once; its copies have passed on as well then. Where a borrow is wanted, an
   own can be passed, which is lent for the call. Not used after the store. */

/* Another pointer to the same resource. */
WASM_API_EXTERN own ermine_component_resource_t* ermine_component_resource_clone(const ermine_component_resource_t*);
/* The last one of an own that was not passed on drops the resource. */
WASM_API_EXTERN void ermine_component_resource_delete(own ermine_component_resource_t*);
/* Drops it now. False: it is no own, or was passed on; or its destructor failed. */
WASM_API_EXTERN bool ermine_component_resource_drop(own ermine_component_resource_t*);
/* Whether it is an own. */
WASM_API_EXTERN bool ermine_component_resource_owned(const ermine_component_resource_t*);
/* Of a resource of the host: what it was made with; 0 otherwise. */
WASM_API_EXTERN uint64_t ermine_component_resource_host_rep(const ermine_component_resource_t*);

/* A resource type of the host; may be deleted before its linker and its resources. */
typedef struct ermine_component_resource_type_t ermine_component_resource_type_t;
/* Null may be deleted. */
WASM_API_EXTERN void ermine_component_resource_type_delete(own ermine_component_resource_type_t*);
/* A new resource. `rep` is the host's own. */
WASM_API_EXTERN own ermine_component_resource_t* ermine_component_resource_host_new(
    const ermine_component_resource_type_t*, uint64_t rep);

/* ---- Components. May be used by several threads. */

/* A compiled component. */
typedef struct ermine_component_t ermine_component_t;
/* From the binary form; ermine_wat2wasm makes that of the text. */
WASM_API_EXTERN own ermine_component_t* ermine_component_new(wasm_engine_t*, const wasm_byte_vec_t* binary);
/* False: it is not valid, with everything in it. */
WASM_API_EXTERN bool ermine_component_validate(wasm_engine_t*, const wasm_byte_vec_t* binary);
/* Another pointer to the same component. */
WASM_API_EXTERN own ermine_component_t* ermine_component_clone(const ermine_component_t*);
/* Instances keep what they need of it. */
WASM_API_EXTERN void ermine_component_delete(own ermine_component_t*);

/* ermine_component_itemkind_enum */
typedef uint8_t ermine_component_itemkind_t;
/* ermine::ComponentItemKind */
enum ermine_component_itemkind_enum {
  ERMINE_COMPONENT_ITEM_FUNC,
  ERMINE_COMPONENT_ITEM_TYPE,
  ERMINE_COMPONENT_ITEM_RESOURCE,
  ERMINE_COMPONENT_ITEM_INSTANCE,
  ERMINE_COMPONENT_ITEM_COMPONENT,
  ERMINE_COMPONENT_ITEM_MODULE,
  ERMINE_COMPONENT_ITEM_VALUE
};
/* Something that a component imports or exports. */
typedef struct ermine_component_item_t {
  ermine_component_itemkind_t kind; /* what it is */
  wasm_name_t instance; /* that it is in; empty: the component itself */
  wasm_name_t name; /* there */
  wasm_name_t type; /* in WIT: "func(a: u32) -> string" */
} ermine_component_item_t;
/* Items, which it owns. */
typedef struct ermine_component_item_vec_t {
  size_t size;                   /* how many */
  ermine_component_item_t* data; /* the items */
} ermine_component_item_vec_t;
/* In the order in which it has them. */
WASM_API_EXTERN void ermine_component_imports(const ermine_component_t*, own ermine_component_item_vec_t* out);
/* In the order in which it has them. */
WASM_API_EXTERN void ermine_component_exports(const ermine_component_t*, own ermine_component_item_vec_t* out);
/* Deletes the items, with their texts. */
WASM_API_EXTERN void ermine_component_item_vec_delete(own ermine_component_item_vec_t*);

/* ---- Instances and functions */

/* An instance of a component, in a store. */
typedef struct ermine_component_instance_t ermine_component_instance_t;
/* Only the reference: an instance ends with its store. */
WASM_API_EXTERN void ermine_component_instance_delete(own ermine_component_instance_t*);
/* A call in WAVE, the text form of values, and its result, which is empty if there is none: `add(1, 2)`,
   `a:b/interface.name@1.0.0("text", {field: true})`. */
WASM_API_EXTERN own wasm_trap_t* ermine_component_instance_invoke(const ermine_component_instance_t*, const char* call,
                                                                  size_t call_size, own wasm_name_t* result);

/* An exported function of an instance. */
typedef struct ermine_component_func_t ermine_component_func_t;
/* An exported function; null if there is none. `instance_name` is that of the exported instance that it is in, whose
   version may be another compatible one; its size is 0 for a function of the component itself. */
WASM_API_EXTERN own ermine_component_func_t* ermine_component_instance_get_func(const ermine_component_instance_t*,
                                                                                const char* instance_name,
                                                                                size_t instance_name_size,
                                                                                const char* name, size_t name_size);
/* Only the reference. */
WASM_API_EXTERN void ermine_component_func_delete(own ermine_component_func_t*);
/* In WIT: "func(name: string) -> string". */
WASM_API_EXTERN void ermine_component_func_type(const ermine_component_func_t*, own wasm_name_t* out);
/* Null, and the result; or a trap. If the function's type is async, waits until the call is over
   (ermine_component_func_call_async does not). After a trap in running code no function of the instance can be called.
 */
WASM_API_EXTERN own wasm_trap_t* ermine_component_func_call(const ermine_component_func_t*,
                                                            const ermine_component_val_t* args, size_t arg_count,
                                                            own ermine_component_val_t* result);

/* ---- Linkers: `instance_name` is the name of the imported instance; if its size is 0, `name` is imported by the
   component itself. An import finds the definition of its name, or of a version that is compatible by Semantic
   Versioning. Functions that return a bool say false if they fail, for instance because the name is defined already. */

/* What components import, by name. */
typedef struct ermine_component_linker_t ermine_component_linker_t;
/* Without definitions. */
WASM_API_EXTERN own ermine_component_linker_t* ermine_component_linker_new(wasm_engine_t*);
/* Instances keep what they need of it. */
WASM_API_EXTERN void ermine_component_linker_delete(own ermine_component_linker_t*);
/* Whether a definition may replace one of the same name. Off by default. */
WASM_API_EXTERN void ermine_component_linker_allow_shadowing(ermine_component_linker_t*, bool);

/* The call of a function of the host; valid during the call. */
typedef struct ermine_component_caller_t ermine_component_caller_t;
/* The store that calls, under the caller's; to be deleted, which does not delete the store. */
WASM_API_EXTERN own wasm_store_t* ermine_component_caller_store(ermine_component_caller_t*);
/* A function of the host. The arguments are those of the type that the component imports; they are lent, and so are the
   borrows in them. `*result` is ERMINE_COMPONENT_NONE, and is set exactly if that type has a result. A trap ends the
   calling program. */
typedef own wasm_trap_t* (*ermine_component_func_callback_t)(void* env, ermine_component_caller_t* caller,
                                                             const ermine_component_val_t* args, size_t arg_count,
                                                             ermine_component_val_t* result);
/* For instances in any store of the engine. The finalizer is called with `env` after the linker and all these stores
   have ended. */
WASM_API_EXTERN bool ermine_component_linker_define_func(ermine_component_linker_t*, const char* instance_name,
                                                         size_t instance_name_size, const char* name, size_t name_size,
                                                         ermine_component_func_callback_t, void* env,
                                                         void (*finalizer)(void*));
/* A resource type. The destructor, which may be null, is called with what a resource was made with when a component
   drops it. `type` receives what makes resources. */
WASM_API_EXTERN bool ermine_component_linker_define_resource(ermine_component_linker_t*, const char* instance_name,
                                                             size_t instance_name_size, const char* name,
                                                             size_t name_size,
                                                             void (*destructor)(void* env, uint64_t rep), void* env,
                                                             void (*finalizer)(void*),
                                                             own ermine_component_resource_type_t** type);
/* All exports of an instance, as the instance `name`. Only for instances in its store. */
WASM_API_EXTERN bool ermine_component_linker_define_instance(ermine_component_linker_t*, const char* name,
                                                             size_t name_size, const ermine_component_instance_t*);
/* WASI 0.2 and 0.3. The linker keeps what it needs of the program's state, which serves no module then. */
WASM_API_EXTERN bool ermine_component_linker_define_wasi(ermine_component_linker_t*, const struct ermine_wasi_t*);
/* Functions that nothing defines trap when they are called. */
WASM_API_EXTERN bool ermine_component_linker_define_unknown_imports_as_traps(ermine_component_linker_t*,
                                                                             const ermine_component_t*);
/* Null after an error; `trap`, which may be null, then receives it. */
WASM_API_EXTERN own ermine_component_instance_t* ermine_component_linker_instantiate(const ermine_component_linker_t*,
                                                                                     wasm_store_t*,
                                                                                     const ermine_component_t*,
                                                                                     own wasm_trap_t** trap);

/* ---- Asynchronous calls. The store's event loop runs them, and what they wait for; all functions here are for the
   thread of the store, unless they say something else. */

/* A call that need not be over when it begins; ermine::ComponentCall. */
typedef struct ermine_component_call_t ermine_component_call_t;
/* Begins a call: null, and the trap, if it could not begin. If the function's type is not async, it is over then. */
WASM_API_EXTERN own ermine_component_call_t* ermine_component_func_call_async(const ermine_component_func_t*,
                                                                              const ermine_component_val_t* args,
                                                                              size_t arg_count, own wasm_trap_t** trap);
/* A call that is not over continues, and its result is dropped. */
WASM_API_EXTERN void ermine_component_call_delete(own ermine_component_call_t*);
/* Whether it has returned, has failed or was cancelled. */
WASM_API_EXTERN bool ermine_component_call_done(const ermine_component_call_t*);
/* Once, after that: the result; or a trap, also if the call was cancelled. */
WASM_API_EXTERN own wasm_trap_t* ermine_component_call_take(ermine_component_call_t*,
                                                            own ermine_component_val_t* result);
/* Runs the event loop until the call is done, and takes the result. */
WASM_API_EXTERN own wasm_trap_t* ermine_component_call_wait(ermine_component_call_t*,
                                                            own ermine_component_val_t* result);
/* Asks the component to end the call early, which it need not do. A trap is that of code which runs at once. */
WASM_API_EXTERN own wasm_trap_t* ermine_component_call_cancel(ermine_component_call_t*);
/* Whether the component has ended it without a result. */
WASM_API_EXTERN bool ermine_component_call_was_cancelled(const ermine_component_call_t*);
/* Calls `done` once with `env`, in the event loop after the call is over; here, if it is over. Not if the store is
   deleted before. */
WASM_API_EXTERN void ermine_component_call_on_done(ermine_component_call_t*, void (*done)(void* env), void* env);

/* Runs a task that is ready, and takes what has come from outside. `*ran` is false if there was nothing to do:
   something may come when the descriptor is readable. A trap is that of a task, whose calls have failed with it; others
   continue.
 */
WASM_API_EXTERN own wasm_trap_t* ermine_component_event_loop_run_some(wasm_store_t*, bool* ran);
/* For poll() and epoll; it is the store's. -1: the system has no more descriptors. */
WASM_API_EXTERN int ermine_component_event_loop_fd(wasm_store_t*);

/* How a function of the host answers a call, then or later: once, by one of the functions that take it over, from any
   thread. Answers after the store was deleted do nothing. */
typedef struct ermine_component_reply_t ermine_component_reply_t;
/* The result, which is taken over; ERMINE_COMPONENT_NONE if the type has none. */
WASM_API_EXTERN void ermine_component_reply_complete(own ermine_component_reply_t*, own ermine_component_val_t* result);
/* Ends the calling component, as a trap with this message does. */
WASM_API_EXTERN void ermine_component_reply_fail(own ermine_component_reply_t*, const char* message,
                                                 size_t message_size);
/* Instead of a result, after the caller has asked to cancel the call. */
WASM_API_EXTERN void ermine_component_reply_cancelled(own ermine_component_reply_t*);
/* Whether it has. From any thread. */
WASM_API_EXTERN bool ermine_component_reply_cancel_requested(const ermine_component_reply_t*);
/* `request` is called once with `env`, on the store's thread, when the caller asks to cancel; here, if it has done so.
   Also when the store is deleted, which it must not use then. Not after the answer. */
WASM_API_EXTERN void ermine_component_reply_on_cancel(ermine_component_reply_t*, void (*request)(void* env), void* env);

/* A function of the host whose type is async. The arguments are lent for this call; what is passed on in them, clone. A
   trap ends the calling program; `reply` is then to be deleted by ermine_component_reply_fail, as ever. */
typedef own wasm_trap_t* (*ermine_component_async_func_callback_t)(void* env, ermine_component_caller_t* caller,
                                                                   own ermine_component_reply_t* reply,
                                                                   const ermine_component_val_t* args,
                                                                   size_t arg_count);
/* As ermine_component_linker_define_func. */
WASM_API_EXTERN bool ermine_component_linker_define_async_func(ermine_component_linker_t*, const char* instance_name,
                                                               size_t instance_name_size, const char* name,
                                                               size_t name_size, ermine_component_async_func_callback_t,
                                                               void* env, void (*finalizer)(void*));

/* ---- Streams and futures (ermine/component/stream.h): what a component and the host copy when both are ready. Each
   operation begins here, and calls its function, if that is not null, with `env` on the store's thread when it is over:
   within the operation, or when the event loop runs the component. That function may begin operations, but not call
   components. An end has one operation at a time. Not called if the store is deleted before. */

/* ermine_component_copyresult_enum */
typedef uint8_t ermine_component_copyresult_t;
/* ermine::component::CopyResult */
enum ermine_component_copyresult_enum {
  ERMINE_COMPONENT_COPY_COMPLETED, /* elements were copied, perhaps fewer than wanted */
  ERMINE_COMPONENT_COPY_DROPPED, /* the other end is gone; some may have been copied before */
  ERMINE_COMPONENT_COPY_CANCELLED
};
/* One end: of a stream or a future, to read or to write. */
typedef struct ermine_component_end_t ermine_component_end_t;
/* A stream of the host; both ends are to be deleted. `element`: ERMINE_COMPONENT_U8 for a stream of bytes;
   ERMINE_COMPONENT_NONE: its elements have the type that the component wants which gets the end to read. */
WASM_API_EXTERN void ermine_component_stream_new(wasm_store_t*, ermine_component_valkind_t element,
                                                 own ermine_component_end_t** writer,
                                                 own ermine_component_end_t** reader);
/* A future of the host, of whatever type. */
WASM_API_EXTERN void ermine_component_future_new(wasm_store_t*, own ermine_component_end_t** writer,
                                                 own ermine_component_end_t** reader);
/* Closes it. The value of a future must be written before its writer is closed. */
WASM_API_EXTERN void ermine_component_end_delete(own ermine_component_end_t*);
/* An end to read as a value (ERMINE_COMPONENT_HANDLE) that can be passed to a component, which then has it. False: it
   is an end to write, or was passed on. */
WASM_API_EXTERN bool ermine_component_end_to_val(own ermine_component_end_t*, own ermine_component_val_t* out);
/* The end to read that a component has given. Null: the value is none, or was passed on. */
WASM_API_EXTERN own ermine_component_end_t* ermine_component_end_from_val(wasm_store_t*, const ermine_component_val_t*);
/* Ends the operation in progress, whose function is called. */
WASM_API_EXTERN void ermine_component_end_cancel(ermine_component_end_t*);
/* Whether nothing more can be copied. */
WASM_API_EXTERN bool ermine_component_end_is_over(const ermine_component_end_t*);

/* What was read, which is lent: a list (of a stream), or the value of a future, which is ERMINE_COMPONENT_NONE if it
   has not come. */
typedef void (*ermine_component_read_callback_t)(void* env, ermine_component_copyresult_t,
                                                 const ermine_component_val_t* read);
/* How many elements were written. */
typedef void (*ermine_component_write_callback_t)(void* env, ermine_component_copyresult_t, size_t written);
/* Reads up to `most` elements of a stream, or the value of a future. False: an operation is in progress, or the stream
   is over. */
WASM_API_EXTERN bool ermine_component_end_read(ermine_component_end_t*, size_t most, ermine_component_read_callback_t,
                                               void* env);
/* Writes the elements of a list, or the value of a future; it is copied. False: as above, or the value does not fit. */
WASM_API_EXTERN bool ermine_component_end_write(ermine_component_end_t*, const ermine_component_val_t*,
                                                ermine_component_write_callback_t, void* env);

#undef own

#ifdef __cplusplus
}
#endif

#endif
