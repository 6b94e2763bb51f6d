// Vectors. A vector is in its slot, in a pinned register, or *held*: in a register that no slot of the region is pinned
// in, from its definition to its last use (last_uses.h), or as a constant that has no register yet. Held vectors are
// stored at the next label or branch where they are live, or where registers are clobbered; so at the beginning of each
// block all vectors that are not pinned are in their slots. If the slot may hold a reference at other times, the vector
// is stored immediately, so that only the instruction that makes a vector ever writes there. Stencils work in place:
// the first operand is moved to the result's register, and is usually there already.
#include <bit>

#include "baseline/compiler.h"
#include "runtime/offsets.h"

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
// Calls f with the number of each bit.
template <class F>
void each_bit(unsigned mask, F&& f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

}  // namespace

// --- Locations of vectors

// A vector that is read again is loaded into a register if one is empty.
Compiler::VectorLocation Compiler::vector_at(uint16_t slot, bool last) {
  if (const int pin = pin_of(slot); pin >= 0) {
    if (!(pins_valid_ >> pin & 1)) load_pin(static_cast<unsigned>(pin));
    return VectorLocation::held(static_cast<unsigned>(pin) - kPinned);
  }
  VectorLocation found;
  each_bit(held_mask_, [&](unsigned i) {
    if (held_vectors_[i].slot == slot) found = VectorLocation::held(i);
  });
  const unsigned empty = kAllRegisters & ~unsigned{held_mask_} & ~unsigned{pins_used_} >> kPinned;
  if (found.kind != VectorLocation::kInSlot || last || empty == 0) return found;
  const auto reg = static_cast<unsigned>(std::countr_zero(empty));
  move_vector(slot, {}, reg);
  held_vectors_[reg] = {slot, true, nullptr};
  held_mask_ |= static_cast<uint16_t>(1u << reg);
  return VectorLocation::held(reg);
}

// A vector in two slots.
bool Compiler::holds_refs(uint16_t slot) const { return code_->holds_refs(slot) || code_->holds_refs(slot + 1u); }

// The number of operations that read the slot, up to the number that matters.
unsigned Compiler::next_use(uint16_t slot) const {
  constexpr unsigned kFar = 64;
  for (unsigned n = 1; n < kFar && current_ + n < decoded_.instrs.size(); ++n)
    for (const SlotAccess& a : decoded_.accesses_of(decoded_.instrs[current_ + n]))
      if (a.slot == slot && a.is(RegClass::kV128)) return n;
  return kFar;
}

// An empty register that is not in `busy`; if there is none, one is made empty.
unsigned Compiler::free_register(unsigned busy) {
  const unsigned possible = kAllRegisters & ~busy & ~(unsigned{pins_used_} >> kPinned);
  if (possible == 0) {
    failed_ = true;  // the region reserves enough
    return 0;
  }
  if (const unsigned empty = possible & ~unsigned{held_mask_}; empty != 0)
    return static_cast<unsigned>(std::countr_zero(empty));
  unsigned best = 0, furthest = 0;
  each_bit(possible, [&](unsigned reg) {
    const unsigned distance = 2 * next_use(held_vectors_[reg].slot) + held_vectors_[reg].stored;
    if (distance > furthest) best = reg, furthest = distance;
  });
  const HeldVector& h = held_vectors_[best];
  if (!h.stored) emit(move_id(StencilGroup::kMoveV128, in_register(best), kSlot), {.d = h.slot});
  held_mask_ &= static_cast<uint16_t>(~(1u << best));
  return best;
}

// A register for a result whose first operand is in `from`: that register itself if there is no other.
unsigned Compiler::target_register(unsigned busy, VectorLocation from) {
  const unsigned others = busy | from.register_mask();
  return free_register((kAllRegisters & ~others & ~(unsigned{pins_used_} >> kPinned)) != 0 ? others : busy);
}

// Puts a v128.const of the register code into the pool.
void Compiler::set_pool(HoleValues& f, const Code* constant) {
  f.pool[0] = constant[2], f.pool[1] = constant[3], f.wide_pool = true;
}

void Compiler::move_vector(uint16_t slot, VectorLocation from, unsigned reg) {
  if (from.is_register(reg)) return;
  HoleValues f;
  f.a = slot;
  Location l = kSlot;
  if (from.is_constant()) {
    l = kPool;
    set_pool(f, held_vectors_[from.index].constant);
  } else if (from.is_register()) {
    l = in_register(from.index);
  }
  emit(move_id(StencilGroup::kMoveV128, l, in_register(reg)), f);
}

// A vector in some register.
unsigned Compiler::read_vector(const SlotAccess& a, unsigned busy) {
  const VectorLocation from = vector_at(a.slot, a.last());
  if (from.is_register()) return from.index;
  const unsigned reg = free_register(busy);
  move_vector(a.slot, from, reg);
  bool stored = true;
  if (from.is_constant()) {
    stored = held_vectors_[from.index].stored;
    held_mask_ &= static_cast<uint16_t>(~(1u << from.index));
  }
  held_vectors_[reg] = {a.slot, stored, nullptr};
  held_mask_ |= static_cast<uint16_t>(1u << reg);
  return reg;
}

// The register in which to compute the value for `dst`, with the first operand in it. The other operands are in `busy`.
unsigned Compiler::vector_target(const SlotAccess* a, uint16_t dst, unsigned busy) {
  const VectorLocation from = a == nullptr ? VectorLocation{} : vector_at(a->slot, a->last() || a->slot == dst);
  const int pin = pin_of(dst);
  unsigned reg;
  if (pin >= 0) reg = static_cast<unsigned>(pin) - kPinned;
  else if (from.is_register() && pin_of(a->slot) < 0 && (a->last() || a->slot == dst)) return from.index;
  else reg = target_register(busy, from);
  if (a == nullptr) return reg;
  if (!from.is_register(reg) && (busy >> reg & 1)) reg = target_register(busy, from);
  move_vector(a->slot, from, reg);
  return reg;
}

// Vectors that the instruction reads for the last time no longer need a register.
void Compiler::release_vectors(const IrInstr& instr) {
  for (const SlotAccess& a : decoded_.accesses_of(instr)) {
    if (!a.is(RegClass::kV128) || a.written() || !a.last()) continue;
    each_bit(held_mask_, [&](unsigned i) {
      if (held_vectors_[i].slot == a.slot) held_mask_ &= static_cast<uint16_t>(~(1u << i));
    });
  }
}

// The instruction's result is in the register.
void Compiler::wrote_vector(const IrInstr& instr, unsigned reg) {
  release_vectors(instr);
  const SlotAccess& to = decoded_.accesses_of(instr)[instr.accesses - 2u];
  overwrite_vectors(to.slot, 2);
  if (const int pin = pin_of(to.slot); pin >= 0) {
    move_vector(0, VectorLocation::held(reg), static_cast<unsigned>(pin) - kPinned);
    wrote_pin(static_cast<unsigned>(pin));
    return;
  }
  if (to.last()) return;  // the value is not used
  const bool at_once = holds_refs(to.slot);
  if (at_once) emit(move_id(StencilGroup::kMoveV128, in_register(reg), kSlot), {.d = to.slot});
  held_vectors_[reg] = {to.slot, at_once, nullptr};
  held_mask_ |= static_cast<uint16_t>(1u << reg);
}

// Called when slots are about to be written, or have been.
void Compiler::overwrite_vectors(unsigned slot, unsigned n) {
  each_bit(held_mask_, [&](unsigned i) {
    if (held_vectors_[i].slot + 1u >= slot && held_vectors_[i].slot < slot + n)
      held_mask_ &= static_cast<uint16_t>(~(1u << i));
  });
}

// The accesses that are not vectors.
void Compiler::overwrite_vectors(const IrInstr& instr) {
  for (const SlotAccess& a : decoded_.accesses_of(instr)) {
    if (a.is(RegClass::kVecHigh)) return;  // an instruction on vectors does it itself
    if (a.written()) overwrite_vectors(a.slot, 1);
  }
}

// Stores the vectors of the set that are not in their slots yet. They remain held.
void Compiler::store_vectors(uint64_t wanted) {
  each_bit(held_mask_, [&](unsigned i) {
    HeldVector& h = held_vectors_[i];
    if (h.stored || !uses_.wanted(wanted, h.slot)) return;
    h.stored = true;
    HoleValues f;
    f.d = h.slot;
    const bool is_constant = i >= kPinned;
    if (is_constant) set_pool(f, h.constant);
    emit(move_id(StencilGroup::kMoveV128, is_constant ? kPool : in_register(i), kSlot), f);
  });
}

// --- Operations

void Compiler::copy_vector(const IrInstr& instr) {
  const SlotAccess& from = decoded_.accesses_of(instr)[0];
  const auto dst = field<uint16_t>(instr.pc, 0);
  if (dst == from.slot) return;
  wrote_vector(instr, vector_target(&from, dst, 0));
}

void Compiler::set_vector(const IrInstr& instr) {
  const auto dst = field<uint16_t>(instr.pc, 0);
  overwrite_vectors(dst, 2);
  HoleValues f;
  f.d = dst;
  set_pool(f, instr.pc);
  const int pin = pin_of(dst);
  const unsigned room = ~unsigned{held_mask_} & ((1u << kHeldVectors) - 1) & ~kAllRegisters;
  if (pin < 0 && room != 0 && !holds_refs(dst)) {
    const auto i = static_cast<unsigned>(std::countr_zero(room));
    held_vectors_[i] = {dst, false, instr.pc};
    held_mask_ |= static_cast<uint16_t>(1u << i);
    return;
  }
  const Location to = pin < 0 ? kSlot : in_register(static_cast<unsigned>(pin) - kPinned);
  emit(move_id(StencilGroup::kMoveV128, kPool, to), f);
  if (pin >= 0) wrote_pin(static_cast<unsigned>(pin));
}

void Compiler::vector_select(const IrInstr& instr) {
  const auto accesses = decoded_.accesses_of(instr);
  HoleValues f;
  f.c = field<uint16_t>(instr.pc, 6);
  const unsigned b = read_vector(accesses[2], 0);
  const unsigned t = vector_target(&accesses[0], field<uint16_t>(instr.pc, 0), 1u << b);
  const Location condition = location_of(static_cast<uint16_t>(f.c));
  emit(select_id(StencilGroup::kSelectV128, in_register(t), in_register(b), condition), f);
  wrote_vector(instr, t);
}

// `id`: of the first register.
void Compiler::vector_global(const IrInstr& instr, StencilId id, const HoleValues& f, bool get) {
  if (get) {
    const unsigned t = vector_target(nullptr, field<uint16_t>(instr.pc, 0), 0);
    emit(id + t, f);
    wrote_vector(instr, t);
  } else {
    emit(id + read_vector(decoded_.accesses_of(instr)[0], 0), f);
    release_vectors(instr);
  }
}

void Compiler::vector_binary(const IrInstr& instr, const IrInfo& s) {
  const auto accesses = decoded_.accesses_of(instr);
  const SlotAccess *a = &accesses[0], *b = &accesses[2];
  const uint16_t dst = accesses[4].slot;
  const Op op = s.op();
  const bool shuffles = op == Op::i8x16_shuffle;
  VectorLocation a_at = vector_at(a->slot, a->last() || a->slot == dst), b_at = vector_at(b->slot, b->last());
  if (ir::is_commutative(op) && a->slot != b->slot) {
    // The first should be where the result will be, or may remain there; a constant is better as the second.
    auto fits = [&](const SlotAccess& x, VectorLocation at) {
      if (const int pin = pin_of(dst); pin >= 0) return at.is_register(static_cast<unsigned>(pin) - kPinned);
      return at.is_register() && pin_of(x.slot) < 0 && (x.last() || x.slot == dst);
    };
    const bool swap = a_at.is_constant() != b_at.is_constant() ? a_at.is_constant() : !fits(*a, a_at) && fits(*b, b_at);
    if (swap) {
      std::swap(a, b);
      std::swap(a_at, b_at);
    }
  }
  if (shuffles && b_at.is_constant()) b_at = VectorLocation::held(read_vector(*b, a_at.register_mask()));
  const unsigned t = vector_target(a, dst, b_at.register_mask());
  HoleValues f;
  f.b = b->slot;
  f.wide_pool = true;
  Location b_location = kSlot;
  if (b_at.is_constant()) {
    set_pool(f, held_vectors_[b_at.index].constant);
    b_location = kAcc;
  } else if (b_at.is_register()) {
    b_location = in_register(b_at.index);
  }
  if (shuffles) set_pool(f, instr.pc);
  emit(vector_location_id(op, t, b_location), f);
  wrote_vector(instr, t);
}

void Compiler::vector_ternary(const IrInstr& instr, const IrInfo& s) {
  const auto accesses = decoded_.accesses_of(instr);
  const unsigned b = read_vector(accesses[2], 0), c = read_vector(accesses[4], 1u << b);
  const unsigned t = vector_target(&accesses[0], accesses[6].slot, 1u << b | 1u << c);
  emit(vector_ternary_id(s.op(), t, b, c), {});
  wrote_vector(instr, t);
}

// The count of a shift is usually a constant, stored just before it.
bool Compiler::known_count(const IrInstr& instr, uint32_t& count) const {
  const IrInstr& before = (&instr)[-1];
  if (label_of_[instr.at] != 0 || before.code != ir::code_of(IrOp::const32) ||
      field<uint16_t>(before.pc, 0) != field<uint16_t>(instr.pc, 4))
    return false;
  count = field<uint32_t>(before.pc, 4);
  return true;
}

// Whether the value that the instruction stores on the operand stack is only the count of the next shift.
bool Compiler::is_only_count(const IrInstr& instr) const {
  if (current_ + 1 >= decoded_.instrs.size()) return false;
  const IrInstr& next = decoded_.instrs[current_ + 1];
  const IrInfo& s = ir_info(next.code);
  const IrInstr& enter = decoded_.instrs[0];
  const unsigned operand_stack = field<uint16_t>(enter.pc, 0) + unsigned{field<uint16_t>(enter.pc, 2)};
  uint32_t count;
  return s.kind == CodeInfo::kFormed && s.family == Family::kVector &&
         kVectorOps[s.number].shape == VectorShape::kShift && known_count(next, count) &&
         field<uint16_t>(instr.pc, 0) >= operand_stack;
}

void Compiler::vector(const IrInstr& instr, const IrInfo& s) {
  const Op op = s.op();
  const VectorOp& info = kVectorOps[s.number];
  const auto accesses = decoded_.accesses_of(instr);
  HoleValues f;
  f.d = field<uint16_t>(instr.pc, 0);
  f.a = field<uint16_t>(instr.pc, 2);
  f.b = field<uint16_t>(instr.pc, 4);
  const auto dst = static_cast<uint16_t>(f.d);
  const uint32_t lane = ir::unit_count(instr.code) > 2 ? field<uint32_t>(instr.pc, 8) : 0;
  StencilId id = 0;
  unsigned t = 0;
  bool has_vector = true;
  switch (info.shape) {
    case VectorShape::kNone: handler(instr); return;
    case VectorShape::kBinary: vector_binary(instr, s); return;
    case VectorShape::kTernary: vector_ternary(instr, s); return;
    case VectorShape::kUnary:
      t = vector_target(&accesses[0], dst, 0);
      id = vector_id(op, t);
      break;
    case VectorShape::kShift: {
      uint32_t count;
      const bool known = known_count(instr, count);
      const Location by = known ? kImm : location_of(accesses[2].slot);
      t = vector_target(&accesses[0], dst, 0);
      id = known ? vector_shift_by_id(op, t, count & (info.lanes - 1u)) : vector_shift_id(op, t, by);
      break;
    }
    case VectorShape::kSplat: {
      const Location from = location_of(accesses[0].slot);
      t = vector_target(nullptr, dst, 0);
      id = vector_location_id(op, t, from);
      break;
    }
    case VectorShape::kReplace: {
      const Location from = location_of(accesses[2].slot);
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
      const auto offset = field<uint64_t>(instr.pc, 16);
      f.offset = static_cast<uint32_t>(offset);
      if (lane != 0 || offset > INT32_MAX || !code_->guarded ||
          !runtime::offsets::can_be_guarded(module_.memories[0])) {
        handler(instr);  // in that instruction, the field contains the memory
        return;
      }
      const Location address = address_location(false, static_cast<uint16_t>(f.a));
      t = !is_load ? read_vector(accesses[1], 0) : vector_target(of_lane ? &accesses[1] : nullptr, dst, 0);
      emit(of_lane ? vector_replace_id(op, t, address, field<uint32_t>(instr.pc, 12))
                   : vector_location_id(op, t, address),
           f);
      if (is_load) wrote_vector(instr, t);
      else release_vectors(instr);
      return;
    }
  }
  emit(id, f);
  if (has_vector) {
    wrote_vector(instr, t);
    return;
  }
  const RegClass c = result_class(op);
  release_vectors(instr);
  overwrite_vectors(dst, 1);
  wrote_acc(c, result_letter(op) == 'i');
  set_slot_from_acc(dst, c);
}

}  // namespace ermine::baseline
