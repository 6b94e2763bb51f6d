// Copies stencils, and emits code out of line and the data after the code.
#include <cstring>

#include "baseline/compiler.h"
#include "baseline/machine.h"

namespace ermine::baseline {

namespace {
template <class T>
void put(uint8_t* at, T v) {
  std::memcpy(at, &v, sizeof v);
}
}  // namespace

void Compiler::reserve(size_t more) {
  if (size_ + more <= out_.size()) return;
  out_.resize((size_ + more) * 2 + 4096);
}

void Compiler::emit(StencilId id, const HoleValues& f) {
  const Stencil& s = table_.stencils[id];
  if (!s.exists) {
    failed_ = true;
    return;
  }
  // The commonest holes contain a number and an addend.
  uint32_t numbers[6];
  static_assert(static_cast<unsigned>(HoleKind::kCount) == 5);
  const uint32_t slots[] = {f.a, f.b, f.c, f.d};
  for (unsigned i = 0; i < 4; ++i) numbers[i] = static_cast<uint32_t>(slots[i] * sizeof(runtime::Slot));
  numbers[4] = f.offset;
  numbers[5] = f.count;
  const Hole *const first = &table_.holes[s.first_hole], *const end = first + s.holes;
  const uint32_t begin = here();
  unsigned based = 0;  // kinds of operands with a base register of their own
  if constexpr (machine::kFarOperands) based = emit_bases(s, numbers);
  reserve(s.size + 16u);
  uint32_t start = here();
  if (describe_) [[unlikely]]
    pieces_.push_back({begin, based != 0 || long_branches_ ? verify::Piece::kNoKey : id, at_});
  uint8_t* code = out_.data() + start;
  const uint8_t* from = table_.code + s.code;
  std::memcpy(code, from, 16);
  if (s.size > 16) std::memcpy(code + 16, from + 16, s.size - 16u);
  size_ += s.size;
  for (const Hole* hole = first; hole != end; ++hole) {
    const Hole& h = *hole;
    uint8_t* at = code + h.at;
    auto fixup = [&](FixupKind kind, uint32_t target, int32_t addend) {
      fixups_.push_back({start + h.at, kind, static_cast<uint8_t>(h.patch()), target, addend});
    };
    if (h.kind <= HoleKind::kCount) [[likely]] {
      const auto kind = static_cast<unsigned>(h.kind);
      if constexpr (machine::kFarOperands)
        if (based >> kind & 1) machine::set_base(at, kind);
      machine::put_number(at, h.patch(), numbers[kind] + static_cast<uint32_t>(h.addend));
      continue;
    }
    switch (h.kind) {
      case HoleKind::kSlotA:
      case HoleKind::kSlotB:
      case HoleKind::kSlotC:
      case HoleKind::kSlotD:
      case HoleKind::kOffset:
      case HoleKind::kCount: break;  // above
      case HoleKind::kImm: machine::put_constant(at, h, f.imm); break;
      case HoleKind::kPool: fixup(FixupKind::kData, pool(f.pool, f.wide_pool), h.addend); break;
      case HoleKind::kData: {
        uint64_t value[2];
        std::memcpy(value, table_.constants[h.addend], 16);
        fixup(FixupKind::kData, pool(value, true), 0);
        break;
      }
      case HoleKind::kNext: machine::put_distance(at, h.patch(), s.size - h.at); break;
      case HoleKind::kTaken: fixup(FixupKind::kLabel, f.taken, 0); break;
      case HoleKind::kTrap: {
        const Stub stub{.kind = f.fails ? Stub::kFail : Stub::kTrap, .at = f.at};
        fixup(FixupKind::kLabel, kStubTarget | add_stub(stub), 0);
        break;
      }
      case HoleKind::kRecord: fixup(FixupKind::kData, f.record, h.addend); break;
      case HoleKind::kCallTable: fixup(FixupKind::kCallTable, f.callee, h.addend); break;
      case HoleKind::kPc:
        if (f.pc > machine::kHighestAddress) failed_ = true;
        machine::put_pc(at, h.patch(), f.pc);
        break;
    }
  }
  if constexpr (machine::kFarOperands)
    if (long_branches_) lengthen_branches(first, end, start);
}

constexpr verify::RegisterSet acc_bit(unsigned acc) {
  return acc == 0 ? verify::RegisterSet{1} << machine::kAccRegister : verify::vector_bit(acc - 1);
}

// The registers of pins that are valid, if code is described.
verify::RegisterSet Compiler::valid_registers() const {
  verify::RegisterSet registers = 0;
  for (unsigned pin = 0; pin < 2 * kPinned && describe_; ++pin) {
    if (!(pins_valid_ >> pin & 1)) continue;
    registers |= pin < kPinned ? verify::RegisterSet{1} << machine::kPinRegisters[pin]
                               : verify::vector_bit(machine::kFloatAccs + pin - kPinned);
  }
  return registers;
}

void Compiler::describe_label(verify::RegisterSet own, bool checked, bool native) {
  if (!describe_) return;
  uint32_t narrow = 0;
  // Elsewhere accesses extend their index, and nothing relies on it.
  for (unsigned pin = 0; pin < kPinned && machine::kNarrowAddresses; ++pin)
    if (pins_narrow_ >> pin & 1) narrow |= 1u << machine::kPinRegisters[pin];
  if (!verify_labels_.empty() && verify_labels_.back().offset == here()) {
    verify_labels_.back().narrow &= narrow;
    verify_labels_.back().own &= own;
    verify_labels_.back().checked = verify_labels_.back().checked && checked;
    verify_labels_.back().native = verify_labels_.back().native && native;
  } else {
    verify_labels_.push_back({here(), narrow, own, checked, native});
  }
}

void Compiler::describe_return() { describe_label(valid_registers() | acc_bit(0) | acc_bit(1) | acc_bit(2)); }

// An accumulator is used, and so must be the function's own value since it was written.
void Compiler::read_acc(unsigned acc) {
  for (uint32_t& label = acc_label_[acc]; label != kNone; label = acc_before_[label][acc])
    verify_labels_[label].own |= acc_bit(acc);
}

uint32_t Compiler::add_stub(Stub s) {
  stubs_.push_back(s);
  return static_cast<uint32_t>(stubs_.size() - 1);
}

void Compiler::emit_stubs() {
  // Code that enters inside a region, from the interpreter or at a catch, has all values in the slots.
  size_t r = 0;
  for (uint32_t index : entered_) {
    while (r < regions_.size() && regions_[r].end <= index) ++r;
    if (r == regions_.size()) break;
    Label& m = label_at(index);
    if (index > regions_[r].start && m.position != kNone)
      m.stub = add_stub({.kind = Stub::kEnter, .at = index, .target = index, .region = static_cast<int>(r)});
  }
  for (size_t i = 0; i < stubs_.size(); ++i) {  // may grow
    Stub s = stubs_[i];
    stubs_[i].position = here();
    if (want_positions_) positions_.push_back({here(), s.at});
    at_ = s.at;
    pins_narrow_ = 0;
    // Reached before the frame and the native stack have been checked.
    const bool enters = s.kind == Stub::kEntry || (s.kind == Stub::kHandler && s.code == ir::code_of(IrOp::enter));
    describe_label(~verify::RegisterSet{0}, !enters, !enters);
    region_ = s.region;
    auto each_pin = [&](uint16_t mask, auto f) {
      for (unsigned p = 0; p < 2 * kPinned; ++p)
        if (mask >> p & 1) f(p);
    };
    uint16_t used = 0;
    if (region_ >= 0)
      for (unsigned p = 0; p < 2 * kPinned; ++p)
        if (regions_[static_cast<size_t>(region_)].pins[p].cls != RegClass::kNone)
          used |= static_cast<uint16_t>(1u << p);
    HoleValues f;
    switch (s.kind) {
      case Stub::kTrap:
      case Stub::kFail:
        f.pc = reinterpret_cast<uint64_t>(&code_->code[s.at]);
        f.pool[0] = reinterpret_cast<uint64_t>(s.kind == Stub::kTrap ? host_.trap_handler : host_.fail_handler);
        emit(control_id(ControlStencil::kTrapSite), f);
        break;
      case Stub::kLeave:
        each_pin(s.dirty, [this](unsigned p) { store_pin(p); });
        f.taken = s.target;
        emit(control_id(ControlStencil::kJump), f);
        break;
      case Stub::kHandler: {
        each_pin(s.dirty, [this](unsigned p) { store_pin(p); });
        // Polls and samples have no operands; in place of a loop's operands is its counter, which changes while the
        // function is compiled.
        static constexpr Code kNoOperands[2] = {};
        const bool has_none = s.code == ir::code_of(IrOp::poll) || s.code == ir::code_of(IrOp::sample);
        emit_call_out(s.code, has_none ? kNoOperands : &code_->code[s.at], ir::unit_count(s.code), s.at, kNone);
        each_pin(used, [this](unsigned p) { load_pin(p); });
        f.taken = kOffsetTarget | s.target;
        emit(control_id(ControlStencil::kJump), f);
        break;
      }
      case Stub::kCall: emit_call_out(s.code, &code_->code[s.at], ir::unit_count(s.code), s.at, s.target); break;
      case Stub::kEntry:
        f.taken = s.target;
        emit(control_id(ControlStencil::kEnterNative), f);
        f.taken = kOffsetTarget | 0;
        emit(control_id(ControlStencil::kJump), f);
        break;
      case Stub::kEnter: {
        each_pin(used, [this](unsigned p) { load_pin(p); });
        f.taken = s.target;
        emit(control_id(ControlStencil::kJump), f);
        break;
      }
    }
  }
  region_ = -1;
}

uint32_t Compiler::emit_call_out(OpCode code, const Code* operands, unsigned units, uint32_t at, uint32_t next,
                                 unsigned more) {
  uint32_t offset = data(8 * (size_t{units} + 2 + more), 8);
  uint8_t* p = data_.data() + offset;
  put<uint64_t>(p, at);
  put<uint64_t>(p + 8, reinterpret_cast<uint64_t>((*host_.handlers)[code]));
  ir::copy_operands(code, operands, units, p + 16);
  HoleValues f;
  f.record = offset + 8;
  emit(control_id(ControlStencil::kCallOut), f);
  units_.push_back({offset + 8 + 8 * units, next == kNone ? here() : next});
  return offset + 8;
}

uint32_t Compiler::data(size_t size, size_t align) {
  size_t at = (data_.size() + align - 1) / align * align;
  data_.resize(at + size);
  return static_cast<uint32_t>(at);
}

// Equal constants of one function are stored once (the last few are compared).
uint32_t Compiler::pool(const uint64_t* value, bool wide) {
  size_t n = pool_index_.size();
  for (size_t i = n; i-- > (n > 16 ? n - 16 : 0);) {
    const PoolEntry& e = pool_index_[i];
    if (e.value[0] == value[0] && e.wide == wide && (!wide || e.value[1] == value[1])) return e.offset;
  }
  uint32_t at = data(wide ? 16 : 8, wide ? 16 : 8);
  std::memcpy(data_.data() + at, value, wide ? 16 : 8);
  pool_index_.push_back({{value[0], value[1]}, at, wide});
  return at;
}

// Fills the holes that depend on the address of the code.
bool Compiler::is_for_link(const Fixup& fixup) {
  return fixup.kind == FixupKind::kCallTable || (machine::kDataAtLink && fixup.kind == FixupKind::kData);
}

void Compiler::finish() {
  code_size_ = here();
  if (describe_) {
    spills_.assign(pin_of_slot_.size() / 64 + 1, 0);
    auto spill = [this](uint16_t slot) { spills_[slot / 64] |= uint64_t{1} << (slot % 64); };
    for (const Region& r : regions_)
      for (const Region::Pin& p : r.pins)
        if (p.cls != RegClass::kNone) spill(p.slot);
    if (decoded_.has_vectors)
      for (const IrInstr& it : decoded_.instrs)
        for (const SlotAccess& a : decoded_.accesses_of(it))
          if (a.is(RegClass::kV128) || a.is(RegClass::kVecHigh)) spill(a.slot);
  }
  data_start_ = (code_size_ + 15) & ~15u;
  auto unit_for = [this](uint32_t position) {
    uint32_t at = data(8, 8);
    units_.push_back({at, position});
    return data_start_ + at;
  };
  entries_.push_back({0, unit_for(entry_stub_ == kNone ? 0 : stubs_[entry_stub_].position)});
  for (uint32_t index : entered_) {
    const Label& m = label_at(index);
    if (m.position == kNone) continue;
    entries_.push_back({index, unit_for(m.stub != kNone ? stubs_[m.stub].position : m.position)});
  }
  auto target_of = [this](uint32_t target) {
    if (target & kStubTarget) return stubs_[target & ~kStubTarget].position;
    if (target & kOffsetTarget) return target & ~kOffsetTarget;
    if (target & kInnerTarget) return label_at(target & ~kInnerTarget).inner;
    return label_at(target).position;
  };
  for (const Fixup& fixup : fixups_) {
    uint32_t to;
    if (is_for_link(fixup)) continue;
    if (fixup.kind == FixupKind::kData) to = data_start_ + fixup.target + static_cast<uint32_t>(fixup.addend);
    else to = target_of(fixup.target);
    if (to == kNone) failed_ = true;
    if (!machine::put_distance(out_.data() + fixup.at, fixup.patch, int64_t{to} - fixup.at)) too_far_ = true;
  }
  for (auto [at, target] : unit_targets_) {
    uint32_t to = target_of(target);
    if (to == kNone) failed_ = true;
    units_.push_back({at, to});
  }
  for (const Fixup& fixup : data_fixups_) {
    uint32_t to = target_of(fixup.target);
    if (to == kNone) failed_ = true;
    put<int32_t>(data_.data() + fixup.at,
                 static_cast<int32_t>(to - (data_start_ + static_cast<uint32_t>(fixup.addend))));
  }
  reserve(data_start_ - size_ + data_.size() + 16);
  std::memset(out_.data() + size_, 0xcc, data_start_ - size_);
  std::memcpy(out_.data() + data_start_, data_.data(), data_.size());
  size_ = data_start_ + static_cast<uint32_t>(data_.size());
}

void Compiler::link(const uint8_t* execute, const uint8_t* call_table) {
  uint8_t* const bytes = out_.data();
  for (auto [at, position] : units_)
    put<uint64_t>(bytes + data_start_ + at, reinterpret_cast<uint64_t>(execute + position));
  for (const Fixup& fixup : fixups_) {
    if (!is_for_link(fixup)) continue;
    const uint8_t* to = fixup.kind == FixupKind::kCallTable ? call_table + size_t{fixup.target} * 8
                                                            : execute + data_start_ + fixup.target;
    machine::put_address(bytes + fixup.at, fixup.patch, execute + fixup.at, to + fixup.addend);
  }
}

verify::Code Compiler::description(const uint8_t* execute) const {
  return {.bytes = bytes(),
          .execute = execute,
          .code_size = code_size_,
          .data_start = data_start_,
          .pieces = pieces_,
          .labels = verify_labels_,
          .entries = entries_,
          .spills = spills_};
}

}  // namespace ermine::baseline
