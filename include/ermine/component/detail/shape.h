// TypeShape: the WIT type that a C++ type has, as data. The templates of values.h make shapes when the program is
// compiled; the library compares them with a component's types when a function is typed or linked.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ermine/component/value.h"

namespace ermine::component::detail {

struct TypeShape;

struct PartShape {
  std::string_view name;            // empty: not compared
  const TypeShape* type = nullptr;  // null: a case without payload, a flag
};

// The members have the meaning of those of a type in WIT: see the comments.
struct TypeShape {
  ValueKind kind = ValueKind::kBool;
  // Fields of a record, elements of a tuple, cases of a variant or enum, flags.
  std::span<const PartShape> parts = {};
  // kList, kFixedList, kOption: the element; kStream, kFuture: the element, null if there is none; kMap: key and value;
  // kResult: ok and error, null if there is none.
  const TypeShape* first = nullptr;
  const TypeShape* second = nullptr;
  uint32_t length = 0;  // kFixedList
  // kOwn, kBorrow: identifies the class of the host; null: a resource of any type.
  const void* resource = nullptr;
  std::string_view name = {};  // of a record, variant and so on, for messages; may be empty
};

struct FuncShape {
  std::span<const TypeShape* const> params;
  const TypeShape* result = nullptr;  // null: none
  bool is_async = false;  // of a function of the host: it may answer later
};

}  // namespace ermine::component::detail
