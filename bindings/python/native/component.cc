// Components, their instances and functions.
#include "component.h"

namespace ermine_python {

wasm_engine_t* engine_of(py::handle engine);
ermine_wasi_t* make_wasi(py::handle config);

namespace {

struct Component {
  ~Component() { ermine_component_delete(component); }
  py::object engine;
  ermine_component_t* component;
};

struct ComponentInstance : Item {
  ComponentInstance(py::object store, ermine_component_instance_t* instance, SharedBindings bindings)
      : Item(std::move(store), instance,
             [](void* i) { ermine_component_instance_delete(static_cast<ermine_component_instance_t*>(i)); }),
        bindings(std::move(bindings)) {}
  SharedBindings bindings;
};

struct ComponentFunc : Item {
  ComponentFunc(py::object store, ermine_component_func_t* func, SharedBindings bindings, FuncSignature signature)
      : Item(std::move(store), func,
             [](void* f) { ermine_component_func_delete(static_cast<ermine_component_func_t*>(f)); }),
        bindings(std::move(bindings)),
        signature(std::move(signature)) {}
  SharedBindings bindings;
  FuncSignature signature;
};

// A call that has begun.
struct ComponentCall : Item {
  ComponentCall(py::object store, ermine_component_call_t* call, SharedBindings bindings)
      : Item(std::move(store), call,
             [](void* c) { ermine_component_call_delete(static_cast<ermine_component_call_t*>(c)); }),
        bindings(std::move(bindings)) {}
  SharedBindings bindings;
};

// Code of the component may run when it is dropped.
struct OwnedResource {
  Core* core;
  ermine_component_resource_t* resource;
};
struct ComponentResource : Item {
  ComponentResource(py::object store, OwnedResource* owned)
      : Item(std::move(store), owned, [](void* r) {
          const std::unique_ptr<OwnedResource> of(static_cast<OwnedResource*>(r));
          const std::shared_ptr<Core> core = of->core->shared_from_this();
          const Running running(*core);
          ermine_component_resource_delete(of->resource);
        }) {}
};

std::string text_of(const wasm_name_t& name) { return {name.data, name.size}; }

// ---- Components

Component* new_component(py::object engine, py::object source) {
  wasm_engine_t* const of = engine_of(engine);
  if (py::isinstance<py::str>(source)) source = py::module_::import("ermine._ermine").attr("wat2wasm")(source);
  const auto bytes = source.cast<py::bytes>();
  const std::string_view view(bytes);
  const wasm_byte_vec_t binary = {view.size(), const_cast<char*>(view.data())};
  ermine_component_t* component;
  {
    const py::gil_scoped_release release;
    component = ermine_component_new(of, &binary);
  }
  if (component == nullptr) throw_error();
  return new Component{std::move(engine), component};
}

// (kind, instance, name, type) of each.
py::list items_of(ermine_component_item_vec_t items) {
  static const char* const kKinds[] = {"func", "type", "resource", "instance", "component", "module", "value"};
  py::list out;
  for (size_t i = 0; i < items.size; ++i) {
    const ermine_component_item_t& item = items.data[i];
    out.append(py::make_tuple(kKinds[item.kind], text_of(item.instance), text_of(item.name), text_of(item.type)));
  }
  ermine_component_item_vec_delete(&items);
  return out;
}

// ---- Instances

using Linker = Owned<ermine_component_linker_t>;

py::object instantiate(py::object store, Component& component, py::list funcs, py::list resources, py::list instances,
                       py::object wasi_config, bool unknown_as_traps) {
  Core& core = core_of(store);
  if (core.running()) throw_error("ErmineError", "a component cannot be instantiated in a host function");
  if (!core.engine.is(component.engine)) throw_error("WasmError", "the component belongs to another engine");
  ermine_store_set_data(core.store, store.ptr());
  const auto bindings = std::make_shared<Bindings>(core.shared_from_this());
  // Functions of Python refer to it as long as the store exists.
  core.kept.push_back(py::capsule(new SharedBindings(bindings), [](void* b) { delete static_cast<SharedBindings*>(b); })
                          .release()
                          .ptr());
  const Linker linker(ermine_component_linker_new(engine_of(component.engine)), ermine_component_linker_delete);
  if (linker.get() == nullptr) throw_error();
  ermine_component_linker_allow_shadowing(linker.get(), true);
  if (!wasi_config.is_none()) {
    const Owned<ermine_wasi_t> wasi(make_wasi(wasi_config), ermine_wasi_delete);
    core.kept.push_back(wasi_config.inc_ref().ptr());
    if (!ermine_component_linker_define_wasi(linker.get(), wasi.get())) throw_error();
  }
  for (py::handle definition : funcs) define_host_func(linker.get(), bindings, definition);
  for (py::handle definition : resources) define_resource(linker.get(), bindings, definition);
  for (py::handle definition : instances) {
    const auto [name, instance] = definition.cast<std::pair<std::string, py::object>>();
    const ComponentInstance& given = instance.cast<ComponentInstance&>();
    if (given.core != &core) throw_error("WasmError", "the instance belongs to another store");
    if (!ermine_component_linker_define_instance(linker.get(), name.data(), name.size(),
                                                 ref_of<ermine_component_instance_t>(given)))
      throw_error();
  }
  if (unknown_as_traps && !ermine_component_linker_define_unknown_imports_as_traps(linker.get(), component.component))
    throw_error();
  wasm_trap_t* trap = nullptr;
  ermine_component_instance_t* instance;
  {
    const Running running(core);
    instance = ermine_component_linker_instantiate(linker.get(), core.store, component.component, &trap);
  }
  if (instance != nullptr) return make<ComponentInstance>(std::move(store), instance, bindings);
  if (ermine_trap_kind(trap) == ERMINE_LINK || ermine_trap_kind(trap) == ERMINE_USAGE) {
    wasm_trap_delete(trap);
    throw_error();
  }
  throw_trap(store, core, trap);
}

py::object get_func(ComponentInstance& self, const std::string& interface, const std::string& name) {
  auto* const instance = ref_of<ermine_component_instance_t>(self);
  ermine_component_func_t* const func =
      ermine_component_instance_get_func(instance, interface.data(), interface.size(), name.data(), name.size());
  if (func == nullptr) return py::none();
  wasm_name_t type;
  ermine_component_func_type(func, &type);
  const std::string text = text_of(type);
  wasm_byte_vec_delete(&type);
  const Owned<ermine_component_func_t> owned(func, [](ermine_component_func_t*) {});
  try {
    return make<ComponentFunc>(self.store, func, self.bindings, read_signature(text, {}));
  } catch (...) {
    ermine_component_func_delete(func);
    throw;
  }
}

// ---- Calls

class Arguments {
 public:
  Arguments(ComponentFunc& func, const py::args& args) {
    const auto& params = func.signature.params;
    if (args.size() != params.size())
      throw py::type_error("the function takes " + std::to_string(params.size()) + " arguments, not " +
                           std::to_string(args.size()));
    vals_.reserve(params.size());
    for (size_t i = 0; i < params.size(); ++i)
      vals_.push_back(to_val(func.store, *func.bindings, args[i], *params[i]).release());
  }
  ~Arguments() {
    for (ermine_component_val_t& val : vals_) ermine_component_val_delete(&val);
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  const ermine_component_val_t* data() const { return vals_.data(); }
  size_t size() const { return vals_.size(); }

 private:
  std::vector<ermine_component_val_t> vals_;
};

// An err of the function's own result is raised, an ok is its value.
py::object returned(py::handle store, Bindings& bindings, Val result) {
  const ermine_component_val_t& val = *result.get();
  if (val.kind != ERMINE_COMPONENT_RESULT) return from_val(store, bindings, val);
  py::object value = from_val(store, bindings, val);
  if (val.of.result.is_ok) return value.attr("value");
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(value.ptr())), value.ptr());
  throw py::error_already_set();
}

Core& core_for_call(const ComponentFunc& func) {
  Core& core = *func.core;
  if (core.suspendable != 0)
    throw_error("ErmineError", "a component cannot be called in a host function of an asynchronous call");
  if (core.running() && func.signature.is_async)
    throw_error("ErmineError", "an asynchronous function of a component cannot be called in a host function");
  return core;
}

py::object call(ComponentFunc& self, const py::args& args) {
  const Arguments in(self, args);
  const auto* const func = ref_of<ermine_component_func_t>(self);
  Core& core = core_for_call(self);
  Val out;
  wasm_trap_t* trap;
  const bool outer = std::exchange(core.waits, true);
  {
    const Running running(core);
    trap = ermine_component_func_call(func, in.data(), in.size(), out.get());
  }
  core.waits = outer;
  if (trap != nullptr) throw_trap(self.store, core, trap);
  return returned(self.store, *self.bindings, std::move(out));
}

py::object begin(ComponentFunc& self, const py::args& args) {
  const Arguments in(self, args);
  const auto* const func = ref_of<ermine_component_func_t>(self);
  Core& core = core_for_call(self);
  wasm_trap_t* trap = nullptr;
  ermine_component_call_t* call;
  {
    const Running running(core);
    call = ermine_component_func_call_async(func, in.data(), in.size(), &trap);
  }
  if (call == nullptr) throw_trap(self.store, core, trap);
  return make<ComponentCall>(self.store, call, self.bindings);
}

py::object take(ComponentCall& self) {
  Val out;
  if (wasm_trap_t* trap = ermine_component_call_take(ref_of<ermine_component_call_t>(self), out.get()))
    throw_trap(self.store, *self.core, trap);
  return returned(self.store, *self.bindings, std::move(out));
}

void cancel(ComponentCall& self) {
  auto* const call = ref_of<ermine_component_call_t>(self);
  wasm_trap_t* trap;
  {
    const Running running(*self.core);
    trap = ermine_component_call_cancel(call);
  }
  if (trap != nullptr) throw_trap(self.store, *self.core, trap);
}

// Whether a task of the store's event loop has run. Errors are those of calls.
bool run_some(py::object store) {
  Core& core = core_of(store);
  if (core.running()) return false;
  bool ran = false;
  {
    const Running running(core);
    wasm_trap_delete(ermine_component_event_loop_run_some(core.store, &ran));
  }
  return ran;
}
int event_fd(py::object store) {
  const int fd = ermine_component_event_loop_fd(core_of(store).store);
  if (fd < 0) throw_error();
  return fd;
}

void drop(ComponentResource& self) {
  auto* const owned = ref_of<OwnedResource>(self);
  if (owned == nullptr) throw_error("WasmError", "the resource was dropped before");
  self.ref = nullptr;
  const std::unique_ptr<OwnedResource> of(owned);
  bool dropped;
  {
    const Running running(*self.core);
    dropped = ermine_component_resource_drop(of->resource);
  }
  if (!dropped) throw_error();
}

}  // namespace

py::object make_resource(py::handle store, ermine_component_resource_t* resource) {
  Core* const core = store.cast<Store&>().core.get();
  return make<ComponentResource>(py::reinterpret_borrow<py::object>(store), new OwnedResource{core, resource});
}
ermine_component_resource_t* resource_of(py::handle object, const Core& core) {
  if (!py::isinstance<ComponentResource>(object)) return nullptr;
  const ComponentResource* resource = object_of<ComponentResource>(object.ptr());
  const bool usable = resource != nullptr && resource->core == &core && resource->ref != nullptr;
  return usable ? static_cast<OwnedResource*>(resource->ref)->resource : nullptr;
}

void define_component(py::module_& m) {
  py::class_<Component>(m, "_Component", py::is_final())
      .def(py::init(&new_component), py::arg("engine"), py::arg("source"))
      .def_property_readonly("engine", [](Component& self) { return self.engine; })
      .def("_imports",
           [](Component& self) {
             ermine_component_item_vec_t items;
             ermine_component_imports(self.component, &items);
             return items_of(items);
           })
      .def("_exports", [](Component& self) {
        ermine_component_item_vec_t items;
        ermine_component_exports(self.component, &items);
        return items_of(items);
      });
  m.def("_instantiate_component", instantiate);
  m.def("_run_some", run_some);
  m.def("_event_fd", event_fd);
  py::class_<ComponentInstance>(m, "_ComponentInstance", py::is_final(), collected_item())
      .def_property_readonly("store", [](ComponentInstance& self) { return self.store; })
      .def("get_func", get_func);
  py::class_<ComponentFunc>(m, "_ComponentFunc", py::is_final(), collected_item())
      .def("__call__", call)
      .def("call_async",
           [](py::object self, py::args args) {
             return py::module_::import("ermine._asyncio").attr("call_component")(self, *args);
           })
      .def("_begin", begin)
      .def_property_readonly("store", [](ComponentFunc& self) { return self.store; })
      .def_property_readonly("type", [](ComponentFunc& self) {
        wasm_name_t type;
        ermine_component_func_type(ref_of<ermine_component_func_t>(self), &type);
        const std::string text = text_of(type);
        wasm_byte_vec_delete(&type);
        return text;
      });
  py::class_<ComponentCall>(m, "_ComponentCall", py::is_final(), collected_item())
      .def_property_readonly(
          "done", [](ComponentCall& self) { return ermine_component_call_done(ref_of<ermine_component_call_t>(self)); })
      .def("take", take)
      .def("cancel", cancel);
  py::class_<ComponentResource>(m, "Resource", py::is_final(), collected_item())
      .def_property_readonly("store", [](ComponentResource& self) { return self.store; })
      .def_property_readonly("owned",
                             [](ComponentResource& self) {
                               const auto* const owned = ref_of<OwnedResource>(self);
                               return owned != nullptr && ermine_component_resource_owned(owned->resource);
                             })
      .def("drop", drop)
      .def("__enter__", [](py::object self) { return self; })
      .def("__exit__", [](ComponentResource& self, py::args) {
        const auto* const owned = ref_of<OwnedResource>(self);
        if (owned != nullptr && ermine_component_resource_owned(owned->resource)) drop(self);
      });
}

}  // namespace ermine_python
