// Ends of streams and futures. Each operation calls a function of Python when it is over, within the operation or in
// the store's event loop (ermine._asyncio).
#include "component.h"

namespace ermine_python {

namespace {

struct OwnedEnd {
  Core* core;
  ermine_component_end_t* end;
};

struct End : Item {
  End(py::object store, ermine_component_end_t* end, TypeRef element, bool is_future)
      : Item(std::move(store), nullptr,
             [](void* e) {
               const std::unique_ptr<OwnedEnd> of(static_cast<OwnedEnd*>(e));
               const std::shared_ptr<Core> core = of->core->shared_from_this();
               const Running running(*core);
               ermine_component_end_delete(of->end);
             }),
        bindings(std::make_shared<Bindings>(core->shared_from_this())),
        element(std::move(element)),
        is_future(is_future) {
    ref = new OwnedEnd{core, end};
  }
  SharedBindings bindings;
  TypeRef element;  // of what is written; null for an end that is read
  bool is_future;
};

ermine_component_end_t* checked(const End& self) {
  auto* const owned = ref_of<OwnedEnd>(self);
  if (owned == nullptr) throw_error("WasmError", "the end is closed, or was passed on");
  return owned->end;
}

// (the end that is written, the end that is read)
py::tuple new_ends(py::object store, const std::string& element, bool is_future) {
  Core& core = core_of(store);
  ermine_store_set_data(core.store, store.ptr());
  const TypeRef type = read_type(element);
  ermine_component_end_t *writer = nullptr, *reader = nullptr;
  const bool bytes = type->kind == ERMINE_COMPONENT_U8;
  if (is_future) ermine_component_future_new(core.store, &writer, &reader);
  else ermine_component_stream_new(core.store, bytes ? ERMINE_COMPONENT_U8 : ERMINE_COMPONENT_NONE, &writer, &reader);
  if (writer == nullptr) throw_error("WasmError", "the library was built without components");
  return py::make_tuple(make<End>(store, writer, type, is_future), make<End>(store, reader, nullptr, is_future));
}

// The end that a component has given, as a Resource.
py::object take_end(py::object given) {
  const py::object store = given.attr("store");
  Core& core = core_of(store);
  const ermine_component_resource_t* resource = resource_of(given, core);
  if (resource == nullptr) throw py::type_error("expected a Resource that is a stream or a future");
  ermine_component_val_t val{.kind = ERMINE_COMPONENT_HANDLE, .of = {}};
  val.of.resource = const_cast<ermine_component_resource_t*>(resource);
  ermine_component_end_t* const end = ermine_component_end_from_val(core.store, &val);
  if (end == nullptr) throw_error();
  return make<End>(store, end, nullptr, false);
}

// ---- Operations

// Calls the function once with what has come of the operation, which it keeps until then.
struct Operation {
  std::shared_ptr<Core> core;
  SharedBindings bindings;
  PyObject* done;  // owned; null once the store was collected

  Operation(const End& end, const py::object& function)
      : core(end.core->shared_from_this()), bindings(end.bindings), done(Py_NewRef(function.ptr())) {
    core->shown.insert(&done);
  }
  ~Operation() {
    core->shown.erase(&done);
    Py_XDECREF(done);
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  template <class F>
  void call(ermine_component_copyresult_t result, F value) {
    const Entered entered(*core);
    PyObject *type, *raised, *traceback;  // an exception that is being raised
    PyErr_Fetch(&type, &raised, &traceback);
    try {
      static const char* const kNames[] = {"completed", "dropped", "cancelled"};
      if (done != nullptr) py::reinterpret_borrow<py::object>(done)(kNames[result], value());
    } catch (py::error_already_set& error) { error.discard_as_unraisable("an operation of a stream"); }
    PyErr_Restore(type, raised, traceback);
    delete this;
  }
};

void has_read(void* env, ermine_component_copyresult_t result, const ermine_component_val_t* read) {
  auto* const operation = static_cast<Operation*>(env);
  operation->call(result, [&] {
    const py::object store =
        py::reinterpret_borrow<py::object>(static_cast<PyObject*>(ermine_store_get_data(operation->core->store)));
    return from_val(store, *operation->bindings, *read);
  });
}
void has_written(void* env, ermine_component_copyresult_t result, size_t written) {
  static_cast<Operation*>(env)->call(result, [&] { return py::int_(written); });
}

template <class F>
void begin(End& self, const py::object& done, F operation) {
  ermine_component_end_t* const end = checked(self);
  auto made = std::make_unique<Operation>(self, done);
  bool begun;
  {
    const Running running(*self.core);
    begun = operation(end, made.get());
  }
  if (!begun) throw_error();
  (void)made.release();  // which may have ended already
}

void read(End& self, size_t most, const py::object& done) {
  begin(self, done,
        [&](ermine_component_end_t* end, void* env) { return ermine_component_end_read(end, most, has_read, env); });
}

void write(End& self, const py::object& value, const py::object& done) {
  if (self.element == nullptr) throw_error("WasmError", "this end is for reading");
  Type list;
  list.kind = ERMINE_COMPONENT_LIST;
  list.parts.push_back(self.element);
  Val val = to_val(self.store, *self.bindings, value, self.is_future ? *self.element : list);
  begin(self, done, [&](ermine_component_end_t* end, void* env) {
    return ermine_component_end_write(end, val.get(), has_written, env);
  });
}

void close(End& self) {
  if (self.ref == nullptr) return;
  checked(self);
  self.core->dispose(std::exchange(self.ref, nullptr), self.deleter);
}

}  // namespace

bool end_to_val(py::handle object, const Core& core, ermine_component_val_t* out) {
  if (!py::isinstance<End>(object)) return false;
  End* const end = object_of<End>(object.ptr());
  if (end == nullptr || end->core != &core || end->ref == nullptr) return false;
  const std::unique_ptr<OwnedEnd> owned(static_cast<OwnedEnd*>(std::exchange(end->ref, nullptr)));
  if (!ermine_component_end_to_val(owned->end, out)) throw_error();
  return true;
}

void define_component_streams(py::module_& m) {
  m.def("_new_ends", new_ends);
  m.def("_take_end", take_end);
  py::class_<End>(m, "_End", py::is_final(), collected_item())
      .def_property_readonly("store", [](End& self) { return self.store; })
      .def_property_readonly("closed", [](End& self) { return self.ref == nullptr; })
      .def_property_readonly("is_over", [](End& self) { return ermine_component_end_is_over(checked(self)); })
      .def("read", read)
      .def("write", write)
      .def("cancel",
           [](End& self) {
             ermine_component_end_t* const end = checked(self);
             const Running running(*self.core);
             ermine_component_end_cancel(end);
           })
      .def("close", close);
}

}  // namespace ermine_python
