// Calls of functions: of this instance through the tables of machine code, of others through their code, of the host
// by handlers.
#include <llvm/IR/InlineAsm.h>

#include "optimizing/plugin/builder.h"
#include "runtime/asm_offsets.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

// The callee's frame is at slot @0: its arguments, then, @2 slots behind, the header.
void Builder::prepare_call(const IrInstr& instr) {
  const unsigned base = field<uint16_t>(instr.pc, 0), header = base + field<uint16_t>(instr.pc, 2);
  save_for_others();
  store_range(base, header - base);
  prepare_header(instr);
}

void Builder::prepare_header(const IrInstr& instr) {
  const unsigned header = field<uint16_t>(instr.pc, 0) + field<uint16_t>(instr.pc, 2);
  in_scope(b_.CreateAlignedStore(position_of(instr), frame_address(header + runtime::kHeaderCallerPc), llvm::Align(8)),
           frame_scope_, not_frame_);
  in_scope(b_.CreateAlignedStore(ctx_, frame_address(header + runtime::kHeaderCallerCtx), llvm::Align(8)), frame_scope_,
           not_frame_);
}

// After a call: the slots of the results have kinds, and the accumulator has the first.
void Builder::finish_call(unsigned base, std::span<const wasm::ValType> results, Value* first) {
  reload_memory();
  unsigned slot = base;
  for (const wasm::ValType type : results) {
    const Kind kind = kind_of(type);
    if (results.size() == 1 && (kind == Kind::kI32 || kind == Kind::kI64)) {
      Value* const value = convert(first, Kind::kI64, kind);
      write(slot, kind, value);
      write(acc(kind), kind, value);
    } else {
      load_from_frame(slot, kind);
    }
    slot += type.slots();
  }
  body_->mem = b_.CreateLoad(b_.getPtrTy(), memory0_);
}

Value* Builder::call_table_entry(const IrInstr& instr, Value* code, Value* rax) {
  return call_code(code, nullptr, frame_address(field<uint16_t>(instr.pc, 0)), ctx_,
                   b_.CreateLoad(b_.getPtrTy(), memory0_), llvm::PoisonValue::get(b_.getInt64Ty()), rax);
}

Value* Builder::atomic_load(Value* at) {
  llvm::LoadInst* const load = b_.CreateAlignedLoad(b_.getPtrTy(), at, llvm::Align(8));
  load->setAtomic(llvm::AtomicOrdering::Monotonic);
  return load;
}

Value* Builder::load_entry(const uint8_t* table, uint32_t index) { return atomic_load(pointer(table + index * 8)); }

// Of a function of this instance: with arguments in registers if it has optimised code, otherwise in the frame.
void Builder::call(const IrInstr& instr) {
  if (inline_call(instr)) return;
  store_headers(true);
  const auto* const code = reinterpret_cast<const runtime::FuncCode*>(field<uint64_t>(instr.pc, 8));
  const uint32_t index = code->func_index - in_->module.imported_functions;
  const wasm::FuncType& type = in_->module.func_type(code->func_index);
  const unsigned base = field<uint16_t>(instr.pc, 0);
  const bool is_own = in_ == &request_.in && code->func_index == request_.func_index && by_registers_;
  if (is_own) {
    save_for_others();
    prepare_header(instr);
    finish_register_call(base, type, call_by_registers(instr, function_, type, ctx_));
    return;
  }
  const auto call_by_frame = [&] {
    prepare_call(instr);
    return call_table_entry(instr, load_entry(in_->call_table, index),
                            b_.CreatePtrToInt(position_of(instr), b_.getInt64Ty()));
  };
  if (register_type(type) == nullptr) {
    finish_call(base, type.results, call_by_frame());
    return;
  }
  Value* const entry = load_entry(in_->register_table, index);
  BasicBlock *const rare = new_block("by_frame"), *const usual = new_block("by_registers"),
                    *const then = new_block("called");
  unlikely_branch(b_.CreateIsNull(entry), rare, usual);
  b_.SetInsertPoint(usual);
  save_for_others();
  prepare_header(instr);
  Value* const fast = call_by_registers(instr, entry, type, ctx_);
  BasicBlock* const usual_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(rare);
  Value* slow = call_by_frame();
  if (!type.results.empty()) {
    const Kind kind = kind_of(type.results[0]);
    if (kind == Kind::kF32 || kind == Kind::kF64) {
      llvm::LoadInst* const load = b_.CreateAlignedLoad(type_of(kind), frame_address(base), llvm::Align(8));
      slow = in_scope(load, frame_scope_, not_frame_);
    } else {
      slow = convert(slow, Kind::kI64, kind);
    }
  }
  BasicBlock* const rare_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(then);
  llvm::PHINode* result = nullptr;
  if (!type.results.empty()) {
    result = b_.CreatePHI(fast->getType(), 2);
    result->addIncoming(fast, usual_end);
    result->addIncoming(slow, rare_end);
  }
  finish_register_call(base, type, result);
}

const wasm::FuncType* Builder::type_by_id(wasm::TypeId id) const {
  for (uint32_t i = 0; i < in_->module.types.size(); ++i)
    if (in_->module.types[i] == id) return &in_->module.type_def(i).func;
  return nullptr;
}

// A function of this instance is called directly if it has the type; otherwise, the handler calls or traps.
void Builder::call_indirect(const IrInstr& instr, bool from_acc) {
  store_headers(true);
  Value* const index = read(from_acc ? acc(Kind::kI64) : field<uint16_t>(instr.pc, 12), Kind::kI64);
  Value* const ref = library_.emit(b_, library_.table_element(), {ctx_, i32(field<uint32_t>(instr.pc, 8)), index});
  const wasm::FuncType* const callee_type = type_by_id(field<uint32_t>(instr.pc, 4));
  if (callee_type == nullptr) {
    fail("the type of an indirect call is not known");
    return;
  }
  BasicBlock *const check = new_block("check"), *const own = new_block("own"), *const other = new_block("other");
  unlikely_branch(b_.CreateIsNull(ref), other, check);
  b_.SetInsertPoint(check);
  BasicBlock* const joined = inline_expected(instr, ref);
  Value* const type = load_field(b_.getInt32Ty(), ref, offsets::kFuncRefType, true);
  Value* const ctx = load_field(b_.getPtrTy(), ref, offsets::kFuncRefCtx, true);
  Value* const differs =
      b_.CreateOr(b_.CreateICmpNE(type, i32(field<uint32_t>(instr.pc, 4))), b_.CreateICmpNE(ctx, ctx_));
  unlikely_branch(differs, other, own);
  b_.SetInsertPoint(own);
  call_or_run_handler(instr, own_code(instr, ref), own, other, *callee_type);
  join(joined);
}

void Builder::call_ref(const IrInstr& instr) {
  store_headers(true);
  // Opaque, so that it is compared with null here, whatever was compared before: the verifier does not follow
  // conditions that LLVM has combined.
  llvm::FunctionType* const identity = llvm::FunctionType::get(b_.getInt64Ty(), {b_.getInt64Ty()}, false);
  Value* const opaque = b_.CreateCall(identity, llvm::InlineAsm::get(identity, "", "=r,0", false),
                                      {read(field<uint16_t>(instr.pc, 8), Kind::kI64)});
  Value* const ref = b_.CreateIntToPtr(opaque, b_.getPtrTy());
  const wasm::FuncType* const callee_type = type_by_id(field<uint32_t>(instr.pc, 4));
  if (callee_type == nullptr) {
    fail("the type of an indirect call is not known");
    return;
  }
  BasicBlock *const check = new_block("check"), *const own = new_block("own"), *const other = new_block("other");
  unlikely_branch(b_.CreateIsNull(ref), other, check);
  b_.SetInsertPoint(check);
  BasicBlock* const joined = inline_expected(instr, ref);
  Value* const ctx = load_field(b_.getPtrTy(), ref, offsets::kFuncRefCtx, true);
  unlikely_branch(b_.CreateICmpNE(ctx, ctx_), other, own);
  b_.SetInsertPoint(own);
  call_or_run_handler(instr, own_code(instr, ref), own, other, *callee_type);
  join(joined);
}

// A function of this instance that a reference is of.
Builder::CodeOfCallee Builder::own_code(const IrInstr& instr, Value* ref) {
  const auto load_from = [this, ref](const uint8_t* table) {
    Value* const index = b_.CreateZExt(load_field(b_.getInt32Ty(), ref, offsets::kFuncRefIndex, true), b_.getInt64Ty());
    Value* const at = b_.CreateGEP(b_.getPtrTy(), pointer(table - uint64_t{8} * in_->module.imported_functions), index);
    return atomic_load(at);
  };
  return {.ctx = ctx_,
          .register_entry = [this, load_from] { return load_from(in_->register_table); },
          .call_by_frame =
              [this, &instr, ref, load_from] {
                Value* const for_stub =
                    b_.CreateSub(b_.CreatePtrToInt(ref, b_.getInt64Ty()), i64(ERMINE_CALL_STUB_DISTANCE));
                return call_table_entry(instr, load_from(in_->call_table), for_stub);
              }};
}

// A function of another instance.
Builder::CodeOfCallee Builder::others_code(const IrInstr& instr, const Import& is) {
  const auto [ctx, code] = is;
  return {.ctx = ctx,
          .register_entry = [this, code] { return atomic_load(offset(code, offsets::kFuncCodeRegisterEntry)); },
          .call_by_frame =
              [this, &instr, code, ctx] {
                Value* const unit = atomic_load(offset(code, offsets::kFuncCodeEntry));
                Value* const memory = load_field(b_.getPtrTy(), ctx, offsets::kContextMemoryBase, false);
                return call_code(load_field(b_.getPtrTy(), unit, 0, true), unit,
                                 frame_address(field<uint16_t>(instr.pc, 0)), ctx, memory,
                                 b_.CreatePtrToInt(code, b_.getInt64Ty()), nullptr);
              }};
}

// The two ways of a call whose callee is found when it runs: by `callee` in the block `direct`, by the handler in
// `other`.
void Builder::call_or_run_handler(const IrInstr& instr, const CodeOfCallee& callee, BasicBlock* direct,
                                  BasicBlock* other, const wasm::FuncType& type) {
  const unsigned base = field<uint16_t>(instr.pc, 0);
  BasicBlock* const then = new_block("then");
  b_.SetInsertPoint(direct);
  Value* fast = nullptr;  // bits of the result, or null: there are none
  BasicBlock* fast_end = nullptr;
  if (register_type(type) != nullptr) {
    Value* const entry = callee.register_entry();
    BasicBlock *const by_frame = new_block("by_frame"), *const usual = new_block("by_registers");
    unlikely_branch(b_.CreateIsNull(entry), by_frame, usual);
    b_.SetInsertPoint(usual);
    save_for_others();
    prepare_header(instr);
    Value* const value = call_by_registers(instr, entry, type, callee.ctx);
    fast = llvm::PoisonValue::get(b_.getInt64Ty());
    if (!type.results.empty()) {
      const Kind kind = kind_of(type.results[0]);
      fast = bits_of(value, kind);
      // Where results are read that are not integers.
      if (kind == Kind::kF32 || kind == Kind::kF64)
        in_scope(b_.CreateAlignedStore(fast, frame_address(base), llvm::Align(8)), frame_scope_, not_frame_);
    }
    fast_end = b_.GetInsertBlock();
    b_.CreateBr(then);
    b_.SetInsertPoint(by_frame);
  }
  prepare_call(instr);
  Value* const first = callee.call_by_frame();
  BasicBlock* const direct_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(other);
  save_for_others();
  store_range(base, field<uint16_t>(instr.pc, 2));
  if (ir::ir_info(instr.code).ir() == IrOp::call_ref) store_to_frame(field<uint16_t>(instr.pc, 8));
  Value* const by_handler = call_out(instr);
  BasicBlock* const other_end = b_.GetInsertBlock();
  b_.CreateBr(then);
  b_.SetInsertPoint(then);
  llvm::PHINode* const result = b_.CreatePHI(b_.getInt64Ty(), 3);
  result->addIncoming(first, direct_end);
  if (fast != nullptr) result->addIncoming(fast, fast_end);
  result->addIncoming(by_handler, other_end);
  finish_call(base, type.results, result);
}

// Of an imported function: the host's is called by the handler.
void Builder::call_import(const IrInstr& instr) {
  const auto import = static_cast<uint32_t>(field<uint64_t>(instr.pc, 8));
  const Import is = load_import(import, body_->plan.callee_at(instr.at));
  BasicBlock* const joined = inline_import(instr, is);
  store_headers(joined == nullptr);
  BasicBlock *const guest = new_block("guest"), *const host = new_block("host");
  b_.CreateCondBr(b_.CreateIsNull(is.ctx), host, guest);
  b_.SetInsertPoint(guest);
  call_or_run_handler(instr, others_code(instr, is), guest, host, in_->module.func_type(import));
  join(joined);
}

// `plan`: what is inlined of it, or null. What is compared in each round of a loop is read where the function begins;
// LLVM itself does not bring it there, because it forgets that a pointer is valid when it moves the load of it.
Builder::Import Builder::load_import(uint32_t import, const Inlining* plan) {
  const llvm::IRBuilder<>::InsertPointGuard guard(b_);
  if (plan != nullptr && plan->in_loop && body_->caller == nullptr) b_.SetInsertPoint(entry_->getTerminator());
  Value* const refs = load_pointer(ctx_, offsets::kContextFuncRefs, uint64_t{8} * in_->module.imported_functions);
  Value* const ref = load_pointer(refs, int64_t{8} * import, sizeof(runtime::FuncRef));
  return {.ctx = load_pointer(ref, offsets::kFuncRefCtx, sizeof(runtime::InstanceContext), true),
          .code = load_pointer(ref, offsets::kFuncRefCode, sizeof(runtime::FuncCode))};
}

// Tail calls: arguments @0, their slots @2, own parameter slots @4. The caller's header moves behind the new
// parameters, which move to the frame's start.
void Builder::return_call(const IrInstr& instr) {
  const unsigned from = field<uint16_t>(instr.pc, 0), params = field<uint16_t>(instr.pc, 2),
                 own = field<uint16_t>(instr.pc, 4);
  std::vector<Value*> values;
  for (unsigned i = 0; i < params; ++i) values.push_back(read(from + i, Kind::kI64));
  Value* caller[runtime::kHeaderCallerSlots];
  for (unsigned i = 0; i < runtime::kHeaderCallerSlots; ++i) {
    // Volatile: the verifier follows words of 8 bytes, not both in a vector.
    caller[i] = b_.CreateAlignedLoad(b_.getInt64Ty(), frame_address(own + i), llvm::Align(8), true);
    in_scope(llvm::cast<llvm::Instruction>(caller[i]), frame_scope_, not_frame_);
  }
  const auto store = [&](Value* value, unsigned slot) {
    in_scope(b_.CreateAlignedStore(value, frame_address(slot), llvm::Align(8)), frame_scope_, not_frame_);
  };
  for (unsigned i = 0; i < params; ++i) store(values[i], i);
  for (unsigned i = 0; i < runtime::kHeaderCallerSlots; ++i) store(caller[i], params + i);
  const auto* const code = reinterpret_cast<const runtime::FuncCode*>(field<uint64_t>(instr.pc, 8));
  const uint32_t index = code->func_index - in_->module.imported_functions;
  continue_at(load_entry(in_->call_table, index), nullptr, b_.CreatePtrToInt(position_of(instr), b_.getInt64Ty()));
}

// The handler does all of it, and does not come back.
void Builder::return_call_by_handler(const IrInstr& instr, IrOp op) {
  save_for_others();
  store_range(field<uint16_t>(instr.pc, 0), field<uint16_t>(instr.pc, 2));
  if (op != IrOp::return_call_import) store_to_frame(field<uint16_t>(instr.pc, 6));
  continue_at(pointer((*callees_.handlers)[instr.code]), pointer(&body_->code.code[instr.at]), nullptr);
}

}  // namespace ermine::optimizing
