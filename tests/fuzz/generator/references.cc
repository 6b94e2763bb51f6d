// Expressions of reference types. See body.h.
#include "generator/body.h"

namespace ermine::fuzz {

void Body::reference(Type t, unsigned depth) {
  switch (in_.below(8)) {
    case 0:
      if (t.heap != kExn && has(Feature::Gc)) return cast(t, depth);
      break;
    case 1:
      if (t.heap != kExn && has(Feature::Gc)) return branch_on(t, depth);
      break;
    case 2:
      for (uint32_t i = 0; i < plan_.tables.size() && has(Feature::ReferenceTypes); ++i) {
        const TablePlan& table = plan_.tables[i];
        if (!is_heap_subtype(plan_.types, table.element.heap, t.heap)) continue;
        if (!t.nullable && !has(Feature::FunctionReferences)) continue;
        small(table.address(), depth, 7);
        op(Op::table_get, i);
        if (!t.nullable) op(Op::ref_as_non_null);
        return;
      }
      break;
    case 3:
      if (has(Feature::Gc) && t.heap == kExtern) {
        expression(ref_to(kAny, t.nullable), depth);
        return op(Op::extern_convert_any);
      }
      if (has(Feature::Gc) && t.heap == kAny) {
        expression(ref_to(kExtern, t.nullable), depth);
        return op(Op::any_convert_extern);
      }
      break;
    case 4:
      if (!t.nullable && in_.below(4) == 1) {
        expression(ref_to(t.heap, true), depth);
        return op(Op::ref_as_non_null);
      }
      break;
    default: break;
  }
  fresh(t, depth);
}

void Body::fresh(Type t, unsigned depth) {
  auto null = [&] {
    op(Op::ref_null);
    out_.sleb(in_.below(4) == 1 && has(Feature::Gc) ? bottom_of(plan_.types, t.heap) : t.heap);
  };
  if (t.nullable && in_.one_in(6)) return null();
  int heap = t.heap;
  if (heap == kExtern && has(Feature::Gc)) {
    fresh(ref_to(kAny, false), depth);
    return op(Op::extern_convert_any);
  }
  if (heap == kExn && !plan_.tags.empty() && !plan_.legacy_exceptions && !spent(depth)) {
    open(Op::block, {}, {ref_to(kExn, true)});
    op(Op::try_table, 0x40);
    out_.leb(1);
    out_.u8(3);
    out_.leb(0);
    labels_.push_back({{}});
    const std::vector<Type> params = plan_.types[plan_.tags[0]].params;
    values(params, depth - 1);
    op(Op::throw_, 0);
    close();
    op(Op::unreachable);
    close();
    if (!t.nullable) op(Op::ref_as_non_null);
    return;
  }
  if (heap == kAny || heap == kEq) heap = in_.below(2) == 0 ? kI31 : in_.below(2) == 0 ? kStruct : kArray;
  if (heap == kI31) {
    spent(depth) ? leaf(kI32) : expression(kI32, depth - 1);
    return op(Op::ref_i31);
  }
  bool object = heap == kStruct || heap == kArray || (heap >= 0 && info(heap).kind != TypeInfo::kFunc);
  if (!object) {
    bool func = heap == kFunc || heap >= 0;
    if (uint32_t f = func ? function_of_type(plan_, heap) : 0; f != 0) return op(Op::ref_func, f);
    null();
    if (!t.nullable) op(Op::ref_as_non_null);
    return;
  }
  std::vector<uint32_t> candidates;
  for (uint32_t i = 0; i < plan_.types.size(); ++i)
    if (plan_.types[i].kind != TypeInfo::kFunc && is_heap_subtype(plan_.types, static_cast<int>(i), heap))
      candidates.push_back(i);
  uint32_t type = in_.of(candidates);
  const TypeInfo object_type = plan_.types[type];
  bool small_one = spent(depth);
  if (object_type.kind == TypeInfo::kStruct) {
    if (small_one || in_.below(3) == 0) return op(Op::struct_new_default, type);
    for (const Field& f : object_type.fields) expression(f.type.unpacked(), depth - 1);
    return op(Op::struct_new, type);
  }
  Type element = object_type.fields[0].type;
  switch (small_one ? 0 : in_.below(5)) {
    case 0: break;
    case 1:
      expression(element.unpacked(), depth - 1);
      small(kI32, depth - 1, 7);
      return op(Op::array_new, type);
    case 2: {
      uint32_t count = in_.below(5);
      for (uint32_t i = 0; i < count; ++i) expression(element.unpacked(), depth - 1);
      op(Op::array_new_fixed, type);
      return out_.leb(count);
    }
    default:
      if (!element.is_ref() && plan_.data_count != 0) {
        small(kI32, depth - 1, 7);
        small(kI32, depth - 1, 3);
        op(Op::array_new_data, type);
        return out_.leb(in_.below(plan_.data_count));
      }
      for (uint32_t i = 0; i < plan_.elems.size(); ++i) {
        if (!is_subtype(plan_.types, plan_.elems[i].element, element)) continue;
        small(kI32, depth - 1, 1);
        small(kI32, depth - 1, 3);
        op(Op::array_new_elem, type);
        return out_.leb(plan_.active_elems + i);
      }
  }
  i32(static_cast<int32_t>(4 + in_.below(5)));
  op(Op::array_new_default, type);
}

// Converts a value that is usually of the type to the type.
void Body::cast(Type t, unsigned depth) {
  int from = in_.one_in(6) ? top_of(plan_.types, t.heap) : t.heap;
  expression(ref_to(from, t.nullable || in_.one_in(8)), depth);
  op(t.nullable ? Op::ref_cast_null : Op::ref_cast);
  out_.sleb(t.heap);
}

void Body::branch_on(Type t, unsigned depth) {
  int top = top_of(plan_.types, t.heap);
  Type wide = ref_to(top, true), sought = ref_to(t.heap, in_.below(2) == 1);
  auto types = [&] {
    out_.u8(static_cast<uint8_t>(1 | sought.nullable << 1));
    out_.leb(0);
    out_.sleb(top);
    out_.sleb(t.heap);
  };
  switch (in_.below(4)) {
    case 0:  // branches with the cast value
      open(Op::block, {}, {t.nullable ? t : ref_to(t.heap, false)});
      if (!t.nullable) sought.nullable = false;
      expression(wide, depth);
      op(Op::br_on_cast);
      types();
      op(Op::drop);
      expression(t, depth);
      return close();
    case 1: {  // branches if the cast fails
      open(Op::block, {}, {t});
      open(Op::block, {}, {wide});
      if (!t.nullable) sought.nullable = false;
      expression(wide, depth);
      op(Op::br_on_cast_fail);
      types();
      branch(Op::br, labels_.size() - 2);
      close();
      op(Op::drop);
      expression(t, depth);
      return close();
    }
    case 2:  // branches if the value is null
      open(Op::block, {}, {t});
      open(Op::block, {}, {});
      expression(ref_to(t.heap, true), depth);
      op(Op::br_on_null, 0);
      branch(Op::br, labels_.size() - 2);
      close();
      expression(t, depth);
      return close();
    default:
      open(Op::block, {}, {ref_to(t.heap, false)});
      expression(ref_to(t.heap, true), depth);
      op(Op::br_on_non_null, 0);
      fresh(ref_to(t.heap, false), depth);
      return close();
  }
}

}  // namespace ermine::fuzz
