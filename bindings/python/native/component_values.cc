// Values of components between Python and the C API, and resources.
#include <cstring>

#include "component.h"

namespace ermine_python {

namespace {

std::unordered_set<uint64_t>& host_resources() {
  static auto* const made = new std::unordered_set<uint64_t>;
  return *made;
}

[[noreturn]] void unfit(py::handle value, const char* what) {
  PyErr_Format(PyExc_TypeError, "%R is no %s", value.ptr(), what);
  throw py::error_already_set();
}

py::object class_of(const char* name) { return py::module_::import("ermine._component_values").attr(name); }

wasm_name_t name_of(std::string_view text) {
  wasm_name_t out;
  wasm_byte_vec_new(&out, text.size(), text.data());
  return out;
}
py::str str_of(const wasm_name_t& name) { return py::str(name.data, name.size); }
std::string text_of(py::handle value, const char* what) {
  if (!PyUnicode_Check(value.ptr())) unfit(value, what);
  return value.cast<std::string>();
}

// ---- To the engine

int64_t integer(py::handle value, int64_t least, uint64_t most) {
  if (!PyIndex_Check(value.ptr())) unfit(value, "integer");
  const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!index) throw py::error_already_set();
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow == 0 && number >= least && (number < 0 || static_cast<uint64_t>(number) <= most)) return number;
  if (overflow > 0 && most == UINT64_MAX) {
    const unsigned long long large = PyLong_AsUnsignedLongLong(index.ptr());
    if (!PyErr_Occurred()) return static_cast<int64_t>(large);
    PyErr_Clear();
  }
  PyErr_Format(PyExc_OverflowError, "%R is not from %lld to %llu", value.ptr(), static_cast<long long>(least),
               static_cast<unsigned long long>(most));
  throw py::error_already_set();
}
double real(py::handle value) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1 && PyErr_Occurred()) throw py::error_already_set();
  return number;
}
uint32_t character(py::handle value) {
  if (!PyUnicode_Check(value.ptr()) || PyUnicode_GetLength(value.ptr()) != 1) unfit(value, "character");
  return PyUnicode_ReadChar(value.ptr(), 0);
}

// Numbers in an array, or in an object with a buffer of exactly them: bytes, array.array and others.
const char* format_of(ermine_component_valkind_t kind) {
  static const char* const kFormats[] = {"b", "B", "h", "H", "i", "I", "q", "Q", "f", "d"};
  return kind >= ERMINE_COMPONENT_S8 && kind <= ERMINE_COMPONENT_F64 ? kFormats[kind - ERMINE_COMPONENT_S8] : nullptr;
}
bool from_buffer(py::handle value, ermine_component_valkind_t element, ermine_component_val_t* out) {
  const char* const format = format_of(element);
  if (format == nullptr || !PyObject_CheckBuffer(value.ptr())) return false;
  Py_buffer view;
  if (PyObject_GetBuffer(value.ptr(), &view, PyBUF_CONTIG_RO | PyBUF_FORMAT) != 0) throw py::error_already_set();
  static constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
  const size_t size = kSizes[element - ERMINE_COMPONENT_S8];
  std::string_view given = view.format != nullptr ? view.format : "B";
  if (given == "l") given = "q";
  if (given == "L") given = "Q";
  const bool fits = given == format && static_cast<size_t>(view.itemsize) == size;
  if (fits) ermine_component_val_new_numbers(out, element, static_cast<size_t>(view.len) / size, view.buf);
  PyBuffer_Release(&view);
  return fits;
}

size_t position_of(const Type& type, std::string_view name, py::handle value, const char* what) {
  for (size_t i = 0; i < type.names.size(); ++i)
    if (type.names[i] == name) return i;
  unfit(value, what);
}
// In Python's form: snake_case.
std::string attribute_of(std::string name) {
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
}

class Writer {
 public:
  Writer(py::handle store, Bindings& bindings) : store_(store), bindings_(bindings) {}

  Val write(py::handle value, const Type& type) {
    Val out;
    put(value, type, out.get());
    return out;
  }

 private:
  // `out` is NONE before, and stays something that can be deleted if this throws.
  void put(py::handle value, const Type& type, ermine_component_val_t* out) {
    auto& of = out->of;
    const auto set = [&] { out->kind = type.kind; };
    switch (type.kind) {
      case ERMINE_COMPONENT_BOOL: of.boolean = boolean(value), set(); break;
      case ERMINE_COMPONENT_S8: of.s8 = static_cast<int8_t>(integer(value, INT8_MIN, INT8_MAX)), set(); break;
      case ERMINE_COMPONENT_U8: of.u8 = static_cast<uint8_t>(integer(value, 0, UINT8_MAX)), set(); break;
      case ERMINE_COMPONENT_S16: of.s16 = static_cast<int16_t>(integer(value, INT16_MIN, INT16_MAX)), set(); break;
      case ERMINE_COMPONENT_U16: of.u16 = static_cast<uint16_t>(integer(value, 0, UINT16_MAX)), set(); break;
      case ERMINE_COMPONENT_S32: of.s32 = static_cast<int32_t>(integer(value, INT32_MIN, INT32_MAX)), set(); break;
      case ERMINE_COMPONENT_U32: of.u32 = static_cast<uint32_t>(integer(value, 0, UINT32_MAX)), set(); break;
      case ERMINE_COMPONENT_S64: of.s64 = integer(value, INT64_MIN, INT64_MAX), set(); break;
      case ERMINE_COMPONENT_U64: of.u64 = static_cast<uint64_t>(integer(value, 0, UINT64_MAX)), set(); break;
      case ERMINE_COMPONENT_F32: of.f32 = static_cast<float>(real(value)), set(); break;
      case ERMINE_COMPONENT_F64: of.f64 = real(value), set(); break;
      case ERMINE_COMPONENT_CHAR: of.character = character(value), set(); break;
      case ERMINE_COMPONENT_STRING: of.string = name_of(text_of(value, "string")), set(); break;
      case ERMINE_COMPONENT_LIST: list(value, *type.parts[0], out); break;
      case ERMINE_COMPONENT_TUPLE: tuple(value, type, out); break;
      case ERMINE_COMPONENT_RECORD: record(value, type, out); break;
      case ERMINE_COMPONENT_MAP: map(value, type, out); break;
      case ERMINE_COMPONENT_VARIANT: variant(value, type, out); break;
      case ERMINE_COMPONENT_ENUM: {
        const std::string name = text_of(value, "case of the enum");
        position_of(type, name, value, "case of the enum");
        of.enumeration = name_of(name), set();
        break;
      }
      case ERMINE_COMPONENT_OPTION: of.option = nullptr, set(), option(value, *type.parts[0], out); break;
      case ERMINE_COMPONENT_RESULT: result(value, type, out); break;
      case ERMINE_COMPONENT_FLAGS: flags(value, type, out); break;
      default: handle(value, out); break;
    }
  }

  static bool boolean(py::handle value) {
    if (!PyBool_Check(value.ptr())) unfit(value, "bool");
    return value.ptr() == Py_True;
  }
  ermine_component_val_t* boxed(py::handle value, const TypeRef& type) {
    if (type == nullptr) {
      if (!value.is_none()) unfit(value, "value of a case without one");
      return nullptr;
    }
    Val val = write(value, *type);
    return ermine_component_val_new(val.get());
  }
  void elements(const py::tuple& values, const Type& type, ermine_component_valkind_t kind,
                ermine_component_val_t* out) {
    ermine_component_vallist_new_uninit(&out->of.list, values.size());
    out->kind = kind;
    for (size_t i = 0; i < values.size(); ++i)
      put(values[i], kind == ERMINE_COMPONENT_LIST ? type : *type.parts[i], &out->of.list.data[i]);
  }
  // A text is no list of characters.
  static py::tuple sequence(py::handle value, const char* what) {
    if (PyUnicode_Check(value.ptr())) unfit(value, what);
    PyObject* const made = PySequence_Tuple(value.ptr());
    if (made == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::tuple>(made);
  }
  void list(py::handle value, const Type& element, ermine_component_val_t* out) {
    if (from_buffer(value, element.kind, out)) return;
    elements(sequence(value, "list"), element, ERMINE_COMPONENT_LIST, out);
  }
  void tuple(py::handle value, const Type& type, ermine_component_val_t* out) {
    const py::tuple values = sequence(value, "tuple");
    if (values.size() != type.parts.size()) unfit(value, "tuple of this size");
    elements(values, type, ERMINE_COMPONENT_TUPLE, out);
  }
  // An object with the fields as attributes, or a mapping.
  void record(py::handle value, const Type& type, ermine_component_val_t* out) {
    const bool is_dict = PyDict_Check(value.ptr()) != 0;
    ermine_component_valrecord_new_uninit(&out->of.record, type.names.size());
    out->kind = ERMINE_COMPONENT_RECORD;
    for (size_t i = 0; i < type.names.size(); ++i) {
      auto& entry = out->of.record.data[i];
      const std::string attribute = attribute_of(type.names[i]);
      py::object field;
      if (!is_dict) field = py::getattr(value, attribute.c_str());
      else field = value[py::str(value.contains(type.names[i]) ? type.names[i] : attribute)];
      entry.name = name_of(type.names[i]);
      put(field, *type.parts[i], &entry.val);
    }
    if (is_dict && py::len(value) != type.names.size()) unfit(value, "record with these fields");
  }
  void map(py::handle value, const Type& type, ermine_component_val_t* out) {
    if (!PyDict_Check(value.ptr())) unfit(value, "dict");
    const py::dict entries = py::dict(py::reinterpret_borrow<py::object>(value));
    ermine_component_valmap_new_uninit(&out->of.map, entries.size());
    out->kind = ERMINE_COMPONENT_MAP;
    size_t i = 0;
    for (const auto& [key, item] : entries) {
      auto& entry = out->of.map.data[i++];
      put(key, *type.parts[0], &entry.key);
      put(item, *type.parts[1], &entry.value);
    }
  }
  void variant(py::handle value, const Type& type, ermine_component_val_t* out) {
    if (!py::isinstance(value, class_of("Variant"))) unfit(value, "Variant");
    const std::string tag = text_of(value.attr("tag"), "case of the variant");
    const size_t i = position_of(type, tag, value, "case of the variant");
    out->of.variant = {name_of(tag), nullptr};
    out->kind = ERMINE_COMPONENT_VARIANT;
    out->of.variant.val = boxed(value.attr("payload"), type.parts[i]);
  }
  void option(py::handle value, const Type& type, ermine_component_val_t* out) {
    if (value.is_none()) return;
    const bool nested = type.kind == ERMINE_COMPONENT_OPTION;
    if (nested && !py::isinstance(value, class_of("Some"))) unfit(value, "Some, as an option of an option is");
    Val val = write(nested ? py::object(value.attr("value")) : py::reinterpret_borrow<py::object>(value), type);
    out->of.option = ermine_component_val_new(val.get());
  }
  void result(py::handle value, const Type& type, ermine_component_val_t* out) {
    const bool is_ok = py::isinstance(value, class_of("Ok"));
    if (!is_ok && !py::isinstance(value, class_of("Err"))) unfit(value, "Ok or Err");
    out->of.result = {is_ok, nullptr};
    out->kind = ERMINE_COMPONENT_RESULT;
    out->of.result.val = boxed(value.attr("value"), type.parts[is_ok ? 0 : 1]);
  }
  void flags(py::handle value, const Type& type, ermine_component_val_t* out) {
    const py::tuple given = sequence(value, "set of flags");
    std::vector<bool> set(type.names.size());
    size_t count = 0;
    for (py::handle flag : given) {
      const size_t i = position_of(type, text_of(flag, "flag"), flag, "flag of this type");
      count += !set[i];
      set[i] = true;
    }
    ermine_component_valflags_new_uninit(&out->of.flags, count);
    out->kind = ERMINE_COMPONENT_FLAGS;
    for (size_t i = 0, at = 0; i < set.size(); ++i)
      if (set[i]) out->of.flags.data[at++] = name_of(type.names[i]);
  }
  // An own, a borrow, an end of a stream, or something that was given by a component.
  void handle(py::handle given_value, ermine_component_val_t* out) {
    const py::object value = py::getattr(given_value, "_end", given_value);
    if (end_to_val(value, *bindings_.core, out)) return;
    ermine_component_resource_t* resource = nullptr;
    if (const auto* given = resource_of(value, *bindings_.core)) {
      resource = ermine_component_resource_clone(given);
    } else {
      for (const ResourceClass& c : bindings_.classes) {
        if (!py::isinstance(value, c.type)) continue;
        auto* const made = new HostResource{bindings_.core, Py_NewRef(value.ptr())};
        bindings_.core->shown.insert(&made->object);
        host_resources().insert(reinterpret_cast<uintptr_t>(made));
        resource = ermine_component_resource_host_new(c.made, reinterpret_cast<uintptr_t>(made));
        break;
      }
    }
    if (resource == nullptr) unfit(value, "resource of this store, and of no class that the linker has");
    out->of.resource = resource;
    out->kind = ERMINE_COMPONENT_RESOURCE;
  }

  const py::handle store_;
  Bindings& bindings_;
};

// ---- To Python

py::object numbers_of(const ermine_component_valnumbers_t& numbers) {
  if (numbers.element == ERMINE_COMPONENT_U8) return py::bytes(static_cast<const char*>(numbers.data), numbers.size);
  py::list out(numbers.size);
  const auto fill = [&](auto* data) {
    for (size_t i = 0; i < numbers.size; ++i) out[i] = py::cast(data[i]);
  };
  switch (numbers.element) {
    case ERMINE_COMPONENT_S8:
      for (size_t i = 0; i < numbers.size; ++i) out[i] = py::int_(static_cast<int8_t*>(numbers.data)[i]);
      break;
    case ERMINE_COMPONENT_S16: fill(static_cast<int16_t*>(numbers.data)); break;
    case ERMINE_COMPONENT_U16: fill(static_cast<uint16_t*>(numbers.data)); break;
    case ERMINE_COMPONENT_S32: fill(static_cast<int32_t*>(numbers.data)); break;
    case ERMINE_COMPONENT_U32: fill(static_cast<uint32_t*>(numbers.data)); break;
    case ERMINE_COMPONENT_S64: fill(static_cast<int64_t*>(numbers.data)); break;
    case ERMINE_COMPONENT_U64: fill(static_cast<uint64_t*>(numbers.data)); break;
    case ERMINE_COMPONENT_F32: fill(static_cast<float*>(numbers.data)); break;
    default: fill(static_cast<double*>(numbers.data)); break;
  }
  return out;
}

}  // namespace

Val to_val(py::handle store, Bindings& bindings, py::handle value, const Type& type) {
  return Writer(store, bindings).write(value, type);
}

py::object from_val(py::handle store, Bindings& bindings, const ermine_component_val_t& val) {
  const auto& of = val.of;
  const auto inner = [&](const ermine_component_val_t* part) -> py::object {
    return part != nullptr ? from_val(store, bindings, *part) : py::none();
  };
  switch (val.kind) {
    case ERMINE_COMPONENT_BOOL: return py::bool_(of.boolean);
    case ERMINE_COMPONENT_S8: return py::int_(of.s8);
    case ERMINE_COMPONENT_U8: return py::int_(of.u8);
    case ERMINE_COMPONENT_S16: return py::int_(of.s16);
    case ERMINE_COMPONENT_U16: return py::int_(of.u16);
    case ERMINE_COMPONENT_S32: return py::int_(of.s32);
    case ERMINE_COMPONENT_U32: return py::int_(of.u32);
    case ERMINE_COMPONENT_S64: return py::int_(of.s64);
    case ERMINE_COMPONENT_U64: return py::int_(of.u64);
    case ERMINE_COMPONENT_F32: return py::float_(static_cast<double>(of.f32));
    case ERMINE_COMPONENT_F64: return py::float_(of.f64);
    case ERMINE_COMPONENT_CHAR: return py::str(py::cast(static_cast<char32_t>(of.character)));
    case ERMINE_COMPONENT_STRING: return str_of(of.string);
    case ERMINE_COMPONENT_NUMBERS: return numbers_of(of.numbers);
    case ERMINE_COMPONENT_LIST: {
      py::list out(of.list.size);
      for (size_t i = 0; i < of.list.size; ++i) out[i] = from_val(store, bindings, of.list.data[i]);
      return out;
    }
    case ERMINE_COMPONENT_TUPLE: {
      py::tuple out(of.tuple.size);
      for (size_t i = 0; i < of.tuple.size; ++i) out[i] = from_val(store, bindings, of.tuple.data[i]);
      return out;
    }
    case ERMINE_COMPONENT_RECORD: {
      py::dict fields;
      for (size_t i = 0; i < of.record.size; ++i) {
        const auto& entry = of.record.data[i];
        fields[py::str(attribute_of({entry.name.data, entry.name.size}))] = from_val(store, bindings, entry.val);
      }
      return class_of("Record")(**fields);
    }
    case ERMINE_COMPONENT_MAP: {
      py::dict out;
      for (size_t i = 0; i < of.map.size; ++i)
        out[from_val(store, bindings, of.map.data[i].key)] = from_val(store, bindings, of.map.data[i].value);
      return out;
    }
    case ERMINE_COMPONENT_VARIANT: return class_of("Variant")(str_of(of.variant.discriminant), inner(of.variant.val));
    case ERMINE_COMPONENT_ENUM: return str_of(of.enumeration);
    case ERMINE_COMPONENT_OPTION: {
      py::object value = inner(of.option);
      const bool nested = of.option != nullptr && of.option->kind == ERMINE_COMPONENT_OPTION;
      return nested ? class_of("Some")(value) : value;
    }
    case ERMINE_COMPONENT_RESULT: return class_of(of.result.is_ok ? "Ok" : "Err")(inner(of.result.val));
    case ERMINE_COMPONENT_FLAGS: {
      py::set out;
      for (size_t i = 0; i < of.flags.size; ++i) out.add(str_of(of.flags.data[i]));
      return out;
    }
    case ERMINE_COMPONENT_RESOURCE:
    case ERMINE_COMPONENT_HANDLE: {
      const bool owned = val.kind == ERMINE_COMPONENT_RESOURCE && ermine_component_resource_owned(of.resource);
      if (PyObject* object = val.kind == ERMINE_COMPONENT_RESOURCE ? object_of_resource(of.resource, owned) : nullptr)
        return py::reinterpret_borrow<py::object>(object);
      return make_resource(store, ermine_component_resource_clone(of.resource));
    }
    default: return py::none();
  }
}

PyObject* object_of_resource(const ermine_component_resource_t* resource, bool take) {
  const uint64_t rep = ermine_component_resource_host_rep(resource);
  if (!host_resources().contains(rep)) return nullptr;
  auto* const host = reinterpret_cast<HostResource*>(rep);
  if (take) host->taken = true;
  return host->object;
}

void end_host_resource(uint64_t rep, PyObject* destructor) {
  const std::unique_ptr<HostResource> host(reinterpret_cast<HostResource*>(rep));
  host_resources().erase(rep);
  host->core->shown.erase(&host->object);
  PyObject *type, *value, *traceback;  // of an exception that is being raised
  PyErr_Fetch(&type, &value, &traceback);
  if (host->object != nullptr && destructor != nullptr && destructor != Py_None && !host->taken) {
    PyObject* const done = PyObject_CallOneArg(destructor, host->object);
    if (done == nullptr) PyErr_WriteUnraisable(destructor);
    Py_XDECREF(done);
  }
  Py_XDECREF(host->object);
  PyErr_Restore(type, value, traceback);
}

}  // namespace ermine_python
