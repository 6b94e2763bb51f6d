// Library: the functions of semantics.cc, as bitcode, and the module of LLVM that a function is compiled in.
//
// The bitcode is read into a module of its own, each function when it is first used, and stays there for all functions
// that are compiled in the same context. Their instructions are copied to where they are needed: nearly all are one
// block, and LLVM's own inliner takes longer, and gives each copy of an access to memory other scopes of aliases, so
// that it may alias everything.
#pragma once

#include <llvm/ADT/DenseMap.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <memory>
#include <vector>

#include "optimizing/plugin/object_functions.h"
#include "wasm/opcodes.h"

namespace ermine::optimizing {

class Library {
 public:
  // `context` must outlive it.
  explicit Library(llvm::LLVMContext& context);

  // The module of the function that is compiled now, between begin() and end().
  llvm::Module& module() { return *module_; }
  void begin();
  void end() { module_.reset(); }

  // The function of an instruction that has semantics.
  llvm::Function* semantics(wasm::Op op);
  // checked_address<2^log2> and table_element of semantics.cc.
  llvm::Function* checked_address(unsigned log2) { return read(checked_addresses_[log2]); }
  llvm::Function* table_element() { return read(table_element_); }
  llvm::Function* object(ObjectFunction function) { return read(objects_[static_cast<unsigned>(function)]); }
  // What one of these functions does, where `b` inserts, which is the end of a block. The result is null if it has
  // none.
  llvm::Value* emit(llvm::IRBuilder<>& b, llvm::Function* function, llvm::ArrayRef<llvm::Value*> args);

  // Of accesses to linear memory, to the frame, and to other records of the runtime: none of these alias.
  struct Scopes {
    llvm::MDNode *memory, *frame, *context, *not_memory, *not_frame, *not_context;
  };
  const Scopes& scopes() const { return scopes_; }

 private:
  using Copies = llvm::SmallDenseMap<const llvm::Value*, llvm::Value*, 32>;
  static llvm::Function* read(llvm::Function* function);
  llvm::Value* emit_block(llvm::IRBuilder<>& b, const llvm::BasicBlock& block, Copies& copies);
  llvm::Value* emit_blocks(llvm::IRBuilder<>& b, const llvm::Function& function, Copies& copies);
  llvm::Value* copy_of(llvm::Value* operand, const Copies& copies);
  std::vector<llvm::Function*> table(const char* name);

  llvm::LLVMContext& context_;
  std::unique_ptr<llvm::Module> bitcode_, module_;
  std::vector<llvm::Function*> semantics_, checked_addresses_, objects_;
  llvm::Function* table_element_ = nullptr;
  Scopes scopes_{};
};

}  // namespace ermine::optimizing
