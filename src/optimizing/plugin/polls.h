// Passes of LLVM that make polls for interrupts cost less.
//
// A loop polls in each round. Small loops without calls are unrolled, with all exits, and a poll that follows another
// one of the same round of the new loop is removed; so is the poll of a loop without other loops that has few rounds.
// From any poll it is a bounded number of instructions to the next one.
#pragma once

#include <llvm/IR/Instructions.h>
#include <llvm/IR/PassManager.h>

namespace ermine::optimizing {

// Marks the load of a poll, whose block ends in a branch on its being zero.
void mark_poll(llvm::LoadInst& load);

struct UnrollSmallLoops : llvm::PassInfoMixin<UnrollSmallLoops> {
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

struct RemovePolls : llvm::PassInfoMixin<RemovePolls> {
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses);
};

}  // namespace ermine::optimizing
