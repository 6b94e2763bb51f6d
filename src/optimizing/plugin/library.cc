#include "optimizing/plugin/library.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/ConstantFolding.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/MDBuilder.h>

// The file that semantics.cc was compiled to (bitcode_file.S.in).
extern "C" const char ermine_bitcode[], ermine_bitcode_end[];

namespace ermine::optimizing {

using llvm::BasicBlock;
using llvm::Function;
using llvm::Instruction;
using llvm::Value;

Library::Library(llvm::LLVMContext& context) : context_(context) {
  const llvm::StringRef bytes(ermine_bitcode, static_cast<size_t>(ermine_bitcode_end - ermine_bitcode));
  auto module = llvm::getLazyBitcodeModule(llvm::MemoryBufferRef(bytes, "semantics"), context);
  if (!module) llvm::report_fatal_error(module.takeError());  // it is a part of the plug-in
  bitcode_ = std::move(*module);
  semantics_ = table("ermine_semantics");
  checked_addresses_ = table("ermine_checked_addresses");
  table_element_ = table("ermine_table_element").front();
  objects_ = table("ermine_objects");

  llvm::MDBuilder metadata(context);
  llvm::MDNode* const domain = metadata.createAnonymousAliasScopeDomain("ermine");
  const auto scope = [&](const char* name) { return metadata.createAnonymousAliasScope(domain, name); };
  llvm::MDNode *const memory = scope("memory"), *const frame = scope("frame"), *const records = scope("context");
  const auto list = [&](std::initializer_list<llvm::Metadata*> of) { return llvm::MDNode::get(context, of); };
  scopes_ = {.memory = list({memory}),
             .frame = list({frame}),
             .context = list({records}),
             .not_memory = list({frame, records}),
             .not_frame = list({memory, records}),
             .not_context = list({memory, frame})};
}

std::vector<Function*> Library::table(const char* name) {
  llvm::GlobalVariable* const variable = bitcode_->getNamedGlobal(name);
  const llvm::Constant* const list = variable->getInitializer();
  std::vector<Function*> functions;
  for (unsigned i = 0; i < list->getType()->getArrayNumElements(); ++i)
    functions.push_back(llvm::dyn_cast<Function>(list->getAggregateElement(i)));
  variable->eraseFromParent();
  return functions;
}

void Library::begin() {
  module_ = std::make_unique<llvm::Module>("function", context_);
  module_->setDataLayout(bitcode_->getDataLayout());
}

Function* Library::read(Function* function) {
  if (function->isMaterializable())
    if (auto error = function->materialize()) llvm::report_fatal_error(std::move(error));
  return function;
}

// Accesses through the first argument are those to linear memory; all others are to the records of the runtime. They
// become volatile, so they are no longer what their attributes say.
Function* Library::semantics(wasm::Op op) {
  Function* const function = semantics_[static_cast<unsigned>(op)];
  if (!function->isMaterializable()) return function;
  read(function);
  if (function->arg_empty()) return function;
  for (Instruction& i : llvm::instructions(function)) {
    if (llvm::getLoadStorePointerOperand(&i) != function->getArg(0)) continue;
    if (auto* const load = llvm::dyn_cast<llvm::LoadInst>(&i)) load->setVolatile(true);
    else llvm::cast<llvm::StoreInst>(i).setVolatile(true);
    i.setMetadata(llvm::LLVMContext::MD_alias_scope, scopes_.memory);
    i.setMetadata(llvm::LLVMContext::MD_noalias, scopes_.not_memory);
    i.setMetadata(llvm::LLVMContext::MD_tbaa, nullptr);
  }
  return function;
}

Value* Library::emit(llvm::IRBuilder<>& b, Function* function, llvm::ArrayRef<Value*> args) {
  Copies copies;
  for (size_t i = 0; i < args.size(); ++i) copies[function->getArg(static_cast<unsigned>(i))] = args[i];
  return function->size() == 1 ? emit_block(b, function->front(), copies) : emit_blocks(b, *function, copies);
}

// What an operand of an instruction of the library is in the copy.
Value* Library::copy_of(Value* operand, const Copies& copies) {
  if (const auto it = copies.find(operand); it != copies.end()) return it->second;
  auto* const function = llvm::dyn_cast<Function>(operand);
  if (function == nullptr) return operand;  // a constant
  if (!function->isIntrinsic()) llvm::report_fatal_error("a function of the library is not inlined");
  return module_->getOrInsertFunction(function->getName(), function->getFunctionType(), function->getAttributes())
      .getCallee();
}

Value* Library::emit_block(llvm::IRBuilder<>& b, const BasicBlock& block, Copies& copies) {
  const llvm::DataLayout& layout = module_->getDataLayout();
  for (const Instruction& i : block) {
    if (auto* const ret = llvm::dyn_cast<llvm::ReturnInst>(&i))
      return ret->getReturnValue() != nullptr ? copy_of(ret->getReturnValue(), copies) : nullptr;
    Instruction* const copy = i.clone();
    bool is_constant = !i.mayReadOrWriteMemory();
    for (llvm::Use& use : copy->operands()) {
      use.set(copy_of(use.get(), copies));
      is_constant &= llvm::isa<llvm::Constant>(use.get());
    }
    if (llvm::Constant* const constant = is_constant ? llvm::ConstantFoldInstruction(copy, layout) : nullptr) {
      copy->deleteValue();
      copies[&i] = constant;
    } else {
      copies[&i] = b.Insert(copy);
    }
  }
  llvm_unreachable("a block of the library does not return");
}

Value* Library::emit_blocks(llvm::IRBuilder<>& b, const Function& function, Copies& copies) {
  BasicBlock* const start = b.GetInsertBlock();
  Function* const into = start->getParent();
  BasicBlock* const then = BasicBlock::Create(context_, "", into);
  llvm::PHINode* const result =
      function.getReturnType()->isVoidTy() ? nullptr : llvm::PHINode::Create(function.getReturnType(), 2, "", then);
  for (const BasicBlock& block : function)
    copies[&block] = &block == &function.front() ? start : BasicBlock::Create(context_, "", into, then);
  llvm::SmallVector<std::pair<const Instruction*, Instruction*>, 64> list;
  for (const BasicBlock& block : function) {
    b.SetInsertPoint(llvm::cast<BasicBlock>(copies[&block]));
    for (const Instruction& i : block) {
      if (llvm::isa<llvm::ReturnInst>(i)) list.emplace_back(&i, b.CreateBr(then));
      else copies[&i] = list.emplace_back(&i, b.Insert(i.clone())).second;
    }
  }
  for (const auto& [from, copy] : list) {
    if (auto* const ret = llvm::dyn_cast<llvm::ReturnInst>(from)) {
      if (result != nullptr) result->addIncoming(copy_of(ret->getReturnValue(), copies), copy->getParent());
      continue;
    }
    for (llvm::Use& use : copy->operands()) use.set(copy_of(use.get(), copies));
    if (auto* const phi = llvm::dyn_cast<llvm::PHINode>(copy))
      for (unsigned n = 0; n < phi->getNumIncomingValues(); ++n)
        phi->setIncomingBlock(n, llvm::cast<BasicBlock>(copies[phi->getIncomingBlock(n)]));
  }
  b.SetInsertPoint(then);
  return result;
}

}  // namespace ermine::optimizing
