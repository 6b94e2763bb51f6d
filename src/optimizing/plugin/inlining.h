// Which calls are inlined: decided before code is made, from the sizes of functions and the loops that calls are in.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ir/decoded.h"
#include "optimizing/plugin.h"

namespace ermine::optimizing {

// The register code of a function, and that of the functions that are inlined into it.
struct Inlining {
  const ir::FunctionCode& code;
  const tiering::Surroundings* in;
  uint32_t func_index = 0;
  ir::DecodedFunction decoded;
  const Inlining* caller = nullptr;
  // Of another instance than the caller's: its import, and what is compared with that. Otherwise null.
  uint32_t import = 0;
  std::shared_ptr<const runtime::FuncCode> func;
  bool in_loop = false;  // the call is in a loop, of the caller or of those around it
  uint32_t frame = 0;  // the slot where its frame begins, in the frame of the outermost function
  struct Call {
    uint32_t at;  // the call instruction, as an index in the register code
    std::unique_ptr<Inlining> callee;
  };
  std::vector<Call> calls;

  // The callee that is inlined at an instruction; null: none.
  const Inlining* callee_at(uint32_t at) const;
  // The size of the frame with the frames of all that are inlined, in slots.
  uint32_t frame_end() const;
};

std::unique_ptr<Inlining> plan_inlining(const Request& request, const ir::HandlerIndex& handlers);

}  // namespace ermine::optimizing
