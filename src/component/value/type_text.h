// Types of a validated component as WIT text, for messages and for tools that show what a component imports and
// exports.
#pragma once

#include <string>
#include <string_view>

#include "component/model/id_map.h"
#include "component/model/types.h"
#include "component/value/value.h"
#include "ermine/component/detail/shape.h"

namespace ermine::component {

// The kind of values of a type. Not for none.
ValueKind value_kind(const Types& types, TypeUse type);

// Texts are cut off after some thousand characters: types can be large. Names in them are valid labels.
class TypeText {
 public:
  explicit TypeText(const Types& types) : types_(types) {}

  // From now on, the types among these items are written by their names.
  void add_names(const Externs& items);

  std::string type(TypeUse type) const;  // "list<u8>"; "_" for none
  // The definition of a type, rather than its name: "record { x: u32 }".
  std::string definition(TypeUse type) const;
  std::string func(FuncId id) const;  // "func(a: u32) -> string"

 private:
  struct Writer;
  const Types& types_;
  IdMap<std::string_view> names_;
};

// A type as C++ gives it, in the same words.
std::string shape_text(const detail::TypeShape* shape);
std::string shape_text(const detail::FuncShape& shape);

}  // namespace ermine::component
