// Calls of code that has the convention of handlers, and operations that are run by the interpreter's handlers.
#include <llvm/IR/InlineAsm.h>
#include <llvm/Support/SaveAndRestore.h>

#include "optimizing/plugin/builder.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

namespace {

// The one register that code of the handlers' convention preserves on AArch64, but not where an exception is caught:
// calls that it skips cannot restore it (ermine_resume).
#if defined(__aarch64__)
constexpr const char* kFramePointer = "~{fp}";
#else
constexpr const char* kFramePointer = nullptr;
#endif

}  // namespace

// The calling convention of handlers and machine code (interp/handler.h). On x86-64 the twelfth integer is in rax, on
// AArch64 in x2.
llvm::FunctionType* Builder::code_type() {
  llvm::Type *const p = b_.getPtrTy(), *const i = b_.getInt64Ty();
  return llvm::FunctionType::get(i, {p, p, p, p, i, i, i, i, i, i, i, i, b_.getFloatTy(), b_.getDoubleTy()}, false);
}

llvm::SmallVector<Value*, 16> Builder::code_args(Value* pc, Value* fp, Value* ctx, Value* mem, Value* r0, Value* last,
                                                 Value* f32, Value* f64) {
  llvm::SmallVector<Value*, 16> args{pc, fp, ctx, mem, r0};
  while (args.size() < 11) args.push_back(llvm::PoisonValue::get(b_.getInt64Ty()));
  args.push_back(last != nullptr ? last : llvm::PoisonValue::get(b_.getInt64Ty()));
  args.push_back(f32 != nullptr ? f32 : llvm::PoisonValue::get(b_.getFloatTy()));
  args.push_back(f64 != nullptr ? f64 : llvm::PoisonValue::get(b_.getDoubleTy()));
  if (pc == nullptr) args[0] = llvm::PoisonValue::get(b_.getPtrTy());
  return args;
}

llvm::CallInst* Builder::call_code(Value* target, Value* pc, Value* fp, Value* ctx, Value* mem, Value* r0, Value* last,
                                   Value* f32, Value* f64) {
  auto args = code_args(pc, fp, ctx, mem, r0, last, f32, f64);
  if (by_registers_ || kFramePointer != nullptr) {
    args[3] = llvm::PoisonValue::get(b_.getPtrTy());
    args.push_back(target);
    return b_.CreateCall(handler_thunk(), args);
  }
  llvm::CallInst* const call = b_.CreateCall(code_type(), target, args);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  return call;
}

// Ends the block: the code returns to the caller of this function, which is entered as handlers are.
void Builder::continue_at(Value* target, Value* pc, Value* last) {
  llvm::CallInst* const call =
      b_.CreateCall(code_type(), target,
                    code_args(pc, body_->fp, ctx_, b_.CreateLoad(b_.getPtrTy(), memory0_),
                              llvm::PoisonValue::get(b_.getInt64Ty()), last, nullptr, nullptr));
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  b_.CreateRet(call);
}

// Calls code of the handlers' convention, which preserves no registers, for a function that preserves some: so these
// are saved only where such code is called. On AArch64 all functions preserve one, the frame pointer. Has the arguments
// of code_type(), then the code.
llvm::Function* Builder::handler_thunk() {
  if (thunk_ != nullptr) return thunk_;
  const llvm::IRBuilder<>::InsertPointGuard guard(b_);
  llvm::FunctionType* const type = code_type();
  llvm::SmallVector<llvm::Type*, 16> params(type->params());
  params.push_back(b_.getPtrTy());
  thunk_ = llvm::Function::Create(llvm::FunctionType::get(b_.getInt64Ty(), params, false),
                                  llvm::Function::InternalLinkage, "thunk", library_.module());
  thunk_->addFnAttr(llvm::Attribute::NoUnwind);
  thunk_->addFnAttr(llvm::Attribute::NoInline);
  b_.SetInsertPoint(BasicBlock::Create(context_, "entry", thunk_));
  b_.SetCurrentDebugLocation({});
  llvm::SmallVector<Value*, 16> args;
  for (unsigned i = 0; i < type->getNumParams(); ++i) args.push_back(thunk_->getArg(i));
  args[3] = load_field(b_.getPtrTy(), args[2], offsets::kContextMemoryBase, false);  // memory 0's base
  llvm::CallInst* const call = b_.CreateCall(type, thunk_->getArg(type->getNumParams()), args);
  call->setCallingConv(llvm::CallingConv::PreserveNone);
  if (kFramePointer != nullptr)
    b_.CreateCall(llvm::InlineAsm::get(llvm::FunctionType::get(b_.getVoidTy(), false), "", kFramePointer, true));
  b_.CreateRet(call);
  return thunk_;
}

// After a call: the base of a memory without a guard may have changed.
void Builder::reload_memory() {
  if (!in_->module.memories.empty() && !has_guard(0))
    b_.CreateStore(load_field(b_.getPtrTy(), ctx_, offsets::kContextMemoryBase, false), memory0_);
}

// What the collector and handlers of exceptions read of the frame, and of the frames of functions that this one is
// inlined to.
void Builder::save_for_others() {
  store_headers();
  llvm::SaveAndRestore body(body_);
  // Of a frame around the running one, what lies in front of that.
  for (unsigned end = body_->code.frame_slots; body_ != nullptr; body_ = body_->caller) {
    if (body_->saves_refs) {
      for (unsigned slot = 0; slot < end; ++slot)
        if (body_->kinds[slot] <= Kind::kI64 && body_->code.holds_refs(slot)) store_to_frame(slot);
    }
    for (const uint16_t slot : body_->caught_slots)
      if (slot < end) store_to_frame(slot);
    if (body_->caller != nullptr) end = body_->plan.frame - body_->caller->plan.frame;
  }
}

// The address of an instruction beside the code, with the position in front of it: what handlers and frames have as a
// pc.
llvm::Constant* Builder::record(llvm::ArrayRef<uint64_t> units) {
  llvm::SmallVector<uint64_t, 8> record{position()};
  record.append(units.begin(), units.end());
  llvm::Constant* const data = llvm::ConstantDataArray::get(context_, record);
  auto* const variable = new llvm::GlobalVariable(library_.module(), data->getType(), true,
                                                  llvm::GlobalValue::PrivateLinkage, data, "record");
  variable->setAlignment(llvm::Align(8));
  variable->setSection(".rodata.records");
  return llvm::ConstantExpr::getInBoundsGetElementPtr(b_.getInt64Ty(), variable,
                                                      llvm::ArrayRef<llvm::Constant*>{i64(1)});
}

// A copy of the instruction for its handler.
llvm::SmallVector<uint64_t, 8> Builder::units_of(const IrInstr& instr) {
  const unsigned n = ir::units_of(instr.code);
  llvm::SmallVector<uint64_t, 8> units(n);
  units[0] = reinterpret_cast<uint64_t>((*callees_.handlers)[instr.code]);
  ir::copy_operands(instr.code, instr.pc, n, units.data() + 1);
  return units;
}

// Of a call.
llvm::Constant* Builder::position_of(const IrInstr& instr) { return record(units_of(instr)); }

// Calls the handler of an instruction of the register code, given as units. Results in the accumulator for integers.
// Without accumulators as operands these are not kept for it, around a loop for instance.
Value* Builder::call_record(llvm::ArrayRef<uint64_t> units, bool has_accumulators) {
  llvm::SmallVector<uint64_t, 8> list(units);
  list.push_back(reinterpret_cast<uint64_t>((*callees_.handlers)[ir::code_of(IrOp::ret)]));
  const auto accumulator = [&](Kind kind) {
    return has_accumulators ? read(acc(kind), kind) : llvm::PoisonValue::get(type_of(kind));
  };
  Value* const result =
      call_code(pointer(units[0]), record(list), body_->fp, ctx_, b_.CreateLoad(b_.getPtrTy(), memory0_),
                accumulator(Kind::kI64), nullptr, accumulator(Kind::kF32), accumulator(Kind::kF64));
  reload_memory();
  return result;
}

// Runs the instruction by its handler; its operands in slots are brought to the frame.
Value* Builder::call_out(const IrInstr& instr) {
  save_for_others();
  for (const ir::SlotAccess& access : body_->decoded.accesses_of(instr))
    if (!access.written()) store_to_frame(access.slot);
  return call_record(units_of(instr));
}

// If the condition holds, the instruction is run by its handler, which traps.
void Builder::call_slowly(const IrInstr& instr, Value* condition) {
  BasicBlock *const rare = new_block("traps"), *const usual = new_block("usual");
  unlikely_branch(condition, rare, usual);
  b_.SetInsertPoint(rare);
  const std::string_view sig = wasm::op_info(ir::ir_info(instr.code).op()).sig();
  // Operands that are not listed as accesses, because only the handler reads them: addresses and values.
  if (ir::ir_info(instr.code).kind == ir::CodeInfo::kChecked) {
    store_to_frame(field<uint16_t>(instr.pc, 2));
    if (sig.find(':') > 1) store_to_frame(field<uint16_t>(instr.pc, 0));
  } else {
    for (unsigned i = 0; i < sig.find(':'); ++i) store_to_frame(field<uint16_t>(instr.pc, 2 + 2 * i));
  }
  call_out(instr);
  b_.CreateUnreachable();
  b_.SetInsertPoint(usual);
}

// base @0, operand slots @2. Results replace the operands.
void Builder::builtin(const IrInstr& instr) {
  const unsigned base = field<uint16_t>(instr.pc, 0), operands = field<uint16_t>(instr.pc, 2);
  save_for_others();
  store_range(base, operands);
  call_out(instr);
  // No builtin has more than two result slots.
  for (unsigned i = 0; i < std::max(2u, operands); ++i)
    if (base + i < body_->code.frame_slots) load_from_frame(base + i, Kind::kI64);
}

}  // namespace ermine::optimizing
