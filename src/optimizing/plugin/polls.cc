#include "optimizing/plugin/polls.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/AssumptionCache.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/OptimizationRemarkEmitter.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Transforms/Utils/LoopSimplify.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <llvm/Transforms/Utils/UnrollLoop.h>

#include <algorithm>
#include <optional>

namespace ermine::optimizing {

namespace {

using llvm::BasicBlock;
using llvm::Instruction;
using llvm::Loop;

constexpr const char* kMark = "ermine.poll";

// The poll at a block's end.
struct Poll {
  llvm::LoadInst* load = nullptr;
  llvm::BranchInst* branch = nullptr;
  unsigned rare = 0;  // which successor calls the handler
};

Poll poll_of(BasicBlock& block, unsigned mark) {
  auto* const branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
  if (branch == nullptr || !branch->isConditional()) return {};
  auto* const compare = llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition());
  if (compare == nullptr || !compare->isEquality() || !llvm::isa<llvm::Constant>(compare->getOperand(1))) return {};
  auto* const load = llvm::dyn_cast<llvm::LoadInst>(compare->getOperand(0));
  if (load == nullptr || load->getMetadata(mark) == nullptr ||
      !llvm::cast<llvm::Constant>(compare->getOperand(1))->isNullValue())
    return {};
  if (!compare->hasOneUse() || !load->hasOneUse()) return {};
  return {load, branch, compare->getPredicate() == llvm::ICmpInst::ICMP_EQ ? 1u : 0u};
}

bool is_call(const Instruction& i) { return llvm::isa<llvm::CallBase>(i) && !llvm::isa<llvm::IntrinsicInst>(i); }

// The instructions of a round that polls without calling the handler; no number if there is a call or another loop.
std::optional<size_t> size_of_round(const Loop& loop, unsigned mark) {
  if (!loop.isInnermost()) return std::nullopt;
  llvm::SmallPtrSet<const BasicBlock*, 8> rare;
  for (BasicBlock* const block : loop.blocks())
    if (const Poll poll = poll_of(*block, mark); poll.branch != nullptr)
      rare.insert(poll.branch->getSuccessor(poll.rare));
  size_t size = 0;
  for (const BasicBlock* const block : loop.blocks()) {
    if (rare.contains(block)) continue;
    for (const Instruction& i : *block) {
      if (is_call(i)) return std::nullopt;
      ++size;
    }
  }
  return size;
}

}  // namespace

void mark_poll(llvm::LoadInst& load) { load.setMetadata(kMark, llvm::MDNode::get(load.getContext(), {})); }

llvm::PreservedAnalyses UnrollSmallLoops::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  constexpr size_t kMostInstructions = 48;  // of a new round
  constexpr size_t kMostCopies = 4;
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  if (loops.empty()) return llvm::PreservedAnalyses::all();
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  auto& assumptions = analyses.getResult<llvm::AssumptionAnalysis>(function);
  auto& costs = analyses.getResult<llvm::TargetIRAnalysis>(function);
  auto& remarks = analyses.getResult<llvm::OptimizationRemarkEmitterAnalysis>(function);
  for (Loop* const loop : loops) {
    llvm::simplifyLoop(loop, &dominators, &loops, &evolution, &assumptions, nullptr, false);
    llvm::formLCSSARecursively(*loop, dominators, &loops, &evolution);
  }
  const unsigned mark = function.getContext().getMDKindID(kMark);
  for (Loop* const loop : loops.getLoopsInPreorder()) {
    const std::optional<size_t> size = size_of_round(*loop, mark);
    if (!size) continue;
    llvm::UnrollLoopOptions options{};
    options.Count = static_cast<unsigned>(std::min(kMostCopies, kMostInstructions / std::max<size_t>(*size, 1)));
    options.Force = true;
    if (options.Count > 1)
      llvm::UnrollLoop(loop, options, &loops, &evolution, &dominators, &assumptions, &costs, &remarks, true);
  }
  return llvm::PreservedAnalyses::none();
}

llvm::PreservedAnalyses RemovePolls::run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
  constexpr unsigned kFewRounds = 256;
  const unsigned mark = function.getContext().getMDKindID(kMark);
  auto& loops = analyses.getResult<llvm::LoopAnalysis>(function);
  auto& dominators = analyses.getResult<llvm::DominatorTreeAnalysis>(function);
  auto& evolution = analyses.getResult<llvm::ScalarEvolutionAnalysis>(function);
  llvm::SmallVector<Poll, 8> removed;
  for (Loop* const loop : loops.getLoopsInPreorder()) {
    // Every way through a round that comes to a poll has come to those that dominate it.
    llvm::SmallVector<Poll, 8> polls;
    for (BasicBlock* const block : loop->blocks())
      if (loops.getLoopFor(block) == loop)
        if (const Poll poll = poll_of(*block, mark); poll.branch != nullptr) polls.push_back(poll);
    if (polls.empty()) continue;
    const unsigned rounds = size_of_round(*loop, mark) ? evolution.getSmallConstantMaxTripCount(loop) : 0;
    const bool has_few = rounds != 0 && rounds <= kFewRounds;
    for (const Poll& poll : polls)
      if (has_few || llvm::any_of(polls, [&](const Poll& other) {
            return dominators.properlyDominates(other.branch->getParent(), poll.branch->getParent());
          }))
        removed.push_back(poll);
  }
  for (const Poll& poll : removed) {
    BasicBlock* const block = poll.branch->getParent();
    poll.branch->getSuccessor(poll.rare)->removePredecessor(block);
    auto* const compare = llvm::cast<Instruction>(poll.branch->getCondition());
    llvm::BranchInst::Create(poll.branch->getSuccessor(1 - poll.rare), block)->setDebugLoc(poll.branch->getDebugLoc());
    poll.branch->eraseFromParent();
    compare->eraseFromParent();
    poll.load->eraseFromParent();
  }
  return removed.empty() ? llvm::PreservedAnalyses::all() : llvm::PreservedAnalyses::none();
}

}  // namespace ermine::optimizing
