// A function's code in every tier.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "ir/function_code.h"
#include "tiering/policy.h"
#include "tiering/tier.h"

namespace ermine::tiering {

// Belongs to its TieredCode and never moves. Register code does not change except for its counters; machine code is
// added and stays until the module is freed, because frames may be in any of it.
struct Function {
  Function(uint32_t index, ir::FunctionCode made) : func_index(index), code(std::move(made)) {}

  const uint32_t func_index;
  const ir::FunctionCode code;
  std::atomic<Level> level = kInterpreted;             // the highest level that has code
  std::atomic<const MachineCode*> machine = nullptr;   // the machine code of that level
  std::atomic<uint32_t> samples = 0;                   // of its machine code
  std::atomic<uint8_t> compiling = 0, failed = 0;  // bits of levels: being compiled; code of the whole has failed
  std::unique_ptr<const MachineCode> levels[kMostLevels];  // of each; for MachineTiers
  // Code that is entered at a loop, of the tiers that need it; for MachineTiers.
  std::vector<std::unique_ptr<const MachineCode>> loops;
  std::map<uint32_t, LoopCell> cells;  // by the index of the loop
  std::set<uint32_t> failed_loops;  // such code that could not be made, by the index; for MachineTiers
};

}  // namespace ermine::tiering
