// TypeShape: the WIT type that a C++ type has, as data. The templates of values.h make the shape of a type when it is
// first asked for; the library compares them with a component's types when a function is typed or linked.
//
// As constants they would have to be relocated at each start: 9 pages for those of WASI, even if no component runs.
#pragma once

#include <array>
#include <cstddef>
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

// The functions below are not inlined: the compiler would make tables of constant pointers again, and copy them.

[[gnu::noinline]] inline TypeShape make_shape(ValueKind kind, const TypeShape* first, const TypeShape* second = nullptr,
                                              uint32_t length = 0) {
  TypeShape shape;
  shape.kind = kind;
  shape.first = first;
  shape.second = second;
  shape.length = length;
  return shape;
}
[[gnu::noinline]] inline TypeShape make_resource_shape(ValueKind kind, const void* resource, std::string_view name) {
  TypeShape shape;
  shape.kind = kind;
  shape.resource = resource;
  shape.name = name;
  return shape;
}
// `names`: one after the other, with a NUL after each; `types`: as many. Null: none.
[[gnu::noinline]] inline TypeShape make_compound_shape(ValueKind kind, std::string_view name,
                                                       std::span<PartShape> parts, const char* names,
                                                       const TypeShape* const* types) {
  TypeShape shape;
  shape.kind = kind;
  shape.name = name;
  shape.parts = parts;
  for (PartShape& part : parts) {
    if (names) part.name = names, names += part.name.size() + 1;
    if (types) part.type = *types++;
  }
  return shape;
}

// With its parts.
template <size_t N>
struct CompoundShape {
  CompoundShape(ValueKind kind, std::string_view name, const char* names, const TypeShape* const* types)
      : shape(make_compound_shape(kind, name, parts, names, types)) {}
  CompoundShape(const CompoundShape&) = delete;
  CompoundShape& operator=(const CompoundShape&) = delete;

  std::array<PartShape, N> parts{};
  const TypeShape shape;
};

// The text for make_compound_shape(). Source::names: an array of names.
template <class Source>
inline constexpr auto kJoinedNames = [] {
  constexpr size_t kSize = [] {
    size_t size = 0;
    for (std::string_view name : Source::names) size += name.size() + 1;
    return size;
  }();
  std::array<char, kSize> text{};
  size_t at = 0;
  for (std::string_view name : Source::names) {
    for (char c : name) text[at++] = c;
    ++at;
  }
  return text;
}();

struct FuncShape {
  std::span<const TypeShape* const> params;
  const TypeShape* result = nullptr;  // null: none
  bool is_async = false;  // of a function of the host: it may answer later
};

}  // namespace ermine::component::detail
