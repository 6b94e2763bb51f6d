// The state behind the Python objects of one store, and what keeps the interpreter safe from wrong uses of them.
//
// Everything here is touched with the GIL held, except that finalizers of the engine may add to `released` while a call
// of this store runs. A call (Running) releases the GIL and makes its thread the store's owner: until it ends, any
// other thread that uses the store gets an exception, and what it drops is deleted later (dispose). A closed store has
// no references any more, so that every later use finds a null pointer and says so.
#pragma once

#include <pthread.h>
#include <pybind11/pybind11.h>

#include <atomic>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ermine.h"

namespace py = pybind11;

namespace ermine_python {

struct Core;

// A call that can be suspended (execution.cc).
struct Suspendable {
  Core* core;
  ermine_execution_t* execution;
  // A coroutine that a host function has returned, for whose result the call waits; then its result or its exception.
  py::object awaited, value, error;
  bool answered = false;
};

// A host function: the environment of its callback. The store's Python object shows its callable to Python's collector.
struct HostFunc {
  std::shared_ptr<Core> core;
  PyObject* callable;  // owned; null once the store was closed or collected
  std::vector<wasm_valkind_t> params, results;
  bool access_caller;
};

// A Python object in an externref; the host info of a foreign object.
struct ExternObject {
  std::shared_ptr<Core> core;
  PyObject* object;  // owned
  ExternObject *previous = nullptr, *next = nullptr;
};

// What a Python object of a store refers to.
struct Item {
  Item(py::object store, void* ref, void (*deleter)(void*));
  ~Item();
  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;

  py::object store;  // the Python object of the store
  Core* core;
  void* ref;  // null once the store was closed
  void (*deleter)(void*);
  Item *previous = nullptr, *next = nullptr;
};

struct Core : std::enable_shared_from_this<Core> {
  explicit Core(py::object engine, wasm_engine_t* of);
  ~Core();

  bool running() const { return depth != 0; }
  bool busy_elsewhere() const { return depth != 0 && !pthread_equal(owner, pthread_self()); }
  // Whether the current thread may use the store. False: a Python exception is set.
  bool usable() const;
  void require() const;  // throws instead
  // Deletes now, or when the call that runs on another thread has ended.
  void dispose(void* ref, void (*deleter)(void*));
  // Deletes and releases what had to wait. Arbitrary Python code may run.
  void drain();
  // Ends the store and all references to it. Precondition: neither running nor with exported buffers.
  void close();
  // The engine's deadline becomes the embedder's. False: it has passed.
  bool restore_deadline();
  // The error that a host function has raised, if any, becomes Python's.
  bool take_pending();
  void drop_pending();

  py::object engine;
  wasm_store_t* store;  // null when closed
  ermine_interrupt_handle_t* interrupt;
  std::shared_ptr<std::atomic<bool>> interrupt_requested = std::make_shared<std::atomic<bool>>(false);
  pthread_t owner{};
  uint64_t deadline = 0;  // of the embedder, in nanoseconds of the monotonic clock; 0: none
  unsigned depth = 0;  // calls into the engine that are running
  unsigned suspendable = 0;  // of these, those that a suspension would leave in the middle
  Suspendable* innermost = nullptr;  // the running call, if it can be suspended, without frames of Python on its stack
  PyThreadState* saved = nullptr;  // of the innermost call
  bool waits = false;  // a call of a component runs the event loop, and Python's cannot run
  size_t buffers = 0;  // exported
  Item* items = nullptr;
  ExternObject* externs = nullptr;
  std::vector<HostFunc*> host_funcs;
  std::vector<std::pair<void*, void (*)(void*)>> dead;
  std::vector<PyObject*> released;
  std::vector<ExternObject*> finalized;
  std::vector<PyObject*> kept;  // owned: descriptors of WASI, for instance
  std::unordered_set<PyObject**> shown;  // references that others own, for Python's collector, which may clear them
  PyObject *pending_type = nullptr, *pending_value = nullptr, *pending_traceback = nullptr;
};

struct Store {
  explicit Store(std::shared_ptr<Core> core) : core(std::move(core)) {}
  ~Store() { core->close(); }
  std::shared_ptr<Core> core;
};

uint64_t monotonic_now();
uint64_t nanoseconds(double seconds);  // throws

extern Core* running_on_main;  // the store whose call runs on the main thread
extern pthread_t main_thread;

// A call into the engine: without the GIL.
class Running {
 public:
  explicit Running(Core& core)
      : core_(core), outer_(running_on_main), main_(pthread_equal(pthread_self(), main_thread)) {
    core.owner = pthread_self();
    ++core.depth;
    if (main_) running_on_main = &core;
    core.saved = PyEval_SaveThread();
  }
  ~Running() {
    PyEval_RestoreThread(core_.saved);
    if (main_) running_on_main = outer_;
    if (--core_.depth == 0 && (!core_.dead.empty() || !core_.released.empty() || !core_.finalized.empty()))
      core_.drain();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Core& core_;
  Core* const outer_;
  const bool main_;
};

// ---- Python objects

// The C++ object of an instance of a final class; null while it is being constructed.
template <class T>
T* object_of(PyObject* self) {
  return static_cast<T*>(reinterpret_cast<py::detail::instance*>(self)->simple_value_holder[0]);
}
template <class T, class... Args>
py::object make(Args&&... args) {
  return py::cast(new T(std::forward<Args>(args)...), py::return_value_policy::take_ownership);
}
// The store's state, checked to be usable by this thread.
inline Core& core_of(const py::handle& store) {
  Core& core = *store.cast<Store&>().core;
  core.require();
  return core;
}
// The reference of an item, checked as well.
template <class T>
T* ref_of(const Item& item) {
  item.core->require();
  return static_cast<T*>(item.ref);
}
// The type is known to Python's collector, which sees the item's store.
int traverse_item(PyObject* self, visitproc visit, void* arg);
inline py::custom_type_setup collected_item() {
  return py::custom_type_setup([](PyHeapTypeObject* type) {
    type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->ht_type.tp_traverse = traverse_item;
  });
}

template <class T>
class Owned {
 public:
  Owned(T* p, void (*deleter)(T*)) : p_(p), deleter_(deleter) {}
  ~Owned() { deleter_(p_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  T* get() const { return p_; }
  T* release() { return std::exchange(p_, nullptr); }

 private:
  T* p_;
  void (*deleter_)(T*);
};

// ---- Values (values.cc). False or null: a Python exception is set.

bool to_wasm(py::handle store, Core& core, PyObject* value, wasm_valkind_t kind, wasm_val_t* out);
// Takes the value over.
PyObject* from_wasm(py::handle store, wasm_val_t* value);
// None, the value, or a tuple; takes the values over.
PyObject* results_of(py::handle store, wasm_val_t* values, size_t count);
wasm_ref_t* to_ref(py::handle store, PyObject* value, wasm_valkind_t kind);  // throws

// ---- Coroutines (execution.cc)

// Suspends the innermost call until the coroutine has ended: its result. Null: a Python exception is set, or `trap`
// ends a call that is dropped.
py::object wait_for(Core& core, py::object coroutine, wasm_trap_t** trap);

// Values of a call, with an array for few of them.
class Values {
 public:
  explicit Values(size_t size) : size_(size), data_(few_) {
    if (size > kFew) data_ = new wasm_val_t[size];
    for (size_t i = 0; i < size; ++i) data_[i].kind = WASM_I32;
  }
  ~Values() {
    for (size_t i = 0; i < size_; ++i)
      if (wasm_valkind_is_ref(data_[i].kind)) wasm_val_delete(&data_[i]);
    if (data_ != few_) delete[] data_;
  }
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;
  wasm_val_t* data() { return data_; }
  wasm_val_vec_t vec() { return {size_, data_}; }

 private:
  static constexpr size_t kFew = 16;
  size_t size_;
  wasm_val_t few_[kFew];
  wasm_val_t* data_;
};

// ---- Types (types.cc)

py::object from_type(const wasm_externtype_t* type);
wasm_functype_t* to_functype(py::handle type);
wasm_valtype_t* to_valtype(py::handle type);
wasm_valkind_t kind_of(py::handle type);
std::vector<wasm_valkind_t> kinds_of(const wasm_valtype_vec_t* types);

// ---- Errors (errors.cc)

// Sets Python's exception for the trap, which is deleted: what a host function has raised, or a Trap.
void set_trap(py::handle store, Core& core, wasm_trap_t* trap);
[[noreturn]] void throw_trap(py::handle store, Core& core, wasm_trap_t* trap);
[[noreturn]] void throw_error();  // WasmError of the last error
void set_error(const char* name, const std::string& message);  // of ermine._errors
[[noreturn]] void throw_error(const char* name, const std::string& message);

// ---- Items (items.cc)

py::object from_extern(py::object store, wasm_extern_t* item);  // takes it over
wasm_extern_t* to_extern(py::handle store, py::handle item);  // lent; throws
// As above, for functions and opaque references.
py::object make_func(py::object store, wasm_func_t* func);
py::object make_ref(py::object store, wasm_ref_t* ref);
wasm_ref_t* func_ref(PyObject* object, Core& core);  // lent; null if it is no function of this store
wasm_ref_t* opaque_ref(PyObject* object, Core& core);  // the same for an opaque reference
bool raised_exception(py::handle store, Core& core, wasm_trap_t** trap);

void define_store(py::module_& m);
void define_module(py::module_& m);
void define_func(py::module_& m);
void define_memory(py::module_& m);
void define_items(py::module_& m);
void define_execution(py::module_& m);
void define_wasi(py::module_& m);
void define_signals(py::module_& m);

}  // namespace ermine_python
