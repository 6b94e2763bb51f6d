// Types, which in Python are values of ermine._types.
#include "core.h"

namespace ermine_python {

namespace {

py::object types() { return py::module_::import("ermine._types"); }

py::object from_valtype(const wasm_valtype_t* type) { return types().attr("_val_type")(wasm_valtype_kind(type)); }
py::tuple from_valtypes(const wasm_valtype_vec_t* list) {
  py::tuple made(list->size);
  for (size_t i = 0; i < list->size; ++i) made[i] = from_valtype(list->data[i]);
  return made;
}
py::object from_functype(const wasm_functype_t* type) {
  return types().attr("FuncType")(from_valtypes(wasm_functype_params(type)),
                                  from_valtypes(wasm_functype_results(type)));
}
wasm_valtype_vec_t to_valtypes(py::tuple list) {
  std::vector<wasm_valtype_t*> made;
  for (py::handle type : list) made.push_back(to_valtype(type));
  wasm_valtype_vec_t vec;
  wasm_valtype_vec_new(&vec, made.size(), made.data());
  return vec;
}

}  // namespace

py::object from_type(const wasm_externtype_t* type) {
  switch (wasm_externtype_kind(type)) {
    case WASM_EXTERN_FUNC: return from_functype(wasm_externtype_as_functype_const(type));
    case WASM_EXTERN_GLOBAL: {
      const wasm_globaltype_t* global = wasm_externtype_as_globaltype_const(type);
      return types().attr("GlobalType")(from_valtype(wasm_globaltype_content(global)),
                                        wasm_globaltype_mutability(global) == WASM_VAR);
    }
    case WASM_EXTERN_TABLE: {
      const wasm_tabletype_t* table = wasm_externtype_as_tabletype_const(type);
      const wasm_limits_t* limits = wasm_tabletype_limits(table);
      return types().attr("TableType")(
          from_valtype(wasm_tabletype_element(table)),
          types().attr("Limits")(
              limits->min, limits->max == wasm_limits_max_default ? py::object(py::none()) : py::int_(limits->max)),
          ermine_tabletype_is64(table));
    }
    case WASM_EXTERN_MEMORY: {
      const wasm_memorytype_t* memory = wasm_externtype_as_memorytype_const(type);
      uint64_t max = 0;
      const bool bounded = ermine_memorytype_maximum(memory, &max);
      return types().attr("MemoryType")(
          types().attr("Limits")(ermine_memorytype_minimum(memory), bounded ? py::object(py::int_(max)) : py::none()),
          ermine_memorytype_is64(memory), ermine_memorytype_isshared(memory),
          uint64_t{1} << ermine_memorytype_page_size_log2(memory));
    }
    default: return types().attr("TagType")(from_functype(ermine_tagtype_func(ermine_externtype_as_tagtype(type))));
  }
}

wasm_valkind_t kind_of(py::handle type) {
  if (!py::isinstance(type, types().attr("ValType"))) throw py::type_error("expected a ValType");
  return static_cast<wasm_valkind_t>(py::object(type.attr("_kind")).cast<int>());
}
wasm_valtype_t* to_valtype(py::handle type) {
  const wasm_valkind_t kind = kind_of(type);
  if (kind == ERMINE_CONCRETEREF) throw py::value_error("a type that a module has defined cannot be used from Python");
  return wasm_valtype_new(kind);
}
wasm_functype_t* to_functype(py::handle type) {
  if (!py::isinstance(type, types().attr("FuncType"))) throw py::type_error("expected a FuncType");
  for (const char* of : {"params", "results"})
    for (py::handle t : py::object(type.attr(of)).cast<py::tuple>()) wasm_valtype_delete(to_valtype(t));  // may throw
  wasm_valtype_vec_t params = to_valtypes(type.attr("params")), results = to_valtypes(type.attr("results"));
  return wasm_functype_new(&params, &results);
}
std::vector<wasm_valkind_t> kinds_of(const wasm_valtype_vec_t* list) {
  std::vector<wasm_valkind_t> kinds;
  for (size_t i = 0; i < list->size; ++i) kinds.push_back(wasm_valtype_kind(list->data[i]));
  return kinds;
}

}  // namespace ermine_python
