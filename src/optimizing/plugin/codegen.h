// Codegen: from LLVM's intermediate representation to an Object: optimisation, machine code, and what is read from the
// object file (positions, the place of the function's state).
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <mutex>
#include <vector>

#include "optimizing/plugin.h"

namespace ermine::optimizing {

class Codegen {
 public:
  // Null if this processor has not what semantics.cc was compiled for.
  static std::unique_ptr<Codegen> create();

  // Prepares a module for the machine: its data layout, the functions' attributes.
  void prepare(llvm::Module& module) const;
  // Thread-safe. `module` has what Builder made. `needs_state`: as in read_object().
  Object compile(llvm::Module& module, bool needs_state);

 private:
  Codegen() = default;
  std::unique_ptr<llvm::TargetMachine> take_machine();

  const llvm::Target* target_ = nullptr;
  std::string triple_, cpu_, features_, layout_;
  std::mutex mutex_;  // guards the list of machines that are free
  std::vector<std::unique_ptr<llvm::TargetMachine>> machines_;
};

}  // namespace ermine::optimizing
