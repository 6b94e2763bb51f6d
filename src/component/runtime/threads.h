// Threads of components: what runs or waits in a component instance. A thread belongs to a task, which is a call of a
// function. (CanonicalABI.md, "Threads"; scheduler.h runs them.)
//
// A thread has a native stack, of a Worker, only from when core code of it starts until that code has returned: a task
// that waits in its callback's event loop, or before it starts, has none. The threads of calls that cannot block, which
// are those of functions whose type is not async, are frames: they use the stack of their caller.
#pragma once

#include <cstdint>
#include <vector>

#include "ermine/result.h"

namespace ermine::runtime {
struct FuncRef;
}

namespace ermine::component {

struct Task;
class Scheduler;
class Worker;
struct Thread;
struct Waitable;
struct WaitableSet;

// A list of threads; a thread is in one at most.
class ThreadQueue {
 public:
  bool empty() const { return head_ == nullptr; }
  Thread* front() const { return head_; }
  void push_back(Thread& thread);
  static void remove(Thread& thread);  // from the list that it is in, if it is in one

 private:
  Thread* head_ = nullptr;
  Thread* tail_ = nullptr;
};

struct Thread {
  enum class Kind : uint8_t {
    kFrame,  // of a call that runs on its caller's stack
    kImplicit,  // of a call of a function whose type is async
    kExplicit,  // of thread.new-indirect
  };
  // What it waits for.
  enum class Wait : uint8_t {
    kNothing,  // it runs
    kSuspended,  // until another thread resumes it
    kReady,  // it may continue at any time
    kEntry,  // no backpressure in its instance
    kExclusive,  // in the callback's loop: no other thread is exclusive
    kEvent,  // an event of `set`
    kEventExclusive,  // in the callback's loop: both
    kWaitable,  // an event of `waitable`
    kResolved,  // `waitable` is a subtask: that it is resolved
  };

  Task* task = nullptr;
  Kind kind = Kind::kFrame;
  Wait wait = Wait::kSuspended;
  bool started = false;  // core code ran
  bool cancellable = false;  // the wait can end with a request to cancel the task
  bool cancelled = false;  // ... and did
  uint32_t index = 0;  // in the table of threads of its instance; 0: none
  uint64_t storage[2] = {};  // `context.get` and `context.set`
  Waitable* waitable = nullptr;
  WaitableSet* set = nullptr;
  Worker* worker = nullptr;  // whose stack it has; null: none
  Thread* outer = nullptr;  // while it runs: the caller's, or the one that resumed it
  // kExplicit:
  runtime::FuncRef* start = nullptr;
  uint64_t argument = 0;

  ThreadQueue* queue = nullptr;
  Thread* next = nullptr;
  Thread* previous = nullptr;
};

// The threads of an instance by index, for the built-ins `thread.*`. Index 0 is never used.
class ThreadTable {
 public:
  void add(Thread& thread);  // sets its index
  void remove(Thread& thread);
  Result<Thread*> get(uint32_t index) const;  // an error if there is none

 private:
  std::vector<Thread*> threads_{nullptr};
  std::vector<uint32_t> free_;
};

}  // namespace ermine::component
