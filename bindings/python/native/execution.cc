// Calls that can be suspended and continued. While one runs, what Python calls in it has an execution of its own
// (func.cc), so that it is never suspended with Python's frames in its middle.
#include "core.h"

namespace ermine_python {

namespace {

struct Execution : Item {
  Execution(py::object store, ermine_execution_t* execution)
      : Item(std::move(store), execution,
             [](void* e) { ermine_execution_delete(static_cast<ermine_execution_t*>(e)); }) {}
};

const char* name_of(ermine_execution_state_t state) {
  static const char* const kNames[] = {"ready", "running", "out_of_fuel", "interrupted", "returned", "failed"};
  return kNames[state];
}

ermine_execution_t* checked(const Execution& self) {
  auto* const execution = ref_of<ermine_execution_t>(self);
  if (execution == nullptr) throw_error("ErmineError", "the execution is closed");
  return execution;
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
  return new Execution(std::move(store), execution);
}

// Whether it has returned. Otherwise it was suspended: for a slice, in seconds, or without fuel.
bool run(Execution& self, py::object slice) {
  const uint64_t most = slice.is_none() ? 0 : nanoseconds(slice.cast<double>());
  ermine_execution_t* const execution = checked(self);
  Core& core = *self.core;
  if (core.suspendable != 0) throw_error("ErmineError", "an execution cannot be run in a host function of another one");
  const uint64_t now = monotonic_now();
  const bool sliced = !slice.is_none() && (core.deadline == 0 || core.deadline > now + most);
  if (sliced) ermine_store_set_timeout(core.store, most);
  wasm_trap_t* trap;
  ++core.suspendable;
  {
    const Running running(core);
    trap = ermine_execution_run(execution);
  }
  --core.suspendable;
  const bool in_time = core.restore_deadline();
  if (trap != nullptr) throw_trap(self.store, core, trap);
  const ermine_execution_state_t state = ermine_execution_state(execution);
  if (state == ERMINE_EXECUTION_INTERRUPTED) {
    const bool requested = core.interrupt_requested->exchange(false);
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (requested || !in_time || !sliced) py::module_::import("ermine._errors").attr("_raise_interrupted")();
  }
  return state == ERMINE_EXECUTION_RETURNED;
}

py::object results(Execution& self) {
  wasm_val_vec_t values;
  ermine_execution_results(checked(self), &values);
  PyObject* const made = results_of(self.store, values.data, values.size);
  wasm_val_vec_delete(&values);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

}  // namespace

void define_execution(py::module_& m) {
  py::class_<Execution>(m, "Execution", py::is_final(), collected_item())
      .def(py::init(&new_execution), py::arg("func"))
      .def("run", run, py::arg("slice") = py::none())
      .def("results", results)
      .def("close",
           [](Execution& self) {
             if (self.ref == nullptr) return;
             auto* const execution = ref_of<ermine_execution_t>(self);
             if (ermine_execution_state(execution) == ERMINE_EXECUTION_RUNNING)
               throw_error("ErmineError", "the execution is running");
             self.ref = nullptr;
             self.core->dispose(execution, self.deleter);
           })
      .def_property_readonly("state", [](Execution& self) { return name_of(ermine_execution_state(checked(self))); });
}

}  // namespace ermine_python
