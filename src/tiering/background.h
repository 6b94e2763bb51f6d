// BackgroundCompiler: a thread that compiles functions while the program continues. It is started with the first
// function.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "tiering/function.h"

namespace ermine::tiering {

class MachineTiers;

// Thread-safe.
class BackgroundCompiler {
 public:
  BackgroundCompiler() = default;
  // Finishes the function that is being compiled, and drops the others.
  ~BackgroundCompiler();

  // Requests machine code of a level. Repeated requests do no harm: a function that is already waiting, or that cannot
  // be compiled, is not added.
  // `entry`: as in MachineTiers::compile.
  void add(MachineTiers& code, Function& f, Level level, uint32_t entry = 0);
  // Drops all of the module's functions, and returns when none of them is being compiled.
  void forget(const MachineTiers& code);

 private:
  struct Job {
    MachineTiers* code;
    Function* function;
    Level level;
    uint32_t entry;
  };
  void run();

  std::mutex mutex_;  // guards the members below
  std::condition_variable wake_, done_;
  std::deque<Job> jobs_;
  const MachineTiers* current_ = nullptr;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace ermine::tiering
