// Globals, tables, tags, opaque references and instances.
#include "core.h"

namespace ermine_python {

py::object make_memory(py::object store, wasm_memory_t* memory);
py::object make_instance(py::object store, wasm_instance_t* instance, py::object names);

namespace {

template <class T, void (*kDelete)(T*)>
struct Of : Item {
  Of(py::object store, T* ref) : Item(std::move(store), ref, [](void* r) { kDelete(static_cast<T*>(r)); }) {}
  T* get() const { return ref_of<T>(*this); }
};
using Global = Of<wasm_global_t, wasm_global_delete>;
using Table = Of<wasm_table_t, wasm_table_delete>;
using Tag = Of<ermine_tag_t, ermine_tag_delete>;
using Ref = Of<wasm_ref_t, wasm_ref_delete>;

py::object taken(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

// ---- Globals

wasm_valkind_t content_of(wasm_global_t* global) {
  const Owned<wasm_globaltype_t> type(wasm_global_type(global), wasm_globaltype_delete);
  return wasm_valtype_kind(wasm_globaltype_content(type.get()));
}
void set_global(Global& self, py::object value) {
  const Owned<wasm_globaltype_t> type(wasm_global_type(self.get()), wasm_globaltype_delete);
  if (wasm_globaltype_mutability(type.get()) != WASM_VAR) throw_error("WasmError", "the global is immutable");
  Values values(1);
  if (!to_wasm(self.store, *self.core, value.ptr(), content_of(self.get()), values.data()))
    throw py::error_already_set();
  wasm_global_set(self.get(), values.data());
}

// ---- Tables

wasm_valkind_t element_of(wasm_table_t* table) {
  const Owned<wasm_tabletype_t> type(wasm_table_type(table), wasm_tabletype_delete);
  return wasm_valtype_kind(wasm_tabletype_element(type.get()));
}
uint32_t index_of(Table& self, int64_t index) {
  const auto size = static_cast<int64_t>(ermine_table_size(self.get()));
  if (index < 0) index += size;
  if (index < 0 || index >= size || index > int64_t{UINT32_MAX}) throw py::index_error("beyond the end of the table");
  return static_cast<uint32_t>(index);
}

// ---- Opaque references

py::object value_of(Ref& self, bool got, wasm_val_t* value) {
  if (!got) throw_error();
  return taken(from_wasm(self.store, value));
}
uint32_t length_of(Ref& self) {
  uint32_t length = 0;
  switch (ermine_ref_kind(self.get())) {
    case ERMINE_REF_STRUCT: ermine_struct_field_count(self.get(), &length); return length;
    case ERMINE_REF_ARRAY: ermine_array_length(self.get(), &length); return length;
    default: throw py::type_error("neither a structure nor an array");
  }
}
uint32_t position_of(Ref& self, int64_t index) {
  const int64_t length = length_of(self);
  if (index < 0) index += length;
  if (index < 0 || index >= length) throw py::index_error("beyond the end of the object");
  return static_cast<uint32_t>(index);
}
bool get_field(Ref& self, uint32_t index, wasm_val_t* out) {
  return ermine_ref_kind(self.get()) == ERMINE_REF_STRUCT ? ermine_struct_get(self.get(), index, out)
                                                          : ermine_array_get(self.get(), index, out);
}

template <class T>
T* item_of(py::handle object) {
  return py::isinstance<T>(object) ? object_of<T>(object.ptr()) : nullptr;
}

}  // namespace

py::object from_extern(py::object store, wasm_extern_t* item) {
  switch (wasm_extern_kind(item)) {
    case WASM_EXTERN_FUNC: return make_func(std::move(store), wasm_extern_as_func(item));
    case WASM_EXTERN_GLOBAL: return make<Global>(std::move(store), wasm_extern_as_global(item));
    case WASM_EXTERN_TABLE: return make<Table>(std::move(store), wasm_extern_as_table(item));
    case WASM_EXTERN_MEMORY: return make_memory(std::move(store), wasm_extern_as_memory(item));
    default: return make<Tag>(std::move(store), ermine_extern_as_tag(item));
  }
}
py::object make_ref(py::object store, wasm_ref_t* ref) { return make<Ref>(std::move(store), ref); }

wasm_ref_t* opaque_ref(PyObject* object, Core& core) {
  const Ref* ref = item_of<Ref>(object);
  return ref != nullptr && ref->core == &core ? static_cast<wasm_ref_t*>(ref->ref) : nullptr;
}

wasm_extern_t* to_extern(py::handle store, py::handle object) {
  Core& core = core_of(store);
  if (wasm_ref_t* func = func_ref(object.ptr(), core)) return wasm_func_as_extern(wasm_ref_as_func(func));
  const py::module_ module = py::module_::import("ermine._ermine");
  const Item* item = nullptr;
  for (const char* name : {"Func", "Memory", "Global", "Table", "Tag"})
    if (py::type::of(object).is(module.attr(name))) item = object_of<Item>(object.ptr());
  if (item == nullptr) throw py::type_error("expected a Func, Memory, Global, Table or Tag");
  if (item->core != &core) throw_error("WasmError", "the item belongs to another store");
  if (const auto* global = item_of<Global>(object)) return wasm_global_as_extern(global->get());
  if (const auto* table = item_of<Table>(object)) return wasm_table_as_extern(table->get());
  if (const auto* tag = item_of<Tag>(object)) return ermine_tag_as_extern(tag->get());
  return wasm_memory_as_extern(ref_of<wasm_memory_t>(*item));
}

void define_items(py::module_& m) {
  py::class_<Global>(m, "Global", py::is_final(), collected_item())
      .def(py::init([](py::object store, py::object type, py::object value) {
             Core& core = core_of(store);
             wasm_valtype_t* content = to_valtype(type.attr("content"));
             const bool mutable_ = py::object(type.attr("mutable")).cast<bool>();
             const Owned<wasm_globaltype_t> made(wasm_globaltype_new(content, mutable_ ? WASM_VAR : WASM_CONST),
                                                 wasm_globaltype_delete);
             Values values(1);
             if (!to_wasm(store, core, value.ptr(), kind_of(type.attr("content")), values.data()))
               throw py::error_already_set();
             core.require();
             wasm_global_t* global = wasm_global_new(core.store, made.get(), values.data());
             if (global == nullptr) throw_error();
             return new Global(std::move(store), global);
           }),
           py::arg("store"), py::arg("type"), py::arg("value"))
      .def_property_readonly("type",
                             [](Global& self) {
                               const Owned<wasm_globaltype_t> type(wasm_global_type(self.get()),
                                                                   wasm_globaltype_delete);
                               return from_type(wasm_globaltype_as_externtype_const(type.get()));
                             })
      .def_property(
          "value",
          [](Global& self) {
            wasm_val_t value;
            wasm_global_get(self.get(), &value);
            return taken(from_wasm(self.store, &value));
          },
          set_global);
  py::class_<Table>(m, "Table", py::is_final(), collected_item())
      .def(py::init([](py::object store, py::object type, py::object init) {
             Core& core = core_of(store);
             py::object limits = type.attr("limits"), max = limits.attr("max");
             const auto min = py::object(limits.attr("min")).cast<uint64_t>();
             const auto most = max.is_none() ? 0 : max.cast<uint64_t>();
             const auto is_64 = py::object(type.attr("is_64")).cast<bool>();
             const Owned<wasm_ref_t> ref(to_ref(store, init.ptr(), kind_of(type.attr("element"))), wasm_ref_delete);
             const Owned<wasm_tabletype_t> made(
                 ermine_tabletype_new(to_valtype(type.attr("element")), min, !max.is_none(), most, is_64),
                 wasm_tabletype_delete);
             wasm_table_t* table = wasm_table_new(core.store, made.get(), ref.get());
             if (table == nullptr) throw_error();
             return new Table(std::move(store), table);
           }),
           py::arg("store"), py::arg("type"), py::arg("init") = py::none())
      .def_property_readonly("type",
                             [](Table& self) {
                               const Owned<wasm_tabletype_t> type(wasm_table_type(self.get()), wasm_tabletype_delete);
                               return from_type(wasm_tabletype_as_externtype_const(type.get()));
                             })
      .def_property_readonly("size", [](Table& self) { return ermine_table_size(self.get()); })
      .def("__len__", [](Table& self) { return ermine_table_size(self.get()); })
      .def("__getitem__",
           [](Table& self, int64_t index) {
             wasm_val_t value;
             value.kind = element_of(self.get());
             value.of.ref = wasm_table_get(self.get(), index_of(self, index));
             return taken(from_wasm(self.store, &value));
           })
      .def("__setitem__",
           [](Table& self, int64_t index, py::object value) {
             const Owned<wasm_ref_t> ref(to_ref(self.store, value.ptr(), element_of(self.get())), wasm_ref_delete);
             if (!wasm_table_set(self.get(), index_of(self, index), ref.get())) throw_error();
           })
      .def(
          "grow",
          [](Table& self, uint64_t delta, py::object init) {
            const Owned<wasm_ref_t> ref(to_ref(self.store, init.ptr(), element_of(self.get())), wasm_ref_delete);
            uint64_t before = 0;
            if (!ermine_table_grow(self.get(), delta, ref.get(), &before)) throw_error();
            return before;
          },
          py::arg("delta"), py::arg("init") = py::none());
  py::class_<Tag>(m, "Tag", py::is_final(), collected_item())
      .def(py::init([](py::object store, py::object type) {
             Core& core = core_of(store);
             const Owned<wasm_functype_t> made(to_functype(type), wasm_functype_delete);
             ermine_tag_t* tag = ermine_tag_new(core.store, made.get());
             if (tag == nullptr) throw_error();
             return new Tag(std::move(store), tag);
           }),
           py::arg("store"), py::arg("type"))
      .def_property_readonly("type", [](Tag& self) {
        const Owned<wasm_externtype_t> type(wasm_extern_type(ermine_tag_as_extern(self.get())), wasm_externtype_delete);
        return from_type(type.get());
      });
  py::class_<Ref>(m, "Ref", py::is_final(), collected_item())
      .def_property_readonly("kind",
                             [](Ref& self) {
                               static const char* const kNames[] = {"other", "i31", "struct", "array", "exn"};
                               return kNames[ermine_ref_kind(self.get())];
                             })
      .def("__int__",
           [](Ref& self) {
             int32_t value = 0;
             if (!ermine_i31_get_s(self.get(), &value)) throw py::type_error("not an i31");
             return value;
           })
      .def("__len__", length_of)
      .def("__getitem__",
           [](Ref& self, int64_t index) {
             wasm_val_t value;
             return value_of(self, get_field(self, position_of(self, index), &value), &value);
           })
      .def("__setitem__", [](Ref& self, int64_t index, py::object given) {
        const uint32_t at = position_of(self, index);
        Values values(2);
        if (!get_field(self, at, &values.data()[0])) throw_error();
        if (!to_wasm(self.store, *self.core, given.ptr(), values.data()[0].kind, &values.data()[1]))
          throw py::error_already_set();
        wasm_ref_t* object = self.get();
        if (!(ermine_ref_kind(object) == ERMINE_REF_STRUCT ? ermine_struct_set(object, at, &values.data()[1])
                                                           : ermine_array_set(object, at, &values.data()[1])))
          throw_error();
      });
}

}  // namespace ermine_python
