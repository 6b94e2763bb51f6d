// Calls that can be suspended and continued. While one runs, what Python calls in it has an execution of its own
// (func.cc), so that it is never suspended with Python's frames in its middle.
//
// A host function that returns a coroutine suspends the call as well, after Python's frames have gone (wait_for): by an
// interrupt of its own. Python's event loop then runs the coroutine, and the call continues with its result.
#include "core.h"

namespace ermine_python {

namespace {

// Host functions in the middle of a suspended call return now.
void delete_suspendable(void* suspendable) {
  auto* const of = static_cast<Suspendable*>(suspendable);
  {
    const std::shared_ptr<Core> core = of->core->shared_from_this();
    const Running running(*core);
    Suspendable* const outer = std::exchange(core->innermost, of);
    ermine_execution_delete(of->execution);
    core->innermost = outer;
  }
  delete of;
}

struct Execution : Item {
  Execution(py::object store, Suspendable* suspendable) : Item(std::move(store), suspendable, delete_suspendable) {}
};

const char* name_of(ermine_execution_state_t state) {
  static const char* const kNames[] = {"ready", "running", "out_of_fuel", "interrupted", "returned", "failed"};
  return kNames[state];
}

Suspendable& checked(const Execution& self) {
  auto* const suspendable = ref_of<Suspendable>(self);
  if (suspendable == nullptr) throw_error("ErmineError", "the execution is closed");
  return *suspendable;
}

int traverse_execution(PyObject* self, visitproc visit, void* arg) {
  const Execution* execution = object_of<Execution>(self);
  const auto* const of = execution != nullptr ? static_cast<const Suspendable*>(execution->ref) : nullptr;
  if (of == nullptr) return traverse_item(self, visit, arg);
  for (const py::object* object : {&of->awaited, &of->value, &of->error}) Py_VISIT(object->ptr());
  return traverse_item(self, visit, arg);
}

Execution* new_execution(py::object func, py::args args) {
  py::object store = func.attr("store");
  Core& core = core_of(store);
  wasm_ref_t* ref = func_ref(func.ptr(), core);
  if (ref == nullptr) throw py::type_error("expected a Func");
  wasm_func_t* callee = wasm_ref_as_func(ref);
  const Owned<wasm_functype_t> type(wasm_func_type(callee), wasm_functype_delete);
  const auto params = kinds_of(wasm_functype_params(type.get()));
  if (params.size() != args.size())
    throw py::type_error("the function takes " + std::to_string(params.size()) + " arguments, not " +
                         std::to_string(args.size()));
  Values in(params.size());
  for (size_t i = 0; i < params.size(); ++i)
    if (!to_wasm(store, core, py::object(args[i]).ptr(), params[i], &in.data()[i])) throw py::error_already_set();
  core.require();  // conversions may have run Python code
  const wasm_val_vec_t vec = in.vec();
  ermine_execution_t* execution = ermine_execution_new(callee, &vec);
  if (execution == nullptr) throw_error();
  return new Execution(std::move(store), new Suspendable{&core, execution, {}, {}, {}});
}

void answer(Execution& self, py::object value, py::object error) {
  Suspendable& of = checked(self);
  if (!of.awaited || of.answered) throw_error("ErmineError", "the execution does not wait for a coroutine");
  of.value = std::move(value);
  of.error = std::move(error);
  of.answered = true;
}

// Whether it has returned. Otherwise it was suspended: for a slice, in seconds, or without fuel.
bool run(Execution& self, py::object slice) {
  const uint64_t most = slice.is_none() ? 0 : nanoseconds(slice.cast<double>());
  Suspendable& of = checked(self);
  Core& core = *self.core;
  if (core.suspendable != 0) throw_error("ErmineError", "an execution cannot be run in a host function of another one");
  if (of.awaited && !of.answered) throw_error("ErmineError", "the execution waits for a coroutine: await it first");
  const uint64_t now = monotonic_now();
  const bool sliced = !slice.is_none() && (core.deadline == 0 || core.deadline > now + most);
  if (sliced) ermine_store_set_timeout(core.store, most);
  wasm_trap_t* trap;
  ++core.suspendable;
  Suspendable* const outer = std::exchange(core.innermost, &of);
  {
    const Running running(core);
    trap = ermine_execution_run(of.execution);
  }
  core.innermost = outer;
  --core.suspendable;
  const bool in_time = core.restore_deadline();
  if (trap != nullptr) throw_trap(self.store, core, trap);
  const ermine_execution_state_t state = ermine_execution_state(of.execution);
  if (state == ERMINE_EXECUTION_INTERRUPTED) {
    const bool requested = core.interrupt_requested->exchange(false), waits = of.awaited && !of.answered;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (requested || !in_time || (!sliced && !waits))
      py::module_::import("ermine._errors").attr("_raise_interrupted")();
  }
  return state == ERMINE_EXECUTION_RETURNED;
}

py::object results(Execution& self) {
  wasm_val_vec_t values;
  ermine_execution_results(checked(self).execution, &values);
  PyObject* const made = results_of(self.store, values.data, values.size);
  wasm_val_vec_delete(&values);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

const char* state_of(Execution& self) {
  const Suspendable& of = checked(self);
  return of.awaited && !of.answered ? "awaiting" : name_of(ermine_execution_state(of.execution));
}

void close(Execution& self) {
  if (self.ref == nullptr) return;
  Suspendable& of = checked(self);
  if (ermine_execution_state(of.execution) == ERMINE_EXECUTION_RUNNING)
    throw_error("ErmineError", "the execution is running");
  self.ref = nullptr;
  self.core->dispose(&of, self.deleter);
}

}  // namespace

py::object wait_for(Core& core, py::object coroutine, wasm_trap_t** trap) {
  Suspendable* const of = core.innermost;
  if (of == nullptr) {
    coroutine.attr("close")();
    PyErr_SetString(PyExc_RuntimeError, "a host function that is a coroutine must be called by call_async()");
    return {};
  }
  of->awaited = std::move(coroutine);
  of->answered = false;
  while (*trap == nullptr && !of->answered) {
    ermine_interrupt_handle_interrupt(core.interrupt);
    core.saved = PyEval_SaveThread();
    *trap = ermine_store_check_interrupt(core.store);
    PyEval_RestoreThread(core.saved);
  }
  of->awaited = {};
  py::object value = std::exchange(of->value, {}), error = std::exchange(of->error, {});
  if (*trap != nullptr) return {};
  if (!error) return value;
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
  return {};
}

void define_execution(py::module_& m) {
  py::class_<Execution>(m, "Execution", py::is_final(), py::custom_type_setup([](PyHeapTypeObject* type) {
                          type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
                          type->ht_type.tp_traverse = traverse_execution;
                        }))
      .def(py::init(&new_execution), py::arg("func"))
      .def("run", run, py::arg("slice") = py::none())
      .def("results", results)
      .def("close", close)
      .def("set_result", [](Execution& self, py::object value) { answer(self, std::move(value), {}); })
      .def("set_exception", [](Execution& self, py::object error) { answer(self, {}, std::move(error)); })
      .def_property_readonly("awaited",
                             [](Execution& self) -> py::object {
                               const Suspendable& of = checked(self);
                               return of.awaited && !of.answered ? of.awaited : py::none();
                             })
      .def_property_readonly("state", state_of);
}

}  // namespace ermine_python
