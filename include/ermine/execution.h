// Execution: a call that can be stopped in the middle and go on where it was. What stops it is that fuel runs
// out, the store's deadline passes, or somebody interrupts it; what lets it go on is run(), after more fuel or a
// later deadline was set. A plain Func::call ends with a trap in these cases.
//
//   auto execution = ermine::Execution::create(func, {int32_t{5}});
//   store.set_fuel(10'000);
//   while (execution->run() && execution->state() == ermine::Execution::State::kOutOfFuel) {
//     … let others have a turn …
//     store.set_fuel(10'000);
//   }
//
// It has stacks of its own: creating one costs some microseconds and address space, the first run touches a few
// pages. While it is stopped, the store may be used for anything else, other executions included.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "ermine/func.h"

namespace ermine {

namespace runtime {
class Execution;
}

// Owns the call; used on the store's thread, which may be another at each run(). Must go before the store. When a
// stopped one goes, its frames are left as by a trap: host functions in the middle of it see their calls fail,
// and should return.
class Execution {
 public:
  enum class State : uint8_t {
    kReady,        // not begun
    kRunning,      // seen by host functions that it calls
    kOutOfFuel,    // stopped: Store::set_fuel, then run()
    kInterrupted,  // stopped by an InterruptHandle or the deadline: run(), after moving the deadline if it was that
    kReturned,     // see results()
    kFailed,       // run() has said why
  };

  // kUsage for arguments that do not fit, kLimit if there is no memory for the stacks.
  static Result<Execution> create(const Func& func, std::span<const Val> args);
  static Result<Execution> create(const Func& func, std::initializer_list<Val> args) {
    return create(func, std::span<const Val>(args.begin(), args.size()));
  }
  ~Execution();
  Execution(Execution&&) noexcept;
  Execution& operator=(Execution&&) noexcept;

  // Begins or goes on, until it returns, fails or is stopped again. The errors are those of Func::call; kUsage if
  // it is over or running already.
  Result<State> run();
  State state() const;
  // Of a call that has returned; empty before.
  std::span<const Val> results() const { return results_; }

 private:
  Execution(const Func& func, std::unique_ptr<runtime::Execution> impl, std::span<const Val> args);
  Func func_;
  std::unique_ptr<runtime::Execution> impl_;
  std::vector<Val> args_, results_;
};

}  // namespace ermine
