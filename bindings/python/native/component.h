// Components: what the files about them share. Values cross the boundary by their types in WIT, which the C API gives
// as text (component_types.cc).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core.h"

namespace ermine_python {

// ---- Types

struct Type;
using TypeRef = std::shared_ptr<const Type>;  // null: no value
struct Type {
  ermine_component_valkind_t kind = ERMINE_COMPONENT_NONE;
  std::vector<std::string> names;  // fields, cases, flags
  std::vector<TypeRef> parts;  // of these, or elements; of results: ok and error; of maps: key and value
};
struct FuncSignature {
  bool is_async = false;
  std::vector<std::string> names;  // of the parameters
  std::vector<TypeRef> params;
  TypeRef result;
};
// "func(a: u32) -> string", with these definitions of names; throws.
FuncSignature read_signature(std::string_view text, const std::map<std::string, std::string>& definitions);
// "list<u8>"; throws.
TypeRef read_type(std::string_view text);

// ---- Values

// A resource of the host: an object of Python. Its address is what the engine knows it by.
struct HostResource {
  std::shared_ptr<Core> core;
  PyObject* object;  // owned; null once the store was collected
  bool taken = false;  // Python has the object back: the resource ends, and the object does not
};
struct ResourceClass {
  py::object type;
  ermine_component_resource_type_t* made;
};
// What the functions of an instance share with those of the host that it imports.
struct Bindings {
  explicit Bindings(std::shared_ptr<Core> core) : core(std::move(core)) {}
  ~Bindings() {
    for (const ResourceClass& c : classes) ermine_component_resource_type_delete(c.made);
  }
  Bindings(const Bindings&) = delete;
  Bindings& operator=(const Bindings&) = delete;
  const std::shared_ptr<Core> core;
  std::vector<ResourceClass> classes;
};

// For callbacks of the engine, which come with the GIL released, except when something is deleted.
class Entered {
 public:
  explicit Entered(Core& core) : core_(core), held_(PyGILState_Check() != 0) {
    if (!held_) PyEval_RestoreThread(core.saved);
  }
  ~Entered() {
    if (!held_) core_.saved = PyEval_SaveThread();
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  Core& core_;
  const bool held_;
};

using SharedBindings = std::shared_ptr<Bindings>;

// A value that is owned.
class Val {
 public:
  Val() : val_{.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}} {}
  explicit Val(const ermine_component_val_t& val) : val_(val) {}
  ~Val() { ermine_component_val_delete(&val_); }
  Val(Val&& other) noexcept : val_(other.release()) {}
  Val& operator=(Val&&) = delete;
  ermine_component_val_t* get() { return &val_; }
  ermine_component_val_t release() { return std::exchange(val_, Val::none()); }
  static ermine_component_val_t none() { return {.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}}; }

 private:
  ermine_component_val_t val_;
};

// Both throw.
Val to_val(py::handle store, Bindings& bindings, py::handle value, const Type& type);
py::object from_val(py::handle store, Bindings& bindings, const ermine_component_val_t& val);

// The object of a resource of the host; null if it is no such resource. `take`: the resource is about to end, and the
// object remains.
PyObject* object_of_resource(const ermine_component_resource_t* resource, bool take);
// Calls the destructor, if it is not null.
void end_host_resource(uint64_t rep, PyObject* destructor);

// Of a component's instance: dropped with the GIL released, since code may run.
py::object make_resource(py::handle store, ermine_component_resource_t* resource);  // takes it over
ermine_component_resource_t* resource_of(py::handle object, const Core& core);  // lent; null if it is none

// Definitions for a component, as ermine.component makes them (component_host.cc); throw. Of a function: the instance,
// its name, the callable, its type, and the names in it; of a resource: the instance, its name, the class and a
// destructor.
void define_host_func(ermine_component_linker_t* linker, const SharedBindings& bindings, py::handle definition);
void define_resource(ermine_component_linker_t* linker, const SharedBindings& bindings, py::handle definition);

// An end of a stream or future as a value, which has it then (component_streams.cc). False: the object is none of this
// store; throws if it is not for reading.
bool end_to_val(py::handle object, const Core& core, ermine_component_val_t* out);

void define_component(py::module_& m);
void define_component_streams(py::module_& m);
void define_component_replies(py::module_& m);

}  // namespace ermine_python
