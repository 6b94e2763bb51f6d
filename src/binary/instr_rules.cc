// Instructions that the signature table cannot type: each has a rule of its own in the specification
// (3.0, sections 3.4.4 to 3.4.12).

#include "base/format.h"
#include "binary/function_validator.h"
#include "wasm/type_name.h"

namespace ermine::binary {

using wasm::CompositeKind;
using wasm::Feature;
using wasm::FuncType;
using wasm::kI32;
using wasm::kI64;
using wasm::TypeDef;

namespace {
constexpr std::string_view kind_name(CompositeKind kind) {
  return kind == CompositeKind::kFunc ? "function" : kind == CompositeKind::kStruct ? "struct" : "array";
}
bool is_num_or_vec(wasm::ValType type) { return type.is_num() || type == wasm::kV128 || type.is_bot(); }
}  // namespace

// Index spaces.

const TypeDef* FunctionValidator::type(uint32_t index) {
  if (index < context_.types.size()) [[likely]]
    return context_.types[index];
  unknown("type", index);
  return nullptr;
}

const FuncType* FunctionValidator::func_type(uint32_t type_index) {
  const TypeDef* def = type(type_index);
  if (!def || def->kind == CompositeKind::kFunc) [[likely]]
    return def ? &def->func : nullptr;
  invalid(base::format("type mismatch: non-function type {}, it is a type of {}s", type_index, kind_name(def->kind)));
  return nullptr;
}

const TypeDef* FunctionValidator::struct_type(uint32_t index) {
  const TypeDef* def = type(index);
  if (!def || def->kind == CompositeKind::kStruct) [[likely]]
    return def;
  invalid(base::format("type mismatch: non-structure type {}, it is a type of {}s", index, kind_name(def->kind)));
  return nullptr;
}

const TypeDef* FunctionValidator::array_type(uint32_t index) {
  const TypeDef* def = type(index);
  if (!def || def->kind == CompositeKind::kArray) [[likely]]
    return def;
  invalid(base::format("type mismatch: non-array type {}, it is a type of {}s", index, kind_name(def->kind)));
  return nullptr;
}

const FuncType* FunctionValidator::tag(uint32_t index) {
  if (index < context_.module.tags.size()) return func_type(context_.module.tags[index].type_index);
  unknown("tag", index);
  return nullptr;
}

const wasm::TableType* FunctionValidator::table(uint32_t index) {
  if (index < context_.module.tables.size()) return &context_.module.tables[index].type;
  unknown("table", index);
  return nullptr;
}

bool FunctionValidator::memory(uint32_t index, ValType& address) {
  if (index >= context_.module.memories.size()) return unknown("memory", index);
  address = context_.module.memories[index].is64 ? kI64 : kI32;
  return true;
}

bool FunctionValidator::data(uint32_t index) {
  // The count is needed to check bodies before the data section is read (section 5.5.16).
  if (!context_.module.data_count) return fail(ErrorKind::kMalformed, "data count section required");
  return index < context_.module.data.size() || unknown("data segment", index);
}

const wasm::ElemSegment* FunctionValidator::elem(uint32_t index) {
  if (index < context_.module.elems.size()) return &context_.module.elems[index];
  unknown("elem segment", index);
  return nullptr;
}

bool FunctionValidator::bad_mem_arg(const Instr& in) {
  const wasm::OpInfo& info = wasm::op_info(in.op);
  ValType address;
  if (!memory(in.mem.memory, address)) return false;
  if (in.mem.align > info.width)
    return invalid(base::format("alignment must not be larger than natural: 2^{} bytes, natural is 2^{}", in.mem.align,
                                info.width));
  if (info.feature == Feature::Threads && in.mem.align != info.width)
    return invalid(
        base::format("atomic alignment must be natural: 2^{} bytes, natural is 2^{}", in.mem.align, info.width));
  return invalid(base::format("offset out of range: {} in a 32-bit memory", in.mem.offset));
}

bool FunctionValidator::check_constant(const wasm::ConstExpr& expr) {
  InstrReader in(context_.module, expr.offset, expr.size);
  while (in.next(instr_)) {
    switch (instr_.op) {
      case Op::i32_const:
      case Op::i64_const:
      case Op::f32_const:
      case Op::f64_const:
      case Op::v128_const:
      case Op::ref_null:
      case Op::ref_func:
      case Op::ref_i31:
      case Op::struct_new:
      case Op::struct_new_default:
      case Op::array_new:
      case Op::array_new_default:
      case Op::array_new_fixed:
      case Op::any_convert_extern:
      case Op::extern_convert_any:
      case Op::end: break;
      case Op::i32_add:
      case Op::i32_sub:
      case Op::i32_mul:
      case Op::i64_add:
      case Op::i64_sub:
      case Op::i64_mul:
        if (!context_.module.features.has(Feature::ExtendedConst))
          return invalid("constant expression required: arithmetic in it requires the extended-const feature");
        break;
      case Op::global_get:
        if (instr_.index >= globals_) return unknown("global", instr_.index);
        if (context_.module.globals[instr_.index].type.is_mutable)
          return invalid(base::format("constant expression required: global {} is mutable", instr_.index));
        if (instr_.index >= context_.module.imported_globals && !context_.module.features.has(Feature::Gc))
          return invalid(base::format(
              "constant expression required: global {} is not imported, this requires the gc feature", instr_.index));
        break;
      default: return invalid("constant expression required");
    }
  }
  if (in.failed()) {
    error_ = in.take_error();
    return false;
  }
  return true;
}

bool FunctionValidator::own_rule(const Instr& in) {
  switch (in.op) {
    case Op::br_table: return br_table(in);
    case Op::try_table: return try_table(in);
    case Op::catch_:
    case Op::catch_all: return catch_(in);
    case Op::delegate: return delegate(in);
    case Op::throw_: {
      const FuncType* type = tag(in.index);
      if (!type || !pop_all(Types(type->params))) return false;
      set_unreachable();
      return true;
    }
    case Op::throw_ref:
      if (!pop(wasm::kExnRef)) return false;
      set_unreachable();
      return true;
    case Op::rethrow: {
      const Control* target = label(in.index);
      if (!target) return false;
      if (target->op != Op::catch_ && target->op != Op::catch_all)
        return invalid(base::format("invalid rethrow label {}: it is not a catch", in.index));
      set_unreachable();
      return true;
    }
    case Op::select:
    case Op::select_t: return select(in);
    case Op::call_indirect:
    case Op::return_call_indirect: {
      const wasm::TableType* t = table(in.index2);
      const FuncType* type = t ? func_type(in.index) : nullptr;
      if (!type) return false;
      if (!is_subtype(t->element, wasm::kFuncRef))
        return invalid(
            base::format("type mismatch: instruction requires table of function type but table has element type {}",
                         name(t->element)));
      if (!pop(t->is64 ? kI64 : kI32)) return false;
      return in.op == Op::call_indirect ? call(*type) : return_call(*type);
    }
    case Op::return_call: {
      const FuncType* type = callee(in.index);
      return type && return_call(*type);
    }
    case Op::call_ref:
    case Op::return_call_ref: {
      const FuncType* type = func_type(in.index);
      if (!type || !pop(ref_to(in.index, true))) return false;
      return in.op == Op::call_ref ? call(*type) : return_call(*type);
    }
    case Op::global_get:
      if (in.index >= globals_) return unknown("global", in.index);
      return push(context_.module.globals[in.index].type.type);
    case Op::global_set:
      if (in.index >= globals_) return unknown("global", in.index);
      if (!context_.module.globals[in.index].type.is_mutable)
        return invalid(base::format("immutable global {}", in.index));
      return pop(context_.module.globals[in.index].type.type);
    default: break;
  }
  const uint32_t code = wasm::op_info(in.op).code;
  const uint32_t prefix = code >> 16;
  if (prefix == 0xFB && in.op < Op::ref_test) return object_rule(in);
  if (prefix == 0xFB || (prefix == 0 && code >= 0xD0)) return reference_rule(in);
  return bulk_rule(in);
}

bool FunctionValidator::select(const Instr& in) {
  if (in.op == Op::select_t) {
    if (in.count != 1) return invalid(base::format("invalid result arity: {}, other than 1 is not allowed", in.count));
    return pop_all({in.type, in.type, kI32}) && push(in.type);
  }
  ValType a, b;
  if (!pop(kI32) || !pop_any(b) || !pop_any(a)) return false;
  if (!is_num_or_vec(a) || !is_num_or_vec(b))
    return invalid(base::format("type mismatch: instruction requires numeric or vector type but stack has {}",
                                name(is_num_or_vec(b) ? a : b)));
  if (a != b && !a.is_bot() && !b.is_bot())
    return invalid(base::format("type mismatch: select between {} and {}", name(a), name(b)));
  return push(a.is_bot() ? b : a);
}

// References, their tests and casts (sections 3.4.6 and 3.4.7).
bool FunctionValidator::reference_rule(const Instr& in) {
  ValType ref;
  switch (in.op) {
    case Op::ref_null: return push(in.type);
    case Op::ref_is_null: return pop_ref(ref) && push(kI32);
    case Op::ref_as_non_null: return pop_ref(ref) && push(ValType::ref(ref.heap(), false));
    case Op::ref_func: {
      if (!callee(in.index)) return false;
      const wasm::Function& f = context_.module.functions[in.index];
      if (!f.declared) return invalid(base::format("undeclared function reference {}", in.index));
      // Before typed references, all functions had one reference type.
      if (!context_.module.features.has(Feature::FunctionReferences)) return push(wasm::kFuncRef);
      return push(ValType::ref(HeapType::concrete(f.type), false));
    }
    case Op::ref_eq: {
      const ValType eq = ValType::ref(HeapType::kEq, true);
      return pop_all({eq, eq}) && push(kI32);
    }
    case Op::br_on_null: {
      if (!pop_ref(ref)) return false;
      const Control* target = label(in.index);
      if (!target) return false;
      const Types types = label_types(*target);
      return pop_all(types) && push_all(types) && push(ValType::ref(ref.heap(), false));
    }
    case Op::br_on_non_null: {
      const Control* target = label(in.index);
      if (!target) return false;
      const Types types = label_types(*target);
      if (types.empty() || !types.back().is_ref())
        return invalid(
            base::format("type mismatch: instruction requires reference type but label has {}", names(types)));
      if (!pop(ValType::ref(types.back().heap(), true))) return false;
      const Types rest = types.first(types.size() - 1);
      return pop_all(rest) && push_all(rest);
    }
    case Op::ref_test:
    case Op::ref_test_null: return pop(ValType::ref(context_.registry.top(in.type.heap()), true)) && push(kI32);
    case Op::ref_cast:
    case Op::ref_cast_null: return pop(ValType::ref(context_.registry.top(in.type.heap()), true)) && push(in.type);
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return br_on_cast(in);
    case Op::any_convert_extern:
    case Op::extern_convert_any: {
      const bool inward = in.op == Op::any_convert_extern;
      const ValType top = peek(0);
      const bool nullable = top.is_ref() && top.nullable();
      return pop(ValType::ref(inward ? HeapType::kExtern : HeapType::kAny, nullable)) &&
             push(ValType::ref(inward ? HeapType::kAny : HeapType::kExtern, nullable));
    }
    case Op::ref_i31: return pop(kI32) && push(ValType::ref(HeapType::kI31, false));
    case Op::i31_get_s:
    case Op::i31_get_u: return pop(ValType::ref(HeapType::kI31, true)) && push(kI32);
    default: return false;
  }
}

// Section 3.4.4: the branch is taken with the type of the cast (br_on_cast), or with the rest of the type after the
// cast.
bool FunctionValidator::br_on_cast(const Instr& in) {
  const ValType from = in.type_from, to = in.type_to;
  if (!is_subtype(to, from))
    return invalid(base::format("type mismatch on cast: type {} does not match {}", name(to), name(from)));
  const ValType left_over = ValType::ref(from.heap(), from.nullable() && !to.nullable());
  const bool on_fail = in.op == Op::br_on_cast_fail;
  const ValType taken = on_fail ? left_over : to;
  const Control* target = label(in.index);
  if (!target) return false;
  const Types types = label_types(*target);
  if (types.empty() || !is_subtype(taken, types.back()))
    return invalid(
        base::format("type mismatch: instruction requires type {} but label has {}", name(taken), names(types)));
  if (!pop(from)) return false;
  const Types rest = types.first(types.size() - 1);
  return pop_all(rest) && push_all(rest) && push(on_fail ? to : left_over);
}

// Structs and arrays (sections 3.4.8 and 3.4.9).
bool FunctionValidator::object_rule(const Instr& in) {
  switch (in.op) {
    case Op::struct_new: {
      const TypeDef* def = struct_type(in.index);
      if (!def) return false;
      return pop_each(def->fields.size(), [&](size_t i) { return def->fields[i].storage.unpacked(); }) &&
             push(ref_to(in.index, false));
    }
    case Op::struct_new_default: {
      const TypeDef* def = struct_type(in.index);
      if (!def) return false;
      if (!context_.defaultable[in.index]) return invalid("type mismatch: field type is not defaultable");
      return push(ref_to(in.index, false));
    }
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::struct_set: {
      const TypeDef* def = struct_type(in.index);
      if (!def) return false;
      if (in.index2 >= def->fields.size()) return unknown("field", in.index2);
      const wasm::FieldType& field = def->fields[in.index2];
      const ValType ref = ref_to(in.index, true);
      if (in.op == Op::struct_set) {
        if (!field.is_mutable) return invalid(base::format("immutable field {}", in.index2));
        return pop_all({ref, field.storage.unpacked()});
      }
      if (field.storage.is_packed() == (in.op == Op::struct_get))
        return invalid(base::format("type mismatch: field is {}", field.storage.is_packed() ? "packed" : "unpacked"));
      return pop(ref) && push(field.storage.unpacked());
    }
    default: break;
  }

  const TypeDef* def = in.op == Op::array_len ? nullptr : array_type(in.index);
  if (in.op != Op::array_len && !def) return false;
  if (!def) return pop(ValType::ref(HeapType::kArray, true)) && push(kI32);
  const wasm::FieldType& field = def->fields[0];
  const ValType element = field.storage.unpacked();
  const ValType ref = ref_to(in.index, true);
  const ValType made = ref_to(in.index, false);
  const bool writes = in.op == Op::array_set || in.op == Op::array_fill || in.op == Op::array_copy ||
                      in.op == Op::array_init_data || in.op == Op::array_init_elem;
  if (writes && !field.is_mutable) return invalid(base::format("immutable array: type {}", in.index));
  const bool from_data = in.op == Op::array_new_data || in.op == Op::array_init_data;
  if (from_data) {
    if (!data(in.index2)) return false;
    if (!is_num_or_vec(element))
      return invalid(base::format("array type is not numeric or vector: its elements are {}", name(element)));
  }
  if (in.op == Op::array_new_elem || in.op == Op::array_init_elem) {
    const wasm::ElemSegment* segment = elem(in.index2);
    if (!segment) return false;
    if (!is_subtype(segment->type, element))
      return invalid(base::format("type mismatch: element segment's type {} does not match array's field type {}",
                                  name(segment->type), name(element)));
  }
  switch (in.op) {
    case Op::array_new: return pop_all({element, kI32}) && push(made);
    case Op::array_new_default:
      if (!context_.defaultable[in.index])
        return invalid(
            base::format("type mismatch: array type is not defaultable, its elements are {}", name(element)));
      return pop(kI32) && push(made);
    case Op::array_new_fixed: {
      if (in.index2 > wasm::kMaxArrayNewFixed)
        return fail(ErrorKind::kUnsupported, base::format("array.new_fixed of {} elements: at most {} are supported",
                                                          in.index2, wasm::kMaxArrayNewFixed));
      return pop_each(in.index2, [&](size_t) { return element; }) && push(made);
    }
    case Op::array_new_data:
    case Op::array_new_elem: return pop_all({kI32, kI32}) && push(made);
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u:
      if (field.storage.is_packed() == (in.op == Op::array_get))
        return invalid(base::format("type mismatch: array is {}", field.storage.is_packed() ? "packed" : "unpacked"));
      return pop_all({ref, kI32}) && push(element);
    case Op::array_set: return pop_all({ref, kI32, element});
    case Op::array_fill: return pop_all({ref, kI32, element, kI32});
    case Op::array_copy: {
      const TypeDef* source = array_type(in.index2);
      if (!source) return false;
      const ValType from = source->fields[0].storage;
      if (from.is_packed() || field.storage.is_packed() ? from != field.storage : !is_subtype(from, field.storage))
        return invalid(base::format("array types do not match: from {} to {}", name(from), name(field.storage)));
      return pop_all({ref, kI32, ref_to(in.index2, true), kI32, kI32});
    }
    case Op::array_init_data:
    case Op::array_init_elem: return pop_all({ref, kI32, kI32, kI32});
    default: return false;
  }
}

// Tables and memories (sections 3.4.10 and 3.4.11).
bool FunctionValidator::bulk_rule(const Instr& in) {
  ValType address, other;
  const wasm::TableType* t = nullptr;
  switch (in.op) {
    case Op::table_get:
    case Op::table_set:
    case Op::table_size:
    case Op::table_grow:
    case Op::table_fill:
    case Op::table_copy:
      if (!(t = table(in.index))) return false;
      address = t->is64 ? kI64 : kI32;
      break;
    case Op::table_init:
      if (!(t = table(in.index2))) return false;
      address = t->is64 ? kI64 : kI32;
      break;
    case Op::memory_size:
    case Op::memory_grow:
    case Op::memory_fill:
    case Op::memory_copy:
      if (!memory(in.index, address)) return false;
      break;
    case Op::memory_init:
      if (!memory(in.index2, address)) return false;
      break;
    default: break;
  }
  switch (in.op) {
    case Op::table_get: return pop(address) && push(t->element);
    case Op::table_set: return pop_all({address, t->element});
    case Op::table_size: return push(address);
    case Op::table_grow: return pop_all({t->element, address}) && push(address);
    case Op::table_fill: return pop_all({address, t->element, address});
    case Op::table_copy: {
      const wasm::TableType* source = table(in.index2);
      if (!source) return false;
      if (!is_subtype(source->element, t->element))
        return invalid(base::format("type mismatch: source element type {} does not match destination element type {}",
                                    name(source->element), name(t->element)));
      other = source->is64 ? kI64 : kI32;
      return pop_all({address, other, address == kI64 ? other : address});
    }
    case Op::table_init: {
      const wasm::ElemSegment* segment = elem(in.index);
      if (!segment) return false;
      if (!is_subtype(segment->type, t->element))
        return invalid(base::format("type mismatch: element segment's type {} does not match table's element type {}",
                                    name(segment->type), name(t->element)));
      return pop_all({address, kI32, kI32});
    }
    case Op::elem_drop: return elem(in.index) != nullptr;
    case Op::memory_size: return push(address);
    case Op::memory_grow: return pop(address) && push(address);
    case Op::memory_fill: return pop_all({address, kI32, address});
    case Op::memory_copy:
      if (!memory(in.index2, other)) return false;
      return pop_all({address, other, address == kI64 ? other : address});
    case Op::memory_init: return data(in.index) && pop_all({address, kI32, kI32});
    case Op::data_drop: return data(in.index);
    default: return fail(ErrorKind::kUnsupported, "not supported yet: an instruction without a validation rule");
  }
}

}  // namespace ermine::binary
