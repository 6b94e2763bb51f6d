// Entry, branches, returns, traps, interrupts and fuel.
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/MDBuilder.h>

#include <algorithm>

#include <llvm/Support/SaveAndRestore.h>

#include <utility>

#include "optimizing/plugin/builder.h"
#include "optimizing/plugin/polls.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

namespace {

#if defined(__x86_64__)
constexpr const char* kFrameConstraint = "{r13}";
constexpr auto kStackAtEntry = llvm::Intrinsic::addressofreturnaddress;
#elif defined(__aarch64__)
constexpr const char* kFrameConstraint = "{x21}";
constexpr auto kStackAtEntry = llvm::Intrinsic::sponentry;
#endif

}  // namespace

// First slot to zero @0, number @2, slots of the frame @4. If a check fails, the handler does it again: it traps, or
// answers an interrupt.
void Builder::enter(const IrInstr& instr) {
  if (body_->caller != nullptr) {
    enter_inlined(instr);
    return;
  }
  check_stacks(instr, plan_->frame_end());
  for (unsigned slot = 0; slot < body_->code.param_slots; ++slot) {
    const Kind kind = body_->locals[slot];
    if (kind == Kind::kFrame || kind == Kind::kHigh) continue;
    if (by_registers_) write(slot, kind, argument(slot));
    else load_from_frame(slot, kind);
  }
  zero_locals();
}

void Builder::zero_locals() {
  for (unsigned slot = body_->code.param_slots; slot < body_->code.frame_slots; ++slot) {
    const Kind kind = body_->locals[slot];
    if (kind == Kind::kFrame || kind == Kind::kHigh) continue;
    Value* const zero = llvm::Constant::getNullValue(type_of(kind));
    write(slot, kind, kind == Kind::kF32 || kind == Kind::kF64 ? opaque_float(zero) : zero);
  }
}

// Of the value stack, on which `slots` are needed, and of the native stack.
void Builder::check_stacks(const IrInstr& instr, uint32_t slots) {
  Value* const end = offset(body_->fp, int64_t{8} * slots);
  llvm::LoadInst* const limit =
      b_.CreateAlignedLoad(b_.getPtrTy(), offset(exec_, offsets::kExecStackLimit), llvm::Align(8));
  limit->setAtomic(llvm::AtomicOrdering::Monotonic);
  Value* const fails = b_.CreateOr(b_.CreateICmpUGT(end, limit), native_stack_is_short());
  BasicBlock *const rare = new_block("enter_slowly"), *const usual = new_block("entered");
  unlikely_branch(fails, rare, usual);
  b_.SetInsertPoint(rare);
  if (by_registers_ && body_->caller == nullptr) {
    // Then the function begins again: so nothing is kept during the call, and the usual way needs no registers for
    // that.
    const llvm::SmallVector<Value*, 16> args(llvm::make_pointer_range(function_->args()));
    llvm::CallInst* const call = b_.CreateCall(slow_entry(instr, slots), args);
    call->setCallingConv(kRegisterConvention);
    call->addParamAttr(1, llvm::Attribute::SwiftSelf);
    call->setTailCallKind(llvm::CallInst::TCK_MustTail);
    if (call->getType()->isVoidTy()) b_.CreateRetVoid();
    else b_.CreateRet(call);
  } else {
    if (body_->caller != nullptr) save_for_others();
    run_enter(instr, slots);
    b_.CreateBr(usual);
  }
  b_.SetInsertPoint(usual);
}

// native_stack_suffices(), below this function's own frame.
Value* Builder::native_stack_is_short() {
  Value* const half = b_.CreateLShr(b_.CreatePtrToInt(body_->fp, b_.getInt64Ty()), 1);
  Value* const term = load_field(b_.getInt64Ty(), exec_, offsets::kExecNativeStackLimitTerm, false);
  Value* const left = b_.CreateAdd(b_.CreateSub(native_stack_pointer(), i64(kMostFrameBytes)), half);
  return b_.CreateICmpULT(left, term);
}

// A check has failed: traps if the native stack is too short; otherwise the handler of IrOp::enter, which does not know
// the size of this function's frame, traps or answers the interrupt.
void Builder::run_enter(const IrInstr& instr, uint32_t slots) {
  trap_if(native_stack_is_short(), TrapCode::kCallStackExhausted);
  const uint64_t units[] = {reinterpret_cast<uint64_t>((*callees_.handlers)[ir::code_of(IrOp::enter)]),
                            field<uint32_t>(instr.pc, 0) | uint64_t{slots} << 32};
  call_record(units, false);
}

// A function with the same arguments that runs the handler of IrOp::enter, and then this function.
llvm::Function* Builder::slow_entry(const IrInstr& instr, uint32_t slots) {
  const llvm::IRBuilder<>::InsertPointGuard guard(b_);
  llvm::Function* const slow = new_function(function_->getFunctionType(), "slow_entry", kRegisterConvention);
  slow->setLinkage(llvm::GlobalValue::InternalLinkage);
  slow->addFnAttr(llvm::Attribute::NoInline);
  slow->addParamAttr(1, llvm::Attribute::SwiftSelf);
  {
    // The parts of this class for the other function, for as long.
    llvm::SaveAndRestore function(function_, slow);
    llvm::SaveAndRestore fp(body_->fp, static_cast<Value*>(slow->getArg(0))),
        ctx(ctx_, static_cast<Value*>(slow->getArg(1)));
    llvm::SaveAndRestore entry(entry_, BasicBlock::Create(context_, "entry", slow));
    auto variables = std::exchange(body_->variables, decltype(body_->variables)(body_->variables.size()));
    BasicBlock* const start = new_block("start");
    b_.SetInsertPoint(entry_);
    b_.SetCurrentDebugLocation({});
    llvm::SaveAndRestore exec(exec_, load_field(b_.getPtrTy(), ctx_, offsets::kContextExec, true));
    llvm::SaveAndRestore memory(memory0_, b_.CreateAlloca(b_.getPtrTy()));
    b_.CreateBr(start);
    b_.SetInsertPoint(start);
    run_enter(instr, slots);
    body_->variables = std::move(variables);
  }
  const llvm::SmallVector<Value*, 16> args(llvm::make_pointer_range(slow->args()));
  llvm::CallInst* const call = b_.CreateCall(function_, args);
  call->setCallingConv(kRegisterConvention);
  call->addParamAttr(1, llvm::Attribute::SwiftSelf);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (call->getType()->isVoidTy()) b_.CreateRetVoid();
  else b_.CreateRet(call);
  return slow;
}

// At the entry: the same in slow_entry(), which otherwise would not see what this function saw.
Value* Builder::native_stack_pointer() {
  return b_.CreatePtrToInt(b_.CreateIntrinsic(kStackAtEntry, {b_.getPtrTy()}, {}), b_.getInt64Ty());
}

// The header has the native stack pointer and the register that belongs to it as they were at the entry: an exception
// that is caught here continues in the code of another tier, as if this function had jumped there.
void Builder::enter_sp(const IrInstr& instr) {
  const unsigned slot = field<uint16_t>(instr.pc, 0);
  Value* const frame = b_.CreateIntrinsic(llvm::Intrinsic::frameaddress, {b_.getPtrTy()}, {i32(0)});
  Value* const sp = b_.CreateIntrinsic(kStackAtEntry, {b_.getPtrTy()}, {});
#if defined(__x86_64__)
  Value* const other = b_.CreateLoad(b_.getInt64Ty(), frame);
#elif defined(__aarch64__)
  Value* const other = b_.CreateLoad(b_.getInt64Ty(), offset(frame, 8));  // the return address
#endif
  b_.CreateAlignedStore(sp, frame_address(slot), llvm::Align(8));
  b_.CreateAlignedStore(other, frame_address(slot + 1), llvm::Align(8));
}

// At the start of a loop.
void Builder::poll() {
  // Volatile rather than atomic, which LLVM does not make an operand of the comparison. It is one access in any case.
  llvm::LoadInst* const wanted =
      b_.CreateAlignedLoad(b_.getInt32Ty(), offset(exec_, offsets::kExecInterrupt), llvm::Align(4), true);
  in_scope(wanted, context_scope_, not_context_);
  mark_poll(*wanted);
  BasicBlock *const rare = new_block("interrupted"), *const usual = new_block("loop");
  unlikely_branch(b_.CreateICmpNE(wanted, i32(0)), rare, usual);
  b_.SetInsertPoint(rare);
  save_for_others();
  const uint64_t units[] = {reinterpret_cast<uint64_t>((*callees_.handlers)[ir::code_of(IrOp::poll)]), 0};
  call_record(units, false);
  b_.CreateBr(usual);
  b_.SetInsertPoint(usual);
}

// The handler takes the fuel if there is not enough.
void Builder::fuel(const IrInstr& instr) {
  Value* const at = offset(exec_, offsets::kExecFuel);
  llvm::LoadInst* const fuel = b_.CreateAlignedLoad(b_.getInt64Ty(), at, llvm::Align(8));
  in_scope(fuel, context_scope_, not_context_);
  Value* const left = b_.CreateSub(fuel, i64(field<uint32_t>(instr.pc, 4)));
  BasicBlock *const rare = new_block("out_of_fuel"), *const usual = new_block("fuel"), *const then = new_block("then");
  unlikely_branch(b_.CreateICmpSLT(left, i64(0)), rare, usual);
  b_.SetInsertPoint(rare);
  save_for_others();
  call_out(instr);
  b_.CreateBr(then);
  b_.SetInsertPoint(usual);
  in_scope(b_.CreateAlignedStore(left, at, llvm::Align(8), true), context_scope_, not_context_);
  b_.CreateBr(then);
  b_.SetInsertPoint(then);
}

void Builder::compare_branch(const IrInstr& instr, const ir::IrInfo& info) {
  const Op op = info.op();
  const unsigned form = info.form / 4;
  const Kind kind = kind_of(ir::param_letter(op, 0));
  const bool acc_a = form == ir::kAccSlot || form == ir::kAccImm;
  Value* const a = read(acc_a ? acc(kind) : field<uint16_t>(instr.pc, 0), kind);
  Value* b;
  if (form == ir::kSlotImm || form == ir::kAccImm) {
    const auto bits = static_cast<uint64_t>(int64_t{field<int16_t>(instr.pc, 2)});
    b = kind == Kind::kI32 ? i32(static_cast<uint32_t>(bits)) : i64(bits);
  } else {
    b = read(form == ir::kSlotAcc ? acc(kind) : field<uint16_t>(instr.pc, 2), kind);
  }
  Value* const holds = b_.CreateICmpNE(call_semantics(op, {a, b}), i32(0));
  branch(instr, (info.form & 2) != 0 ? b_.CreateNot(holds) : holds);
}

// Without a condition: always.
void Builder::branch(const IrInstr& instr, Value* condition) {
  const uint32_t target = ir::branch_target(instr);
  if (condition == nullptr) {
    jump(target);
    return;
  }
  BasicBlock *const taken = new_block("taken"), *const next = new_block("next");
  b_.CreateCondBr(condition, taken, next);
  b_.SetInsertPoint(taken);
  jump(target);
  b_.SetInsertPoint(next);
}

// To a label, or out of the code. Ends the block.
void Builder::jump(uint32_t target) {
  Label& label = *label_at(target);
  if (body_->caller == nullptr && request_.entry != 0 && label.is_loop && target < request_.entry) {
    leave_to(target);
    return;
  }
  go_to(label);
  b_.CreateBr(label.block);
}

// The next round of a loop around the entry, in the best code that there is for it.
void Builder::leave_to(uint32_t loop) {
  if (std::ranges::find(exits_, loop) == exits_.end()) exits_.push_back(loop);
  const size_t label = label_at(loop)->number;
  for (unsigned slot = 0; slot < body_->code.frame_slots; ++slot)
    if (body_->liveness->is_live(label, slot)) store_to_frame(slot);
  llvm::LoadInst* const unit = b_.CreateAlignedLoad(b_.getPtrTy(), pointer(request_.cell(loop)), llvm::Align(8));
  unit->setAtomic(llvm::AtomicOrdering::Acquire);
  Value* const code = b_.CreateLoad(b_.getPtrTy(), unit);
  continue_at(code, unit, nullptr);
}

void Builder::branch_table(const IrInstr& instr, Value* index) {
  const auto count = field<uint32_t>(instr.pc, 4);
  std::vector<std::pair<uint32_t, BasicBlock*>> edges;
  const auto edge_to = [&](uint32_t n) {
    const auto target = static_cast<uint32_t>(int64_t{instr.at} + field<int32_t>(instr.pc, 8 + 4 * n));
    for (const auto& [to, block] : edges)
      if (to == target) return block;
    return edges.emplace_back(target, new_block("case")).second;
  };
  llvm::SwitchInst* const branches = b_.CreateSwitch(index, edge_to(count), count);
  for (uint32_t n = 0; n < count; ++n) branches->addCase(i32(n), edge_to(n));
  for (const auto& [target, block] : edges) {
    b_.SetInsertPoint(block);
    jump(target);
  }
}

void Builder::returns(Kind kind, Value* value) {
  if (body_->caller != nullptr) {
    const wasm::ValType type = in_->module.func_type(body_->plan.func_index).results[0];
    return_inlined(convert(value, kind, kind_of(type)));
    return;
  }
  if (by_registers_) {
    const wasm::ValType type = in_->module.func_type(request_.func_index).results[0];
    b_.CreateRet(convert(value, kind, kind_of(type)));
    return;
  }
  const bool is_float = kind == Kind::kF32 || kind == Kind::kF64;
  Value* const bits = kind == Kind::kF64 ? value : bits_of(value, kind);
  in_scope(b_.CreateAlignedStore(bits, body_->fp, llvm::Align(8)), frame_scope_, not_frame_);
  emit_return(is_float ? nullptr : bits);  // a float is read from the frame
}

// Several results, from slot @2, number @4.
void Builder::return_range(const IrInstr& instr) {
  const unsigned from = field<uint16_t>(instr.pc, 2), count = field<uint32_t>(instr.pc, 4);
  if (body_->caller != nullptr) {
    llvm::SmallVector<Value*, 4> results;
    unsigned slot = from;
    for (const wasm::ValType type : in_->module.func_type(body_->plan.func_index).results) {
      results.push_back(read(slot, kind_of(type)));
      slot += type.slots();
    }
    return_inlined(results);
    return;
  }
  std::vector<Value*> values;
  for (unsigned i = 0; i < count; ++i) values.push_back(read(from + i, Kind::kI64));
  for (unsigned i = 0; i < count; ++i)
    in_scope(b_.CreateAlignedStore(values[i], frame_address(i), llvm::Align(8)), frame_scope_, not_frame_);
  emit_return(nullptr);
}

// The caller continues with the frame in its register.
void Builder::emit_return(Value* result) {
  if (body_->caller != nullptr) {
    return_inlined({});
    return;
  }
  if (by_registers_) {  // without a result: others are returned by returns()
    b_.CreateRetVoid();
    return;
  }
  llvm::FunctionType* const type = llvm::FunctionType::get(b_.getVoidTy(), {b_.getPtrTy()}, false);
  b_.CreateCall(type, llvm::InlineAsm::get(type, "", kFrameConstraint, true), {body_->fp});
  b_.CreateRet(result != nullptr ? result : llvm::PoisonValue::get(b_.getInt64Ty()));
}

// Leaves with the trap at this instruction. Ends the block.
void Builder::trap(Value* code) {
  store_headers();
  Value* const pc = pointer(&body_->code.code[body_->at]);
  llvm::CallInst* const call =
      call_code(pointer(callees_.trap_handler), pc, body_->fp, ctx_, body_->mem, code, nullptr);
  call->setDoesNotReturn();
  b_.CreateUnreachable();
}

void Builder::trap_if(Value* condition, TrapCode code) {
  BasicBlock *const rare = new_block("trap"), *const usual = new_block("no_trap");
  unlikely_branch(condition, rare, usual);
  b_.SetInsertPoint(rare);
  trap(i64(static_cast<uint64_t>(code)));
  b_.SetInsertPoint(usual);
}

}  // namespace ermine::optimizing
