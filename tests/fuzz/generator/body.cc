// The common parts of function bodies. See body.h.
#include "generator/body.h"

namespace ermine::fuzz {

Body::Body(Plan& plan, uint32_t func)
    : plan_(plan),
      in_(plan.in),
      type_(plan.type_of(func)),
      is_entry_(func < plan.first_callee()),
      locals_(type_.params),
      params_(type_.params.size()) {
  labels_.push_back({type_.results});
}

ByteBuffer function_body(Plan& plan, uint32_t func) { return Body(plan, func).finish(); }

ByteBuffer Body::finish() {
  constexpr unsigned kDepth = 5;
  // A small part of the allowance for each function, so that the last one gets some as well.
  uint32_t left = plan_.instructions_left;
  uint32_t share = left / 3 + 20;
  plan_.instructions_left = share;
  if (is_entry_) {
    i32(120);
    op(Op::global_set, 0);
  } else {
    take_fuel();
  }
  for (uint32_t n = in_.below(4); n > 0; --n) new_local(in_.below(2) == 0 ? kI32 : kI64);
  if (has(Feature::ReferenceTypes) && in_.below(2) == 1) new_local(in_.of(plan_.tables).element);
  if (has(Feature::Gc) && in_.below(2) == 1) {
    // One that is never null, and is set before anything else.
    uint32_t i = new_local(ref_to(
        static_cast<int>(in_.of(types_where([](const TypeInfo& t) { return t.kind != TypeInfo::kFunc; }))), false));
    fresh(locals_[i], 1);
    op(Op::local_set, i);
  }
  statements(kDepth, 6);
  if (has(Feature::TailCall) && in_.below(4) == 1) { tail_call(2, 1); }
  values(type_.results, 4);
  op(Op::end);
  uint32_t used = share - plan_.instructions_left;
  plan_.instructions_left = used < left ? left - used : 0;

  ByteBuffer body;
  body.leb(locals_.size() - params_);
  for (size_t i = params_; i < locals_.size(); ++i) {
    body.leb(1);
    locals_[i].write(body);
  }
  body.bytes(out_.view());
  return body;
}

uint32_t Body::new_local(Type t) {
  locals_.push_back(t);
  return static_cast<uint32_t>(locals_.size() - 1);
}

void Body::take_fuel() {
  op(Op::global_get, 0);
  op(Op::i32_eqz);
  op(Op::if_, 0x40);
  op(Op::unreachable);
  op(Op::end);
  op(Op::global_get, 0);
  i32(1);
  op(Op::i32_sub);
  op(Op::global_set, 0);
}

void Body::index(Type t, uint32_t v) {
  integer_constant(t, v);
  if (in_.below(4) == 1) detour(t);
}

void Body::small(Type t, unsigned depth, uint32_t mask) {
  if (spent(depth) || in_.below(3) == 0) return index(t, in_.below(mask + 1) & mask);
  if (in_.one_in(24)) return wild(t, depth - 1);
  expression(t, depth - 1);
  integer_constant(t, mask);
  op(t == kI64 ? Op::i64_and : Op::i32_and);
  if (in_.below(3) == 1) detour(t);
}

void Body::address(const MemoryPlan& m, unsigned depth, uint32_t align) {
  // Atomic accesses must be aligned; others often are not.
  if (in_.one_in(20)) return wild(m.address(), spent(depth) ? 0 : depth - 1);
  small(m.address(), depth, m.mask & ~((1u << align) - 1));
}

void Body::block_type(const std::vector<Type>& params, const std::vector<Type>& results) {
  if (!params.empty() || results.size() > 1) return out_.sleb(plan_.function_type(params, results));
  if (results.empty()) return out_.u8(0x40);
  results[0].write(out_);
}

void Body::open(Op o, const std::vector<Type>& params, const std::vector<Type>& results) {
  op(o);
  block_type(params, results);
  labels_.push_back({o == Op::loop ? params : results});
}

void Body::close() {
  op(Op::end);
  labels_.pop_back();
}

void Body::branch(Op o, size_t label) { op(o, labels_.size() - 1 - label); }

Type Body::random_number() {
  constexpr Type kNumbers[] = {kI32, kI64, kF32, kF64, kV128};
  return kNumbers[in_.below(has(Feature::Simd) ? 5 : 4)];
}

Type Body::random_type() {
  if (!has(Feature::Gc) || in_.below(2) == 0) return random_number();
  constexpr int kHeaps[] = {kAny, kEq, kI31, kStruct, kArray, kFunc, kExtern};
  return in_.below(2) == 0 ? ref_to(kHeaps[in_.below(7)], true)
                           : ref_to(static_cast<int>(in_.below(static_cast<uint32_t>(plan_.types.size()))), true);
}

void Body::values(std::vector<Type> types, unsigned depth) {
  for (Type t : types) expression(t, depth);
}

void Body::put_away(Type t) {
  if (in_.below(2) == 0) return op(Op::drop);
  for (uint32_t i = 0; i < locals_.size(); ++i)
    if (is_subtype(plan_.types, t, locals_[i])) return op(Op::local_set, i);
  op(Op::drop);
}

void Body::keep_one(const std::vector<Type>& results, size_t kept) {
  for (size_t i = results.size() - 1; i > kept; --i) put_away(results[i]);
  if (kept == 0) return;
  // A local of a non-nullable type has no initial value, but here it is set first.
  uint32_t local = new_local(results[kept]);
  op(Op::local_set, local);
  for (size_t i = kept; i > 0; --i) put_away(results[i - 1]);
  op(Op::local_get, local);
}

}  // namespace ermine::fuzz
