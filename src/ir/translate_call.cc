// Calls. Arguments are brought to their homes, a run of slots that becomes the callee's frame; its results
// lie in the same place when it returns.
#include "ir/translator.h"

namespace ermine::ir {

using wasm::FuncType;
using wasm::ValType;

// Pops the arguments; returns the slot where the callee's frame starts.
uint32_t Translator::place_arguments(const FuncType& type) {
  auto n = static_cast<uint32_t>(type.params.size());
  flush_top(n);
  uint32_t base = n ? stack_[stack_.size() - n].home : next_home(wasm::kI32);
  truncate(static_cast<uint32_t>(stack_.size() - n));
  save_pending();
  need_slots(base + type.param_slots + runtime::kHeaderSlots);
  need_slots(base + type.result_slots);
  return base;
}

void Translator::finish_call(uint32_t base, const FuncType& type) {
  for (ValType t : type.results) push_temp(t);
  forget_accs();
  // A single integer result comes back in the accumulator as well.
  if (type.results.size() == 1 && type.results[0].slots() == 1 && acc_of(type.results[0]) == kAccR)
    mirror_[kAccR] = base;
}

void Translator::call(uint32_t func_index, bool tail) {
  const FuncType& type = module_.func_type(func_index);
  bool imported = module_.is_imported_function(func_index);
  uint64_t target =
      imported ? func_index : reinterpret_cast<uint64_t>(&funcs_[func_index - module_.imported_functions]);
  if (tail) {
    emit_tail_call(imported ? IrOp::return_call_import : IrOp::return_call, type, 0, 0, target);
    return;
  }
  uint32_t base = place_arguments(type);
  uint32_t at = emit(code_of(imported ? IrOp::call_import : IrOp::call), 3);
  put<uint16_t>(at, 0, static_cast<uint16_t>(base));
  put<uint16_t>(at, 2, static_cast<uint16_t>(type.param_slots));
  put<uint64_t>(at, 8, target);
  finish_call(base, type);
}

// A tail call moves the caller's header, which lies behind the parameters, to where the callee's
// parameters end: `callee_params` @2, `own_params` @0.
void Translator::emit_tail_call(IrOp op, const FuncType& type, uint16_t callee_slot, uint32_t type_id,
                                uint64_t target) {
  // The header is read before the arguments overwrite it: handlers do both, from the arguments' homes.
  auto n = static_cast<uint32_t>(type.params.size());
  flush_top(n);
  uint32_t base = n ? stack_[stack_.size() - n].home : next_home(wasm::kI32);
  save_pending();
  need_slots(type.param_slots + runtime::kHeaderSlots);
  need_slots(type.result_slots);
  uint32_t at = emit(code_of(op), 4);
  put<uint16_t>(at, 0, static_cast<uint16_t>(base));
  put<uint16_t>(at, 2, static_cast<uint16_t>(type.param_slots));
  put<uint16_t>(at, 4, static_cast<uint16_t>(type_->param_slots));
  put<uint16_t>(at, 6, callee_slot);
  put<uint64_t>(at, 8, target);
  put<uint32_t>(at, 16, type_id);
  terminate();
}

void Translator::call_indirect(const Instr& in, bool tail) {
  const wasm::TypeDef& def = module_.type_def(in.index);
  Entry index = pop();
  if (tail) {
    uint16_t slot = use_slot(index);
    emit_tail_call(IrOp::return_call_indirect, def.func, slot, def.id, in.index2);
    return;
  }
  // The index is popped but lies above the arguments: nothing flushed below disturbs it in its slot. In
  // the accumulator it is safe too: flushing goes from slot to slot.
  Operand x = use(index);
  uint32_t base = place_arguments(def.func);
  if (x.form == Operand::kSlot) need_slots(base + def.func.param_slots + runtime::kHeaderSlots + 1);
  uint32_t at = emit(code_of(x.form == Operand::kAcc ? IrOp::call_indirect_r : IrOp::call_indirect_s), 3);
  put<uint16_t>(at, 0, static_cast<uint16_t>(base));
  put<uint16_t>(at, 2, static_cast<uint16_t>(def.func.param_slots));
  put<uint32_t>(at, 4, def.id);
  put<uint32_t>(at, 8, in.index2);
  put<uint16_t>(at, 12, x.slot);
  put<uint16_t>(at, kCalleeCell, options_.record_callees ? 0 : kManyCallees);
  finish_call(base, def.func);
}

void Translator::call_ref(const Instr& in, bool tail) {
  const FuncType& type = module_.type_def(in.index).func;
  uint16_t slot = use_slot(pop());
  if (tail) {
    emit_tail_call(IrOp::return_call_ref, type, slot, 0, 0);
    return;
  }
  uint32_t base = place_arguments(type);
  uint32_t at = emit(code_of(IrOp::call_ref), 3);
  put<uint16_t>(at, 0, static_cast<uint16_t>(base));
  put<uint16_t>(at, 2, static_cast<uint16_t>(type.param_slots));
  put<uint32_t>(at, 4, module_.type_def(in.index).id);
  put<uint16_t>(at, 8, slot);
  put<uint16_t>(at, kCalleeCell, options_.record_callees ? 0 : kManyCallees);
  finish_call(base, type);
}

}  // namespace ermine::ir
