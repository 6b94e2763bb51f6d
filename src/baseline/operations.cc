// Operations on values, and locations of values.
#include <bit>

#include "baseline/compiler.h"
#include "baseline/machine.h"
#include "runtime/instance.h"

namespace ermine::baseline {

using runtime::InstanceContext;
using runtime::Slot;

namespace {

// Moves, selects and similar operations have one set of stencils per class.
StencilGroup of_class(StencilGroup integer, RegClass c) {
  unsigned n = c == RegClass::kF32 ? 1 : c == RegClass::kF64 ? 2 : c == RegClass::kV128 ? 3 : 0;
  return static_cast<StencilGroup>(static_cast<unsigned>(integer) + n);
}
unsigned acc_number(RegClass c) { return c == RegClass::kF32 ? 1 : c == RegClass::kF64 ? 2 : 0; }
constexpr RegClass kAccClass[] = {RegClass::kInt, RegClass::kF32, RegClass::kF64};
Location location_of_pin(int pin) { return in_register(static_cast<unsigned>(pin) % kPinned); }

}  // namespace

// --- Registers

// The location of a slot's value.
Location Compiler::location_of(uint16_t slot) {
  int pin = pin_of(slot);
  if (pin < 0) return kSlot;
  if (!(pins_valid_ >> pin & 1)) load_pin(static_cast<unsigned>(pin));
  return location_of_pin(pin);
}

Location Compiler::acc_location(RegClass c) {
  uint8_t alias = alias_[acc_number(c)];
  if (alias != 0) return location_of_pin(alias - 1);
  read_acc(acc_number(c));
  return kAcc;
}

// An accumulator or a pinned register.
bool Compiler::is_narrow(Location l) const {
  if (l == kAcc) return acc_narrow_;
  return is_register(l) && (pins_narrow_ >> register_of(l) & 1) != 0;
}

Location Compiler::address_location(bool acc, uint16_t slot) {
  const Location l = acc ? acc_location(RegClass::kInt) : location_of(slot);
  if (!machine::kNarrowAddresses || l == kSlot || is_narrow(l)) return l;
  emit(move_id(StencilGroup::kMoveNarrow, l, l));
  if (l == kAcc) acc_narrow_ = true;
  else pins_narrow_ |= static_cast<uint16_t>(1u << register_of(l));
  return l;
}

void Compiler::load_pin(unsigned pin) {
  const Region::Pin& p = regions_[static_cast<size_t>(region_)].pins[pin];
  const auto bit = static_cast<uint16_t>(1u << pin);
  emit(move_id(p.narrow ? StencilGroup::kMoveNarrow : of_class(StencilGroup::kMoveInt, p.cls), kSlot,
               location_of_pin(static_cast<int>(pin))),
       {.a = p.slot});
  pins_valid_ |= bit;
  pins_narrow_ = static_cast<uint16_t>(p.narrow ? pins_narrow_ | bit : pins_narrow_ & ~bit);
}

void Compiler::store_pin(unsigned pin) {
  const Region::Pin& p = regions_[static_cast<size_t>(region_)].pins[pin];
  emit(move_id(of_class(StencilGroup::kMoveInt, p.cls), location_of_pin(static_cast<int>(pin)), kSlot), {.d = p.slot});
}

void Compiler::make_valid() {
  for (unsigned missing = pins_used_ & ~unsigned{pins_valid_}; missing != 0; missing &= missing - 1)
    load_pin(static_cast<unsigned>(std::countr_zero(missing)));
}

void Compiler::save_dirty() {
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  for (unsigned dirty = pins_dirty_ & unsigned{pins_valid_}; dirty != 0; dirty &= dirty - 1)
    store_pin(static_cast<unsigned>(std::countr_zero(dirty)));
  pins_dirty_ = 0;
}

void Compiler::invalidate_registers() {
  pins_valid_ = 0;
  pins_dirty_ = 0;
  pins_narrow_ = 0;
  acc_narrow_ = false;
  alias_ = {};
  held_mask_ = 0;
  acc_label_.fill(kNone);  // one has a result
}

void Compiler::wrote_acc(RegClass c, bool narrow) {
  alias_[acc_number(c)] = 0;
  acc_label_[acc_number(c)] = kNone;
  if (c == RegClass::kInt) acc_narrow_ = narrow;
}

void Compiler::settle_acc(unsigned acc) {
  if (alias_[acc] == 0) return;
  if (acc == 0) acc_narrow_ = is_narrow(location_of_pin(alias_[0] - 1));
  acc_label_[acc] = kNone;
  emit(move_id(of_class(StencilGroup::kMoveInt, kAccClass[acc]), location_of_pin(alias_[acc] - 1), kAcc));
  alias_[acc] = 0;
}

void Compiler::settle_accs() {
  for (unsigned acc = 0; acc < 3; ++acc) settle_acc(acc);
}

void Compiler::before_write(uint16_t slot) {
  int pin = pin_of(slot);
  if (pin < 0) return;
  for (unsigned acc = 0; acc < 3; ++acc)
    if (alias_[acc] == pin + 1) settle_acc(acc);
}

void Compiler::wrote_pin(unsigned number, bool narrow) {
  const auto bit = static_cast<uint16_t>(1u << number);
  pins_valid_ |= bit;
  pins_dirty_ |= bit;
  if (!narrow && pin(number).narrow) {  // by an operation that does not guarantee it
    const Location reg = location_of_pin(static_cast<int>(number));
    emit(move_id(StencilGroup::kMoveNarrow, reg, reg));
    narrow = true;
  }
  pins_narrow_ = static_cast<uint16_t>(narrow ? pins_narrow_ | bit : pins_narrow_ & ~bit);
}

void Compiler::move(Location from, uint16_t from_slot, Location to, uint16_t to_slot, RegClass c) {
  if (from == to && from != kSlot) return;
  emit(move_id(of_class(StencilGroup::kMoveInt, c), from, to), {.a = from_slot, .d = to_slot});
}

// Moves a value from some location to a pin. (Processors that eliminate 64-bit moves do not eliminate 32-bit ones.)
void Compiler::move_to_pin(Location from, uint16_t from_slot, unsigned number) {
  const Location to = location_of_pin(static_cast<int>(number));
  const bool known = is_narrow(from), narrows = pin(number).narrow && !known;
  if (from != to) {
    emit(move_id(narrows ? StencilGroup::kMoveNarrow : of_class(StencilGroup::kMoveInt, pin(number).cls), from, to),
         {.a = from_slot});
  }
  wrote_pin(number, known || (narrows && from != to));
}

void Compiler::set_slot_from_acc(uint16_t slot, RegClass c) {
  const Location from = acc_location(c);
  int pin = pin_of(slot);
  if (pin >= 0 && alias_[acc_number(c)] == pin + 1) return;  // it is there
  before_write(slot);
  if (pin < 0) move(from, 0, kSlot, slot, c);
  else move_to_pin(from, 0, static_cast<unsigned>(pin));
}

void Compiler::copy(uint16_t dst, uint16_t src) {
  if (dst == src) return;
  int to = pin_of(dst), from = pin_of(src);
  auto class_of_pin = [this](int pin) {
    return regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
  };
  const Location from_location = location_of(src);
  before_write(dst);
  if (to < 0 && from < 0) {
    move(kSlot, src, kSlot, dst, RegClass::kInt);
  } else if (from < 0) {
    move_to_pin(kSlot, src, static_cast<unsigned>(to));
  } else if (to < 0) {
    move(from_location, src, kSlot, dst, class_of_pin(from));
  } else if ((class_of_pin(to) == RegClass::kInt) == (class_of_pin(from) == RegClass::kInt)) {
    move_to_pin(from_location, src, static_cast<unsigned>(to));
  } else {  // from one kind of register to the other, through the slot
    move(from_location, src, kSlot, dst, class_of_pin(from));
    move_to_pin(kSlot, dst, static_cast<unsigned>(to));
  }
}

void Compiler::set_const(uint16_t dst, uint64_t bits) {
  before_write(dst);
  int pin = pin_of(dst);
  RegClass c = pin < 0 ? RegClass::kInt : regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
  HoleValues f;
  f.d = dst;
  f.pool[0] = bits;
  const Location to = pin < 0 ? kSlot : location_of_pin(pin);
  const bool narrow = pin >= 0 && this->pin(static_cast<unsigned>(pin)).narrow;
  const StencilGroup move = narrow ? StencilGroup::kMoveNarrow : of_class(StencilGroup::kMoveInt, c);
  auto id = [&](Location from) { return move_id(move, from, to); };
  Location from = c == RegClass::kInt ? constant(bits, !narrow, false, f) : kPool;
  if (from != kPool && !imm_fits(id(from), f)) from = kPool;
  emit(id(from), f);
  if (pin >= 0) wrote_pin(static_cast<unsigned>(pin), narrow || (machine::kNarrowAddresses && from == kImm));
}

// --- Constants

Location Compiler::constant(uint64_t bits, bool is_64, bool is_shift, HoleValues& f) {
  f.pool[0] = bits;
  f.imm = static_cast<int64_t>(bits);
  if (is_shift) {
    f.imm = static_cast<int64_t>(bits & (is_64 ? 63 : 31));
    return kImm;
  }
  if (!is_64) f.imm = static_cast<int32_t>(bits);
  return machine::constant_location(f.imm, is_64);
}

// Whether the stencil exists and its instructions can hold the constant.
bool Compiler::imm_fits(StencilId id, const HoleValues& f) const {
  const Stencil& s = table_.stencils[id];
  if (!s.exists) return false;
  for (unsigned i = 0; i < s.holes; ++i) {
    const Hole& h = table_.holes[s.first_hole + i];
    if (h.kind == HoleKind::kImm && !machine::constant_fits(h, f.imm)) return false;
  }
  return true;
}

// --- Operations

// Sets the hole values of a division by a constant. False: it is not done by multiplying.
bool Compiler::set_divisor(Op op, uint64_t d, HoleValues& f) const {
  const bool wide = wasm::op_info(op).sig()[0] == 'l';
  const bool negative = wide ? static_cast<int64_t>(d) < 0 : static_cast<int32_t>(d) < 0;
  if (!wide) d = static_cast<uint32_t>(d);
  if (d < 2 || (negative && is_signed_division(op))) return false;
  if (wide) {
    const unsigned bits = 64 - static_cast<unsigned>(std::countl_zero(d - 1));  // 2^bits is the next power of two
    const unsigned __int128 power = bits == 64 ? 0 : static_cast<unsigned __int128>(1) << bits;
    const auto over = static_cast<uint64_t>(power - d);
    f.pool[0] = static_cast<uint64_t>((static_cast<unsigned __int128>(over) << 64) / d) + 1;
    f.count = bits - 1;
  } else {
    f.pool[0] = ~uint64_t{0} / d + 1;
  }
  f.pool[1] = d;
  f.wide_pool = true;
  return true;
}

void Compiler::binary(const IrInstr& instr, const IrInfo& s) {
  unsigned form = s.form / 2;
  bool to_slot = s.form & 1;
  Op op = s.op();
  char letter = wasm::op_info(op).sig()[0];
  RegClass c = class_of(letter), rc = result_class(op);
  HoleValues f;
  f.d = field<uint16_t>(instr.pc, 0);
  f.a = field<uint16_t>(instr.pc, 2);
  f.b = field<uint16_t>(instr.pc, 4);
  f.at = instr.at;
  Location a = form == ir::kAccSlot || form == ir::kAccImm ? acc_location(c) : location_of(static_cast<uint16_t>(f.a));
  Location b;
  bool wide = letter == 'l' || letter == 'd';
  if (form == ir::kSlotImm || form == ir::kAccImm) {
    uint64_t bits = wide ? field<uint64_t>(instr.pc, 8) : uint64_t{field<uint32_t>(instr.pc, 4)};
    bool traps = wasm::op_info(op).flags & wasm::kMayTrap;
    f.pool[0] = bits;
    b = c == RegClass::kInt && !traps ? constant(bits, wide, is_shift(op), f) : kPool;
    if (is_division(op) && set_divisor(op, bits, f)) b = kImm;
  } else {
    b = form == ir::kSlotAcc ? acc_location(c) : location_of(static_cast<uint16_t>(f.b));
  }
  auto with_constant = [&](auto id_of) {
    StencilId id = id_of(b);
    if (is_immediate(b) && !imm_fits(id, f)) id = id_of(kPool);
    return id;
  };
  int pin = to_slot ? pin_of(static_cast<uint16_t>(f.d)) : -1;
  StencilId id;
  bool in_place = false;
  if (pin >= 0 && !ir::is_compare(op)) {
    const Location reg = location_of_pin(pin);
    if (b == reg && a != reg && ir::is_commutative(op)) {
      std::swap(a, b);
      std::swap(f.a, f.b);
    }
    if (a == reg) {
      in_place = true;
      id = with_constant([&](Location last) { return in_place_id(op, register_of(reg), last); });
    }
  }
  if (!in_place) {
    exchange(op, a, b, f);
    id = with_constant([&](Location last) { return binary_id(op, a, last, to_slot && pin < 0); });
  }
  if (!exists(id)) {
    handler(instr);
    return;
  }
  emit(id, f);
  const bool narrow = result_letter(op) == 'i';
  if (in_place) {
    wrote_pin(static_cast<unsigned>(pin), narrow);
    alias_[acc_number(rc)] = static_cast<uint8_t>(pin + 1);
    return;
  }
  wrote_acc(rc, narrow);
  if (pin >= 0) set_slot_from_acc(static_cast<uint16_t>(f.d), rc);
}

// If the operation has no stencil for these locations: the same with the operands exchanged.
void Compiler::exchange(Op& op, Location& a, Location& b, HoleValues& f) {
  if (!is_exchanged(op, a, b)) return;
  op = ir::op_traits(op).with_operands_exchanged;
  std::swap(a, b);
  std::swap(f.a, f.b);
}

void Compiler::unary(const IrInstr& instr, const IrInfo& s) {
  RegClass c = param_class(s.op(), 0);
  HoleValues f;
  f.d = field<uint16_t>(instr.pc, 0);
  f.a = field<uint16_t>(instr.pc, 2);
  f.at = instr.at;
  const Location from = s.form / 2 == ir::kAccForm ? acc_location(c) : location_of(static_cast<uint16_t>(f.a));
  result(instr, f, s.form & 1, result_class(s.op()), result_letter(s.op()) == 'i',
         [&](Location to) { return unary_id(s.op(), from, to); });
}

// Emits a stencil whose result goes to the accumulator; with `to_slot`, to slot d or its register as well.
template <class IdOf>
void Compiler::result(const IrInstr& instr, const HoleValues& f, bool to_slot, RegClass c, bool narrow, IdOf id_of) {
  int pin = to_slot ? pin_of(static_cast<uint16_t>(f.d)) : -1;
  StencilId id = id_of(pin >= 0 ? location_of_pin(pin) : to_slot ? kSlot : kAcc);
  if (!exists(id)) {
    handler(instr);
    return;
  }
  if (pin >= 0) {  // another accumulator may be an alias of the register
    for (unsigned acc = 0; acc < 3; ++acc)
      if (acc != acc_number(c) && alias_[acc] == pin + 1) settle_acc(acc);
  }
  emit(id, f);
  if (pin < 0) {
    wrote_acc(c, narrow);
    return;
  }
  alias_[acc_number(c)] = static_cast<uint8_t>(pin + 1);
  wrote_pin(static_cast<unsigned>(pin), narrow);
}

void Compiler::load(const IrInstr& instr, const IrInfo& s) {
  HoleValues f;
  f.d = field<uint16_t>(instr.pc, 0);
  f.a = field<uint16_t>(instr.pc, 2);
  f.offset = field<uint32_t>(instr.pc, 4);
  if (f.offset > INT32_MAX) {
    handler(instr);
    return;
  }
  const Location address = address_location(s.form / 2 == ir::kAccForm, static_cast<uint16_t>(f.a));
  result(instr, f, s.form & 1, result_class(s.op()), result_letter(s.op()) == 'i',
         [&](Location to) { return load_id(s.op(), address, to); });
}

void Compiler::store(const IrInstr& instr, const IrInfo& s) {
  unsigned form = s.form;
  RegClass c = param_class(s.op(), 1);
  HoleValues f;
  f.a = field<uint16_t>(instr.pc, 2);
  f.b = field<uint16_t>(instr.pc, 0);
  f.offset = field<uint32_t>(instr.pc, 4);
  if (f.offset > INT32_MAX) {
    handler(instr);
    return;
  }
  bool acc_address = form == ir::kStoreAccSlot || form == ir::kStoreAccAcc || form == ir::kStoreAccImm;
  const Location address = address_location(acc_address, static_cast<uint16_t>(f.a));
  Location value;
  if (form == ir::kStoreSlotImm || form == ir::kStoreAccImm) {
    f.imm = field<int16_t>(instr.pc, 0);
    value = machine::kNegativeForms && f.imm < 0 ? kNeg : kImm;
  } else {
    value = form == ir::kStoreSlotAcc || form == ir::kStoreAccAcc ? acc_location(c)
                                                                  : location_of(static_cast<uint16_t>(f.b));
  }
  StencilId id = store_id(s.op(), address, value);
  if (!exists(id)) handler(instr);
  else emit(id, f);
}

void Compiler::select(const IrInstr& instr, unsigned form, RegClass c) {
  HoleValues f;
  f.d = field<uint16_t>(instr.pc, 0);
  f.a = field<uint16_t>(instr.pc, 2);
  f.b = field<uint16_t>(instr.pc, 4);
  f.c = field<uint16_t>(instr.pc, 6);
  const Location condition = form & 2 ? acc_location(RegClass::kInt) : location_of(static_cast<uint16_t>(f.c));
  const Location a = location_of(static_cast<uint16_t>(f.a)), b = location_of(static_cast<uint16_t>(f.b));
  emit(select_id(of_class(StencilGroup::kSelectInt, c), a, b, condition), f);
  wrote_acc(c, false);
  if (form & 1) set_slot_from_acc(static_cast<uint16_t>(f.d), c);
}

void Compiler::global(const IrInstr& instr, bool get, bool to_slot, bool acc, RegClass c) {
  auto index = field<uint32_t>(instr.pc, 4);
  bool own = index >= module_.imported_globals;
  HoleValues f;
  if (own) {
    // The order in which runtime/instance.cc allocates them.
    constexpr uint32_t kCells = (sizeof(InstanceContext) + 15) / 16 * 16;
    f.offset = kCells + 16 * (index - module_.imported_globals);
  } else {
    f.offset = index * static_cast<uint32_t>(sizeof(Slot*));
  }
  if (c == RegClass::kV128) {
    vector_global(instr, global_id(get ? StencilGroup::kGlobalV128 : StencilGroup::kSetGlobalV128, own, kReg0), f, get);
    return;
  }
  if (get) {
    f.d = field<uint16_t>(instr.pc, 0);
    result(instr, f, to_slot, c, false,
           [&](Location to) { return global_id(of_class(StencilGroup::kGlobalInt, c), own, to); });
    return;
  }
  f.a = field<uint16_t>(instr.pc, 0);
  Location from;
  if (acc) {
    from = acc_location(c);
  } else {
    int pin = pin_of(static_cast<uint16_t>(f.a));
    if (pin >= 0) c = regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
    from = location_of(static_cast<uint16_t>(f.a));
  }
  emit(global_id(of_class(StencilGroup::kSetGlobalInt, c), own, from), f);
}

void Compiler::returns(RegClass c, Location from, uint16_t slot) {
  if (c == RegClass::kV128) failed_ = true;  // results of that class go through the frame, and have no stencil
  else emit(group_id(of_class(StencilGroup::kReturnInt, c), from), {.a = slot});
}

}  // namespace ermine::baseline
