// Expressions: one value of a type. See body.h.
#include <string_view>

#include "generator/body.h"

namespace ermine::fuzz {

namespace {

char letter_of(Type t) {
  switch (t.code) {
    case Type::kI32: return 'i';
    case Type::kI64: return 'l';
    case Type::kF32: return 'f';
    case Type::kF64: return 'd';
    default: return 'v';
  }
}

// Whether an instruction's result may be a NaN with unspecified bits.
bool makes_nans(Op o) {
  std::string_view text = wasm::op_info(o).text();
  if (!text.starts_with("f32") && !text.starts_with("f64")) return false;
  std::string_view name = text.substr(text.find('.') + 1);
  for (std::string_view word : {"add", "sub", "mul", "div", "sqrt", "ceil", "floor", "trunc", "nearest", "min", "max",
                                "demote_f64", "promote_f32", "demote_f64x2_zero", "promote_low_f32x4"})
    if (name == word) return true;
  return name.starts_with("relaxed_m") || name.starts_with("relaxed_n");
}

}  // namespace

void Body::canonical(Op o) {
  if (!plan_.of.canonical_nans || !makes_nans(o)) return;
  std::string_view text = wasm::op_info(o).text();
  bool is64 = text.starts_with("f64"), vector = text.find('x') == 3;
  uint32_t t = new_local(vector ? kV128 : is64 ? kF64 : kF32);
  op(Op::local_tee, t);
  auto nan = [&] {
    if (is64) out_.fixed(uint64_t{0x7FF8} << 48);
    else out_.fixed(uint32_t{0x7FC00000});
  };
  op(vector ? Op::v128_const : is64 ? Op::f64_const : Op::f32_const);
  for (unsigned n = vector ? (is64 ? 2 : 4) : 1; n > 0; --n) nan();
  op(Op::local_get, t);
  op(Op::local_get, t);
  if (vector) {
    op(is64 ? Op::f64x2_eq : Op::f32x4_eq);
    op(Op::v128_bitselect);
  } else {
    op(is64 ? Op::f64_eq : Op::f32_eq);
    op(Op::select);
  }
  // Other expressions may read the local as well.
  op(Op::local_tee, t);
}

void Body::leaf(Type t) {
  if (in_.below(2) == 1) {
    uint32_t count = static_cast<uint32_t>(locals_.size()), begin = in_.below(count);
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t l = (begin + i) % count;
      // Locals that are not nullable may not be set yet, except parameters.
      if (is_subtype(plan_.types, locals_[l], t) && (l < params_ || locals_[l].has_default()))
        return op(Op::local_get, l);
    }
  }
  if (in_.below(3) == 1)
    for (uint32_t i = 1; i < plan_.globals.size(); ++i)
      if (is_subtype(plan_.types, plan_.globals[i].type, t)) return op(Op::global_get, i);
  if (t.is_ref()) return fresh(t, 0);
  if (plan_.instructions_left > 0) --plan_.instructions_left;
  number_constant(plan_, t, out_);
}

void Body::expression(Type t, unsigned depth) {
  if (spent(depth)) return leaf(t);
  --depth;
  switch (in_.below(20)) {
    case 0: return leaf(t);
    case 1: return block(t, depth);
    case 2: return loop(t, depth);
    case 3: return choice(t, depth);
    case 4: return branch_out(t, depth);
    case 5: return wide_block(t, depth);
    case 6:
    case 7: return call(t, depth);
    case 8:
      if (plan_.legacy_exceptions) return legacy_exception(t, depth);
      if (has(Feature::Exceptions)) return exception(t, depth);
      break;
    case 9:
      if (field(t, depth)) return;
      break;
    case 10:
      if (misc(t, depth)) return;
      break;
    case 11: {
      expression(t, depth);
      expression(t, depth);
      expression(kI32, depth);
      if (t.is_ref() || (has(Feature::ReferenceTypes) && in_.below(2) == 1)) {
        op(Op::select_t, 1);
        t.write(out_);
      } else {
        op(Op::select);
      }
      return;
    }
    case 12: {
      for (uint32_t i = 0; i < locals_.size(); ++i)
        if (locals_[i] == t) {
          expression(t, depth);
          return op(Op::local_tee, i);
        }
      break;
    }
    case 13:
    case 14:
      if (t == kI32 || t == kI64) return edge_operation(t, depth);
      break;
    default: break;
  }
  operation(t, depth);
}

void Body::operation(Type t, unsigned depth) {
  if (t.is_ref()) return reference(t, depth);
  simple(in_.of(producers(letter_of(t), plan_.of.features)), depth);
}

// One of an instruction's operands: a constant more often than elsewhere, if there are others.
void Body::operand(Type t, unsigned depth, bool among_others) {
  if (!among_others || in_.below(4) != 1) return expression(t, depth);
  if (t == kI32 || t == kI64) return edge(t);
  if (plan_.instructions_left > 0) --plan_.instructions_left;
  number_constant(plan_, t, out_);
}

// The offset of an access: mostly small and a multiple of the width, sometimes at the limit of an immediate's field,
// rarely outside.
uint64_t Body::offset(const MemoryPlan& m, unsigned width) {
  if (in_.one_in(48)) return edge_integer(in_) & (m.is64 ? ~uint64_t{0} : uint64_t{0xFFFFFFFF});
  if (!m.byte_pages && in_.one_in(6)) {
    constexpr uint32_t kFields[] = {0x7F,  0x80,   0xFF,   0x100,  0x7FF,  0x800,
                                    0xFFF, 0x1000, 0x3FFF, 0x4000, 0x7FFF, 0x8000};
    return in_.of(kFields) >> width << width;
  }
  return uint64_t{in_.below(64u >> width)} << width;
}

// An instruction whose type is given by letters in the table.
void Body::simple(Op o, unsigned depth) {
  const wasm::OpInfo& table = wasm::op_info(o);
  bool is_wait = o == Op::memory_atomic_wait32 || o == Op::memory_atomic_wait64;
  bool is_atomic = table.feature == Feature::Threads;
  uint32_t m = in_.below(static_cast<uint32_t>(plan_.memories.size()));
  size_t colon = table.sig().find(':');
  for (size_t i = 0; i < colon; ++i) {
    if (table.sig()[i] == 'a') address(plan_.memories[m], depth, is_atomic || in_.below(2) ? table.width : 0);
    else if (is_wait && i == 2) integer_constant(kI64, 0);
    else operand(type_of_letter(table.sig()[i]), depth, colon > 1);
  }
  op(o);
  switch (table.imm) {
    case wasm::Imm::MemArg:
    case wasm::Imm::MemArgLane: {
      uint32_t align = is_atomic ? table.width : in_.below(table.width + 1u);
      out_.leb(align | (m != 0 ? 0x40 : 0));
      if (m != 0) out_.leb(m);
      out_.leb(offset(plan_.memories[m], table.width));
      if (table.imm == wasm::Imm::MemArgLane) out_.u8(static_cast<uint8_t>(in_.below(16u >> table.width)));
      break;
    }
    case wasm::Imm::Lane: out_.u8(static_cast<uint8_t>(in_.below(table.width))); break;
    case wasm::Imm::Shuffle:
      for (unsigned i = 0; i < 16; ++i) out_.u8(static_cast<uint8_t>(in_.below(32)));
      break;
    default: break;
  }
  if (table.sig().size() - colon == 3) put_away(kI64);
  canonical(o);
}

// A field of a struct or an element of an array.
bool Body::field(Type t, unsigned depth) {
  struct Place {
    uint32_t type, field;
  };
  std::vector<Place> places;
  for (uint32_t i = 0; i < plan_.types.size(); ++i)
    for (uint32_t f = 0; f < plan_.types[i].fields.size(); ++f)
      if (is_subtype(plan_.types, plan_.types[i].fields[f].type.unpacked(), t)) places.push_back({i, f});
  if (places.empty()) return false;
  Place place = in_.of(places);
  const TypeInfo object = plan_.types[place.type];
  expression(ref_to(static_cast<int>(place.type), in_.one_in(8)), depth);
  bool packed = object.fields[place.field].type.is_packed(), is_signed = in_.below(2) == 1;
  if (object.kind == TypeInfo::kStruct) {
    op(!packed ? Op::struct_get : is_signed ? Op::struct_get_s : Op::struct_get_u, place.type);
    out_.leb(place.field);
  } else {
    small(kI32, depth, 3);
    op(!packed ? Op::array_get : is_signed ? Op::array_get_s : Op::array_get_u, place.type);
  }
  return true;
}

// Numbers that describe other objects. False, with nothing written, if there is none of the type.
bool Body::misc(Type t, unsigned depth) {
  if (t == kI32 && has(Feature::Gc)) {
    switch (in_.below(6)) {
      case 0:
        expression(ref_to(kAny, true), depth);
        op(in_.below(2) ? Op::ref_test : Op::ref_test_null);
        out_.sleb(in_.below(2) ? kI31 : static_cast<int>(in_.of(types_where([](const TypeInfo& i) {
          return i.kind != TypeInfo::kFunc;
        }))));
        return true;
      case 1:
        expression(ref_to(kEq, true), depth);
        expression(ref_to(kEq, true), depth);
        op(Op::ref_eq);
        return true;
      case 2:
        expression(ref_to(kArray, in_.one_in(8)), depth);
        op(Op::array_len);
        return true;
      case 3:
        expression(ref_to(kI31, in_.one_in(8)), depth);
        op(in_.below(2) ? Op::i31_get_s : Op::i31_get_u);
        return true;
      case 4:
        expression(ref_to(kFunc, true), depth);
        op(in_.below(2) ? Op::ref_test : Op::ref_test_null);
        out_.sleb(static_cast<int>(plan_.func_types[plan_.first_callee()]));
        return true;
      default: break;
    }
  }
  if (t == kI32 && has(Feature::ReferenceTypes) && in_.below(2) == 1) {
    expression(in_.of(plan_.tables).element, depth);
    op(Op::ref_is_null);
    return true;
  }
  for (uint32_t i = 0; i < plan_.memories.size(); ++i) {
    if (plan_.memories[i].address() != t) continue;
    if (in_.below(2) == 1) {
      op(Op::memory_size, i);
      return true;
    }
    small(t, depth, 3);
    op(Op::memory_grow, i);
    return true;
  }
  for (uint32_t i = 0; i < plan_.tables.size() && has(Feature::ReferenceTypes); ++i) {
    if (plan_.tables[i].address() != t) continue;
    if (in_.below(2) == 1) {
      op(Op::table_size, i);
      return true;
    }
    expression(plan_.tables[i].element, depth);
    small(t, depth, 3);
    op(Op::table_grow, i);
    return true;
  }
  return false;
}

void Body::call(Type t, unsigned depth) {
  struct Candidate {
    uint32_t callee;
    size_t result;
  };
  std::vector<Candidate> candidates;
  for (uint32_t i = 0; i < plan_.callees.size(); ++i) {
    const auto& results = plan_.types[plan_.callees[i].type].results;
    for (size_t r = 0; r < results.size(); ++r)
      if (is_subtype(plan_.types, results[r], t)) candidates.push_back({i, r});
  }
  if (candidates.empty()) return operation(t, depth);
  Candidate c = in_.of(candidates);
  const TypeInfo type = plan_.types[plan_.callees[c.callee].type];
  values(type.params, depth);
  callee(c.callee, depth, false);
  keep_one(type.results, c.result);
}

void Body::tail_call(unsigned arguments_depth, unsigned depth) {
  const auto count = static_cast<uint32_t>(plan_.callees.size()), begin = plan_.is_linked() ? in_.below(count) : 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t number = (begin + i) % count;
    const TypeInfo type = plan_.types[plan_.callees[number].type];
    if (type.results != type_.results) continue;
    values(type.params, arguments_depth);
    callee(number, depth, true);
    if (in_.below(2) == 1) junk();
    return;
  }
}

void Body::callee(uint32_t number, unsigned depth, bool tail) {
  const auto [type, func] = plan_.callees[number];
  const Type address = plan_.tables[plan_.home].address();
  const bool by_reference = has(Feature::FunctionReferences);
  switch (func ? in_.below(by_reference ? 3 : 2) : 1 + in_.below(by_reference && has(Feature::Gc) ? 2 : 1)) {
    case 0: return op(tail ? Op::return_call : Op::call, *func);
    case 1:
      if (in_.one_in(12)) small(address, depth, 15);
      else index(address, number);
      op(tail ? Op::return_call_indirect : Op::call_indirect, type);
      return out_.leb(plan_.home);
    default:
      if (in_.one_in(12)) {
        expression(ref_to(static_cast<int>(type), true), depth);
      } else if (!func || (in_.below(3) == 0 && has(Feature::Gc))) {
        index(address, number);
        op(Op::table_get, plan_.home);
        op(in_.below(2) ? Op::ref_cast : Op::ref_cast_null);
        out_.sleb(static_cast<int>(type));
      } else {
        op(Op::ref_func, *func);
      }
      op(tail ? Op::return_call_ref : Op::call_ref, type);
  }
}

}  // namespace ermine::fuzz
