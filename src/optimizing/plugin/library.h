// Library: the functions of semantics.cc, as bitcode, in the module of LLVM that a function is compiled in.
#pragma once

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <array>
#include <memory>
#include <vector>

#include "optimizing/plugin/object_functions.h"
#include "wasm/opcodes.h"

namespace ermine::optimizing {

class Library {
 public:
  // A new module that has the functions, none of which is read yet. `context` must outlive it.
  explicit Library(llvm::LLVMContext& context);

  llvm::Module& module() { return *module_; }
  std::unique_ptr<llvm::Module> release() { return std::move(module_); }

  // The function of an instruction that has semantics, to be inlined.
  llvm::Function* semantics(wasm::Op op) { return use(semantics_[static_cast<unsigned>(op)]); }
  // checked_address<2^log2> and table_element of semantics.cc.
  llvm::Function* checked_address(unsigned log2) { return use(checked_addresses_[log2]); }
  llvm::Function* table_element() { return use(table_element_); }
  llvm::Function* object(ObjectFunction function) { return use(objects_[static_cast<unsigned>(function)]); }
  // Removes all that was not asked for.
  void drop_unused();

  // Marks the memory accesses of functions that get an address of a linear memory: see Builder.
  struct Scopes {
    llvm::MDNode *alias_scope, *no_alias;
  };
  void set_memory_scopes(Scopes scopes) { scopes_ = scopes; }

 private:
  llvm::Function* use(llvm::Function* function);
  std::vector<llvm::Function*> table(const char* name);

  std::unique_ptr<llvm::Module> module_;
  std::vector<llvm::Function*> semantics_, checked_addresses_, objects_;
  llvm::Function* table_element_ = nullptr;
  Scopes scopes_{};
};

}  // namespace ermine::optimizing
