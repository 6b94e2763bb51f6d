// See resolved_types.h. Recursion is bounded: the validator refuses types that nest more than kMaxTypeDepth deep.
#include "component/value/resolved_types.h"

#include <algorithm>

#include "component/model/limits.h"
#include "component/value/type_text.h"

namespace ermine::component {
namespace {

static_assert(kMaxTypeDepth <= kMaxValueDepth);

}  // namespace

ValueTypeRef ResolvedTypes::type(TypeUse use) {
  if (use.is_none()) return nullptr;
  // Primitive types have keys of their own.
  const uint64_t id = use.is_primitive() ? uint64_t{1} << 32 | static_cast<uint64_t>(use.primitive()) : use.index();
  if (const auto found = known_.find(id); found != known_.end()) return found->second;
  auto made = std::make_shared<ValueType>();
  const auto part = [&](TypeUse inner) {
    ValueTypeRef result = type(inner);
    if (result != nullptr) made->depth = std::max(made->depth, result->depth + 1);
    return result;
  };
  if (use.is_primitive()) {
    made->kind = static_cast<ValueKind>(use.primitive());
  } else {
    const DefinedType& defined = types_.defined[use.index()];
    made->kind = value_kind(types_, use);
    // What is in a stream or future does not matter for the handle.
    if (!is_handle(made->kind)) {
      for (const Field& field : defined.fields) made->parts.push_back({std::string(field.label), part(field.type)});
      made->first = part(defined.first);
      made->second = part(defined.second);
      if (made->kind == ValueKind::kFixedList) made->length = defined.number;
    }
  }
  known_.emplace(id, made);
  return made;
}

FunctionType ResolvedTypes::function(std::string name, const FuncType& function) {
  FunctionType out;
  out.name = std::move(name);
  out.is_async = function.is_async;
  for (const Field& param : function.params) out.params.push_back({std::string(param.label), type(param.type)});
  out.result = type(function.result);
  return out;
}

}  // namespace ermine::component
