// Execution: a call that can be suspended and continued. It is suspended when fuel runs out, when the store's deadline
// passes, or by an interrupt; run() continues it, after more fuel or a later deadline was set. A plain Func::call ends
// with a trap in these cases.
//
//   auto execution = ermine::Execution::create(func, {int32_t{5}});
//   store.set_fuel(10'000);
//   while (execution->run() && execution->state() == ermine::Execution::State::kOutOfFuel) {
//     … run other executions …
//     store.set_fuel(10'000);
//   }
//
// It has stacks of its own: creating one costs some microseconds and address space, the first run touches a few pages.
// While it is suspended, the store may be used for anything else, other executions included.
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

// Owns the call. Used on the store's thread, which may change between calls of run(). Must be destroyed before the
// store. When a suspended one is destroyed, its frames are left as by a trap: host functions in the middle of it see
// their calls fail, and should return.
class Execution {
 public:
  enum class State : uint8_t {
    kReady,        // not started
    kRunning,      // seen by host functions that it calls
    kOutOfFuel,    // suspended: Store::set_fuel, then run()
    kInterrupted,  // suspended by an InterruptHandle or the deadline: run(), after moving the deadline if it was that
    kReturned,  // see results()
    kFailed,  // run() returned the error
  };

  // kUsage for arguments that do not fit, kLimit if there is no memory for the stacks.
  static Result<Execution> create(const Func& func, std::span<const Val> args);
  static Result<Execution> create(const Func& func, std::initializer_list<Val> args) {
    return create(func, std::span<const Val>(args.begin(), args.size()));
  }
  ~Execution();
  Execution(Execution&&) noexcept;
  Execution& operator=(Execution&&) noexcept;

  // Starts or continues the call, until it returns, fails or is suspended again. The errors are those of Func::call;
  // kUsage if the call has ended or is already running.
  Result<State> run();
  State state() const;
  // The results of a call that has returned; empty before.
  std::span<const Val> results() const { return results_; }

 private:
  Execution(const Func& func, std::unique_ptr<runtime::Execution> impl, std::span<const Val> args);
  Func func_;
  std::unique_ptr<runtime::Execution> impl_;
  std::vector<Val> args_, results_;
};

}  // namespace ermine
