// The traversal of the register code: labels, regions, and the code of each operation.
#include "baseline/compiler.h"
#include "baseline/machine.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ermine::baseline {

using runtime::FuncCode;
using runtime::Slot;

Compiler::Compiler(const wasm::Module& module, FuncCode* funcs, const tiering::Interpreter& host, bool describe,
                   bool counts)
    : module_(module),
      funcs_(funcs),
      host_(host),
      codes_(*host.handlers),
      table_(stencil_table()),
      describe_(describe),
      counts_(counts) {}

bool Compiler::compile(const ir::FunctionCode& code, bool want_positions) {
  if (code.code.size() > kMostUnits) return false;
  code_ = &code;
  want_positions_ = want_positions;
  long_branches_ = false;
  if (run()) return true;
  long_branches_ = too_far_;
  return too_far_ && run();
}

bool Compiler::run() {
  const ir::FunctionCode& code = *code_;
  size_ = 0;
  data_.clear();
  fixups_.clear();
  data_fixups_.clear();
  stubs_.clear();
  entries_.clear();
  positions_.clear();
  units_.clear();
  unit_targets_.clear();
  pool_index_.clear();
  pieces_.clear();
  verify_labels_.clear();
  acc_before_.clear();
  acc_label_.fill(kNone);
  region_ = -1;
  next_region_ = 0;
  alias_ = {};
  pins_valid_ = pins_dirty_ = pins_used_ = pins_written_ = held_mask_ = pins_narrow_ = pins_always_narrow_ = 0;
  acc_narrow_ = false;
  reachable_ = true;
  entry_stub_ = kNone;
  failed_ = too_far_ = false;
  decode_ir(code.code, codes_, decoded_);
  find_labels();
  if (decoded_.has_vectors) uses_.find(decoded_, code, label_of_, labels_.size());
  allocator_.run(decoded_, uses_, code, regions_);
  pin_of_slot_.assign(code.frame_slots + 8, -1);

  const bool has_vectors = decoded_.has_vectors;
  uint32_t last = kNone;
  at_ = 0;
  describe_label(0, false, machine::kShortFrames);  // callers in machine code have checked the native stack
  for (const IrInstr& it : decoded_.instrs) {
    at_ = it.at;
    if (it.at != last) begin(it.at);
    last = it.at;
    if (!reachable_) continue;
    if (want_positions_) positions_.push_back({here(), it.at});
    if (has_vectors) [[unlikely]] {
      current_ = static_cast<size_t>(&it - decoded_.instrs.data());
      if (held_mask_ != 0) overwrite_vectors(it);
    }
    if (!compile_instr(it)) return false;
    if (ends_block(it)) reachable_ = false;
  }
  if (region_ >= 0) leave_region();
  emit_stubs();
  finish();
  return !failed_ && !too_far_;
}

void Compiler::find_labels() {
  labels_.assign(1, {});
  label_of_.assign(code_->code.size() + 1, 0);
  entered_.clear();
  for (uint32_t i : decoded_.control_instrs) {
    const IrInstr& it = decoded_.instrs[i];
    if (is_branch(it)) {
      label_at(branch_target(it)).flags |= kLabel;
    } else if (ir_info(it.code).ir() == IrOp::loop) {
      label_at(it.at).flags |= kLoop;
      entered_.push_back(it.at);
    } else {
      auto count = field<uint32_t>(it.pc, 4);
      for (uint32_t n = 0; n <= count; ++n)
        label_at(static_cast<uint32_t>(static_cast<int64_t>(it.at) + field<int32_t>(it.pc, 8 + 4 * n))).flags |= kLabel;
    }
  }
  for (const auto& c : code_->catches) {
    label_at(c.target).flags |= kLabel | kCatch;
    entered_.push_back(c.target);
  }
  if (code_->catches.empty()) return;
  std::sort(entered_.begin(), entered_.end());
  entered_.erase(std::unique(entered_.begin(), entered_.end()), entered_.end());
}

// An instruction begins; regions and labels may begin or end here.
void Compiler::begin(uint32_t index) {
  if (region_ >= 0 && regions_[static_cast<size_t>(region_)].end == index) leave_region();
  if (label_of_[index] != 0) bind(index);
  if (region_ < 0 && next_region_ < regions_.size() && regions_[next_region_].start == index) enter_region();
}

void Compiler::bind(uint32_t index) {
  Label& m = label_at(index);
  if (reachable_) {
    make_valid();
    if (held_mask_ != 0) store_vectors(~uint64_t{0});
  }
  held_mask_ = 0;
  // An accumulator is read after a label only if a single branch is the only way here.
  const bool comes_by_branch = !reachable_;
  alias_ = comes_by_branch && m.branches == 1 && !(m.flags & kCatch) ? m.alias : std::array<uint8_t, 3>{};
  if ((m.flags & (kLabel | kCatch)) || reachable_) reachable_ = true;
  m.position = here();
  pins_valid_ = pins_used_;
  pins_dirty_ = pins_written_;
  pins_narrow_ = pins_always_narrow_;
  acc_narrow_ = false;
  describe_label(valid_registers());
  if (!describe_) return;
  const auto label = static_cast<uint32_t>(verify_labels_.size() - 1);
  acc_before_.resize(verify_labels_.size());
  for (unsigned acc = 0; acc < 3; ++acc)
    acc_before_[label][acc] = comes_by_branch && m.acc_label[acc] != label ? m.acc_label[acc] : kNone;
  acc_label_.fill(label);
}

void Compiler::enter_region() {
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  held_mask_ = 0;
  region_ = static_cast<int>(next_region_++);
  const Region& r = regions_[static_cast<size_t>(region_)];
  pins_used_ = pins_written_ = pins_narrow_ = pins_always_narrow_ = 0;
  for (unsigned p = 0; p < r.pins.size(); ++p) {
    if (r.pins[p].cls == RegClass::kNone) continue;
    pins_used_ |= static_cast<uint16_t>(1u << p);
    if (r.pins[p].written) pins_written_ |= static_cast<uint16_t>(1u << p);
    if (r.pins[p].narrow) pins_always_narrow_ |= static_cast<uint16_t>(1u << p);
    pin_of_slot_[r.pins[p].slot] = static_cast<int8_t>(p);
  }
  pins_valid_ = pins_dirty_ = 0;
  if (label_of_[r.start] != 0) {
    make_valid();
    label_at(r.start).inner = here();
    describe_label(valid_registers());
    pins_dirty_ = pins_written_;
  }
}

void Compiler::leave_region() {
  if (reachable_) {
    settle_accs();
    save_dirty();
  }
  for (const Region::Pin& p : regions_[static_cast<size_t>(region_)].pins)
    if (p.cls != RegClass::kNone) pin_of_slot_[p.slot] = -1;
  region_ = -1;
  pins_used_ = pins_written_ = pins_valid_ = pins_dirty_ = pins_narrow_ = pins_always_narrow_ = 0;
}

bool Compiler::inside(uint32_t index) const {
  if (region_ < 0) return false;
  const Region& r = regions_[static_cast<size_t>(region_)];
  return index >= r.start && index < r.end;
}

bool Compiler::compile_instr(const IrInstr& instr) {
  const IrInfo& s = ir_info(instr.code);
  auto u16 = [&instr](unsigned byte) { return field<uint16_t>(instr.pc, byte); };
  if (s.kind == CodeInfo::kBranch) {
    compare_branch(instr, s);
    return true;
  }
  if (clobbers_registers(instr) && !(s.kind == CodeInfo::kIr && is_call(s.ir()))) {
    if (is_branch(instr)) branching_handler(instr);
    else if (s.kind != CodeInfo::kIr || !return_call(instr, s.ir())) handler(instr);
    return true;
  }
  if (s.kind == CodeInfo::kFormed) {
    switch (s.family) {
      case Family::kBinary: binary(instr, s); return true;
      case Family::kUnary: unary(instr, s); return true;
      case Family::kLoad: load(instr, s); return true;
      case Family::kStore: store(instr, s); return true;
      case Family::kVector: vector(instr, s); return true;
      default: return false;
    }
  }
  switch (s.ir()) {
    case IrOp::enter:
    case IrOp::enter_count: function_entry(instr); return true;
    case IrOp::loop: loop_head(instr); return true;
    case IrOp::copy: copy(u16(0), u16(2)); return true;
    case IrOp::copy2:
      copy(u16(0), u16(2));
      copy(u16(4), u16(6));
      return true;
    case IrOp::copy_v128: copy_vector(instr); return true;
    case IrOp::select_v128: vector_select(instr); return true;
    case IrOp::global_get_v128: global(instr, true, true, false, RegClass::kV128); return true;
    case IrOp::global_set_v128: global(instr, false, false, false, RegClass::kV128); return true;
    case IrOp::const32:
      if (decoded_.has_vectors && is_only_count(instr)) return true;
      set_const(u16(0), field<uint32_t>(instr.pc, 4));
      return true;
    case IrOp::const64: set_const(u16(0), instr.pc[2]); return true;
    case IrOp::const_v128: set_vector(instr); return true;
    case IrOp::set_r: set_slot_from_acc(u16(0), RegClass::kInt); return true;
    case IrOp::set_s: set_slot_from_acc(u16(0), RegClass::kF32); return true;
    case IrOp::set_d: set_slot_from_acc(u16(0), RegClass::kF64); return true;
    case IrOp::select_r:
    case IrOp::select_r_1:
    case IrOp::select_r_2:
    case IrOp::select_r_3:
      select(instr, static_cast<unsigned>(s.ir()) - static_cast<unsigned>(IrOp::select_r), RegClass::kInt);
      return true;
    case IrOp::select_s:
    case IrOp::select_s_1:
    case IrOp::select_s_2:
    case IrOp::select_s_3:
      select(instr, static_cast<unsigned>(s.ir()) - static_cast<unsigned>(IrOp::select_s), RegClass::kF32);
      return true;
    case IrOp::select_d:
    case IrOp::select_d_1:
    case IrOp::select_d_2:
    case IrOp::select_d_3:
      select(instr, static_cast<unsigned>(s.ir()) - static_cast<unsigned>(IrOp::select_d), RegClass::kF64);
      return true;
    case IrOp::br:
    case IrOp::br_back: jump(instr); return true;
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: {
      bool null = s.ir() == IrOp::br_null || s.ir() == IrOp::br_null_back;
      HoleValues f;
      make_valid();
      f.a = u16(0);
      branch(instr, branch_id(null ? Op::i64_eq : Op::i64_ne, location_of(u16(0)), kImm, false), f);
      return true;
    }
    case IrOp::br_table_s: table(instr, false); return true;
    case IrOp::br_table_r: table(instr, true); return true;
    case IrOp::ret: emit(control_id(ControlStencil::kReturn)); return true;
    case IrOp::ret_copy: {
      int pin = pin_of(u16(2));
      RegClass c = pin < 0 ? RegClass::kInt : regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
      returns(c, location_of(u16(2)), u16(2));
      return true;
    }
    case IrOp::ret_r: returns(RegClass::kInt, acc_location(RegClass::kInt), 0); return true;
    case IrOp::ret_s: returns(RegClass::kF32, acc_location(RegClass::kF32), 0); return true;
    case IrOp::ret_d: returns(RegClass::kF64, acc_location(RegClass::kF64), 0); return true;
    case IrOp::ret_const: {
      HoleValues f;
      StencilId id = group_id(StencilGroup::kReturnInt, constant(instr.pc[2], true, false, f));
      if (!imm_fits(id, f)) id = group_id(StencilGroup::kReturnInt, kPool);
      emit(id, f);
      return true;
    }
    case IrOp::global_get_r: global(instr, true, false, true, RegClass::kInt); return true;
    case IrOp::global_get_r_1: global(instr, true, true, true, RegClass::kInt); return true;
    case IrOp::global_get_s: global(instr, true, false, true, RegClass::kF32); return true;
    case IrOp::global_get_s_1: global(instr, true, true, true, RegClass::kF32); return true;
    case IrOp::global_get_d: global(instr, true, false, true, RegClass::kF64); return true;
    case IrOp::global_get_d_1: global(instr, true, true, true, RegClass::kF64); return true;
    case IrOp::global_set_r: global(instr, false, false, true, RegClass::kInt); return true;
    case IrOp::global_set_s: global(instr, false, false, false, RegClass::kInt); return true;
    case IrOp::call: call(instr); return true;
    case IrOp::call_import: call_import(instr); return true;
    case IrOp::call_indirect_s: call_indirect(instr, false); return true;
    case IrOp::call_indirect_r: call_indirect(instr, true); return true;
    case IrOp::call_ref: call_ref(instr); return true;
    case IrOp::use_memory:
      emit(control_id(ControlStencil::kUseMemory), {.offset = field<uint32_t>(instr.pc, 4)});
      return true;
    case IrOp::fuel: fuel(instr); return true;
    default: return false;  // unknown operation: the function stays interpreted
  }
}

void Compiler::function_entry(const IrInstr& instr) {
  auto first = field<uint16_t>(instr.pc, 0), n = field<uint16_t>(instr.pc, 2);
  constexpr unsigned kMostByStencils = 64;
  if (n > kMostByStencils) {
    if (describe_) verify_labels_.front().native = false;  // the handler checks that as well
    emit_call_out(ir::code_of(IrOp::enter), instr.pc, 2, instr.at, kNone);
    if (counts_) count(instr);
    return;
  }
  uint32_t slow = add_stub({.kind = Stub::kHandler, .at = instr.at, .code = ir::code_of(IrOp::enter)});
  HoleValues f;
  f.d = field<uint32_t>(instr.pc, 4);
  f.taken = kStubTarget | slow;
  // Code that enters from elsewhere checks the native stack first.
  if constexpr (machine::kShortFrames)
    entry_stub_ = add_stub({.kind = Stub::kEntry, .at = instr.at, .target = f.taken});
  else emit(control_id(ControlStencil::kEnterNative), f);
  emit(control_id(ControlStencil::kEnter), f);
  for (uint64_t zero = locals_to_zero(first, n); zero != 0;) {
    const auto i = static_cast<unsigned>(std::countr_zero(zero));
    f.d = first + i;
    const bool several = std::popcount(zero >> i & 15) > 2 && code_->ref_slots.empty();
    emit(control_id(several ? ControlStencil::kZero4 : ControlStencil::kZero1), f);  // the frame is large enough
    zero &= ~((several ? uint64_t{15} : uint64_t{1}) << i);
  }
  resume_here(slow);
  if (counts_) count(instr);
}

// Counts a call, or a round of a loop.
void Compiler::count(const IrInstr& instr) {
  const uint32_t slow = add_stub({.kind = Stub::kHandler,
                                  .at = instr.at,
                                  .dirty = pins_dirty_,
                                  .region = region_,
                                  .code = ir::code_of(IrOp::sample)});
  HoleValues f;
  f.taken = kStubTarget | slow;
  emit(control_id(ControlStencil::kSample), f);
  resume_here(slow);
}

// For the n <= 64 locals from `first` on: a bit for each that may be read before it is written. The code before the
// first branch runs first, and once.
uint64_t Compiler::locals_to_zero(unsigned first, unsigned n) const {
  uint64_t open = n == 0 ? 0 : ~uint64_t{0} >> (64 - n), zero = 0;
  for (const IrInstr& it : decoded_.instrs) {
    const IrInfo& s = ir_info(it.code);
    if (it.at == 0) continue;
    if (open == 0 || s.is_branch || s.ends_block) break;
    if (clobbers_registers(it)) {
      // Handlers read slots that are not listed; calls of functions do not, but handlers of exceptions may.
      const bool plain = s.kind == CodeInfo::kIr && (s.ir() == IrOp::call || s.ir() == IrOp::call_import);
      if (!plain || !code_->catches.empty()) break;
    }
    for (const SlotAccess& a : decoded_.accesses_of(it)) {
      const unsigned i = a.slot - first;
      if (i >= n || !(open >> i & 1)) continue;
      if (!a.written()) zero |= uint64_t{1} << i;
      open &= ~(uint64_t{1} << i);
    }
  }
  zero |= open;
  for (unsigned i = 0; i < n && !code_->ref_slots.empty(); ++i)  // whatever else is read
    if (code_->holds_refs(first + i)) zero |= uint64_t{1} << i;
  return zero;
}

void Compiler::loop_head(const IrInstr& instr) {
  uint32_t slow = add_stub({.kind = Stub::kHandler,
                            .at = instr.at,
                            .dirty = pins_dirty_,
                            .region = region_,
                            .code = ir::code_of(IrOp::poll)});
  HoleValues f;
  f.taken = kStubTarget | slow;
  emit(control_id(ControlStencil::kPoll), f);
  resume_here(slow);
  if (counts_) count(instr);
}

void Compiler::fuel(const IrInstr& instr) {
  make_valid();
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  held_mask_ = 0;
  uint32_t slow =
      add_stub({.kind = Stub::kHandler, .at = instr.at, .dirty = pins_dirty_, .region = region_, .code = instr.code});
  HoleValues f;
  f.count = field<uint32_t>(instr.pc, 4);
  f.taken = kStubTarget | slow;
  emit(control_id(ControlStencil::kFuel), f);
  resume_here(slow);
}

// A stub that runs a handler continues here, with pins loaded from their slots.
void Compiler::resume_here(uint32_t stub) {
  stubs_[stub].target = here();
  pins_narrow_ = pins_always_narrow_;
  acc_narrow_ = false;
  describe_return();
}

// An operation without a stencil.
void Compiler::handler(const IrInstr& instr) {
  settle_accs();
  save_dirty();
  emit_call_out(instr.code, instr.pc, ir::unit_count(instr.code), instr.at, kNone);
  invalidate_registers();
}

// The same for an operation that branches: its target is a unit of the call-out as well.
void Compiler::branching_handler(const IrInstr& instr) {
  settle_accs();
  save_dirty();
  const unsigned units = ir::unit_count(instr.code);
  const uint32_t copy = emit_call_out(instr.code, instr.pc, units, instr.at, kNone, 1);
  const auto distance = static_cast<int32_t>(units + 1);
  std::memcpy(data_.data() + copy + 8 + 4, &distance, sizeof distance);
  const uint32_t target = branch_target(instr);
  Label& m = label_at(target);
  m.branches = 2;
  m.alias = {};
  invalidate_registers();
  uint32_t to = target;
  if (inside(target))
    to = kStubTarget | add_stub({.kind = Stub::kEnter, .at = instr.at, .target = target, .region = region_});
  unit_targets_.push_back({copy + 8 * (units + 1), to});
}

// --- Calls

// The hole values that all calls have in common.
Compiler::HoleValues Compiler::call_values(const IrInstr& instr) const {
  const auto offset = field<uint16_t>(instr.pc, 0), header = field<uint16_t>(instr.pc, 2);
  HoleValues f;
  f.pc = reinterpret_cast<uint64_t>(&code_->code[instr.at]);
  f.a = offset;
  f.d = offset + header;
  f.offset = offset * static_cast<uint32_t>(sizeof(Slot));
  return f;
}

void Compiler::call(const IrInstr& instr) {
  save_dirty();
  forget_accs();
  HoleValues f = call_values(instr);
  f.callee = static_cast<uint32_t>(reinterpret_cast<const FuncCode*>(instr.pc[2]) - funcs_);
  emit(control_id(ControlStencil::kCall), f);
  invalidate_registers();
}

// A call whose callee is found by a stencil, or otherwise by the handler; registers are saved.
void Compiler::call_checked(const IrInstr& instr, StencilId check, HoleValues f) {
  const uint32_t slow = add_stub({.kind = Stub::kCall, .at = instr.at, .code = instr.code});
  f.taken = kStubTarget | slow;
  emit(check, f);
  f = call_values(instr);
  f.count = 0u - static_cast<uint32_t>(module_.imported_functions * sizeof(void*));
  emit(control_id(ControlStencil::kCallRef), f);
  invalidate_registers();
  stubs_[slow].target = here();
  describe_return();
}

void Compiler::call_import(const IrInstr& instr) {
  save_dirty();
  forget_accs();
  const auto index = field<uint32_t>(instr.pc, 8);
  const wasm::FuncType& type = module_.func_type(index);
  HoleValues f = call_values(instr);
  f.count = f.offset + static_cast<uint32_t>(std::max(type.param_slots, type.result_slots) * sizeof(Slot));
  f.offset = index * static_cast<uint32_t>(sizeof(runtime::FuncRef*));
  f.at = instr.at;
  f.fails = true;
  emit(control_id(ControlStencil::kCallImport), f);
  invalidate_registers();
}

void Compiler::call_indirect(const IrInstr& instr, bool acc) {
  settle_accs();
  save_dirty();
  HoleValues f;
  f.a = field<uint16_t>(instr.pc, 12);
  f.offset = field<uint32_t>(instr.pc, 8) * static_cast<uint32_t>(sizeof(runtime::TableView*));
  f.count = field<uint32_t>(instr.pc, 4);
  const int pin = acc ? -1 : pin_of(static_cast<uint16_t>(f.a));
  const bool valid = pin >= 0 && (pins_valid_ >> pin & 1) != 0;
  if (acc) read_acc(0);
  const Location index = acc ? kAcc : valid ? location_of(static_cast<uint16_t>(f.a)) : kSlot;
  call_checked(instr, group_id(StencilGroup::kTableCall, index), f);
}

void Compiler::call_ref(const IrInstr& instr) {
  save_dirty();
  forget_accs();
  HoleValues f;
  f.a = field<uint16_t>(instr.pc, 8);
  call_checked(instr, control_id(ControlStencil::kCheckRef), f);
}

// A tail call: the callee's arguments replace this function's parameters, as replace_frame() of the interpreter does
// it. False: it is not a tail call, or only the handler can run it.
bool Compiler::return_call(const IrInstr& instr, IrOp op) {
  if (!is_return_call(op)) return false;
  const auto from = field<uint16_t>(instr.pc, 0), params = field<uint16_t>(instr.pc, 2),
             own = field<uint16_t>(instr.pc, 4);
  constexpr unsigned kMostByStencils = 16;
  const bool moves_header = params != own;
  if (params > kMostByStencils || (moves_header && params + runtime::kHeaderCallerSlots > from)) return false;
  settle_accs();
  save_dirty();
  HoleValues f;
  f.taken = kStubTarget;
  if (op != IrOp::return_call)
    f.taken |= add_stub({.kind = Stub::kCall, .at = instr.at, .target = kNone, .code = instr.code});
  if (op == IrOp::return_call_indirect) {
    f.a = field<uint16_t>(instr.pc, 6);
    f.offset = field<uint32_t>(instr.pc, 8) * static_cast<uint32_t>(sizeof(runtime::TableView*));
    f.count = field<uint32_t>(instr.pc, 16);
    emit(group_id(StencilGroup::kTableCall, kSlot), f);
  } else if (op == IrOp::return_call_import) {
    f.offset = field<uint32_t>(instr.pc, 8) * static_cast<uint32_t>(sizeof(runtime::FuncRef*));
    emit(control_id(ControlStencil::kGuestImport), f);
  } else if (op == IrOp::return_call_ref) {
    f.a = field<uint16_t>(instr.pc, 6);
    emit(control_id(ControlStencil::kCheckRef), f);
  }
  // The header first, before arguments overwrite it; of its two slots the one first whose place is not the other's.
  for (unsigned i = 0; i < runtime::kHeaderCallerSlots && moves_header; ++i) {
    const unsigned word = params > own ? runtime::kHeaderCallerSlots - 1 - i : i;
    move(kSlot, static_cast<uint16_t>(own + word), kSlot, static_cast<uint16_t>(params + word), RegClass::kInt);
  }
  for (unsigned i = 0; i < params; ++i)
    move(kSlot, static_cast<uint16_t>(from + i), kSlot, static_cast<uint16_t>(i), RegClass::kInt);
  f = {};
  f.pc = reinterpret_cast<uint64_t>(&code_->code[instr.at]);
  if (op == IrOp::return_call)
    f.callee = static_cast<uint32_t>(reinterpret_cast<const FuncCode*>(instr.pc[2]) - funcs_);
  else f.count = 0u - static_cast<uint32_t>(module_.imported_functions * sizeof(void*));
  emit(control_id(op == IrOp::return_call          ? ControlStencil::kReturnCall
                  : op == IrOp::return_call_import ? ControlStencil::kReturnCallImport
                                                   : ControlStencil::kReturnCallRef),
       f);
  invalidate_registers();
  return true;
}

// --- Branches

// A branch by a stencil whose operands are set; all pins are valid.
void Compiler::branch(const IrInstr& instr, StencilId id, HoleValues& f) {
  uint32_t target = branch_target(instr);
  Label& m = label_at(target);
  if (region_ >= 0 && !inside(target)) settle_accs();
  if (m.branches == 0) m.alias = alias_;
  else if (m.alias != alias_) m.alias = {};
  m.acc_label = acc_label_;
  if (m.branches < 2) ++m.branches;
  if (held_mask_ != 0) store_vectors(uses_.at_label(label_of_[target]));
  f.taken = branch_taken(instr.at, target);
  emit(id, f);
}

// The target of a branch to a label: the label, or code that saves the registers of the region that it leaves.
uint32_t Compiler::branch_taken(uint32_t at, uint32_t target) {
  if (inside(target)) return target == regions_[static_cast<size_t>(region_)].start ? kInnerTarget | target : target;
  if (pins_dirty_ == 0) return target;
  return kStubTarget |
         add_stub({.kind = Stub::kLeave, .at = at, .target = target, .dirty = pins_dirty_, .region = region_});
}

void Compiler::jump(const IrInstr& instr) {
  uint32_t target = branch_target(instr);
  if (inside(target)) {
    make_valid();
  } else if (region_ >= 0) {
    settle_accs();
    save_dirty();
  }
  HoleValues f;
  branch(instr, control_id(ControlStencil::kJump), f);
}

void Compiler::compare_branch(const IrInstr& instr, const IrInfo& s) {
  make_valid();
  unsigned form = s.form / 4;
  bool on_false = s.form & 2;
  Op op = s.op();
  HoleValues f;
  f.a = field<uint16_t>(instr.pc, 0);
  f.b = field<uint16_t>(instr.pc, 2);
  RegClass c = param_class(op, 0);
  Location a = form == ir::kAccSlot || form == ir::kAccImm ? acc_location(c) : location_of(static_cast<uint16_t>(f.a));
  Location b;
  if (form == ir::kSlotImm || form == ir::kAccImm)
    b = constant(static_cast<uint64_t>(int64_t{field<int16_t>(instr.pc, 2)}), wasm::op_info(op).sig()[0] == 'l', false,
                 f);
  else b = form == ir::kSlotAcc ? acc_location(c) : location_of(static_cast<uint16_t>(f.b));
  if (on_false && ir::has_inverse(op)) {
    op = ir::inverse(op);
    on_false = false;
  }
  exchange(op, a, b, f);
  StencilId id = branch_id(op, a, b, on_false);
  if (is_immediate(b) && !imm_fits(id, f)) id = branch_id(op, a, kPool, on_false);
  if (!exists(id)) {
    failed_ = true;
    return;
  }
  branch(instr, id, f);
}

void Compiler::table(const IrInstr& instr, bool acc) {
  make_valid();
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  HoleValues f;
  f.a = field<uint16_t>(instr.pc, 0);
  f.count = field<uint32_t>(instr.pc, 4);
  const Location index = acc ? acc_location(RegClass::kInt) : location_of(static_cast<uint16_t>(f.a));
  uint32_t base = data(4 * (size_t{f.count} + 1), 8);
  f.record = base;
  for (uint32_t i = 0; i <= f.count; ++i) {
    auto target = static_cast<uint32_t>(static_cast<int64_t>(instr.at) + field<int32_t>(instr.pc, 8 + 4 * i));
    Label& m = label_at(target);
    m.branches = 2;
    m.alias = {};
    data_fixups_.push_back(
        {base + 4 * i, FixupKind::kLabel, 0, branch_taken(instr.at, target), static_cast<int32_t>(base)});
  }
  emit(group_id(StencilGroup::kTable, index), f);
}

}  // namespace ermine::baseline
