// Engines, stores and interrupt handles.
#include <algorithm>
#include <chrono>

#include "core.h"

namespace ermine_python {

Core* running_on_main = nullptr;
pthread_t main_thread;

uint64_t monotonic_now() {
  return static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}
uint64_t nanoseconds(double seconds) {
  if (!(seconds >= 0)) {
    PyErr_SetString(PyExc_ValueError, "a time must not be negative");
    throw py::error_already_set();
  }
  return static_cast<uint64_t>(std::min(seconds, 1e9) * 1e9);
}

Core::Core(py::object engine, wasm_engine_t* of)
    : engine(std::move(engine)), store(wasm_store_new(of)), interrupt(ermine_interrupt_handle_new(store)) {}
Core::~Core() { ermine_interrupt_handle_delete(interrupt); }

bool Core::usable() const {
  if (store == nullptr) return PyErr_SetString(PyExc_ValueError, "the store is closed"), false;
  if (busy_elsewhere())
    return PyErr_SetString(PyExc_RuntimeError,
                           "the store is in use by another thread; a store is used by one at a time"),
           false;
  return true;
}
void Core::require() const {
  if (!usable()) throw py::error_already_set();
}
void Core::dispose(void* ref, void (*deleter)(void*)) {
  if (busy_elsewhere()) dead.emplace_back(ref, deleter);
  else deleter(ref);
  if (depth == 0) drain();
}
void Core::drain() {
  if (dead.empty() && released.empty() && finalized.empty()) return;
  const std::shared_ptr<Core> self = shared_from_this();
  PyObject *type, *value, *traceback;  // of an exception that is being raised
  PyErr_Fetch(&type, &value, &traceback);
  while (!dead.empty() || !released.empty() || !finalized.empty()) {
    for (const auto& [ref, deleter] : std::exchange(dead, {})) deleter(ref);
    for (ExternObject* e : std::exchange(finalized, {})) {
      (e->previous != nullptr ? e->previous->next : externs) = e->next;
      if (e->next != nullptr) e->next->previous = e->previous;
      released.push_back(e->object);
      delete e;
    }
    for (PyObject* object : std::exchange(released, {})) Py_XDECREF(object);
  }
  PyErr_Restore(type, value, traceback);
}
void Core::close() {
  if (store == nullptr) return;
  const std::shared_ptr<Core> self = shared_from_this();
  for (Item* item = items; item != nullptr; item = item->next)
    if (void* const ref = std::exchange(item->ref, nullptr)) item->deleter(ref);
  wasm_store_delete(std::exchange(store, nullptr));
  for (PyObject* object : std::exchange(kept, {})) released.push_back(object);
  // Of operations that do not end any more.
  for (PyObject** object : std::exchange(shown, {})) released.push_back(std::exchange(*object, nullptr));
  drop_pending();
  drain();
}
bool Core::restore_deadline() {
  if (deadline == 0) return ermine_store_clear_timeout(store), true;
  const uint64_t now = monotonic_now();
  ermine_store_set_timeout(store, deadline > now ? deadline - now : 0);
  return deadline > now;
}
bool Core::take_pending() {
  if (pending_type == nullptr) return false;
  PyErr_Restore(std::exchange(pending_type, nullptr), std::exchange(pending_value, nullptr),
                std::exchange(pending_traceback, nullptr));
  return true;
}
void Core::drop_pending() {
  for (PyObject** object : {&pending_type, &pending_value, &pending_traceback})
    if (*object != nullptr) released.push_back(std::exchange(*object, nullptr));
}

Item::Item(py::object store, void* ref, void (*deleter)(void*))
    : store(std::move(store)),
      core(this->store.cast<Store&>().core.get()),
      ref(ref),
      deleter(deleter),
      next(core->items) {
  if (next != nullptr) next->previous = this;
  core->items = this;
}
Item::~Item() {
  (previous != nullptr ? previous->next : core->items) = next;
  if (next != nullptr) next->previous = previous;
  const std::shared_ptr<Core> kept = core->shared_from_this();
  if (ref != nullptr) core->dispose(ref, deleter);
}

int traverse_item(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (const Item* item = object_of<Item>(self)) Py_VISIT(item->store.ptr());
  return 0;
}

namespace {

struct Engine {
  ~Engine() { wasm_engine_delete(engine); }
  wasm_engine_t* engine;
};

struct InterruptHandle {
  std::shared_ptr<Core> core;  // its handle may be used after the store was closed
};

int traverse_store(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  const Store* store = object_of<Store>(self);
  if (store == nullptr || store->core == nullptr) return 0;
  for (const HostFunc* f : store->core->host_funcs) Py_VISIT(f->callable);
  for (const ExternObject* e = store->core->externs; e != nullptr; e = e->next) Py_VISIT(e->object);
  for (PyObject* object : store->core->kept) Py_VISIT(object);
  for (PyObject** object : store->core->shown) Py_VISIT(*object);
  return 0;
}
// Breaks the cycles that go through host functions and externrefs.
int clear_store(PyObject* self) {
  Store* store = object_of<Store>(self);
  if (store == nullptr || store->core == nullptr) return 0;
  Core& core = *store->core;
  const std::shared_ptr<Core> kept = store->core;
  for (HostFunc* f : core.host_funcs) core.released.push_back(std::exchange(f->callable, nullptr));
  for (ExternObject* e = core.externs; e != nullptr; e = e->next)
    core.released.push_back(std::exchange(e->object, Py_NewRef(Py_None)));
  for (PyObject* object : std::exchange(core.kept, {})) core.released.push_back(object);
  for (PyObject** object : core.shown) core.released.push_back(std::exchange(*object, nullptr));
  if (!core.running()) core.drain();
  return 0;
}

bool release_store(Store& self) {
  Core& core = *self.core;
  if (core.store == nullptr) return true;
  if (core.running()) throw_error("ErmineError", "the store cannot be closed while one of its calls is running");
  if (core.buffers != 0) {
    PyErr_SetString(PyExc_BufferError, "the store cannot be closed while views of its memories exist");
    throw py::error_already_set();
  }
  core.close();
  return true;
}

void set_feature(wasm_config_t* config, const std::string& name, bool on) {
  if (ermine_config_wasm_feature_set(config, name.data(), name.size(), on)) return;
  throw_error("WasmError", "there is no feature of the name " + name);
}

// The fields of ermine._config.Config, of which None keeps the default.
wasm_engine_t* new_engine(py::object config) {
  if (config.is_none()) return wasm_engine_new();
  Owned<wasm_config_t> made(wasm_config_new(), wasm_config_delete);
  const auto number = [&](const char* name, auto set) {
    if (py::object value = config.attr(name); !value.is_none()) set(made.get(), value.cast<uint64_t>());
  };
  if (py::object tier = config.attr("tier"); !tier.is_none()) {
    const std::string name = tier.cast<std::string>();
    constexpr std::string_view kTiers[] = {"auto", "interp", "baseline", "optimized"};  // as ermine_tier_enum has them
    const auto at = std::find(std::begin(kTiers), std::end(kTiers), name);
    if (at == std::end(kTiers)) throw_error("WasmError", "there is no tier of the name " + name);
    ermine_config_tier_set(made.get(), static_cast<ermine_tier_t>(at - std::begin(kTiers)));
  }
  ermine_config_optimize_set(made.get(), py::bool_(config.attr("optimize")));
  ermine_config_consume_fuel_set(made.get(), py::bool_(config.attr("consume_fuel")));
  ermine_config_verify_code_set(made.get(), py::bool_(config.attr("verify_code")));
  ermine_config_debug_info_set(made.get(), py::bool_(config.attr("debug_info")));
  number("optimize_after", [](wasm_config_t* c, uint64_t n) {
    ermine_config_optimize_after_set(c, static_cast<uint32_t>(std::min<uint64_t>(n, UINT32_MAX)));
  });
  number("opt_level", [](wasm_config_t* c, uint64_t n) {
    if (n > 2) throw_error("WasmError", "opt_level is 0 to 2, not " + std::to_string(n));
    ermine_config_opt_level_set(c, static_cast<uint32_t>(n));
  });
  number("max_wasm_stack", ermine_config_max_wasm_stack_set);
  number("max_gc_heap", ermine_config_max_gc_heap_set);
  number("memory_reservation", ermine_config_memory_reservation_set);
  for (const auto& [name, on] : config.attr("features").cast<py::dict>())
    set_feature(made.get(), name.cast<std::string>(), on.cast<bool>());
  return wasm_engine_new_with_config(made.release());
}

}  // namespace

wasm_engine_t* engine_of(py::handle engine) { return engine.cast<Engine&>().engine; }

void define_store(py::module_& m) {
  py::class_<Engine>(m, "Engine", py::is_final())
      .def(py::init([](py::object config) { return new Engine{new_engine(config)}; }), py::arg("config") = py::none());
  py::class_<InterruptHandle>(m, "InterruptHandle", py::is_final()).def("interrupt", [](InterruptHandle& self) {
    self.core->interrupt_requested->store(true);
    ermine_interrupt_handle_interrupt(self.core->interrupt);
  });
  py::class_<Store>(m, "Store", py::is_final(), py::custom_type_setup([](PyHeapTypeObject* type) {
                      type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
                      type->ht_type.tp_traverse = traverse_store;
                      type->ht_type.tp_clear = clear_store;
                    }))
      .def(py::init([](py::object engine) {
             if (engine.is_none()) engine = py::type::of<Engine>()();
             return new Store(std::make_shared<Core>(engine, engine.cast<Engine&>().engine));
           }),
           py::arg("engine") = py::none())
      .def("close", [](Store& self) { release_store(self); })
      .def("__enter__", [](py::object self) { return core_of(self), self; })
      .def("__exit__", [](Store& self, py::args) { release_store(self); })
      .def_property_readonly("closed", [](Store& self) { return self.core->store == nullptr; })
      .def_property_readonly("engine", [](Store& self) { return self.core->engine; })
      .def_property(
          "fuel",
          [](py::object self) {
            uint64_t units = 0;
            if (!ermine_store_get_fuel(core_of(self).store, &units))
              throw_error("WasmError", "the engine does not count fuel: Config(consume_fuel=True)");
            return units;
          },
          [](py::object self, uint64_t units) {
            if (!ermine_store_set_fuel(core_of(self).store, units)) throw_error();
          })
      .def(
          "set_timeout",
          [](py::object self, py::object seconds) {
            Core& core = core_of(self);
            core.deadline = seconds.is_none() ? 0 : monotonic_now() + nanoseconds(seconds.cast<double>());
            core.restore_deadline();
          },
          py::arg("seconds"))
      .def("set_limits",
           [](py::object self, const py::kwargs& given) {
             ermine_store_limits_t limits;
             limits.size = sizeof limits;
             ermine_store_limits_init(&limits);
             const std::pair<const char*, uint64_t*> fields[] = {
                 {"memory_bytes", &limits.memory_bytes},
                 {"instance_memory_bytes", &limits.instance_memory_bytes},
                 {"total_memory_bytes", &limits.total_memory_bytes},
                 {"table_elements", &limits.table_elements},
                 {"total_table_elements", &limits.total_table_elements},
                 {"instances", &limits.instances},
                 {"tables", &limits.tables},
                 {"memories", &limits.memories},
                 {"gc_heap_bytes", &limits.gc_heap_bytes}};
             size_t known = 0;
             for (const auto& [name, field] : fields) {
               if (!given.contains(name)) continue;
               ++known;
               if (const py::object value = given[name]; !value.is_none()) *field = value.cast<uint64_t>();
             }
             if (known != given.size()) throw py::type_error("there is no limit of this name");
             if (!ermine_store_limiter(core_of(self).store, &limits)) throw_error();
           })
      .def("gc",
           [](py::object self) {
             Core& core = core_of(self);
             ermine_store_gc(core.store);
             if (!core.running()) core.drain();
           })
      .def("interrupt_handle",
           [](py::object self) { return core_of(self), new InterruptHandle{self.cast<Store&>().core}; })
      .def("_keep", [](py::object self, py::object object) { core_of(self).kept.push_back(object.release().ptr()); });
}

}  // namespace ermine_python
