// Codegen: from LLVM's intermediate representation to an Object: optimisation, machine code, and what is read from the
// object file (positions, the place of the function's state).
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>

#include "optimizing/plugin.h"

namespace ermine::optimizing {

inline constexpr unsigned kOptLevels = 3;  // of Config::opt_level, from 0 on

// What code is made for.
class Codegen {
 public:
  // Null if this processor has not what semantics.cc was compiled for.
  static std::unique_ptr<Codegen> create();

  // Prepares a module for the machine: its data layout, the functions' attributes.
  void prepare(llvm::Module& module) const;
  // Thread-safe. Null if there is none.
  std::unique_ptr<llvm::TargetMachine> new_machine() const;
  const std::string& triple() const { return triple_; }

 private:
  Codegen() = default;

  const llvm::Target* target_ = nullptr;
  std::string triple_, cpu_, tune_, features_, layout_;
};

// The passes, which are made once for many modules. Used by one thread at a time; all modules belong to one context.
class Pipeline {
 public:
  Pipeline(const Codegen& codegen, unsigned opt_level);
  ~Pipeline();

  // `module` has what Builder made. `needs_state`, `wants_frames`: as in read_object().
  Object compile(llvm::Module& module, bool needs_state, bool wants_frames);

 private:
  struct Passes;
  const std::unique_ptr<Passes> passes_;
};

}  // namespace ermine::optimizing
