// The type of a value, by its structure: what reading and writing values needs, independent of where the type comes
// from (a WIT package, a component). Immutable and shared; parts that occur several times may be one object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "component/value/value.h"

namespace ermine::component {

// Types that nest deeper have no values here: reading and printing recurse. (wasm-tools refuses types that nest more
// than 100 deep.)
inline constexpr unsigned kMaxValueDepth = 100;

struct ValueType;
using ValueTypeRef = std::shared_ptr<const ValueType>;

// A field of a record, an element of a tuple (without name), a case of a variant or enum, a flag.
struct ValuePart {
  std::string name;
  ValueTypeRef type;  // null: a case without payload, a flag
};

struct ValueType {
  ValueKind kind = ValueKind::kBool;
  std::vector<ValuePart> parts;  // kRecord, kTuple, kVariant, kEnum, kFlags
  // kList, kFixedList, kOption: the element; kMap: key and value; kResult: ok and error, which may be null.
  ValueTypeRef first, second;
  uint32_t length = 0;  // kFixedList
  unsigned depth = 0;   // one more than the deepest part
};

struct FunctionType {
  std::string name;
  std::vector<ValuePart> params;
  ValueTypeRef result;  // null: none
  bool is_async = false;
};

// "list<tuple<u8, string>>"; of records, variants and so on the kind.
std::string to_string(const ValueType& type);

}  // namespace ermine::component
