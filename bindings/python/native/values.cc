// Values between Python and WebAssembly. Objects of Python lie in externrefs as host info of foreign objects, so that
// the same object comes back; the store shows them to Python's collector.
#include "core.h"

namespace ermine_python {

namespace {

void finalize(void* info) {
  // Perhaps in a collection of the engine, without the GIL: the object is released after the call.
  auto* const extern_object = static_cast<ExternObject*>(info);
  extern_object->core->finalized.push_back(extern_object);
}

wasm_ref_t* new_extern_object(Core& core, PyObject* value) {
  auto* const made = new ExternObject{core.shared_from_this(), Py_NewRef(value)};
  made->next = core.externs;
  if (made->next != nullptr) made->next->previous = made;
  core.externs = made;
  wasm_foreign_t* foreign = wasm_foreign_new(core.store);
  wasm_foreign_set_host_info_with_finalizer(foreign, made, finalize);
  return wasm_foreign_as_ref(foreign);
}

bool integer(PyObject* value, unsigned bits, int64_t* out) {
  int overflow = 0;
  const long long signed_value = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (signed_value == -1 && PyErr_Occurred()) return false;
  if (bits == 32 && overflow == 0 && signed_value >= INT32_MIN && signed_value <= int64_t{UINT32_MAX}) [[likely]] {
    *out = signed_value;
    return true;
  }
  if (bits == 64 && overflow == 0) {
    *out = signed_value;
    return true;
  }
  if (bits == 64 && overflow > 0) {
    py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(value));
    const unsigned long long unsigned_value = index ? PyLong_AsUnsignedLongLong(index.ptr()) : 0;
    if (!PyErr_Occurred()) {
      *out = static_cast<int64_t>(unsigned_value);
      return true;
    }
    PyErr_Clear();
  }
  PyErr_Format(PyExc_OverflowError, "%R does not fit an i%u", value, bits);
  return false;
}

bool reference(py::handle store, Core& core, PyObject* value, wasm_valkind_t kind, wasm_ref_t** out) {
  *out = nullptr;
  if (value == Py_None) return true;
  if (wasm_ref_t* const opaque = opaque_ref(value, core)) return *out = wasm_ref_copy(opaque), true;
  if (kind == WASM_EXTERNREF) return *out = new_extern_object(core, value), true;
  if (wasm_ref_t* const func = func_ref(value, core)) return *out = wasm_ref_copy(func), true;
  if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "%R is not a reference of this type in this store", value);
  return false;
}

}  // namespace

bool to_wasm(py::handle store, Core& core, PyObject* value, wasm_valkind_t kind, wasm_val_t* out) {
  int64_t number = 0;
  switch (kind) {
    case WASM_I32:
      if (!integer(value, 32, &number)) return false;
      out->kind = kind;
      out->of.i32 = static_cast<int32_t>(number);
      return true;
    case WASM_I64:
      if (!integer(value, 64, &number)) return false;
      out->kind = kind;
      out->of.i64 = number;
      return true;
    case WASM_F32:
    case WASM_F64: {
      const double real = PyFloat_AsDouble(value);
      if (real == -1 && PyErr_Occurred()) return false;
      out->kind = kind;
      if (kind == WASM_F32) out->of.f32 = static_cast<float>(real);
      else out->of.f64 = real;
      return true;
    }
    case ERMINE_V128: {
      Py_buffer bytes;
      if (PyObject_GetBuffer(value, &bytes, PyBUF_SIMPLE) != 0) return false;
      const bool fits = bytes.len == sizeof(ermine_v128);
      if (fits) ermine_val_new_v128(out, static_cast<const uint8_t*>(bytes.buf));
      else PyErr_Format(PyExc_ValueError, "a v128 has 16 bytes, not %zd", bytes.len);
      PyBuffer_Release(&bytes);
      return fits;
    }
    default: {
      wasm_ref_t* ref = nullptr;
      if (!reference(store, core, value, kind, &ref)) return false;
      out->kind = kind;
      out->of.ref = ref;
      return true;
    }
  }
}

wasm_ref_t* to_ref(py::handle store, PyObject* value, wasm_valkind_t kind) {
  wasm_ref_t* ref = nullptr;
  if (!reference(store, core_of(store), value, kind, &ref)) throw py::error_already_set();
  return ref;
}

PyObject* from_wasm(py::handle store, wasm_val_t* value) {
  switch (value->kind) {
    case WASM_I32: return PyLong_FromLong(value->of.i32);
    case WASM_I64: return PyLong_FromLongLong(value->of.i64);
    case WASM_F32: return PyFloat_FromDouble(static_cast<double>(value->of.f32));
    case WASM_F64: return PyFloat_FromDouble(value->of.f64);
    case ERMINE_V128: {
      ermine_v128 bytes;
      ermine_val_get_v128(value, bytes);
      wasm_val_delete(value);
      return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(bytes), sizeof bytes);
    }
    default: break;
  }
  wasm_ref_t* const ref = std::exchange(value->of.ref, nullptr);
  if (ref == nullptr) Py_RETURN_NONE;
  if (wasm_foreign_t* foreign = wasm_ref_as_foreign(ref)) {
    if (auto* const extern_object = static_cast<ExternObject*>(wasm_foreign_get_host_info(foreign))) {
      PyObject* const object = Py_NewRef(extern_object->object);
      wasm_ref_delete(ref);
      return object;
    }
  }
  try {
    py::object owner = py::reinterpret_borrow<py::object>(store);
    if (wasm_func_t* func = wasm_ref_as_func(ref)) return make_func(owner, func).release().ptr();
    return make_ref(owner, ref).release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
    return nullptr;
  }
}

PyObject* results_of(py::handle store, wasm_val_t* values, size_t count) {
  if (count == 1) [[likely]]
    return from_wasm(store, &values[0]);
  if (count == 0) Py_RETURN_NONE;
  PyObject* const tuple = PyTuple_New(static_cast<Py_ssize_t>(count));
  for (size_t i = 0; tuple != nullptr && i < count; ++i) {
    PyObject* const value = from_wasm(store, &values[i]);
    if (value == nullptr) {
      Py_DECREF(tuple);
      return nullptr;
    }
    PyTuple_SET_ITEM(tuple, i, value);
  }
  return tuple;
}

}  // namespace ermine_python
