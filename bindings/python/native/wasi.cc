// WASI: functions for the imports of one program.
#include <string>
#include <vector>

#include "core.h"

namespace ermine_python {

wasm_engine_t* engine_of(py::handle engine);

namespace {

// The functions of one program's WASI. Descriptors are the configuration's, which the store keeps.
struct Wasi {
  ~Wasi() {
    ermine_linker_delete(linker);
    ermine_wasi_delete(wasi);
  }
  py::object engine, config;
  ermine_wasi_t* wasi;
  ermine_linker_t* linker;
};

std::vector<const char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<const char*> made;
  for (const std::string& text : texts) {
    if (text.find('\0') != std::string::npos) throw py::value_error("arguments and variables have no NUL");
    made.push_back(text.c_str());
  }
  return made;
}

std::vector<std::string> texts_of(py::handle list) {
  std::vector<std::string> made;
  for (py::handle text : list) made.push_back(text.cast<std::string>());
  return made;
}

}  // namespace

// Throws.
ermine_wasi_t* make_wasi(py::handle config) {
  Owned<ermine_wasi_config_t> made(ermine_wasi_config_new(), ermine_wasi_config_delete);
  const auto argv = texts_of(py::object(config.attr("argv")));
  ermine_wasi_config_set_argv(made.get(), argv.size(), pointers_to(argv).data());
  std::vector<std::string> names, values;
  for (py::handle pair : config.attr("env")) {
    names.push_back(pair.attr("__getitem__")(0).cast<std::string>());
    values.push_back(pair.attr("__getitem__")(1).cast<std::string>());
  }
  ermine_wasi_config_set_env(made.get(), names.size(), pointers_to(names).data(), pointers_to(values).data());
  if (config.attr("_inherit_env").cast<bool>()) ermine_wasi_config_inherit_env(made.get());
  if (config.attr("_inherit_stdio").cast<bool>()) ermine_wasi_config_inherit_stdio(made.get());
  if (py::object fds = config.attr("_descriptors")(); !fds.is_none()) {
    const auto fd = [&](int i) { return py::object(fds.attr("__getitem__")(i)).cast<int>(); };
    ermine_wasi_config_set_stdio(made.get(), fd(0), fd(1), fd(2));
  }
  for (py::handle dir : config.attr("_directories")) {
    const auto host = dir.attr("__getitem__")(0).cast<std::string>(),
               guest = dir.attr("__getitem__")(1).cast<std::string>();
    pointers_to({host, guest});
    ermine_wasi_config_preopen_dir(made.get(), host.c_str(), guest.c_str(), dir.attr("__getitem__")(2).cast<bool>());
  }
  const auto listeners = texts_of(py::object(config.attr("_listeners")));
  for (const char* address : pointers_to(listeners)) ermine_wasi_config_listen(made.get(), address);
  if (py::object most = config.attr("max_open_files"); !most.is_none())
    ermine_wasi_config_max_open_files_set(made.get(), most.cast<uint32_t>());
  if (py::object most = config.attr("max_written_bytes"); !most.is_none())
    ermine_wasi_config_max_written_bytes_set(made.get(), most.cast<uint64_t>());
  ermine_wasi_t* wasi = ermine_wasi_new(made.release());
  if (wasi == nullptr) throw_error();
  return wasi;
}

namespace {

Wasi* new_wasi(py::object engine, py::object config) {
  ermine_wasi_t* const wasi = make_wasi(config);
  auto linked = std::make_unique<Wasi>(engine, config, wasi, ermine_linker_new(engine_of(engine)));
  if (!ermine_linker_define_wasi(linked->linker, wasi)) throw_error();
  return linked.release();
}

}  // namespace

void define_wasi(py::module_& m) {
  py::class_<Wasi>(m, "_Wasi", py::is_final())
      .def(py::init(&new_wasi))
      .def("get", [](Wasi& self, py::object store, const std::string& module, const std::string& name) -> py::object {
        Core& core = core_of(store);
        if (!core.engine.is(self.engine)) throw_error("WasmError", "the linker belongs to another engine");
        wasm_extern_t* item =
            ermine_linker_get(self.linker, core.store, module.data(), module.size(), name.data(), name.size());
        if (item == nullptr) return py::none();
        core.kept.push_back(self.config.inc_ref().ptr());
        return from_extern(std::move(store), item);
      });
}

}  // namespace ermine_python
