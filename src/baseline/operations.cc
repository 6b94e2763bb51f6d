// Operations on values, and where values are.
#include <bit>

#include "baseline/compiler.h"
#include "baseline/machine.h"
#include "runtime/instance.h"

namespace ermine::baseline {

using runtime::InstanceContext;
using runtime::Slot;

namespace {

// Moves, selects and the like have one set of stencils a class.
Special of_class(Special integer, Class c) {
  unsigned n = c == Class::kF32 ? 1 : c == Class::kF64 ? 2 : c == Class::kV128 ? 3 : 0;
  return static_cast<Special>(static_cast<unsigned>(integer) + n);
}
unsigned acc_number(Class c) { return c == Class::kF32 ? 1 : c == Class::kF64 ? 2 : 0; }
constexpr Class kAccClass[] = {Class::kInt, Class::kF32, Class::kF64};
unsigned place_of_pin(int pin) { return kReg0 + static_cast<unsigned>(pin) % kPinned; }

}  // namespace

// --- Registers

// Where a slot's value is.
unsigned Compiler::place(uint16_t slot) {
  int pin = pin_of(slot);
  if (pin < 0) return kSlot;
  if (!(valid_ >> pin & 1)) load_pin(static_cast<unsigned>(pin));
  return place_of_pin(pin);
}

unsigned Compiler::acc_place(Class c) {
  uint8_t alias = alias_[acc_number(c)];
  return alias == 0 ? unsigned{kAcc} : place_of_pin(alias - 1);
}

// An accumulator or a pinned register.
bool Compiler::is_narrow(unsigned place) const {
  if (place == kAcc) return acc_narrow_;
  return place >= kReg0 && place < kReg0 + kPinned && (narrow_ >> (place - kReg0) & 1) != 0;
}

unsigned Compiler::address_place(bool acc, uint16_t slot) {
  const unsigned where = acc ? acc_place(Class::kInt) : place(slot);
  if (!machine::kNarrowAddresses || where == kSlot || is_narrow(where)) return where;
  emit(special_id(Special::kMoveNarrow, where * kPlaces + where));
  if (where == kAcc) acc_narrow_ = true;
  else narrow_ |= static_cast<uint16_t>(1u << (where - kReg0));
  return where;
}

void Compiler::load_pin(unsigned pin) {
  const Region::Pin& p = regions_[static_cast<size_t>(region_)].pins[pin];
  const auto bit = static_cast<uint16_t>(1u << pin);
  emit(special_id(p.narrow ? Special::kMoveNarrow : of_class(Special::kMoveInt, p.cls),
                  kSlot * kPlaces + place_of_pin(static_cast<int>(pin))),
       {.a = p.slot});
  valid_ |= bit;
  narrow_ = static_cast<uint16_t>(p.narrow ? narrow_ | bit : narrow_ & ~bit);
}

void Compiler::store_pin(unsigned pin) {
  const Region::Pin& p = regions_[static_cast<size_t>(region_)].pins[pin];
  emit(special_id(of_class(Special::kMoveInt, p.cls), place_of_pin(static_cast<int>(pin)) * kPlaces + kSlot),
       {.d = p.slot});
}

void Compiler::make_valid() {
  for (unsigned missing = used_ & ~unsigned{valid_}; missing != 0; missing &= missing - 1)
    load_pin(static_cast<unsigned>(std::countr_zero(missing)));
}

void Compiler::save_dirty() {
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  for (unsigned dirty = dirty_ & unsigned{valid_}; dirty != 0; dirty &= dirty - 1)
    store_pin(static_cast<unsigned>(std::countr_zero(dirty)));
  dirty_ = 0;
}

void Compiler::lose_registers() {
  valid_ = 0;
  dirty_ = 0;
  narrow_ = 0;
  acc_narrow_ = false;
  alias_ = {};
  held_mask_ = 0;
}

void Compiler::wrote_acc(Class c, bool narrow) {
  alias_[acc_number(c)] = 0;
  if (c == Class::kInt) acc_narrow_ = narrow;
}

void Compiler::settle_acc(unsigned acc) {
  if (alias_[acc] == 0) return;
  if (acc == 0) acc_narrow_ = is_narrow(place_of_pin(alias_[0] - 1));
  emit(special_id(of_class(Special::kMoveInt, kAccClass[acc]), place_of_pin(alias_[acc] - 1) * kPlaces + kAcc));
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
  valid_ |= bit;
  dirty_ |= bit;
  if (!narrow && pin(number).narrow) {  // by an operation that does not know
    const unsigned reg = place_of_pin(static_cast<int>(number));
    emit(special_id(Special::kMoveNarrow, reg * kPlaces + reg));
    narrow = true;
  }
  narrow_ = static_cast<uint16_t>(narrow ? narrow_ | bit : narrow_ & ~bit);
}

void Compiler::move(unsigned from, uint16_t from_slot, unsigned to, uint16_t to_slot, Class c) {
  if (from == to && from != kSlot) return;
  emit(special_id(of_class(Special::kMoveInt, c), from * kPlaces + to), {.a = from_slot, .d = to_slot});
}

// A value in some place to a pin. (Processors that make moves of 64 bits vanish do not do it with those of 32.)
void Compiler::move_to_pin(unsigned from, uint16_t from_slot, unsigned number) {
  const unsigned to = place_of_pin(static_cast<int>(number));
  const bool known = is_narrow(from), narrows = pin(number).narrow && !known;
  if (from != to) {
    emit(special_id(narrows ? Special::kMoveNarrow : of_class(Special::kMoveInt, pin(number).cls), from * kPlaces + to),
         {.a = from_slot});
  }
  wrote_pin(number, known || (narrows && from != to));
}

void Compiler::set_slot_from_acc(uint16_t slot, Class c) {
  unsigned from = acc_place(c);
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
  unsigned from_place = place(src);
  before_write(dst);
  if (to < 0 && from < 0) {
    move(kSlot, src, kSlot, dst, Class::kInt);
  } else if (from < 0) {
    move_to_pin(kSlot, src, static_cast<unsigned>(to));
  } else if (to < 0) {
    move(from_place, src, kSlot, dst, class_of_pin(from));
  } else if ((class_of_pin(to) == Class::kInt) == (class_of_pin(from) == Class::kInt)) {
    move_to_pin(from_place, src, static_cast<unsigned>(to));
  } else {  // from one kind of register to the other, through the slot
    move(from_place, src, kSlot, dst, class_of_pin(from));
    move_to_pin(kSlot, dst, static_cast<unsigned>(to));
  }
}

void Compiler::set_const(uint16_t dst, uint64_t bits) {
  before_write(dst);
  int pin = pin_of(dst);
  Class c = pin < 0 ? Class::kInt : regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
  Fill f;
  f.d = dst;
  f.pool[0] = bits;
  const unsigned to = pin < 0 ? unsigned{kSlot} : place_of_pin(pin);
  const bool narrow = pin >= 0 && this->pin(static_cast<unsigned>(pin)).narrow;
  const Special move = narrow ? Special::kMoveNarrow : of_class(Special::kMoveInt, c);
  auto id = [&](unsigned from) { return special_id(move, from * kPlaces + to); };
  unsigned from = c == Class::kInt ? constant(bits, !narrow, false, f) : unsigned{kPool};
  if (from != kPool && !imm_fits(id(from), f)) from = kPool;
  emit(id(from), f);
  if (pin >= 0) wrote_pin(static_cast<unsigned>(pin), narrow || (machine::kNarrowAddresses && from == kImm));
}

// --- Constants

unsigned Compiler::constant(uint64_t bits, bool is_64, bool is_shift, Fill& f) {
  f.pool[0] = bits;
  f.imm = static_cast<int64_t>(bits);
  if (is_shift) {
    f.imm = static_cast<int64_t>(bits & (is_64 ? 63 : 31));
    return kImm;
  }
  if (!is_64) f.imm = static_cast<int32_t>(bits);
  return machine::constant_place(f.imm, is_64);
}

// Whether the stencil exists and its instructions can hold the constant.
bool Compiler::imm_fits(StencilId id, const Fill& f) const {
  const Stencil& s = table_.stencils[id];
  if (!s.exists) return false;
  for (unsigned i = 0; i < s.holes; ++i) {
    const Hole& h = table_.holes[s.first_hole + i];
    if (h.kind == HoleKind::kImm && !machine::constant_fits(h, f.imm)) return false;
  }
  return true;
}

// --- Operations

// Fills in what a division by a constant needs. False: it is not done by multiplying.
bool Compiler::divides(Op op, uint64_t d, Fill& f) const {
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

void Compiler::binary(const Item& item, const Shape& s) {
  unsigned form = s.form / 2;
  bool to_slot = s.form & 1;
  Op op = s.op();
  char letter = wasm::op_info(op).sig()[0];
  Class c = class_of(letter), rc = result_class(op);
  Fill f;
  f.d = field<uint16_t>(item.pc, 0);
  f.a = field<uint16_t>(item.pc, 2);
  f.b = field<uint16_t>(item.pc, 4);
  f.at = item.at;
  unsigned a = form == ir::kRS || form == ir::kRI ? acc_place(c) : place(static_cast<uint16_t>(f.a));
  unsigned b;
  bool wide = letter == 'l' || letter == 'd';
  if (form == ir::kSI || form == ir::kRI) {
    uint64_t bits = wide ? field<uint64_t>(item.pc, 8) : uint64_t{field<uint32_t>(item.pc, 4)};
    bool traps = wasm::op_info(op).flags & wasm::kMayTrap;
    f.pool[0] = bits;
    b = c == Class::kInt && !traps ? constant(bits, wide, is_shift(op), f) : unsigned{kPool};
    if (is_division(op) && divides(op, bits, f)) b = kImm;
  } else {
    b = form == ir::kSR ? acc_place(c) : place(static_cast<uint16_t>(f.b));
  }
  auto with_constant = [&](auto id_of) {
    StencilId id = id_of(b);
    if ((b == kImm || b == kNeg) && !imm_fits(id, f)) id = id_of(unsigned{kPool});
    return id;
  };
  int pin = to_slot ? pin_of(static_cast<uint16_t>(f.d)) : -1;
  StencilId id;
  bool in_place = false;
  if (pin >= 0 && !ir::is_compare(op)) {
    unsigned reg = place_of_pin(pin);
    if (b == reg && a != reg && ir::is_commutative(op)) {
      std::swap(a, b);
      std::swap(f.a, f.b);
    }
    if (a == reg) {
      in_place = true;
      id = with_constant([&](unsigned last) { return in_place_id(op, reg - kReg0, last); });
    }
  }
  if (!in_place) id = with_constant([&](unsigned last) { return binary_id(op, a, last, to_slot && pin < 0); });
  if (!exists(id)) {
    handler(item);
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

void Compiler::unary(const Item& item, const Shape& s) {
  Class c = param_class(s.op(), 0);
  Fill f;
  f.d = field<uint16_t>(item.pc, 0);
  f.a = field<uint16_t>(item.pc, 2);
  f.at = item.at;
  unsigned from = s.form / 2 == ir::kR ? acc_place(c) : place(static_cast<uint16_t>(f.a));
  result(item, f, s.form & 1, result_class(s.op()), result_letter(s.op()) == 'i',
         [&](unsigned to) { return unary_id(s.op(), from, to); });
}

// Emits a stencil whose result goes to the accumulator, or with `to_slot` to slot d as well or to its register.
template <class IdOf>
void Compiler::result(const Item& item, const Fill& f, bool to_slot, Class c, bool narrow, IdOf id_of) {
  int pin = to_slot ? pin_of(static_cast<uint16_t>(f.d)) : -1;
  StencilId id = id_of(pin >= 0 ? place_of_pin(pin) : to_slot ? unsigned{kSlot} : unsigned{kAcc});
  if (!exists(id)) {
    handler(item);
    return;
  }
  if (pin >= 0) {  // another accumulator may stand for the register
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

void Compiler::load(const Item& item, const Shape& s) {
  Fill f;
  f.d = field<uint16_t>(item.pc, 0);
  f.a = field<uint16_t>(item.pc, 2);
  f.offset = field<uint32_t>(item.pc, 4);
  if (f.offset > INT32_MAX) {
    handler(item);
    return;
  }
  const unsigned address = address_place(s.form / 2 == ir::kR, static_cast<uint16_t>(f.a));
  result(item, f, s.form & 1, result_class(s.op()), result_letter(s.op()) == 'i',
         [&](unsigned to) { return load_id(s.op(), address, to); });
}

void Compiler::store(const Item& item, const Shape& s) {
  unsigned form = s.form;
  Class c = param_class(s.op(), 1);
  Fill f;
  f.a = field<uint16_t>(item.pc, 2);
  f.b = field<uint16_t>(item.pc, 0);
  f.offset = field<uint32_t>(item.pc, 4);
  if (f.offset > INT32_MAX) {
    handler(item);
    return;
  }
  bool acc_address = form == ir::kStoreRS || form == ir::kStoreRR || form == ir::kStoreRI;
  const unsigned address = address_place(acc_address, static_cast<uint16_t>(f.a));
  unsigned value;
  if (form == ir::kStoreSI || form == ir::kStoreRI) {
    f.imm = field<int16_t>(item.pc, 0);
    value = machine::kNegativeForms && f.imm < 0 ? kNeg : kImm;
  } else {
    value = form == ir::kStoreSR || form == ir::kStoreRR ? acc_place(c) : place(static_cast<uint16_t>(f.b));
  }
  StencilId id = store_id(s.op(), address, value);
  if (!exists(id)) handler(item);
  else emit(id, f);
}

void Compiler::select(const Item& item, unsigned form, Class c) {
  Fill f;
  f.d = field<uint16_t>(item.pc, 0);
  f.a = field<uint16_t>(item.pc, 2);
  f.b = field<uint16_t>(item.pc, 4);
  f.c = field<uint16_t>(item.pc, 6);
  unsigned condition = form & 2 ? acc_place(Class::kInt) : place(static_cast<uint16_t>(f.c));
  unsigned a = place(static_cast<uint16_t>(f.a)), b = place(static_cast<uint16_t>(f.b));
  emit(special_id(of_class(Special::kSelectInt, c), (a * kPlaces + b) * kPlaces + condition), f);
  wrote_acc(c, false);
  if (form & 1) set_slot_from_acc(static_cast<uint16_t>(f.d), c);
}

void Compiler::global(const Item& item, bool get, bool to_slot, bool acc, Class c) {
  auto index = field<uint32_t>(item.pc, 4);
  bool own = index >= module_.imported_globals;
  Fill f;
  if (own) {
    // Where runtime/instance.cc puts them.
    constexpr uint32_t kCells = (sizeof(InstanceContext) + 15) / 16 * 16;
    f.offset = kCells + 16 * (index - module_.imported_globals);
  } else {
    f.offset = index * static_cast<uint32_t>(sizeof(Slot*));
  }
  if (c == Class::kV128) {
    vector_global(item, special_id(get ? Special::kGlobalV128 : Special::kSetGlobalV128, own * kPlaces + kReg0), f,
                  get);
    return;
  }
  if (get) {
    f.d = field<uint16_t>(item.pc, 0);
    result(item, f, to_slot, c, false,
           [&](unsigned to) { return special_id(of_class(Special::kGlobalInt, c), own * kPlaces + to); });
    return;
  }
  f.a = field<uint16_t>(item.pc, 0);
  unsigned from;
  if (acc) {
    from = acc_place(c);
  } else {
    int pin = pin_of(static_cast<uint16_t>(f.a));
    if (pin >= 0) c = regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
    from = place(static_cast<uint16_t>(f.a));
  }
  emit(special_id(of_class(Special::kSetGlobalInt, c), own * kPlaces + from), f);
}

void Compiler::returns(Class c, unsigned from, uint16_t slot) {
  if (c == Class::kV128) failed_ = true;  // results of that class go through the frame, and have no stencil
  else emit(special_id(of_class(Special::kReturnInt, c), from), {.a = slot});
}

}  // namespace ermine::baseline
