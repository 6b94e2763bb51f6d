#include "component/runtime/same_type.h"

namespace ermine::component {

// The validator bounds the nesting of types, and how many parts a type has.
bool same_type(const TypeView& a, TypeUse a_use, const TypeView& b, TypeUse b_use) {
  const Types& a_types = a.root.types();
  const Types& b_types = b.root.types();
  const auto plain = [](const Types& types, TypeUse use) {
    if (!use.is_index()) return use;
    const DefinedType& type = types.defined[use.index()];
    return type.kind == TypeKind::Primitive ? TypeUse(type.primitive) : use;
  };
  a_use = plain(a_types, a_use);
  b_use = plain(b_types, b_use);
  if (!a_use.is_index() || !b_use.is_index()) return a_use == b_use;
  const DefinedType& x = a_types.defined[a_use.index()];
  const DefinedType& y = b_types.defined[b_use.index()];
  if (x.kind != y.kind || x.fields.size() != y.fields.size()) return false;
  if (x.kind == TypeKind::Own || x.kind == TypeKind::Borrow)
    return a.root.resource_of(a.instance, a_types.resource_of(x)) ==
           b.root.resource_of(b.instance, b_types.resource_of(y));
  if (x.kind == TypeKind::FixedList && x.number != y.number) return false;
  for (size_t i = 0; i < x.fields.size(); ++i)
    if (x.fields[i].label != y.fields[i].label || !same_type(a, x.fields[i].type, b, y.fields[i].type)) return false;
  return same_type(a, x.first, b, y.first) && same_type(a, x.second, b, y.second);
}

bool same_func_type(TypeView a, FuncId a_type, TypeView b, FuncId b_type) {
  const FuncType& x = a.root.types().funcs[a_type];
  const FuncType& y = b.root.types().funcs[b_type];
  if (x.is_async != y.is_async || x.params.size() != y.params.size()) return false;
  for (size_t i = 0; i < x.params.size(); ++i)
    if (x.params[i].label != y.params[i].label || !same_type(a, x.params[i].type, b, y.params[i].type)) return false;
  return same_type(a, x.result, b, y.result);
}

}  // namespace ermine::component
