// What components import of Python: functions, of which those that are coroutines answer later, and resources. A
// linker's definitions are given to the engine when a component is instantiated, because only then the types of its
// imports are known.
#include "component.h"

namespace ermine_python {

namespace {

// ---- Functions of Python

struct ComponentHostFunc {
  std::shared_ptr<Core> core;
  Bindings* bindings;  // as long as the store
  PyObject* callable;  // owned; null once the store was collected
  FuncSignature signature;
};

void end_host_func(void* env) {
  const std::unique_ptr<ComponentHostFunc> func(static_cast<ComponentHostFunc*>(env));
  func->core->shown.erase(&func->callable);
  func->core->released.push_back(func->callable);
}

// The exception of Python that is set becomes the error of the call in which it was raised.
wasm_trap_t* raise_later(Core& core) {
  core.drop_pending();
  PyErr_Fetch(&core.pending_type, &core.pending_value, &core.pending_traceback);
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "a host function raised an exception");
  wasm_trap_t* trap = wasm_trap_new(core.store, &message);
  wasm_byte_vec_delete(&message);
  return trap;
}

py::object store_of(const Core& core) {
  return py::reinterpret_borrow<py::object>(static_cast<PyObject*>(ermine_store_get_data(core.store)));
}

// What a function whose type has a result<…> returns: the value of its ok; an Err that it has raised is an error.
Val result_of(py::handle store, ComponentHostFunc& func, py::handle result) {
  const TypeRef& type = func.signature.result;
  if (type == nullptr) {
    if (result.is_none()) return Val();
    PyErr_Format(PyExc_TypeError, "the host function has no result, and returned %R", result.ptr());
    throw py::error_already_set();
  }
  if (type->kind != ERMINE_COMPONENT_RESULT) return to_val(store, *func.bindings, result, *type);
  const py::object values = py::module_::import("ermine._component_values");
  if (py::isinstance(result, values.attr("Err")) || py::isinstance(result, values.attr("Ok")))
    return to_val(store, *func.bindings, result, *type);
  return to_val(store, *func.bindings, values.attr("Ok")(result), *type);
}
py::object call_callable(py::handle store, ComponentHostFunc& func, const ermine_component_val_t* args, size_t count) {
  const py::object callable = py::reinterpret_borrow<py::object>(func.callable);
  if (!callable) throw_error("WasmError", "the store of the host function is closed");
  py::tuple tuple(count);
  for (size_t i = 0; i < count; ++i) tuple[i] = from_val(store, *func.bindings, args[i]);
  PyObject* const result = PyObject_Call(callable.ptr(), tuple.ptr(), nullptr);
  if (result != nullptr) return py::reinterpret_steal<py::object>(result);
  py::error_already_set raised;
  const py::object err = py::module_::import("ermine._component_values").attr("Err");
  const bool has_result = func.signature.result != nullptr && func.signature.result->kind == ERMINE_COMPONENT_RESULT;
  if (!has_result || !raised.matches(err)) throw raised;
  return raised.value();
}

wasm_trap_t* call_host(void* env, ermine_component_caller_t*, const ermine_component_val_t* args, size_t count,
                       ermine_component_val_t* result) {
  auto& func = *static_cast<ComponentHostFunc*>(env);
  const Entered entered(*func.core);
  func.core->drain();
  try {
    const py::object store = store_of(*func.core);
    const py::object returned = call_callable(store, func, args, count);
    if (PyCoro_CheckExact(returned.ptr())) {
      returned.attr("close")();
      PyErr_SetString(PyExc_RuntimeError, "a coroutine function is for imports whose type is async");
      throw py::error_already_set();
    }
    *result = result_of(store, func, returned).release();
    return nullptr;
  } catch (py::error_already_set& error) { error.restore(); } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return raise_later(*func.core);
}

// The reply to a call of an asynchronous function.
struct Reply {
  Reply(std::shared_ptr<Core> core, ComponentHostFunc* func, ermine_component_reply_t* reply)
      : core(std::move(core)), func(func), reply(reply) {}
  ~Reply() { fail("the host function did not answer"); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  void fail(const std::string& message) {
    if (ermine_component_reply_t* const r = std::exchange(reply, nullptr))
      ermine_component_reply_fail(r, message.data(), message.size());
  }

  std::shared_ptr<Core> core;
  ComponentHostFunc* func;
  ermine_component_reply_t* reply;  // null after the answer
  py::object on_cancel;
};

void complete(Reply& self, py::object result) {
  if (self.reply == nullptr || self.core->store == nullptr) return;
  Val val = result_of(store_of(*self.core), *self.func, result);
  ermine_component_reply_complete(std::exchange(self.reply, nullptr), val.get());
  (void)val.release();
}

// The object is kept by Python's task until the answer, and not called afterwards.
void want_cancel(void* env) {
  auto& self = *static_cast<Reply*>(env);
  if (self.core->store == nullptr) return;
  const Entered entered(*self.core);
  try {
    if (self.on_cancel) self.on_cancel();
  } catch (py::error_already_set& error) { error.discard_as_unraisable("cancelling a host function"); }
}

wasm_trap_t* call_host_async(void* env, ermine_component_caller_t*, ermine_component_reply_t* reply,
                             const ermine_component_val_t* args, size_t count) {
  auto& func = *static_cast<ComponentHostFunc*>(env);
  const Entered entered(*func.core);
  func.core->drain();
  try {
    const py::object store = store_of(*func.core), made = make<Reply>(func.core, &func, reply);
    py::object returned = call_callable(store, func, args, count);
    if (PyCoro_CheckExact(returned.ptr()))
      py::module_::import("ermine._asyncio").attr("answer")(made, std::move(returned), func.core->waits);
    else complete(made.cast<Reply&>(), std::move(returned));
    return nullptr;
  } catch (py::error_already_set& error) { error.restore(); } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return raise_later(*func.core);
}

// ---- Resources of Python

struct Destructor {
  std::shared_ptr<Core> core;
  PyObject* function;  // owned; may be None
};
void drop_resource(void* env, uint64_t rep) {
  const auto& of = *static_cast<Destructor*>(env);
  const Entered entered(*of.core);
  end_host_resource(rep, of.function);
}
void end_destructor(void* env) {
  const std::unique_ptr<Destructor> of(static_cast<Destructor*>(env));
  of->core->shown.erase(&of->function);
  of->core->released.push_back(of->function);
}

}  // namespace

void define_host_func(ermine_component_linker_t* linker, const SharedBindings& bindings, py::handle definition) {
  const auto [instance, name, callable, type, definitions] =
      definition.cast<std::tuple<std::string, std::string, py::object, std::string, py::dict>>();
  std::map<std::string, std::string> names;
  for (const auto& [key, text] : definitions) names.emplace(key.cast<std::string>(), text.cast<std::string>());
  FuncSignature signature = read_signature(type, names);
  const bool is_async = signature.is_async;
  auto* const env =
      new ComponentHostFunc{bindings->core, bindings.get(), py::object(callable).release().ptr(), std::move(signature)};
  bindings->core->shown.insert(&env->callable);
  const auto define = [&](auto function, auto callback) {
    return function(linker, instance.data(), instance.size(), name.data(), name.size(), callback, env, end_host_func);
  };
  if (!(is_async ? define(ermine_component_linker_define_async_func, call_host_async)
                 : define(ermine_component_linker_define_func, call_host)))
    throw_error();
}

void define_resource(ermine_component_linker_t* linker, const SharedBindings& bindings, py::handle definition) {
  const auto [instance, name, type, destructor] =
      definition.cast<std::tuple<std::string, std::string, py::object, py::object>>();
  auto* const env = new Destructor{bindings->core, py::object(destructor).release().ptr()};
  bindings->core->shown.insert(&env->function);
  ermine_component_resource_type_t* made = nullptr;
  if (!ermine_component_linker_define_resource(linker, instance.data(), instance.size(), name.data(), name.size(),
                                               drop_resource, env, end_destructor, &made))
    throw_error();
  bindings->classes.push_back({type, made});
}

void define_component_replies(py::module_& m) {
  py::class_<Reply>(m, "_Reply", py::is_final())
      .def("complete", complete)
      .def("fail", [](Reply& self, const std::string& message) { self.fail(message); })
      .def("cancelled",
           [](Reply& self) {
             if (self.reply != nullptr) ermine_component_reply_cancelled(std::exchange(self.reply, nullptr));
           })
      .def_property_readonly(
          "cancel_requested",
          [](Reply& self) { return self.reply != nullptr && ermine_component_reply_cancel_requested(self.reply); })
      .def("on_cancel", [](Reply& self, py::object function) {
        self.on_cancel = std::move(function);
        if (self.reply != nullptr) ermine_component_reply_on_cancel(self.reply, want_cancel, &self);
      });
}

}  // namespace ermine_python
