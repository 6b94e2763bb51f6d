// A function's code in every tier.
#pragma once

#include <atomic>
#include <memory>

#include "ir/function_code.h"
#include "tiering/policy.h"
#include "tiering/tier.h"

namespace ermine::tiering {

// Belongs to its TieredCode and is never moved. Register code stays as it is but for its counters; machine code is
// added and never goes before the module does, since frames may be in any of it.
struct Function {
  Function(uint32_t index, ir::FunctionCode made) : func_index(index), code(std::move(made)) {}

  const uint32_t func_index;
  const ir::FunctionCode code;
  std::atomic<Level> level = kInterpreted;             // the highest that there is code of
  std::atomic<const MachineCode*> machine = nullptr;   // the machine code of that level
  std::atomic<uint32_t> samples = 0;                   // of its machine code
  std::atomic<uint8_t> compiling = 0, failed = 0;      // bits of levels: being compiled; cannot be
  std::unique_ptr<const MachineCode> levels[kMostLevels];  // of each; for MachineTiers
};

}  // namespace ermine::tiering
