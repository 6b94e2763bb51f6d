// The types of values and functions as a validated component has them (model/types.h).
#pragma once

#include <string>
#include <unordered_map>

#include "component/model/types.h"
#include "component/value/value_type.h"

namespace ermine::component {

// Makes types from those of a component, which must stay as long. Each type becomes one object.
class ResolvedTypes {
 public:
  explicit ResolvedTypes(const Types& types) : types_(types) {}
  ValueTypeRef type(TypeUse use);  // null for none
  FunctionType function(std::string name, const FuncType& function);

 private:
  const Types& types_;
  std::unordered_map<uint64_t, ValueTypeRef> known_;
};

}  // namespace ermine::component
