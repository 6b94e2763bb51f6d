// Decides when a function gets which code, and on which thread the code is made.
//
// Level 0 is the interpreter; the engine's tiers follow it, in their order. A function begins in `first`, and goes from
// level `from` to level `to` when it has been called `calls` times there, or its loops have run `rounds` rounds. The
// interpreter counts both in the register code. Machine code counts them together for all functions of a store, and
// records the running function at each kSampleEvery-th: after rounds / kSampleEvery samples, and at least one, a
// function goes to the next level.
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
  kCaller,  // the thread that runs the function waits for it
  kBackground  // a thread of the engine: the function continues as it is, and switches at its next entry
};

struct Policy {
  struct Step {
    Level from, to;
    uint32_t calls, rounds;
    CompileThread thread = CompileThread::kCaller;
  };
  Level first = kInterpreted;
  std::vector<Step> steps;  // at most one from each level

  // The policy that CodeOptions ask for, with this many tiers above the interpreter.
  static Policy of(const runtime::CodeOptions& options, unsigned tiers);

  // Null: functions stay at that level.
  const Step* from(Level level) const {
    for (const Step& s : steps)
      if (s.from == level) return &s;
    return nullptr;
  }
};

}  // namespace ermine::tiering
