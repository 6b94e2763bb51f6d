// Edge-case constants, and values that pass through operations with them before they are used. The bits that a 32-bit
// operation leaves in the upper half of a register are visible only if the register is used as an address, an index, a
// shift count or a wider number: so results go there directly, and mostly in bounds. See body.h.
#include <string_view>

#include "generator/body.h"

namespace ermine::fuzz {

namespace {

// Operations on two integers that give one of the same type.
std::vector<Op> binary_operations(std::string_view signature) {
  std::vector<Op> found;
  for (unsigned i = 0; i < wasm::kOpCount; ++i)
    if (wasm::kOpInfos[i].feature == Feature::Mvp && wasm::kOpInfos[i].sig() == signature)
      found.push_back(static_cast<Op>(i));
  return found;
}

// The number that reverses multiplication by an odd one. (Newton's method: each step doubles the number of correct
// bits.)
constexpr uint64_t inverse(uint64_t odd) {
  uint64_t x = odd;
  for (unsigned i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}
static_assert(inverse(0xFFFFFFFF80000001) * 0xFFFFFFFF80000001 == 1);

// An operation with a constant, in both widths.
struct Step {
  Op on_i32, on_i64;
  uint64_t constant;
  bool constant_first = false;
};
struct Detour {
  Step away, back;
};

// Pairs of operations that reverse each other for values of less than 15 bits, whatever they do to others.
Detour random_detour(Choices& in) {
  constexpr uint64_t kHigh[] = {0x80000000,         0xFFFF8000, 0x40000000, 0xC0000000,
                                0xFFFFFFFF80000000, 0x7FFF8000, 0xFFFF0000, 0x8000000000008000};
  auto add = [](uint64_t v) { return Step{Op::i32_add, Op::i64_add, v}; };
  auto sub = [](uint64_t v) { return Step{Op::i32_sub, Op::i64_sub, v}; };
  auto sub_from = [](uint64_t v) { return Step{Op::i32_sub, Op::i64_sub, v, true}; };
  auto mul = [](uint64_t v) { return Step{Op::i32_mul, Op::i64_mul, v}; };
  auto and_ = [](uint64_t v) { return Step{Op::i32_and, Op::i64_and, v}; };
  auto or_ = [](uint64_t v) { return Step{Op::i32_or, Op::i64_or, v}; };
  auto xor_ = [](uint64_t v) { return Step{Op::i32_xor, Op::i64_xor, v}; };
  const uint64_t high = in.of(kHigh), any = edge_integer(in);
  switch (in.below(15)) {
    case 0: return {add(any), sub(any)};
    case 1: return {sub(any), add(any)};
    case 2: return {xor_(any), xor_(any)};
    case 3: return {or_(high), xor_(high)};
    case 4: return {add(high), xor_(high)};
    case 5: return {xor_(high), sub(high)};
    case 6: return {or_(high), and_(0x7FFF)};
    case 7: return {xor_(high), and_(~high)};
    case 8: return {xor_(~uint64_t{0}), sub_from(~uint64_t{0})};
    case 9: return {sub_from(~uint64_t{0}), xor_(~uint64_t{0})};
    case 10: return {sub_from(any), sub_from(any)};
    case 11: return {mul(any | 1), mul(inverse(any | 1))};
    case 12: return {{Op::i32_rotl, Op::i64_rotl, any}, {Op::i32_rotr, Op::i64_rotr, any}};
    case 13: return {{Op::i32_rotr, Op::i64_rotr, any}, {Op::i32_rotl, Op::i64_rotl, any}};
    default: {
      uint64_t bits = in.below(17);  // both widths can represent the value 16 bits further up
      return {{Op::i32_shl, Op::i64_shl, bits}, {Op::i32_shr_u, Op::i64_shr_u, bits}};
    }
  }
}

}  // namespace

void Body::integer_constant(Type t, uint64_t v) {
  op(t == kI64 ? Op::i64_const : Op::i32_const);
  t == kI64 ? out_.sleb(static_cast<int64_t>(v)) : out_.sleb(static_cast<int32_t>(v));
}

void Body::edge(Type t) { integer_constant(t, edge_integer(in_)); }

void Body::edge_operation(Type t, unsigned depth) {
  static const std::vector<Op> on_i32 = binary_operations("ii:i"), on_i64 = binary_operations("ll:l");
  const Op o = in_.of(t == kI64 ? on_i64 : on_i32);
  const bool constant_first = in_.one_in(4);
  if (constant_first) edge(t);
  spent(depth) ? leaf(t) : expression(t, depth - 1);
  if (!constant_first) edge(t);
  op(o);
}

void Body::wild(Type t, unsigned depth) {
  switch (in_.below(4)) {
    case 0: return edge(t);
    case 1: return edge_operation(t, depth);
    case 2: edge_operation(t, 0); return detour(t);
    default: spent(depth) ? leaf(t) : expression(t, depth - 1);
  }
}

// The value on the stack passes through operations that reverse each other, so it does not change if it has less than
// 15 bits.
void Body::detour(Type t) {
  const Detour d = random_detour(in_);
  auto step = [&](const Step& s) {
    if (!s.constant_first) {
      integer_constant(t, s.constant);
    } else {
      uint32_t l = new_local(t);
      op(Op::local_set, l);
      integer_constant(t, s.constant);
      op(Op::local_get, l);
    }
    op(t == kI64 ? s.on_i64 : s.on_i32);
  };
  step(d.away);
  switch (in_.below(6)) {
    case 0: {  // through the frame
      uint32_t l = new_local(t);
      op(Op::local_set, l);
      op(Op::local_get, l);
      break;
    }
    case 1:  // through the other width, with bits there that are dropped again
      if (t == kI64) break;
      op(in_.below(2) == 0 ? Op::i64_extend_i32_u : Op::i64_extend_i32_s);
      integer_constant(kI64, edge_integer(in_) << 32);
      op(in_.below(2) == 0 ? Op::i64_or : Op::i64_xor);
      op(Op::i32_wrap_i64);
      break;
    default: break;
  }
  step(d.back);
}

}  // namespace ermine::fuzz
