// The types of values and functions as a WIT package has them.
#pragma once

#include <memory>
#include <unordered_map>

#include "component/value/value_type.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wave {

// Makes types from those of a Resolve, which must stay as long. Each definition becomes one object, so that the result
// is not larger than the packages. kUnsupported for types that nest more than kMaxValueDepth deep.
class WitTypes {
 public:
  explicit WitTypes(const wit::Resolve& resolve) : resolve_(resolve) {}
  Result<ValueTypeRef> type(wit::Type type);
  Result<FunctionType> function(const wit::Function& function);

 private:
  Result<ValueTypeRef> definition(wit::TypeId id);

  const wit::Resolve& resolve_;
  std::unordered_map<uint32_t, ValueTypeRef> known_;
};

}  // namespace ermine::component::wave
