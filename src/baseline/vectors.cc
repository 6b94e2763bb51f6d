// Vectors. A vector is in its slot, in a pinned register, or *held*: in a register that no slot of the region is
// pinned in, from where it is made to its last use (last_uses.h), or as a constant that has no register yet. What is
// held is stored at the next label or branch where it is wanted, or where registers are left; so each block begins with
// all that is not pinned in its slot. Where a reference may be at other times it is stored at once, so that only the
// instruction that makes a vector ever writes there. Stencils work in place: the first operand is brought to the
// result's register, mostly by its being there.
#include <bit>

#include "baseline/compiler.h"

namespace ermine::baseline {

namespace {

struct VectorOp {
  VectorShape shape;
  uint8_t lanes;
};
constexpr auto kVectorOps = [] {
  std::array<VectorOp, wasm::kOpCount> table{};
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    const auto op = static_cast<Op>(i);
    table[i] = {vector_shape(op), static_cast<uint8_t>(lanes(op))};
  }
  return table;
}();

constexpr unsigned kAllRegisters = (1u << kPinned) - 1;
constexpr unsigned bit_of(int reg) { return reg >= 0 && reg < static_cast<int>(kPinned) ? 1u << reg : 0; }

uint32_t mask_of(int index) { return 1u << static_cast<unsigned>(index); }

// Calls f with the number of each bit.
template <class F>
void each_bit(unsigned mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

}  // namespace

// --- Where vectors are

// The register, or a higher number for a constant that is held, or -1: in its slot. A vector that is read again is
// brought to a register if one is empty.
int Compiler::vector_at(uint16_t slot, bool last) {
  if (const int pin = pin_of(slot); pin >= 0) {
    if (!(valid_ >> pin & 1)) load_pin(static_cast<unsigned>(pin));
    return pin - static_cast<int>(kPinned);
  }
  int found = -1;
  each_bit(held_mask_, [&](unsigned i) {
    if (held_[i].slot == slot) found = static_cast<int>(i);
  });
  const unsigned empty = kAllRegisters & ~unsigned{held_mask_} & ~unsigned{used_} >> kPinned;
  if (found >= 0 || last || empty == 0) return found;
  const auto reg = static_cast<unsigned>(std::countr_zero(empty));
  move_vector(slot, -1, reg);
  held_[reg] = {slot, true, nullptr};
  held_mask_ |= static_cast<uint16_t>(1u << reg);
  return static_cast<int>(reg);
}

// A vector in two slots.
bool Compiler::holds_refs(uint16_t slot) const { return code_->holds_refs(slot) || code_->holds_refs(slot + 1u); }

// In how many operations the slot is read, as far as that matters.
unsigned Compiler::next_use(uint16_t slot) const {
  constexpr unsigned kFar = 64;
  for (unsigned n = 1; n < kFar && item_ + n < listing_.items.size(); ++n)
    for (const Access& a : listing_.accesses_of(listing_.items[item_ + n]))
      if (a.slot == slot && a.is(Class::kV128)) return n;
  return kFar;
}

// An empty register that is none of `busy`, made empty if need be.
unsigned Compiler::free_register(unsigned busy) {
  const unsigned possible = kAllRegisters & ~busy & ~(unsigned{used_} >> kPinned);
  if (possible == 0) {
    failed_ = true;  // the region leaves enough
    return 0;
  }
  if (const unsigned empty = possible & ~unsigned{held_mask_}; empty != 0)
    return static_cast<unsigned>(std::countr_zero(empty));
  unsigned best = 0, furthest = 0;
  each_bit(possible, [&](unsigned reg) {
    const unsigned distance = 2 * next_use(held_[reg].slot) + held_[reg].stored;
    if (distance > furthest) best = reg, furthest = distance;
  });
  const Held& h = held_[best];
  if (!h.stored) emit(special_id(Special::kMoveV128, (kReg0 + best) * kPlaces + kSlot), {.d = h.slot});
  held_mask_ &= static_cast<uint16_t>(~(1u << best));
  return best;
}

// One for a result whose first operand is in `from`, as of vector_at: that register itself if there is no other.
unsigned Compiler::target_register(unsigned busy, int from) {
  const unsigned others = busy | bit_of(from);
  return free_register((kAllRegisters & ~others & ~(unsigned{used_} >> kPinned)) != 0 ? others : busy);
}

// `from` as of vector_at.
void Compiler::move_vector(uint16_t slot, int from, unsigned reg) {
  if (from == static_cast<int>(reg)) return;
  Fill f;
  f.a = slot;
  unsigned place = kSlot;
  if (from >= static_cast<int>(kPinned)) {
    place = kPool;
    const Code* constant = held_[static_cast<unsigned>(from)].constant;
    f.pool[0] = constant[2], f.pool[1] = constant[3], f.wide_pool = true;
  } else if (from >= 0) {
    place = kReg0 + static_cast<unsigned>(from);
  }
  emit(special_id(Special::kMoveV128, place * kPlaces + kReg0 + reg), f);
}

// A vector in some register.
unsigned Compiler::read_vector(const Access& a, unsigned busy) {
  const int from = vector_at(a.slot, a.last());
  if (bit_of(from) != 0) return static_cast<unsigned>(from);
  const unsigned reg = free_register(busy);
  move_vector(a.slot, from, reg);
  bool stored = true;
  if (from >= 0) {
    stored = held_[static_cast<unsigned>(from)].stored;
    held_mask_ &= static_cast<uint16_t>(~mask_of(from));
  }
  held_[reg] = {a.slot, stored, nullptr};
  held_mask_ |= static_cast<uint16_t>(1u << reg);
  return reg;
}

// The register in which to make what goes to `dst`, with the first operand in it. Others are in those of `busy`.
unsigned Compiler::vector_target(const Access* a, uint16_t dst, unsigned busy) {
  const int from = a == nullptr ? -1 : vector_at(a->slot, a->last() || a->slot == dst);
  const int pin = pin_of(dst);
  unsigned reg;
  if (pin >= 0) reg = static_cast<unsigned>(pin) - kPinned;
  else if (bit_of(from) != 0 && pin_of(a->slot) < 0 && (a->last() || a->slot == dst))
    return static_cast<unsigned>(from);
  else reg = target_register(busy, from);
  if (a == nullptr) return reg;
  if (from != static_cast<int>(reg) && (busy >> reg & 1)) reg = target_register(busy, from);
  move_vector(a->slot, from, reg);
  return reg;
}

// Those that the item reads for the last time need no register any more.
void Compiler::release_vectors(const Item& item) {
  for (const Access& a : listing_.accesses_of(item)) {
    if (!a.is(Class::kV128) || a.written() || !a.last()) continue;
    each_bit(held_mask_, [&](unsigned i) {
      if (held_[i].slot == a.slot) held_mask_ &= static_cast<uint16_t>(~(1u << i));
    });
  }
}

// The item's result is in the register.
void Compiler::wrote_vector(const Item& item, unsigned reg) {
  release_vectors(item);
  const Access& to = listing_.accesses_of(item)[item.accesses - 2u];
  overwrite_vectors(to.slot, 2);
  if (const int pin = pin_of(to.slot); pin >= 0) {
    move_vector(0, static_cast<int>(reg), static_cast<unsigned>(pin) - kPinned);
    wrote_pin(static_cast<unsigned>(pin));
    return;
  }
  if (to.last()) return;  // nobody wants it
  const bool at_once = holds_refs(to.slot);
  if (at_once) emit(special_id(Special::kMoveV128, (kReg0 + reg) * kPlaces + kSlot), {.d = to.slot});
  held_[reg] = {to.slot, at_once, nullptr};
  held_mask_ |= static_cast<uint16_t>(1u << reg);
}

// Slots are about to be written, or have been.
void Compiler::overwrite_vectors(unsigned slot, unsigned n) {
  each_bit(held_mask_, [&](unsigned i) {
    if (held_[i].slot + 1u >= slot && held_[i].slot < slot + n) held_mask_ &= static_cast<uint16_t>(~(1u << i));
  });
}

// Those that are not vectors.
void Compiler::overwrite_vectors(const Item& item) {
  for (const Access& a : listing_.accesses_of(item)) {
    if (a.is(Class::kHalf)) return;  // an instruction on vectors does so itself
    if (a.written()) overwrite_vectors(a.slot, 1);
  }
}

// Those of the set that are in no slot yet. They are held further on.
void Compiler::store_vectors(uint64_t wanted) {
  each_bit(held_mask_, [&](unsigned i) {
    Held& h = held_[i];
    if (h.stored || !uses_.wanted(wanted, h.slot)) return;
    h.stored = true;
    Fill f;
    f.d = h.slot;
    unsigned from = kReg0 + i;
    if (i >= kPinned) {
      from = kPool;
      f.pool[0] = h.constant[2], f.pool[1] = h.constant[3], f.wide_pool = true;
    }
    emit(special_id(Special::kMoveV128, from * kPlaces + kSlot), f);
  });
}

// --- Operations

void Compiler::copy_vector(const Item& item) {
  const Access& from = listing_.accesses_of(item)[0];
  const auto dst = field<uint16_t>(item.pc, 0);
  if (dst == from.slot) return;
  wrote_vector(item, vector_target(&from, dst, 0));
}

void Compiler::set_vector(const Item& item) {
  const auto dst = field<uint16_t>(item.pc, 0);
  overwrite_vectors(dst, 2);
  Fill f;
  f.d = dst;
  f.pool[0] = item.pc[2], f.pool[1] = item.pc[3], f.wide_pool = true;
  const int pin = pin_of(dst);
  const unsigned room = ~unsigned{held_mask_} & ((1u << kHeld) - 1) & ~kAllRegisters;
  if (pin < 0 && room != 0 && !holds_refs(dst)) {
    const auto i = static_cast<unsigned>(std::countr_zero(room));
    held_[i] = {dst, false, item.pc};
    held_mask_ |= static_cast<uint16_t>(1u << i);
    return;
  }
  const unsigned to = pin < 0 ? unsigned{kSlot} : kReg0 + static_cast<unsigned>(pin) - kPinned;
  emit(special_id(Special::kMoveV128, kPool * kPlaces + to), f);
  if (pin >= 0) wrote_pin(static_cast<unsigned>(pin));
}

void Compiler::vector_select(const Item& item) {
  const auto accesses = listing_.accesses_of(item);
  Fill f;
  f.c = field<uint16_t>(item.pc, 6);
  const unsigned b = read_vector(accesses[2], 0);
  const unsigned t = vector_target(&accesses[0], field<uint16_t>(item.pc, 0), 1u << b);
  const unsigned condition = place(static_cast<uint16_t>(f.c));
  emit(special_id(Special::kSelectV128, ((kReg0 + t) * kPlaces + kReg0 + b) * kPlaces + condition), f);
  wrote_vector(item, t);
}

// `id`: of the first register.
void Compiler::vector_global(const Item& item, StencilId id, const Fill& f, bool get) {
  if (get) {
    const unsigned t = vector_target(nullptr, field<uint16_t>(item.pc, 0), 0);
    emit(id + t, f);
    wrote_vector(item, t);
  } else {
    emit(id + read_vector(listing_.accesses_of(item)[0], 0), f);
    release_vectors(item);
  }
}

void Compiler::vector_binary(const Item& item, const Shape& s) {
  const auto accesses = listing_.accesses_of(item);
  const Access *a = &accesses[0], *b = &accesses[2];
  const uint16_t dst = accesses[4].slot;
  const Op op = s.op();
  const bool shuffles = op == Op::i8x16_shuffle;
  int at_a = vector_at(a->slot, a->last() || a->slot == dst), at_b = vector_at(b->slot, b->last());
  if (ir::is_commutative(op) && a->slot != b->slot) {
    // The first should be where the result will be, or may stay there; a constant is better second.
    auto fits = [&](const Access& x, int at) {
      if (const int pin = pin_of(dst); pin >= 0) return at == pin - static_cast<int>(kPinned);
      return bit_of(at) != 0 && pin_of(x.slot) < 0 && (x.last() || x.slot == dst);
    };
    const bool a_constant = at_a >= static_cast<int>(kPinned), b_constant = at_b >= static_cast<int>(kPinned);
    if (a_constant != b_constant ? a_constant : !fits(*a, at_a) && fits(*b, at_b)) {
      std::swap(a, b);
      std::swap(at_a, at_b);
    }
  }
  if (shuffles && at_b >= static_cast<int>(kPinned)) at_b = static_cast<int>(read_vector(*b, bit_of(at_a)));
  const unsigned t = vector_target(a, dst, bit_of(at_b));
  Fill f;
  f.b = b->slot;
  f.wide_pool = true;
  unsigned place_b = kSlot;
  if (at_b >= static_cast<int>(kPinned)) {
    const Code* constant = held_[static_cast<unsigned>(at_b)].constant;
    f.pool[0] = constant[2], f.pool[1] = constant[3];
    place_b = kAcc;
  } else if (at_b >= 0) {
    place_b = kReg0 + static_cast<unsigned>(at_b);
  }
  if (shuffles) f.pool[0] = item.pc[2], f.pool[1] = item.pc[3];
  emit(vector_place_id(op, t, place_b), f);
  wrote_vector(item, t);
}

void Compiler::vector_ternary(const Item& item, const Shape& s) {
  const auto accesses = listing_.accesses_of(item);
  const unsigned b = read_vector(accesses[2], 0), c = read_vector(accesses[4], 1u << b);
  const unsigned t = vector_target(&accesses[0], accesses[6].slot, 1u << b | 1u << c);
  emit(vector_ternary_id(s.op(), t, b, c), {});
  wrote_vector(item, t);
}

// The count of a shift is mostly a constant, stored in front of it.
bool Compiler::known_count(const Item& item, uint32_t& count) const {
  const Item& before = (&item)[-1];
  if (mark_of_[item.at] != 0 || before.code != ir::code_of(IrOp::const32) ||
      field<uint16_t>(before.pc, 0) != field<uint16_t>(item.pc, 4))
    return false;
  count = field<uint32_t>(before.pc, 4);
  return true;
}

// Whether what the item stores on the operand stack is only the count of the shift behind it.
bool Compiler::is_only_count(const Item& item) const {
  if (item_ + 1 >= listing_.items.size()) return false;
  const Item& next = listing_.items[item_ + 1];
  const Shape& s = shape_of(next.code);
  const Item& enter = listing_.items[0];
  const unsigned operand_stack = field<uint16_t>(enter.pc, 0) + unsigned{field<uint16_t>(enter.pc, 2)};
  uint32_t count;
  return s.kind == CodeInfo::kFormed && s.family == Family::kVector &&
         kVectorOps[s.number].shape == VectorShape::kShift && known_count(next, count) &&
         field<uint16_t>(item.pc, 0) >= operand_stack;
}

void Compiler::vector(const Item& item, const Shape& s) {
  const Op op = s.op();
  const VectorOp& info = kVectorOps[s.number];
  const auto accesses = listing_.accesses_of(item);
  Fill f;
  f.d = field<uint16_t>(item.pc, 0);
  f.a = field<uint16_t>(item.pc, 2);
  f.b = field<uint16_t>(item.pc, 4);
  const auto dst = static_cast<uint16_t>(f.d);
  const uint32_t lane = ir::unit_count(item.code) > 2 ? field<uint32_t>(item.pc, 8) : 0;
  StencilId id = 0;
  unsigned t = 0;
  bool has_vector = true;
  switch (info.shape) {
    case VectorShape::kNone: handler(item); return;
    case VectorShape::kBinary: vector_binary(item, s); return;
    case VectorShape::kTernary: vector_ternary(item, s); return;
    case VectorShape::kUnary:
      t = vector_target(&accesses[0], dst, 0);
      id = vector_id(op, t);
      break;
    case VectorShape::kShift: {
      uint32_t count;
      const unsigned by = known_count(item, count) ? kPlaces + (count & (info.lanes - 1u)) : place(accesses[2].slot);
      t = vector_target(&accesses[0], dst, 0);
      id = vector_shift_id(op, t, by);
      break;
    }
    case VectorShape::kSplat: {
      const unsigned from = place(accesses[0].slot);
      t = vector_target(nullptr, dst, 0);
      id = vector_place_id(op, t, from);
      break;
    }
    case VectorShape::kReplace: {
      const unsigned from = place(accesses[2].slot);
      t = vector_target(&accesses[0], dst, 0);
      id = vector_replace_id(op, t, from, lane);
      break;
    }
    case VectorShape::kExtract:
    case VectorShape::kTest:
      t = read_vector(accesses[0], 0);
      id = info.shape == VectorShape::kTest ? vector_id(op, t) : vector_extract_id(op, t, lane);
      has_vector = false;
      break;
    case VectorShape::kLoad:
    case VectorShape::kStore:
    case VectorShape::kLoadLane:
    case VectorShape::kStoreLane: {
      const bool is_load = info.shape == VectorShape::kLoad || info.shape == VectorShape::kLoadLane;
      const bool of_lane = info.shape == VectorShape::kLoadLane || info.shape == VectorShape::kStoreLane;
      const auto offset = field<uint64_t>(item.pc, 16);
      f.offset = static_cast<uint32_t>(offset);
      if (lane != 0 || offset > INT32_MAX || !code_->guarded) {
        handler(item);  // there, the field holds the memory
        return;
      }
      const unsigned address = address_place(false, static_cast<uint16_t>(f.a));
      t = !is_load ? read_vector(accesses[1], 0) : vector_target(of_lane ? &accesses[1] : nullptr, dst, 0);
      emit(of_lane ? vector_replace_id(op, t, address, field<uint32_t>(item.pc, 12)) : vector_place_id(op, t, address),
           f);
      if (is_load) wrote_vector(item, t);
      else release_vectors(item);
      return;
    }
  }
  emit(id, f);
  if (has_vector) {
    wrote_vector(item, t);
    return;
  }
  const Class c = result_class(op);
  release_vectors(item);
  overwrite_vectors(dst, 1);
  wrote_acc(c, result_letter(op) == 'i');
  set_slot_from_acc(dst, c);
}

}  // namespace ermine::baseline
