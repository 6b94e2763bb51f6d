// Calls between optimised functions: arguments and the result are in registers.
#include "optimizing/plugin/builder.h"
#include "runtime/offsets.h"

namespace ermine::optimizing {

namespace offsets = runtime::offsets;

// The frame, the context, and the arguments. The convention is one that preserves registers, the context's among them.
// Null: the type has too many arguments, or vectors.
llvm::FunctionType* Builder::register_type(const wasm::FuncType& type) {
  constexpr unsigned kMostIntegers = 5, kMostFloats = 8;
  unsigned integers = 0, floats = 0;
  llvm::SmallVector<llvm::Type*, 16> params{b_.getPtrTy(), b_.getPtrTy()};
  for (const wasm::ValType param : type.params) {
    const Kind kind = kind_of(param);
    if (kind == Kind::kV128) return nullptr;
    ++(kind == Kind::kF32 || kind == Kind::kF64 ? floats : integers);
    params.push_back(type_of(kind));
  }
  if (integers > kMostIntegers || floats > kMostFloats || type.results.size() > 1) return nullptr;
  if (type.results.empty()) return llvm::FunctionType::get(b_.getVoidTy(), params, false);
  const Kind result = kind_of(type.results[0]);
  return result == Kind::kV128 ? nullptr : llvm::FunctionType::get(type_of(result), params, false);
}

// Not for code that is entered at a loop; functions that catch exceptions or end in tail calls are entered as handlers.
bool Builder::has_register_entry() {
  if (request_.entry != 0 || !body_->code.catches.empty()) return false;
  if (ir::has_return_calls(body_->decoded)) return false;
  return register_type(in_->module.func_type(request_.func_index)) != nullptr;
}

// The entry with arguments in the frame, which calls the other one.
void Builder::make_slot_entry() {
  const wasm::FuncType& type = in_->module.func_type(request_.func_index);
  llvm::Function* const entry = new_function(code_type(), kFunctionName, llvm::CallingConv::PreserveNone);
  function_ = new_function(register_type(type), kRegisterEntryName, kRegisterConvention);
  function_->addParamAttr(1, llvm::Attribute::SwiftSelf);
  b_.SetInsertPoint(BasicBlock::Create(context_, "entry", entry));
  body_->fp = entry->getArg(1);
  llvm::SmallVector<Value*, 16> args{body_->fp, entry->getArg(2)};
  unsigned slot = 0;
  for (const wasm::ValType param : type.params) {
    llvm::LoadInst* const load = b_.CreateAlignedLoad(type_of(kind_of(param)), frame_address(slot), llvm::Align(8));
    args.push_back(in_scope(load, frame_scope_, not_frame_));
    slot += param.slots();
  }
  llvm::CallInst* const call = b_.CreateCall(function_, args);
  call->setCallingConv(kRegisterConvention);
  call->addParamAttr(1, llvm::Attribute::SwiftSelf);
  by_registers_ = false;
  if (type.results.empty()) emit_return(nullptr);
  else returns(kind_of(type.results[0]), call);
  by_registers_ = true;
}

// The parameter in a slot.
Value* Builder::argument(unsigned slot) {
  unsigned at = 0, number = 2;
  for (const wasm::ValType param : in_->module.func_type(request_.func_index).params) {
    if (at == slot) return function_->getArg(number);
    at += param.slots();
    ++number;
  }
  return nullptr;
}

// `ctx`: the callee's.
Value* Builder::call_by_registers(const IrInstr& instr, Value* target, const wasm::FuncType& type, Value* ctx) {
  const unsigned base = field<uint16_t>(instr.pc, 0);
  llvm::SmallVector<Value*, 16> args{frame_address(base), ctx};
  unsigned slot = base;
  for (const wasm::ValType param : type.params) {
    args.push_back(read(slot, kind_of(param)));
    slot += param.slots();
  }
  llvm::CallInst* const call = b_.CreateCall(register_type(type), target, args);
  call->setCallingConv(kRegisterConvention);
  call->addParamAttr(1, llvm::Attribute::SwiftSelf);
  return call;
}

void Builder::finish_register_call(unsigned base, const wasm::FuncType& type, Value* value) {
  reload_memory();
  body_->mem = b_.CreateLoad(b_.getPtrTy(), memory0_);
  if (type.results.empty()) return;
  const Kind kind = kind_of(type.results[0]);
  write(base, kind, value);
  if (kind == Kind::kI32 || kind == Kind::kI64) write(acc(kind), kind, value);
}

}  // namespace ermine::optimizing
