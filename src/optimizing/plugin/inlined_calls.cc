// Inlined calls.
#include <llvm/Support/SaveAndRestore.h>

#include <utility>

#include "optimizing/plugin/builder.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

// Of a function of this instance, if the plan has it; or of another one, whose context is `ctx`.
bool Builder::inline_call(const IrInstr& instr, Value* ctx) {
  const Inlining* const plan = body_->plan.callee_at(instr.at);
  if (plan == nullptr) return false;
  const wasm::FuncType& type = plan->in->module.func_type(plan->func_index);
  const unsigned base = field<uint16_t>(instr.pc, 0);
  const auto first = inlined_.empty() ? static_cast<uint32_t>(request_.code.code.size()) : inlined_.back().end();
  Body callee{.plan = *plan, .caller = body_, .first_position = first};
  inlined_.push_back({.first = first,
                      .func_index = plan->func_index,
                      .code = &plan->code,
                      .caller = position(),
                      .call = &body_->code.code[instr.at],
                      .frame = plan->frame,
                      .import = plan->import,
                      .func = plan->func});
  callee.call = inlined_.back().call;
  callee.fp = frame_address(base);
  callee.ctx = ctx != nullptr ? ctx : ctx_;
  unsigned slot = base;
  for (const wasm::ValType param : type.params) {
    callee.arguments.push_back(read(slot, kind_of(param)));
    slot += param.slots();
  }
  for (const wasm::ValType result : type.results)
    callee.results.push_back(new llvm::AllocaInst(type_of(kind_of(result)), 0, "", entry_->getFirstInsertionPt()));
  callee.after = new_block("after_inlined");
  {
    llvm::SmallVector<bool, 8> had_header;
    for (const Body* b = body_; b != nullptr; b = b->caller) had_header.push_back(b->has_header);
    llvm::SaveAndRestore body(body_, &callee);
    llvm::SaveAndRestore in(in_, plan->in);
    llvm::SaveAndRestore context(ctx_, callee.ctx);
    llvm::SaveAndRestore memory(memory0_);
    if (ctx != nullptr) enter_instance();
    find_labels();
    start_body();
    instructions();
    const bool* had = had_header.begin();
    for (Body* b = callee.caller; b != nullptr; b = b->caller) b->has_header = *had++;
  }
  b_.SetInsertPoint(callee.after);
  set_position(instr.at);
  if (ctx != nullptr) reload_memory();
  body_->mem = b_.CreateLoad(b_.getPtrTy(), memory0_);
  slot = base;
  for (size_t i = 0; i < type.results.size(); ++i) {
    const Kind kind = kind_of(type.results[i]);
    Value* const value = b_.CreateLoad(type_of(kind), callee.results[i]);
    write(slot, kind, value);
    if (type.results.size() == 1 && (kind == Kind::kI32 || kind == Kind::kI64)) write(acc(kind), kind, value);
    slot += type.results[i].slots();
  }
  return true;
}

// Code of another instance begins.
void Builder::enter_instance() {
  memory0_ = new llvm::AllocaInst(b_.getPtrTy(), 0, "", entry_->getFirstInsertionPt());
  if (in_->module.memories.empty()) return;
  b_.CreateStore(load_field(b_.getPtrTy(), ctx_, offsets::kContextMemoryBase, has_guard(0)), memory0_);
}

// The other way of an indirect call, if the plan has a callee for it: the function that it has called until now. The
// caller makes the code for all other callees, and then join().
BasicBlock* Builder::inline_expected(const IrInstr& instr, Value* ref) {
  const Inlining* const plan = body_->plan.callee_at(instr.at);
  if (plan == nullptr) return nullptr;
  Value* const index = load_field(b_.getInt32Ty(), ref, offsets::kFuncRefIndex, true);
  Value* const ctx = load_field(b_.getPtrTy(), ref, offsets::kFuncRefCtx, true);
  Value* const differs = b_.CreateOr(b_.CreateICmpNE(index, i32(plan->func_index)), b_.CreateICmpNE(ctx, ctx_));
  return inline_unless(instr, differs, nullptr);
}

// The same of an imported function: code is shared by instances, which need not import the same.
BasicBlock* Builder::inline_import(const IrInstr& instr, const Import& is) {
  const Inlining* const plan = body_->plan.callee_at(instr.at);
  if (plan == nullptr) return nullptr;
  return inline_unless(instr, b_.CreateICmpNE(is.code, pointer(plan->func.get())), is.ctx);
}

BasicBlock* Builder::inline_unless(const IrInstr& instr, Value* differs, Value* ctx) {
  BasicBlock *const expected = new_block("expected"), *const unexpected = new_block("unexpected"),
                    *const joined = new_block("joined");
  unlikely_branch(differs, unexpected, expected);
  b_.SetInsertPoint(expected);
  const Kinds before = body_->kinds;
  const auto constants = body_->constants;
  inline_call(instr, ctx);
  b_.CreateBr(joined);
  kinds_to_join_ = std::exchange(body_->kinds, before);
  body_->constants = constants;
  b_.SetInsertPoint(unexpected);
  return joined;
}

// Both ways leave the results in the same variables.
void Builder::join(BasicBlock* joined) {
  if (joined == nullptr) return;
  if (body_->kinds != kinds_to_join_) fail("the ways of an indirect call leave different kinds of values");
  b_.CreateBr(joined);
  b_.SetInsertPoint(joined);
  body_->mem = b_.CreateLoad(b_.getPtrTy(), memory0_);
}

// The function around it has checked the stacks for this frame too, but not if it is entered at a loop.
void Builder::enter_inlined(const IrInstr& instr) {
  unsigned slot = 0;
  for (size_t i = 0; i < body_->arguments.size(); ++i) {
    const wasm::ValType type = in_->module.func_type(body_->plan.func_index).params[i];
    write(slot, kind_of(type), body_->arguments[i]);
    slot += type.slots();
  }
  if (request_.entry != 0) check_stacks(instr, body_->code.frame_slots);
  zero_locals();
}

// Ends the block.
void Builder::return_inlined(llvm::ArrayRef<Value*> results) {
  for (size_t i = 0; i < results.size(); ++i) b_.CreateStore(results[i], body_->results[i]);
  b_.CreateBr(body_->after);
}

// The headers of the frames of inlined functions, so that others find the frames below. Nothing returns through them.
// `stays`: whether what follows, up to the next label, is reached only from here.
void Builder::store_headers(bool stays) {
  for (Body* b = body_; b->caller != nullptr; b = b->caller) {
    if (b->has_header) continue;
    b->has_header = stays;
    Value* const header = offset(b->fp, int64_t{8} * b->code.param_slots);
    const auto store = [&](Value* value, uint32_t slot) {
      // Volatile: the verifier follows words of 8 bytes, not several in a vector.
      in_scope(b_.CreateAlignedStore(value, offset(header, int64_t{8} * slot), llvm::Align(8), true), frame_scope_,
               not_frame_);
    };
    store(pointer(b->call), runtime::kHeaderCallerPc);
    store(b->caller->ctx, runtime::kHeaderCallerCtx);
  }
}

}  // namespace ermine::optimizing
