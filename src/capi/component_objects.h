// The objects behind ermine_component.h, in a library that has components.
#pragma once

#include "capi/objects.h"
#include "ermine/component.h"

// A handle, as a value.
struct ermine_component_resource_t {
  ermine::component::Value value;
};
struct ermine_component_resource_type_t {
  ermine::HostResourceType type;
};
struct ermine_component_t {
  ermine::Component component;
};
struct ermine_component_instance_t {
  ermine::capi::SharedStore store;
  ermine::ComponentInstance instance;  // ends before the store
};
struct ermine_component_func_t {
  ermine::capi::SharedStore store;
  ermine::ComponentFunc func;
};
struct ermine_component_linker_t {
  ermine::ComponentLinker linker;
};
struct ermine_component_caller_t {
  ermine::ComponentCaller& caller;
};

namespace ermine::capi {

// kUsage for what is no value.
Result<component::Value> to_value(const ermine_component_val_t& val);
ermine_component_val_t from_value(const component::Value& value);
// The same of a function; the error says which argument it is.
Result<std::vector<component::Value>> arguments_of(const ermine_component_val_t* args, size_t count);

// Values that are lent to C for a call.
class LentVals {
 public:
  explicit LentVals(std::span<const component::Value> values) {
    vals_.reserve(values.size());
    for (const component::Value& value : values) vals_.push_back(from_value(value));
  }
  ~LentVals() {
    for (ermine_component_val_t& val : vals_) ermine_component_val_delete(&val);
  }
  LentVals(const LentVals&) = delete;
  LentVals& operator=(const LentVals&) = delete;
  const ermine_component_val_t* data() const { return vals_.data(); }
  size_t size() const { return vals_.size(); }

 private:
  std::vector<ermine_component_val_t> vals_;
};

}  // namespace ermine::capi
