// See value_type.h.
#include "component/value/value_type.h"

namespace ermine::component {

// Recursion is bounded by kMaxValueDepth. Parts may be shared, so the text could be exponential in the depth: it is
// cut.
std::string to_string(const ValueType& type) {
  constexpr size_t kMaxText = 200;
  std::string parts;
  const auto add = [&](const ValueTypeRef& part) {
    if (parts.size() > kMaxText) return;
    if (!parts.empty()) parts += ", ";
    parts += part != nullptr ? to_string(*part) : "_";
    if (parts.size() > kMaxText) parts += ", ...";
  };
  if (type.kind == ValueKind::kTuple)
    for (const ValuePart& part : type.parts) add(part.type);
  if (type.first != nullptr || type.second != nullptr) add(type.first);
  if (type.second != nullptr) add(type.second);
  if (type.kind == ValueKind::kFixedList) parts += ", " + std::to_string(type.length);
  const std::string out(kind_name(type.kind));
  return parts.empty() ? out : out + "<" + parts + ">";
}

}  // namespace ermine::component
