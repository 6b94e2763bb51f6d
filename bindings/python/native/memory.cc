// Memories: the buffer protocol without copies, where that is safe. A guarded or shared memory never moves, and stays
// mapped as long as its store, which a view keeps; other memories may move when they grow, so they have no views.
#include <cstring>

#include "core.h"

namespace ermine_python {

namespace {

struct Memory : Item {
  Memory(py::object store, wasm_memory_t* memory)
      : Item(std::move(store), memory, [](void* m) { wasm_memory_delete(static_cast<wasm_memory_t*>(m)); }) {}
};

wasm_memory_t* checked(const Memory& self) { return ref_of<wasm_memory_t>(self); }

int get_buffer(PyObject* object, Py_buffer* view, int flags) {
  view->obj = nullptr;
  Memory* self = object_of<Memory>(object);
  if (self == nullptr || !self->core->usable()) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_BufferError, "the memory was not made");
    return -1;
  }
  auto* const memory = static_cast<wasm_memory_t*>(self->ref);
  if (ermine_memory_may_move(memory)) {
    PyErr_SetString(PyExc_BufferError,
                    "this memory may move when it grows, so there are no views of it; use read() and write()");
    return -1;
  }
  static char empty;
  char* const data = wasm_memory_data(memory);
  if (PyBuffer_FillInfo(view, object, data != nullptr ? data : &empty,
                        static_cast<Py_ssize_t>(wasm_memory_data_size(memory)), 0, flags) != 0)
    return -1;
  ++self->core->buffers;
  return 0;
}
void release_buffer(PyObject* object, Py_buffer*) { --object_of<Memory>(object)->core->buffers; }

// A range as of a slice; clipped.
std::pair<size_t, size_t> range_of(const Memory& self, py::object start, py::object stop) {
  const auto size = static_cast<Py_ssize_t>(wasm_memory_data_size(checked(self)));
  const py::slice slice(start, stop, py::none());
  Py_ssize_t from = 0, to = 0, step = 0;
  if (PySlice_Unpack(slice.ptr(), &from, &to, &step) != 0) throw py::error_already_set();
  const Py_ssize_t length = PySlice_AdjustIndices(size, &from, &to, step);
  checked(self);  // the conversions may have run Python code
  return {static_cast<size_t>(from), static_cast<size_t>(length)};
}

py::object read(Memory& self, py::object start, py::object stop) {
  const auto [from, length] = range_of(self, start, stop);
  const char* data = wasm_memory_data(checked(self));
  return py::reinterpret_steal<py::object>(
      PyByteArray_FromStringAndSize(length == 0 ? nullptr : data + from, static_cast<Py_ssize_t>(length)));
}

size_t write(Memory& self, py::buffer value, int64_t start) {
  Py_buffer view;
  if (PyObject_GetBuffer(value.ptr(), &view, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  const auto release = [](Py_buffer* v) { PyBuffer_Release(v); };
  const std::unique_ptr<Py_buffer, decltype(release)> owned(&view, release);
  const size_t size = wasm_memory_data_size(checked(self)), length = static_cast<size_t>(view.len);
  if (start < 0) start += static_cast<int64_t>(size);
  if (start < 0 || static_cast<uint64_t>(start) > size || length > size - static_cast<uint64_t>(start))
    throw py::index_error("the bytes do not fit into the memory");
  if (length != 0) std::memmove(wasm_memory_data(checked(self)) + start, view.buf, length);
  return length;
}

wasm_memory_t* new_memory(py::handle store, py::object type) {
  Core& core = core_of(store);
  py::object limits = type.attr("limits"), max = limits.attr("max");
  const auto page_size = py::object(type.attr("page_size")).cast<uint64_t>();
  if (page_size != 1 && page_size != MEMORY_PAGE_SIZE) throw py::value_error("a page has 1 or 65536 bytes");
  const Owned<wasm_memorytype_t> made(
      ermine_memorytype_new(py::object(limits.attr("min")).cast<uint64_t>(), !max.is_none(),
                            max.is_none() ? 0 : max.cast<uint64_t>(), py::object(type.attr("is_64")).cast<bool>(),
                            py::object(type.attr("is_shared")).cast<bool>(), page_size == 1 ? 0 : 16),
      wasm_memorytype_delete);
  core.require();
  wasm_memory_t* memory = wasm_memory_new(core.store, made.get());
  if (memory == nullptr) throw_error();
  return memory;
}

}  // namespace

py::object make_memory(py::object store, wasm_memory_t* memory) { return make<Memory>(std::move(store), memory); }

void define_memory(py::module_& m) {
  py::class_<Memory>(m, "Memory", py::is_final(), py::custom_type_setup([](PyHeapTypeObject* type) {
                       type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
                       type->ht_type.tp_traverse = traverse_item;
                       type->as_buffer.bf_getbuffer = get_buffer;
                       type->as_buffer.bf_releasebuffer = release_buffer;
                       type->ht_type.tp_as_buffer = &type->as_buffer;
                     }))
      .def(py::init([](py::object store, py::object type) {
             wasm_memory_t* memory = new_memory(store, type);
             return new Memory(std::move(store), memory);
           }),
           py::arg("store"), py::arg("type"))
      .def_property_readonly("store", [](Memory& self) { return self.store; })
      .def_property_readonly("type",
                             [](Memory& self) {
                               const Owned<wasm_memorytype_t> type(wasm_memory_type(checked(self)),
                                                                   wasm_memorytype_delete);
                               return from_type(wasm_memorytype_as_externtype_const(type.get()));
                             })
      .def_property_readonly("size", [](Memory& self) { return ermine_memory_size(checked(self)); })
      .def_property_readonly("data_len", [](Memory& self) { return wasm_memory_data_size(checked(self)); })
      .def("__len__", [](Memory& self) { return wasm_memory_data_size(checked(self)); })
      .def(
          "grow",
          [](Memory& self, uint64_t delta) {
            uint64_t before = 0;
            if (!ermine_memory_grow(checked(self), delta, &before)) throw_error();
            return before;
          },
          py::arg("delta"))
      .def("read", read, py::arg("start") = py::none(), py::arg("stop") = py::none())
      .def("write", write, py::arg("value"), py::arg("start") = 0)
      .def("__getitem__",
           [](Memory& self, py::slice slice) {
             if (!py::object(slice.attr("step")).is_none()) throw py::value_error("slices of memories have no step");
             return read(self, slice.attr("start"), slice.attr("stop"));
           })
      .def("__getitem__",
           [](Memory& self, int64_t index) {
             const auto size = static_cast<int64_t>(wasm_memory_data_size(checked(self)));
             if (index < 0) index += size;
             if (index < 0 || index >= size) throw py::index_error("beyond the end of the memory");
             return static_cast<uint8_t>(wasm_memory_data(checked(self))[index]);
           })
      .def("__setitem__", [](Memory& self, int64_t index, uint8_t value) {
        const auto size = static_cast<int64_t>(wasm_memory_data_size(checked(self)));
        if (index < 0) index += size;
        if (index < 0 || index >= size) throw py::index_error("beyond the end of the memory");
        wasm_memory_data(checked(self))[index] = static_cast<char>(value);
      });
}

}  // namespace ermine_python
