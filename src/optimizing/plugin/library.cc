#include "optimizing/plugin/library.h"

#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

// The file that semantics.cc was compiled to (bitcode_file.S.in).
extern "C" const char ermine_bitcode[], ermine_bitcode_end[];

namespace ermine::optimizing {

using llvm::Function;

Library::Library(llvm::LLVMContext& context) {
  const llvm::StringRef bytes(ermine_bitcode, static_cast<size_t>(ermine_bitcode_end - ermine_bitcode));
  auto module = llvm::getLazyBitcodeModule(llvm::MemoryBufferRef(bytes, "semantics"), context);
  if (!module) llvm::report_fatal_error(module.takeError());  // it is a part of the plug-in
  module_ = std::move(*module);
  semantics_ = table("ermine_semantics");
  checked_addresses_ = table("ermine_checked_addresses");
  table_element_ = table("ermine_table_element").front();
  objects_ = table("ermine_objects");
}

std::vector<Function*> Library::table(const char* name) {
  llvm::GlobalVariable* const variable = module_->getNamedGlobal(name);
  const llvm::Constant* const list = variable->getInitializer();
  std::vector<Function*> functions;
  for (unsigned i = 0; i < list->getType()->getArrayNumElements(); ++i)
    functions.push_back(llvm::dyn_cast<Function>(list->getAggregateElement(i)));
  variable->eraseFromParent();
  return functions;
}

Function* Library::use(Function* function) {
  if (!function->isMaterializable()) return function;
  if (auto error = function->materialize()) llvm::report_fatal_error(std::move(error));
  for (llvm::Instruction& i : llvm::instructions(function))
    if (auto* const call = llvm::dyn_cast<llvm::CallInst>(&i))
      if (Function* const callee = call->getCalledFunction()) use(callee);
  // It has the attributes of the function that it is inlined into; its accesses are no longer only reads, for instance,
  // once they are volatile.
  function->setAttributes({});
  function->addFnAttr(llvm::Attribute::AlwaysInline);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  if (function->arg_empty()) return function;
  // Accesses through the first argument are those of instructions; all others are to the records of the runtime.
  for (llvm::Instruction& i : llvm::instructions(function)) {
    llvm::Value* address = nullptr;
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&i)) address = load->getPointerOperand();
    else if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&i)) address = store->getPointerOperand();
    if (address == nullptr || address != function->getArg(0)) continue;
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&i)) load->setVolatile(true);
    else llvm::cast<llvm::StoreInst>(&i)->setVolatile(true);
    i.setMetadata(llvm::LLVMContext::MD_alias_scope, scopes_.alias_scope);
    i.setMetadata(llvm::LLVMContext::MD_noalias, scopes_.no_alias);
    i.setMetadata(llvm::LLVMContext::MD_tbaa, nullptr);
  }
  return function;
}

void Library::drop_unused() {
  for (Function& function : llvm::make_early_inc_range(*module_))
    if (function.isMaterializable() && function.use_empty()) function.eraseFromParent();
}

}  // namespace ermine::optimizing
