// Modules, which belong to an engine, and instances.
#include <string>

#include "core.h"

namespace ermine_python {

wasm_engine_t* engine_of(py::handle engine);

namespace {

struct Module {
  ~Module() { wasm_shared_module_delete(shared); }
  py::object engine;
  wasm_shared_module_t* shared;
  py::object imports, exports;  // made when they are asked for
};

std::string text_of(const wasm_name_t* name) { return {name->data, name->size}; }
py::object str_of(const wasm_name_t* name) {
  const std::string text = text_of(name);
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

// Bytes that stay where they are while the GIL is released.
wasm_byte_vec_t binary_of(py::object source) {
  wasm_byte_vec_t binary;
  if (py::isinstance<py::str>(source)) {
    const auto text = source.cast<std::string>();
    bool done;
    {
      const py::gil_scoped_release release;
      done = ermine_wat2wasm(text.data(), text.size(), &binary);
    }
    if (!done) throw_error();
    return binary;
  }
  Py_buffer view;
  if (PyObject_GetBuffer(source.ptr(), &view, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  wasm_byte_vec_new(&binary, static_cast<size_t>(view.len), static_cast<const char*>(view.buf));
  PyBuffer_Release(&view);
  return binary;
}

class Binary {
 public:
  explicit Binary(py::object source) : bytes_(binary_of(std::move(source))) {}
  ~Binary() { wasm_byte_vec_delete(&bytes_); }
  Binary(const Binary&) = delete;
  Binary& operator=(const Binary&) = delete;
  const wasm_byte_vec_t* get() const { return &bytes_; }

 private:
  wasm_byte_vec_t bytes_;
};

Module* new_module(py::object engine, py::object source) {
  wasm_engine_t* const of = engine_of(engine);
  const Binary binary(std::move(source));
  wasm_shared_module_t* shared = nullptr;
  {
    const py::gil_scoped_release release;
    const Owned<wasm_store_t> store(wasm_store_new(of), wasm_store_delete);
    const Owned<wasm_module_t> module(wasm_module_new(store.get(), binary.get()), wasm_module_delete);
    if (module.get() != nullptr) shared = wasm_module_share(module.get());
  }
  if (shared == nullptr) throw_error();
  return new Module{std::move(engine), shared, {}, {}};
}

// The module in a store of its own.
template <class F>
auto with_module(Module& self, F f) {
  const Owned<wasm_store_t> store(wasm_store_new(engine_of(self.engine)), wasm_store_delete);
  const Owned<wasm_module_t> module(wasm_module_obtain(store.get(), self.shared), wasm_module_delete);
  return f(module.get());
}

py::object imports_of(Module& self) {
  if (self.imports) return self.imports;
  const py::object type = py::module_::import("ermine._types").attr("ImportType");
  return self.imports = with_module(self, [&](const wasm_module_t* module) -> py::object {
           wasm_importtype_vec_t list;
           wasm_module_imports(module, &list);
           const std::unique_ptr<wasm_importtype_vec_t, void (*)(wasm_importtype_vec_t*)> owned(
               &list, wasm_importtype_vec_delete);
           py::tuple made(list.size);
           for (size_t i = 0; i < list.size; ++i)
             made[i] = type(str_of(wasm_importtype_module(list.data[i])), str_of(wasm_importtype_name(list.data[i])),
                            from_type(wasm_importtype_type(list.data[i])));
           return made;
         });
}
py::object exports_of(Module& self) {
  if (self.exports) return self.exports;
  const py::object type = py::module_::import("ermine._types").attr("ExportType");
  return self.exports = with_module(self, [&](const wasm_module_t* module) -> py::object {
           wasm_exporttype_vec_t list;
           wasm_module_exports(module, &list);
           const std::unique_ptr<wasm_exporttype_vec_t, void (*)(wasm_exporttype_vec_t*)> owned(
               &list, wasm_exporttype_vec_delete);
           py::tuple made(list.size);
           for (size_t i = 0; i < list.size; ++i)
             made[i] = type(str_of(wasm_exporttype_name(list.data[i])), from_type(wasm_exporttype_type(list.data[i])));
           return made;
         });
}

// ---- Instances

struct Instance : Item {
  Instance(py::object store, wasm_instance_t* instance, py::object types)
      : Item(std::move(store), instance, [](void* i) { wasm_instance_delete(static_cast<wasm_instance_t*>(i)); }),
        types(std::move(types)) {}
  py::object types;    // the module's exports
  py::object exports;  // made when they are asked for; their items only refer to the store
};

Instance* new_instance(py::object store, Module& module, py::object imports) {
  core_of(store);
  const py::list items = py::module_::import("ermine._imports").attr("resolve")(store, imports_of(module), imports);
  if (items.size() != py::len(module.imports))
    throw_error("WasmError", "as many imports must be given as the module has");
  Core& core = core_of(store);
  if (core.suspendable != 0)
    throw_error("ErmineError", "a module cannot be instantiated in a host function of an asynchronous call");
  std::vector<wasm_extern_t*> externs;
  for (py::handle item : items) externs.push_back(to_extern(store, item));
  const py::object types = exports_of(module);
  const Owned<wasm_module_t> obtained(wasm_module_obtain(core.store, module.shared), wasm_module_delete);
  if (obtained.get() == nullptr) throw_error();
  wasm_trap_t* trap = nullptr;
  wasm_instance_t* instance = nullptr;
  {
    const wasm_extern_vec_t vec = {externs.size(), externs.data()};
    const Running running(core);
    instance = wasm_instance_new(core.store, obtained.get(), &vec, &trap);
  }
  if (instance == nullptr) {
    if (ermine_trap_kind(trap) == ERMINE_LINK || ermine_trap_kind(trap) == ERMINE_USAGE) {
      wasm_trap_delete(trap);
      throw_error();
    }
    throw_trap(store, core, trap);
  }
  return new Instance(std::move(store), instance, types);
}

py::object instance_exports(Instance& self) {
  auto* const instance = ref_of<wasm_instance_t>(self);
  if (self.exports) return self.exports;
  wasm_extern_vec_t list;
  wasm_instance_exports(instance, &list);
  py::dict made;
  size_t i = 0;
  for (py::handle type : self.types) {
    wasm_extern_t* item = std::exchange(list.data[i++], nullptr);
    made[type.attr("name")] = from_extern(self.store, item);
  }
  wasm_extern_vec_delete(&list);
  return self.exports = py::module_::import("ermine._imports").attr("Exports")(made);
}

}  // namespace

void define_module(py::module_& m) {
  py::class_<Module>(m, "Module", py::is_final())
      .def(py::init(&new_module), py::arg("engine"), py::arg("source"))
      .def_static(
          "validate",
          [](py::object engine, py::object source) {
            wasm_engine_t* const of = engine_of(engine);
            const Binary binary(std::move(source));
            bool valid;
            {
              const py::gil_scoped_release release;
              const Owned<wasm_store_t> store(wasm_store_new(of), wasm_store_delete);
              valid = wasm_module_validate(store.get(), binary.get());
            }
            if (!valid) throw_error();
          },
          py::arg("engine"), py::arg("source"))
      .def_static(
          "from_file",
          [](py::object engine, py::object path) {
            // Read, not mapped: a file that is truncated later does no harm.
            return py::type::of<Module>()(engine, py::module_::import("ermine._imports").attr("read_module")(path));
          },
          py::arg("engine"), py::arg("path"))
      .def_static(
          "deserialize",
          [](py::object engine, py::object bytes) { return new_module(std::move(engine), std::move(bytes)); },
          py::arg("engine"), py::arg("encoded"))
      .def("serialize",
           [](Module& self) {
             return with_module(self, [](const wasm_module_t* module) {
               wasm_byte_vec_t bytes;
               wasm_module_serialize(module, &bytes);
               py::bytes made(bytes.data, bytes.size);
               wasm_byte_vec_delete(&bytes);
               return made;
             });
           })
      .def("compile_functions",
           [](Module& self) {
             bool done;
             {
               wasm_engine_t* const of = engine_of(self.engine);
               const py::gil_scoped_release release;
               const Owned<wasm_store_t> store(wasm_store_new(of), wasm_store_delete);
               const Owned<wasm_module_t> module(wasm_module_obtain(store.get(), self.shared), wasm_module_delete);
               done = ermine_module_compile_functions(module.get());
             }
             if (!done) throw_error();
           })
      .def_property_readonly("engine", [](Module& self) { return self.engine; })
      .def_property_readonly("imports", imports_of)
      .def_property_readonly("exports", exports_of);
  m.def(
      "wat2wasm",
      [](const py::str& wat) {
        const Binary binary(wat);
        return py::bytes(binary.get()->data, binary.get()->size);
      },
      py::arg("wat"));
  py::class_<Instance>(m, "Instance", py::is_final(), collected_item())
      .def(py::init(&new_instance), py::arg("store"), py::arg("module"), py::arg("imports") = py::tuple())
      .def_property_readonly("store", [](Instance& self) { return self.store; })
      .def_property_readonly("exports", instance_exports);
}

}  // namespace ermine_python
