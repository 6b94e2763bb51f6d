#include "ir/translator.h"

namespace ermine::ir {

using wasm::ValType;

void Translator::note_reference(ValType t, uint32_t slot) {
  if (slot / 64 >= ref_slots_.size()) ref_slots_.resize(slot / 64 + 1);
  ref_slots_[slot / 64] |= uint64_t{1} << (slot % 64);
}

Result<FunctionCode> Translator::translate(uint32_t func_index, const TranslateOptions& options) {
  options_ = options;
  func_index_ = func_index;
  const wasm::Function& function = module_.functions[func_index];
  type_ = &module_.func_type(func_index);
  locals_.clear();
  stack_.clear();
  controls_.clear();
  patches_.clear();
  code_.clear();
  regions_.clear();
  catches_.clear();
  offsets_.clear();
  ref_slots_.clear();
  flushed_ = 0;
  max_slots_ = 0;
  last_ = kNone;
  previous_ = kNone;
  last_op_ = Op::nop;
  pending_.fill(kNone);
  mirror_.fill(kNone);
  unreachable_ = false;
  dead_depth_ = 0;
  closed_regions_ = 0;
  segment_ = kNone;
  segment_cost_ = 0;
  memory_ = 0;
  offset_ = function.body_offset;

  uint32_t slot = 0;
  auto add_local = [&](ValType t) {
    locals_.push_back({t, kNone, static_cast<uint16_t>(slot)});
    if (t.is_ref()) note_reference(t, slot);
    slot += t.slots();
  };
  for (ValType t : type_->params) add_local(t);
  slot += runtime::kHeaderSlots;
  uint32_t first_zero = slot;
  auto start = binary::read_locals(module_, function, [&](uint32_t count, ValType t) {
    for (uint32_t i = 0; i < count; ++i) add_local(t);
  });
  if (!start) return std::move(start).error();
  first_home_ = next_home_ = slot;
  need_slots(slot + 4);
  need_slots(type_->result_slots);

  uint32_t enter = options_.count ? emit(code_of(IrOp::enter_count), 3) : emit(code_of(IrOp::enter), 2);
  if (options_.count) code_[enter + kEnterCounter] = options_.tier_up_calls;
  put<uint16_t>(enter, 0, static_cast<uint16_t>(first_zero));
  put<uint16_t>(enter, 2, static_cast<uint16_t>(slot - first_zero));
  bind_here();
  count_fuel();

  Control body{.kind = ControlKind::kFunction, .height = 0, .base = first_home_};
  body.results = type_->results;
  controls_.push_back(body);

  uint32_t end = function.body_offset + function.body_size;
  binary::InstrReader reader(module_, *start, end - *start);
  binary::Instr in;
  while (reader.next(in)) {
    offset_ = in.offset;
    if (options_.consume_fuel && !unreachable_) segment_cost_ += fuel_of(in);
    if (unreachable_ && skip_unreachable(in)) continue;
    ERMINE_TRY(instruction(in));
    if (options_.consume_fuel && ends_segment(in.op)) count_fuel();
    if (code_.size() > INT32_MAX / 2)
      return Error(ErrorKind::kUnsupported, "function is too large to translate", offset_);
  }
  if (reader.failed()) return reader.take_error();
  settle_fuel();
  // Slots are 16-bit operands. The validator rejects such functions, so this is for unvalidated modules.
  if (max_slots_ > wasm::kMaxFrameSlots + 4096)
    return Error(ErrorKind::kUnsupported, "function needs too many frame slots", function.body_offset);
  put<uint32_t>(enter, 4, max_slots_);

  FunctionCode result;
  result.code.assign(code_.begin(), code_.end());
  result.regions = regions_;
  result.catches = catches_;
  result.offsets = offsets_;
  result.guarded = options_.guarded;
  for (const Local& l : locals_)
    if (l.slot < 64 && l.type == wasm::kI32) result.i32_slots |= uint64_t{1} << l.slot;
  uint32_t result_slot = 0;  // results replace parameters, whatever their type
  for (ValType t : type_->results) {
    if (t != wasm::kI32 && result_slot < 63) result.i32_slots &= ~(uint64_t{3} << result_slot);
    if (t.is_ref()) note_reference(t, result_slot);
    result_slot += t.slots();
  }
  result.ref_slots = ref_slots_;
  result.frame_slots = max_slots_;
  result.param_slots = type_->param_slots;
  return result;
}

// An instruction costs one unit of fuel wherever it runs, in every tier. Bulk instructions pay for their length in
// their builtins, or here if it is known: one more unit for two elements or fields.
uint32_t Translator::fuel_of(const Instr& in) const {
  switch (in.op) {
    case Op::array_new_fixed: return 1 + in.index2 / 2;
    case Op::struct_new_default: return 1 + static_cast<uint32_t>(module_.type_def(in.index).fields.size() / 2);
    default: return 1;
  }
}

// Fuel is paid at the start of each stretch of straight-line code, for all of it.
bool Translator::ends_segment(Op op) {
  switch (op) {
    case Op::loop:
    case Op::if_:
    case Op::else_:
    case Op::end:
    case Op::br_if:
    case Op::br_on_null:
    case Op::br_on_non_null:
    case Op::br_on_cast:
    case Op::br_on_cast_fail:
    case Op::catch_:
    case Op::catch_all:
    case Op::delegate:
    case Op::try_table:
    case Op::try_: return true;
    default: return false;
  }
}

void Translator::settle_fuel() {
  if (segment_ != kNone) put<uint32_t>(segment_, 4, segment_cost_);
  segment_ = kNone;
  segment_cost_ = 0;
}

void Translator::count_fuel() {
  if (!options_.consume_fuel || unreachable_) return;
  settle_fuel();
  segment_ = emit(code_of(IrOp::fuel), 2);
}

// In dead code only the nesting matters. True if the instruction is finished.
bool Translator::skip_unreachable(const Instr& in) {
  if (wasm::opens_block(in.op)) {
    ++dead_depth_;
    return true;
  }
  switch (in.op) {
    case Op::else_:
    case Op::catch_:
    case Op::catch_all: return dead_depth_ > 0;
    case Op::delegate:
    case Op::end:
      if (dead_depth_ == 0) return false;
      --dead_depth_;
      return true;
    default: return true;
  }
}

Result<void> Translator::instruction(const Instr& in) {
  switch (op_traits(in.op).family) {
    case Family::kBinary: binary(in.op); return {};
    case Family::kUnary:
      if (in.op == Op::i32_eqz) fuse_eqz();
      else if (in.op == Op::i64_eqz) {
        push_const(wasm::kI64, 0);
        binary(Op::i64_eq);
      } else unary(in.op);
      return {};
    case Family::kLoad: load(in); return {};
    case Family::kStore: store(in); return {};
    case Family::kVector:
      if (in.op == Op::v128_const) {
        Entry e{.where = Where::kConst, .type = wasm::kV128};
        e.v128 = in.bytes16;
        push_entry(e);
      } else vector(in);
      return {};
    case Family::kAtomic: atomic(in); return {};
    case Family::kWide: wide(in); return {};
    case Family::kNone: break;
  }
  switch (in.op) {
    case Op::nop:
    case Op::atomic_fence: return {};  // every atomic access is sequentially consistent
    case Op::unreachable: {
      save_pending();
      uint32_t at = emit(code_of(IrOp::trap), 2);
      put<uint32_t>(at, 4, static_cast<uint32_t>(TrapCode::kUnreachable));
      terminate();
      return {};
    }
    case Op::block: block(in, ControlKind::kBlock); return {};
    case Op::loop: block(in, ControlKind::kLoop); return {};
    case Op::if_: begin_if(in); return {};
    case Op::else_: begin_else(); return {};
    case Op::end: end_block(); return {};
    case Op::br:
      branch(in.index);
      terminate();
      return {};
    case Op::br_if: branch_if(in.index); return {};
    case Op::br_table: branch_table(in); return {};
    case Op::return_: return_(); return {};
    case Op::call: call(in.index, false); return {};
    case Op::return_call: call(in.index, true); return {};
    case Op::call_indirect: call_indirect(in, false); return {};
    case Op::return_call_indirect: call_indirect(in, true); return {};
    case Op::call_ref: call_ref(in, false); return {};
    case Op::return_call_ref: call_ref(in, true); return {};
    case Op::try_table: try_table(in); return {};
    case Op::try_: legacy_try(in); return {};
    case Op::catch_:
    case Op::catch_all: legacy_catch(in); return {};
    case Op::rethrow: legacy_rethrow(in); return {};
    case Op::delegate: legacy_delegate(in); return {};
    case Op::drop: pop(); return {};
    case Op::select: select(ValType()); return {};
    case Op::select_t: select(in.type); return {};
    case Op::local_get: push_local(in.index); return {};
    case Op::local_set: local_set(in.index, false); return {};
    case Op::local_tee: local_set(in.index, true); return {};
    case Op::global_get: global_get(in.index); return {};
    case Op::global_set: global_set(in.index); return {};
    case Op::i32_const: push_const(wasm::kI32, static_cast<uint32_t>(in.bits)); return {};
    case Op::i64_const: push_const(wasm::kI64, in.bits); return {};
    case Op::f32_const: push_const(wasm::kF32, static_cast<uint32_t>(in.bits)); return {};
    case Op::f64_const: push_const(wasm::kF64, in.bits); return {};
    case Op::br_on_null:
    case Op::br_on_non_null: branch_on_null(in); return {};
    case Op::br_on_cast:
    case Op::br_on_cast_fail: branch_on_cast(in); return {};
    default: return object(in);
  }
}

}  // namespace ermine::ir
