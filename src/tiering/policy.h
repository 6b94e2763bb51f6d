// When a function gets which code, and on which thread that is made.
//
// Level 0 is the interpreter; the engine's tiers follow it, in their order. A function begins in `first`, and goes from
// level `from` to level `to` when it has been called `calls` times there, or its loops have gone round `rounds` times.
// The interpreter counts both in the register code. Machine code counts them together, for all functions of a store,
// and notes each kSampleEvery-th time which function runs: after rounds / kSampleEvery samples it goes on to the next
// level.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/module_code.h"

namespace ermine::tiering {

using Level = uint8_t;
inline constexpr Level kInterpreted = 0;
inline constexpr unsigned kMostLevels = 3;

inline constexpr uint32_t kSampleEvery = 1000;  // calls and rounds

enum class CompileThread : uint8_t {
  kCaller,  // the one that runs the function, which waits for it
  kBackground  // the engine's: the function goes on where it is, and goes over when it next comes to an entry
};

struct Policy {
  struct Step {
    Level from, to;
    uint32_t calls, rounds;
    CompileThread thread = CompileThread::kCaller;
  };
  Level first = kInterpreted;
  std::vector<Step> steps;  // at most one from each level

  // As CodeOptions ask for it, where there are so many tiers beside the interpreter.
  static Policy of(const runtime::CodeOptions& options, unsigned tiers);

  // Null: functions stay at that level.
  const Step* from(Level level) const {
    for (const Step& s : steps)
      if (s.from == level) return &s;
    return nullptr;
  }
};

}  // namespace ermine::tiering
