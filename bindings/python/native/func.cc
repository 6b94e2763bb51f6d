// Functions: calls from Python, which should cost little (they are tp_call, not a method that the binding library
// dispatches), and calls of Python.
#include "core.h"

namespace ermine_python {

wasm_engine_t* engine_of(py::handle engine);

namespace {

struct Func : Item {
  Func(py::object store, wasm_func_t* func)
      : Item(std::move(store), func, [](void* f) { wasm_func_delete(static_cast<wasm_func_t*>(f)); }) {
    Owned<wasm_functype_t> type(wasm_func_type(func), wasm_functype_delete);
    params = kinds_of(wasm_functype_params(type.get()));
    results = kinds_of(wasm_functype_results(type.get()));
  }
  std::vector<wasm_valkind_t> params, results;
};

// Inside a suspendable call, a suspension must not leave Python's frames in the middle of the native stack. So what
// Python calls there has an execution of its own, which continues at once after an interrupt.
wasm_trap_t* call_apart(Core& core, const wasm_func_t* func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  ermine_execution_t* execution = ermine_execution_new(func, args);
  if (execution == nullptr) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, ermine_last_error());
    wasm_trap_t* trap = wasm_trap_new(core.store, &message);
    wasm_byte_vec_delete(&message);
    return trap;
  }
  wasm_trap_t* trap = nullptr;
  Suspendable* const outer = std::exchange(core.innermost, nullptr);
  while ((trap = ermine_execution_run(execution)) == nullptr &&
         ermine_execution_state(execution) == ERMINE_EXECUTION_INTERRUPTED &&
         !core.interrupt_requested->exchange(false) && core.restore_deadline()) {}
  core.innermost = outer;
  const ermine_execution_state_t state = ermine_execution_state(execution);
  if (trap == nullptr && state != ERMINE_EXECUTION_RETURNED) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, state == ERMINE_EXECUTION_OUT_OF_FUEL ? "all fuel consumed" : "interrupted");
    trap = wasm_trap_new(core.store, &message);
    wasm_byte_vec_delete(&message);
  }
  if (trap == nullptr) {
    wasm_val_vec_t made;
    ermine_execution_results(execution, &made);
    for (size_t i = 0; i < made.size; ++i) std::swap(results->data[i], made.data[i]);
    wasm_val_vec_delete(&made);
  }
  ermine_execution_delete(execution);
  return trap;
}

PyObject* call(PyObject* self, PyObject* args, PyObject* kwargs) {
  Func* const func = object_of<Func>(self);
  if (func == nullptr) return PyErr_SetString(PyExc_ValueError, "the function was not made"), nullptr;
  Core& core = *func->core;
  if (!core.usable()) [[unlikely]]
    return nullptr;
  const size_t given = static_cast<size_t>(PyTuple_GET_SIZE(args));
  if (given != func->params.size() || (kwargs != nullptr && PyDict_GET_SIZE(kwargs) != 0)) [[unlikely]]
    return PyErr_Format(PyExc_TypeError, "the function takes %zu arguments, not %zu%s", func->params.size(), given,
                        kwargs != nullptr ? "; and none by name" : "");
  Values in(given), out(func->results.size());
  for (size_t i = 0; i < given; ++i)
    if (!to_wasm(func->store, core, PyTuple_GET_ITEM(args, i), func->params[i], &in.data()[i])) return nullptr;
  // Converting arguments may have run Python code.
  if (!core.usable()) [[unlikely]]
    return nullptr;
  if (Py_EnterRecursiveCall(" in a WebAssembly function")) return nullptr;
  const wasm_val_vec_t in_vec = in.vec();
  wasm_val_vec_t out_vec = out.vec();
  wasm_trap_t* trap;
  {
    const Running running(core);
    const auto* const callee = static_cast<const wasm_func_t*>(func->ref);
    trap =
        core.suspendable != 0 ? call_apart(core, callee, &in_vec, &out_vec) : wasm_func_call(callee, &in_vec, &out_vec);
  }
  Py_LeaveRecursiveCall();
  if (trap != nullptr) [[unlikely]]
    return set_trap(func->store, core, trap), nullptr;
  return results_of(func->store, out.data(), func->results.size());
}

// ---- Calls of Python

struct Caller {
  ermine_caller_t* caller;  // null after the call
  py::object store;
};

bool call_python(HostFunc& func, ermine_caller_t* caller, py::handle store, const wasm_val_t* args, wasm_val_t* results,
                 wasm_trap_t** trap) {
  const bool more = func.access_caller;
  py::tuple tuple(func.params.size() + more);
  py::object caller_object;
  if (more) {
    caller_object = make<Caller>(Caller{caller, py::reinterpret_borrow<py::object>(store)});
    PyTuple_SET_ITEM(tuple.ptr(), 0, caller_object.inc_ref().ptr());
  }
  for (size_t i = 0; i < func.params.size(); ++i) {
    wasm_val_t copy;
    wasm_val_copy(&copy, &args[i]);
    PyObject* const value = from_wasm(store, &copy);
    if (value == nullptr) return false;
    PyTuple_SET_ITEM(tuple.ptr(), i + more, value);
  }
  py::object callable = py::reinterpret_borrow<py::object>(func.callable);
  py::object result = py::reinterpret_steal<py::object>(PyObject_Call(callable.ptr(), tuple.ptr(), nullptr));
  if (result && PyCoro_CheckExact(result.ptr())) result = wait_for(*func.core, std::move(result), trap);
  if (more) caller_object.cast<Caller&>() = {nullptr, py::none()};
  if (!result) return false;
  const size_t count = func.results.size();
  if (count == 0) {
    if (result.is_none()) return true;
    PyErr_Format(PyExc_TypeError, "the host function has no results, and returned %R", result.ptr());
    return false;
  }
  if (count == 1) return to_wasm(store, *func.core, result.ptr(), func.results[0], &results[0]);
  py::object sequence = py::reinterpret_steal<py::object>(PySequence_Tuple(result.ptr()));
  if (!sequence) return false;
  if (static_cast<size_t>(PyTuple_GET_SIZE(sequence.ptr())) != count) {
    PyErr_Format(PyExc_TypeError, "the host function has %zu results, and returned %zd", count,
                 PyTuple_GET_SIZE(sequence.ptr()));
    return false;
  }
  for (size_t i = 0; i < count; ++i)
    if (!to_wasm(store, *func.core, PyTuple_GET_ITEM(sequence.ptr(), i), func.results[i], &results[i])) return false;
  return true;
}

wasm_trap_t* call_host(void* env, ermine_caller_t* caller, const wasm_val_t* args, size_t, wasm_val_t* results,
                       size_t) {
  auto& func = *static_cast<HostFunc*>(env);
  Core& core = *func.core;
  PyEval_RestoreThread(core.saved);
  wasm_trap_t* trap = nullptr;
  bool done = false;
  core.drain();
  try {
    // (The store's Python object is alive: the running call holds it.)
    py::object store = py::reinterpret_borrow<py::object>(static_cast<PyObject*>(ermine_store_get_data(core.store)));
    if (func.callable == nullptr) PyErr_SetString(PyExc_ValueError, "the store of the host function is closed");
    else done = call_python(func, caller, store, args, results, &trap);
    if (!done && trap == nullptr && PyErr_ExceptionMatches(PyExc_Exception)) (void)raised_exception(store, core, &trap);
  } catch (py::error_already_set& error) { error.restore(); } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  if (!done && trap == nullptr) {
    core.drop_pending();
    PyErr_Fetch(&core.pending_type, &core.pending_value, &core.pending_traceback);
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "a host function raised an exception");
    trap = wasm_trap_new(core.store, &message);
    wasm_byte_vec_delete(&message);
  }
  core.saved = PyEval_SaveThread();
  return trap;
}

void end_host_func(void* env) {
  const auto* const func = static_cast<HostFunc*>(env);
  const std::shared_ptr<Core> core = func->core;
  std::erase(core->host_funcs, func);
  core->released.push_back(func->callable);
  delete func;
}

Func* new_func(py::object store, py::object type, py::function callable, bool access_caller) {
  Core& core = core_of(store);
  Owned<wasm_functype_t> made(to_functype(type), wasm_functype_delete);
  auto* const env =
      new HostFunc{core.shared_from_this(), callable.inc_ref().ptr(), kinds_of(wasm_functype_params(made.get())),
                   kinds_of(wasm_functype_results(made.get())), access_caller};
  core.host_funcs.push_back(env);
  // Only functions of a linker get their caller.
  Owned<ermine_linker_t> linker(ermine_linker_new(engine_of(core.engine)), ermine_linker_delete);
  if (!ermine_linker_define_func(linker.get(), "", 0, "", 0, made.get(), call_host, env, end_host_func)) throw_error();
  wasm_extern_t* item = ermine_linker_get(linker.get(), core.store, "", 0, "", 0);
  if (item == nullptr) throw_error();
  ermine_store_set_data(core.store, store.ptr());
  return new Func(std::move(store), wasm_extern_as_func(item));
}

}  // namespace

py::object make_func(py::object store, wasm_func_t* func) { return make<Func>(std::move(store), func); }

wasm_ref_t* func_ref(PyObject* object, Core& core) {
  static PyObject* const type = py::type::of<Func>().inc_ref().ptr();
  if (reinterpret_cast<PyObject*>(Py_TYPE(object)) != type) return nullptr;
  const Func* func = object_of<Func>(object);
  return func != nullptr && func->core == &core && func->ref != nullptr
             ? wasm_func_as_ref(static_cast<wasm_func_t*>(func->ref))
             : nullptr;
}

void define_func(py::module_& m) {
  py::class_<Caller>(m, "Caller", py::is_final())
      .def_property_readonly("store", [](Caller& self) { return self.store; })
      .def("get", [](Caller& self, const std::string& name) -> py::object {
        if (self.caller == nullptr) throw_error("ErmineError", "the call of the host function has ended");
        core_of(self.store);
        wasm_extern_t* item = ermine_caller_export_get(self.caller, name.data(), name.size());
        return item == nullptr ? py::none() : from_extern(self.store, item);
      });
  py::class_<Func>(m, "Func", py::is_final(), py::custom_type_setup([](PyHeapTypeObject* type) {
                     type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
                     type->ht_type.tp_traverse = traverse_item;
                     type->ht_type.tp_call = call;
                   }))
      .def(py::init([](py::object store, py::object type, py::function callable, bool access_caller) {
             return new_func(std::move(store), std::move(type), std::move(callable), access_caller);
           }),
           py::arg("store"), py::arg("type"), py::arg("callable"), py::arg("access_caller") = false)
      .def_property_readonly("store", [](Func& self) { return self.store; })
      .def_property_readonly("type",
                             [](Func& self) {
                               Owned<wasm_functype_t> type(wasm_func_type(ref_of<wasm_func_t>(self)),
                                                           wasm_functype_delete);
                               return from_type(wasm_functype_as_externtype_const(type.get()));
                             })
      .def("__eq__",
           [](Func& self, py::object other) {
             wasm_ref_t* ref = func_ref(other.ptr(), *self.core);
             return ref != nullptr && self.ref != nullptr &&
                    wasm_func_same(static_cast<wasm_func_t*>(self.ref), wasm_ref_as_func(ref));
           })
      .def("__hash__", [](Func& self) { return py::hash(self.store); })
      .def("call_async", [](py::object self, py::args args, py::kwargs kwargs) {
        return py::module_::import("ermine._asyncio").attr("call_async")(self, *args, **kwargs);
      });
}

}  // namespace ermine_python
