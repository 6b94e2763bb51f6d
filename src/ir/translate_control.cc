// Blocks, branches and exception handlers.
#include <algorithm>

#include "base/sort.h"
#include "ir/translator.h"
#include "runtime/builtins.h"

namespace ermine::ir {

using wasm::ValType;

namespace {
uint32_t slots_of(std::span<const ValType> types) {
  uint32_t n = 0;
  for (ValType t : types) n += t.slots();
  return n;
}
}  // namespace

// Parameters and results of a block; a single result is kept in `single`, see result_types().
void Translator::resolve_block_type(const Instr& in, Control& c) {
  using binary::BlockType;
  switch (in.block.kind) {
    case BlockType::kEmpty: break;
    case BlockType::kValue: c.single = in.block.value; break;
    case BlockType::kFunc: {
      const wasm::FuncType& f = module_.type_def(in.block.type_index).func;
      c.params = f.params;
      c.results = f.results;
      break;
    }
  }
}

std::span<const ValType> Translator::result_types(const Control& c) const {
  return c.single.is_bot() ? c.results : std::span<const ValType>(&c.single, 1);
}

std::span<const ValType> Translator::label_types(const Control& c) const {
  return c.kind == ControlKind::kLoop ? c.params : result_types(c);
}

void Translator::block(const Instr& in, ControlKind kind) {
  flush_all();
  Control c{.kind = kind};
  resolve_block_type(in, c);
  open(c);
  if (kind == ControlKind::kLoop) {
    bind_here();
    controls_.back().loop_target = static_cast<uint32_t>(code_.size());
    if (options_.count) {
      uint32_t at = emit(code_of(IrOp::loop), 2);
      code_[at + kLoopCounter] = options_.tier_up_rounds;
      bind_here();
    }
  }
}

// Opens a block whose parameters are on the (flushed) stack.
void Translator::open(Control c) {
  c.height = static_cast<uint32_t>(stack_.size() - c.params.size());
  c.base = stack_.size() > c.height ? stack_[c.height].home : next_home(wasm::kI32);
  controls_.push_back(c);
}

// Removes the last instruction.
void Translator::take_back() {
  code_.shrink(last_);
  if (options_.record_offsets) offsets_.pop_back();
  last_ = previous_;
  last_code_ = previous_code_;
  previous_ = kNone;
}

// A branch on a popped i32. A comparison just made for it is fused into the branch.
Translator::Emitted Translator::emit_condition(const Entry& e, bool on_false, bool back) {
  Emitted fused;
  if (e.where == Where::kPending && is_last(e.producer) && !back && fuse_test(e.producer, last_code_, on_false, &fused))
    return fused;
  if (e.where == Where::kPending && is_last(e.producer) && last_op_ != Op::nop) {
    uint32_t at = e.producer;
    auto a = field<uint16_t>(&code_[at], 2);
    auto b = field<uint16_t>(&code_[at], 4);
    bool has_imm = last_form_ == kSlotImm || last_form_ == kAccImm;
    bool is64 = last_op_ >= Op::i64_eq && last_op_ <= Op::i64_ge_u;
    int64_t imm = !has_imm ? 0 : is64 ? field<int64_t>(&code_[at], 8) : field<int32_t>(&code_[at], 4);
    bool float_imm = has_imm && (last_op_ >= Op::f32_eq && last_op_ <= Op::f64_ge);
    if (!float_imm && (!has_imm || imm == static_cast<int16_t>(imm))) {
      Op op = last_op_;
      BinaryForm form = last_form_;
      take_back();
      bool with_zero = (op == Op::i32_eq || op == Op::i32_ne) && form == kAccImm && imm == 0 && last_ != kNone;
      if (with_zero && !back && last_ + units_of(last_code_) == at &&
          fuse_test(last_, last_code_, on_false ^ (op == Op::i32_eq), &fused))
        return fused;
      if (with_zero && last_ + 2 == at) {
        // (x & y) == 0, where the result of the and is not used otherwise: a test of bits.
        CodeInfo before = code_info(last_code_);
        if (before.kind == CodeInfo::kFormed && before.op == Op::i32_and && !(before.form & 1)) {
          auto and_form = static_cast<BinaryForm>(before.form / 2);
          bool and_imm = and_form == kSlotImm || and_form == kAccImm;
          auto bits = field<int32_t>(&code_[last_], 4);
          if (!and_imm || bits == static_cast<int16_t>(bits)) {
            a = field<uint16_t>(&code_[last_], 2);
            b = field<uint16_t>(&code_[last_], 4);
            imm = bits;
            has_imm = and_imm;
            form = and_form;
            on_false ^= op == Op::i32_eq;
            op = Op::i32_and;
            take_back();
          }
        }
      }
      OpCode code = canonical(branch_code(op, form, on_false, back));
      at = emit(code, 2);
      put<uint16_t>(at, 0, a);
      put<uint16_t>(at, 2, has_imm ? static_cast<uint16_t>(imm) : b);
      return join_pair(at, code);
    }
  }
  Operand x = use(e);
  OpCode code =
      branch_code(on_false ? Op::i32_eq : Op::i32_ne, x.form == Operand::kAcc ? kAccImm : kSlotImm, false, back);
  uint32_t at = emit(code, 2);
  put<uint16_t>(at, 0, x.slot);
  put<uint16_t>(at, 2, 0);
  return join_pair(at, code);
}

void Translator::patch_target(Control& target, uint32_t at, Patch::Kind kind, uint32_t field) {
  if (target.kind == ControlKind::kLoop) {
    if (kind == Patch::kCatch) catches_[at].target = target.loop_target;
    else put<int32_t>(at, field, static_cast<int32_t>(target.loop_target - at));
    return;
  }
  patches_.push_back({kind, at, field, target.first_patch});
  target.first_patch = static_cast<uint32_t>(patches_.size() - 1);
}

void Translator::bind(Control& c) {
  use_memory(0);
  auto here = static_cast<uint32_t>(code_.size());
  for (uint32_t i = c.first_patch; i != kNone; i = patches_[i].next) {
    const Patch& p = patches_[i];
    if (p.kind == Patch::kCatch) catches_[p.at].target = here;
    else put<int32_t>(p.at, p.field, static_cast<int32_t>(here - p.at));
  }
  c.first_patch = kNone;
  bind_here();
}

// Whether the values of a branch are in the slots where its target expects them.
bool Translator::values_in_place(const Control& target) const {
  size_t n = label_types(target).size();
  return n == 0 || stack_[stack_.size() - n].home == target.base;
}

// Moves the top values to the target's slots; the stack itself does not change.
void Translator::move_branch_values(const Control& target) {
  auto types = label_types(target);
  auto n = static_cast<uint32_t>(types.size());
  if (n == 0) return;
  if (n == 1) {
    // An accumulator or a local is moved directly.
    const Entry& e = top();
    move_to(e, static_cast<uint16_t>(target.base));
    return;
  }
  flush_top(n);
  uint16_t dst = static_cast<uint16_t>(target.base);
  uint16_t src = stack_[stack_.size() - n].home;
  if (dst == src) return;
  uint32_t slots = slots_of(types);
  uint32_t at = emit(code_of(IrOp::copy_n), 2);
  put<uint16_t>(at, 0, dst);
  put<uint16_t>(at, 2, src);
  put<uint32_t>(at, 4, slots);
  forget_accs();
}

void Translator::emit_jump(Control& target) {
  bool back = target.kind == ControlKind::kLoop;
  uint32_t at = emit(code_of(back ? IrOp::br_back : IrOp::br), 2);
  patch_target(target, at, Patch::kBranch, 4);
}

// An unconditional branch; the caller marks the code after it as dead.
void Translator::branch(uint32_t depth) {
  Control& target = controls_[controls_.size() - 1 - depth];
  if (target.kind == ControlKind::kFunction) {
    emit_return();
    return;
  }
  move_branch_values(target);
  emit_jump(target);
}

void Translator::branch_if(uint32_t depth) {
  Entry condition = pop();
  Control& target = controls_[controls_.size() - 1 - depth];
  auto n = static_cast<uint32_t>(label_types(target).size());
  // From here on, flushing moves values from slot to slot or patches instructions: the condition stays where it is.
  if (target.kind != ControlKind::kFunction && values_in_place(target)) {
    flush_top(n);
    patch_branch(target, emit_condition(condition, false, target.kind == ControlKind::kLoop));
    return;
  }
  jump_around(n, [&] { return emit_condition(condition, true, false); }, depth);
}

void Translator::branch_table(const Instr& in) {
  Entry index = pop();
  binary::LabelReader labels(in);
  uint32_t n = 0;
  {
    binary::LabelReader peek(in);
    n = static_cast<uint32_t>(label_types(controls_[controls_.size() - 1 - peek.next()]).size());
  }
  save_pending();
  flush_top(n);
  Operand x = use(index);
  uint32_t count = in.count;
  uint32_t at = emit(code_of(x.form == Operand::kAcc ? IrOp::br_table_r : IrOp::br_table_s), table_units(count));
  put<uint16_t>(at, 0, x.slot);
  put<uint32_t>(at, 4, count);
  // Labels that need more than a jump share one stub per depth.
  struct Stub {
    uint32_t depth, byte;  // of the entry
  };
  std::vector<Stub> stubs;
  for (uint32_t i = 0; i <= count; ++i) {
    uint32_t depth = labels.next();
    Control& target = controls_[controls_.size() - 1 - depth];
    uint32_t byte = 8 + 4 * i;
    bool direct = target.kind != ControlKind::kFunction && target.kind != ControlKind::kLoop && values_in_place(target);
    if (direct) patch_target(target, at, Patch::kTable, byte);
    else stubs.push_back({depth, byte});
  }
  base::sort(std::span(stubs),
             [](const Stub& a, const Stub& b) { return a.depth != b.depth ? a.depth < b.depth : a.byte < b.byte; });
  for (size_t i = 0; i < stubs.size(); ++i) {
    if (i == 0 || stubs[i].depth != stubs[i - 1].depth) {
      bind_here();
      put<int32_t>(at, stubs[i].byte, static_cast<int32_t>(code_.size() - at));
      branch(stubs[i].depth);
    } else {
      put<int32_t>(at, stubs[i].byte, field<int32_t>(&code_[at], stubs[i - 1].byte));
    }
  }
  terminate();
}

void Translator::branch_on_null(const Instr& in) {
  bool on_null = in.op == Op::br_on_null;
  to_home(top());
  uint16_t slot = top().home;
  ValType type = top().type;
  if (on_null) pop();
  Control& target = controls_[controls_.size() - 1 - in.index];
  auto n = static_cast<uint32_t>(label_types(target).size());
  auto emit_test = [&](bool null, bool back) {
    IrOp op = null ? (back ? IrOp::br_null_back : IrOp::br_null) : (back ? IrOp::br_non_null_back : IrOp::br_non_null);
    uint32_t at = emit(code_of(op), 2);
    put<uint16_t>(at, 0, slot);
    return Emitted{at, code_of(op), 0};
  };
  if (target.kind != ControlKind::kFunction && values_in_place(target)) {
    flush_top(n);
    patch_branch(target, emit_test(on_null, target.kind == ControlKind::kLoop));
  } else {
    jump_around(n, [&] { return emit_test(!on_null, false); }, in.index);
  }
  if (on_null) push_temp(type);
  else pop();
}

void Translator::branch_on_cast(const Instr& in) {
  if constexpr (kObjectOps)
    if (branch_on_object_cast(in)) return;
  to_home(top());
  uint16_t slot = top().home;
  push_temp(top().type);
  copy_slot(top().home, slot, wasm::kI64);
  ValType i32 = wasm::kI32;
  builtin(Op::ref_test, 1, {&i32, 1}, in.type_to.nullable(), in.type_to.heap().bits());
  if (in.op == Op::br_on_cast_fail) fuse_eqz();
  branch_if(in.index);
}

void Translator::begin_if(const Instr& in) {
  Entry condition = pop();
  flush_all();
  Emitted skip = emit_condition(condition, true, false);
  Control c{.kind = ControlKind::kIf};
  resolve_block_type(in, c);
  c.else_patch = skip.at;
  c.else_field = skip.byte + 4u;
  open(c);
}

void Translator::begin_else() {
  Control& c = controls_.back();
  if (!unreachable_) {
    flush_top(static_cast<uint32_t>(result_types(c).size()));
    emit_jump(c);
  }
  put<int32_t>(c.else_patch, c.else_field, static_cast<int32_t>(code_.size() - c.else_patch));
  c.else_patch = kNone;
  c.kind = ControlKind::kElse;
  truncate(c.height);
  bind_here();
  for (ValType t : c.params) push_temp(t);
  unreachable_ = false;
}

void Translator::truncate(uint32_t height) {
  while (stack_.size() > height) pop();
}

// The code is dead until the block's end or else.
void Translator::terminate() {
  truncate(controls_.back().height);
  unreachable_ = true;
  dead_depth_ = 0;
}

void Translator::end_block() {
  Control c = controls_.back();
  auto results = result_types(c);
  auto n = static_cast<uint32_t>(results.size());
  if (c.kind == ControlKind::kFunction) {
    if (!unreachable_) emit_return();
    if (c.first_patch != kNone) {  // exceptions caught at the function's own label
      bind(c);
      truncate(0);
      for (ValType t : results) push_temp(t);
      emit_return();
    }
    controls_.pop_back();
    unreachable_ = true;
    return;
  }
  if (c.region != kNone && regions_[c.region].end == kNone) close_region(c);
  if (!unreachable_) {
    if (c.kind == ControlKind::kCatch) move_branch_values(c);
    else flush_top(n);
  }
  bool labelled = c.first_patch != kNone || c.else_patch != kNone;
  if (labelled) use_memory(0);
  if (c.else_patch != kNone)
    put<int32_t>(c.else_patch, c.else_field, static_cast<int32_t>(code_.size() - c.else_patch));
  if (labelled) bind(c);
  truncate(c.height);
  controls_.pop_back();
  unreachable_ = unreachable_ && !labelled;
  dead_depth_ = 0;
  if (!unreachable_)
    for (ValType t : results) push_temp(t);
}

void Translator::return_() {
  emit_return();
  terminate();
}

// Returns the top values; the stack does not change.
void Translator::emit_return() {
  auto results = std::span<const ValType>(type_->results);
  auto n = static_cast<uint32_t>(results.size());
  if (n == 0) {
    emit(code_of(IrOp::ret), 2);
    return;
  }
  if (n == 1 && results[0].slots() == 1) {
    const Entry& e = top();
    if (e.where == Where::kConst) {
      uint32_t at = emit(code_of(IrOp::ret_const), 3);
      put<uint64_t>(at, 8, e.bits);
      return;
    }
    Operand x = use(e);
    Acc acc = acc_of(e.type);
    IrOp op = x.form != Operand::kAcc ? IrOp::ret_copy
              : acc == kAccR          ? IrOp::ret_r
              : acc == kAccS          ? IrOp::ret_s
                                      : IrOp::ret_d;
    uint32_t at = emit(code_of(op), 2);
    put<uint16_t>(at, 2, x.slot);
    return;
  }
  flush_top(n);
  uint32_t at = emit(code_of(IrOp::ret_copy_n), 2);
  put<uint16_t>(at, 2, stack_[stack_.size() - n].home);
  put<uint32_t>(at, 4, type_->result_slots);
}

}  // namespace ermine::ir
