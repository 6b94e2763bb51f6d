// BackgroundCompiler: a thread that compiles functions while the program runs on. It is started with the first one.
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
  // Ends the function that is being compiled, and leaves the others.
  ~BackgroundCompiler();

  // Asks for machine code of a level. Again and again is no harm: what waits already is not added, nor what cannot be
  // compiled.
  void add(MachineTiers& code, Function& f, Level level);
  // Leaves all of the module's functions, and returns when none of them is being compiled.
  void forget(const MachineTiers& code);

 private:
  struct Job {
    MachineTiers* code;
    Function* function;
    Level level;
  };
  void run();

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_, done_;
  std::deque<Job> jobs_;
  const MachineTiers* current_ = nullptr;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace ermine::tiering
