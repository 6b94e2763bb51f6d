// Body: what the builder knows of the register code that it is making code of: the function's own, or that of a
// function that is inlined into it.
//
// An inlined function has a frame on the value stack, as if it had been called: at a constant distance from the frame
// of the function's own. Others see it there only if they need to: whatever may read frames is preceded by stores of
// what they read (Builder::save_for_others).
#pragma once

#include <llvm/IR/Instructions.h>

#include <array>
#include <optional>
#include <vector>

#include "optimizing/plugin/inlining.h"
#include "optimizing/plugin/liveness.h"

namespace ermine::optimizing {

// What a slot holds.
enum class Kind : uint8_t {
  kI32,
  kI64,  // references, too
  kF32,
  kF64,
  kV128,  // with the next slot, which is kHigh
  kHigh,
  kFrame,  // the slot of the frame has the value
};
inline constexpr unsigned kVariableKinds = 5;
using Kinds = std::vector<Kind>;

struct Label {
  llvm::BasicBlock* block = nullptr;
  bool reached = false;
  bool is_loop = false;
  Kinds kinds;  // if reached
  uint32_t number = 0;
};

struct Body {
  const Inlining& plan;
  const ir::FunctionCode& code = plan.code;
  const ir::DecodedFunction& decoded = plan.decoded;
  Body* const caller = nullptr;  // null: it is not inlined
  const uint32_t first_position = 0;  // what is added to indices in the code: see Object::Inlined

  // Of an inlined function only.
  const runtime::Code* call = nullptr;  // the instruction in the caller's register code
  llvm::SmallVector<llvm::Value*, 8> arguments;
  llvm::SmallVector<llvm::AllocaInst*, 2> results;
  llvm::BasicBlock* after = nullptr;  // where the caller continues
  bool has_header = false;  // it is stored already

  uint32_t at = 0;  // the index of the current instruction
  llvm::Value *fp = nullptr, *ctx = nullptr;
  llvm::Value* mem = nullptr;  // base of the memory that loads and stores access
  bool dead = false;  // the code is not reachable
  bool saves_refs = false;
  std::vector<uint16_t> caught_slots;  // what handlers of exceptions read
  Kinds kinds;  // by slot; then the accumulators
  Kinds locals;  // of the parameters and locals, which always hold the same; kFrame for other slots
  std::vector<llvm::ConstantInt*> constants;  // by slot: what an integer constant was copied to; null: not known
  std::vector<std::array<llvm::AllocaInst*, kVariableKinds>> variables;
  std::vector<uint32_t> label_of;  // by index in the register code; 0: none
  std::vector<Label> labels;
  std::optional<Liveness> liveness;
};

}  // namespace ermine::optimizing
