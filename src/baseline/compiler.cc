// The walk over the register code: labels, regions, and what each operation becomes.
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
  fixes_.clear();
  data_fixes_.clear();
  stubs_.clear();
  entries_.clear();
  positions_.clear();
  units_.clear();
  unit_targets_.clear();
  pool_index_.clear();
  pieces_.clear();
  labels_.clear();
  region_ = -1;
  next_region_ = 0;
  alias_ = {};
  valid_ = dirty_ = used_ = written_ = held_mask_ = narrow_ = narrow_pins_ = 0;
  acc_narrow_ = false;
  reachable_ = true;
  entry_stub_ = kNone;
  failed_ = too_far_ = false;
  read_items(code.code, codes_, listing_);
  mark_labels();
  if (listing_.has_vectors) uses_.find(listing_, code, mark_of_, marks_.size());
  allocator_.run(listing_, uses_, code, regions_);
  pin_of_slot_.assign(code.frame_slots + 8, -1);

  const bool has_vectors = listing_.has_vectors;
  uint32_t last = kNone;
  at_ = 0;
  label(false, machine::kShortFrames);  // callers that are machine code have seen to the native stack
  for (const Item& it : listing_.items) {
    at_ = it.at;
    if (it.at != last) begin(it.at);
    last = it.at;
    if (!reachable_) continue;
    if (want_positions_) positions_.push_back({here(), it.at});
    if (has_vectors) [[unlikely]] {
      item_ = static_cast<size_t>(&it - listing_.items.data());
      if (held_mask_ != 0) overwrite_vectors(it);
    }
    if (!item(it)) return false;
    if (ends_block(it)) reachable_ = false;
  }
  if (region_ >= 0) leave_region();
  emit_stubs();
  finish();
  return !failed_ && !too_far_;
}

void Compiler::mark_labels() {
  marks_.assign(1, {});
  mark_of_.assign(code_->code.size() + 1, 0);
  entered_.clear();
  for (uint32_t i : listing_.controls) {
    const Item& it = listing_.items[i];
    if (is_branch(it)) {
      mark(branch_target(it)).flags |= kLabel;
    } else if (shape_of(it.code).ir() == IrOp::loop) {
      mark(it.at).flags |= kLoop;
      entered_.push_back(it.at);
    } else {
      auto count = field<uint32_t>(it.pc, 4);
      for (uint32_t n = 0; n <= count; ++n)
        mark(static_cast<uint32_t>(static_cast<int64_t>(it.at) + field<int32_t>(it.pc, 8 + 4 * n))).flags |= kLabel;
    }
  }
  for (const auto& c : code_->catches) {
    mark(c.target).flags |= kLabel | kCatch;
    entered_.push_back(c.target);
  }
  if (code_->catches.empty()) return;
  std::sort(entered_.begin(), entered_.end());
  entered_.erase(std::unique(entered_.begin(), entered_.end()), entered_.end());
}

// An instruction begins: regions end and begin here, and labels.
void Compiler::begin(uint32_t index) {
  if (region_ >= 0 && regions_[static_cast<size_t>(region_)].end == index) leave_region();
  if (mark_of_[index] != 0) bind(index);
  if (region_ < 0 && next_region_ < regions_.size() && regions_[next_region_].start == index) enter_region();
}

void Compiler::bind(uint32_t index) {
  Mark& m = mark(index);
  if (reachable_) {
    make_valid();
    if (held_mask_ != 0) store_vectors(~uint64_t{0});
  }
  held_mask_ = 0;
  // An accumulator is read behind a label only if one branch is all that leads here.
  alias_ = !reachable_ && m.branches == 1 && !(m.flags & kCatch) ? m.alias : std::array<uint8_t, 3>{};
  if ((m.flags & (kLabel | kCatch)) || reachable_) reachable_ = true;
  m.position = here();
  valid_ = used_;
  dirty_ = written_;
  narrow_ = narrow_pins_;
  acc_narrow_ = false;
  label();
}

void Compiler::enter_region() {
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  held_mask_ = 0;
  region_ = static_cast<int>(next_region_++);
  const Region& r = regions_[static_cast<size_t>(region_)];
  used_ = written_ = narrow_ = narrow_pins_ = 0;
  for (unsigned p = 0; p < r.pins.size(); ++p) {
    if (r.pins[p].cls == Class::kNot) continue;
    used_ |= static_cast<uint16_t>(1u << p);
    if (r.pins[p].written) written_ |= static_cast<uint16_t>(1u << p);
    if (r.pins[p].narrow) narrow_pins_ |= static_cast<uint16_t>(1u << p);
    pin_of_slot_[r.pins[p].slot] = static_cast<int8_t>(p);
  }
  valid_ = dirty_ = 0;
  if (mark_of_[r.start] != 0) {
    make_valid();
    mark(r.start).inner = here();
    label();
    dirty_ = written_;
  }
}

void Compiler::leave_region() {
  if (reachable_) {
    settle_accs();
    save_dirty();
  }
  for (const Region::Pin& p : regions_[static_cast<size_t>(region_)].pins)
    if (p.cls != Class::kNot) pin_of_slot_[p.slot] = -1;
  region_ = -1;
  used_ = written_ = valid_ = dirty_ = narrow_ = narrow_pins_ = 0;
}

bool Compiler::inside(uint32_t index) const {
  if (region_ < 0) return false;
  const Region& r = regions_[static_cast<size_t>(region_)];
  return index >= r.start && index < r.end;
}

bool Compiler::item(const Item& item) {
  const Shape& s = shape_of(item.code);
  auto u16 = [&item](unsigned byte) { return field<uint16_t>(item.pc, byte); };
  if (s.kind == CodeInfo::kBranch) {
    compare_branch(item, s);
    return true;
  }
  if (leaves_registers(item) && !(s.kind == CodeInfo::kIr && is_call(s.ir()))) {
    if (is_branch(item)) branching_handler(item);
    else handler(item);
    return true;
  }
  if (s.kind == CodeInfo::kFormed) {
    switch (s.family) {
      case Family::kBinary: binary(item, s); return true;
      case Family::kUnary: unary(item, s); return true;
      case Family::kLoad: load(item, s); return true;
      case Family::kStore: store(item, s); return true;
      case Family::kVector: vector(item, s); return true;
      default: return false;
    }
  }
  switch (s.ir()) {
    case IrOp::enter:
    case IrOp::enter_count: function_entry(item); return true;
    case IrOp::loop: loop_head(item); return true;
    case IrOp::copy: copy(u16(0), u16(2)); return true;
    case IrOp::copy2:
      copy(u16(0), u16(2));
      copy(u16(4), u16(6));
      return true;
    case IrOp::copy_v128: copy_vector(item); return true;
    case IrOp::select_v128: vector_select(item); return true;
    case IrOp::global_get_v128: global(item, true, true, false, Class::kV128); return true;
    case IrOp::global_set_v128: global(item, false, false, false, Class::kV128); return true;
    case IrOp::const32:
      if (listing_.has_vectors && is_only_count(item)) return true;
      set_const(u16(0), field<uint32_t>(item.pc, 4));
      return true;
    case IrOp::const64: set_const(u16(0), item.pc[2]); return true;
    case IrOp::const_v128: set_vector(item); return true;
    case IrOp::set_r: set_slot_from_acc(u16(0), Class::kInt); return true;
    case IrOp::set_s: set_slot_from_acc(u16(0), Class::kF32); return true;
    case IrOp::set_d: set_slot_from_acc(u16(0), Class::kF64); return true;
    case IrOp::select_r:
    case IrOp::select_r_1:
    case IrOp::select_r_2:
    case IrOp::select_r_3:
      select(item, static_cast<unsigned>(s.ir()) - static_cast<unsigned>(IrOp::select_r), Class::kInt);
      return true;
    case IrOp::select_s:
    case IrOp::select_s_1:
    case IrOp::select_s_2:
    case IrOp::select_s_3:
      select(item, static_cast<unsigned>(s.ir()) - static_cast<unsigned>(IrOp::select_s), Class::kF32);
      return true;
    case IrOp::select_d:
    case IrOp::select_d_1:
    case IrOp::select_d_2:
    case IrOp::select_d_3:
      select(item, static_cast<unsigned>(s.ir()) - static_cast<unsigned>(IrOp::select_d), Class::kF64);
      return true;
    case IrOp::br:
    case IrOp::br_back: jump(item); return true;
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: {
      bool null = s.ir() == IrOp::br_null || s.ir() == IrOp::br_null_back;
      Fill f;
      make_valid();
      f.a = u16(0);
      branch(item, branch_id(null ? Op::i64_eq : Op::i64_ne, place(u16(0)), kImm, false), f);
      return true;
    }
    case IrOp::br_table_s: table(item, false); return true;
    case IrOp::br_table_r: table(item, true); return true;
    case IrOp::ret: emit(rest_id(Rest::kReturn)); return true;
    case IrOp::ret_copy: {
      int pin = pin_of(u16(2));
      Class c = pin < 0 ? Class::kInt : regions_[static_cast<size_t>(region_)].pins[static_cast<size_t>(pin)].cls;
      returns(c, place(u16(2)), u16(2));
      return true;
    }
    case IrOp::ret_r: returns(Class::kInt, acc_place(Class::kInt), 0); return true;
    case IrOp::ret_s: returns(Class::kF32, acc_place(Class::kF32), 0); return true;
    case IrOp::ret_d: returns(Class::kF64, acc_place(Class::kF64), 0); return true;
    case IrOp::ret_const: {
      Fill f;
      StencilId id = special_id(Special::kReturnInt, constant(item.pc[2], true, false, f));
      if (!imm_fits(id, f)) id = special_id(Special::kReturnInt, kPool);
      emit(id, f);
      return true;
    }
    case IrOp::global_get_r: global(item, true, false, true, Class::kInt); return true;
    case IrOp::global_get_r_1: global(item, true, true, true, Class::kInt); return true;
    case IrOp::global_get_s: global(item, true, false, true, Class::kF32); return true;
    case IrOp::global_get_s_1: global(item, true, true, true, Class::kF32); return true;
    case IrOp::global_get_d: global(item, true, false, true, Class::kF64); return true;
    case IrOp::global_get_d_1: global(item, true, true, true, Class::kF64); return true;
    case IrOp::global_set_r: global(item, false, false, true, Class::kInt); return true;
    case IrOp::global_set_s: global(item, false, false, false, Class::kInt); return true;
    case IrOp::call: call(item); return true;
    case IrOp::call_import: call_import(item); return true;
    case IrOp::call_indirect_s: call_indirect(item, false); return true;
    case IrOp::call_indirect_r: call_indirect(item, true); return true;
    case IrOp::call_ref: call_ref(item); return true;
    case IrOp::fuel: fuel(item); return true;
    default: return false;  // an operation that is not known here: the function stays interpreted
  }
}

void Compiler::function_entry(const Item& item) {
  auto first = field<uint16_t>(item.pc, 0), n = field<uint16_t>(item.pc, 2);
  constexpr unsigned kMostByStencils = 64;
  if (n > kMostByStencils) {
    if (describe_) labels_.front().native = false;  // the handler sees to that, too
    emit_island(ir::code_of(IrOp::enter), item.pc, 2, item.at, kNone);
    if (counts_) count(item);
    return;
  }
  uint32_t slow = add_stub({.kind = Stub::kHandler, .at = item.at, .code = ir::code_of(IrOp::enter)});
  Fill f;
  f.d = field<uint32_t>(item.pc, 4);
  f.taken = kStubTarget | slow;
  // Who comes from elsewhere looks for the native stack first.
  if constexpr (machine::kShortFrames) entry_stub_ = add_stub({.kind = Stub::kEntry, .at = item.at, .target = f.taken});
  else emit(rest_id(Rest::kEnterNative), f);
  emit(rest_id(Rest::kEnter), f);
  for (uint64_t zero = locals_to_zero(first, n); zero != 0;) {
    const auto i = static_cast<unsigned>(std::countr_zero(zero));
    f.d = first + i;
    const bool several = std::popcount(zero >> i & 15) > 2 && code_->ref_slots.empty();
    emit(rest_id(several ? Rest::kZero4 : Rest::kZero1), f);  // the frame has room
    zero &= ~((several ? uint64_t{15} : uint64_t{1}) << i);
  }
  go_on_here(slow);
  if (counts_) count(item);
}

// A call, or a round of a loop.
void Compiler::count(const Item& item) {
  const uint32_t slow = add_stub(
      {.kind = Stub::kHandler, .at = item.at, .dirty = dirty_, .region = region_, .code = ir::code_of(IrOp::sample)});
  Fill f;
  f.taken = kStubTarget | slow;
  emit(rest_id(Rest::kSample), f);
  go_on_here(slow);
}

// Of the n <= 64 locals from `first` on: a bit for each that may be read before it is written. What stands in front of
// the first branch is run first, and once.
uint64_t Compiler::locals_to_zero(unsigned first, unsigned n) const {
  uint64_t open = n == 0 ? 0 : ~uint64_t{0} >> (64 - n), zero = 0;
  for (const Item& it : listing_.items) {
    const Shape& s = shape_of(it.code);
    if (it.at == 0) continue;
    if (open == 0 || s.is_branch || s.ends_block) break;
    if (s.leaves_registers) {
      // Handlers read slots that are not listed; calls of functions do not, but handlers of exceptions may.
      const bool plain = s.kind == CodeInfo::kIr && (s.ir() == IrOp::call || s.ir() == IrOp::call_import);
      if (!plain || !code_->catches.empty()) break;
    }
    for (const Access& a : listing_.accesses_of(it)) {
      const unsigned i = a.slot - first;
      if (i >= n || !(open >> i & 1)) continue;
      if (!a.written()) zero |= uint64_t{1} << i;
      open &= ~(uint64_t{1} << i);
    }
  }
  zero |= open;
  for (unsigned i = 0; i < n && !code_->ref_slots.empty(); ++i)  // whatever is read
    if (code_->holds_refs(first + i)) zero |= uint64_t{1} << i;
  return zero;
}

void Compiler::loop_head(const Item& item) {
  uint32_t slow = add_stub(
      {.kind = Stub::kHandler, .at = item.at, .dirty = dirty_, .region = region_, .code = ir::code_of(IrOp::poll)});
  Fill f;
  f.taken = kStubTarget | slow;
  emit(rest_id(Rest::kPoll), f);
  go_on_here(slow);
  if (counts_) count(item);
}

void Compiler::fuel(const Item& item) {
  make_valid();
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  held_mask_ = 0;
  uint32_t slow =
      add_stub({.kind = Stub::kHandler, .at = item.at, .dirty = dirty_, .region = region_, .code = item.code});
  Fill f;
  f.count = field<uint32_t>(item.pc, 4);
  f.taken = kStubTarget | slow;
  emit(rest_id(Rest::kFuel), f);
  go_on_here(slow);
}

// A stub of the kinds that run a handler goes on here, with pins read from their slots.
void Compiler::go_on_here(uint32_t stub) {
  stubs_[stub].target = here();
  narrow_ = narrow_pins_;
  acc_narrow_ = false;
  label();
}

// Whatever has no stencil of its own.
void Compiler::handler(const Item& item) {
  settle_accs();
  save_dirty();
  emit_island(item.code, item.pc, ir::unit_count(item.code), item.at, kNone);
  lose_registers();
}

// The same for one that branches: its target is a unit of the island, too.
void Compiler::branching_handler(const Item& item) {
  settle_accs();
  save_dirty();
  const unsigned units = ir::unit_count(item.code);
  const uint32_t island = emit_island(item.code, item.pc, units, item.at, kNone, 1);
  const auto distance = static_cast<int32_t>(units + 1);
  std::memcpy(data_.data() + island + 8 + 4, &distance, sizeof distance);
  const uint32_t target = branch_target(item);
  Mark& m = mark(target);
  m.branches = 2;
  m.alias = {};
  lose_registers();
  uint32_t to = target;
  if (inside(target))
    to = kStubTarget | add_stub({.kind = Stub::kEnter, .at = item.at, .target = target, .region = region_});
  unit_targets_.push_back({island + 8 * (units + 1), to});
}

// --- Calls

// What all calls say of themselves.
Compiler::Fill Compiler::call_fill(const Item& item) const {
  const auto offset = field<uint16_t>(item.pc, 0), header = field<uint16_t>(item.pc, 2);
  Fill f;
  f.pc = reinterpret_cast<uint64_t>(&code_->code[item.at]);
  f.a = offset;
  f.d = offset + header;
  f.offset = offset * static_cast<uint32_t>(sizeof(Slot));
  return f;
}

void Compiler::call(const Item& item) {
  save_dirty();
  forget_accs();
  Fill f = call_fill(item);
  f.callee = static_cast<uint32_t>(reinterpret_cast<const FuncCode*>(item.pc[2]) - funcs_);
  emit(rest_id(Rest::kCall), f);
  lose_registers();
}

// A call whose callee a stencil finds, or else leaves to the handler; registers are saved.
void Compiler::call_checked(const Item& item, StencilId check, Fill f, Rest how) {
  const uint32_t slow = add_stub({.kind = Stub::kCall, .at = item.at, .code = item.code});
  f.taken = kStubTarget | slow;
  emit(check, f);
  f = call_fill(item);
  if (how == Rest::kCallHost) {
    const wasm::FuncType& type = module_.func_type(field<uint32_t>(item.pc, 8));
    f.count = f.offset + static_cast<uint32_t>(std::max(type.param_slots, type.result_slots) * sizeof(Slot));
    f.at = item.at;
    f.fails = true;
  } else {
    f.count = 0u - static_cast<uint32_t>(module_.imported_functions * sizeof(void*));
  }
  emit(rest_id(how), f);
  lose_registers();
  stubs_[slow].target = here();
  label();
}

void Compiler::call_import(const Item& item) {
  save_dirty();
  forget_accs();
  Fill f;
  f.offset = field<uint32_t>(item.pc, 8) * static_cast<uint32_t>(sizeof(runtime::FuncRef*));
  call_checked(item, rest_id(Rest::kHostImport), f, Rest::kCallHost);
}

void Compiler::call_indirect(const Item& item, bool acc) {
  settle_accs();
  save_dirty();
  Fill f;
  f.a = field<uint16_t>(item.pc, 12);
  f.offset = field<uint32_t>(item.pc, 8) * static_cast<uint32_t>(sizeof(runtime::TableView*));
  f.count = field<uint32_t>(item.pc, 4);
  const int pin = acc ? -1 : pin_of(static_cast<uint16_t>(f.a));
  const bool valid = pin >= 0 && (valid_ >> pin & 1) != 0;
  const unsigned index = acc ? unsigned{kAcc} : valid ? place(static_cast<uint16_t>(f.a)) : unsigned{kSlot};
  call_checked(item, special_id(Special::kTableCall, index), f, Rest::kCallRef);
}

void Compiler::call_ref(const Item& item) {
  save_dirty();
  forget_accs();
  Fill f;
  f.a = field<uint16_t>(item.pc, 8);
  call_checked(item, rest_id(Rest::kCheckRef), f, Rest::kCallRef);
}

// --- Branches

// A branch by a stencil whose operands are filled in; all pins are valid.
void Compiler::branch(const Item& item, StencilId id, Fill& f) {
  uint32_t target = branch_target(item);
  Mark& m = mark(target);
  if (region_ >= 0 && !inside(target)) settle_accs();
  if (m.branches == 0) m.alias = alias_;
  else if (m.alias != alias_) m.alias = {};
  if (m.branches < 2) ++m.branches;
  if (held_mask_ != 0) store_vectors(uses_.at_mark(mark_of_[target]));
  f.taken = branch_taken(item.at, target);
  emit(id, f);
}

// What a branch to a label jumps to: the label, or code that saves the registers of the region it leaves.
uint32_t Compiler::branch_taken(uint32_t at, uint32_t target) {
  if (inside(target)) return target == regions_[static_cast<size_t>(region_)].start ? kInnerTarget | target : target;
  if (dirty_ == 0) return target;
  return kStubTarget | add_stub({.kind = Stub::kLeave, .at = at, .target = target, .dirty = dirty_, .region = region_});
}

void Compiler::jump(const Item& item) {
  uint32_t target = branch_target(item);
  if (inside(target)) {
    make_valid();
  } else if (region_ >= 0) {
    settle_accs();
    save_dirty();
  }
  Fill f;
  branch(item, rest_id(Rest::kJump), f);
}

void Compiler::compare_branch(const Item& item, const Shape& s) {
  make_valid();
  unsigned form = s.form / 4;
  bool on_false = s.form & 2;
  Op op = s.op();
  Fill f;
  f.a = field<uint16_t>(item.pc, 0);
  f.b = field<uint16_t>(item.pc, 2);
  Class c = param_class(op, 0);
  unsigned a = form == ir::kRS || form == ir::kRI ? acc_place(c) : place(static_cast<uint16_t>(f.a));
  unsigned b;
  if (form == ir::kSI || form == ir::kRI)
    b = constant(static_cast<uint64_t>(int64_t{field<int16_t>(item.pc, 2)}), wasm::op_info(op).sig()[0] == 'l', false,
                 f);
  else b = form == ir::kSR ? acc_place(c) : place(static_cast<uint16_t>(f.b));
  if (on_false && ir::has_inverse(op)) {
    op = ir::inverse(op);
    on_false = false;
  }
  StencilId id = branch_id(op, a, b, on_false);
  if ((b == kImm || b == kNeg) && !imm_fits(id, f)) id = branch_id(op, a, kPool, on_false);
  if (!exists(id)) {
    failed_ = true;
    return;
  }
  branch(item, id, f);
}

void Compiler::table(const Item& item, bool acc) {
  make_valid();
  if (held_mask_ != 0) store_vectors(~uint64_t{0});
  Fill f;
  f.a = field<uint16_t>(item.pc, 0);
  f.count = field<uint32_t>(item.pc, 4);
  unsigned index = acc ? acc_place(Class::kInt) : place(static_cast<uint16_t>(f.a));
  uint32_t base = data(4 * (size_t{f.count} + 1), 8);
  f.island = base;
  for (uint32_t i = 0; i <= f.count; ++i) {
    auto target = static_cast<uint32_t>(static_cast<int64_t>(item.at) + field<int32_t>(item.pc, 8 + 4 * i));
    Mark& m = mark(target);
    m.branches = 2;
    m.alias = {};
    data_fixes_.push_back(
        {base + 4 * i, FixKind::kLabel, 0, branch_taken(item.at, target), static_cast<int32_t>(base)});
  }
  emit(special_id(Special::kTable, index), f);
}

}  // namespace ermine::baseline
