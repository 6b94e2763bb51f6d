#include "optimizing/plugin/builder.h"

#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/MDBuilder.h>

#include <algorithm>

#include "base/format.h"
#include "binary/instr_reader.h"
#include "ir/object_ops.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

Builder::Builder(const Request& request, const Callees& callees, const ir::HandlerIndex& handlers, Library& library)
    : request_(request),
      in_(&request.in),
      callees_(callees),
      handlers_(handlers),
      library_(library),
      context_(library.module().getContext()),
      b_(context_),
      debug_(library.module()) {
  const Library::Scopes& scopes = library.scopes();
  frame_scope_ = scopes.frame;
  context_scope_ = scopes.context;
  not_frame_ = scopes.not_frame;
  not_context_ = scopes.not_context;
}

void Builder::fail(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
}

bool Builder::build() {
  plan_ = plan_inlining(request_, handlers_);
  Body own{.plan = *plan_};
  body_ = &own;
  find_labels();
  make_function();
  instructions();
  // Runtime calls that always trap are not the end of a block in the register code, but nothing follows.
  for (BasicBlock& block : *function_)
    if (block.getTerminator() == nullptr) new llvm::UnreachableInst(context_, &block);
  if (problem_.empty() && request_.entry != 0) enter_in_the_middle();
  if (!accesses_memory_) drop_state();
  debug_.finalize();
  body_ = nullptr;
  return problem_.empty();
}

void Builder::instructions() {
  uint32_t last = ir::FunctionCode::kNone;
  for (const IrInstr& instr : body_->decoded.instrs) {
    if (instr.at != last) begin(instr.at);
    last = instr.at;
    if (body_->dead) continue;
    set_position(instr.at);
    instruction(instr);
    if (!problem_.empty()) return;
    body_->dead = ir::ends_block(instr);
  }
}

// Of the code that follows. Positions are lines, which begin at one.
void Builder::set_position(uint32_t index) {
  body_->at = index;
  b_.SetCurrentDebugLocation(llvm::DILocation::get(context_, body_->first_position + index + 1, 0, subprogram_));
}

llvm::Function* Builder::new_function(llvm::FunctionType* type, const char* name, llvm::CallingConv::ID convention) {
  auto* const function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, library_.module());
  function->setCallingConv(convention);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  // enter_sp stores what the register of the frame pointer had at the entry.
  function->addFnAttr("frame-pointer", body_->code.catches.empty() ? "none" : "all");
  return function;
}

void Builder::make_function() {
  by_registers_ = has_register_entry();
  if (by_registers_) make_slot_entry();
  else function_ = new_function(code_type(), kFunctionName, llvm::CallingConv::PreserveNone);
  // Positions: a line is an index in the register code, and one more.
  llvm::DIFile* const file = debug_.createFile("wasm", "");
  debug_.createCompileUnit(llvm::dwarf::DW_LANG_C, file, "", true, "", 0, "", llvm::DICompileUnit::LineTablesOnly);
  subprogram_ = debug_.createFunction(file, kFunctionName, kFunctionName, file, 1,
                                      debug_.createSubroutineType(debug_.getOrCreateTypeArray({})), 1,
                                      llvm::DINode::FlagZero, llvm::DISubprogram::SPFlagDefinition);
  function_->setSubprogram(subprogram_);
  entry_ = BasicBlock::Create(context_, "entry", function_);
  BasicBlock* const start = BasicBlock::Create(context_, "start", function_);
  b_.SetInsertPoint(entry_);
  set_position(0);
  body_->fp = function_->getArg(by_registers_ ? 0 : 1);
  body_->ctx = ctx_ = function_->getArg(by_registers_ ? 1 : 2);
  auto* const ctx = llvm::cast<llvm::Argument>(ctx_);
  ctx->addAttr(llvm::Attribute::getWithDereferenceableBytes(context_, context_size()));
  ctx->addAttr(llvm::Attribute::get(context_, llvm::Attribute::NonNull));
  ctx->addAttr(llvm::Attribute::getWithAlignment(context_, llvm::Align(8)));
  exec_ = load_pointer(ctx_, offsets::kContextExec, sizeof(runtime::ExecContext));
  memory0_ = b_.CreateAlloca(b_.getPtrTy());
  b_.CreateStore(by_registers_ ? load_field(b_.getPtrTy(), ctx_, offsets::kContextMemoryBase,
                                            !in_->module.memories.empty() && has_guard(0))
                               : function_->getArg(3),
                 memory0_);
  keep_state();
  b_.CreateBr(start);

  b_.SetInsertPoint(start);
  start_body();
}

// Before the first instruction.
void Builder::start_body() {
  Body& body = *body_;
  body.variables.resize(body.code.frame_slots + 3);
  body.constants.resize(body.variables.size());
  body.kinds.assign(body.variables.size(), Kind::kFrame);
  for (const Kind kind : {Kind::kI64, Kind::kF32, Kind::kF64}) body.kinds[acc(kind)] = kind;
  body.mem = b_.CreateLoad(b_.getPtrTy(), memory0_);
  find_locals();
  for (size_t slot = 0; slot < body.code.frame_slots && !body.saves_refs; ++slot)
    body.saves_refs = body.code.holds_refs(slot);
  if (!body.code.catches.empty())
    for (uint32_t slot = 0; slot < body.code.frame_slots; ++slot)
      if (body.liveness->is_caught(slot)) body.caught_slots.push_back(static_cast<uint16_t>(slot));
}

void Builder::find_locals() {
  body_->locals.assign(body_->variables.size(), Kind::kFrame);
  unsigned slot = 0;
  const auto add = [&](wasm::ValType type) {
    body_->locals[slot] = kind_of(type);
    if (body_->locals[slot] == Kind::kV128) body_->locals[slot + 1] = Kind::kHigh;
    slot += type.slots();
  };
  for (const wasm::ValType type : in_->module.func_type(body_->plan.func_index).params) add(type);
  slot += runtime::kHeaderSlots;
  const auto locals = binary::read_locals(in_->module, in_->module.functions[body_->plan.func_index],
                                          [&](uint32_t count, wasm::ValType type) {
                                            while (count-- != 0) add(type);
                                          });
  if (!locals) fail("its locals cannot be read");
}

// Where a fault finds the frame and the context.
void Builder::keep_state() {
  llvm::AllocaInst* const state = b_.CreateAlloca(b_.getInt64Ty(), i32(2));
  llvm::Instruction* const frame = b_.CreateStore(body_->fp, state, true);
  Value* const second = offset(state, 8);
  llvm::Instruction* const context = b_.CreateStore(ctx_, second, true);
#if defined(__x86_64__)
  // The operand as text, in a section of its own: a stack map would take the register of a frame pointer.
  const std::string text = std::string(".pushsection ") + kStateSection + ",\"\",@progbits\n.asciz \"$0\"\n.popsection";
  llvm::FunctionType* const type = llvm::FunctionType::get(b_.getVoidTy(), {b_.getPtrTy()}, false);
  llvm::CallInst* const map = b_.CreateCall(type, llvm::InlineAsm::get(type, text, "*m", true), {state});
  map->addParamAttr(0, llvm::Attribute::get(context_, llvm::Attribute::ElementType, state->getAllocatedType()));
#else
  llvm::Instruction* const map =
      b_.CreateIntrinsic(llvm::Intrinsic::experimental_stackmap, {}, {i64(kStateMap), i32(0), state});
#endif
  state_ = {map, context, llvm::cast<llvm::Instruction>(second), frame, state};
}

void Builder::drop_state() {
  for (llvm::Instruction* const instruction : state_) instruction->eraseFromParent();
}

// --- Labels

Label* Builder::label_at(uint32_t index) {
  const uint32_t label = body_->label_of[index];
  return label != 0 ? &body_->labels[label] : nullptr;
}

void Builder::find_labels() {
  body_->label_of.assign(body_->code.code.size() + 1, 0);
  body_->labels.emplace_back();  // none
  const auto mark = [&](uint32_t from, uint32_t target) {
    if (body_->label_of[target] == 0) {
      body_->label_of[target] = static_cast<uint32_t>(body_->labels.size());
      body_->labels.emplace_back().number = body_->label_of[target];
    }
    if (target <= from) body_->labels[body_->label_of[target]].is_loop = true;
  };
  for (const uint32_t i : body_->decoded.control_instrs) {
    const IrInstr& instr = body_->decoded.instrs[i];
    const ir::IrInfo& info = ir::ir_info(instr.code);
    if (info.is_branch) {
      mark(instr.at, ir::branch_target(instr));
    } else if (info.ir() != IrOp::loop) {
      for (uint32_t n = 0; n <= field<uint32_t>(instr.pc, 4); ++n)
        mark(instr.at, static_cast<uint32_t>(int64_t{instr.at} + field<int32_t>(instr.pc, 8 + 4 * n)));
    }
  }
  if (body_->caller == nullptr && request_.entry != 0 && body_->label_of[request_.entry] == 0)
    fail("there is no loop at the entry");
  // Handlers of exceptions are not entered here, but what they read is live.
  for (const auto& c : body_->code.catches) mark(0, c.target);
  body_->liveness.emplace(body_->code, body_->decoded, body_->label_of, body_->labels.size());
}

void Builder::begin(uint32_t index) {
  Label* const label = label_at(index);
  if (label == nullptr) return;
  if (!body_->dead) {
    go_to(*label);
    b_.CreateBr(label->block);
  }
  body_->dead = !label->reached;
  if (body_->dead) return;
  b_.SetInsertPoint(label->block);
  set_position(index);
  for (Body* b = body_; b != nullptr; b = b->caller) b->has_header = false;
  body_->kinds = label->kinds;
  body_->constants.assign(body_->constants.size(), nullptr);
  body_->mem = b_.CreateLoad(b_.getPtrTy(), memory0_);
  if (label->is_loop) poll();
}

// Whether a value of the slot may be read after the label.
bool Builder::is_live(const Label& label, unsigned slot) const {
  if (body_->liveness->is_live(label.number, slot)) return true;
  return label.kinds[slot] == Kind::kV128 && body_->liveness->is_live(label.number, slot + 1);
}

// The function is entered at a loop: the variables of all slots that have a value there are read from the frame.
void Builder::enter_in_the_middle() {
  Label& label = *label_at(request_.entry);
  if (!label.reached) {
    fail("the entry is not reachable");
    return;
  }
  llvm::Instruction* const to_start = entry_->getTerminator();
  b_.SetInsertPoint(to_start);
  b_.SetCurrentDebugLocation(to_start->getDebugLoc());
  body_->kinds = label.kinds;
  for (unsigned slot = 0; slot < body_->code.frame_slots; ++slot) {
    if (body_->kinds[slot] == Kind::kFrame || body_->kinds[slot] == Kind::kHigh || !is_live(label, slot)) continue;
    load_from_frame(slot, body_->kinds[slot]);
  }
  b_.CreateBr(label.block);
  to_start->eraseFromParent();
}

// --- Instructions

void Builder::instruction(const IrInstr& instr) {
  using enum IrOp;
  const ir::IrInfo& info = ir::ir_info(instr.code);
  switch (info.kind) {
    case ir::CodeInfo::kFormed: formed(instr, info); return;
    case ir::CodeInfo::kBranch: compare_branch(instr, info); return;
    case ir::CodeInfo::kChecked: checked(instr, info.op()); return;
    case ir::CodeInfo::kPair: return;  // decoded
    case ir::CodeInfo::kIr: break;
  }
  const auto dst = [&] { return field<uint16_t>(instr.pc, 0); };
  const auto form = [&](IrOp first) { return static_cast<unsigned>(info.ir()) - static_cast<unsigned>(first); };
  switch (info.ir()) {
    case IrOp::enter:
    case enter_count: this->enter(instr); return;
    case loop:
    case IrOp::sample: return;
    case IrOp::poll: this->poll(); return;
    case IrOp::enter_sp: this->enter_sp(instr); return;
    case IrOp::copy: this->copy(dst(), field<uint16_t>(instr.pc, 2)); return;
    case copy2:
      this->copy(dst(), field<uint16_t>(instr.pc, 2));
      this->copy(field<uint16_t>(instr.pc, 4), field<uint16_t>(instr.pc, 6));
      return;
    case copy_n: copy_range(dst(), field<uint16_t>(instr.pc, 2), field<uint32_t>(instr.pc, 4)); return;
    case copy_v128: write(dst(), Kind::kV128, read(field<uint16_t>(instr.pc, 2), Kind::kV128)); return;
    case const32: write(dst(), Kind::kI64, i64(field<uint32_t>(instr.pc, 4))); return;
    case const64: write(dst(), Kind::kI64, i64(field<uint64_t>(instr.pc, 8))); return;
    case const_v128:
      write(dst(), Kind::kV128,
            llvm::ConstantDataVector::get(
                context_, llvm::ArrayRef<uint64_t>{field<uint64_t>(instr.pc, 8), field<uint64_t>(instr.pc, 16)}));
      return;
    case set_r:
      write(dst(), body_->kinds[acc(Kind::kI64)], read(acc(Kind::kI64), body_->kinds[acc(Kind::kI64)]));
      return;
    case set_s: write(dst(), Kind::kF32, read(acc(Kind::kF32), Kind::kF32)); return;
    case set_d: write(dst(), Kind::kF64, read(acc(Kind::kF64), Kind::kF64)); return;
    case select_r:
    case select_r_1:
    case select_r_2:
    case select_r_3: this->select(instr, form(select_r), Kind::kI64); return;
    case select_s:
    case select_s_1:
    case select_s_2:
    case select_s_3: this->select(instr, form(select_s), Kind::kF32); return;
    case select_d:
    case select_d_1:
    case select_d_2:
    case select_d_3: this->select(instr, form(select_d), Kind::kF64); return;
    case select_v128: this->select(instr, 1, Kind::kV128); return;
    case br:
    case br_back: this->branch(instr, nullptr); return;
    case br_table_s: branch_table(instr, read(dst(), Kind::kI32)); return;
    case br_table_r: branch_table(instr, read(acc(Kind::kI32), Kind::kI32)); return;
    case br_null:
    case br_null_back: this->branch(instr, b_.CreateICmpEQ(read(dst(), Kind::kI64), i64(0))); return;
    case br_non_null:
    case br_non_null_back: this->branch(instr, b_.CreateICmpNE(read(dst(), Kind::kI64), i64(0))); return;
    case ret: emit_return(nullptr); return;
    case ret_copy: {
      const unsigned slot = field<uint16_t>(instr.pc, 2);
      const Kind kind =
          body_->kinds[slot] == Kind::kFrame || body_->kinds[slot] >= Kind::kV128 ? Kind::kI64 : body_->kinds[slot];
      returns(kind, read(slot, kind));
      return;
    }
    case ret_r: returns(body_->kinds[acc(Kind::kI64)], read(acc(Kind::kI64), body_->kinds[acc(Kind::kI64)])); return;
    case ret_s: returns(Kind::kF32, read(acc(Kind::kF32), Kind::kF32)); return;
    case ret_d: returns(Kind::kF64, read(acc(Kind::kF64), Kind::kF64)); return;
    case ret_const: returns(Kind::kI64, i64(field<uint64_t>(instr.pc, 8))); return;
    case ret_copy_n: return_range(instr); return;
    case IrOp::call: this->call(instr); return;
    case IrOp::call_import: this->call_import(instr); return;
    case call_indirect_s: call_indirect(instr, false); return;
    case call_indirect_r: call_indirect(instr, true); return;
    case IrOp::call_ref: this->call_ref(instr); return;
    case IrOp::return_call: this->return_call(instr); return;
    case return_call_import:
    case return_call_indirect:
    case return_call_ref: return_call_by_handler(instr, info.ir()); return;
    case global_get_r:
    case global_get_s:
    case global_get_d: global_get(instr, false); return;
    case global_get_r_1:
    case global_get_s_1:
    case global_get_d_1:
    case global_get_v128: global_get(instr, true); return;
    case global_set_r: global_set(instr, true); return;
    case global_set_s:
    case global_set_v128: global_set(instr, false); return;
    case memory_size: {
      Value* const pages = call_out(instr);
      write(dst(), Kind::kI64, pages);
      write(acc(Kind::kI64), Kind::kI64, pages);
      return;
    }
    case use_memory:
      body_->mem = load_field(b_.getPtrTy(), ctx_, field<uint32_t>(instr.pc, 4), body_->code.guarded);
      return;
    case IrOp::trap: this->trap(i64(field<uint32_t>(instr.pc, 4))); return;
    case IrOp::builtin: this->builtin(instr); return;
    case IrOp::fuel: this->fuel(instr); return;
    default: object(instr, ir::object_op(info.ir())); return;
  }
}

// --- Parts

Value* Builder::offset(Value* base, int64_t bytes) {
  return bytes == 0 ? base : b_.CreateInBoundsGEP(b_.getInt8Ty(), base, b_.getInt64(static_cast<uint64_t>(bytes)));
}

Value* Builder::load_field(llvm::Type* type, Value* record, int64_t at, bool stays) {
  llvm::LoadInst* const load = b_.CreateLoad(type, offset(record, at));
  if (stays) load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(context_, {}));
  else in_scope(load, context_scope_, not_context_);
  return load;
}

// One that stays and points to a record of this size: what that has may be read earlier, in front of a loop for
// instance. `may_be_null`: otherwise it never is.
Value* Builder::load_pointer(Value* record, int64_t at, uint64_t size, bool may_be_null) {
  auto* const load = llvm::cast<llvm::LoadInst>(load_field(b_.getPtrTy(), record, at, true));
  llvm::MDNode* const bytes = llvm::MDNode::get(context_, {llvm::ConstantAsMetadata::get(i64(size))});
  load->setMetadata(may_be_null ? llvm::LLVMContext::MD_dereferenceable_or_null : llvm::LLVMContext::MD_dereferenceable,
                    bytes);
  load->setMetadata(llvm::LLVMContext::MD_align, llvm::MDNode::get(context_, {llvm::ConstantAsMetadata::get(i64(8))}));
  if (!may_be_null) load->setMetadata(llvm::LLVMContext::MD_nonnull, llvm::MDNode::get(context_, {}));
  return load;
}

uint64_t Builder::context_size() const {
  const auto& m = in_->module;
  return offsets::kGlobalCells + uint64_t{offsets::kGlobalCellSize} * (m.globals.size() - m.imported_globals);
}

llvm::Instruction* Builder::in_scope(llvm::Instruction* access, llvm::MDNode* scope, llvm::MDNode* others) {
  access->setMetadata(llvm::LLVMContext::MD_alias_scope, scope);
  access->setMetadata(llvm::LLVMContext::MD_noalias, others);
  return access;
}

BasicBlock* Builder::new_block(const char* name) { return BasicBlock::Create(context_, name, function_); }

void Builder::unlikely_branch(Value* condition, BasicBlock* rare, BasicBlock* usual) {
  llvm::MDBuilder metadata(context_);
  b_.CreateCondBr(condition, rare, usual, metadata.createBranchWeights(1, 4000));
}

}  // namespace ermine::optimizing
