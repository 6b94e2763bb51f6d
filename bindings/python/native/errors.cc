// Errors of the engine as exceptions, which are classes of ermine._errors.
#include <string>

#include "core.h"

namespace ermine_python {

namespace {

enum TrapCode : uint8_t {
  kNone,
#define TRAP(id, text) id,
#include "ermine/traps.def"
};

py::object errors() { return py::module_::import("ermine._errors"); }

py::object frame_of(const wasm_frame_t* frame) {
  return errors().attr("Frame")(ermine_frame_module_name(frame), ermine_frame_func_name(frame),
                                wasm_frame_func_index(frame), wasm_frame_func_offset(frame),
                                wasm_frame_module_offset(frame));
}

py::str text_of(const char* text, size_t size) {
  return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(size), "replace"));
}

// What a WebAssembly exception carries; none if the store cannot say.
py::tuple payload_of(py::handle store, wasm_ref_t* exception) {
  wasm_val_vec_t values;
  if (!ermine_exn_payload(exception, &values)) return py::tuple();
  py::tuple payload(values.size);
  for (size_t i = 0; i < values.size; ++i) {
    PyObject* value = from_wasm(store, &values.data[i]);
    if (value == nullptr) {
      PyErr_Clear();
      value = Py_NewRef(Py_None);
    }
    PyTuple_SET_ITEM(payload.ptr(), i, value);
  }
  wasm_val_vec_delete(&values);
  return payload;
}

py::object exception_of(py::handle store, wasm_trap_t* trap) {
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  py::str text = text_of(message.data, message.size == 0 ? 0 : message.size - 1);
  wasm_byte_vec_delete(&message);
  wasm_frame_vec_t trace;
  wasm_trap_trace(trap, &trace);
  py::tuple frames(trace.size);
  for (size_t i = 0; i < trace.size; ++i) frames[i] = frame_of(trace.data[i]);
  wasm_frame_vec_delete(&trace);
  int32_t status = 0;
  if (ermine_trap_exit_status(trap, &status)) return errors().attr("ExitTrap")(status, text, frames);
  if (wasm_ref_t* exception = ermine_trap_exception(trap)) {
    py::object owner = py::reinterpret_borrow<py::object>(store);
    ermine_tag_t* tag = ermine_exn_tag(exception);
    py::object tag_object = tag == nullptr ? py::none() : from_extern(owner, ermine_tag_as_extern(tag));
    const py::tuple payload = payload_of(store, exception);
    py::object made = errors().attr("WasmException")(tag_object, *payload);
    made.attr("message") = text;
    made.attr("frames") = frames;
    made.attr("_ref") = make_ref(owner, exception);
    return made;
  }
  return errors().attr("Trap")(text, static_cast<int>(ermine_trap_kind(trap)), static_cast<int>(ermine_trap_code(trap)),
                               frames);
}

}  // namespace

void set_trap(py::handle store, Core& core, wasm_trap_t* trap) {
  const Owned<wasm_trap_t> owned(trap, wasm_trap_delete);
  if (core.take_pending()) return;
  if (ermine_trap_code(trap) == kInterrupted) {
    core.interrupt_requested->store(false);
    // Perhaps by Ctrl-C (signals.cc): its exception, if it has one.
    if (PyErr_CheckSignals() != 0) return;
  }
  try {
    py::object made = exception_of(store, trap);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
  } catch (py::error_already_set& error) { error.restore(); }
}
void throw_trap(py::handle store, Core& core, wasm_trap_t* trap) {
  set_trap(store, core, trap);
  throw py::error_already_set();
}

void throw_error(const char* name, const std::string& message) {
  py::object type = errors().attr(name);
  PyErr_SetObject(type.ptr(), text_of(message.data(), message.size()).ptr());
  throw py::error_already_set();
}
void throw_error() { throw_error("WasmError", ermine_last_error()); }

py::dict trap_codes() {
  py::dict codes;
#define TRAP(id, text) codes[#id] = static_cast<int>(id);
#include "ermine/traps.def"
  return codes;
}

bool raised_exception(py::handle store, Core& core, wasm_trap_t** trap) {
  PyObject *raised_type, *value, *traceback;
  PyErr_Fetch(&raised_type, &value, &traceback);
  PyErr_NormalizeException(&raised_type, &value, &traceback);
  const py::object kept_type = py::reinterpret_steal<py::object>(raised_type),
                   raised = py::reinterpret_steal<py::object>(value),
                   kept_traceback = py::reinterpret_steal<py::object>(traceback);
  const auto restore = [&] {
    PyErr_Restore(py::object(kept_type).release().ptr(), py::object(raised).release().ptr(),
                  py::object(kept_traceback).release().ptr());
    return false;
  };
  if (!py::isinstance(raised, errors().attr("WasmException"))) return restore();
  wasm_ref_t* ref = opaque_ref(py::object(raised.attr("_ref")).ptr(), core);
  wasm_ref_t* made = nullptr;
  if (ref == nullptr) {
    // One that Python made: of a tag of this store.
    made = [&]() -> wasm_ref_t* {
      py::object tag = raised.attr("tag");
      if (tag.is_none()) return nullptr;
      wasm_extern_t* item = to_extern(store, tag);
      ermine_tag_t* of = ermine_extern_as_tag(item);
      if (of == nullptr) return nullptr;
      const Owned<wasm_externtype_t> type(wasm_extern_type(item), wasm_externtype_delete);
      const auto kinds = kinds_of(wasm_functype_params(ermine_tagtype_func(ermine_externtype_as_tagtype(type.get()))));
      py::tuple payload = raised.attr("payload");
      if (payload.size() != kinds.size()) throw_error("WasmError", "the payload does not fit the tag");
      Values values(kinds.size());
      for (size_t i = 0; i < kinds.size(); ++i)
        if (!to_wasm(store, core, py::object(payload[i]).ptr(), kinds[i], &values.data()[i]))
          throw py::error_already_set();
      const wasm_val_vec_t vec = values.vec();
      return ermine_exn_new(core.store, of, &vec);
    }();
    ref = made;
  }
  if (ref != nullptr) *trap = ermine_trap_new_exception(core.store, ref);
  wasm_ref_delete(made);
  return *trap != nullptr || restore();
}

}  // namespace ermine_python
